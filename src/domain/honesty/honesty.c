/* The night's job, and the table of contents of this folder. */
#include "honesty.h"

#include "base/time.h"
#include "core/job.h"

enum { LOOK_MS = 30 * 60 * 1000 };

const char *const HONESTY_RULES[] = {
    [HONESTY_GIVEN_LATE] = "given_late",
    [HONESTY_NO_PRODUCT] = "no_product",
    [HONESTY_TOO_FAST] = "too_fast",
    [HONESTY_MONTH_END] = "month_end",
    [HONESTY_NO_LEAD] = "no_lead",
    [HONESTY_TWO_LEADS] = "two_leads",
    [HONESTY_MOVED_AFTER] = "moved_after",
    [HONESTY_MOVED_OFTEN] = "moved_often",
    [HONESTY_ASKED_TWICE] = "asked_twice",
    [HONESTY_SILENT] = "silent",
    [HONESTY_HANDED_ON] = "handed_on",
    [HONESTY_LONG_PAUSE] = "long_pause",
    [HONESTY_REGISTERED_LATE] = "registered_late",
    NULL,
};
static_assert(ARRAY_LEN(HONESTY_RULES) == HONESTY_RULE_COUNT + 1);

/* One night; its day is that on which it ends. */
struct night {
    int64_t day;
    bool due;
    struct honesty_found found[HONESTY_RULE_COUNT];
};

static enum err night_step(struct call *c, void *arg)
{
    struct night *night = arg;
    int64_t last = 0;
    int64_t begins_ms = time_hanoi_midnight_ms(night->day) + HONESTY_HOUR * (TIME_DAY_MS / 24);
    enum err e = honesty_sql_last(c, &last);
    night->due = e == OK && last < night->day && c->now_ms >= begins_ms;
    for (int rule = 0; e == OK && night->due && rule < HONESTY_RULE_COUNT; rule++)
        e = honesty_look(c, (enum honesty_rule)rule, &night->found[rule]);
    return e;
}

/* The long read stays out of the transaction. An office that was down in the night looks when it is
 * up again. */
static enum err night_before(struct call *c, struct job *job)
{
    struct night *night = arena_alloc(c->arena, sizeof *night);
    night->day = time_hanoi_day(c->now_ms);
    enum err e = store_read(c, night_step, night);
    if (e == OK) job->found = night;
    return e;
}

static enum err night_run(struct call *c, const struct job *job, bool *ret_again)
{
    const struct night *night = job->found;
    enum err e = OK;
    (void)ret_again;
    for (int rule = 0; e == OK && night->due && rule < HONESTY_RULE_COUNT; rule++)
        e = honesty_sql_keep(c, (enum honesty_rule)rule, night->day, &night->found[rule]);
    return e;
}

static const struct job_kind JOBS[] = {
    {.name = "honesty.night", .period_ms = LOOK_MS, .before = night_before, .run = night_run},
};

const struct module honesty_module = {
    .name = "honesty",
    .order = 195,
    .views = HONESTY_VIEWS,
    .view_count = HONESTY_VIEW_COUNT,
    .migrations = HONESTY_STEPS,
    .migration_count = HONESTY_STEP_COUNT,
    .jobs = JOBS,
    .job_count = ARRAY_LEN(JOBS),
};
