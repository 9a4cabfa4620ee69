/* One office: what the wire front does around the state machines, without sockets. */
#include "sim/sim.h"

#include "base/limits.h"
#include "exchange/batch.h"
#include "exchange/inbox.h"

#include <string.h>
#include <unistd.h>

static struct world_office *at(struct sim *sim, size_t index)
{
    return &sim->world.offices[index];
}

void office_begin(struct sim *sim, size_t index)
{
    struct sim_office *office = &sim->offices[index];
    struct call c = world_call(at(sim, index));
    office->up = true;
    world_must(&c, sequencer_take(&c, &office->sequencer));
    world_must(&c, fetch_clock_back(&c));
    for (size_t i = 0; i < sim->world.count; i++) {
        office->feed[i] = (struct feed){.peer = at(sim, i)->office.id};
        office->feed_until_ms[i] = 0;
        office->fetch_until_ms[i] = 0;
        office->asked[i] = 0;
        office->pull[i] = (struct pull){.peer = at(sim, i)->office.id};
        office->pull_until_ms[i] = 0;
        office->parked_until_ms[i] = 0;
        office->feed[i].call = at(sim, index)->calls; /* as its hello tells it */
        if (i == index) continue;
        office->fetch[i] = fetch_open(&at(sim, index)->env, at(sim, index)->store,
                                      &at(sim, index)->office, at(sim, i)->office.id);
    }
    call_end(&c);
    log_begin(sim, index);
    check_promises(sim, index);
}

void office_end(struct sim *sim, size_t index)
{
    struct sim_office *office = &sim->offices[index];
    for (size_t i = 0; i < sim->world.count; i++) {
        fetch_close(office->fetch[i]);
        office->fetch[i] = NULL;
    }
    office->up = false;
}

void office_clock_back(struct sim *sim, size_t index)
{
    bool failing = at(sim, index)->fail_commit; /* keep that for the exchange */
    if (!sim->offices[index].up) return;
    at(sim, index)->fail_commit = false;
    office_end(sim, index);
    office_begin(sim, index);
    at(sim, index)->fail_commit = failing;
}

void office_crash(struct sim *sim, size_t index, int64_t *count)
{
    struct sim_office *office = &sim->offices[index];
    (*count)++;
    sim_trace(sim, "crash", index, index, (struct str){});
    office_end(sim, index);
    world_stop(at(sim, index));
    restore_backup(sim, index);
    office->restart_ms = sim->world.now_ms + 100 + (int64_t)world_below(&sim->world, 5000);
}

/* Says that the power went in the call's transaction; anything else that fails is a bug. */
bool office_power_went(struct sim *sim, struct call *c, size_t index, size_t peer)
{
    if (str_eq(str_of(c->failure.reason), S("store.io"))) return true;
    if (c->failure.err == ERR_BUSY) return false; /* closed, or not compared: it comes again */
    if (str_eq(str_of(c->failure.reason), S("ack.old")) || sim->damaged) return false;
    sim_break(sim, c->failure.reason, index, peer, 0);
    return false;
}

/* Sometimes the power goes before the next commit. */
static void power(struct sim *sim, size_t index)
{
    if (sim_fault(sim, 400)) at(sim, index)->fail_commit = true;
}

/* Bugs planted on purpose */

static enum err canary_step(struct call *c, void *arg)
{
    return store_script(c, str_of(arg));
}

static void canary(struct sim *sim, struct call *c)
{
    static const char *const SCRIPTS[CANARY_COUNT] = {
        [CANARY_LOSE] =
            "DELETE FROM version WHERE kind = 'note.note' AND record IN (SELECT record"
            " FROM version WHERE kind = 'note.note' ORDER BY received_ms DESC LIMIT 1);",
        [CANARY_TWICE] = "INSERT INTO leaf (kind, hash) SELECT kind, hash FROM leaf"
                         " ORDER BY id DESC LIMIT 1;",
        [CANARY_REWRITE] = "UPDATE leaf SET kind = 3 - kind WHERE log_index = 3;",
    };
    const char *script = SCRIPTS[sim->canary];
    if (script == NULL || world_below(&sim->world, 20) != 0) return;
    char *text = arena_copy(c->arena, script, str_of(script).len);
    world_must(c, store_tx(c, canary_step, text));
}

/* An acknowledgement that leaves although the power went before the commit. */
static void canary_early(struct sim *sim, const struct message *m, struct call *c)
{
    struct batch batch = {};
    if (sim->canary != CANARY_EARLY_ACK) return;
    call_clear(c);
    world_must(c, batch_decode(c, m->bytes, &batch));
    int64_t last = SIM_PLACE(batch.head.epoch, batch.head.seq + batch.head.count - 1);
    int64_t *promised = &sim->offices[m->to].promised[m->from];
    if (last > *promised) *promised = last;
}

/* Messages */

/* It must survive, and be said again in the same bytes. */
void office_promise(struct sim *sim, struct call *c, const struct message *m, struct str frame)
{
    struct sim_office *office = &sim->offices[m->to];
    struct ack ack = {};
    struct str bytes = {};
    struct str signature = {};
    uint8_t hash[crypto_hash_sha256_BYTES];
    world_must(c, ack_decode(c, frame, &ack, &bytes, &signature));
    crypto_hash_sha256(hash, (const uint8_t *)frame.ptr, frame.len);
    int64_t place = SIM_PLACE(ack.epoch, ack.seq);
    bool repeated = place == office->promised[m->from] && ack.seq > 0;
    if (place < office->promised[m->from]) {
        sim_break(sim, "an acknowledgement was taken back", m->to, m->from, ack.seq);
    } else if (repeated && memcmp(hash, office->said[m->from], sizeof hash) != 0 &&
               office->answered[m->from]) {
        sim_break(sim, "a repeat got other bytes", m->to, m->from, ack.seq);
    }
    memcpy(office->said[m->from], hash, sizeof hash);
    office->answered[m->from] = true;
    office->promised[m->from] = place;
}

static void take_batch(struct sim *sim, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    struct call c = world_call(at(sim, m->to));
    struct str ack = {};
    enum err e = inbox_receive(&c, at(sim, m->from)->office.id, m->bytes, &ack);
    if (e != OK && office_power_went(sim, &c, m->to, m->from)) {
        canary_early(sim, m, &c);
        call_end(&c);
        office_crash(sim, m->to, &sim->counts.crashes_before_commit);
        return;
    }
    if (e == OK) canary(sim, &c);
    if (e == OK && sim_fault(sim, 25)) {
        call_end(&c);
        office_crash(sim, m->to, &sim->counts.crashes_after_commit);
        return;
    }
    if (e == OK) {
        office_promise(sim, &c, m, ack);
        net_send(sim, MESSAGE_ACK, m->to, m->from, ack);
        feed_wake(&office->feed[m->from], c.now_ms, true);
        fetch_hurry(office->fetch[m->from], c.now_ms);
    }
    call_end(&c);
}

static void take_ack(struct sim *sim, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    struct call c = world_call(at(sim, m->to));
    enum err e = feed_answer(&c, &office->feed[m->from], m->bytes, NULL);
    bool power_off = e != OK && office_power_went(sim, &c, m->to, m->from);
    call_end(&c);
    office->feed_until_ms[m->from] = 0;
    if (power_off) office_crash(sim, m->to, &sim->counts.crashes_before_commit);
}

/* A question for a chunk of a file: "<root> <index>". */
static void take_ask(struct sim *sim, const struct message *m)
{
    struct call c = world_call(at(sim, m->to));
    struct str root = {};
    struct str index_text = {};
    struct str frame = {};
    int64_t index = 0;
    bool form = str_cut(m->bytes, ' ', &root, &index_text) &&
                parse_int(index_text, 0, LIMIT_FILE_BYTES / CHUNK_BYTES, &index);
    ensure(form);
    enum err e = fetch_chunk(&c, at(sim, m->from)->office.id, root, index, &frame);
    if (e == OK) {
        struct sb answer = sb_new(c.arena, 0);
        sb_printf(&answer, "%.*s ", STR_ARG(m->bytes));
        sb_put(&answer, frame);
        net_send(sim, MESSAGE_PIECE, m->to, m->from, sb_str(&answer));
    } else if (c.failure.err != ERR_NOT_FOUND) {
        sim_break(sim, c.failure.reason, m->to, m->from, 0);
    }
    call_end(&c);
}

static void take_piece(struct sim *sim, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    struct fetch *fetch = office->fetch[m->from];
    struct call c = world_call(at(sim, m->to));
    struct fetch_request wanted = {};
    struct str root = {};
    struct str index = {};
    struct str rest = {};
    bool power_off = false;
    bool form = str_cut(m->bytes, ' ', &root, &rest) && str_cut(rest, ' ', &index, &rest);
    ensure(form);
    enum err e = fetch_next(&c, fetch, &wanted);
    /* HTTP pairs question and answer; a piece that comes late or twice has no question. */
    bool asked = e == OK && office->fetch_until_ms[m->from] > 0 && str_eq(root, wanted.root) &&
                 str_eq(index, str_format(c.arena, "%lld", (long long)wanted.index));
    if (asked) {
        office->fetch_until_ms[m->from] = 0;
        e = fetch_take(&c, fetch, rest);
    }
    if (e != OK) power_off = office_power_went(sim, &c, m->to, m->from);
    call_end(&c);
    if (power_off) office_crash(sim, m->to, &sim->counts.crashes_before_commit);
}

void office_receive(struct sim *sim, const struct message *m)
{
    if (!sim->offices[m->to].up) return; /* nobody listens */
    power(sim, m->to);
    sim->damaged = m->damaged;
    if (!key_shown(sim, m->from, m->to)) return;
    switch (m->kind) {
    case MESSAGE_BATCH: take_batch(sim, m); return;
    case MESSAGE_ACK: take_ack(sim, m); return;
    case MESSAGE_ASK: take_ask(sim, m); return;
    case MESSAGE_PIECE: take_piece(sim, m); return;
    case MESSAGE_PULL:
    case MESSAGE_PULLED:
    case MESSAGE_BROUGHT:
    case MESSAGE_TOLD: pull_receive(sim, m); return;
    case MESSAGE_LOG_ASK: log_take_ask(sim, m); return;
    case MESSAGE_LOG_ANSWER: log_take_answer(sim, m); return;
    case MESSAGE_GREET:
    case MESSAGE_GREETED: greet_take(sim, m); return;
    case MESSAGE_KINDS: break;
    }
    ensure(false); /* every kind is above */
}

/* Turns */

static enum err feed_turn(struct sim *sim, struct call *c, size_t index, size_t peer)
{
    struct sim_office *office = &sim->offices[index];
    struct feed *feed = &office->feed[peer];
    struct str batch = {};
    int64_t until_ms = office->feed_until_ms[peer];
    if (until_ms > sim->world.now_ms) return OK;
    office->feed_until_ms[peer] = 0;
    office->asked[peer] = 0;
    if (until_ms > 0) return feed_fail(c, feed, "wire.down");
    struct greet_request question = {};
    enum err e = greet_next(c, feed, &question);
    if (e == OK && question.kind != GREET_NOTHING) greet_ask(sim, c, index, peer, &question);
    if (e != OK || question.kind != GREET_NOTHING) return e;
    if (at(sim, peer)->calls) { /* it comes for what is sent, and came for the comparison */
        bool due = feed->wake_ms <= c->now_ms;
        int64_t look_ms = c->now_ms + GREET_LOOK_MS;
        if (due) feed->wake_ms = feed->greet.waited ? look_ms : INT64_MAX;
        return OK;
    }
    e = feed_next(c, feed, &batch);
    if (e != OK || batch.len == 0) return e;
    restore_seen(sim, index, peer, batch);
    office->feed_until_ms[peer] = sim->world.now_ms + SIM_TIMEOUT_MS;
    net_send(sim, MESSAGE_BATCH, index, peer, batch);
    return OK;
}

static enum err fetch_turn(struct sim *sim, struct call *c, size_t index, size_t peer)
{
    struct sim_office *office = &sim->offices[index];
    struct fetch_request wanted = {};
    int64_t until_ms = office->fetch_until_ms[peer];
    if (until_ms > sim->world.now_ms) return OK;
    office->fetch_until_ms[peer] = 0;
    if (until_ms > 0) return fetch_fail(c, office->fetch[peer], "wire.down", false);
    enum err e = fetch_next(c, office->fetch[peer], &wanted);
    if (e != OK || wanted.bytes == 0) return e;
    office->fetch_until_ms[peer] = sim->world.now_ms + SIM_TIMEOUT_MS;
    struct str ask = str_format(c->arena, "%.*s %lld", STR_ARG(wanted.root),
                                (long long)wanted.index);
    net_send(sim, MESSAGE_ASK, index, peer, ask);
    return OK;
}

void office_turn(struct sim *sim, size_t index)
{
    struct sim_office *office = &sim->offices[index];
    sim->damaged = false;
    if (!office->up && office->restart_ms > sim->world.now_ms) return;
    if (!office->up) {
        sim_trace(sim, "start", index, index, (struct str){});
        bool old = restore_start(sim, index);
        if (!old) key_start(sim, index);
        office_begin(sim, index);
        if (old) restore_uncompared(sim, index);
    }
    if (sim_fault(sim, 1000)) {
        office_crash(sim, index, &sim->counts.crashes_idle);
        return;
    }
    power(sim, index);
    struct call c = world_call(at(sim, index));
    enum err e = sequencer_run(&c, &office->sequencer);
    if (e == OK) check_window(sim, &c, index);
    for (size_t i = 0; e == OK && i < sim->world.count; i++) {
        if (i == index) continue;
        feed_wake(&office->feed[i], c.now_ms, false);
        bool reachable = !at(sim, i)->calls;
        e = feed_turn(sim, &c, index, i);
        if (e == OK) e = fetch_turn(sim, &c, index, i); /* the peer comes for the question */
        if (e == OK && reachable) e = pull_turn(sim, &c, index, i);
        if (e == OK) e = parked_turn(sim, &c, index, i);
    }
    /* a restored log has to begin anew; until it does, nothing can be said of it */
    if (e == OK && !sim->restores) e = log_turn(sim, &c, index);
    bool power_off = e != OK && office_power_went(sim, &c, index, index);
    call_end(&c);
    if (power_off) office_crash(sim, index, &sim->counts.crashes_before_commit);
}

int64_t office_wake(struct sim *sim, size_t index)
{
    struct sim_office *office = &sim->offices[index];
    int64_t wake_ms = log_wake(sim, index);
    if (!office->up) return office->restart_ms;
    struct call c = world_call(at(sim, index));
    for (size_t i = 0; i < sim->world.count; i++) {
        int64_t fetch_ms = INT64_MAX;
        if (i == index) continue;
        world_must(&c, fetch_wake(&c, office->fetch[i], &fetch_ms));
        fetch_ms = world_time(at(sim, index), fetch_ms);
        if (office->fetch_until_ms[i] > 0) fetch_ms = office->fetch_until_ms[i];
        int64_t feed_ms = world_time(at(sim, index), office->feed[i].wake_ms);
        if (office->feed_until_ms[i] > 0) feed_ms = office->feed_until_ms[i];
        int64_t pull_ms = office->feed[i].call ? office->pull[i].wake_ms : INT64_MAX;
        pull_ms = world_time(at(sim, index), pull_ms);
        if (office->pull_until_ms[i] > 0) pull_ms = office->pull_until_ms[i];
        int64_t parked_ms = office->parked_until_ms[i];
        if (at(sim, i)->calls) pull_ms = INT64_MAX;
        if (parked_ms > 0 && parked_ms < wake_ms) wake_ms = parked_ms;
        if (feed_ms < wake_ms) wake_ms = feed_ms;
        if (pull_ms < wake_ms) wake_ms = pull_ms;
        if (fetch_ms < wake_ms) wake_ms = fetch_ms;
    }
    call_end(&c);
    return wake_ms;
}
