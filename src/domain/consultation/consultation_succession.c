/* consultation_succession.c: an office that was asked has ended: whoever has its place is asked. */
#include "consultation_acts.h"

#include "consultation_sql.h"

/* The same question, by the same day; registered by the next working day at the latest. */
static enum err ask_instead(struct call *c, struct str record, struct str from, struct str to)
{
    struct consultation_case round = {};
    struct act_result result = {};
    struct str none = {};
    struct consultation_request term = {};
    enum err e = consultation_case_load(c, record, &round);
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    bool settled = consultation_is_asked(r, to) || consultation_excuse_of(r, from, none) != NULL;
    if (settled) return OK;
    const struct consultation_asked *old = r->asked.rows;
    struct consultation_asked *asked = arena_array(c->arena, r->asked.count, sizeof *asked);
    consultation_deadline_set(c, 1, &term);
    for (size_t i = 0; i < r->asked.count; i++) {
        asked[i] = old[i];
        if (!str_eq(old[i].office, from)) continue;
        asked[i].office = to;
        asked[i].register_day = term.register_day;
    }
    r->asked.rows = asked;
    return consultation_request_put(c, &round, 0, &result);
}

enum err consultation_succeeded(struct call *c, struct str from, struct str to)
{
    struct rows rows = {};
    enum err e = consultation_sql_unanswered(c, from, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = ask_instead(c, rows_text(&rows, i, 0), from, to);
    return e;
}
