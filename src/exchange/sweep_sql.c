#include "exchange/sweep_sql.h"

enum err sweep_load(struct call *c, struct sweep_row *ret_row)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT began_ms, record, n, folder FROM sweep WHERE name = 'files'",
                           NO_ARGS, &rows);
    if (e != OK) return e;
    *ret_row = (struct sweep_row){.folder = -1};
    if (rows.count == 0) return OK;
    *ret_row = (struct sweep_row){
        .began_ms = rows_int(&rows, 0, 0),
        .record = rows_text(&rows, 0, 1),
        .n = rows_int(&rows, 0, 2),
        .folder = rows_int(&rows, 0, 3),
    };
    return OK;
}

enum err sweep_store(struct call *c, const struct sweep_row *row)
{
    return store_exec(c,
                      "INSERT INTO sweep (name, began_ms, record, n, folder)"
                      " VALUES ('files', $1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET"
                      " began_ms = excluded.began_ms, record = excluded.record, n = excluded.n,"
                      " folder = excluded.folder",
                      ARGS(INT(row->began_ms), TEXT(row->record), INT(row->n), INT(row->folder)),
                      NULL);
}

enum err sweep_versions(struct call *c, const struct sweep_row *after, int64_t max,
                        struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record, n, bytes FROM version WHERE record > $1 OR (record = $1 AND"
                     " n > $2) ORDER BY record, n LIMIT $3",
                     ARGS(TEXT(after->record), INT(after->n), INT(max)), ret_rows);
}

enum err sweep_named(struct call *c, struct str root)
{
    return store_exec(c, "INSERT INTO named (root) VALUES ($1) ON CONFLICT (root) DO NOTHING",
                      ARGS(TEXT(root)), NULL);
}

static enum err any(struct call *c, const char *sql, struct str root, bool *ret_any)
{
    struct rows rows = {};
    enum err e = store_all(c, sql, ARGS(TEXT(root)), &rows);
    if (e == OK) *ret_any = rows.count > 0;
    return e;
}

enum err sweep_is_needed(struct call *c, struct str root, bool *ret_needed)
{
    return any(c,
               "SELECT 1 WHERE EXISTS (SELECT 1 FROM named WHERE root = $1)"
               " OR EXISTS (SELECT 1 FROM upload WHERE root = $1)"
               " OR EXISTS (SELECT 1 FROM wanted WHERE root = $1)"
               " OR EXISTS (SELECT 1 FROM shared WHERE root = $1)",
               root, ret_needed);
}

enum err sweep_is_wanted(struct call *c, struct str root, bool *ret_wanted)
{
    return any(c, "SELECT 1 FROM wanted WHERE root = $1 AND state = 1 LIMIT 1", root, ret_wanted);
}

enum err sweep_once(struct call *c, int64_t before_ms, int64_t max)
{
    return store_exec(c,
                      "DELETE FROM once WHERE okey IN (SELECT okey FROM once WHERE at_ms < $1"
                      " ORDER BY at_ms, okey LIMIT $2)",
                      ARGS(INT(before_ms), INT(max)), NULL);
}

enum err sweep_uploads(struct call *c, int64_t before_ms, int64_t max)
{
    return store_exec(c,
                      "DELETE FROM upload WHERE (root, person) IN (SELECT u.root, u.person"
                      " FROM upload u WHERE u.at_ms < $1 AND NOT EXISTS (SELECT 1 FROM named n"
                      " WHERE n.root = u.root) ORDER BY u.at_ms, u.root, u.person LIMIT $2)",
                      ARGS(INT(before_ms), INT(max)), NULL);
}
