#pragma once
/*
 * driver.h: what the store asks of a database. Only store/ includes it. A driver opens connections
 * and runs statements; it knows no groups, no list of connections and no retry.
 *
 * A statement's text is the same for every driver. SAVEPOINT, RELEASE and ROLLBACK TO are such
 * statements and need no function of their own.
 *
 * On a driver that is `parallel` each calling thread runs its transaction on a connection of its
 * own; on another one all transactions run on the one writing connection.
 */
#include "store/store.h"

struct driver;
struct notes; /* store/inside.h */
struct bus;   /* the driver's own */

/* One connection, used by one thread at a time. A driver keeps its own parts behind it. */
struct db {
    const struct driver *driver;
    struct arena *arena; /* the connection's own; goes with close */
    struct db *next;     /* in the store's list of resting connections */
    struct notes *notes; /* of the running group */
    bool writes;         /* parallel: what the running transaction is for */
    bool schema;         /* the running transaction changes the schema */
    bool again;          /* the transaction failed by chance: run anew it may go well */
    bool gone;           /* the connection is of no use any more */
    /* Not OK: the database has ended the transaction by itself (disk full, I/O; PostgreSQL: any
     * failed statement, up to ROLLBACK TO). Every further statement fails with this, until
     * rollback; none may slip in outside the transaction. */
    enum err lost;
    const char *lost_reason;
    bool broken; /* a write or sync failed: what the kernel holds is unknown */
};

struct db_result {
    struct rows rows;
    int64_t changed; /* rows inserted, updated or deleted */
};

struct driver {
    size_t db_bytes; /* sizeof(struct db): a plugin of another build is not used */
    bool parallel;
    /* Opens a connection; the first writing one creates and, after a crash, checks the database. */
    enum err (*open)(struct call *c, const struct store_config *config, bool writes,
                     struct db **ret_db);
    void (*close)(struct db *db);
    /* Starts a transaction: of a writer at once for writing, of a reader as a snapshot. Clears
     * `again`. */
    enum err (*begin)(struct call *c, struct db *db);
    /* Ends it durably. After a failure the caller rolls back; then nothing was written, unless the
     * reason is "store.unknown". */
    enum err (*commit)(struct call *c, struct db *db);
    /* Ends it without trace; also clears `lost`. */
    void (*rollback)(struct db *db);
    /* Runs one statement; its text stays unchanged as long as its pointer is used. */
    enum err (*run)(struct call *c, struct db *db, const char *sql, const struct value *args,
                    size_t count, struct db_result *ret);
    /* Runs several statements with the four type words. */
    enum err (*script)(struct call *c, struct db *db, struct str sql);
    /* House-keeping between transactions, while nobody waits. */
    void (*settle)(struct db *db);

    /* For copies. A query: table, column, type word (id, int, text, bytes), place in the primary
     * key or 0; in the order of tables and columns. */
    const char *catalogue;
    /* Makes the next generated number of a table greater than all; NULL: it does so by itself. */
    enum err (*ids_move)(struct call *c, struct db *db, struct str table, struct str column);

    /* Parallel drivers only. What several processes tell each other after their commits: hear()
     * runs on the bus's own thread with the topics of others, or "all" when some may be missed. */
    enum err (*bus_open)(struct call *c, const struct store_config *config,
                         void (*hear)(void *arg, const struct str *topics, size_t count), void *arg,
                         struct bus **ret_bus);
    /* Takes topics to be told, from any thread, without waiting. */
    void (*bus_tell)(struct bus *bus, const struct str *topics, size_t count);
    void (*bus_close)(struct bus *bus);
};

extern const struct driver DRIVER_SQLITE;

/* The driver for config->path. Errors: ERR_IO "store.open" (arg "detail"). */
enum err driver_find(struct call *c, const struct store_config *config,
                     const struct driver **ret_driver);
