/* Questions about logs and ledgers: what is asked and when is decided by exchange/log_talk.h,
 * ledger.h and stamp.h.
 * Evidence never stands in the way: what fails stays a debt. */
#include "base/limits.h"
#include "front/wire/wire_peer.h"

int64_t wire_log_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    (void)driver;
    return peer->reachable ? peer->log.wake_ms : INT64_MAX;
}

enum err wire_log_fill(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq)
{
    (void)driver;
    struct log_ask question = {};
    enum err e = log_next(&ask->call, &ask->peer->log, &question);
    rq->method = question.method;
    rq->path = question.path;
    rq->body = question.body;
    rq->answer_bytes_max = LOG_ANSWER_BYTES_MAX;
    return e;
}

enum err wire_log_take(struct wire_driver *driver, struct wire_ask *ask, struct wire_answer *answer)
{
    (void)driver;
    return log_answer(&ask->call, &ask->peer->log, answer->status, answer->body);
}

enum err wire_log_fail(struct wire_ask *ask, const struct failure *why)
{
    (void)why;
    log_fail(&ask->call, &ask->peer->log);
    return OK;
}

int64_t wire_ledger_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    (void)driver;
    return peer->reachable ? peer->ledger.wake_ms : INT64_MAX;
}

enum err wire_ledger_fill(struct wire_driver *driver, struct wire_ask *ask,
                          struct wire_request *rq)
{
    (void)driver;
    struct wire_peer *peer = ask->peer;
    enum err e = ledger_next(&ask->call, &peer->ledger, peer->feed.call, &rq->body);
    if (e != OK || rq->body.len == 0) return e;
    rq->method = S("POST");
    rq->path = S("/x1/ledger");
    rq->answer_bytes_max = LIMIT_LEDGER_BYTES;
    return OK;
}

enum err wire_ledger_take(struct wire_driver *driver, struct wire_ask *ask,
                          struct wire_answer *answer)
{
    (void)driver;
    return ledger_answer(&ask->call, &ask->peer->ledger, answer->status, answer->body);
}

enum err wire_ledger_fail(struct wire_ask *ask, const struct failure *why)
{
    (void)why;
    ledger_fail(&ask->call, &ask->peer->ledger);
    return OK;
}

int64_t wire_stamp_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    return driver->wire->authority != NULL ? peer->stamp.wake_ms : INT64_MAX;
}

enum err wire_stamp_fill(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq)
{
    enum err e = stamp_next(&ask->call, &ask->peer->stamp, &rq->body);
    rq->address = driver->wire->authority->url;
    if (rq->body.len > 0) rq->method = S("POST");
    rq->answer_bytes_max = STAMP_ANSWER_BYTES_MAX;
    return e;
}

enum err wire_stamp_take(struct wire_driver *driver, struct wire_ask *ask,
                         struct wire_answer *answer)
{
    return stamp_answer(&ask->call, &ask->peer->stamp, driver->wire->authority, answer->body);
}

enum err wire_stamp_fail(struct wire_ask *ask, const struct failure *why)
{
    (void)why;
    stamp_fail(&ask->call, &ask->peer->stamp);
    return OK;
}
