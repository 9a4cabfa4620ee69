/*
 * consultation_word.c: the round trip of a draft through Word: the text leaves as a DOCX with a
 * bookmark for each clause; the comments and tracked changes of the file that comes back become
 * points at their clauses. What could not be placed waits in the draft opinion until a person has
 * placed it; until then the opinion is not handed in.
 */
#include "base/limits.h"
#include "base/utf8.h"
#include "base/words.h"
#include "consultation_acts.h"
#include "consultation_pages.h"
#include "consultation_place.h"
#include "core/act.h"
#include "core/office.h"

enum { QUOTE_BYTES = 300 };

/* A draft's text with its clauses. */
struct draft_text {
    struct consultation_case round;
    struct consultation_edition edition;
    struct clauses clauses;
};

static enum err text_load(struct call *c, struct str record, struct draft_text *ret_text)
{
    struct draft_text d = {};
    enum err e = consultation_case_visible(c, record, &d.round);
    if (e != OK) return e;
    struct str edition = d.round.request.edition;
    if (edition.len == 0) return fail(c, ERR_CONFLICT, "consultation.no_text");
    e = record_body_visible(c, "consultation.edition", edition, &d.edition);
    if (e == OK) d.clauses = clause_split(c->arena, d.edition.text);
    if (e == OK) *ret_text = d;
    return e;
}

static struct str clause_words(const struct draft_text *d, size_t i)
{
    const struct clause *clause = &d->clauses.rows[i];
    return str_trim(str_sub(d->edition.text, clause->offset, clause->offset + clause->length));
}

/* ---- the file that leaves ---- */

enum err consultation_text_paper(struct call *c, const void *args, struct paper *ret_paper)
{
    const struct consultation_record_input *in = args;
    struct draft_text d = {};
    paper_start(c, ret_paper, PAPER_PORTRAIT);
    enum err e = text_load(c, in->record, &d);
    if (e != OK) return e;
    ret_paper->agency = office_name(c, d.round.head.home);
    ret_paper->title = words(LANG_VI, S("consultation.word.title"));
    ret_paper->subject = d.round.request.subject;
    paper_part(c, &ret_paper->intro, PAPER_BASIS, words(LANG_VI, S("consultation.word.how")));
    for (size_t i = 0; i < d.clauses.count; i++) {
        enum clause_level level = d.clauses.rows[i].level;
        bool head = level > CLAUSE_OPENING && level < CLAUSE_ARTICLE;
        paper_part_marked(c, &ret_paper->intro, head ? PAPER_HEADING : PAPER_BODY,
                          clause_words(&d, i), place_mark(c->arena, i, d.round.request.draft_hash));
    }
    return OK;
}

/* ---- the file that comes back ---- */

enum err consultation_can_take_word(struct call *c, const struct head *head)
{
    struct consultation_request r = {};
    enum err e = consultation_step_allowed(c, head, STEP_DRAFT);
    if (e == OK) e = record_body(c, "consultation.request", head->record, &r);
    if (e == OK && r.edition.len == 0) e = fail(c, ERR_CONFLICT, "consultation.no_text");
    return e;
}

enum err consultation_take_word_prepare(struct call *c, void *input)
{
    struct consultation_word_input *in = input;
    const struct file_ref *file = in->files.rows;
    struct parse parse = {};
    if (in->files.count != 1) {
        problem(c, S("files"), "consultation.word_one");
        return problems_fail(c);
    }
    if (c->office->parser == NULL) return fail(c, ERR_IO, "parse.gone");
    enum err e = parse_now(c, file->root, &parse);
    if (e != OK) return e;
    bool word = parse.state == PARSE_DONE && parse.format == PARSE_DOCX;
    if (!word) problem(c, S("files"), "consultation.word_format");
    if (word && parse.cut) problem(c, S("files"), "consultation.word_long");
    in->text = parse.text;
    in->notes = parse.notes;
    return problems_fail(c);
}

static struct str cut(struct str text, size_t bytes)
{
    return str_sub(text, 0, utf8_cut(text, bytes));
}

/* What a finding says, in the language of the office's papers. */
static struct str finding_text(struct call *c, const struct place_finding *f)
{
    static const char *const KEYS[] = {
        [PLACE_COMMENT] = "consultation.word.comment",
        [PLACE_CHANGE] = "consultation.word.change",
        [PLACE_UNTRACKED] = "consultation.word.untracked",
        [PLACE_LOST] = "consultation.word.lost",
    };
    const struct fail_arg args[] = {
        {"quote", cut(f->quote, QUOTE_BYTES)},
        {"text", f->text},
        {"removed", f->removed},
        {"added", f->added},
    };
    const char *key = KEYS[f->kind];
    if (f->kind == PLACE_COMMENT && f->quote.len == 0) return f->text;
    if (f->kind == PLACE_CHANGE && f->added.len == 0) key = "consultation.word.removed";
    if (f->kind == PLACE_CHANGE && f->removed.len == 0) key = "consultation.word.added";
    struct str text = words_fill(c->arena, LANG_VI, str_of(key), args, ARRAY_LEN(args));
    return cut(text, CONSULTATION_TEXT_BYTES);
}

static struct str clause_address(const struct clause *clause)
{
    return clause == NULL ? (struct str){} : clause->address;
}

/* The lists of a draft while they grow. */
struct growing {
    struct consultation_point *points;
    size_t point_count;
    struct consultation_unplaced *unplaced;
    size_t unplaced_count;
};

static void finding_put(struct call *c, const struct place_finding *f, struct growing *g)
{
    struct str text = finding_text(c, f);
    struct str wording = cut(f->wording, CONSULTATION_TEXT_BYTES);
    bool whole = wording.len == f->wording.len;
    if (f->placed && whole) {
        g->points[g->point_count++] =
            (struct consultation_point){clause_address(f->clause), LEVEL_SHOULD, text, wording};
    } else {
        g->unplaced[g->unplaced_count++] = (struct consultation_unplaced){
            clause_address(f->clause), f->author, text, whole ? wording : (struct str){}};
    }
}

static enum err findings_add(struct call *c, const struct place_findings *found,
                             struct consultation_draft *draft)
{
    struct growing g = {.point_count = draft->points.count,
                        .unplaced_count = draft->unplaced.count};
    const struct consultation_point *points = draft->points.rows;
    const struct consultation_unplaced *unplaced = draft->unplaced.rows;
    g.points = arena_array(c->arena, g.point_count + found->count + 1, sizeof *g.points);
    g.unplaced = arena_array(c->arena, g.unplaced_count + found->count + 1, sizeof *g.unplaced);
    for (size_t i = 0; i < g.point_count; i++)
        g.points[i] = points[i];
    for (size_t i = 0; i < g.unplaced_count; i++)
        g.unplaced[i] = unplaced[i];
    for (size_t i = 0; i < found->count; i++)
        finding_put(c, &found->rows[i], &g);
    bool many = g.point_count > CONSULTATION_POINTS || g.unplaced_count > CONSULTATION_POINTS;
    if (many) problem(c, S("files"), "consultation.word_many");
    draft->points = (struct list){g.points, g.point_count};
    draft->unplaced = (struct list){g.unplaced, g.unplaced_count};
    return problems_fail(c);
}

/* The file stands in the draft as long as that is written: nobody takes it twice. */
static void file_add(struct call *c, const struct file_ref *file, struct list *files)
{
    const struct file_ref *old = files->rows;
    struct file_ref *rows = arena_array(c->arena, files->count + 1, sizeof *rows);
    for (size_t i = 0; i < files->count; i++) {
        rows[i] = old[i];
        if (str_eq(old[i].root, file->root)) problem(c, S("files"), "consultation.word_taken");
    }
    rows[files->count] = *file;
    if (files->count == LIMIT_FILES) problem(c, S("files"), "consultation.word_many");
    *files = (struct list){rows, files->count + 1};
}

/* The draft as it is, or the one that begins with what comes back. */
static struct consultation_draft draft_of(struct call *c, const struct consultation_case *round)
{
    struct consultation_due due = consultation_due_of(&round->request, c->office->id);
    struct consultation_draft draft = round->draft;
    draft.request = round->head.record;
    draft.state = DRAFT_WRITING;
    draft.officer = c->who.person;
    draft.subject = round->request.subject;
    draft.urgency = round->request.urgency;
    draft.due_day = due.day;
    draft.due_ms = due.ms;
    draft.why = due.why;
    if (draft.answer == ANSWER_SILENT) draft.answer = ANSWER_AGREE_WITH_POINTS;
    return draft;
}

static enum err draft_load(struct call *c, struct str record, int64_t in_seen,
                           struct draft_text *ret_text, struct consultation_draft *ret_draft)
{
    int64_t seen = 0;
    enum err e = text_load(c, record, ret_text);
    if (e == OK) e = consultation_case_seen(c, &ret_text->round, &seen);
    if (e != OK) return e;
    if (in_seen > 0 && in_seen != seen) return fail(c, ERR_STALE, "record.stale");
    *ret_draft = draft_of(c, &ret_text->round);
    return OK;
}

enum err consultation_run_take_word(struct call *c, const void *input,
                                    struct act_result *ret_result)
{
    const struct consultation_word_input *in = input;
    struct draft_text d = {};
    struct consultation_draft draft = {};
    enum err e = draft_load(c, in->record, in->seen, &d, &draft);
    if (e != OK) return e;
    file_add(c, in->files.rows, &draft.files);
    struct place_findings found = place_read(c->arena, &d.clauses, d.edition.text,
                                             d.round.request.draft_hash, in->text, &in->notes);
    if (!found.marked) problem(c, S("files"), "consultation.word_unmarked");
    if (found.marked && !found.fits) problem(c, S("files"), "consultation.word_other");
    if (found.fits && found.count == 0) problem(c, S("files"), "consultation.word_nothing");
    e = problems_fail(c);
    size_t before = draft.points.count;
    if (e == OK) e = findings_add(c, &found, &draft);
    if (e == OK) e = consultation_draft_put(c, &d.round, &draft, ret_result);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    node_int(c, ret_result->more, "points", (int64_t)(draft.points.count - before));
    node_int(c, ret_result->more, "unplaced", (int64_t)draft.unplaced.count);
    return OK;
}

/* ---- placing by hand ---- */

enum err consultation_run_place(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_place_input *in = input;
    struct draft_text d = {};
    struct consultation_draft draft = {};
    enum err e = draft_load(c, in->record, in->seen, &d, &draft);
    if (e != OK) return e;
    const struct consultation_unplaced *unplaced = draft.unplaced.rows;
    bool there = in->item > 0 && in->item <= (int64_t)draft.unplaced.count;
    if (!there) problem(c, S("item"), "consultation.place_unknown");
    bool named = str_trim(in->clause).len > 0;
    if ((in->where == WHERE_CLAUSE) != named) problem(c, S("clause"), "consultation.place_clause");
    if (in->where != WHERE_NOWHERE && draft.points.count == CONSULTATION_POINTS) {
        problem(c, S("item"), "consultation.word_many");
    }
    e = problems_fail(c);
    if (e != OK) return e;
    const struct consultation_unplaced *item = &unplaced[in->item - 1];
    const struct consultation_point *old = draft.points.rows;
    struct consultation_point *points =
        arena_array(c->arena, draft.points.count + 1, sizeof *points);
    struct consultation_unplaced *left = arena_array(c->arena, draft.unplaced.count, sizeof *left);
    for (size_t i = 0; i < draft.points.count; i++)
        points[i] = old[i];
    for (size_t i = 0; i < draft.unplaced.count; i++) {
        if (&unplaced[i] != item) left[i - (&unplaced[i] > item ? 1 : 0)] = unplaced[i];
    }
    points[draft.points.count] = (struct consultation_point){
        .clause = in->where == WHERE_CLAUSE ? str_trim(in->clause) : (struct str){},
        .level = in->level == 0 ? LEVEL_SHOULD : in->level,
        .text = item->text,
        .wording = item->wording,
    };
    size_t more = in->where == WHERE_NOWHERE ? 0 : 1;
    draft.points = (struct list){points, draft.points.count + more};
    draft.unplaced = (struct list){left, draft.unplaced.count - 1};
    return consultation_draft_put(c, &d.round, &draft, ret_result);
}

/* ---- pages ---- */

/* "Sau khoản 2 Điều 5", or that it stands before the first clause. */
static struct str near_text(struct call *c, const struct consultation_unplaced *item)
{
    if (item->near.len == 0) return words(c->lang, S("consultation.word.before_all"));
    return consultation_words(c, "consultation.word.near", "clause", item->near);
}

static struct str unplaced_text(struct call *c, const struct consultation_unplaced *item)
{
    if (item->wording.len == 0) return item->text;
    struct str wording = consultation_words(c, "consultation.proposed", "text", item->wording);
    return str_format(c->arena, "%.*s\n%.*s", STR_ARG(item->text), STR_ARG(wording));
}

void consultation_unplaced_put(struct call *c, struct view *view,
                               const struct consultation_case *round)
{
    const struct consultation_unplaced *items = round->draft.unplaced.rows;
    if (round->draft.unplaced.count == 0) return;
    struct view section = consultation_section(c, view, "consultation.section.unplaced");
    node_text(c, section.data, "text", words(c->lang, S("consultation.word.unplaced_help")));
    view_column(c, &section, "near", "consultation.word.column.near");
    view_column(c, &section, "author", "consultation.word.column.author");
    view_column(c, &section, "text", "field.consultation.point.text");
    for (size_t i = 0; i < round->draft.unplaced.count; i++) {
        struct str href = str_format(c->arena, "/view/consultation.placing?record=%.*s&item=%zu",
                                     STR_ARG(round->head.record), i + 1);
        struct node *row = view_row(c, &section, (struct str){}, href);
        view_cell(c, row, near_text(c, &items[i]));
        view_cell(c, row, items[i].author);
        view_cell(c, row, unplaced_text(c, &items[i]));
    }
}

enum err consultation_placing_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_place_input *in = args;
    struct draft_text d = {};
    struct consultation_draft draft = {};
    int64_t seen = 0;
    enum err e = draft_load(c, in->record, 0, &d, &draft);
    if (e == OK) e = consultation_case_seen(c, &d.round, &seen);
    if (e != OK) return e;
    bool there = in->item > 0 && in->item <= (int64_t)draft.unplaced.count;
    if (!there) problem(c, S("item"), "consultation.place_unknown");
    e = problems_fail(c);
    if (e != OK) return e;
    const struct consultation_unplaced *item =
        &((const struct consultation_unplaced *)draft.unplaced.rows)[in->item - 1];
    struct view view = {};
    view_start(c, &view, VIEW_FORM,
               str_format(c->arena, "%.*s: %.*s", STR_ARG(near_text(c, item)),
                          STR_ARG(cut(item->text, QUOTE_BYTES))));
    node_text(c, view.data, "act", S("consultation.place"));
    struct node *values = node_put_map(c, view.data, "values");
    node_text(c, values, "record", in->record);
    node_int(c, values, "seen", seen);
    node_text(c, values, "item", str_format(c->arena, "%lld", (long long)in->item));
    node_text(c, values, "clause", item->near);
    *ret_view = view;
    return OK;
}

/* What the draft opinion says at a clause, and what stands behind it unplaced. */
static struct str said_at(struct call *c, const struct consultation_draft *draft, struct str clause)
{
    const struct consultation_point *points = draft->points.rows;
    const struct consultation_unplaced *items = draft->unplaced.rows;
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; i < draft->points.count; i++) {
        if (!str_eq(points[i].clause, clause)) continue;
        if (sb.len > 0) sb_char(&sb, '\n');
        sb_put(&sb, points[i].text);
    }
    for (size_t i = 0; i < draft->unplaced.count; i++) {
        if (!str_eq(items[i].near, clause)) continue;
        if (sb.len > 0) sb_char(&sb, '\n');
        sb_put(&sb, consultation_words(c, "consultation.word.beside", "text", items[i].text));
    }
    return sb_str(&sb);
}

enum err consultation_text_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct draft_text d = {};
    enum err e = text_load(c, in->record, &d);
    if (e != OK) return e;
    struct view view = {};
    bool said = d.round.draft.points.count + d.round.draft.unplaced.count > 0;
    view_start(c, &view, VIEW_LIST, words(c->lang, S("view.consultation.text")));
    view_fact(c, &view, "field.consultation.request.subject", d.round.request.subject);
    view_fact(c, &view, "field.consultation.request.draft_hash", d.round.request.draft_hash);
    size_t shown = d.clauses.count < LIMIT_ROWS ? d.clauses.count : LIMIT_ROWS;
    if (shown < d.clauses.count) {
        view_fact(c, &view, "consultation.word.not_shown",
                  str_format(c->arena, "%zu", d.clauses.count - shown));
    }
    view_column(c, &view, "clause", "field.consultation.point.clause");
    view_column(c, &view, "text", "consultation.word.column.text");
    if (said) view_column(c, &view, "said", "consultation.word.column.said");
    for (size_t i = 0; i < shown; i++) {
        struct str address = d.clauses.rows[i].address;
        struct node *row = view_row(c, &view, (struct str){}, (struct str){});
        view_cell(c, row, address.len > 0 ? address : words(c->lang, S("consultation.opening")));
        view_cell(c, row, clause_words(&d, i));
        if (said) view_cell(c, row, said_at(c, &d.round.draft, address));
    }
    node_int(c, view.data, "count", (int64_t)shown);
    node_text(c, view.data, "empty", words(c->lang, S("consultation.no_comparison")));
    *ret_view = view;
    return OK;
}
