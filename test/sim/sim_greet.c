/* What both ends ask before a feed begins. */
#include "sim/sim.h"

static struct world_office *at(struct sim *sim, size_t index)
{
    return &sim->world.offices[index];
}

/* A peer without an address comes for the question, as for those about files. */
void greet_ask(struct sim *sim, struct call *c, size_t index, size_t peer,
               const struct greet_request *question)
{
    struct sim_office *office = &sim->offices[index];
    struct sb sb = sb_new(c->arena, 0);
    office->asked[peer] = ++sim->questions;
    office->feed_until_ms[peer] = sim->world.now_ms + SIM_TIMEOUT_MS;
    sb_printf(&sb, "%lld %d", (long long)sim->questions, (int)question->kind);
    sb_put(&sb, question->body);
    net_send(sim, MESSAGE_GREET, index, peer, sb_str(&sb));
}

static enum err take_ask(struct sim *sim, struct call *c, const struct message *m)
{
    struct str answer = {};
    struct str number = {};
    struct str rest = {};
    int64_t kind = 0;
    bool form = str_cut(m->bytes, ' ', &number, &rest) &&
                parse_int(str_sub(rest, 0, 1), 1, GREET_KINDS - 1, &kind);
    ensure(form);
    enum err e = greet_receive(c, at(sim, m->from)->office.id, (enum greet_kind)kind,
                               str_sub(rest, 1, rest.len), &answer);
    if (e != OK) return e; /* no answer: HTTP would say why */
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, number);
    sb_char(&sb, ' ');
    sb_put(&sb, answer);
    net_send(sim, MESSAGE_GREETED, m->to, m->from, sb_str(&sb));
    feed_wake(&sim->offices[m->to].feed[m->from], c->now_ms, true);
    sim->counts.epochs += kind == GREET_EPOCH;
    return OK;
}

static enum err take_answer(struct sim *sim, struct call *c, const struct message *m)
{
    struct sim_office *office = &sim->offices[m->to];
    struct feed *feed = &office->feed[m->from];
    struct str text = {};
    struct str answer = {};
    int64_t number = 0;
    bool form = str_cut(m->bytes, ' ', &text, &answer) && parse_int(text, 1, INT64_MAX, &number);
    ensure(form);
    if (number != office->asked[m->from]) return OK; /* HTTP pairs question and answer */
    office->asked[m->from] = 0;
    office->feed_until_ms[m->from] = 0;
    int64_t held = world_number(c, "SELECT count(*) FROM version", NO_ARGS);
    enum err e = greet_answer(c, feed, answer);
    if (e != OK && str_eq(str_of(c->failure.reason), S("store.io"))) return e;
    if (e != OK) {
        call_clear(c);
        return feed_fail(c, feed, "wire.down");
    }
    sim->counts.returned += world_number(c, "SELECT count(*) FROM version", NO_ARGS) - held;
    return OK;
}

void greet_take(struct sim *sim, const struct message *m)
{
    struct call c = world_call(at(sim, m->to));
    enum err e = m->kind == MESSAGE_GREET ? take_ask(sim, &c, m) : take_answer(sim, &c, m);
    bool power_off = e != OK && office_power_went(sim, &c, m->to, m->from);
    call_end(&c);
    if (power_off) office_crash(sim, m->to, &sim->counts.crashes_before_commit);
}
