#pragma once
/*
 * driver.h: what the store asks of a database, eight functions. Only store/ includes it. A driver
 * knows no threads, no groups and no readers' list; it opens connections and runs statements.
 *
 * A statement's text is the same for every driver. SAVEPOINT, RELEASE and ROLLBACK TO are such
 * statements and need no function of their own.
 */
#include "store/store.h"

struct driver;

/* One connection, used by one thread at a time. A driver keeps its own parts behind it. */
struct db {
    const struct driver *driver;
    struct arena *arena; /* the connection's own; goes with close */
    struct db *next;     /* in the store's list of resting readers */
    bool writes;
    /* Not OK: the database has ended the transaction by itself (disk full, I/O). Every further
     * statement fails with this, until rollback; none may slip in outside the transaction. */
    enum err lost;
    const char *lost_reason;
    bool broken; /* a write or sync failed: what the kernel holds is unknown */
};

struct db_result {
    struct rows rows;
    int64_t changed; /* rows inserted, updated or deleted */
};

struct driver {
    /* Opens a connection; the first writing one creates and, after a crash, checks the database. */
    enum err (*open)(struct call *c, const struct store_config *config, bool writes,
                     struct db **ret_db);
    void (*close)(struct db *db);
    /* Starts a transaction: of a writer at once for writing, of a reader as a snapshot. */
    enum err (*begin)(struct call *c, struct db *db);
    /* Ends it durably. After a failure the caller rolls back. */
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
};

extern const struct driver DRIVER_SQLITE;
