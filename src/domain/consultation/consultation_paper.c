/*
 * consultation_paper.c: "Bảng tổng hợp, tiếp thu, giải trình ý kiến" as an official paper: who was
 * asked and what each said, then one row a point, in the order of the clauses. An official paper is
 * Vietnamese whatever the reader's language.
 */
#include "consultation_pages.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

static struct str vi(const char *key)
{
    return words(LANG_VI, str_of(key));
}

static struct str number_text(struct call *c, size_t number)
{
    return str_format(c->arena, "%zu", number);
}

static void intro_put(struct call *c, struct paper *paper, const struct consultation_case *round,
                      const struct consultation_count *total)
{
    struct fail_arg args[] = {
        {"asker", office_name(c, round->head.home)},
        {"subject", round->request.subject},
        {"asked", number_text(c, total->asked)},
        {"answered", number_text(c, total->answered)},
    };
    struct str key =
        round->stage.own ? S("consultation.paper.intro") : S("consultation.paper.ours");
    paper_part(c, &paper->intro, PAPER_BODY,
               words_fill(c->arena, LANG_VI, key, args, ARRAY_LEN(args)));
}

/* Who has not answered is named, each with its reason; silence is not read as consent. */
static void silence_put(struct call *c, struct paper *paper, const struct consultation_case *round)
{
    struct sb names = sb_new(c->arena, 0);
    for (size_t i = 0; i < round->giver_count; i++) {
        const struct consultation_giver *giver = &round->givers[i];
        if (giver->opinion.len > 0 || giver->excused) continue;
        if (names.len > 0) sb_put(&names, S("; "));
        sb_put(&names, consultation_giver_name(c, giver->office, giver->name));
        if (!giver->refused) continue;
        sb_char(&names, ' ');
        sb_put(&names, vi("consultation.paper.refused"));
    }
    if (names.len == 0) return;
    paper_part(c, &paper->intro, PAPER_BODY,
               consultation_words(c, "consultation.paper.silent", "names", sb_str(&names)));
}

static void givers_table(struct call *c, struct paper *paper, const struct consultation_case *round)
{
    struct paper_table *table = paper_table(c, paper, vi("consultation.paper.givers"));
    paper_column(table, vi("consultation.paper.column.number"), 12, PAPER_CENTRE);
    paper_column(table, vi("consultation.column.giver"), 85, PAPER_LEFT);
    paper_column(table, vi("field.consultation.opinion.answer"), 45, PAPER_LEFT);
    paper_column(table, vi("consultation.paper.column.day"), 30, PAPER_CENTRE);
    paper_column(table, vi("field.consultation.opinion.general"), 85, PAPER_LEFT);
    int64_t number = 0;
    for (size_t i = 0; i < round->voice_count; i++) {
        const struct consultation_voice *voice = &round->voices[i];
        if (voice->confidential && round->stage.own) continue;
        struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
        cells[0] = paper_number(++number);
        cells[1] = paper_text(consultation_voice_name(c, voice->home, voice->behalf));
        cells[2] =
            paper_text(consultation_choice_text(c, &CONSULTATION_OPINION, "answer", voice->answer));
        cells[3] = paper_date(time_hanoi_day(voice->signed_ms));
        cells[4] = paper_text(voice->general);
    }
}

static struct str reply_text(struct call *c, const struct consultation_line *line)
{
    struct str outcome = consultation_outcome_text(c, line->outcome);
    struct str reply = consultation_line_reply(c, line);
    if (reply.len == 0) return outcome;
    return str_format(c->arena, "%.*s.\n%.*s", STR_ARG(outcome), STR_ARG(reply));
}

/* Confidential opinions are for the asker's eyes: the paper that leaves it counts them. */
static void confidential_put(struct call *c, struct paper *paper,
                             const struct consultation_case *round)
{
    size_t count = 0;
    for (size_t i = 0; i < round->voice_count; i++)
        count += round->voices[i].confidential ? 1 : 0;
    if (count == 0) return;
    paper_part(
        c, &paper->intro, PAPER_BODY,
        consultation_words(c, "consultation.paper.confidential", "count", number_text(c, count)));
}

/* Leaves out the lines of confidential opinions. */
static size_t lines_open(struct consultation_line *lines, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!lines[i].confidential) lines[kept++] = lines[i];
    }
    return kept;
}

static void points_table(struct call *c, struct paper *paper, const struct consultation_line *lines,
                         size_t count)
{
    struct paper_table *table = paper_table(c, paper, vi("consultation.paper.points"));
    paper_column(table, vi("consultation.paper.column.number"), 12, PAPER_CENTRE);
    paper_column(table, vi("consultation.paper.column.clause"), 40, PAPER_LEFT);
    paper_column(table, vi("consultation.column.giver"), 45, PAPER_LEFT);
    paper_column(table, vi("field.consultation.point.level"), 25, PAPER_LEFT);
    paper_column(table, vi("field.consultation.point.text"), 70, PAPER_LEFT);
    paper_column(table, vi("consultation.paper.column.reply"), 65, PAPER_LEFT);
    for (size_t i = 0; i < count; i++) {
        struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
        cells[0] = paper_number((int64_t)i + 1);
        cells[1] = paper_text(consultation_line_clause(c, &lines[i]));
        cells[2] = paper_text(consultation_voice_name(c, lines[i].home, lines[i].behalf));
        cells[3] = paper_text(consultation_level_text(c, lines[i].level));
        cells[4] = paper_text(consultation_line_text(c, &lines[i]));
        cells[5] = paper_text(reply_text(c, &lines[i]));
    }
}

/* What proves each opinion: who signed, the hash of the signed bytes, and when this office's
 * server took them in. */
static void evidence_table(struct call *c, struct paper *paper,
                           const struct consultation_case *round)
{
    struct paper_table *table = paper_table(c, paper, vi("consultation.paper.evidence"));
    int64_t number = 0;
    paper_column(table, vi("consultation.paper.column.number"), 12, PAPER_CENTRE);
    paper_column(table, vi("consultation.column.giver"), 50, PAPER_LEFT);
    paper_column(table, vi("consultation.paper.column.signer"), 45, PAPER_LEFT);
    paper_column(table, vi("field.consultation.opinion.signed"), 35, PAPER_LEFT);
    paper_column(table, vi("consultation.paper.column.hash"), 80, PAPER_LEFT);
    paper_column(table, vi("consultation.paper.column.receipt"), 35, PAPER_LEFT);
    for (size_t i = 0; i < round->voice_count; i++) {
        const struct consultation_voice *voice = &round->voices[i];
        if (voice->confidential && round->stage.own) continue;
        struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
        cells[0] = paper_number(++number);
        cells[1] = paper_text(consultation_voice_name(c, voice->home, voice->behalf));
        cells[2] = paper_text(voice->signer_title);
        cells[3] = paper_text(time_hanoi_format(c->arena, voice->signed_ms, LANG_VI));
        cells[4] = paper_text(voice->hash);
        cells[5] = paper_text(time_hanoi_format(c->arena, voice->received_ms, LANG_VI));
    }
}

static enum err table_fill(struct call *c, struct str record, struct paper *paper)
{
    struct consultation_case round = {};
    struct consultation_line *lines = NULL;
    size_t count = 0;
    enum err e = consultation_case_visible(c, record, &round);
    if (e == OK) e = consultation_case_givers(c, &round);
    if (e == OK) e = consultation_sql_lines(c, record, &lines, &count);
    if (e != OK) return e;
    consultation_lines_sort(c, lines, count);
    struct consultation_count total = consultation_count(round.givers, round.giver_count);
    paper->agency = c->office->name;
    paper->title = vi("consultation.paper.title");
    paper->subject = round.request.subject;
    intro_put(c, paper, &round, &total);
    if (round.stage.own) silence_put(c, paper, &round);
    if (round.stage.own) confidential_put(c, paper, &round);
    if (round.stage.own) count = lines_open(lines, count);
    if (round.voice_count > 0) givers_table(c, paper, &round);
    if (count > 0) points_table(c, paper, lines, count);
    paper->signed_as = vi("consultation.paper.signed_as");
    paper->recipients = vi("consultation.paper.recipients");
    if (round.voice_count > 0) evidence_table(c, paper, &round);
    return OK;
}

enum err consultation_table_paper(struct call *c, const void *args, struct paper *ret_paper)
{
    const struct consultation_record_input *in = args;
    enum lang reader = c->lang;
    paper_start(c, ret_paper, PAPER_LANDSCAPE);
    c->lang = LANG_VI;
    enum err e = table_fill(c, in->record, ret_paper);
    c->lang = reader;
    return e;
}
