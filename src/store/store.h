#pragma once
/*
 * store.h: rows in, rows out. One database per office; SQL text is the same for every driver
 * (parameters $1..$n in ascending order of first use). On SQLite one writer thread owns the one
 * writing connection: it runs a group of closures, a savepoint each, and commits once with a full
 * sync; only then do the callers go on. Readers are read-only connections of the same process.
 * On PostgreSQL every calling thread runs its own serialisable transaction, again when it collides
 * with another one; several processes on several machines may use one database.
 *
 * Knows nothing of records, offices or HTTP.
 */
#include "base/call.h"

enum { STORE_ROWS_MAX = 100000 }; /* rows of one query */

enum value_type { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BYTES };

struct value {
    enum value_type type;
    int64_t i;    /* VALUE_INT */
    struct str s; /* VALUE_TEXT and VALUE_BYTES; in an arena or constant */
};

/* Writes values for a statement: store_exec(c, SQL, ARGS(INT(1), TEXT(name)), NULL). */
#define INT(number) ((struct value){.type = VALUE_INT, .i = (number)})
#define TEXT(text) ((struct value){.type = VALUE_TEXT, .s = (text)})
#define BYTES(bytes) ((struct value){.type = VALUE_BYTES, .s = (bytes)})
#define NONE ((struct value){.type = VALUE_NULL})
#define ARGS(...)                                                                                  \
    (const struct value[]){__VA_ARGS__},                                                           \
        sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)
#define NO_ARGS NULL, 0

struct rows {
    struct value *cells; /* row after row; in the call's arena */
    size_t count;        /* rows */
    size_t columns;
};

/* The cell of a row. Shapes: row < count, column < columns. */
const struct value *rows_cell(const struct rows *rows, size_t row, size_t column);
/* The cell as a number; 0 for NULL. */
int64_t rows_int(const struct rows *rows, size_t row, size_t column);
/* The cell as text or bytes; empty for NULL. */
struct str rows_text(const struct rows *rows, size_t row, size_t column);

/* One step of the schema; runs once each, in order, its text checksummed. Words ID, INT, TEXT and
 * BYTES in `sql` are column types: a generated integer key, a 64-bit integer, text, bytes. */
struct migration {
    const char *name;     /* unique: "core.1" */
    const char *sql;      /* statements ended by ';'; "id ID" is the whole primary key */
    const char *postgres; /* instead of sql on PostgreSQL: uniqueness, search; or NULL */
};

struct store_config {
    const char *path;    /* of the database file, or postgres://USER@HOST/NAME?... */
    const char *plugins; /* folder of pg.so; NULL: "lib" beside the running program */
    bool inline_writer;  /* transactions run on the calling thread: tools, tests, simulator */
    bool sync_off;       /* simulator only: the trace, not the disk, is under test */
    size_t group_max;    /* closures in one commit; 0 means 256 */
    /* Runs in the transaction of the whole group just before COMMIT: signs what waits. A failure
     * fails every closure of the group. */
    enum err (*before_commit)(void *arg, struct call *group);
    /* Runs after COMMIT with the topics noted by the group: on SQLite on the writer thread, on
     * PostgreSQL on the calling thread, and for the topics of other processes on a thread of the
     * store's; never twice at a time. Topic "all": something may have been missed. */
    void (*after_commit)(void *arg, const struct str *topics, size_t count);
    void *arg;
};

/* Opens or creates the database and, unless inline, starts the writer.
 * Errors: ERR_IO "store.open" (arg "detail"); ERR_CORRUPT "store.corrupt". */
enum err store_open(struct call *c, const struct store_config *config, struct store **ret_store);
/* Waits for the running group, then closes. NULL is allowed. */
void store_close(struct store *store);

/* Says that other programs, on other machines too, may use the same database. */
bool store_is_shared(const struct store *store);

/* Says that a write or a sync failed. Nothing is written any more and what the kernel holds is
 * unknown: the process ends after its answers, and a new one reads what is on the disk. */
bool store_broken(const struct store *store);

/* Runs the migrations that have not run, all in one transaction. before_commit does not see it.
 * Errors: ERR_CORRUPT "store.migration_changed". */
enum err store_migrate(struct call *c, const struct migration *steps, size_t count);

/* Runs fn in one read snapshot, which its first query takes, on the calling thread. Inside a
 * transaction it just runs fn. */
enum err store_read(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg);

/* Runs fn in one transaction: committed and synced when OK is returned, rolled back otherwise. fn
 * has no side effect outside the store and its own arg; on PostgreSQL it may run more than once, so
 * it writes its results anew each time. A statement's failure ends fn: it is passed on, or fenced
 * off by store_attempt. Nested calls run in the outer transaction, so their failure is passed on,
 * not recovered from. Not from before_commit, after_commit or store_read. Errors: those of fn and
 * of before_commit; ERR_FULL "store.full"; ERR_IO "store.io"; ERR_BUSY "store.busy"; ERR_IO
 * "store.unknown" when the database stayed away so long after COMMIT was sent that its outcome is
 * not known. */
enum err store_tx(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg);

/* Runs fn in a savepoint of the running transaction: its failure rolls back only what it wrote and
 * is returned; the transaction goes on. Only inside store_tx. */
enum err store_attempt(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg);

/* Runs a statement that returns no rows. Shapes: the text outlives the store or is not reused
 * often, for its pointer finds the prepared statement; ret_changed may be NULL. Only inside
 * store_tx. Errors of this and the next three: ERR_CONFLICT "store.conflict" when a constraint
 * refuses; ERR_INVALID "store.statement" when a function refuses its data; both with arg "detail";
 * ERR_LIMIT "store.too_large" for a value above 64 MiB. */
enum err store_exec(struct call *c, const char *sql, const struct value *args, size_t count,
                    int64_t *ret_changed);
/* Runs a query, or INSERT and UPDATE with RETURNING, and returns all its rows in the call's arena.
 * Only inside store_read or store_tx. Errors: ERR_LIMIT "store.rows" beyond STORE_ROWS_MAX rows or
 * the arena's limit. */
enum err store_all(struct call *c, const char *sql, const struct value *args, size_t count,
                   struct rows *ret_rows);
/* The same for exactly one row. Errors: ERR_NOT_FOUND "not_found". */
enum err store_one(struct call *c, const char *sql, const struct value *args, size_t count,
                   struct rows *ret_rows);
/* Runs several statements without parameters or results: schema made from field tables. */
enum err store_script(struct call *c, struct str sql);

/* Notes a topic that after_commit will hear of, once for the group; forgotten with a closure or an
 * attempt that fails. Only inside store_tx. */
void store_note(struct call *c, struct str topic);

/* Puts a row on a list for before_commit: what the group has still to sign. It need not look for it
 * in the tables, where on PostgreSQL it would collide with every other writer. Forgotten like a
 * topic. Shapes: the name of the list is a constant. Only inside store_tx. */
void store_owe(struct call *c, const char *list, const struct value *cells, size_t columns);
/* The rows of that list as they came. Only in before_commit. */
struct rows store_owed(struct call *group, const char *list, size_t columns);
