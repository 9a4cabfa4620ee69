/* consultation_show.c: the page of a round, of an opinion, and the form in which one is written. */
#include "consultation_load.h"
#include "consultation_pages.h"

#include "base/id.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/words.h"
#include "core/notice.h"
#include "core/obligation.h"
#include "core/office.h"

/* ---- acts ---- */

struct act_step {
    const char *act;
    enum consultation_step step;
};

static const struct act_step ACT_STEPS[] = {
    {"consultation.register", STEP_REGISTER},
    {"consultation.refuse", STEP_REFUSE},
    {"consultation.assign", STEP_ASSIGN},
    {"consultation.draft", STEP_DRAFT},
    {"consultation.take_word", STEP_DRAFT},
    {"consultation.place", STEP_DRAFT},
    {"consultation.submit", STEP_SUBMIT},
    {"consultation.return", STEP_RETURN},
    {"consultation.approve", STEP_APPROVE},
    {"consultation.keep", STEP_KEEP},
    {"consultation.consult", STEP_CONSULT},
    {"consultation.comment", STEP_COMMENT},
    {"consultation.register_behalf", STEP_BEHALF},
    {"consultation.answer_point", STEP_ANSWER_POINT},
    {"consultation.extend", STEP_EXTEND},
    {"consultation.pause", STEP_PAUSE},
    {"consultation.resume", STEP_RESUME},
    {"consultation.close", STEP_CLOSE},
    {"consultation.remind", STEP_REMIND},
    {"consultation.renew", STEP_RENEW},
    {"consultation.add", STEP_ADD},
    {"consultation.excuse", STEP_EXCUSE},
    {"consultation.count_pages", STEP_ADD},
    {"consultation.join", STEP_JOIN},
    {"consultation.present", STEP_PRESENT},
};

static bool act_is_foreign(const struct consultation_stage *stage, struct str act)
{
    /* of stopping the clock and letting it run only one makes sense */
    if (str_eq(act, S("consultation.pause")) && stage->paused) return true;
    if (str_eq(act, S("consultation.resume")) && !stage->paused) return true;
    /* each unplaced item, and each proposed group, has its own link */
    if (str_eq(act, S("consultation.place"))) return true;
    if (str_eq(act, S("consultation.join"))) return true;
    /* the first round has nothing to keep */
    if (str_eq(act, S("consultation.keep")) && !stage->before) return true;
    for (size_t i = 0; i < ARRAY_LEN(ACT_STEPS); i++) {
        if (str_eq(str_of(ACT_STEPS[i].act), act)) {
            return consultation_step_foreign(stage, ACT_STEPS[i].step);
        }
    }
    return false;
}

/* The opinion is written in a form that already holds what was written before; it is approved as
 * this page shows it. */
static void act_href(struct call *c, struct node *act, int64_t seen)
{
    struct str record = node_get(act, "record");
    struct str href = {};
    if (str_eq(node_get(act, "act"), S("consultation.draft"))) {
        href = str_format(c->arena, "/view/consultation.writing?record=%.*s", STR_ARG(record));
    } else if (str_eq(node_get(act, "act"), S("consultation.renew"))) {
        href = str_format(c->arena, "/view/consultation.renewing?record=%.*s", STR_ARG(record));
    } else if (str_eq(node_get(act, "act"), S("consultation.keep"))) {
        node_int(c, act, "seen", seen);
    } else if (str_eq(node_get(act, "act"), S("consultation.approve"))) {
        href = str_format(c->arena, "/act/consultation.approve?record=%.*s&seen=%lld",
                          STR_ARG(record), (long long)seen);
        node_int(c, act, "seen", seen); /* for its button, which asks nothing more */
    }
    for (struct node *child = act->first; child != NULL; child = child->next) {
        if (href.len > 0 && str_eq(str_of(child->name), S("href"))) child->text = href;
    }
}

/* Unlinks the acts of the other side: the page of an asked office does not speak of closing. */
static void acts_keep_own(struct call *c, struct node *acts, const struct consultation_stage *stage,
                          int64_t seen)
{
    struct node *at = acts->first;
    acts->first = NULL;
    acts->last = NULL;
    while (at != NULL) {
        struct node *next = at->next;
        at->next = NULL;
        struct str name = node_get(at, "act");
        if (!act_is_foreign(stage, name)) {
            act_href(c, at, seen);
            if (acts->last != NULL) acts->last->next = at;
            if (acts->first == NULL) acts->first = at;
            acts->last = at;
        }
        at = next;
    }
}

static enum err acts_put(struct call *c, struct view *view, const struct consultation_case *round)
{
    struct node *acts = node_put_list(c, view->data, "acts");
    int64_t seen = 0;
    enum err e = consultation_case_seen(c, round, &seen);
    if (e == OK) e = record_acts(c, &round->head, acts);
    if (e == OK) acts_keep_own(c, acts, &round->stage, seen);
    return e;
}

/* ---- the round ---- */

static void request_facts(struct call *c, struct view *view, const struct consultation_case *round)
{
    const struct consultation_request *r = &round->request;
    view_fact(c, view, "consultation.column.asker", office_name(c, round->head.home));
    view_fact(c, view, "field.consultation.request.signer_title", r->signer_title);
    view_fact(c, view, "field.consultation.request.urgency",
              consultation_choice_text(c, &CONSULTATION_REQUEST, "urgency", r->urgency));
    view_fact(c, view, "field.consultation.request.days",
              str_format(c->arena, "%lld", (long long)r->days));
    view_fact(c, view, "field.consultation.request.from_date",
              time_format_day_long(c->arena, r->from_day, c->lang));
    if (r->first_due_day != 0) {
        view_fact(c, view, "field.consultation.request.first_due_date",
                  time_format_day_long(c->arena, r->first_due_day, c->lang));
        view_fact(c, view, "field.consultation.request.moved_reason", r->moved_reason);
    }
    if (r->legal_day != 0) {
        view_fact(c, view, "field.consultation.request.legal_date",
                  time_format_day_long(c->arena, r->legal_day, c->lang));
        view_fact(c, view, "field.consultation.request.legal_basis", r->legal_basis);
    }
    if (r->state == ROUND_CLOSED) {
        view_fact(c, view, "field.consultation.request.closed",
                  time_hanoi_format(c->arena, r->closed_ms, c->lang));
        view_fact(c, view, "field.consultation.request.close_note", r->close_note);
    }
    consultation_load_facts(c, view, r);
    consultation_rounds_put(c, view, round);
    if (r->edition.len > 0) {
        consultation_fact_link(c, view, "view.consultation.text",
                               words(c->lang, S("consultation.word.open")),
                               str_format(c->arena, "/view/consultation.text?record=%.*s",
                                          STR_ARG(round->head.record)));
    }
    consultation_fact_link(
        c, view, "view.consultation.table", words(c->lang, S("consultation.table_open")),
        str_format(c->arena, "/view/consultation.table?record=%.*s", STR_ARG(round->head.record)));
    if (!round->stage.own) return;
    consultation_fact_link(
        c, view, "view.consultation.cover", words(c->lang, S("consultation.cover_open")),
        str_format(c->arena, "/view/consultation.cover?record=%.*s", STR_ARG(round->head.record)));
}

static void giver_row(struct call *c, struct view *section, const struct consultation_case *round,
                      const struct consultation_giver *giver, bool reasons)
{
    struct consultation_due due = consultation_due_of(&round->request, giver->office);
    int64_t due_ms = due.paused_day != 0 ? INT64_MAX : due.ms;
    enum consultation_standing standing =
        consultation_standing(giver, round->request.state, due_ms, c->now_ms);
    struct str href = giver->opinion.len == 0
                          ? (struct str){}
                          : str_format(c->arena, "/view/consultation.opinion?record=%.*s",
                                       STR_ARG(giver->opinion));
    struct node *row = view_row(c, section, giver->opinion, href);
    struct str name = consultation_giver_name(c, giver->office, giver->name);
    view_cell(c, row,
              giver->office.len > 0
                  ? name
                  : consultation_words(c, "consultation.outside_name", "name", name));
    view_cell_state(c, row, consultation_standing_text(c, giver, standing),
                    consultation_standing_tone(standing, giver->answer));
    view_cell_instant(c, row, giver->signed_ms);
    if (reasons) view_cell(c, row, giver->excused ? giver->excuse : giver->refusal);
}

/* Who answered what; the receipts stand beside it, in the deliveries of the page. */
static void givers_put(struct call *c, struct view *view, const struct consultation_case *round)
{
    struct consultation_count total = consultation_count(round->givers, round->giver_count);
    struct view section = consultation_section(c, view, "consultation.section.givers");
    view_column(c, &section, "giver", "consultation.column.giver");
    view_column(c, &section, "standing", "consultation.column.standing");
    view_column(c, &section, "signed", "field.consultation.opinion.signed");
    bool reasons = total.refused + total.excused > 0;
    if (reasons) {
        view_column(c, &section, "reason", "field.consultation.refusal.reason");
    }
    for (size_t i = 0; i < round->giver_count; i++)
        giver_row(c, &section, round, &round->givers[i], reasons);
    node_int(c, view->data, "asked", (int64_t)total.asked);
    node_int(c, view->data, "answered", (int64_t)total.answered);
    node_int(c, view->data, "refused", (int64_t)total.refused);
    view_fact(c, view, "consultation.column.progress", consultation_progress_text(c, &total));
}

/* What the others said, where the round shows it to all who were asked. */
static void voices_put(struct call *c, struct view *view, const struct consultation_case *round)
{
    if (round->voice_count == 0) return;
    struct view section = consultation_section(c, view, "consultation.section.shared");
    view_column(c, &section, "giver", "consultation.column.giver");
    view_column(c, &section, "answer", "field.consultation.opinion.answer");
    view_column(c, &section, "general", "field.consultation.opinion.general");
    view_column(c, &section, "signed", "field.consultation.opinion.signed");
    for (size_t i = 0; i < round->voice_count; i++) {
        const struct consultation_voice *voice = &round->voices[i];
        struct str href =
            str_format(c->arena, "/view/consultation.opinion?record=%.*s", STR_ARG(voice->opinion));
        struct node *row = view_row(c, &section, voice->opinion, href);
        view_cell(c, row, consultation_voice_name(c, voice->home, voice->behalf));
        view_cell(c, row,
                  consultation_choice_text(c, &CONSULTATION_OPINION, "answer", voice->answer));
        view_cell(c, row, voice->general);
        view_cell_instant(c, row, voice->signed_ms);
    }
}

/* ---- our own work on it ---- */

static void intake_facts(struct call *c, struct view *view, const struct consultation_case *round)
{
    const struct consultation_intake *in = &round->intake;
    if (round->own.intake.len == 0) {
        view_fact(c, view, "consultation.column.ours", words(c->lang, S("consultation.stage.new")));
        return;
    }
    view_fact(c, view, "consultation.column.ours",
              consultation_choice_text(c, &CONSULTATION_INTAKE, "state", in->state));
    view_fact(c, view, "field.consultation.intake.received",
              time_hanoi_format(c->arena, in->received_ms, c->lang));
    if (in->number > 0) {
        view_fact(c, view, "field.consultation.intake.number",
                  str_format(c->arena, "%lld/%lld", (long long)in->number, (long long)in->year));
    }
    view_fact(c, view, "field.consultation.intake.reason", in->reason);
    if (in->officer.len == 0) return;
    view_fact(c, view, "field.consultation.intake.officer", person_title(c, in->officer));
    if (in->why.len == 0) { /* an earlier one, set inside */
        view_fact(c, view, "consultation.column.inner_due",
                  time_format_day_long(c->arena, in->due_day, c->lang));
    }
    view_fact(c, view, "field.consultation.intake.instruction", in->instruction);
}

/* The points of a draft, shown like those of an opinion that nobody has answered. */
static void draft_lines(struct call *c, struct view *view, const struct consultation_draft *draft)
{
    const struct consultation_point *points = draft->points.rows;
    struct consultation_line *lines = arena_array(c->arena, draft->points.count + 1, sizeof *lines);
    for (size_t i = 0; i < draft->points.count; i++) {
        lines[i] = (struct consultation_line){.clause = points[i].clause,
                                              .level = points[i].level,
                                              .text = points[i].text,
                                              .wording = points[i].wording};
    }
    struct view section = consultation_section(c, view, "consultation.section.draft_points");
    view_column(c, &section, "clause", "field.consultation.point.clause");
    view_column(c, &section, "level", "field.consultation.point.level");
    view_column(c, &section, "text", "field.consultation.point.text");
    for (size_t i = 0; i < draft->points.count; i++) {
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row,
                  lines[i].clause.len > 0 ? lines[i].clause
                                          : words(c->lang, S("consultation.whole")));
        view_cell(c, row, consultation_level_text(c, lines[i].level));
        view_cell(c, row, consultation_line_text(c, &lines[i]));
    }
}

static void draft_put(struct call *c, struct view *view, const struct consultation_draft *draft)
{
    view_fact(c, view, "consultation.column.draft",
              consultation_choice_text(c, &CONSULTATION_DRAFT, "state", draft->state));
    view_fact(c, view, "field.consultation.draft.answer",
              consultation_choice_text(c, &CONSULTATION_DRAFT, "answer", draft->answer));
    view_fact(c, view, "field.consultation.draft.comment", draft->comment);
    consultation_section_text(c, view, "field.consultation.draft.general", draft->general);
    if (draft->points.count > 0 && draft->state != DRAFT_APPROVED) draft_lines(c, view, draft);
}

/* Everybody sees the deadline that holds for their own office. */
static void due_put(struct call *c, struct view *view, const struct consultation_request *r,
                    bool done)
{
    struct consultation_due due = consultation_due_of(r, c->office->id);
    if (due.paused_day != 0 && !done) {
        (void)view_due_paused(c, view->data, "due", due.paused_day, due.why);
    } else {
        (void)view_due(c, view->data, "due", due.ms, due.why, done);
    }
}

static void show_state(struct call *c, struct view *view, const struct consultation_case *round)
{
    const struct consultation_request *r = &round->request;
    bool given = round->draft.state == DRAFT_APPROVED || round->intake.state == INTAKE_REFUSED;
    bool done = r->state == ROUND_CLOSED || (!round->stage.own && given);
    struct node *state = node_put_map(c, view->data, "state");
    node_text(c, state, "text",
              consultation_choice_text(c, &CONSULTATION_REQUEST, "state", r->state));
    node_text(c, state, "tone", r->state == ROUND_CLOSED ? S("neutral") : S("good"));
    node_int(c, view->data, "n", round->head.n);
    if (r->urgency > URGENCY_NORMAL) {
        struct node *urgency = node_put_map(c, view->data, "urgency");
        node_text(c, urgency, "text",
                  consultation_choice_text(c, &CONSULTATION_REQUEST, "urgency", r->urgency));
        node_text(c, urgency, "tone", r->urgency == URGENCY_HOA_TOC ? S("late") : S("warn"));
    }
    due_put(c, view, &round->request, done);
    consultation_home_put(c, view, round->head.home);
}

enum err consultation_show_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct consultation_case round = {};
    struct consultation_line *lines = NULL;
    size_t count = 0;
    enum err e = consultation_case_visible(c, in->record, &round);
    if (e == OK) e = consultation_case_givers(c, &round);
    if (e == OK) e = consultation_sql_lines(c, in->record, &lines, &count);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_RECORD, round.request.subject);
    show_state(c, &view, &round);
    request_facts(c, &view, &round);
    consultation_section_text(c, &view, "field.consultation.request.summary",
                              round.request.summary);
    if (round.stage.own) givers_put(c, &view, &round);
    if (!round.stage.own && round.request.sharing == SHARING_ASKED) voices_put(c, &view, &round);
    if (round.stage.asked) intake_facts(c, &view, &round);
    if (round.own.draft.len > 0) draft_put(c, &view, &round.draft);
    consultation_unplaced_put(c, &view, &round);
    e = consultation_inners_put(c, &view, in->record);
    if (e == OK) e = consultation_before_put(c, &view, &round);
    if (e != OK) return e;
    if (count > 0) {
        consultation_lines_sort(c, lines, count);
        struct view section = consultation_section(c, &view, "consultation.section.points");
        consultation_lines_put(c, &section, lines, count, round.stage.own);
    }
    pause_section_put(c, &view, &round.request.pauses);
    e = obligation_deadlines_put(c, &view, in->record);
    if (e != OK) return e;
    consultation_files_put(c, &view, &round.request.files);
    node_put(view.data, "deliveries", round.deliveries);
    e = consultation_reminders_put(c, &view, in->record);
    if (e == OK) e = notice_section(c, &view, in->record);
    if (e == OK) e = record_history(c, in->record, node_put_list(c, view.data, "history"));
    if (e == OK) e = acts_put(c, &view, &round);
    if (e == OK) *ret_view = view;
    return e;
}

/* ---- an opinion ---- */

/* "KT. CHỦ NHIỆM" in the words of an office: the capacity before the title. */
static struct str signer_text(struct call *c, int64_t capacity, struct str title)
{
    if (capacity == CAPACITY_NONE) return title;
    struct str word = consultation_choice_text(c, &CONSULTATION_OPINION, "capacity", capacity);
    return str_format(c->arena, "%.*s %.*s", STR_ARG(word), STR_ARG(title));
}

static void opinion_facts(struct call *c, struct view *view, const struct head *head,
                          const struct consultation_opinion *o,
                          const struct consultation_case *round)
{
    bool behalf = o->behalf.len > 0;
    view_fact(c, view, "consultation.column.giver",
              consultation_voice_name(c, head->home, o->behalf));
    view_fact(c, view, "field.consultation.opinion.answer",
              consultation_choice_text(c, &CONSULTATION_OPINION, "answer", o->answer));
    struct str condition =
        o->condition_office.len > 0 ? office_name(c, o->condition_office) : o->condition_body;
    view_fact(c, view, "field.consultation.opinion.condition_office", condition);
    if (o->confidential) {
        view_fact(c, view, "field.consultation.opinion.confidential",
                  words(c->lang, S("consultation.confidential")));
    }
    if (o->kept.len > 0) {
        consultation_fact_link(
            c, view, "field.consultation.opinion.kept", words(c->lang, S("consultation.kept")),
            str_format(c->arena, "/view/consultation.opinion?record=%.*s", STR_ARG(o->kept)));
    }
    view_fact(c, view, "field.consultation.opinion.signer_title",
              signer_text(c, o->capacity, o->signer_title));
    view_fact(c, view,
              behalf ? "consultation.column.registered" : "field.consultation.opinion.signed",
              time_hanoi_format(c->arena, o->signed_ms, c->lang));
    view_fact(c, view, "field.consultation.opinion.paper_number", o->paper_number);
    if (o->paper_day != 0) {
        view_fact(c, view, "field.consultation.opinion.paper_date",
                  time_format_day_vn(c->arena, o->paper_day));
    }
    struct str giver = behalf ? (struct str){} : head->home;
    bool late = o->signed_ms > consultation_due_of(&round->request, giver).ms;
    if (late) {
        view_fact(c, view, "consultation.column.standing", words(c->lang, S("consultation.late")));
    }
    view_fact(c, view, "field.consultation.opinion.request_n",
              str_format(c->arena, "%lld", (long long)o->request_n));
    view_fact(c, view, "field.consultation.opinion.request_hash", o->request_hash);
    view_fact(c, view, "field.consultation.opinion.draft_hash", o->draft_hash);
    consultation_fact_link(
        c, view, "kind.consultation.request", words(c->lang, S("consultation.round_open")),
        str_format(c->arena, "/view/consultation.show?record=%.*s", STR_ARG(o->request)));
}

enum err consultation_opinion_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct consultation_opinion opinion = {};
    struct consultation_case round = {};
    struct consultation_line *lines = NULL;
    struct head head = {};
    size_t count = 0, own = 0;
    enum err e = record_body_visible(c, "consultation.opinion", in->record, &opinion);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e == OK) e = consultation_case_visible(c, opinion.request, &round);
    if (e == OK) e = consultation_sql_lines(c, opinion.request, &lines, &count);
    if (e != OK) return e;
    for (size_t i = 0; i < count; i++) {
        bool kept = opinion.kept.len > 0 && str_eq(lines[i].opinion, opinion.kept);
        if (kept || str_eq(lines[i].opinion, in->record)) lines[own++] = lines[i];
    }
    struct view view = {};
    view_start(c, &view, VIEW_RECORD, opinion.subject);
    node_int(c, view.data, "n", head.n);
    consultation_home_put(c, &view, head.home);
    opinion_facts(c, &view, &head, &opinion, &round);
    view_fact(c, &view, "consultation.column.outcomes", consultation_sum_text(c, lines, own));
    consultation_section_text(c, &view, "field.consultation.opinion.general", opinion.general);
    consultation_lines_sort(c, lines, own);
    struct view section = consultation_section(c, &view, "consultation.section.points");
    consultation_lines_put(c, &section, lines, own, round.stage.own);
    consultation_files_put(c, &view, &opinion.files);
    e = record_deliveries(c, in->record, node_put_list(c, view.data, "deliveries"));
    if (e == OK) e = record_history(c, in->record, node_put_list(c, view.data, "history"));
    node_put_list(c, view.data, "acts"); /* each point has its own link to be answered */
    if (e == OK) *ret_view = view;
    return e;
}

/* ---- the form in which an opinion is written ---- */

enum { ROWS_OFFERED = 3 };

/* The points so far, filled up with empty rows; most points ask for a change. */
static void points_put(struct call *c, struct node *values, const struct list *list)
{
    const struct consultation_point *points = list->rows;
    const struct field_table *table = field_find(&CONSULTATION_DRAFT, S("points"))->of;
    const struct field *level = field_find(table, S("level"));
    struct str usual = field_choice_word(level, LEVEL_SHOULD);
    struct node *rows = node_put_list(c, values, "points");
    for (size_t i = 0; i < list->count; i++) {
        struct node *row = node_add_map(c, rows);
        node_text(c, row, "clause", points[i].clause);
        node_text(c, row, "level", field_choice_word(level, points[i].level));
        node_text(c, row, "text", points[i].text);
        node_text(c, row, "wording", points[i].wording);
    }
    for (size_t i = list->count; i < ROWS_OFFERED; i++)
        node_text(c, node_add_map(c, rows), "level", usual);
    node_text(c, node_put_map(c, values, "points.new"), "level", usual);
}

/* In a later round the form begins with what was said before. */
static enum err draft_of_before(struct call *c, struct str before,
                                struct consultation_draft *ret_draft)
{
    struct consultation_opinion opinion = {};
    enum err e = record_body(c, "consultation.opinion", before, &opinion);
    if (e == OK && opinion.kept.len > 0) {
        e = record_body(c, "consultation.opinion", opinion.kept, &opinion);
    }
    if (e != OK) return e;
    *ret_draft = (struct consultation_draft){
        .answer = opinion.answer,
        .general = opinion.general,
        .points = opinion.points,
        .condition_office = opinion.condition_office,
        .condition_body = opinion.condition_body,
        .confidential = opinion.confidential,
        .capacity = opinion.capacity,
    };
    return OK;
}

enum err consultation_writing_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct consultation_case round = {};
    int64_t seen = 0;
    enum err e = consultation_case_visible(c, in->record, &round);
    if (e == OK) e = consultation_case_seen(c, &round, &seen);
    if (e != OK) return e;
    const struct consultation_draft *draft = &round.draft;
    struct consultation_draft again = {};
    if (round.own.draft.len == 0 && round.before.len > 0) {
        e = draft_of_before(c, round.before, &again);
        if (e != OK) return e;
        draft = &again;
    }
    struct view view = {};
    view_start(c, &view, VIEW_FORM, round.request.subject);
    node_text(c, view.data, "act", S("consultation.draft"));
    struct node *values = node_put_map(c, view.data, "values");
    node_text(c, values, "record", in->record);
    node_int(c, values, "seen", seen);
    node_text(c, values, "answer",
              field_choice_word(field_find(&CONSULTATION_DRAFT, S("answer")), draft->answer));
    node_text(c, values, "general", draft->general);
    node_text(c, values, "condition_office", draft->condition_office);
    node_text(c, values, "condition_body", draft->condition_body);
    node_text(c, values, "confidential", draft->confidential ? S("true") : S(""));
    node_text(c, values, "capacity",
              field_choice_word(field_find(&CONSULTATION_DRAFT, S("capacity")), draft->capacity));
    points_put(c, values, &draft->points);
    *ret_view = view;
    return OK;
}

/* ---- the form in which a point is answered ---- */

enum { TITLE_BYTES = 300 };

/* "Điều 3: Bổ sung cơ quan chủ trì", cut to one readable line. */
static struct str point_title(struct call *c, const struct consultation_line *line)
{
    struct str text = line->text;
    struct str rest = {};
    struct str clause = consultation_line_clause(c, line);
    (void)str_cut(text, '\n', &text, &rest);
    text = str_sub(text, 0, utf8_cut(text, TITLE_BYTES));
    return str_format(c->arena, "%.*s: %.*s", STR_ARG(clause), STR_ARG(text));
}

enum err consultation_replying_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_point_input *in = args;
    struct consultation_opinion opinion = {};
    struct consultation_line *lines = NULL;
    const struct consultation_line *line = NULL;
    size_t count = 0;
    enum err e = record_body_visible(c, "consultation.opinion", in->record, &opinion);
    if (e == OK) e = consultation_sql_lines(c, opinion.request, &lines, &count);
    if (e != OK) return e;
    for (size_t i = 0; i < count; i++) {
        bool same = str_eq(lines[i].opinion, in->record) && lines[i].point == in->point;
        if (same) line = &lines[i];
    }
    if (line == NULL) problem(c, S("point"), "consultation.point_unknown");
    e = problems_fail(c);
    if (e != OK) return e;
    const struct field_table *table = field_find(&CONSULTATION_REPLY, S("replies"))->of;
    struct view view = {};
    view_start(c, &view, VIEW_FORM, point_title(c, line));
    node_text(c, view.data, "act", S("consultation.answer_point"));
    struct node *values = node_put_map(c, view.data, "values");
    node_text(c, values, "record", in->record);
    node_text(c, values, "point", str_format(c->arena, "%lld", (long long)in->point));
    node_text(c, values, "outcome",
              field_choice_word(field_find(table, S("outcome")), line->outcome));
    node_text(c, values, "reason", line->reason);
    node_text(c, values, "wording", line->new_wording);
    int64_t times = line->outcome == OUTCOME_OPEN || line->times > 0 ? line->times : 1;
    node_int(c, values, "seen", times + 1);
    *ret_view = view;
    return OK;
}
