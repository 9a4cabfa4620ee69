#include "t_log.h"

#include "core/receipt.h"
#include "exchange/exchange.h"
#include "exchange/feed.h"
#include "exchange/inbox.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS_MAX = 12 };

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

/* Notes of an office for itself and b or a, all in one transaction. */
struct noting {
    struct t_logs *logs;
    size_t to;
};

static enum err notes_step(struct call *c, void *arg)
{
    const struct noting *noting = arg;
    const struct kind *kind = module_kind(S("note.note"));
    struct str audience[2] = {
        str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
        str_format(c->arena, "o:%.*s", STR_ARG(noting->logs->ends[noting->to].t.office.id)),
    };
    enum err e = OK;
    for (int i = 0; e == OK && i < T_LOG_NOTES; i++) {
        struct act_result result = {};
        void *body = arena_alloc(c->arena, kind->table->size);
        struct str json = str_format(c->arena, "{\"title\":\"Phân công %d\"}", i);
        struct put put = {.kind = "note.note",
                          .body = body,
                          .audience = audience,
                          .audience_count = 2,
                          .priority = PRIORITY_NORMAL};
        e = fields_read(c, kind->table, json, UNKNOWN_REFUSE, body);
        if (e == OK) e = record_put(c, &put, &result);
    }
    return e;
}

static void notes(struct t_logs *logs, size_t from, size_t to)
{
    struct call c = t_call(&logs->ends[from].t, "admin");
    struct noting noting = {logs, to};
    must(&c, store_tx(&c, notes_step, &noting));
    call_end(&c);
}

/* What b has for a arrives. */
static void deliver(struct t_logs *logs)
{
    struct t_end *b = &logs->ends[1];
    struct call cb = t_call(&b->t, NULL);
    struct call ca = t_call(&logs->ends[0].t, NULL);
    struct feed feed = {.peer = logs->ends[0].t.office.id};
    struct str batch = {};
    struct str ack = {};
    while (!feed.greet.done) {
        struct greet_request question = {};
        must(&cb, greet_next(&cb, &feed, &question));
        must(&ca, greet_receive(&ca, b->t.office.id, question.kind, question.body, &ack));
        must(&cb, greet_answer(&cb, &feed, ack));
    }
    must(&cb, sequencer_run(&cb, &b->sequencer));
    must(&cb, feed_next(&cb, &feed, &batch));
    assert_true(batch.len > 0);
    must(&ca, inbox_receive(&ca, b->t.office.id, batch, &ack));
    must(&cb, feed_answer(&cb, &feed, ack, NULL));
    call_end(&cb);
    call_end(&ca);
}

static enum err receipts_step(struct call *c, void *arg)
{
    struct rows rows = {};
    (void)arg;
    enum err e = store_all(c, "SELECT record FROM head WHERE home <> $1 AND kind = 'note.note'"
                              " ORDER BY record",
                           ARGS(TEXT(c->office->id)), &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct receipt r = {.type = RECEIPT_R2, .record = rows_text(&rows, i, 0)};
        r.number = str_format(c->arena, "%zu", i + 1);
        e = receipt_issue(c, &r);
    }
    return e;
}

struct t_logs *t_logs_open(void)
{
    static const char *const CODES[] = {"VPA", "VPB", "VPC"};
    struct arena *arena = arena_open(0);
    struct t_logs *logs = arena_alloc(arena, sizeof *logs);
    logs->arena = arena;
    for (size_t i = 0; i < 3; i++) {
        t_office_open(&logs->ends[i].t, CODES[i]);
        struct call c = t_call(&logs->ends[i].t, NULL);
        must(&c, exchange_migrate(&c));
        must(&c, sequencer_take(&c, &logs->ends[i].sequencer));
        call_end(&c);
    }
    for (size_t i = 0; i < 3; i++) {
        size_t next = (i + 1) % 3;
        t_peers(&logs->ends[i].t, &logs->ends[next].t);
        for (size_t k = 0; k < 3; k++)
            logs->ends[i].talk[k].peer = logs->ends[k].t.office.id;
    }
    notes(logs, 0, 0);
    notes(logs, 1, 0);
    deliver(logs);
    struct call c = t_call(&logs->ends[0].t, "admin");
    must(&c, store_tx(&c, receipts_step, NULL));
    call_end(&c);
    return logs;
}

void t_logs_close(struct t_logs *logs)
{
    for (size_t i = 0; i < 3; i++)
        t_office_close(&logs->ends[i].t);
    arena_close(logs->arena);
}

/* Trials */

struct trial {
    struct t_logs *logs;
    void (*fn)(struct t_logs *logs, void *arg);
    void *arg;
    size_t open; /* offices whose transaction runs */
    bool keep;
};

/* Opens the next office's transaction inside; the last one runs the trial. */
static enum err trial_step(struct call *c, void *arg)
{
    struct trial *trial = arg;
    enum err e = OK;
    trial->open++;
    if (trial->open == 3) {
        trial->fn(trial->logs, trial->arg);
    } else {
        struct call *inner = trial->logs->ends[trial->open].c;
        e = store_tx(inner, trial_step, trial);
        if (e != OK) call_clear(inner);
    }
    if (trial->keep) return OK;
    return (fail)(c, ERR_STALE, "record.stale"); /* undoes everything, and is not tried again */
}

void t_logs_trial(struct t_logs *logs, bool keep, void (*fn)(struct t_logs *logs, void *arg),
                  void *arg)
{
    struct call calls[3];
    struct trial trial = {.logs = logs, .fn = fn, .arg = arg, .keep = keep};
    struct log_talk held[3][3];
    for (size_t i = 0; i < 3; i++) {
        calls[i] = t_call(&logs->ends[i].t, NULL);
        logs->ends[i].c = &calls[i];
        memcpy(held[i], logs->ends[i].talk, sizeof held[i]);
    }
    enum err e = store_tx(&calls[0], trial_step, &trial);
    assert_int_equal(e, keep ? OK : ERR_STALE);
    for (size_t i = 0; i < 3; i++) {
        if (!keep) memcpy(logs->ends[i].talk, held[i], sizeof held[i]);
        call_end(&calls[i]);
    }
}

/* A minute passes for everybody. */
static void minute(struct t_logs *logs)
{
    for (size_t i = 0; i < 3; i++) {
        logs->ends[i].t.now_ms += LOG_SIGN_EVERY_MS;
        logs->ends[i].c->now_ms = logs->ends[i].t.now_ms;
    }
}

bool t_log_sign(struct t_logs *logs, size_t at)
{
    struct t_end *end = &logs->ends[at];
    bool fresh = false;
    int64_t wake_ms = 0;
    minute(logs);
    must(end->c, sequencer_run(end->c, &end->sequencer));
    must(end->c, log_sign(end->c, &end->sequencer, &fresh, &wake_ms));
    assert_true(wake_ms > end->c->now_ms);
    return fresh;
}

void t_log_talk(struct t_logs *logs, size_t from, size_t to)
{
    struct t_end *asker = &logs->ends[from];
    struct t_end *asked = &logs->ends[to];
    struct log_talk *talk = &asker->talk[to];
    for (int i = 0; i < ROUNDS_MAX; i++) {
        struct log_ask ask = {};
        struct log_reply reply = {};
        talk->wake_ms = 0;
        must(asker->c, log_next(asker->c, talk, &ask));
        if (ask.method.len == 0) return;
        enum err e = log_serve(asked->c, asker->t.office.id, &ask, &reply);
        if (e != OK) {
            reply.status = err_info(e)->http_status;
            reply.body = failure_json(asked->c);
            call_clear(asked->c);
        }
        e = log_answer(asker->c, talk, reply.status, reply.body);
        if (e == OK && talk->wake_ms > asker->c->now_ms) return;
        if (e == OK) continue;
        call_clear(asker->c);
        log_fail(asker->c, talk);
        return;
    }
    fail_msg("the talk does not end");
}

void t_log_gossip(struct t_logs *logs, size_t from, size_t to)
{
    struct list heads = {};
    must(logs->ends[from].c, heads_known(logs->ends[from].c, &heads));
    must(logs->ends[to].c, heads_heard(logs->ends[to].c, logs->ends[from].t.office.id, &heads));
}

int64_t t_log_number(struct call *c, const char *sql, int64_t arg)
{
    struct rows rows = {};
    must(c, store_one(c, sql, ARGS(INT(arg)), &rows));
    return rows_int(&rows, 0, 0);
}

void t_log_run(struct call *c, const char *sql, int64_t arg)
{
    must(c, store_exec(c, sql, ARGS(INT(arg)), NULL));
}

int64_t t_log_alarms(struct call *c)
{
    struct rows rows = {};
    int64_t count = 0;
    must(c, store_all(c, "SELECT detail FROM alarm WHERE reason LIKE 'log.%' ESCAPE '!'"
                         " AND ended_ms IS NULL",
                      NO_ARGS, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        struct str detail = rows_text(&rows, i, 0);
        size_t middle = str_find(detail, S(" / "), 0);
        struct str one = str_sub(detail, 0, middle);
        struct str other = str_sub(detail, middle + 3, detail.len);
        bool two = one.len >= 2 + 44 && other.len >= 2 + 44 && !str_eq(one, other);
        if (two) count++;
    }
    return count;
}
