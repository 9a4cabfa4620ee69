#include "core/check_run.h"

enum { PAGE_VERSIONS = 50, PAGE_RECORDS = 100 };

enum err check_version_page(struct call *c, struct str after_record, int64_t after_n,
                            struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record, n, kind, hash, bytes, sig, key, home, received_ms FROM version"
                     " WHERE record > $1 OR (record = $1 AND n > $2) ORDER BY record, n LIMIT $3",
                     ARGS(TEXT(after_record), INT(after_n), INT(PAGE_VERSIONS)), ret_rows);
}

enum err check_receipt_page(struct call *c, struct str after_hash, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT r.hash, r.bytes, r.sig, r.record, r.n, r.type, r.office, r.person,"
                     " r.time_ms, r.number, r.reason, r.key, v.hash FROM receipt r"
                     " LEFT JOIN version v ON v.record = r.record AND v.n = r.n"
                     " WHERE r.hash > $1 ORDER BY r.hash LIMIT $2",
                     ARGS(TEXT(after_hash), INT(PAGE_VERSIONS)), ret_rows);
}

enum err check_newest(struct call *c, struct str kind, struct rows *ret_rows)
{
    return store_all(c, "SELECT record, n FROM head WHERE kind = $1 ORDER BY record",
                     ARGS(TEXT(kind)), ret_rows);
}

enum err check_lost(struct call *c, struct str record, int64_t n, bool *ret_lost)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT 1 FROM lost WHERE record = $1 AND n = $2",
                           ARGS(TEXT(record), INT(n)), &rows);
    if (e == OK) *ret_lost = rows.count > 0;
    return e;
}

enum err check_registered(struct call *c, struct str record, int64_t n, struct str office,
                          bool *ret_registered)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT 1 FROM receipt WHERE record = $1 AND n = $2 AND office = $3"
                           " AND type = 1",
                           ARGS(TEXT(record), INT(n), TEXT(office)), &rows);
    if (e == OK) *ret_registered = rows.count > 0;
    return e;
}

enum err check_personal(struct call *c, struct str record, int64_t n, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT path, salt, value FROM personal WHERE record = $1 AND n = $2"
                     " ORDER BY path",
                     ARGS(TEXT(record), INT(n)), ret_rows);
}

enum err check_without_leaf(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT hash FROM version WHERE hash NOT IN (SELECT hash FROM leaf)"
                     " UNION ALL"
                     " SELECT hash FROM receipt WHERE hash NOT IN (SELECT hash FROM leaf)"
                     " LIMIT $1",
                     ARGS(INT(CHECK_DIFFERENCES_MAX)), ret_rows);
}

enum err check_leaf_below(struct call *c, struct str hash, int64_t size, bool *ret_below)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT 1 FROM leaf WHERE hash = $1"
                           " AND (SELECT count(*) FROM leaf b WHERE b.id < leaf.id) < $2",
                           ARGS(TEXT(hash), INT(size)), &rows);
    if (e == OK) *ret_below = rows.count > 0;
    return e;
}

enum err check_boundary(struct call *c, struct str after, struct str *ret_record)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT record FROM head WHERE record > $1 ORDER BY record LIMIT $2",
                           ARGS(TEXT(after), INT(PAGE_RECORDS)), &rows);
    if (e != OK) return e;
    bool full = rows.count == PAGE_RECORDS;
    *ret_record = full ? rows_text(&rows, rows.count - 1, 0) : CHECK_LAST_KEY;
    return OK;
}

enum err check_scratch_schema(struct call *scratch)
{
    return store_script(scratch, S("CREATE TABLE check_file (root TEXT PRIMARY KEY);"));
}

enum err check_file_seen(struct call *scratch, struct str root, bool *ret_seen)
{
    int64_t changed = 0;
    enum err e = store_exec(scratch,
                            "INSERT INTO check_file (root) VALUES ($1)"
                            " ON CONFLICT (root) DO NOTHING",
                            ARGS(TEXT(root)), &changed);
    if (e == OK) *ret_seen = changed == 0;
    return e;
}

enum err check_version_copy(struct call *scratch, const struct rows *rows, size_t i)
{
    const struct value *row = rows_cell(rows, i, 0);
    return store_exec(
        scratch,
        "INSERT INTO version (record, n, kind, hash, bytes, sig, key, home, received_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row, rows->columns, NULL);
}

enum err check_personal_copy(struct call *scratch, struct str record, int64_t n,
                             const struct rows *rows)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < rows->count; i++) {
        e = store_exec(scratch,
                       "INSERT INTO personal (record, n, path, salt, value)"
                       " VALUES ($1, $2, $3, $4, $5)",
                       ARGS(TEXT(record), INT(n), *rows_cell(rows, i, 0), *rows_cell(rows, i, 1),
                            *rows_cell(rows, i, 2)),
                       NULL);
    }
    return e;
}

/* "a, b, c" as far as the key goes. */
static struct str key_columns(const struct check_table *table)
{
    size_t at = 0;
    for (size_t i = 0; i < table->key_count; i++) {
        at = str_find(table->columns, S(", "), at) + (i + 1 < table->key_count ? 2 : 0);
    }
    return str_sub(table->columns, 0, at);
}

void check_table_sql(struct call *c, struct check_table *table)
{
    struct str sql =
        str_format(c->arena, "SELECT %.*s FROM %.*s WHERE %s > $1 AND %s <= $2 ORDER BY %.*s",
                   STR_ARG(table->columns), STR_ARG(table->name), table->cut, table->cut,
                   STR_ARG(key_columns(table)));
    table->sql = sql.ptr;
}

enum err check_table_page(struct call *c, const struct check_table *table, struct str after,
                          struct str last, struct rows *ret_rows)
{
    ensure(table->sql != NULL);
    return store_all(c, table->sql, ARGS(TEXT(after), TEXT(last)), ret_rows);
}
