#include "exchange/pull.h"

#include "exchange/exchange_sql.h"
#include "exchange/feed.h"
#include "exchange/inbox.h"

struct standing {
    struct str peer;
    struct cursor_row cursor;
};

static enum err cursor_read(struct call *c, void *arg)
{
    struct standing *standing = arg;
    return cursor_load(c, standing->peer, &standing->cursor);
}

enum err pull_next(struct call *c, struct pull *pull, struct pull_request *ret_request)
{
    struct standing standing = {.peer = pull->peer};
    *ret_request = (struct pull_request){};
    if (c->now_ms < pull->wake_ms) return OK;
    enum err e = store_read(c, cursor_read, &standing);
    if (e != OK) return e;
    ret_request->any = true;
    ret_request->epoch = standing.cursor.epoch;
    ret_request->seq = standing.cursor.seq;
    if (!pull->told) ret_request->ack = standing.cursor.ack;
    return OK;
}

void pull_told(struct call *c, struct pull *pull)
{
    pull->told = true;
    pull->failures = 0;
    pull->wake_ms = c->now_ms;
}

enum err pull_take(struct call *c, struct pull *pull, struct str batch)
{
    struct standing before = {.peer = pull->peer};
    struct standing after = {.peer = pull->peer};
    struct str ack = {};
    enum err e = store_read(c, cursor_read, &before);
    if (e == OK) e = inbox_receive(c, pull->peer, batch, &ack);
    if (e == OK) e = store_read(c, cursor_read, &after);
    if (e != OK) return e;
    pull->told = false;
    if (after.cursor.seq <= before.cursor.seq) return fail(c, ERR_PEER, "pull.still");
    pull->failures = 0;
    pull->wake_ms = c->now_ms;
    return OK;
}

void pull_none(struct call *c, struct pull *pull, int64_t asked_ms)
{
    bool at_once = c->now_ms - asked_ms < FEED_BACKOFF_MIN_MS;
    pull->failures = 0;
    pull->wake_ms = at_once ? c->now_ms + FEED_BACKOFF_MIN_MS : c->now_ms;
}

void pull_fail(struct call *c, struct pull *pull, bool lasting)
{
    pull->failures++;
    pull->told = false; /* it may have been restored from a backup */
    pull->wake_ms = c->now_ms + (lasting ? FEED_REFUSED_MS : feed_backoff_ms(c, pull->failures));
}

void pull_hurry(struct pull *pull, int64_t now_ms)
{
    if (pull->wake_ms > now_ms) pull->wake_ms = now_ms;
}
