#include "core/obligation_sql.h"

enum err obligation_open(struct call *c, const struct version *v, const struct obligation *o)
{
    ensure(o->what != NULL);
    struct str what = str_of(o->what);
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT min(at_ms) FROM settlement"
                           " WHERE about = $1 AND what = $2 AND okey = $3",
                           ARGS(TEXT(o->about), TEXT(what), TEXT(o->key)), &rows);
    if (e != OK) return e;
    struct value settled = *rows_cell(&rows, 0, 0);
    int64_t due_ms = o->due_ms > 0 ? o->due_ms : OBLIGATION_UNDATED_MS;
    return store_exec(
        c,
        "INSERT INTO obligation (about, what, okey, by_record, by_n, owner, creditor, opened_ms,"
        " first_due_ms, due_day, due_ms, why, title, urgent, settled_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $11, $12, $13, $14)"
        " ON CONFLICT (about, what, okey) DO UPDATE SET by_record = excluded.by_record,"
        " by_n = excluded.by_n, owner = excluded.owner, creditor = excluded.creditor,"
        " due_day = excluded.due_day, due_ms = excluded.due_ms, why = excluded.why,"
        " title = excluded.title, urgent = excluded.urgent",
        ARGS(TEXT(o->about), TEXT(what), TEXT(o->key), TEXT(v->record), INT(v->n), TEXT(o->owner),
             TEXT(o->creditor), INT(v->time_ms), INT(due_ms), INT(o->due_day), TEXT(o->why),
             TEXT(o->title), INT(o->urgent), settled),
        NULL);
}

static enum err settled_again(struct call *c, struct str about, struct str what, struct str key)
{
    return store_exec(c,
                      "UPDATE obligation SET settled_ms = (SELECT min(s.at_ms) FROM settlement s"
                      " WHERE s.about = $1 AND s.what = $2 AND s.okey = $3)"
                      " WHERE about = $1 AND what = $2 AND okey = $3",
                      ARGS(TEXT(about), TEXT(what), TEXT(key)), NULL);
}

enum err obligation_settle(struct call *c, const struct version *v, struct str about,
                           const char *what, struct str key)
{
    /* The first version that fulfils it gives the time; later ones only confirm. */
    enum err e = store_exec(c,
                            "INSERT INTO settlement (about, what, okey, by_record, by_n, at_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6)"
                            " ON CONFLICT (about, what, okey, by_record)"
                            " DO UPDATE SET by_n = excluded.by_n",
                            ARGS(TEXT(about), TEXT(str_of(what)), TEXT(key), TEXT(v->record),
                                 INT(v->n), INT(v->time_ms)),
                            NULL);
    return e != OK ? e : settled_again(c, about, str_of(what), key);
}

enum err obligation_sweep(struct call *c, const struct version *v)
{
    struct rows gone = {};
    enum err e = store_exec(c, "DELETE FROM obligation WHERE by_record = $1 AND by_n < $2",
                            ARGS(TEXT(v->record), INT(v->n)), NULL);
    if (e == OK) {
        e = store_all(c,
                      "SELECT about, what, okey FROM settlement WHERE by_record = $1 AND by_n < $2",
                      ARGS(TEXT(v->record), INT(v->n)), &gone);
    }
    if (e == OK && gone.count > 0) {
        e = store_exec(c, "DELETE FROM settlement WHERE by_record = $1 AND by_n < $2",
                       ARGS(TEXT(v->record), INT(v->n)), NULL);
    }
    for (size_t i = 0; e == OK && i < gone.count; i++) {
        e = settled_again(c, rows_text(&gone, i, 0), rows_text(&gone, i, 1),
                          rows_text(&gone, i, 2));
    }
    return e;
}

#define OBLIGATION_COLUMNS                                                                         \
    "o.id, o.about, o.what, o.okey, o.owner, o.creditor, o.due_ms, o.why, o.title, o.urgent,"      \
    " h.kind"

/* READER is asked after the index has chosen: the rows come in the order of the index. */
#define OBLIGATION_FROM                                                                            \
    "SELECT " OBLIGATION_COLUMNS " FROM obligation o JOIN head h ON h.record = o.about"            \
    " WHERE o.settled_ms IS NULL AND " READER("o.about")

enum err obligation_by_owner(struct call *c, struct str owner, const struct obligation_after *after,
                             int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     OBLIGATION_FROM " AND o.owner = $10 AND (o.due_ms, o.id) > ($11, $12)"
                                     " ORDER BY o.due_ms, o.id LIMIT $13",
                     ARGS(READER_ARGS(p), TEXT(owner), INT(after->due_ms), INT(after->id),
                          INT(limit)),
                     ret_rows);
}

enum err obligation_by_creditor(struct call *c, struct str creditor, int64_t limit,
                                struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     OBLIGATION_FROM " AND o.creditor = $10 AND substr(o.owner, 1, 2) = 'o:'"
                                     " AND o.owner <> o.creditor"
                                     " ORDER BY o.due_ms, o.id LIMIT $11",
                     ARGS(READER_ARGS(p), TEXT(creditor), INT(limit)), ret_rows);
}
