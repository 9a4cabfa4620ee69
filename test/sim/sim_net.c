/* The network: a queue of messages by time of arrival, with everything that can go wrong. */
#include "sim/sim.h"

static bool before(const struct message *a, const struct message *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct message *a, struct message *b)
{
    struct message held = *a;
    *a = *b;
    *b = held;
}

/* What proves itself may come damaged. The rest relies on TLS, which lets nothing such through. */
static void damage(struct sim *sim, struct message *m)
{
    bool proves =
        m->kind == MESSAGE_ACK || m->kind == MESSAGE_PIECE || m->kind == MESSAGE_BROUGHT;
    if (!proves || m->bytes.len == 0 || !sim_fault(sim, 40)) return;
    char *bytes = arena_copy(m->arena, m->bytes.ptr, m->bytes.len);
    size_t tail = m->bytes.len / 4; /* behind the name of a piece */
    bytes[m->bytes.len - 1 - world_below(&sim->world, tail + 1)] ^=
        (char)(1 << world_below(&sim->world, 8));
    m->bytes.ptr = bytes;
    m->damaged = true;
    sim->counts.damaged++;
}

static void push(struct sim *sim, enum message_kind kind, size_t from, size_t to, struct str bytes,
                 int64_t delay_ms)
{
    if (sim->heap_count == SIM_MESSAGES_MAX) {
        sim_break(sim, "the network is full", from, to, SIM_MESSAGES_MAX);
        return;
    }
    struct message *message = &sim->heap[sim->heap_count];
    *message = (struct message){
        .at_ms = sim->world.now_ms + delay_ms,
        .order = sim->next_order++,
        .kind = kind,
        .from = from,
        .to = to,
        .arena = arena_open(0),
    };
    message->bytes = str_copy(message->arena, bytes);
    damage(sim, message);
    size_t at = sim->heap_count++;
    while (at > 0 && before(&sim->heap[at], &sim->heap[(at - 1) / 2])) {
        swap(&sim->heap[at], &sim->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static int64_t delay(struct sim *sim)
{
    if (sim_fault(sim, 12)) {
        sim->counts.delayed++;
        return 1000 + (int64_t)world_below(&sim->world, 9000);
    }
    return 1 + (int64_t)world_below(&sim->world, 200);
}

void net_send(struct sim *sim, enum message_kind kind, size_t from, size_t to, struct str bytes)
{
    static const char *const NAMES[MESSAGE_KINDS] = {"batch",  "ack",     "ask",  "piece",
                                                     "pull",   "pulled",  "brought", "told",
                                                     "log ask", "log answer", "greet", "greeted"};
    sim->counts.messages++;
    sim_trace(sim, NAMES[kind], from, to, bytes);
    if (sim->faults && sim->cut_until_ms[from][to] > sim->world.now_ms) {
        sim->counts.cut++;
        return;
    }
    if (sim_fault(sim, 12)) {
        sim->counts.dropped++;
        return;
    }
    push(sim, kind, from, to, bytes, delay(sim));
    if (!sim_fault(sim, 12)) return;
    sim->counts.repeated++;
    push(sim, kind, from, to, bytes, delay(sim));
}

/* Takes the next message that is due. Owns: the caller closes its arena. */
bool net_next(struct sim *sim, struct message *ret_message)
{
    if (sim->heap_count == 0 || sim->heap[0].at_ms > sim->world.now_ms) return false;
    *ret_message = sim->heap[0];
    sim->heap[0] = sim->heap[--sim->heap_count];
    size_t at = 0;
    while (at * 2 + 1 < sim->heap_count) {
        size_t child = at * 2 + 1;
        bool right =
            child + 1 < sim->heap_count && before(&sim->heap[child + 1], &sim->heap[child]);
        if (right) child++;
        if (!before(&sim->heap[child], &sim->heap[at])) break;
        swap(&sim->heap[child], &sim->heap[at]);
        at = child;
    }
    return true;
}

int64_t net_wake(const struct sim *sim)
{
    return sim->heap_count == 0 ? INT64_MAX : sim->heap[0].at_ms;
}

void net_close(struct sim *sim)
{
    for (size_t i = 0; i < sim->heap_count; i++)
        arena_close(sim->heap[i].arena);
    sim->heap_count = 0;
}
