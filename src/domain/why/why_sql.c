#include "why.h"

enum err why_sql_number(struct call *c, struct str number, bool all, struct str *ret_record)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT r.record FROM receipt r WHERE (" READER(
                               "r.record") " OR $10 = 1) AND r.number = $11 AND r.number <> ''"
                                           " ORDER BY r.time_ms DESC, r.hash LIMIT 1",
                           ARGS(READER_ARGS(p), INT(all ? 1 : 0), TEXT(number)), &rows);
    if (e == OK && rows.count > 0) *ret_record = rows_text(&rows, 0, 0);
    return e;
}

enum err why_sql_audience(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c, "SELECT party FROM audience WHERE record = $1 ORDER BY party",
                     ARGS(TEXT(record)), ret_rows);
}
