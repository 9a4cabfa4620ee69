#include "store/schema.h"

enum { NAME_BYTES_MAX = 63 }; /* PostgreSQL silently cuts longer names */

/* Where the reader stands: enough of SQL to know words from quotes and comments. */
struct scan {
    struct str sql;
    size_t at;
    struct sb out;
    const struct dialect *dialect;
    size_t word_index; /* words of this statement so far */
    bool creates;      /* the first word was CREATE */
    bool table;        /* and the second TABLE */
};

static bool is_letter(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '_' || ch == '$' || (uint8_t)ch >= 0x80;
}

static size_t word_end(struct str sql, size_t at)
{
    while (at < sql.len && is_letter(sql.ptr[at]))
        at++;
    return at;
}

/* The end of a piece that is copied as it stands: a quote, a comment or one other character. */
static size_t piece_end(struct str sql, size_t at)
{
    struct str rest = str_sub(sql, at, sql.len);
    struct str close = {};
    size_t skip = 1;
    if (rest.ptr[0] == '\'') close = S("'");
    if (rest.ptr[0] == '"') close = S("\"");
    if (str_starts(rest, S("--"))) close = S("\n");
    if (str_starts(rest, S("/*"))) {
        close = S("*/");
        skip = 2;
    }
    if (close.len == 0) return at + 1;
    size_t end = str_find(sql, close, at + skip);
    return end == sql.len ? end : end + close.len;
}

static struct str type_of(const struct dialect *dialect, struct str word)
{
    if (str_eq(word, S("ID"))) return dialect->id;
    if (str_eq(word, S("INT"))) return dialect->integer;
    if (str_eq(word, S("TEXT"))) return dialect->text;
    if (str_eq(word, S("BYTES"))) return dialect->bytes;
    return word;
}

static void take_word(struct scan *scan)
{
    size_t end = word_end(scan->sql, scan->at);
    struct str word = str_sub(scan->sql, scan->at, end);
    ensure(!str_eq(word, S("DEFERRABLE")));
    ensure(word.len <= NAME_BYTES_MAX);
    if (scan->word_index == 0) scan->creates = str_eq(word, S("CREATE"));
    if (scan->word_index == 1) scan->table = scan->creates && str_eq(word, S("TABLE"));
    scan->word_index++;
    sb_put(&scan->out, type_of(scan->dialect, word));
    scan->at = end;
}

static void statement_end(struct scan *scan)
{
    if (scan->table) sb_put(&scan->out, scan->dialect->table_end);
    scan->word_index = 0;
    scan->creates = false;
    scan->table = false;
}

struct str schema_translate(struct arena *arena, struct str sql, const struct dialect *dialect)
{
    ensure(dialect != NULL);
    struct scan scan = {.sql = sql, .out = sb_new(arena, 0), .dialect = dialect};
    while (scan.at < sql.len) {
        if (is_letter(sql.ptr[scan.at])) {
            take_word(&scan);
            continue;
        }
        if (sql.ptr[scan.at] == ';') statement_end(&scan);
        size_t end = piece_end(sql, scan.at);
        sb_put(&scan.out, str_sub(sql, scan.at, end));
        scan.at = end;
    }
    statement_end(&scan);
    ensure(!scan.out.over);
    return sb_str(&scan.out);
}
