#include "store/driver.h"
#include "store/here.h"

#include "store/schema.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Small caches: an office at rest is to fit in 32 MiB with all its processes. */
#define WRITER_CACHE "PRAGMA cache_size=-2000;"
#define READER_CACHE "PRAGMA cache_size=-2000;"

enum {
    STATEMENTS = 128, /* prepared per connection; a power of two */
    PROBES = 4,       /* places one text may lie in */
    BUSY_WAIT_MS = 5000,
    CHECKPOINT_PAGES = 1000,
    VALUE_BYTES_MAX = 64 * 1024 * 1024,
    ROWS_FIRST = 16,
};

static const struct dialect DIALECT = {
    .id = {"INTEGER PRIMARY KEY AUTOINCREMENT", 33},
    .integer = {"INTEGER", 7},
    .text = {"TEXT", 4},
    .bytes = {"BLOB", 4},
    .table_end = {" STRICT", 7},
};

struct statement {
    uint64_t hash; /* of its text */
    sqlite3_stmt *handle;
};

struct sqlite {
    struct db base;
    sqlite3 *handle;
    struct statement statements[STATEMENTS];
    size_t turn; /* which of the places is given up next */
    int wal_pages;
};

static struct sqlite *sqlite_of(struct db *db)
{
    ensure(db->driver == &DRIVER_SQLITE);
    return (struct sqlite *)db;
}

struct cause {
    enum err err;
    const char *reason;
};

/* What a result code means to us. Source: sqlite.org/rescode.html */
static struct cause cause_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return (struct cause){ERR_CONFLICT, "store.conflict"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return (struct cause){ERR_BUSY, "store.busy"};
    case SQLITE_FULL: return (struct cause){ERR_FULL, "store.full"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return (struct cause){ERR_CORRUPT, "store.corrupt"};
    case SQLITE_TOOBIG: return (struct cause){ERR_LIMIT, "store.too_large"};
    case SQLITE_ERROR:
    case SQLITE_MISMATCH: return (struct cause){ERR_INVALID, "store.statement"};
    case SQLITE_NOMEM: ensure_failed("memory for SQLite", __FILE__, __LINE__);
    case SQLITE_MISUSE: ensure_failed("SQLite used as documented", __FILE__, __LINE__);
    default: return (struct cause){ERR_IO, "store.io"};
    }
}

/* Remembers what a failed statement means for the connection. */
static void note_code(struct sqlite *self, int code)
{
    struct cause cause = cause_of(code);
    if (self->base.writes && cause.err == ERR_IO) self->base.broken = true;
    if (self->base.lost == OK && sqlite3_get_autocommit(self->handle) != 0) {
        self->base.lost = cause.err;
        self->base.lost_reason = cause.reason;
    }
}

static enum err fail_code(struct call *c, struct sqlite *self, int code)
{
    struct cause cause = cause_of(code);
    (void)fail(c, cause.err, cause.reason);
    return fail_arg(c, "detail", str_of(sqlite3_errmsg(self->handle)));
}

static bool only_space(const char *text)
{
    return str_trim(str_of(text)).len == 0;
}

/* SQLite numbers $1 by where it first stands; so $1 must stand first, then $2, and so on. */
static void prove_parameters(sqlite3_stmt *handle)
{
    int count = sqlite3_bind_parameter_count(handle);
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(handle, i);
        ensure(name != NULL);
        ensure(name[0] == '$');
        int64_t number = 0;
        bool read = parse_int(str_of(name + 1), 1, count, &number);
        ensure(read);
        ensure(number == i);
    }
}

/* A text that SQLite does not understand is our own bug and ends the process with its message. */
static enum err prepare(struct call *c, struct sqlite *self, const char *sql, const char **ret_tail,
                        sqlite3_stmt **ret_handle)
{
    sqlite3_stmt *handle = NULL;
    const char *tail = NULL;
    int code = sqlite3_prepare_v3(self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &tail);
    if (code == SQLITE_ERROR) {
        struct str text = str_format(c->arena, "%s: %s", sqlite3_errmsg(self->handle), sql);
        ensure_failed(text.ptr, __FILE__, __LINE__);
    }
    if (code != SQLITE_OK) {
        note_code(self, code);
        return fail_code(c, self, code);
    }
    *ret_tail = tail;
    *ret_handle = handle;
    return OK;
}

/* FNV-1a. The text itself is the key: texts generated from field tables lie elsewhere each time. */
static uint64_t text_hash(const char *sql)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = sql; *at != 0; at++) {
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static bool statement_is(const struct statement *place, uint64_t hash, const char *sql)
{
    return place->handle != NULL && place->hash == hash &&
           strcmp(sqlite3_sql(place->handle), sql) == 0;
}

/* The statement's place, a free one, or the one to be given up. */
static struct statement *statement_place(struct sqlite *self, uint64_t hash, const char *sql)
{
    struct statement *free_place = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        struct statement *place = &self->statements[(hash + i) % STATEMENTS];
        if (statement_is(place, hash, sql)) return place;
        if (place->handle == NULL && free_place == NULL) free_place = place;
    }
    if (free_place != NULL) return free_place;
    return &self->statements[(hash + self->turn++ % PROBES) % STATEMENTS];
}

static enum err statement_get(struct call *c, struct sqlite *self, const char *sql,
                              sqlite3_stmt **ret_handle)
{
    uint64_t hash = text_hash(sql);
    struct statement *place = statement_place(self, hash, sql);
    if (statement_is(place, hash, sql)) {
        *ret_handle = place->handle;
        return OK;
    }
    const char *tail = NULL;
    sqlite3_stmt *handle = NULL;
    enum err e = prepare(c, self, sql, &tail, &handle);
    if (e != OK) return e;
    ensure(handle != NULL);
    ensure(only_space(tail));
    prove_parameters(handle);
    (void)sqlite3_finalize(place->handle);
    *place = (struct statement){hash, handle};
    *ret_handle = handle;
    return OK;
}

static void bind_value(sqlite3_stmt *handle, int number, const struct value *value)
{
    const char *ptr = value->s.ptr != NULL ? value->s.ptr : ""; /* NULL would bind a NULL */
    int code = SQLITE_OK;
    switch (value->type) {
    case VALUE_NULL: code = sqlite3_bind_null(handle, number); break;
    case VALUE_INT: code = sqlite3_bind_int64(handle, number, value->i); break;
    case VALUE_TEXT:
        code = sqlite3_bind_text64(handle, number, ptr, value->s.len, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case VALUE_BYTES:
        code = sqlite3_bind_blob64(handle, number, ptr, value->s.len, SQLITE_STATIC);
        break;
    }
    ensure(code == SQLITE_OK);
}

static bool values_fit(const struct value *args, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (args[i].s.len > VALUE_BYTES_MAX) return false;
    }
    return true;
}

static struct value column_value(struct arena *arena, sqlite3_stmt *handle, int column)
{
    int type = sqlite3_column_type(handle, column);
    if (type == SQLITE_NULL) return NONE;
    if (type == SQLITE_INTEGER) return INT(sqlite3_column_int64(handle, column));
    ensure(type == SQLITE_TEXT || type == SQLITE_BLOB); /* no statement of ours gives a real */
    const void *ptr = sqlite3_column_blob(handle, column);
    struct str s = {ptr, (size_t)sqlite3_column_bytes(handle, column)};
    s = str_copy(arena, s);
    return type == SQLITE_TEXT ? TEXT(s) : BYTES(s);
}

/* Adds the row the statement stands on. */
static void rows_add(struct arena *arena, sqlite3_stmt *handle, struct rows *rows, size_t *room)
{
    if (rows->count == *room) {
        *room = *room == 0 ? ROWS_FIRST : *room * 2;
        struct value *larger = arena_array(arena, *room * rows->columns, sizeof *larger);
        size_t cells = rows->count * rows->columns;
        if (cells > 0) memcpy(larger, rows->cells, cells * sizeof *larger);
        rows->cells = larger;
    }
    struct value *row = rows->cells + rows->count * rows->columns;
    for (size_t i = 0; i < rows->columns; i++)
        row[i] = column_value(arena, handle, (int)i);
    rows->count++;
}

static enum err fetch(struct call *c, struct sqlite *self, sqlite3_stmt *handle,
                      struct db_result *ret)
{
    struct rows rows = {.columns = (size_t)sqlite3_column_count(handle)};
    size_t room = 0;
    int64_t before = sqlite3_total_changes64(self->handle);
    int code = sqlite3_step(handle);
    while (code == SQLITE_ROW) {
        if (rows.count == STORE_ROWS_MAX || arena_over(c->arena)) {
            return fail(c, ERR_LIMIT, "store.rows");
        }
        rows_add(c->arena, handle, &rows, &room);
        code = sqlite3_step(handle);
    }
    if (code != SQLITE_DONE) {
        note_code(self, code);
        return fail_code(c, self, code);
    }
    bool changes = sqlite3_total_changes64(self->handle) != before;
    *ret = (struct db_result){rows, changes ? sqlite3_changes64(self->handle) : 0};
    return OK;
}

static enum err sqlite_run(struct call *c, struct db *db, const char *sql, const struct value *args,
                           size_t count, struct db_result *ret)
{
    struct sqlite *self = sqlite_of(db);
    if (db->lost != OK) return fail(c, db->lost, db->lost_reason);
    sqlite3_stmt *handle = NULL;
    enum err e = statement_get(c, self, sql, &handle);
    if (e != OK) return e;
    ensure((size_t)sqlite3_bind_parameter_count(handle) == count);
    ensure(db->writes || sqlite3_stmt_readonly(handle) != 0);
    if (!values_fit(args, count)) return fail(c, ERR_LIMIT, "store.too_large");
    for (size_t i = 0; i < count; i++)
        bind_value(handle, (int)i + 1, &args[i]);
    e = fetch(c, self, handle, ret);
    (void)sqlite3_reset(handle); /* repeats the code of the step, which is told already */
    (void)sqlite3_clear_bindings(handle);
    return e;
}

static enum err sqlite_script(struct call *c, struct db *db, struct str sql)
{
    struct sqlite *self = sqlite_of(db);
    if (db->lost != OK) return fail(c, db->lost, db->lost_reason);
    struct str text = schema_translate(c->arena, sql, &DIALECT);
    const char *rest = str_zero(c->arena, text);
    while (!only_space(rest)) {
        sqlite3_stmt *handle = NULL;
        enum err e = prepare(c, self, rest, &rest, &handle);
        if (e != OK) return e;
        if (handle == NULL) continue; /* a comment */
        ensure(sqlite3_bind_parameter_count(handle) == 0);
        struct db_result none = {};
        e = fetch(c, self, handle, &none);
        (void)sqlite3_finalize(handle);
        if (e != OK) return e;
    }
    return OK;
}

static enum err sqlite_begin(struct call *c, struct db *db)
{
    ensure(db->lost == OK);
    ensure(sqlite3_get_autocommit(sqlite_of(db)->handle) != 0);
    struct db_result none = {};
    enum err e = sqlite_run(c, db, db->writes ? "BEGIN IMMEDIATE" : "BEGIN", NO_ARGS, &none);
    if (e != OK) db->lost = OK; /* nothing began, nothing is lost */
    return e;
}

static enum err sqlite_commit(struct call *c, struct db *db)
{
    struct db_result none = {};
    return sqlite_run(c, db, "COMMIT", NO_ARGS, &none);
}

static void sqlite_rollback(struct db *db)
{
    struct sqlite *self = sqlite_of(db);
    if (sqlite3_get_autocommit(self->handle) == 0) {
        int code = sqlite3_exec(self->handle, "ROLLBACK", NULL, NULL, NULL);
        if (code != SQLITE_OK && db->writes) db->broken = true;
    }
    ensure(sqlite3_get_autocommit(self->handle) != 0);
    db->lost = OK;
    db->lost_reason = NULL;
}

/* SQLite's own automatic checkpoint keeps a failed sync to itself, and a second sync of the same
 * pages may then falsely succeed; ours tells. It also runs when the callers have their answer. */
static void sqlite_settle(struct db *db)
{
    struct sqlite *self = sqlite_of(db);
    if (self->wal_pages < CHECKPOINT_PAGES) return;
    self->wal_pages = 0;
    int code = sqlite3_wal_checkpoint_v2(self->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code != SQLITE_OK && cause_of(code).err != ERR_BUSY) db->broken = true;
}

static int wal_grew(void *arg, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    struct sqlite *self = arg;
    self->wal_pages = pages;
    return SQLITE_OK;
}

static void sqlite_close(struct db *db)
{
    struct sqlite *self = sqlite_of(db);
    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(self->statements[i].handle);
    int code = sqlite3_close(self->handle);
    ensure(code == SQLITE_OK);
    arena_close(db->arena);
}

static void configure(sqlite3 *handle, bool writes)
{
    int code = sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    ensure(code == SQLITE_OK);
    code = sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    ensure(code == SQLITE_OK);
    code = sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, writes ? 0 : 1, NULL);
    ensure(code == SQLITE_OK);
    /* A plan that looked at a bound value, such as that of LIMIT $n, is made anew for each call. */
    code = sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    ensure(code == SQLITE_OK);
    (void)sqlite3_busy_timeout(handle, BUSY_WAIT_MS);
    (void)sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    (void)sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

static enum err fail_open(struct call *c, struct sqlite *self, int code)
{
    struct cause cause = cause_of(code);
    if (cause.err == ERR_CORRUPT || cause.err == ERR_BUSY) return fail_code(c, self, code);
    (void)fail(c, ERR_IO, "store.open");
    return fail_arg(c, "detail", str_of(sqlite3_errmsg(self->handle)));
}

static enum err run_pragmas(struct call *c, struct sqlite *self, const char *text)
{
    int code = sqlite3_exec(self->handle, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? OK : fail_open(c, self, code);
}

/* Runs a pragma and compares its one answer. */
static enum err expect(struct call *c, struct sqlite *self, const char *sql, struct str want,
                       struct cause otherwise)
{
    sqlite3_stmt *handle = NULL;
    int code = sqlite3_prepare_v2(self->handle, sql, -1, &handle, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(handle);
    struct str got = {};
    if (code == SQLITE_ROW) got = column_value(c->arena, handle, 0).s;
    (void)sqlite3_finalize(handle);
    if (code != SQLITE_ROW) return fail_open(c, self, code);
    if (str_eq(got, want)) return OK;
    (void)fail(c, otherwise.err, otherwise.reason);
    return fail_arg(c, "detail", got);
}

static enum err prepare_reader(struct call *c, struct sqlite *self)
{
    return run_pragmas(c, self,
                       "PRAGMA cell_size_check=ON;PRAGMA mmap_size=0;PRAGMA temp_store=MEMORY;"
                       "PRAGMA wal_autocheckpoint=0;PRAGMA query_only=ON;" READER_CACHE);
}

static enum err prepare_writer(struct call *c, struct sqlite *self,
                               const struct store_config *config, bool crashed)
{
    enum err e = run_pragmas(c, self,
                             "PRAGMA cell_size_check=ON;PRAGMA mmap_size=0;"
                             "PRAGMA temp_store=MEMORY;PRAGMA foreign_keys=ON;" WRITER_CACHE);
    if (e != OK) return e;
    e = expect(c, self, "PRAGMA journal_mode=WAL", S("wal"), (struct cause){ERR_IO, "store.open"});
    if (e != OK) return e;
    e = run_pragmas(c, self,
                    config->sync_off ? "PRAGMA synchronous=OFF" : "PRAGMA synchronous=FULL");
    if (e != OK) return e;
    (void)sqlite3_wal_hook(self->handle, wal_grew, self); /* also ends the automatic checkpoint */
    if (!crashed) return OK;
    return expect(c, self, "PRAGMA quick_check(1)", S("ok"),
                  (struct cause){ERR_CORRUPT, "store.corrupt"});
}

/* After a clean end there is no write-ahead log, or an empty one. */
static bool ended_badly(struct call *c, const char *path)
{
    struct stat st = {};
    const char *wal = str_format(c->arena, "%s-wal", path).ptr;
    return stat(wal, &st) == 0 && st.st_size > 0;
}

/* Makes the file, for us alone, before SQLite does; its companions then get the same rights. An
 * existing file is not touched: closing it would drop SQLite's locks of this process. */
static void create_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) (void)close(fd);
}

static enum err sqlite_open(struct call *c, const struct store_config *config, bool writes,
                            struct db **ret_db)
{
    ensure(config->path != NULL);
    bool crashed = writes && ended_badly(c, config->path);
    if (writes) create_private(config->path);
    struct arena *arena = arena_open(0);
    struct sqlite *self = arena_alloc(arena, sizeof *self);
    self->base = (struct db){.driver = &DRIVER_SQLITE, .arena = arena, .writes = writes};
    int mode = writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    int flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(config->path, &self->handle, flags, here_vfs());
    enum err e = code == SQLITE_OK ? OK : fail_open(c, self, code);
    if (e == OK) {
        configure(self->handle, writes);
        e = writes ? prepare_writer(c, self, config, crashed) : prepare_reader(c, self);
    }
    if (e != OK) {
        sqlite_close(&self->base);
        return e;
    }
    *ret_db = &self->base;
    return OK;
}

/* Tables made by us carry a primary key; those behind a search index do not count. */
static const char CATALOGUE[] =
    "SELECT m.name, p.name, CASE WHEN p.pk = 1 AND m.sql LIKE '%AUTOINCREMENT%' THEN 'id'"
    " WHEN p.type = 'INTEGER' THEN 'int' WHEN p.type = 'BLOB' THEN 'bytes' ELSE 'text' END, p.pk"
    " FROM sqlite_schema m JOIN pragma_table_info(m.name) p"
    " WHERE m.type = 'table' AND m.sql LIKE '%STRICT' ORDER BY m.name, p.cid";

const struct driver DRIVER_SQLITE = {
    .db_bytes = sizeof(struct db),
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .run = sqlite_run,
    .script = sqlite_script,
    .settle = sqlite_settle,
    .catalogue = CATALOGUE,
};
