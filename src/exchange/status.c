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

/* What the two ends tell each other about the feeds between them. */
struct hello {
    int64_t format;
    struct str office;
    int64_t time_ms;
    int64_t in_epoch;
    int64_t in_seq;
    struct str in_chain;
    int64_t out_epoch;
    int64_t out_seq;
    struct str out_chain;
    bool call; /* it has no address of the one that asks */
};

#define AT(member) .offset = offsetof(struct hello, member)
static const struct field HELLO_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format), .required = true},
    {.name = "office", .type = FIELD_OFFICE, AT(office), .required = true},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms), .required = true},
    {.name = "in_epoch", .type = FIELD_INT, AT(in_epoch), .required = true},
    {.name = "in_seq", .type = FIELD_INT, AT(in_seq), .required = true},
    {.name = "in_chain", .type = FIELD_TEXT, AT(in_chain), .required = true},
    {.name = "out_epoch", .type = FIELD_INT, AT(out_epoch), .required = true},
    {.name = "out_seq", .type = FIELD_INT, AT(out_seq), .required = true},
    {.name = "out_chain", .type = FIELD_TEXT, AT(out_chain), .required = true},
    {.name = "call", .type = FIELD_BOOL, AT(call)},
};
#undef AT
static const struct field_table HELLO_TABLE = FIELD_TABLE("feed.hello", struct hello, HELLO_FIELDS);

struct greeting {
    struct str peer;
    struct hello hello;
};

static enum err hello_read(struct call *c, void *arg)
{
    struct greeting *greeting = arg;
    struct cursor_row cursor = {};
    struct feed_row feed = {};
    struct peer peer = {};
    enum err e = cursor_load(c, greeting->peer, &cursor);
    if (e == OK) e = peer_find(c, greeting->peer, &peer);
    if (e == OK) e = feed_load(c, greeting->peer, &feed);
    if (e != OK) return e;
    greeting->hello = (struct hello){
        .format = ENTRY_FORMAT,
        .office = c->office->id,
        .time_ms = c->now_ms,
        .in_epoch = cursor.epoch,
        .in_seq = cursor.seq,
        .in_chain = cursor.chain,
        .out_epoch = feed.epoch,
        .out_seq = feed.next_seq - 1,
        .out_chain = feed.chain,
        .call = peer.address.len == 0,
    };
    return OK;
}

enum err exchange_hello(struct call *c, struct str peer, struct str *ret_json)
{
    struct greeting greeting = {.peer = peer};
    enum err e = store_read(c, hello_read, &greeting);
    if (e != OK) return e;
    struct sb sb = sb_new(c->arena, 0);
    fields_write(&sb, &HELLO_TABLE, &greeting.hello);
    *ret_json = sb_str(&sb);
    return OK;
}

enum err exchange_hello_read(struct call *c, struct str peer, struct str json, bool *ret_call)
{
    struct hello hello = {};
    enum err e = fields_read(c, &HELLO_TABLE, json, UNKNOWN_IGNORE, &hello);
    if (e != OK) return e;
    if (!str_eq(hello.office, peer)) return fail(c, ERR_PEER, "hello.peer");
    *ret_call = hello.call;
    return OK;
}
