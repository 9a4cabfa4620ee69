#pragma once
/*
 * copy.h: moves an office between SQLite and PostgreSQL, both ways: all rows of all tables, in the
 * order of their primary keys. What is there already of an interrupted copy is a beginning of each
 * table, so the next run goes on behind its last key. Both stores have the same schema (the same
 * program has run its migrations on both) and nobody else uses them meanwhile.
 */
#include "store/store.h"

/* How far it has come. */
struct copy_step {
    struct str table;
    size_t table_index; /* of table_count */
    size_t table_count;
    int64_t rows; /* of this table, so far */
    int64_t rows_total;
    bool verifying; /* comparing, after all is copied */
};

/* Copies from the call's store and then compares every cell of both. Inside store_read what is
 * copied is of one moment, whoever writes meanwhile.
 * Shapes: progress is called after every page and may be NULL; false stops, and another call goes
 * on from there. Errors: ERR_BUSY "copy.stopped"; ERR_CONFLICT "copy.schema" or "copy.differs" (arg
 * "table"); those of store_read and store_tx. */
enum err store_copy(struct call *c, struct store *to,
                    bool (*progress)(void *arg, const struct copy_step *step), void *arg);
