#include "notices.h"

#include "store/store.h"

static enum err first(struct call *c, enum err e, const struct rows *rows, struct str *ret_record)
{
    (void)c;
    if (e == OK && rows->count > 0) *ret_record = rows_text(rows, 0, 0);
    return e;
}

enum err notices_sql_office(struct call *c, struct str *ret_record)
{
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT record FROM k_notices_rules ORDER BY record LIMIT 1", NO_ARGS, &rows);
    return first(c, e, &rows, ret_record);
}

enum err notices_sql_person(struct call *c, struct str person, struct str *ret_record)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record FROM k_notices_choice WHERE person = $1"
                           " ORDER BY record LIMIT 1",
                           ARGS(TEXT(person)), &rows);
    return first(c, e, &rows, ret_record);
}
