#include "core/closed_sql.h"

#include "store/store.h"

enum err closed_insert(struct call *c, enum closed why)
{
    return store_exec(c,
                      "INSERT INTO closed (why, since_ms) VALUES ($1, $2)"
                      " ON CONFLICT (why) DO NOTHING",
                      ARGS(INT((int64_t)why), INT(c->now_ms)), NULL);
}

enum err closed_delete(struct call *c, enum closed why)
{
    return store_exec(c, "DELETE FROM closed WHERE why = $1", ARGS(INT((int64_t)why)), NULL);
}

/* Row: the greatest reason, 0 without one. */
enum err closed_greatest(struct call *c, struct rows *ret_rows)
{
    return store_one(c, "SELECT coalesce(max(why), 0) FROM closed", NO_ARGS, ret_rows);
}
