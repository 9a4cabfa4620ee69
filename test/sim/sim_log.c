/* One office's log: checkpoints, and what logs ask each other. */
#include "sim/sim.h"

#include "core/act.h"
#include "exchange/log.h"

void log_begin(struct sim *sim, size_t index)
{
    struct sim_office *office = &sim->offices[index];
    office->log_ms = 0;
    for (size_t i = 0; i < sim->world.count; i++) {
        office->talk[i] = (struct log_talk){.peer = sim->world.offices[i].office.id};
        office->talk_until_ms[i] = 0;
    }
}

/* "NUMBER METHOD PATH" and, behind a line end, the body; the answer is "NUMBER STATUS" and so. */
static bool head_read(struct str bytes, int64_t *ret_number, struct str *ret_rest,
                      struct str *ret_body)
{
    struct str head = {};
    struct str number = {};
    return str_cut(bytes, '\n', &head, ret_body) && str_cut(head, ' ', &number, ret_rest) &&
           parse_int(number, 0, INT64_MAX, ret_number);
}

void log_take_ask(struct sim *sim, const struct message *m)
{
    struct world_office *to = &sim->world.offices[m->to];
    struct call c = world_call(to);
    struct log_ask ask = {};
    struct log_reply reply = {};
    struct str rest = {};
    int64_t number = 0;
    bool form = head_read(m->bytes, &number, &rest, &ask.body) &&
                str_cut(rest, ' ', &ask.method, &ask.path);
    ensure(form);
    enum err e = log_serve(&c, sim->world.offices[m->from].office.id, &ask, &reply);
    if (e != OK && e != ERR_NOT_FOUND && office_power_went(sim, &c, m->to, m->from)) {
        call_end(&c);
        office_crash(sim, m->to, &sim->counts.crashes_before_commit);
        return;
    }
    if (e == ERR_NOT_FOUND) {
        reply.status = err_info(e)->http_status;
        reply.body = failure_json(&c);
    }
    struct str head = str_format(c.arena, "%lld %d\n", (long long)number, reply.status);
    struct sb answer = sb_new(c.arena, 0);
    sb_put(&answer, head);
    sb_put(&answer, reply.body);
    net_send(sim, MESSAGE_LOG_ANSWER, m->to, m->from, sb_str(&answer));
    call_end(&c);
}

void log_take_answer(struct sim *sim, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    struct log_talk *talk = &office->talk[m->from];
    struct call c = world_call(&sim->world.offices[m->to]);
    struct str status_text = {};
    struct str body = {};
    int64_t number = 0;
    int64_t status = 0;
    bool power_off = false;
    bool form = head_read(m->bytes, &number, &status_text, &body) &&
                parse_int(status_text, 100, 599, &status);
    ensure(form);
    bool asked = office->talk_until_ms[m->from] > 0 && number == office->talk_number[m->from];
    if (asked) {
        bool submitted = talk->step == LOG_SUBMIT && status == 200;
        office->talk_until_ms[m->from] = 0;
        enum err e = log_answer(&c, talk, (int)status, body);
        if (e == OK && submitted) sim->counts.cosigned++;
        if (e == ERR_PEER) {
            sim_break(sim, "an answer about logs made no sense", m->from, m->to, status);
        } else if (e != OK) {
            power_off = office_power_went(sim, &c, m->to, m->from);
        }
    }
    call_end(&c);
    if (power_off) office_crash(sim, m->to, &sim->counts.crashes_before_commit);
}

static enum err talk_turn(struct sim *sim, struct call *c, size_t index, size_t peer)
{
    struct sim_office *office = &sim->offices[index];
    struct log_ask ask = {};
    int64_t until_ms = office->talk_until_ms[peer];
    if (until_ms > sim->world.now_ms) return OK;
    office->talk_until_ms[peer] = 0;
    if (until_ms > 0) {
        log_fail(c, &office->talk[peer]);
        return OK;
    }
    enum err e = log_next(c, &office->talk[peer], &ask);
    if (e != OK || ask.method.len == 0) return e;
    office->talk_until_ms[peer] = sim->world.now_ms + SIM_TIMEOUT_MS;
    office->talk_number[peer]++;
    struct str bytes = str_format(c->arena, "%lld %.*s %.*s\n%.*s",
                                  (long long)office->talk_number[peer], STR_ARG(ask.method),
                                  STR_ARG(ask.path), STR_ARG(ask.body));
    net_send(sim, MESSAGE_LOG_ASK, index, peer, bytes);
    return OK;
}

enum err log_turn(struct sim *sim, struct call *c, size_t index)
{
    struct sim_office *office = &sim->offices[index];
    bool fresh = false;
    enum err e = OK;
    if (office->log_ms <= c->now_ms) {
        e = log_sign(c, &office->sequencer, &fresh, &office->log_ms);
    }
    if (fresh) sim->counts.checkpoints++;
    for (size_t i = 0; e == OK && i < sim->world.count; i++) {
        if (i == index) continue;
        if (fresh) office->talk[i].wake_ms = 0;
        e = talk_turn(sim, c, index, i);
    }
    return e;
}

int64_t log_wake(const struct sim *sim, size_t index)
{
    const struct sim_office *office = &sim->offices[index];
    int64_t wake_ms = world_time(&sim->world.offices[index], office->log_ms);
    if (sim->restores) return INT64_MAX;
    for (size_t i = 0; i < sim->world.count; i++) {
        int64_t talk_ms = office->talk_until_ms[i];
        if (i == index) continue;
        if (talk_ms == 0) {
            talk_ms = world_time(&sim->world.offices[index], office->talk[i].wake_ms);
        }
        if (talk_ms < wake_ms) wake_ms = talk_ms;
    }
    return wake_ms;
}

int64_t log_waiting(struct sim *sim, struct call *c, size_t index)
{
    struct log_talk *talk = sim->offices[index].talk;
    int64_t size = world_number(c, "SELECT coalesce(max(size), 0) FROM log_head", NO_ARGS);
    int64_t waiting = world_number(c, "SELECT count(*) FROM leaf", NO_ARGS) - size;
    for (size_t i = 0; i < sim->world.count; i++) {
        if (i == index || (talk[i].ranked && !talk[i].witness)) continue;
        waiting += world_number(c,
                                "SELECT count(*) FROM log_head WHERE size = $1 AND NOT EXISTS"
                                " (SELECT 1 FROM log_cosign WHERE size = $1 AND witness = $2)",
                                ARGS(INT(size), TEXT(talk[i].peer)));
    }
    return waiting + world_number(c, "SELECT count(*) FROM log_claim WHERE state = 1", NO_ARGS);
}
