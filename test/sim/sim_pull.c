/* Pulling: what an office does for peers that have no address of it, and they for it. */
#include "sim/sim.h"

#include "exchange/inbox.h"

static struct world_office *at(struct sim *sim, size_t index)
{
    return &sim->world.offices[index];
}

/* Asks, or brings an acknowledgement; gives up what is overdue. */
enum err pull_turn(struct sim *sim, struct call *c, size_t index, size_t peer)
{
    struct sim_office *office = &sim->offices[index];
    struct pull *pull = &office->pull[peer];
    struct pull_request wanted = {};
    int64_t until_ms = office->pull_until_ms[peer];
    if (until_ms > sim->world.now_ms || !office->feed[peer].call) return OK;
    office->pull_until_ms[peer] = 0;
    if (until_ms > 0) {
        pull_fail(c, pull, false);
        return OK;
    }
    enum err e = pull_next(c, pull, &wanted);
    if (e != OK || !wanted.any) return e;
    office->pull_asked_ms[peer] = c->now_ms;
    office->pull_until_ms[peer] = sim->world.now_ms + SIM_PULL_MS + SIM_TIMEOUT_MS;
    if (wanted.ack.len > 0) {
        const struct message answered = {.from = peer, .to = index};
        office_promise(sim, c, &answered, wanted.ack);
        net_send(sim, MESSAGE_BROUGHT, index, peer, wanted.ack);
        return OK;
    }
    net_send(sim, MESSAGE_PULL, index, peer,
             str_format(c->arena, "%lld.%lld", (long long)wanted.epoch, (long long)wanted.seq));
    return OK;
}

/* Answers a question that waits, when there is news or its time is over. */
enum err parked_turn(struct sim *sim, struct call *c, size_t index, size_t peer)
{
    struct sim_office *office = &sim->offices[index];
    struct str batch = {};
    if (office->parked_until_ms[peer] == 0) return OK;
    enum err e = feed_pull(c, at(sim, peer)->office.id, office->parked_epoch[peer],
                           office->parked_seq[peer], &batch);
    if (e != OK && (e == ERR_BUSY || e == ERR_CONFLICT)) {
        call_clear(c); /* no, as HTTP says: the peer asks again */
        office->parked_until_ms[peer] = 0;
        return OK;
    }
    if (e != OK) return e;
    if (batch.len > 0) restore_seen(sim, index, peer, batch);
    if (batch.len == 0 && office->parked_until_ms[peer] > sim->world.now_ms) return OK;
    office->parked_until_ms[peer] = 0;
    sim->counts.pulled += batch.len > 0;
    net_send(sim, MESSAGE_PULLED, index, peer, batch);
    return OK;
}

static enum err take_pull(struct sim *sim, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    struct str epoch = {};
    struct str seq = {};
    bool form = str_cut(m->bytes, '.', &epoch, &seq) &&
                parse_int(epoch, 1, INT64_MAX, &office->parked_epoch[m->from]) &&
                parse_int(seq, 0, INT64_MAX - 1, &office->parked_seq[m->from]);
    ensure(form);
    office->parked_until_ms[m->from] = sim->world.now_ms + SIM_PULL_MS;
    return OK;
}

/* An answer to a question that is still open: HTTP pairs them. */
static enum err take_pulled(struct sim *sim, struct call *c, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    struct pull *pull = &office->pull[m->from];
    if (office->pull_until_ms[m->from] == 0) return OK;
    office->pull_until_ms[m->from] = 0;
    if (m->bytes.len == 0) {
        pull_none(c, pull, office->pull_asked_ms[m->from]);
        return OK;
    }
    enum err e = pull_take(c, pull, m->bytes);
    if (e == OK || !str_eq(str_of(c->failure.reason), S("pull.still"))) return e;
    call_clear(c); /* a repeat that came instead of the answer */
    pull_fail(c, pull, false);
    return OK;
}

static enum err take_told(struct sim *sim, struct call *c, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    if (office->pull_until_ms[m->from] == 0) return OK;
    office->pull_until_ms[m->from] = 0;
    pull_told(c, &office->pull[m->from]);
    return OK;
}

static enum err take_brought(struct sim *sim, struct call *c, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    enum err e = feed_answer(c, &office->feed[m->from], m->bytes, &office->sequencer);
    if (e == OK) net_send(sim, MESSAGE_TOLD, m->to, m->from, (struct str){});
    return e;
}

void pull_receive(struct sim *sim, const struct message *m)
{
    struct call c = world_call(at(sim, m->to));
    enum err e = OK;
    if (m->kind == MESSAGE_PULL) e = take_pull(sim, m);
    if (m->kind == MESSAGE_PULLED) e = take_pulled(sim, &c, m);
    if (m->kind == MESSAGE_BROUGHT) e = take_brought(sim, &c, m);
    if (m->kind == MESSAGE_TOLD) e = take_told(sim, &c, m);
    bool power_off = e != OK && office_power_went(sim, &c, m->to, m->from);
    bool took = e == OK && m->kind == MESSAGE_PULLED && m->bytes.len > 0;
    call_end(&c);
    if (took && sim_fault(sim, 25)) office_crash(sim, m->to, &sim->counts.crashes_after_commit);
    if (power_off) office_crash(sim, m->to, &sim->counts.crashes_before_commit);
}
