#include "store/pg/pg.h"

#include <string.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* Before the address, which may overrule them. A machine that is gone is noticed within half a
 * minute; while the server works on a statement there is no limit at all. */
static const char *const NAMES[] = {"connect_timeout",
                                    "keepalives_idle",
                                    "keepalives_interval",
                                    "keepalives_count",
                                    "tcp_user_timeout",
                                    "target_session_attrs",
                                    "application_name",
                                    "client_encoding",
                                    "dbname",
                                    NULL};

/* A standby that stays behind must not hold what was answered, so `off` and `local` are raised; a
 * stronger setting of the server stays. A worker that was stopped inside a transaction gives its
 * locks back after a minute. Every list is read along an index and ends after a page, so plans that
 * first collect a whole table and then sort it are never the better ones, least of all for
 * serialisable transactions, which would collide with every write to it. */
#define SETTINGS                                                                                   \
    "SET statement_timeout = 0; SET lock_timeout = 0;"                                             \
    " SET idle_in_transaction_session_timeout = '60s'; SET idle_session_timeout = 0;"              \
    " SET default_transaction_isolation = 'read committed';"                                       \
    " SET random_page_cost = 1.1; SET enable_bitmapscan = off;"                                    \
    " SET enable_hashjoin = off; SET enable_mergejoin = off;"                                      \
    " SET client_min_messages = warning; SET bytea_output = hex;"                                  \
    " SELECT set_config('synchronous_commit', 'on', false)"                                        \
    " WHERE current_setting('synchronous_commit') IN ('off', 'local');"

/* What does not answer yes is its own complaint. */
#define DEMANDS                                                                                    \
    "SELECT concat_ws(', ',"                                                                       \
    " CASE WHEN current_setting('fsync') <> 'on' THEN 'fsync = off' END,"                          \
    " CASE WHEN current_setting('full_page_writes') <> 'on' THEN 'full_page_writes = off' END,"    \
    " CASE WHEN current_setting('server_encoding') <> 'UTF8' THEN 'server_encoding' END,"          \
    " CASE WHEN current_setting('server_version_num')::int < 150000 THEN 'server_version' END)"

PGconn *pg_connect(const char *url)
{
    const char *const values[] = {"5",          "10",      "5",    "3", "25000",
                                  "read-write", "phoihop", "UTF8", url, NULL};
    static_assert(ARRAY_LEN(values) == ARRAY_LEN(NAMES));
    PGconn *conn = PQconnectdbParams(NAMES, values, 1);
    ensure(conn != NULL); /* memory */
    return conn;
}

static void on_notice(void *arg, const PGresult *result)
{
    (void)result;
    struct pg *self = arg;
    self->warned = true; /* pg_commit asks: a wait for the standby may have been cut short */
}

void pg_disconnect(struct pg *self)
{
    PQfinish(self->line.conn);
    self->line.conn = NULL;
    self->open = false;
    self->end_due = false;
    self->locked = false;
    self->warned = false;
    memset(self->places, 0, sizeof self->places);
}

static enum err fail_open(struct call *c, struct str detail)
{
    (void)fail(c, ERR_IO, "store.open");
    return fail_arg(c, "detail", str_trim(detail));
}

/* Runs a text of the driver's own; its one answer, if it has one. */
static enum err ask(struct call *c, struct line *line, const char *sql, struct str *ret_text)
{
    PGresult *result = line_run(line, sql);
    ExecStatusType status = PQresultStatus(result);
    enum err e = OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        e = fail_open(c, str_of(PQerrorMessage(line->conn)));
    } else if (PQntuples(result) == 1) {
        *ret_text = str_copy(c->arena, str_of(PQgetvalue(result, 0, 0)));
    }
    PQclear(result);
    return e;
}

enum err pg_reconnect(struct call *c, struct pg *self)
{
    pg_disconnect(self);
    self->line.conn = pg_connect(self->line.url);
    if (PQstatus(self->line.conn) != CONNECTION_OK) {
        return fail_open(c, str_of(PQerrorMessage(self->line.conn)));
    }
    (void)PQsetNoticeReceiver(self->line.conn, on_notice, self);
    struct str complaint = {};
    struct str ignored = {};
    enum err e = ask(c, &self->line, SETTINGS, &ignored);
    if (e == OK) e = ask(c, &self->line, DEMANDS, &complaint);
    if (e == OK && self->sync_off) {
        complaint = (struct str){};
        e = ask(c, &self->line, "SET synchronous_commit = off", &ignored);
    }
    if (e == OK && complaint.len > 0) e = fail_open(c, complaint);
    if (e == OK && !line_begin_term(&self->line)) e = fail_open(c, S("timeline"));
    if (e != OK) return e;
    int entered = PQenterPipelineMode(self->line.conn);
    ensure(entered == 1);
    return OK;
}

static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        bool good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' ||
                    (ch >= '0' && ch <= '9' && i > 0);
        if (!good) return false;
    }
    return name.len > 0;
}

/* An office may have a database of its own or, by "options=-csearch_path%3DNAME" in the address, a
 * schema, which is made when it is missing. */
static enum err schema_make(struct call *c, struct line *line)
{
    struct str present = {};
    struct str wanted = {};
    enum err e = ask(c, line, "SELECT current_schema()", &present);
    if (e == OK) e = ask(c, line, "SELECT current_setting('search_path')", &wanted);
    if (e != OK || present.len > 0) return e;
    if (!is_plain_name(wanted)) return fail_open(c, wanted);
    return ask(c, line, str_format(c->arena, "CREATE SCHEMA IF NOT EXISTS %s", wanted.ptr).ptr,
               &present);
}

/* Marks of transactions whose outcome nobody can still be looking for go. */
static enum err marks_make(struct call *c, struct line *line)
{
    struct str ignored = {};
    enum err e = ask(c, line,
                     "CREATE TABLE IF NOT EXISTS tx_mark (id TEXT COLLATE \"C\" PRIMARY KEY,"
                     " at_ms BIGINT NOT NULL, done BIGINT NOT NULL, looks BIGINT NOT NULL)",
                     &ignored);
    if (e != OK) return e;
    int64_t before_ms = c->env->now_ms(c->env->self) - DAY_MS;
    return ask(
        c, line,
        str_format(c->arena, "DELETE FROM tx_mark WHERE at_ms < %lld", (long long)before_ms).ptr,
        &ignored);
}

/* Several processes may start at once, so all of it happens under one lock, by database because
 * the schema may not be there yet. */
enum err pg_found(struct call *c, struct pg *self)
{
    struct str ignored = {};
    int left = PQexitPipelineMode(self->line.conn);
    ensure(left == 1);
    enum err e =
        ask(c, &self->line, "SELECT pg_advisory_lock(hashtext('phoihop.found'))", &ignored);
    if (e == OK) e = schema_make(c, &self->line);
    if (e == OK) e = marks_make(c, &self->line);
    if (e == OK) {
        e = ask(c, &self->line, "SELECT pg_advisory_unlock(hashtext('phoihop.found'))", &ignored);
    }
    if (e != OK) return e; /* the connection goes, and the lock with it */
    int entered = PQenterPipelineMode(self->line.conn);
    ensure(entered == 1);
    return OK;
}
