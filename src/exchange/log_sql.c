#include "exchange/log_sql.h"

#include "exchange/stamp.h"

static const struct migration STEPS[] = {
    {.name = "log.1",
     .sql =
         /* what salts the leaves: one row, made once */
     "CREATE TABLE log_secret (id INT PRIMARY KEY, secret BYTES NOT NULL);"
     /* the tree below the newest checkpoint; the last tile of a level may be partial */
     "CREATE TABLE log_tile (level INT NOT NULL, n INT NOT NULL, hashes BYTES NOT NULL,"
     " PRIMARY KEY (level, n));"
     /* every checkpoint this office signed */
     "CREATE TABLE log_head (size INT PRIMARY KEY, root TEXT NOT NULL, text TEXT NOT NULL,"
     " line TEXT NOT NULL, time_ms INT NOT NULL);"
     /* what witnesses signed of them */
     "CREATE TABLE log_cosign (witness TEXT NOT NULL, size INT NOT NULL, line TEXT NOT NULL,"
     " time_ms INT NOT NULL, PRIMARY KEY (witness, size));"
     "CREATE INDEX log_cosign_size ON log_cosign (size);"
     /* the answers of the time stamp authority */
     "CREATE TABLE log_stamp (size INT PRIMARY KEY, answer BYTES NOT NULL, time_ms INT NOT NULL,"
     " received_ms INT NOT NULL);"
     /* the newest checkpoint of each other office that was shown to continue the one before */
     "CREATE TABLE log_seen (office TEXT PRIMARY KEY, size INT NOT NULL, root TEXT NOT NULL,"
     " note TEXT NOT NULL, time_ms INT NOT NULL);"
     "CREATE INDEX log_seen_time ON log_seen (time_ms, office);"
     /* the newest head that each peer claims to know of a log; state is enum claim_state */
     "CREATE TABLE log_claim (office TEXT NOT NULL, source TEXT NOT NULL, size INT NOT NULL,"
     " root TEXT NOT NULL, state INT NOT NULL, time_ms INT NOT NULL,"
     " PRIMARY KEY (office, source));"
     "CREATE INDEX log_claim_open ON log_claim (office, time_ms) WHERE state = 1;"},
};

enum err log_migrate(struct call *c)
{
    return store_migrate(c, STEPS, ARRAY_LEN(STEPS));
}

/* A root as the tables hold it: hex. */
static struct str root_text(struct call *c, const struct tree_head *head)
{
    return hex_encode(c->arena, (struct str){(const char *)head->root, sizeof head->root});
}

static enum err head_of_row(struct call *c, const struct rows *rows, size_t column,
                            struct tree_head *ret_head)
{
    struct tree_head head = {.size = rows_int(rows, 0, column)};
    if (!hex_decode(rows_text(rows, 0, column + 1), head.root, sizeof head.root)) {
        return fail(c, ERR_CORRUPT, "store.corrupt");
    }
    *ret_head = head;
    return OK;
}

/* One number of a query that gives one row. */
static enum err number(struct call *c, const char *sql, const struct value *args, size_t count,
                       int64_t *ret_number)
{
    struct rows rows = {};
    enum err e = store_one(c, sql, args, count, &rows);
    if (e == OK) *ret_number = rows_int(&rows, 0, 0);
    return e;
}

/* Log */

enum err log_secret_find(struct call *c, struct str *ret_secret)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT secret FROM log_secret WHERE id = 1", NO_ARGS, &rows);
    if (e == OK) *ret_secret = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

enum err log_secret_store(struct call *c, struct str secret)
{
    return store_exec(c,
                      "INSERT INTO log_secret (id, secret) VALUES (1, $1)"
                      " ON CONFLICT (id) DO NOTHING",
                      ARGS(BYTES(secret)), NULL);
}

enum err log_count(struct call *c, int64_t *ret_leaves)
{
    return number(c, "SELECT coalesce(max(log_index) + 1, 0) FROM leaf WHERE log_index IS NOT NULL",
                  NO_ARGS, ret_leaves);
}

enum err log_unnumbered(struct call *c, int64_t *ret_leaves)
{
    return number(c, "SELECT count(*) FROM leaf WHERE log_index IS NULL", NO_ARGS, ret_leaves);
}

enum err log_leaf_rows(struct call *c, int64_t from, int64_t to, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT log_index, kind, hash FROM leaf WHERE log_index >= $1"
                     " AND log_index < $2 ORDER BY log_index",
                     ARGS(INT(from), INT(to)), ret_rows);
}

enum err log_leaf_find(struct call *c, struct str object, int64_t *ret_index, int64_t *ret_kind)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT log_index, kind FROM leaf WHERE hash = $1"
                           " AND log_index IS NOT NULL ORDER BY log_index LIMIT 1",
                           ARGS(TEXT(object)), &rows);
    if (e != OK) return e;
    if (rows.count == 0) return fail(c, ERR_NOT_FOUND, "log.none");
    *ret_index = rows_int(&rows, 0, 0);
    *ret_kind = rows_int(&rows, 0, 1);
    return OK;
}

/* The first row, if there is one. */
static enum err head_take(struct call *c, const struct rows *rows, struct log_head *ret_head)
{
    struct log_head head = {};
    enum err e = OK;
    if (rows->count > 0) {
        e = head_of_row(c, rows, 0, &head.head);
        head.text = rows_text(rows, 0, 2);
        head.line = rows_text(rows, 0, 3);
        head.time_ms = rows_int(rows, 0, 4);
    }
    if (e == OK) *ret_head = head;
    return e;
}

enum err log_head_load(struct call *c, struct log_head *ret_head)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT size, root, text, line, time_ms FROM log_head"
                           " ORDER BY size DESC LIMIT 1",
                           NO_ARGS, &rows);
    return e != OK ? e : head_take(c, &rows, ret_head);
}

enum err log_head_of(struct call *c, int64_t size, struct log_head *ret_head)
{
    struct rows rows = {};
    enum err e =
        store_one(c, "SELECT size, root, text, line, time_ms FROM log_head WHERE size = $1",
                  ARGS(INT(size)), &rows);
    return e != OK ? e : head_take(c, &rows, ret_head);
}

enum err log_head_witnessed(struct call *c, int64_t index, struct log_head *ret_head)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT size, root, text, line, time_ms FROM log_head WHERE size ="
                           " (SELECT max(size) FROM log_cosign WHERE size > $1)",
                           ARGS(INT(index)), &rows);
    if (e != OK) return e;
    return rows.count > 0 ? head_take(c, &rows, ret_head) : log_head_load(c, ret_head);
}

enum err log_head_insert(struct call *c, const struct log_head *head)
{
    return store_exec(c,
                      "INSERT INTO log_head (size, root, text, line, time_ms)"
                      " VALUES ($1, $2, $3, $4, $5)",
                      ARGS(INT(head->head.size), TEXT(root_text(c, &head->head)), TEXT(head->text),
                           TEXT(head->line), INT(head->time_ms)),
                      NULL);
}

enum err log_tile_load(struct call *c, int64_t level, int64_t n, struct str *ret_hashes)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT hashes FROM log_tile WHERE level = $1 AND n = $2",
                           ARGS(INT(level), INT(n)), &rows);
    if (e == OK) *ret_hashes = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

enum err log_tile_store(struct call *c, int64_t level, int64_t n, struct str hashes)
{
    return store_exec(c,
                      "INSERT INTO log_tile (level, n, hashes) VALUES ($1, $2, $3)"
                      " ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes",
                      ARGS(INT(level), INT(n), BYTES(hashes)), NULL);
}

enum err log_alarm_count(struct call *c, struct str peer, int64_t *ret_count)
{
    return number(c,
                  "SELECT count(*) FROM alarm WHERE peer = $1 AND ended_ms IS NULL"
                  " AND reason LIKE 'log.%' ESCAPE '!'",
                  ARGS(TEXT(peer)), ret_count);
}

/* Cosignatures */

enum err log_cosign_insert(struct call *c, int64_t size, struct str witness, struct str line)
{
    return store_exec(c,
                      "INSERT INTO log_cosign (witness, size, line, time_ms)"
                      " VALUES ($1, $2, $3, $4) ON CONFLICT (witness, size) DO UPDATE SET"
                      " line = excluded.line, time_ms = excluded.time_ms",
                      ARGS(TEXT(witness), INT(size), TEXT(line), INT(c->now_ms)), NULL);
}

enum err log_cosign_list(struct call *c, int64_t size, struct rows *ret_rows)
{
    return store_all(c, "SELECT line FROM log_cosign WHERE size = $1 ORDER BY witness LIMIT $2",
                     ARGS(INT(size), INT(NOTE_SIGNATURES_MAX - 1)), ret_rows);
}

enum err log_cosign_newest(struct call *c, struct str witness, int64_t *ret_size)
{
    return number(c, "SELECT coalesce(max(size), 0) FROM log_cosign WHERE witness = $1",
                  ARGS(TEXT(witness)), ret_size);
}

enum err log_cosign_best(struct call *c, int64_t *ret_size)
{
    return number(c, "SELECT coalesce(max(size), 0) FROM log_cosign", NO_ARGS, ret_size);
}

/* Time stamps */

enum err log_stamp_insert(struct call *c, int64_t size, struct str answer, int64_t time_ms)
{
    return store_exec(c,
                      "INSERT INTO log_stamp (size, answer, time_ms, received_ms)"
                      " VALUES ($1, $2, $3, $4) ON CONFLICT (size) DO NOTHING",
                      ARGS(INT(size), BYTES(answer), INT(time_ms), INT(c->now_ms)), NULL);
}

enum err log_stamp_newest(struct call *c, int64_t *ret_size, int64_t *ret_received_ms)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT size, received_ms FROM log_stamp ORDER BY size DESC LIMIT 1",
                           NO_ARGS, &rows);
    if (e != OK) return e;
    *ret_size = rows.count > 0 ? rows_int(&rows, 0, 0) : 0;
    *ret_received_ms = rows.count > 0 ? rows_int(&rows, 0, 1) : 0;
    return OK;
}

enum err log_stamp_find(struct call *c, int64_t size, struct str *ret_answer)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT answer FROM log_stamp WHERE size >= $1 ORDER BY size LIMIT 1",
                           ARGS(INT(size)), &rows);
    if (e == OK) *ret_answer = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

/* Other offices' logs */

enum err log_seen_load(struct call *c, struct str office, struct seen_row *ret_seen)
{
    struct rows rows = {};
    struct seen_row seen = {};
    enum err e = store_all(c, "SELECT size, root, note FROM log_seen WHERE office = $1",
                           ARGS(TEXT(office)), &rows);
    if (e == OK && rows.count > 0) {
        e = head_of_row(c, &rows, 0, &seen.head);
        seen.note = rows_text(&rows, 0, 2);
    }
    if (e == OK) *ret_seen = seen;
    return e;
}

enum err log_seen_store(struct call *c, struct str office, const struct seen_row *seen)
{
    return store_exec(c,
                      "INSERT INTO log_seen (office, size, root, note, time_ms)"
                      " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (office) DO UPDATE SET"
                      " size = excluded.size, root = excluded.root, note = excluded.note,"
                      " time_ms = excluded.time_ms",
                      ARGS(TEXT(office), INT(seen->head.size), TEXT(root_text(c, &seen->head)),
                           TEXT(seen->note), INT(c->now_ms)),
                      NULL);
}

enum err log_seen_list(struct call *c, int64_t max, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT office, size, root FROM log_seen ORDER BY time_ms DESC, office"
                     " LIMIT $1",
                     ARGS(INT(max)), ret_rows);
}

enum err log_claim_store(struct call *c, struct str office, const struct claim_row *claim,
                         enum claim_state state)
{
    return store_exec(c,
                      "INSERT INTO log_claim (office, source, size, root, state, time_ms)"
                      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (office, source) DO UPDATE SET"
                      " size = excluded.size, root = excluded.root, state = excluded.state,"
                      " time_ms = excluded.time_ms",
                      ARGS(TEXT(office), TEXT(claim->source), INT(claim->head.size),
                           TEXT(root_text(c, &claim->head)), INT((int64_t)state), INT(c->now_ms)),
                      NULL);
}

enum err log_claim_find(struct call *c, struct str office, const struct claim_row *claim,
                        int64_t *ret_state)
{
    return number(c,
                  "SELECT coalesce(max(state), 0) FROM log_claim WHERE office = $1"
                  " AND source = $2 AND size = $3 AND root = $4",
                  ARGS(TEXT(office), TEXT(claim->source), INT(claim->head.size),
                       TEXT(root_text(c, &claim->head))),
                  ret_state);
}

enum err log_claim_next(struct call *c, struct str office, struct claim_row *ret_claim)
{
    struct rows rows = {};
    struct claim_row claim = {};
    enum err e = store_all(c,
                           "SELECT source, size, root FROM log_claim WHERE office = $1"
                           " AND state = 1 ORDER BY time_ms, source LIMIT 1",
                           ARGS(TEXT(office)), &rows);
    if (e == OK && rows.count > 0) {
        claim.any = true;
        claim.source = rows_text(&rows, 0, 0);
        e = head_of_row(c, &rows, 1, &claim.head);
    }
    if (e == OK) *ret_claim = claim;
    return e;
}
