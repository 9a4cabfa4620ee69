/* The life of a booking as one table. */
#include "calendar.h"

#include "base/words.h"

#define _ CALENDAR_NONE
#define HOLD CALENDAR_HOLD
#define PROMISED CALENDAR_PROMISED
#define DECIDED CALENDAR_DECIDED
#define CANCELLED CALENDAR_CANCELLED

/* state by verb: hold, promise, decide, move, cancel, undecide */
static const enum calendar_state NEXT[CALENDAR_STATE_END][VERB_END] = {
    [CALENDAR_NONE] = {HOLD, PROMISED, DECIDED, _, CANCELLED, _}, /* cancelled: declined */
    [CALENDAR_HOLD] = {HOLD, PROMISED, DECIDED, HOLD, CANCELLED, _},
    [CALENDAR_PROMISED] = {_, _, DECIDED, PROMISED, CANCELLED, _},
    [CALENDAR_DECIDED] = {_, _, _, DECIDED, CANCELLED, PROMISED},
    [CALENDAR_CANCELLED] = {_, _, _, _, _, _},
    [CALENDAR_EXPIRED] = {HOLD, PROMISED, DECIDED, _, CANCELLED, _},
};

#undef _
#undef HOLD
#undef PROMISED
#undef DECIDED
#undef CANCELLED

static const char *const STATE_WORDS[] = {"calendar.state_none",      "calendar.state_hold",
                                          "calendar.state_promised",  "calendar.state_decided",
                                          "calendar.state_cancelled", "calendar.state_expired"};
static const char *const VERB_WORDS[] = {"calendar.verb_hold",   "calendar.verb_promise",
                                         "calendar.verb_decide", "calendar.verb_move",
                                         "calendar.verb_cancel", "calendar.verb_undecide"};

enum calendar_state calendar_state_now(const struct calendar_booking *b, int64_t now_ms)
{
    bool over = b->state == CALENDAR_HOLD && b->hold_until <= now_ms;
    return over ? CALENDAR_EXPIRED : (enum calendar_state)b->state;
}

enum calendar_state calendar_next(enum calendar_state state, enum calendar_verb verb)
{
    ensure(state < CALENDAR_STATE_END);
    ensure(verb < VERB_END);
    return NEXT[state][verb];
}

struct str calendar_state_word(struct call *c, enum calendar_state state)
{
    return words(c->lang, str_of(STATE_WORDS[state]));
}

enum err calendar_step(struct call *c, const struct calendar_booking *b, enum calendar_verb verb,
                       int64_t *ret_state)
{
    enum calendar_state now = calendar_state_now(b, c->now_ms);
    enum calendar_state next = calendar_next(now, verb);
    if (next == CALENDAR_NONE) {
        (void)!fail(c, ERR_CONFLICT, "calendar.state");
        (void)!fail_arg(c, "state", calendar_state_word(c, now));
        return fail_arg(c, "verb", words(c->lang, str_of(VERB_WORDS[verb])));
    }
    *ret_state = next;
    return OK;
}

bool calendar_is_firm(const struct calendar_booking *b)
{
    return !b->free && (b->state == CALENDAR_PROMISED || b->state == CALENDAR_DECIDED);
}
