#include "core/parse_sql.h"

#include "store/store.h"

/* Raised when files are read in another way: what an older edition has read is read again. */
enum { EDITION = 2 };

enum err parse_sql_wait(struct call *c, struct str root, bool *ret_new)
{
    int64_t changed = 0;
    enum err e = store_exec(
        c,
        "INSERT INTO parse (root, edition, state, reason, format, encoding, pages, basis, chars,"
        " macros, cut, body) VALUES ($1, $2, $3, '', 0, 0, 0, 0, 0, 0, 0, $4)"
        " ON CONFLICT (root) DO UPDATE SET edition = excluded.edition, state = excluded.state"
        " WHERE parse.edition <> excluded.edition",
        ARGS(TEXT(root), INT(EDITION), INT(PARSE_WAITING), BYTES(S(""))), &changed);
    if (e == OK) *ret_new = changed == 1;
    return e;
}

enum err parse_sql_again(struct call *c, struct str root, enum parse_encoding encoding,
                         bool *ret_found)
{
    int64_t changed = 0;
    enum err e =
        store_exec(c,
                   "UPDATE parse SET state = $1, encoding = $2, reason = ''"
                   " WHERE root = $3 AND (format = $4 OR reason = 'parse.encoding')",
                   ARGS(INT(PARSE_WAITING), INT(encoding), TEXT(root), INT(PARSE_TEXT)), &changed);
    if (e == OK) *ret_found = changed == 1;
    return e;
}

enum err parse_sql_put(struct call *c, struct str root, const struct parse *p)
{
    return store_exec(
        c,
        "INSERT INTO parse (root, edition, state, reason, format, encoding, pages, basis, chars,"
        " macros, cut, body, notes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        " ON CONFLICT (root) DO UPDATE SET edition = excluded.edition, state = excluded.state,"
        " reason = excluded.reason, format = excluded.format, pages = excluded.pages,"
        " basis = excluded.basis, chars = excluded.chars, macros = excluded.macros,"
        " cut = excluded.cut, body = excluded.body, notes = excluded.notes WHERE parse.encoding = "
        "excluded.encoding",
        ARGS(TEXT(root), INT(EDITION), INT(p->state), TEXT(p->reason), INT(p->format),
             INT(p->encoding), INT(p->pages), INT(p->basis), INT(p->chars), INT(p->macros),
             INT(p->cut), BYTES(p->text), BYTES(parse_notes_write(c->arena, &p->notes))),
        NULL);
}

enum err parse_sql_get(struct call *c, struct str root, bool with_text, struct parse *ret_parse)
{
    struct rows rows = {};
    enum err e =
        store_all(c,
                  "SELECT state, reason, format, encoding, pages, basis, chars, macros,"
                  " cut, CASE WHEN $1 = 1 THEN body END, CASE WHEN $1 = 1 THEN notes END FROM parse"
                  " WHERE root = $2 AND edition = $3",
                  ARGS(INT(with_text ? 1 : 0), TEXT(root), INT(EDITION)), &rows);
    if (e != OK) return e;
    *ret_parse = (struct parse){};
    if (rows.count == 0) return OK;
    *ret_parse = (struct parse){
        .state = (enum parse_state)rows_int(&rows, 0, 0),
        .reason = rows_text(&rows, 0, 1),
        .format = (enum parse_format)rows_int(&rows, 0, 2),
        .encoding = (enum parse_encoding)rows_int(&rows, 0, 3),
        .pages = rows_int(&rows, 0, 4),
        .basis = (enum parse_basis)rows_int(&rows, 0, 5),
        .chars = rows_int(&rows, 0, 6),
        .macros = rows_int(&rows, 0, 7) != 0,
        .cut = rows_int(&rows, 0, 8) != 0,
        .text = rows_text(&rows, 0, 9),
    };
    bool sound =
        parse_notes_read(c->arena, rows_text(&rows, 0, 10), ret_parse->text.len, &ret_parse->notes);
    ensure(sound); /* they were written from such notes */
    return OK;
}
