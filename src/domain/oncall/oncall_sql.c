#include "oncall.h"

#include "core/grant.h"

const struct migration ONCALL_STEPS[ONCALL_STEP_COUNT] = {
    {.name = "oncall.days", .sql = "CREATE INDEX oncall_days ON k_oncall_duty (\"to\");"},
};

enum err oncall_sql_list(struct call *c, int64_t day, int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT d.record, d.\"from\", d.\"to\", d.person, d.role, d.phone, d.note"
                     " FROM k_oncall_duty d WHERE " READER(
                         "d.record") " AND d.\"to\" >= $10 AND d.cancelled = 0"
                                     " ORDER BY d.\"from\", d.record LIMIT $11",
                     ARGS(READER_ARGS(p), INT(day), INT(limit)), ret_rows);
}
