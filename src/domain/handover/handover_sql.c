#include "handover.h"

#include "core/office.h"

/* To sign for a hand-over is for the one who was asked; it cannot be handed on. */
enum err handover_sql_items(struct call *c, struct str person, struct str only,
                            struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT about, min(due_ms) FROM obligation WHERE owner = $1"
                     " AND settled_ms IS NULL AND what <> 'handover.sign'"
                     " AND ($2 = '' OR about = $2) GROUP BY about ORDER BY 2, 1 LIMIT $3",
                     ARGS(TEXT(str_format(c->arena, "p:%.*s", STR_ARG(person))), TEXT(only),
                          INT(HANDOVER_ITEMS)),
                     ret_rows);
}

enum err handover_sql_open(struct call *c, struct str person, struct str only,
                           struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT o.about, h.kind, min(o.title) FROM obligation o JOIN head h"
                     " ON h.record = o.about WHERE " READER(
                         "o.about") " AND o.owner = $10"
                                    " AND o.settled_ms IS NULL AND o.what <> 'handover.sign'"
                                    " AND ($11 = '' OR o.about = $11) GROUP BY o.about, h.kind"
                                    " ORDER BY min(o.due_ms), o.about LIMIT $12",
                     ARGS(READER_ARGS(p), TEXT(str_format(c->arena, "p:%.*s", STR_ARG(person))),
                          TEXT(only), INT(HANDOVER_ITEMS)),
                     ret_rows);
}

enum err handover_sql_listed(struct call *c, struct str record, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT i.item, h.kind, coalesce((SELECT min(o.title) FROM obligation o"
                     " WHERE o.about = i.item), '') FROM k_handover_handover__items i JOIN head h"
                     " ON h.record = i.item WHERE " READER("i.item") " AND i.record = $10"
                                                                     " ORDER BY i.i",
                     ARGS(READER_ARGS(p), TEXT(record)), ret_rows);
}

enum err handover_sql_list(struct call *c, int64_t after_ms, struct str after, int64_t limit,
                           struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(
        c,
        "SELECT h.record, k.giver, k.receiver, k.state, (SELECT count(*)"
        " FROM k_handover_handover__items i WHERE i.record = h.record), h.changed_ms"
        " FROM head h JOIN k_handover_handover k ON k.record = h.record"
        " WHERE " READER("h.record") " AND h.kind = 'handover.handover'"
                                     " AND (h.changed_ms, h.record) < ($10, $11)"
                                     " ORDER BY h.changed_ms DESC, h.record DESC LIMIT $12",
        ARGS(READER_ARGS(p), INT(after.len > 0 ? after_ms : INT64_MAX), TEXT(after), INT(limit)),
        ret_rows);
}
