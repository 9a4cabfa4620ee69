/* When all is through, every pair of offices compares its ledgers: they agree. Then one of the two
 * lies about an entry, with its own good signature: the other one notices, and names that entry. */
#include "sim/sim.h"

#include "exchange/ledger.h"
#include "exchange/statement.h"

#include <string.h>

enum { LIE_ONE_IN = 4, LEDGER_PARTS_MAX = 64 };

static int64_t open_differences(struct call *c)
{
    return world_number(c,
                        "SELECT count(*) FROM ledger_difference WHERE ended_ms = 0"
                        " AND verdict <> 1", /* but what was set aside */
                        NO_ARGS);
}

/* The statement with another hash for its first entry that is held; empty when there is none. */
static struct str lie(struct call *c, struct str sound)
{
    struct ledger_frame frame = {};
    size_t at = 0;
    world_must(c, ledger_decode(c, sound, &frame));
    struct ledger_line *lines = arena_array(c->arena, frame.count, sizeof *lines);
    memcpy(lines, frame.lines, frame.count * sizeof *lines);
    while (at < frame.count && lines[at].state != LEDGER_HELD)
        at++;
    if (at == frame.count) return (struct str){};
    lines[at].hash[0] ^= 1;
    frame.lines = lines;
    frame.bytes = ledger_write(c, &frame.statement, lines);
    world_must(c, statement_sign(c, PURPOSE_LEDGER, frame.bytes, &frame.signature));
    return ledger_encode(c, &frame, true);
}

/* What is stated falsely is noted by who hears it; the truth afterwards ends it. */
static void lie_try(struct sim *sim, struct call *c, struct call *there, struct str sound,
                    size_t from, size_t to)
{
    struct str answer = {};
    struct str false_one = lie(c, sound);
    if (false_one.len == 0) return;
    int64_t before = open_differences(there);
    world_must(there, ledger_receive(there, c->office->id, false_one, &answer));
    int64_t found = open_differences(there) - before;
    if (found > 1) sim_break(sim, "a lie about one entry touched others", from, to, found);
    if (found == 0) sim_break(sim, "a lie about an entry was not noticed", from, to, before);
    sim->counts.lies++;
}

void ledger_check(struct sim *sim, size_t from, size_t to)
{
    struct call c = world_call(&sim->world.offices[from]);
    struct call there = world_call(&sim->world.offices[to]);
    struct ledger_talk talk = {.peer = there.office->id};
    struct str frame = {};
    world_must(&c, ledger_next(&c, &talk, true, &frame));
    for (int64_t parts = 0; frame.len > 0 && parts < LEDGER_PARTS_MAX; parts++) {
        struct str answer = {};
        bool lies = world_below(&sim->world, LIE_ONE_IN) == 0;
        if (lies) lie_try(sim, &c, &there, frame, from, to);
        world_must(&there, ledger_receive(&there, c.office->id, frame, &answer));
        world_must(&c, ledger_answer(&c, &talk, 200, answer));
        sim->counts.ledgers++;
        world_must(&c, ledger_next(&c, &talk, true, &frame));
    }
    if (frame.len > 0) sim_break(sim, "a comparison does not end", from, to, talk.next_seq);
    int64_t open = open_differences(&c) + open_differences(&there);
    if (open > 0) sim_break(sim, "two ledgers differ", from, to, open);
    call_end(&there);
    call_end(&c);
}
