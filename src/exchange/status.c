/* How things stand with the peers. */
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/exchange_sql.h"

static void status_row(struct call *c, struct node *list, const struct rows *rows, size_t i)
{
    static const char *const NUMBERS[] = {"epoch",    "sent",    "acked", "waiting", "oldest_ms",
                                          "received", "down_ms", "files", "aside"};
    struct node *row = node_add_map(c, list);
    struct str peer = rows_text(rows, i, 0);
    node_text(c, row, "peer", peer);
    node_text(c, row, "code", office_code(c, peer));
    node_text(c, row, "name", office_name(c, peer));
    for (size_t k = 0; k < ARRAY_LEN(NUMBERS); k++) {
        node_int(c, row, NUMBERS[k], rows_int(rows, i, k + 1));
    }
    node_int(c, row, "witnessed", rows_int(rows, i, 12));
    node_int(c, row, "claims", rows_int(rows, i, 13));
    node_text(c, row, "down", rows_text(rows, i, 10));
    node_text(c, row, "stopped", rows_text(rows, i, 11));
}

static enum err status_read(struct call *c, void *arg)
{
    struct node **ret_list = arg;
    struct rows rows = {};
    struct node *list = node_list(c);
    enum err e = status_list(c, &rows);
    if (e != OK) return e;
    for (size_t i = 0; i < rows.count; i++)
        status_row(c, list, &rows, i);
    *ret_list = list;
    return OK;
}

enum err exchange_status(struct call *c, struct node **ret_list)
{
    return store_read(c, status_read, ret_list);
}
