/* How things stand with the peers. */
#include "base/time.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/exchange_sql.h"

enum { AGE_MINUTES_MS = 5 * 60 * 1000, AGE_HOUR_MS = 60 * 60 * 1000 };

static void status_row(struct call *c, struct node *list, const struct rows *rows, size_t i)
{
    static const char *const NUMBERS[] = {
        "epoch", "sent",  "acked",       "waiting",  "oldest_ms", "received", "down_ms",
        "files", "aside", "age_minutes", "age_hour", "age_day",   "age_older"};
    struct node *row = node_add_map(c, list);
    struct str peer = rows_text(rows, i, 0);
    node_text(c, row, "peer", peer);
    node_text(c, row, "code", office_code(c, peer));
    node_text(c, row, "name", office_name(c, peer));
    for (size_t k = 0; k < ARRAY_LEN(NUMBERS); k++) {
        node_int(c, row, NUMBERS[k], rows_int(rows, i, k + 1));
    }
    size_t at = 1 + ARRAY_LEN(NUMBERS);
    node_text(c, row, "down", rows_text(rows, i, at));
    node_text(c, row, "stopped", rows_text(rows, i, at + 1));
    node_int(c, row, "witnessed", rows_int(rows, i, at + 2));
    node_int(c, row, "claims", rows_int(rows, i, at + 3));
}

enum err exchange_status_list(struct call *c, struct node *ret_list)
{
    const int64_t ages_ms[] = {c->now_ms - AGE_MINUTES_MS, c->now_ms - AGE_HOUR_MS,
                               c->now_ms - TIME_DAY_MS};
    struct rows rows = {};
    enum err e = status_list(c, ages_ms, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        status_row(c, ret_list, &rows, i);
    return e;
}

static enum err status_read(struct call *c, void *arg)
{
    return exchange_status_list(c, arg);
}

enum err exchange_status(struct call *c, struct node **ret_list)
{
    struct node *list = node_list(c);
    enum err e = store_read(c, status_read, list);
    if (e == OK) *ret_list = list;
    return e;
}
