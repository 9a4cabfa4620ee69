/*
 * consultation_inner.c: inside an asked office, while its opinion is written: units are asked for
 * their part, and people say what they think of it. None of it ever leaves the office.
 */
#include "base/time.h"
#include "base/words.h"
#include "consultation_acts.h"
#include "consultation_pages.h"
#include "core/obligation.h"
#include "core/office.h"

enum err consultation_can_consult(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_CONSULT);
}

enum err consultation_can_comment(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_COMMENT);
}

/* ---- a unit is asked ---- */

static enum err unit_check(struct call *c, struct str unit)
{
    struct node *list = node_list(c);
    enum err e = unit_list(c, list);
    if (e != OK) return e;
    bool known = false;
    for (const struct node *row = list->first; row != NULL; row = row->next)
        known = known || str_eq(node_get(row, "record"), unit);
    if (!known) problem(c, S("unit"), "consultation.unit_unknown");
    return OK;
}

enum err consultation_run_consult(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_consult_input *in = input;
    struct consultation_case round = {};
    struct str already = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = unit_check(c, in->unit);
    if (e == OK) e = consultation_sql_inner(c, in->record, in->unit, &already);
    if (e != OK) return e;
    struct consultation_due due = consultation_due_of(&round.request, c->office->id);
    int64_t day = in->due_day != 0 ? in->due_day : due.day;
    if (already.len > 0) problem(c, S("unit"), "consultation.consulted_already");
    if (day > due.day) problem(c, S("due_date"), "consultation.officer_due_late");
    if (in->due_day != 0 && day < time_hanoi_day(c->now_ms)) {
        problem(c, S("due_date"), "consultation.due_past");
    }
    e = problems_fail(c);
    if (e != OK) return e;
    const struct consultation_inner inner = {
        .request = in->record,
        .unit = in->unit,
        .question = in->question,
        .subject = round.request.subject,
        .urgency = round.request.urgency,
        .due_day = day,
        .due_ms = consultation_due_ms(day),
        .asked_by = person_title(c, c->who.person),
    };
    struct put put = {.kind = "consultation.inner", .body = &inner};
    return record_put(c, &put, ret_result);
}

enum err consultation_inners_close(struct call *c, struct str request)
{
    struct rows rows = {};
    enum err e = consultation_sql_inners_open(c, request, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct consultation_inner inner = {};
        struct act_result ignored = {};
        struct put put = {
            .kind = "consultation.inner", .record = rows_text(&rows, i, 0), .body = &inner};
        e = record_body(c, "consultation.inner", put.record, &inner);
        inner.closed_ms = c->now_ms;
        if (e == OK) e = record_put(c, &put, &ignored);
    }
    return e;
}

/* ---- somebody says something ---- */

enum err consultation_run_comment(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_text_input *in = input;
    const struct consultation_comment comment = {
        .request = in->record,
        .unit = c->who.unit,
        .text = in->text,
        .signer_title = person_title(c, c->who.person),
        .at_ms = c->now_ms,
    };
    struct put put = {.kind = "consultation.comment", .body = &comment};
    return record_put(c, &put, ret_result);
}

/* ---- rules of the bytes, and obligations ---- */

/* What is said inside has this office alone among its readers. */
static enum err inside_valid(struct call *c, const struct version *v)
{
    struct str own = str_format(c->arena, "o:%.*s", STR_ARG(v->home));
    bool sound = v->audience_count == 1 && version_addresses(v, own);
    return sound ? OK : fail(c, ERR_INVALID, "consultation.version_audience");
}

enum err consultation_inner_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_inner *in = body;
    bool dated = (in->due_day > 0) == (in->due_ms > 0);
    enum err e = inside_valid(c, v);
    return e != OK || dated ? e : fail(c, ERR_INVALID, "consultation.version_due");
}

enum err consultation_comment_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_comment *comment = body;
    ensure(comment->request.len > 0);
    return inside_valid(c, v);
}

enum err consultation_inner_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_inner *in = body;
    if (in->closed_ms > 0) return OK; /* released: nothing is owed any more */
    struct obligation o = {.what = "consultation.inner",
                           .about = in->request,
                           .owner = str_format(c->arena, "u:%.*s", STR_ARG(in->unit)),
                           .creditor = str_format(c->arena, "o:%.*s", STR_ARG(v->home)),
                           .key = in->unit,
                           .title = in->subject,
                           .urgent = in->urgency - URGENCY_NORMAL,
                           .kind = DUE_INTERNAL,
                           .due_day = in->due_day,
                           .due_ms = in->due_ms};
    return obligation_open(c, v, &o);
}

enum err consultation_comment_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_comment *comment = body;
    if (comment->unit.len == 0) return OK;
    return obligation_settle(c, v, comment->request, "consultation.inner", comment->unit);
}

/* ---- the page ---- */

static void inners_section(struct call *c, struct view *view, const struct rows *rows)
{
    struct view section = consultation_section(c, view, "consultation.section.inners");
    view_column(c, &section, "unit", "field.consultation.inner.unit");
    view_column(c, &section, "question", "field.consultation.inner.question");
    view_column(c, &section, "due", "field.consultation.inner.due");
    view_column(c, &section, "state", "consultation.column.standing");
    for (size_t i = 0; i < rows->count; i++) {
        bool given = rows_int(rows, i, 5) > 0;
        bool released = !given && rows_int(rows, i, 4) > 0;
        bool late = !given && !released && c->now_ms > rows_int(rows, i, 3);
        const char *key = given      ? "consultation.inner_given"
                          : released ? "consultation.inner_released"
                                     : "consultation.inner_awaited";
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row, unit_name(c, rows_text(rows, i, 0)));
        view_cell(c, row, rows_text(rows, i, 1));
        view_cell_instant(c, row, rows_int(rows, i, 3));
        view_cell_state(c, row, words(c->lang, str_of(key)),
                        given  ? "good"
                        : late ? "late"
                               : "neutral");
    }
}

static void comments_section(struct call *c, struct view *view, const struct rows *rows)
{
    struct view section = consultation_section(c, view, "consultation.section.comments");
    view_column(c, &section, "unit", "field.consultation.comment.unit");
    view_column(c, &section, "text", "field.consultation.comment.text");
    view_column(c, &section, "signer", "field.consultation.comment.signer_title");
    view_column(c, &section, "at", "field.consultation.comment.at");
    for (size_t i = 0; i < rows->count; i++) {
        struct str unit = rows_text(rows, i, 0);
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row, unit.len > 0 ? unit_name(c, unit) : unit);
        view_cell(c, row, rows_text(rows, i, 1));
        view_cell(c, row, rows_text(rows, i, 2));
        view_cell_instant(c, row, rows_int(rows, i, 3));
    }
}

enum err consultation_inners_put(struct call *c, struct view *view, struct str request)
{
    struct rows inners = {};
    struct rows comments = {};
    enum err e = consultation_sql_inners(c, request, &inners);
    if (e == OK) e = consultation_sql_comments(c, request, &comments);
    if (e != OK) return e;
    if (inners.count > 0) inners_section(c, view, &inners);
    if (comments.count > 0) comments_section(c, view, &comments);
    return OK;
}
