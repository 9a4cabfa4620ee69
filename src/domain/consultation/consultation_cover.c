/*
 * consultation_cover.c: the sheet that lies on top when the draft is submitted: which draft, how
 * much time was given, who said what, and by name who said nothing, refused or was excused.
 */
#include "base/time.h"
#include "base/words.h"
#include "consultation_load.h"
#include "consultation_pages.h"
#include "core/office.h"

/* One giver as the sheet tells it. */
struct cover_line {
    struct str name;
    struct str standing;
    const char *tone;
    int64_t day; /* of the answer; 0: none */
    struct str note;
};

static struct str number(struct call *c, size_t count)
{
    return str_format(c->arena, "%zu", count);
}

static struct str names_of(struct call *c, const struct consultation_case *round,
                           enum consultation_standing wanted, bool reasons)
{
    struct sb names = sb_new(c->arena, 0);
    for (size_t i = 0; i < round->giver_count; i++) {
        const struct consultation_giver *giver = &round->givers[i];
        int64_t due_ms = INT64_MAX; /* nobody is late here: who has not answered is silent */
        enum consultation_standing standing =
            consultation_standing(giver, ROUND_CLOSED, due_ms, c->now_ms);
        if (standing != wanted) continue;
        struct str why = wanted == STANDING_EXCUSED ? giver->excuse : giver->refusal;
        if (names.len > 0) sb_put(&names, S("; "));
        sb_put(&names, consultation_giver_name(c, giver->office, giver->name));
        if (reasons && why.len > 0) sb_printf(&names, " (%.*s)", STR_ARG(why));
    }
    return sb_str(&names);
}

static struct cover_line line_of(struct call *c, const struct consultation_case *round,
                                 const struct consultation_giver *giver)
{
    struct consultation_due due = consultation_due_of(&round->request, giver->office);
    int64_t due_ms = due.paused_day != 0 ? INT64_MAX : due.ms;
    enum consultation_standing standing =
        consultation_standing(giver, round->request.state, due_ms, c->now_ms);
    struct cover_line line = {
        .name = consultation_giver_name(c, giver->office, giver->name),
        .standing = consultation_standing_text(c, giver, standing),
        .tone = consultation_standing_tone(standing, giver->answer),
        .day = giver->opinion.len > 0 ? time_hanoi_day(giver->signed_ms) : 0,
    };
    struct sb note = sb_new(c->arena, 0);
    if (giver->office.len == 0) {
        sb_put(&note, words(c->lang, giver->opinion.len > 0 ? S("consultation.on_paper")
                                                            : S("consultation.outside")));
    }
    if (giver->opinion.len > 0 && giver->signed_ms > due_ms) {
        sb_printf(&note, "%s%.*s", note.len > 0 ? "; " : "",
                  STR_ARG(words(c->lang, S("consultation.late"))));
    }
    if (giver->kept) {
        sb_printf(&note, "%s%.*s", note.len > 0 ? "; " : "",
                  STR_ARG(words(c->lang, S("consultation.kept"))));
    }
    if (giver->confidential) {
        sb_printf(&note, "%s%.*s", note.len > 0 ? "; " : "",
                  STR_ARG(words(c->lang, S("consultation.confidential"))));
    }
    struct str why = giver->excused ? giver->excuse : giver->refusal;
    if (giver->opinion.len == 0 && why.len > 0) sb_put(&note, why);
    line.note = sb_str(&note);
    return line;
}

/* The sentences of the sheet, in the reader's language, each under its label. */
struct sentences {
    struct {
        const char *label_key;
        struct str text;
    } rows[10];
    size_t count;
};

static void say(struct call *c, struct sentences *s, const char *key, const struct fail_arg *args,
                size_t count)
{
    ensure(s->count < ARRAY_LEN(s->rows));
    s->rows[s->count].label_key = str_format(c->arena, "%s.label", key).ptr;
    s->rows[s->count++].text = words_fill(c->arena, c->lang, str_of(key), args, count);
}

static void say_names(struct call *c, struct sentences *s, const char *key, struct str names)
{
    struct fail_arg args[] = {{"names", names}};
    if (names.len > 0) say(c, s, key, args, ARRAY_LEN(args));
}

static void say_counts(struct call *c, struct sentences *s, const struct consultation_count *total)
{
    struct fail_arg asked[] = {{"asked", number(c, total->asked)},
                               {"answered", number(c, total->answered)},
                               {"silent", number(c, total->silent)},
                               {"refused", number(c, total->refused)}};
    struct fail_arg answers[] = {
        {"agree", number(c, total->by_answer[ANSWER_AGREE])},
        {"points", number(c, total->by_answer[ANSWER_AGREE_WITH_POINTS])},
        {"disagree", number(c, total->by_answer[ANSWER_DISAGREE])},
        {"none", number(c, total->by_answer[ANSWER_NO_OPINION])},
    };
    say(c, s, "consultation.cover.counts", asked, ARRAY_LEN(asked));
    say(c, s, "consultation.cover.answers", answers, ARRAY_LEN(answers));
    if (total->by_answer[ANSWER_AGREE_IF] == 0) return;
    struct fail_arg conditions[] = {{"count", number(c, total->by_answer[ANSWER_AGREE_IF])},
                                    {"met", number(c, total->conditions_met)}};
    say(c, s, "consultation.cover.conditions", conditions, ARRAY_LEN(conditions));
}

/* How much there was to read, and who approved that the time was short. */
static void say_load(struct call *c, struct sentences *s, const struct consultation_request *r)
{
    struct fail_arg args[] = {{"pages", consultation_pages_text(c, r)},
                              {"rate", consultation_rate_text(c, r->pages, r->days)},
                              {"short", consultation_short_text(c, r)}};
    if (r->pages == 0) return;
    say(c, s, "consultation.cover.load", args, ARRAY_LEN(args));
    if (r->short_by.len > 0) say(c, s, "consultation.cover.short", args, ARRAY_LEN(args));
}

/* The round with its points. */
struct cover {
    struct consultation_case round;
    struct consultation_line *lines;
    size_t count;
};

static enum err cover_load(struct call *c, struct str record, struct cover *ret_cover)
{
    enum err e = consultation_case_visible(c, record, &ret_cover->round);
    if (e == OK) e = consultation_case_givers(c, &ret_cover->round);
    if (e == OK && !ret_cover->round.stage.own) {
        e = fail(c, ERR_CONFLICT, "consultation.only_asker");
    }
    if (e == OK) e = consultation_sql_lines(c, record, &ret_cover->lines, &ret_cover->count);
    return e;
}

/* Names points by giver and clause: those without a reply, or those whose giver is not satisfied.
 * What a confidential opinion says is not told on paper, not even where. */
static void say_points(struct call *c, struct sentences *s, const struct cover *cover,
                       bool objections)
{
    struct sb names = sb_new(c->arena, 0);
    size_t found = 0;
    for (size_t i = 0; i < cover->count; i++) {
        const struct consultation_line *line = &cover->lines[i];
        bool told = objections ? line->objection.len > 0 : line->outcome == OUTCOME_OPEN;
        if (!told) continue;
        if (found++ > 0) sb_put(&names, S("; "));
        sb_put(&names, consultation_voice_name(c, line->home, line->behalf));
        if (line->confidential) continue;
        sb_printf(&names, " (%.*s)", STR_ARG(consultation_line_clause(c, line)));
    }
    if (found == 0) return;
    struct fail_arg args[] = {{"count", number(c, found)}, {"names", sb_str(&names)}};
    say(c, s, objections ? "consultation.cover.objections" : "consultation.cover.open_points", args,
        ARRAY_LEN(args));
}

static struct sentences sentences_of(struct call *c, const struct cover *cover)
{
    const struct consultation_case *round = &cover->round;
    const struct consultation_request *r = &round->request;
    struct consultation_count total = consultation_count(round->givers, round->giver_count);
    struct sentences s = {};
    struct fail_arg term[] = {
        {"round", str_format(c->arena, "%lld", (long long)(r->round > 0 ? r->round : 1))},
        {"from", time_format_day_vn(c->arena, r->from_day)},
        {"due", time_format_day_vn(c->arena, r->due_day)},
        {"days", str_format(c->arena, "%lld", (long long)r->days)},
    };
    say(c, &s, "consultation.cover.term", term, ARRAY_LEN(term));
    say_load(c, &s, r);
    say_counts(c, &s, &total);
    const char *silent =
        r->state == ROUND_CLOSED ? "consultation.cover.silent" : "consultation.cover.waiting";
    say_names(c, &s, silent, names_of(c, round, STANDING_SILENT, false));
    say_names(c, &s, "consultation.cover.refused", names_of(c, round, STANDING_REFUSED, true));
    say_names(c, &s, "consultation.cover.excused", names_of(c, round, STANDING_EXCUSED, true));
    const char *gate =
        r->gate == GATE_HOLD ? "consultation.cover.gate_hold" : "consultation.cover.gate_proceed";
    say(c, &s, gate, NULL, 0);
    say_points(c, &s, cover, false);
    say_points(c, &s, cover, true);
    return s;
}

enum err consultation_cover_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct cover cover = {};
    enum err e = cover_load(c, in->record, &cover);
    if (e != OK) return e;
    const struct consultation_case *round = &cover.round;
    struct view view = {};
    struct sentences s = sentences_of(c, &cover);
    view_start(c, &view, VIEW_LIST, words(c->lang, S("view.consultation.cover")));
    view_fact(c, &view, "field.consultation.request.subject", round->request.subject);
    view_fact(c, &view, "field.consultation.request.draft_hash", round->request.draft_hash);
    for (size_t i = 0; i < s.count; i++)
        view_fact(c, &view, s.rows[i].label_key, s.rows[i].text);
    view_column(c, &view, "giver", "consultation.column.giver");
    view_column(c, &view, "standing", "consultation.column.standing");
    view_column(c, &view, "signed", "consultation.paper.column.day");
    view_column(c, &view, "note", "consultation.cover.note");
    for (size_t i = 0; i < round->giver_count; i++) {
        struct cover_line line = line_of(c, round, &round->givers[i]);
        struct node *row = view_row(c, &view, (struct str){}, (struct str){});
        view_cell(c, row, line.name);
        view_cell_state(c, row, line.standing, line.tone);
        view_cell(c, row, line.day == 0 ? (struct str){} : time_format_day_vn(c->arena, line.day));
        view_cell(c, row, line.note);
    }
    node_int(c, view.data, "count", (int64_t)round->giver_count);
    *ret_view = view;
    return OK;
}

static void cover_fill(struct call *c, const struct cover *cover, struct paper *paper)
{
    const struct consultation_case *round = &cover->round;
    struct sentences s = sentences_of(c, cover);
    paper->agency = c->office->name;
    paper->title = words(LANG_VI, S("view.consultation.cover"));
    paper->subject = round->request.subject;
    for (size_t i = 0; i < s.count; i++)
        paper_part(c, &paper->intro, PAPER_BODY, s.rows[i].text);
    struct paper_table *table = paper_table(c, paper, (struct str){});
    paper_column(table, words(LANG_VI, S("consultation.paper.column.number")), 10, PAPER_CENTRE);
    paper_column(table, words(LANG_VI, S("consultation.column.giver")), 55, PAPER_LEFT);
    paper_column(table, words(LANG_VI, S("consultation.column.standing")), 45, PAPER_LEFT);
    paper_column(table, words(LANG_VI, S("consultation.paper.column.day")), 25, PAPER_CENTRE);
    paper_column(table, words(LANG_VI, S("consultation.cover.note")), 35, PAPER_LEFT);
    for (size_t i = 0; i < round->giver_count; i++) {
        struct cover_line line = line_of(c, round, &round->givers[i]);
        struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
        cells[0] = paper_number((int64_t)i + 1);
        cells[1] = paper_text(line.name);
        cells[2] = paper_text(line.standing);
        cells[3] = paper_date(line.day);
        cells[4] = paper_text(line.note);
    }
    if (round->request.draft_hash.len > 0) {
        paper_part(
            c, &paper->closing, PAPER_BODY,
            consultation_words(c, "consultation.cover.hash", "hash", round->request.draft_hash));
    }
    paper->signed_as = words(LANG_VI, S("consultation.paper.signed_as"));
    paper->recipients = words(LANG_VI, S("consultation.paper.recipients"));
}

enum err consultation_cover_paper(struct call *c, const void *args, struct paper *ret_paper)
{
    const struct consultation_record_input *in = args;
    struct cover cover = {};
    enum lang reader = c->lang;
    paper_start(c, ret_paper, PAPER_PORTRAIT);
    c->lang = LANG_VI; /* an official paper */
    enum err e = cover_load(c, in->record, &cover);
    if (e == OK) cover_fill(c, &cover, ret_paper);
    c->lang = reader;
    return e;
}
