#include "core/closed.h"

#include "core/closed_sql.h"
#include "store/store.h"

const char *closed_word(enum closed why)
{
    static const char *const WORDS_OF[] = {
        [CLOSED_NOT] = "",
        [CLOSED_RECOVERING] = "restore.recovering",
        [CLOSED_SUPERSEDED] = "fence.superseded",
    };
    return WORDS_OF[why];
}

enum err closed_put(struct call *c, enum closed why)
{
    ensure(why != CLOSED_NOT);
    store_note(c, S("closed"));
    return closed_insert(c, why);
}

enum err closed_end(struct call *c, enum closed why)
{
    store_note(c, S("closed"));
    return closed_delete(c, why);
}

enum err closed_look(struct call *c, enum closed *ret_why)
{
    struct rows rows = {};
    enum err e = closed_greatest(c, &rows);
    if (e == OK) *ret_why = (enum closed)rows_int(&rows, 0, 0);
    return e;
}

enum err closed_refuse(struct call *c)
{
    enum closed why = CLOSED_NOT;
    enum err e = closed_look(c, &why);
    if (e != OK || why == CLOSED_NOT) return e;
    return fail(c, ERR_BUSY, closed_word(why));
}
