/*
 * consultation_changes.c: what is new in the draft of a round, clause by clause, on the screen and
 * on paper from the same comparison (base/clause.h); and the form in which the next round begins.
 */
#include "base/clause.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "consultation_pages.h"
#include "core/office.h"

/* Both drafts and their difference. */
struct changes {
    struct consultation_case round;
    struct consultation_edition now;
    struct consultation_edition old;
    bool there; /* both texts are here */
    struct clause_pairs pairs;
};

static enum err changes_load(struct call *c, struct str record, struct changes *ret_changes)
{
    struct changes ch = {};
    enum err e = consultation_case_visible(c, record, &ch.round);
    if (e != OK) return e;
    struct str edition = ch.round.request.edition;
    if (edition.len > 0) e = record_body_visible(c, "consultation.edition", edition, &ch.now);
    ch.there = e == OK && ch.now.previous.len > 0;
    if (ch.there) e = record_body_visible(c, "consultation.edition", ch.now.previous, &ch.old);
    if (e == ERR_NOT_FOUND) { /* an office that was asked later has never had the older text */
        call_clear(c);
        ch.there = false;
        e = OK;
    }
    if (e != OK) return e;
    if (ch.there) {
        struct clauses *sides = arena_array(c->arena, 2, sizeof *sides);
        sides[0] = clause_split(c->arena, ch.old.text);
        sides[1] = clause_split(c->arena, ch.now.text);
        ch.pairs = clause_diff(c->arena, &sides[0], &sides[1]);
    }
    *ret_changes = ch;
    return OK;
}

static bool is_told(const struct clause_pair *pair)
{
    return pair->change != CLAUSE_SAME && pair->change != CLAUSE_RENUMBERED;
}

static struct str clause_name(struct call *c, const struct clause *clause)
{
    return clause->address.len > 0 ? clause->address : words(c->lang, S("consultation.opening"));
}

/* "Điều 6", "Điều 6 (trước là Điều 5)". */
static struct str pair_name(struct call *c, const struct clause_pair *pair)
{
    if (pair->now == NULL) return clause_name(c, pair->old);
    if (pair->old == NULL || str_eq(pair->old->address, pair->now->address)) {
        return clause_name(c, pair->now);
    }
    struct fail_arg args[] = {{"now", clause_name(c, pair->now)},
                              {"old", clause_name(c, pair->old)}};
    return words_fill(c->arena, c->lang, S("consultation.was_clause"), args, ARRAY_LEN(args));
}

static struct str change_text(struct call *c, enum clause_change change)
{
    static const char *const KEYS[] = {
        [CLAUSE_SAME] = "consultation.change.same",
        [CLAUSE_RENUMBERED] = "consultation.change.renumbered",
        [CLAUSE_MOVED] = "consultation.change.moved",
        [CLAUSE_CHANGED] = "consultation.change.changed",
        [CLAUSE_ADDED] = "consultation.change.added",
        [CLAUSE_REMOVED] = "consultation.change.removed",
    };
    return words(c->lang, str_of(KEYS[change]));
}

static bool is_stop(char ch)
{
    return ch == '.' || ch == ',' || ch == ';' || ch == ':' || ch == '!' || ch == '?';
}

/* The words of run i; where the text of one draft ends and that of the other goes on, a blank keeps
 * them apart. */
static struct str run_text(struct call *c, const struct clause_pair *pair, size_t i)
{
    const struct clause_run *run = &pair->runs[i];
    char last = run->text.ptr[run->text.len - 1];
    bool end = i + 1 == pair->run_count || is_stop(pair->runs[i + 1].text.ptr[0]);
    if (end || last == ' ' || last == '\n') return run->text;
    return str_format(c->arena, "%.*s ", STR_ARG(run->text));
}

static void runs_cell(struct call *c, struct node *row, const struct clause_pair *pair)
{
    static const char *const NAMES[] = {"stay", "gone", "come"};
    view_cell(c, row, pair->now != NULL ? pair->now->text : (struct str){});
    struct node *cell = row->last->last;
    node_text(c, cell, "kind", S("change"));
    struct node *runs = node_put_list(c, cell, "runs");
    for (size_t i = 0; i < pair->run_count; i++) {
        node_text(c, node_add_map(c, runs), NAMES[pair->runs[i].mark], run_text(c, pair, i));
    }
}

static struct str count_text(struct call *c, size_t count)
{
    return str_format(c->arena, "%zu", count);
}

static void changes_facts(struct call *c, struct view *view, const struct changes *ch)
{
    const struct consultation_request *r = &ch->round.request;
    view_fact(c, view, "field.consultation.request.subject", r->subject);
    view_fact(c, view, "field.consultation.request.round",
              str_format(c->arena, "%lld", (long long)r->round));
    view_fact(c, view, "field.consultation.request.changes", r->changes);
    view_fact(c, view, "field.consultation.request.draft_hash", r->draft_hash);
    if (!ch->there) return;
    view_fact(c, view, "consultation.column.changed", count_text(c, ch->pairs.changed));
    view_fact(c, view, "consultation.column.same",
              count_text(c, ch->pairs.count - ch->pairs.changed));
    if (ch->pairs.changed > LIMIT_ROWS) {
        view_fact(c, view, "consultation.column.not_shown",
                  count_text(c, ch->pairs.changed - LIMIT_ROWS));
    }
}

enum err consultation_changes_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct changes ch = {};
    enum err e = changes_load(c, in->record, &ch);
    if (e != OK) return e;
    struct view view = {};
    size_t shown = 0;
    view_start(c, &view, VIEW_LIST, words(c->lang, S("view.consultation.changes")));
    changes_facts(c, &view, &ch);
    view_column(c, &view, "clause", "field.consultation.point.clause");
    view_column(c, &view, "change", "consultation.column.change");
    view_column(c, &view, "text", "consultation.column.new_text");
    for (size_t i = 0; i < ch.pairs.count && shown < LIMIT_ROWS; i++) {
        const struct clause_pair *pair = &ch.pairs.rows[i];
        if (!is_told(pair)) continue;
        struct node *row = view_row(c, &view, (struct str){}, (struct str){});
        view_cell(c, row, pair_name(c, pair));
        view_cell(c, row, change_text(c, pair->change));
        runs_cell(c, row, pair);
        shown++;
    }
    node_int(c, view.data, "count", (int64_t)shown);
    node_text(c, view.data, "empty",
              words(c->lang, ch.there ? S("consultation.nothing_changed")
                                      : S("consultation.no_comparison")));
    *ret_view = view;
    return OK;
}

/* ---- on the page of the round ---- */

static struct str round_href(struct call *c, const char *view, struct str record)
{
    return str_format(c->arena, "/view/consultation.%s?record=%.*s", view, STR_ARG(record));
}

void consultation_rounds_put(struct call *c, struct view *view,
                             const struct consultation_case *round)
{
    const struct consultation_request *r = &round->request;
    if (r->round > 1) {
        struct str number = str_format(c->arena, "%lld", (long long)r->round);
        consultation_fact_link(c, view, "field.consultation.request.round",
                               consultation_words(c, "consultation.round_number", "round", number),
                               round_href(c, "show", r->previous));
        view_fact(c, view, "field.consultation.request.changes", r->changes);
        consultation_fact_link(c, view, "view.consultation.changes",
                               words(c->lang, S("consultation.changes_open")),
                               round_href(c, "changes", round->head.record));
    }
    if (r->next.len > 0) {
        consultation_fact_link(c, view, "field.consultation.request.next",
                               words(c->lang, S("consultation.next_open")),
                               round_href(c, "show", r->next));
    }
    view_fact(c, view, "field.consultation.request.gate",
              consultation_choice_text(c, &CONSULTATION_REQUEST, "gate", r->gate));
    view_fact(c, view, "field.consultation.request.sharing",
              consultation_choice_text(c, &CONSULTATION_REQUEST, "sharing", r->sharing));
}

/* What the new draft did to the clause that a point spoke of, the strongest change in it. */
static struct str clause_fate(struct call *c, const struct changes *ch, struct str clause)
{
    bool found = false;
    if (!ch->there) return (struct str){};
    for (size_t i = 0; i < ch->pairs.count; i++) {
        const struct clause_pair *pair = &ch->pairs.rows[i];
        struct str address = pair->old != NULL ? pair->old->address : (struct str){};
        if (pair->old == NULL || !consultation_clause_covers(clause, address)) continue;
        found = true;
        if (is_told(pair)) return change_text(c, pair->change);
    }
    return words(c->lang, found ? S("consultation.change.same") : S("consultation.clause_unknown"));
}

enum err consultation_before_put(struct call *c, struct view *view,
                                 const struct consultation_case *round)
{
    struct consultation_opinion before = {};
    struct consultation_line *lines = NULL;
    struct changes ch = {};
    size_t count = 0;
    if (round->before.len == 0) return OK;
    enum err e = record_body(c, "consultation.opinion", round->before, &before);
    if (e == OK) e = consultation_sql_lines(c, before.request, &lines, &count);
    if (e == OK) e = changes_load(c, round->head.record, &ch);
    if (e != OK) return e;
    struct view section = consultation_section(c, view, "consultation.section.before");
    struct str root = before.kept.len > 0 ? before.kept : round->before;
    bool keep = consultation_step_refusal(&round->stage, STEP_KEEP) == NULL;
    node_text(c, section.data, "text",
              consultation_words(
                  c, keep ? "consultation.before_keep" : "consultation.before_answer", "answer",
                  consultation_choice_text(c, &CONSULTATION_OPINION, "answer", before.answer)));
    view_column(c, &section, "clause", "field.consultation.point.clause");
    view_column(c, &section, "text", "field.consultation.point.text");
    view_column(c, &section, "outcome", "field.consultation.answer_point.outcome");
    view_column(c, &section, "fate", "consultation.column.fate");
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(lines[i].opinion, root)) continue;
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row, consultation_line_clause(c, &lines[i]));
        view_cell(c, row, consultation_line_text(c, &lines[i]));
        view_cell(c, row, consultation_outcome_text(c, lines[i].outcome));
        view_cell(c, row, clause_fate(c, &ch, lines[i].clause));
    }
    return OK;
}

/* ---- on paper ---- */

static struct paper_cell runs_paper(struct call *c, const struct clause_pair *pair)
{
    static const enum paper_mark MARKS[] = {PAPER_PLAIN, PAPER_STRUCK, PAPER_UNDERLINED};
    static const char *const OPEN[] = {"", "[-", "[+"};
    struct paper_run *runs = arena_array(c->arena, pair->run_count + 1, sizeof *runs);
    struct sb flat = sb_new(c->arena, 0); /* for files that know no marks */
    for (size_t i = 0; i < pair->run_count; i++) {
        const struct clause_run *run = &pair->runs[i];
        runs[i] = (struct paper_run){MARKS[run->mark], run_text(c, pair, i)};
        sb_printf(&flat, "%s%.*s%s ", OPEN[run->mark], STR_ARG(str_trim(run->text)),
                  run->mark == MARK_SAME ? "" : "]");
    }
    struct paper_cell cell = paper_text(str_trim(sb_str(&flat)));
    cell.runs = runs;
    cell.run_count = pair->run_count;
    return cell;
}

static void changes_table(struct call *c, struct paper *paper, const struct changes *ch)
{
    struct paper_table *table = paper_table(c, paper, (struct str){});
    int64_t number = 0;
    paper_column(table, words(LANG_VI, S("consultation.paper.column.number")), 12, PAPER_CENTRE);
    paper_column(table, words(LANG_VI, S("field.consultation.point.clause")), 50, PAPER_LEFT);
    paper_column(table, words(LANG_VI, S("consultation.column.change")), 30, PAPER_LEFT);
    paper_column(table, words(LANG_VI, S("consultation.column.new_text")), 165, PAPER_LEFT);
    for (size_t i = 0; i < ch->pairs.count; i++) {
        const struct clause_pair *pair = &ch->pairs.rows[i];
        if (!is_told(pair)) continue;
        struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
        cells[0] = paper_number(++number);
        cells[1] = paper_text(pair_name(c, pair));
        cells[2] = paper_text(change_text(c, pair->change));
        cells[3] = runs_paper(c, pair);
    }
}

enum err consultation_changes_paper(struct call *c, const void *args, struct paper *ret_paper)
{
    const struct consultation_record_input *in = args;
    struct changes ch = {};
    enum lang reader = c->lang;
    paper_start(c, ret_paper, PAPER_LANDSCAPE);
    c->lang = LANG_VI; /* an official paper */
    enum err e = changes_load(c, in->record, &ch);
    if (e == OK) {
        ret_paper->agency = c->office->name;
        ret_paper->title = words(LANG_VI, S("view.consultation.changes"));
        ret_paper->subject = ch.round.request.subject;
        paper_part(c, &ret_paper->intro, PAPER_BODY, ch.round.request.changes);
        if (ch.pairs.changed > 0) changes_table(c, ret_paper, &ch);
        if (ch.pairs.changed == 0) {
            paper_part(c, &ret_paper->intro, PAPER_BODY,
                       words(LANG_VI, ch.there ? S("consultation.nothing_changed")
                                               : S("consultation.no_comparison")));
        }
    }
    c->lang = reader;
    return e;
}

/* ---- the form of the next round ---- */

enum err consultation_renewing_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct consultation_case round = {};
    struct consultation_edition edition = {};
    enum err e = consultation_case_visible(c, in->record, &round);
    if (e == OK && round.request.edition.len > 0) {
        e = record_body_visible(c, "consultation.edition", round.request.edition, &edition);
    }
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_FORM, round.request.subject);
    node_text(c, view.data, "act", S("consultation.renew"));
    struct node *values = node_put_map(c, view.data, "values");
    node_text(c, values, "record", in->record);
    node_int(c, values, "seen", round.head.n);
    node_text(c, values, "draft", edition.text);
    node_text(c, values, "days", str_format(c->arena, "%lld", (long long)round.request.days));
    *ret_view = view;
    return OK;
}
