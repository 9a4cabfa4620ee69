/* consultation_views.c: the list of rounds, the table of points, the deadline before it is set. */
#include "consultation_load.h"
#include "consultation_pages.h"

#include "base/time.h"
#include "base/words.h"
#include "base/workday_receipt.h"
#include "core/act.h"
#include "core/office.h"

enum { PAGE_ITEMS = 50 };

/* ---- the list ---- */

static struct str asked_text(struct call *c, const struct consultation_item *item)
{
    struct str first = office_code(c, item->first_asked);
    if (item->first_asked.len == 0) return words(c->lang, S("consultation.outside"));
    if (item->asked == 1) return first;
    struct fail_arg args[] = {
        {"first", first},
        {"more", str_format(c->arena, "%lld", (long long)item->asked - 1)},
    };
    return words_fill(c->arena, c->lang, S("consultation.and_more"), args, ARRAY_LEN(args));
}

static void due_cell(struct call *c, struct node *row, const struct consultation_item *item,
                     bool done)
{
    int64_t due_ms = item->own_due_ms != 0 ? item->own_due_ms : item->due_ms;
    bool paused = item->paused_day != 0 && !done;
    struct node *due = paused ? view_due_paused(c, node_map(c), "due", item->paused_day, item->why)
                              : view_due(c, node_map(c), "due", due_ms, item->why, done);
    view_cell_state(c, row, node_get(due, "text"), str_zero(c->arena, node_get(due, "tone")));
}

/* Where our own answer stands. */
static void stage_cell(struct call *c, struct node *row, const struct consultation_item *item)
{
    bool draft = item->draft != DRAFT_NONE && item->intake == INTAKE_REGISTERED;
    bool done = item->draft == DRAFT_APPROVED;
    struct str text = words(c->lang, S("consultation.stage.new"));
    if (item->intake != INTAKE_NONE) {
        text = consultation_choice_text(c, &CONSULTATION_INTAKE, "state", item->intake);
    }
    if (draft) text = consultation_choice_text(c, &CONSULTATION_DRAFT, "state", item->draft);
    view_cell_state(c, row, text, done ? "good" : item->intake == INTAKE_NONE ? "warn" : "neutral");
}

static struct str subject_text(struct call *c, const struct consultation_item *item)
{
    if (item->number < 2) return item->subject;
    struct fail_arg args[] = {
        {"subject", item->subject},
        {"round", str_format(c->arena, "%lld", (long long)item->number)},
    };
    return words_fill(c->arena, c->lang, S("consultation.subject_round"), args, ARRAY_LEN(args));
}

static void list_row(struct call *c, struct view *view, const struct consultation_item *item)
{
    bool ours = str_eq(item->home, c->office->id);
    bool answered = item->draft == DRAFT_APPROVED || item->intake == INTAKE_REFUSED;
    bool complete = item->answered + item->refused >= item->asked;
    bool done = item->round == ROUND_CLOSED || (ours ? complete : answered);
    struct str href =
        str_format(c->arena, "/view/consultation.show?record=%.*s", STR_ARG(item->record));
    struct node *row = view_row(c, view, item->record, href);
    view_cell(c, row, subject_text(c, item));
    view_cell(c, row,
              ours
                  ? consultation_words(c, "consultation.to", "name", asked_text(c, item))
                  : consultation_words(c, "consultation.from", "name", office_code(c, item->home)));
    due_cell(c, row, item, done);
    if (ours) {
        struct consultation_count count = {.asked = (size_t)item->asked,
                                           .answered = (size_t)item->answered,
                                           .refused = (size_t)item->refused};
        view_cell_state(c, row, consultation_progress_text(c, &count),
                        item->answered >= item->asked ? "good" : "neutral");
    } else {
        stage_cell(c, row, item);
    }
    view_cell_state(c, row,
                    consultation_choice_text(c, &CONSULTATION_REQUEST, "urgency", item->urgency),
                    item->urgency == URGENCY_HOA_TOC ? "late"
                    : item->urgency > URGENCY_NORMAL ? "warn"
                                                     : "neutral");
    view_cell_state(c, row,
                    consultation_choice_text(c, &CONSULTATION_REQUEST, "state", item->round),
                    "neutral");
}

/* "open 1795600800000 HOME.RANDOM": where the page before ended. */
static struct str after_text(struct call *c, const struct consultation_item *last)
{
    struct str state =
        field_choice_word(field_find(&CONSULTATION_REQUEST, S("state")), last->round);
    return str_format(c->arena, "%.*s %lld %.*s", STR_ARG(state), (long long)last->due_ms,
                      STR_ARG(last->record));
}

/* The act that begins a round, for those who may. */
static void list_acts(struct call *c, struct view *view)
{
    const struct act *ask = &CONSULTATION_ACTS[0];
    struct node *acts = node_put_list(c, view->data, "acts");
    view_link(c, view, "view.consultation.load", S("/view/consultation.load"));
    if ((c->who.roles & ask->roles) == 0) return;
    struct node *act = node_add_map(c, acts);
    node_text(c, act, "act", str_of(ask->name));
    node_text(c, act, "label", words(c->lang, S("act.consultation.ask")));
    node_text(c, act, "href", S("/act/consultation.ask"));
    node_bool(c, act, "possible", true);
    node_bool(c, act, "main", true);
}

static struct consultation_item after_of(struct str after)
{
    struct consultation_item item = {};
    struct str state = {};
    struct str rest = {};
    struct str ms = {};
    bool good = str_cut(after, ' ', &state, &rest) && str_cut(rest, ' ', &ms, &item.record) &&
                parse_int(ms, INT64_MIN, INT64_MAX, &item.due_ms);
    item.round = field_choice_find(field_find(&CONSULTATION_REQUEST, S("state")), state);
    good = good && item.round > 0;
    return good ? item : (struct consultation_item){};
}

enum err consultation_list_view(struct call *c, const void *args, struct view *ret_view)
{
    struct consultation_list_args in = *(const struct consultation_list_args *)args;
    struct consultation_item *items = NULL;
    size_t count = 0;
    if (in.box == 0) in.box = BOX_ALL;
    struct consultation_item after = after_of(in.after);
    enum err e = consultation_sql_list(c, &in, &after, PAGE_ITEMS + 1, &items, &count);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_LIST, (struct str){});
    view_column(c, &view, "subject", "field.consultation.request.subject");
    view_column(c, &view, "with", "consultation.column.with");
    view_column(c, &view, "due", "field.consultation.request.due");
    view_column(c, &view, "progress", "consultation.column.progress");
    view_column(c, &view, "urgency", "field.consultation.request.urgency");
    view_column(c, &view, "state", "field.consultation.request.state");
    size_t shown = count > PAGE_ITEMS ? PAGE_ITEMS : count;
    for (size_t i = 0; i < shown; i++)
        list_row(c, &view, &items[i]);
    node_int(c, view.data, "count", (int64_t)shown);
    if (count > shown) {
        node_text(c, view.data, "next", after_text(c, &items[shown - 1]));
    }
    node_text(c, view.data, "empty", words(c->lang, S("consultation.empty")));
    list_acts(c, &view);
    *ret_view = view;
    return OK;
}

/* ---- the table of points ---- */

enum err consultation_table_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct consultation_case round = {};
    struct consultation_line *lines = NULL;
    size_t count = 0;
    enum err e = consultation_case_visible(c, in->record, &round);
    if (e == OK) e = consultation_case_givers(c, &round);
    if (e == OK) e = consultation_sql_lines(c, in->record, &lines, &count);
    if (e != OK) return e;
    consultation_lines_sort(c, lines, count);
    struct consultation_count total = consultation_count(round.givers, round.giver_count);
    struct view view = {};
    view_start(c, &view, VIEW_LIST, words(c->lang, S("view.consultation.table")));
    view_fact(c, &view, "field.consultation.request.subject", round.request.subject);
    if (round.stage.own) {
        view_fact(c, &view, "consultation.column.progress", consultation_progress_text(c, &total));
        consultation_fact_link(
            c, &view, "view.consultation.similar", words(c->lang, S("consultation.similar_open")),
            str_format(c->arena, "/view/consultation.similar?record=%.*s", STR_ARG(in->record)));
    }
    view_fact(c, &view, "consultation.column.outcomes", consultation_sum_text(c, lines, count));
    consultation_lines_put(c, &view, lines, count, round.stage.own);
    node_int(c, view.data, "count", (int64_t)count);
    node_text(c, view.data, "empty", words(c->lang, S("consultation.no_points")));
    *ret_view = view;
    return OK;
}

/* ---- the deadline before it is set ---- */

static void skipped_line(struct call *c, struct node *lines, const struct workday_skip *first,
                         const struct workday_skip *last)
{
    struct fail_arg args[] = {
        {"reason", words(c->lang, workday_reason_key(first->reason))},
        {"from", time_format_day_vn(c->arena, first->day)},
        {"to", time_format_day_vn(c->arena, last->day)},
    };
    struct str key =
        first->day == last->day ? S("consultation.skipped_day") : S("consultation.skipped_days");
    node_add_text(c, lines, words_fill(c->arena, c->lang, key, args, ARRAY_LEN(args)));
}

/* Weekends as one count, holidays as ranges of days. */
static void skipped_lines(struct call *c, struct node *lines, const struct workday_receipt *receipt)
{
    const struct workday_skip *skips = receipt->skipped;
    int64_t weekend = 0;
    size_t i = 0;
    while (i < receipt->skipped_count) {
        size_t to = i;
        while (to + 1 < receipt->skipped_count && skips[to + 1].reason == skips[i].reason &&
               skips[to + 1].day == skips[to].day + 1) {
            to++;
        }
        if (skips[i].reason == WORKDAY_WEEKEND) {
            weekend += (int64_t)(to - i) + 1;
        } else {
            skipped_line(c, lines, &skips[i], &skips[to]);
        }
        i = to + 1;
    }
    if (weekend == 0) return;
    node_add_text(c, lines,
                  consultation_words(c, "consultation.skipped_weekend", "count",
                                     str_format(c->arena, "%lld", (long long)weekend)));
}

enum err consultation_deadline_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_deadline_args *in = args;
    struct workday_receipt receipt = {};
    int64_t from = in->from_day != 0 ? in->from_day : time_hanoi_day(c->now_ms);
    bool there = in->days > 0 && workday_explain(c->arena, c->office->calendar, from, in->days,
                                                 WORKDAY_WORKING_DAYS, &receipt);
    if (!there) problem(c, S("days"), "consultation.days");
    enum err e = problems_fail(c);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_RECORD, (struct str){});
    (void)view_due(c, view.data, "due", consultation_due_ms(receipt.due),
                   workday_receipt_json(c->arena, &receipt), false);
    node_text(c, view.data, "due_date", time_format_day(c->arena, receipt.due));
    view_fact(c, &view, "field.consultation.request.due_date",
              time_format_day_long(c->arena, receipt.due, c->lang));
    view_fact(c, &view, "field.consultation.request.from_date",
              time_format_day_long(c->arena, from, c->lang));
    view_fact(c, &view, "field.consultation.request.days",
              str_format(c->arena, "%lld", (long long)receipt.counted));
    skipped_lines(c, node_put_list(c, view.data, "lines"), &receipt);
    e = consultation_load_preview(c, in, receipt.due, &view);
    if (e != OK) return e;
    *ret_view = view;
    return OK;
}

const struct view_def CONSULTATION_VIEWS[CONSULTATION_VIEW_COUNT] = {
    {.name = "consultation.list",
     .args = &CONSULTATION_LIST_ARGS,
     .roles = ROLE_READERS,
     .rail = true,
     .run = consultation_list_view},
    {.name = "consultation.show",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_show_view},
    {.name = "consultation.opinion",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_opinion_view},
    {.name = "consultation.writing",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_writing_view},
    {.name = "consultation.text",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_text_view,
     .paper = consultation_text_paper},
    {.name = "consultation.placing",
     .args = &CONSULTATION_PLACE_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_placing_view},
    {.name = "consultation.similar",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_similar_view},
    {.name = "consultation.joining",
     .args = &CONSULTATION_POINT_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_joining_view},
    {.name = "consultation.replying",
     .args = &CONSULTATION_POINT_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_replying_view},
    {.name = "consultation.renewing",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_renewing_view},
    {.name = "consultation.changes",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_changes_view,
     .paper = consultation_changes_paper},
    {.name = "consultation.cover",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_cover_view,
     .paper = consultation_cover_paper},
    {.name = "consultation.table",
     .args = &CONSULTATION_SHOW_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_table_view,
     .paper = consultation_table_paper},
    {.name = "consultation.deadline",
     .args = &CONSULTATION_DEADLINE_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_deadline_view},
    {.name = "consultation.load",
     .roles = ROLE_READERS,
     .run = consultation_load_view},
    {.name = "consultation.load_list",
     .args = &CONSULTATION_LOAD_ARGS,
     .roles = ROLE_READERS,
     .run = consultation_load_list_view},
    {.name = "consultation.time",
     .args = &CONSULTATION_LOAD_ARGS,
     .roles = ROLE_LEADER | ROLE_CHIEF | ROLE_SECRETARY,
     .run = consultation_time_view},
    {.name = "consultation.time_list",
     .args = &CONSULTATION_LOAD_ARGS,
     .roles = ROLE_LEADER | ROLE_CHIEF | ROLE_SECRETARY,
     .run = consultation_time_list_view},
};
