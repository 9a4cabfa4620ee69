#pragma once
/* sweep_sql.h: the tables of sweep.h and their statements. */
#include "store/store.h"

/* Where a round stands. */
struct sweep_row {
    int64_t began_ms;  /* 0: none has begun */
    struct str record; /* the last version read */
    int64_t n;
    int64_t folder; /* of the files to look at next; -1: versions are still being read */
};

enum err sweep_load(struct call *c, struct sweep_row *ret_row);
enum err sweep_store(struct call *c, const struct sweep_row *row);
enum err sweep_versions(struct call *c, const struct sweep_row *after, int64_t max,
                        struct rows *ret_rows);
enum err sweep_named(struct call *c, struct str root);
enum err sweep_is_needed(struct call *c, struct str root, bool *ret_needed);
enum err sweep_is_wanted(struct call *c, struct str root, bool *ret_wanted);
enum err sweep_once(struct call *c, int64_t before_ms, int64_t max);
enum err sweep_uploads(struct call *c, int64_t before_ms, int64_t max);
