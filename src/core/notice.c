#include "core/notice.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/job.h"
#include "core/notice_post.h"
#include "core/notice_sql.h"
#include "core/office.h"
#include "core/post.h"

enum {
    PLAN_AHEAD_DAYS = 40, /* three working days before, and the longest holiday */
    PLANS_TOGETHER = 1000,
    REMINDERS_TOGETHER = 250,
    PEOPLE_MAX = 128,
    ABOUT_ROWS = 100,
    DEAD_TOGETHER = 20,
    KEY_BYTES = 10,
    MOMENT_MS = 60 * 1000,
};

/* The row waits for nothing more. */
#define NOTHING_MS (INT64_MAX / 2)

/* ---- rules ---- */

static void wish_over(struct notice_rules *rules, const struct rows *rows, size_t i)
{
    bool person = str_starts(rows_text(rows, i, 0), S("p:"));
    for (int64_t channel = NOTICE_MAIL; channel < NOTICE_CHANNEL_END; channel++) {
        int64_t how = rows_int(rows, i, (size_t)channel);
        if (how != NOTICE_UNSAID) rules->how[channel] = how;
    }
    int64_t from = rows_int(rows, i, 3);
    int64_t to = rows_int(rows, i, 4);
    int64_t daily = rows_int(rows, i, 5);
    if (from >= 0 && to >= 0) {
        rules->quiet_from = from;
        rules->quiet_to = to;
    }
    if (daily >= 0 && (!person || daily < rules->daily)) rules->daily = daily;
    if (!person && rows_int(rows, i, 6) >= 0) rules->passes = rows_int(rows, i, 6);
    if (!person && rows_int(rows, i, 7) >= 0) rules->titles = rows_int(rows, i, 7) != 0;
}

enum err notice_rules_of(struct call *c, struct str person, struct notice_rules *ret_rules)
{
    struct rows rows = {};
    struct notice_rules rules = NOTICE_DEFAULT;
    enum err e = notice_sql_wishes(c, person, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        wish_over(&rules, &rows, i);
    if (e == OK) *ret_rules = rules;
    return e;
}

/* ---- telling one person ---- */

static bool door_has(const struct office *office, int64_t channel)
{
    const struct post_door *door = office->door;
    if (door == NULL) return false;
    return channel == NOTICE_MAIL ? door->mail != NULL : door->sms != NULL;
}

/* A row of its own with the job that hands it over. */
static enum err post_make(struct call *c, struct notice_post *post)
{
    post->key = call_random_id(c, KEY_BYTES);
    enum err e = notice_sql_post_put(c, post);
    return e != OK ? e : job_put(c, "notice.post", post->key, post->at_ms);
}

/* The bulletin that still waits, or a new one. It is closed a moment before it leaves. */
static enum err bulletin_find(struct call *c, const struct notice_rules *rules,
                              struct notice_post *post)
{
    struct str key = {};
    post->bulletin = true;
    post->at_ms = notice_bulletin_ms(c->office->calendar, rules, c->now_ms + MOMENT_MS);
    post->day = time_hanoi_day(post->at_ms);
    enum err e = notice_sql_waiting(c, post, &key);
    post->key = key;
    return e != OK || key.len > 0 ? e : post_make(c, post);
}

/* Decides how a notice leaves by one channel. Gives the key of what carries it; empty: nothing. */
static enum err channel_plan(struct call *c, struct notice_post *post, int64_t urgent,
                             const struct notice_rules *rules, struct str *ret_key)
{
    int64_t how = rules->how[post->channel];
    int64_t singles = 0;
    if (how == NOTICE_NEVER) return OK;
    bool passes = rules->passes > 0 && urgent >= rules->passes;
    bool quiet = notice_quiet(c->office->calendar, rules, c->now_ms);
    post->day = time_hanoi_day(c->now_ms);
    post->at_ms = c->now_ms;
    enum err e = notice_sql_singles(c, post, &singles);
    if (e != OK) return e;
    bool single = passes || (how == NOTICE_EACH && !quiet && singles < rules->daily);
    e = single ? post_make(c, post) : bulletin_find(c, rules, post);
    if (e == OK) *ret_key = post->key;
    return e;
}

static enum err channels_plan(struct call *c, struct str person, const struct notice *n)
{
    struct rows address = {};
    struct notice_rules rules = {};
    struct str keys[NOTICE_CHANNEL_END] = {};
    bool any = door_has(c->office, NOTICE_MAIL) || door_has(c->office, NOTICE_SMS);
    if (!any) return OK;
    enum err e = notice_sql_address(c, person, &address);
    if (e == OK) e = notice_rules_of(c, person, &rules);
    for (int64_t i = NOTICE_MAIL; e == OK && i < NOTICE_CHANNEL_END; i++) {
        struct notice_post post = {.person = person, .channel = i};
        bool reached = address.count > 0 && rows_text(&address, 0, (size_t)i - 1).len > 0;
        if (reached && door_has(c->office, i))
            e = channel_plan(c, &post, n->urgent, &rules, &keys[i]);
    }
    bool carried = keys[NOTICE_MAIL].len > 0 || keys[NOTICE_SMS].len > 0;
    if (e != OK || !carried) return e;
    return notice_sql_carry(c, person, n, keys[NOTICE_MAIL], keys[NOTICE_SMS]);
}

struct str notice_topic(struct call *c, struct str person)
{
    return str_format(c->arena, "notices:%.*s", STR_ARG(person));
}

enum err notice_tell_person(struct call *c, struct str person, const struct notice *n)
{
    bool fresh = false;
    enum err e = notice_sql_insert(c, person, n, &fresh);
    if (e != OK || !fresh) return e;
    store_note(c, notice_topic(c, person));
    return channels_plan(c, person, n);
}

/* ---- who ---- */

struct people {
    struct str person[PEOPLE_MAX];
    size_t count;
};

static void people_add(struct people *people, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct str person = rows_text(rows, i, 0);
        bool known = false;
        for (size_t k = 0; k < people->count; k++)
            known = known || str_eq(people->person[k], person);
        if (!known && people->count < PEOPLE_MAX) people->person[people->count++] = person;
    }
}

static enum err people_role(struct call *c, const char *role, struct people *people)
{
    struct rows rows = {};
    enum err e = notice_sql_role(c, role, &rows);
    if (e == OK) people_add(people, &rows);
    return e;
}

static void people_join(struct people *people, const struct people *more)
{
    struct value cells[PEOPLE_MAX];
    for (size_t i = 0; i < more->count; i++)
        cells[i] = TEXT(more->person[i]);
    const struct rows rows = {.cells = cells, .count = more->count, .columns = 1};
    people_add(people, &rows);
}

/* The chief of the office; without one the leaders; without them the administrator: nothing is
 * nobody's. Asked once for all reminders of one transaction. */
struct chief {
    struct people people;
    bool known;
};

static enum err people_chief(struct call *c, struct chief *chief, struct people *people)
{
    static const char *const LINE[] = {"chief", "leader", "admin"};
    enum err e = OK;
    for (size_t i = 0; e == OK && !chief->known && i < ARRAY_LEN(LINE); i++) {
        e = people_role(c, LINE[i], &chief->people);
        chief->known = e == OK && chief->people.count > 0;
    }
    if (e == OK) people_join(people, &chief->people);
    return e;
}

static enum err people_unit(struct call *c, struct str unit, struct people *people)
{
    struct rows rows = {};
    enum err e = notice_sql_unit_head(c, unit, &rows);
    if (e == OK && rows.count == 0) e = notice_sql_unit(c, unit, &rows);
    if (e == OK) people_add(people, &rows);
    return e;
}

/* The office itself: whoever the record is assigned to, else the registry. */
static enum err people_office(struct call *c, struct str about, struct people *people)
{
    struct rows rows = {};
    enum err e = notice_sql_assigned(c, about, &rows);
    if (e != OK) return e;
    people_add(people, &rows);
    return rows.count > 0 ? OK : people_role(c, "registry", people);
}

static bool is_ours(const struct call *c, struct str party)
{
    if (!str_starts(party, S("o:"))) return true;
    return str_eq(str_sub(party, 2, party.len), c->office->id);
}

/* Adds who stands behind a party; the chief when nobody does. */
static enum err people_of(struct call *c, struct chief *chief, struct str party, struct str about,
                          struct people *people)
{
    struct str id = str_sub(party, 2, party.len);
    struct rows rows = {};
    struct people found = {};
    enum err e = OK;
    if (!is_ours(c, party)) return OK;
    if (str_starts(party, S("p:"))) {
        e = notice_sql_here(c, id, &rows);
        if (e == OK) people_add(&found, &rows);
    } else if (str_starts(party, S("u:"))) {
        e = people_unit(c, id, &found);
    } else if (str_starts(party, S("r:"))) {
        e = people_role(c, str_zero(c->arena, id), &found);
    } else {
        e = people_office(c, about, &found);
    }
    if (e == OK && found.count == 0) e = people_chief(c, chief, &found);
    if (e == OK) people_join(people, &found);
    return e;
}

/* The heads of those who owe it. */
static enum err people_superior(struct call *c, struct chief *chief, const struct people *owners,
                                struct people *people)
{
    enum err e = OK;
    bool any = false;
    for (size_t i = 0; e == OK && i < owners->count; i++) {
        struct rows rows = {};
        e = notice_sql_head_over(c, owners->person[i], &rows);
        any = any || rows.count > 0;
        if (e == OK) people_add(people, &rows);
    }
    return e != OK || any ? e : people_chief(c, chief, people);
}

/* Tells each of them, and whoever stands in for one who is away: nobody can see today what only an
 * absent person was told. */
static enum err people_tell(struct call *c, const struct people *people,
                            const struct notice *notice)
{
    struct people all = *people;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < people->count; i++) {
        struct rows rows = {};
        e = notice_sql_delegates(c, people->person[i], &rows);
        if (e == OK) people_add(&all, &rows);
    }
    for (size_t i = 0; e == OK && i < all.count; i++)
        e = notice_tell_person(c, all.person[i], notice);
    return e;
}

enum err notice_tell(struct call *c, struct str party, const struct notice *notice)
{
    struct people people = {};
    struct chief chief = {};
    enum err e = people_of(c, &chief, party, notice->about, &people);
    return e == OK ? people_tell(c, &people, notice) : e;
}

/* ---- reminders ---- */

/* Who hears of a step. Of a date that somebody in the office holds as his own he hears as such, and
 * nobody of the office's: but an earlier date inside does not let the office's pass in silence. Who
 * waits hears only when the work is not in this office's own hands. */
static enum err step_people(struct call *c, struct chief *chief, const struct notice_work *work,
                            uint32_t to, struct people *people)
{
    bool ours = is_ours(c, work->owner);
    bool office = ours && str_starts(work->owner, S("o:"));
    bool held = false;
    enum err e = office ? notice_sql_held(c, work, &held) : OK;
    if (e != OK || held) return e;
    if ((to & NOTICE_OWNER) != 0) e = people_of(c, chief, work->owner, work->about, people);
    struct people owners = *people;
    bool waits = (to & NOTICE_CREDITOR) != 0 && !(ours && str_starts(work->creditor, S("o:")));
    if (e == OK && waits) e = people_of(c, chief, work->creditor, work->about, people);
    if (e == OK && ours && (to & NOTICE_SUPERIOR) != 0)
        e = people_superior(c, chief, &owners, people);
    if (e == OK && (to & NOTICE_CHIEF) != 0) e = people_chief(c, chief, people);
    return e;
}

static int64_t due_day_of(const struct notice_work *work)
{
    return work->due_day > 0 ? work->due_day : time_hanoi_day(work->due_ms - 1);
}

static enum err plan_from(struct call *c, const struct notice_work *work, size_t step)
{
    const struct workday_calendar *calendar = c->office->calendar;
    int64_t at_ms =
        step < NOTICE_STEPS ? notice_step_ms(calendar, due_day_of(work), step) : NOTHING_MS;
    return notice_sql_plan(c, work, (int64_t)step, at_ms);
}

/* A new date: steps that fell before the work came are not made up for, those that fell while the
 * office stood still are. When a date was moved, the moment of the move is now. What comes late
 * already is told as late. */
static enum err work_plan(struct call *c, struct notice_work *work)
{
    bool open = false;
    enum err e = notice_sql_work(c, work, &open);
    if (e != OK || !open) return e;
    bool moved = work->due_ms != work->first_due_ms;
    int64_t since_ms = moved ? c->now_ms : work->opened_ms;
    if (since_ms > work->due_ms) since_ms = work->due_ms;
    return plan_from(c, work, notice_step_after(c->office->calendar, due_day_of(work), since_ms));
}

/* Days off were decided since: the step that comes next may fall on another day, and one that had
 * passed may lie ahead again, or today. Who was told of it before is not told twice. */
static enum err work_recount(struct call *c, struct notice_work *work)
{
    bool open = false;
    size_t step = (size_t)work->step;
    enum err e = notice_sql_work(c, work, &open);
    if (e != OK) return e;
    if (!open) return notice_sql_forget(c, work);
    int64_t since_ms = c->now_ms - TIME_DAY_MS;
    size_t ahead = notice_step_after(c->office->calendar, due_day_of(work), since_ms);
    return plan_from(c, work, ahead < step ? ahead : step);
}

/* A step has come: the newest one speaks for those before it. */
static enum err work_remind(struct call *c, struct chief *chief, struct notice_work *work)
{
    bool open = false;
    struct people people = {};
    enum err e = notice_sql_work(c, work, &open);
    if (e != OK) return e;
    if (!open) return notice_sql_forget(c, work); /* done, or due another day */
    size_t next = notice_step_after(c->office->calendar, due_day_of(work), c->now_ms);
    if ((int64_t)next <= work->step) return plan_from(c, work, (size_t)work->step);
    const struct notice_step *step = &NOTICE_LADDER[next - 1];
    struct notice notice = {
        .about = work->about,
        .what = work->what,
        .key = work->key,
        .step = str_of(step->name),
        .due_ms = work->due_ms,
        .title = work->title,
        .urgent = work->urgent,
    };
    e = step_people(c, chief, work, step->to, &people);
    if (e == OK) e = people_tell(c, &people, &notice);
    return e != OK ? e : plan_from(c, work, next);
}

/* What a look found to do. */
struct look {
    struct notice_work *stale;
    size_t stale_count;
    struct notice_work *fresh;
    size_t fresh_count;
    struct notice_work *come;
    size_t come_count;
    struct rows dead; /* jobs that failed for good */
};

static enum err look_step(struct call *c, void *arg)
{
    struct look *look = arg;
    int64_t until_ms = c->now_ms + PLAN_AHEAD_DAYS * TIME_DAY_MS;
    enum err e = notice_sql_stale(c, PLANS_TOGETHER, &look->stale, &look->stale_count);
    if (e == OK) e = notice_sql_come(c, REMINDERS_TOGETHER, &look->come, &look->come_count);
    /* new dates can wait while reminders crowd: looking for them is a walk over all open work */
    if (e == OK && look->come_count < REMINDERS_TOGETHER) {
        e = notice_sql_unplanned(c, until_ms, PLANS_TOGETHER, &look->fresh, &look->fresh_count);
    }
    if (e == OK) e = notice_sql_dead(c, DEAD_TOGETHER, &look->dead);
    return e;
}

/* The long read stays out of the transaction, where everybody would wait for it. */
static enum err look_before(struct call *c, struct job *job)
{
    struct look *look = arena_alloc(c->arena, sizeof *look);
    enum err e = store_read(c, look_step, look);
    if (e == OK) job->found = look;
    return e;
}

static enum err dead_tell(struct call *c, const struct rows *dead, size_t i)
{
    struct notice notice = {.what = rows_text(dead, i, 0),
                            .key = rows_text(dead, i, 1),
                            .step = S("told"),
                            .title = rows_text(dead, i, 1)};
    return notice_tell(c, S("r:admin"), &notice);
}

static enum err look_run(struct call *c, const struct job *job, bool *ret_again)
{
    const struct look *look = job->found;
    struct chief chief = {};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < look->stale_count; i++)
        e = work_recount(c, &look->stale[i]);
    for (size_t i = 0; e == OK && i < look->fresh_count; i++)
        e = work_plan(c, &look->fresh[i]);
    for (size_t i = 0; e == OK && i < look->come_count; i++)
        e = work_remind(c, &chief, &look->come[i]);
    for (size_t i = 0; e == OK && i < look->dead.count; i++)
        e = dead_tell(c, &look->dead, i);
    /* what was planned or counted anew may have come already */
    *ret_again =
        look->fresh_count > 0 || look->stale_count > 0 || look->come_count == REMINDERS_TOGETHER;
    return e;
}

static const struct job_kind JOBS[] = {
    {.name = "notice.remind", .period_ms = NOTICE_LOOK_MS, .before = look_before, .run = look_run},
    {.name = "notice.post", .before = post_before, .run = post_run},
};

const struct module notice_module = {
    .name = "notice",
    .order = 994,
    .jobs = JOBS,
    .job_count = ARRAY_LEN(JOBS),
};
