/* consultation_deadline.c: what moves or stops the deadline of a round: more time for all or for
 * some, pauses, a calendar that changed. Only the asker's office does any of it; each version keeps
 * the reason of its own move, and every holder gets it. */
#include "consultation_acts.h"

#include "base/time.h"
#include "base/workday_receipt.h"
#include "core/act.h"
#include "core/office.h"

enum err consultation_can_extend(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_EXTEND);
}

enum err consultation_can_pause(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_PAUSE);
}

enum err consultation_can_resume(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_RESUME);
}

enum err consultation_request_put(struct call *c, const struct consultation_case *round,
                                  int64_t seen_n, struct act_result *ret_result)
{
    struct put put = {
        .kind = "consultation.request",
        .record = round->head.record,
        .seen_n = seen_n,
        .body = &round->request,
        .priority = consultation_priority(round->request.urgency),
    };
    return record_put(c, &put, ret_result);
}

/* ---- more time ---- */

/* Working days after the first one up to a day, without those on which the clock stood. */
static int64_t days_until(struct call *c, const struct consultation_request *r, int64_t day)
{
    const struct workday_calendar *calendar = c->office->calendar;
    const struct pause *pauses = r->pauses.rows;
    int64_t days = workday_count(calendar, r->from_day, day);
    int64_t next = r->from_day + 1; /* pauses that touch share a day */
    for (size_t i = 0; i < r->pauses.count; i++) {
        int64_t first = pauses[i].from_day > next ? pauses[i].from_day : next;
        int64_t last = pauses[i].to_day < day ? pauses[i].to_day : day;
        if (pauses[i].to_day == 0 || first > last) continue;
        days -= workday_count(calendar, first - 1, last);
        next = last + 1;
    }
    return days;
}

/* How a moved deadline counts from the first day, so that its receipt reads like any other. */
static struct str why_of(struct call *c, const struct consultation_request *r, int64_t due_day)
{
    const struct workday_calendar *calendar = c->office->calendar;
    struct workday_receipt plain = {};
    struct workday_receipt receipt = {};
    bool there = workday_explain(c->arena, calendar, r->from_day, days_until(c, r, due_day),
                                 WORKDAY_WORKING_DAYS, &plain) &&
                 pause_count_again(c, calendar, workday_receipt_json(c->arena, &plain), &r->pauses,
                                   &receipt);
    /* a day on which no term may end, chosen all the same, has no receipt but the reason */
    if (!there || receipt.due != due_day) return r->why;
    return workday_receipt_json(c->arena, &receipt);
}

/* Whom an extension is for. */
static bool is_meant(const struct consultation_extend_input *in, struct str office)
{
    const struct consultation_asked *offices = in->offices.rows;
    for (size_t i = 0; i < in->offices.count; i++) {
        if (str_eq(offices[i].office, office)) return true;
    }
    return in->offices.count == 0;
}

/* The latest deadline among those who are meant: the new one lies after it. */
static int64_t due_before(const struct consultation_request *r,
                          const struct consultation_extend_input *in)
{
    const struct consultation_asked *asked = r->asked.rows;
    int64_t day = in->offices.count == 0 ? r->due_day : 0;
    for (size_t i = 0; i < r->asked.count; i++) {
        int64_t due_day = consultation_due_of(r, asked[i].office).day;
        if (in->offices.count > 0 && is_meant(in, asked[i].office) && due_day > day) day = due_day;
    }
    return day;
}

static void offices_check(struct call *c, const struct consultation_request *r,
                          const struct consultation_extend_input *in)
{
    const struct consultation_asked *offices = in->offices.rows;
    for (size_t i = 0; i < in->offices.count; i++) {
        if (consultation_is_asked(r, offices[i].office)) continue;
        problem(c, str_format(c->arena, "offices.%zu.office", i), "consultation.not_asked");
    }
}

/* The new deadline: a day, or so many working days after the present one. */
static int64_t due_chosen(struct call *c, const struct consultation_request *r,
                          const struct consultation_extend_input *in)
{
    int64_t day = in->due_day;
    if ((in->due_day == 0) == (in->days == 0)) {
        problem(c, S("due_date"), "consultation.due_or_days");
        return 0;
    }
    bool there = in->days == 0 || workday_add(c->office->calendar, due_before(r, in), in->days,
                                              WORKDAY_WORKING_DAYS, &day);
    if (!there) problem(c, S("days"), "consultation.days");
    return there ? day : 0;
}

static void due_check(struct call *c, const struct consultation_request *r,
                      const struct consultation_extend_input *in, int64_t day)
{
    struct str field = in->days > 0 ? S("days") : S("due_date");
    if (day - r->from_day > CONSULTATION_SPAN) problem(c, field, "consultation.due_far");
    if (day <= due_before(r, in)) problem(c, field, "consultation.due_earlier");
    if (day < time_hanoi_day(c->now_ms)) problem(c, field, "consultation.due_past");
    if (!workday_is_working(c->office->calendar, day)) {
        problem(c, field, "consultation.due_not_working");
    }
    if (r->legal_day != 0 && day > r->legal_day) problem(c, field, "consultation.after_legal");
}

/* Who is given time alone keeps a deadline of its own; one for all takes in those that lie before
 * it. */
static void due_write(struct call *c, const struct consultation_extend_input *in, int64_t day,
                      struct consultation_request *r)
{
    const struct consultation_asked *old = r->asked.rows;
    struct consultation_asked *asked = arena_array(c->arena, r->asked.count + 1, sizeof *asked);
    struct str why = why_of(c, r, day);
    bool all = in->offices.count == 0;
    for (size_t i = 0; i < r->asked.count; i++) {
        asked[i] = old[i];
        bool own = !all && is_meant(in, old[i].office);
        bool taken_in = all && old[i].due_day <= day;
        if (own || taken_in) {
            asked[i].due_day = own ? day : 0;
            asked[i].due_ms = own ? consultation_due_ms(day) : 0;
            asked[i].why = own ? why : (struct str){};
        }
    }
    r->asked.rows = asked;
    if (!all) return;
    if (r->first_due_day == 0) r->first_due_day = r->due_day;
    r->due_day = day;
    r->due_ms = consultation_due_ms(day);
    r->why = why;
}

enum err consultation_run_extend(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_extend_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    ensure(r->state == ROUND_OPEN);
    ensure(!pause_is_open(&r->pauses));
    offices_check(c, r, in);
    int64_t day = due_chosen(c, r, in);
    if (day != 0) due_check(c, r, in, day);
    e = problems_fail(c);
    if (e != OK) return e;
    due_write(c, in, day, r);
    r->moved_reason = in->reason;
    r->moved_by = person_title(c, c->who.person);
    e = consultation_request_put(c, &round, in->seen, ret_result);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    node_text(c, ret_result->more, "due_date", time_format_day(c->arena, day));
    return OK;
}

/* ---- the clock stands ---- */

static int64_t due_latest(const struct consultation_request *r)
{
    const struct consultation_asked *asked = r->asked.rows;
    int64_t day = r->due_day;
    for (size_t i = 0; i < r->asked.count; i++)
        day = asked[i].due_day > day ? asked[i].due_day : day;
    return day;
}

enum err consultation_run_pause(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_pause_input *in = input;
    struct consultation_case round = {};
    struct pause pause = in->pause;
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    pause.by = person_title(c, c->who.person);
    pause_begin(c, &pause, r->from_day, &r->pauses);
    /* a term that is over has nothing left to stop */
    if (pause_open_day(&r->pauses) > due_latest(r)) {
        problem(c, S("from_date"), "consultation.pause_late");
    }
    e = problems_fail(c);
    if (e != OK) return e;
    r->moved_reason = in->pause.reason;
    r->moved_by = pause.by;
    return consultation_request_put(c, &round, in->seen, ret_result);
}

/* Counts one deadline on after its pauses. */
static bool due_resume(struct call *c, const struct consultation_request *r, int64_t *due_day,
                       int64_t *due_ms, struct str *why)
{
    struct workday_receipt receipt = {};
    if (!pause_count_again(c, c->office->calendar, *why, &r->pauses, &receipt)) return false;
    *due_day = receipt.due;
    *due_ms = consultation_due_ms(receipt.due);
    *why = workday_receipt_json(c->arena, &receipt);
    return true;
}

static bool dues_resume(struct call *c, struct consultation_request *r)
{
    const struct consultation_asked *old = r->asked.rows;
    struct consultation_asked *asked = arena_array(c->arena, r->asked.count + 1, sizeof *asked);
    int64_t before_day = r->due_day;
    if (!due_resume(c, r, &r->due_day, &r->due_ms, &r->why)) return false;
    for (size_t i = 0; i < r->asked.count; i++) {
        asked[i] = old[i];
        bool own = asked[i].due_day != 0;
        if (own && !due_resume(c, r, &asked[i].due_day, &asked[i].due_ms, &asked[i].why)) {
            return false;
        }
    }
    r->asked.rows = asked;
    if (r->first_due_day == 0 && r->due_day != before_day) r->first_due_day = before_day;
    return true;
}

enum err consultation_run_resume(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_pause_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    pause_end(c, in->pause.to_day, &r->pauses);
    e = problems_fail(c);
    if (e == OK && !dues_resume(c, r)) e = fail(c, ERR_INVALID, "workday.term");
    if (e != OK) return e;
    const struct pause *last = (const struct pause *)r->pauses.rows + (r->pauses.count - 1);
    r->moved_reason = last->reason;
    r->moved_by = person_title(c, c->who.person);
    e = consultation_request_put(c, &round, in->seen, ret_result);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    node_text(c, ret_result->more, "due_date", time_format_day(c->arena, r->due_day));
    return OK;
}

/* ---- another calendar ---- */

/* Says that the date is another one by the present calendar, and sets it. */
static bool due_recount(struct call *c, int64_t *due_day, int64_t *due_ms, struct str *why)
{
    struct workday_receipt held = {};
    struct workday_receipt now = {};
    bool there = workday_receipt_read(c, *why, &held) &&
                 workday_receipt_again(c->arena, c->office->calendar, &held, &now);
    if (!there || now.due == *due_day) return false;
    *due_day = now.due;
    *due_ms = consultation_due_ms(now.due);
    *why = workday_receipt_json(c->arena, &now);
    return true;
}

static bool dues_recount(struct call *c, struct consultation_request *r)
{
    const struct consultation_asked *old = r->asked.rows;
    struct consultation_asked *asked = arena_array(c->arena, r->asked.count + 1, sizeof *asked);
    int64_t today = time_hanoi_day(c->now_ms);
    int64_t before_day = r->due_day;
    int64_t register_ms = 0;
    bool moved = r->due_day >= today && due_recount(c, &r->due_day, &r->due_ms, &r->why);
    if (moved && r->first_due_day == 0) r->first_due_day = before_day;
    for (size_t i = 0; i < r->asked.count; i++) {
        asked[i] = old[i];
        if (asked[i].due_day < today) continue;
        if (due_recount(c, &asked[i].due_day, &asked[i].due_ms, &asked[i].why)) moved = true;
    }
    r->asked.rows = asked;
    if (r->register_day >= today) {
        moved = due_recount(c, &r->register_day, &register_ms, &r->register_why) || moved;
    }
    if (r->register_day > r->due_day) r->register_day = r->due_day;
    return moved;
}

enum err consultation_request_recount(struct call *c, struct str record, struct str reason,
                                      bool *ret_moved)
{
    struct consultation_case round = {};
    struct act_result result = {};
    enum err e = consultation_case_load(c, record, &round);
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    bool runs = r->state == ROUND_OPEN && !pause_is_open(&r->pauses);
    if (!runs || !dues_recount(c, r)) return OK;
    r->moved_reason = reason;
    r->moved_by = person_title(c, c->who.person);
    e = consultation_request_put(c, &round, 0, &result);
    if (e == OK) *ret_moved = true;
    return e;
}
