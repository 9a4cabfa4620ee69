#include "consultation_pages.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

/* ---- words ---- */

struct str consultation_words(struct call *c, const char *key, const char *name, struct str value)
{
    struct fail_arg args[] = {{name, value}};
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

static struct str choice_word(struct call *c, struct str word)
{
    if (word.len == 0) return word;
    return words(c->lang, str_format(c->arena, "choice.%.*s", STR_ARG(word)));
}

struct str consultation_choice_text(struct call *c, const struct field_table *table,
                                    const char *field, int64_t value)
{
    const struct field *f = field_find(table, str_of(field));
    ensure(f != NULL);
    ensure(f->type == FIELD_CHOICE);
    return choice_word(c, field_choice_word(f, value));
}

struct str consultation_level_text(struct call *c, int64_t level)
{
    const struct field_table *point = field_find(&CONSULTATION_OPINION, S("points"))->of;
    return consultation_choice_text(c, point, "level", level);
}

struct str consultation_outcome_text(struct call *c, int64_t outcome)
{
    const struct field_table *reply = field_find(&CONSULTATION_REPLY, S("replies"))->of;
    if (outcome == OUTCOME_OPEN) return words(c->lang, S("consultation.outcome_open"));
    return consultation_choice_text(c, reply, "outcome", outcome);
}

struct str consultation_answer_text(struct call *c, const struct consultation_giver *giver)
{
    static const char *const KEYS[] = {
        [CONDITION_OPEN] = "consultation.condition.open",
        [CONDITION_MET] = "consultation.condition.met",
        [CONDITION_FAILED] = "consultation.condition.failed",
    };
    if (giver->answer != ANSWER_AGREE_IF) {
        return consultation_choice_text(c, &CONSULTATION_OPINION, "answer", giver->answer);
    }
    struct str on = giver->condition_office.len > 0 ? office_code(c, giver->condition_office)
                                                    : giver->condition_body;
    return consultation_words(c, KEYS[giver->condition], "name", on);
}

struct str consultation_standing_text(struct call *c, const struct consultation_giver *giver,
                                      enum consultation_standing standing)
{
    static const char *const KEYS[] = {
        [STANDING_EXCUSED] = "consultation.standing.excused",
        [STANDING_REFUSED] = "consultation.standing.refused",
        [STANDING_SILENT] = "consultation.standing.silent",
        [STANDING_LATE] = "consultation.standing.late",
        [STANDING_REGISTERED] = "consultation.standing.registered",
        [STANDING_WAITING] = "consultation.standing.waiting",
    };
    ensure((standing == STANDING_ANSWERED) == (giver->opinion.len > 0));
    if (standing == STANDING_ANSWERED) {
        return consultation_answer_text(c, giver);
    }
    return words(c->lang, str_of(KEYS[standing]));
}

const char *consultation_standing_tone(enum consultation_standing standing, int64_t answer)
{
    switch (standing) {
    case STANDING_ANSWERED: return answer == ANSWER_DISAGREE ? "warn" : "good";
    case STANDING_EXCUSED: return "neutral";
    case STANDING_REFUSED: return "warn";
    case STANDING_SILENT: return "warn";
    case STANDING_LATE: return "late";
    case STANDING_REGISTERED: return "neutral";
    case STANDING_WAITING: return "neutral";
    }
    ensure(false); /* all standings are above */
}

struct str consultation_progress_text(struct call *c, const struct consultation_count *count)
{
    struct fail_arg args[] = {
        {"answered", str_format(c->arena, "%zu", count->answered)},
        {"asked", str_format(c->arena, "%zu", count->asked)},
        {"refused", str_format(c->arena, "%zu", count->refused)},
    };
    struct str key =
        count->refused == 0 ? S("consultation.progress") : S("consultation.progress_refused");
    return words_fill(c->arena, c->lang, key, args, ARRAY_LEN(args));
}

/* ---- points ---- */

void consultation_lines_sort(struct call *c, struct consultation_line *lines, size_t count)
{
    struct str *clauses = arena_array(c->arena, count + 1, sizeof *clauses);
    size_t *order = arena_array(c->arena, count + 1, sizeof *order);
    struct consultation_line *old = arena_array(c->arena, count + 1, sizeof *old);
    for (size_t i = 0; i < count; i++) {
        old[i] = lines[i];
        clauses[i] = lines[i].clause;
    }
    consultation_clauses_sort(c->arena, clauses, count, order);
    for (size_t i = 0; i < count; i++)
        lines[i] = old[order[i]];
}

/* Two texts, the second under its own heading; either may be empty. */
static struct str joined(struct call *c, struct str first, const char *key, struct str second)
{
    if (second.len == 0) return first;
    struct str more = consultation_words(c, key, "text", second);
    if (first.len == 0) return more;
    return str_format(c->arena, "%.*s\n%.*s", STR_ARG(first), STR_ARG(more));
}

struct str consultation_line_text(struct call *c, const struct consultation_line *line)
{
    return joined(c, line->text, "consultation.proposed", line->wording);
}

struct str consultation_line_reply(struct call *c, const struct consultation_line *line)
{
    struct str reply = joined(c, line->reason, "consultation.new_wording", line->new_wording);
    return joined(c, reply, "consultation.objected", line->objection);
}

struct str consultation_sum_text(struct call *c, const struct consultation_line *lines,
                                 size_t count)
{
    static const char *const KEYS[] = {
        [OUTCOME_OPEN] = "consultation.sum.open",
        [OUTCOME_ACCEPTED] = "consultation.sum.accepted",
        [OUTCOME_PARTLY] = "consultation.sum.partly",
        [OUTCOME_EXPLAINED] = "consultation.sum.explained",
    };
    static const int64_t ORDER[] = {OUTCOME_ACCEPTED, OUTCOME_PARTLY, OUTCOME_EXPLAINED,
                                    OUTCOME_OPEN};
    struct sb parts = sb_new(c->arena, 0);
    if (count == 0) return (struct str){};
    for (size_t i = 0; i < ARRAY_LEN(ORDER); i++) {
        size_t found = 0;
        for (size_t k = 0; k < count; k++)
            found += lines[k].outcome == ORDER[i] ? 1 : 0;
        if (found == 0) continue;
        if (parts.len > 0) sb_put(&parts, S(", "));
        sb_put(&parts,
               consultation_words(c, KEYS[ORDER[i]], "count", str_format(c->arena, "%zu", found)));
    }
    const struct fail_arg args[] = {{"total", str_format(c->arena, "%zu", count)},
                                    {"parts", sb_str(&parts)}};
    return words_fill(c->arena, c->lang, S("consultation.sum"), args, ARRAY_LEN(args));
}

struct str consultation_line_clause(struct call *c, const struct consultation_line *line)
{
    if (line->point == 0) return words(c->lang, S("consultation.general"));
    return line->clause.len > 0 ? line->clause : words(c->lang, S("consultation.whole"));
}

static const char *outcome_tone(int64_t outcome)
{
    if (outcome == OUTCOME_OPEN) return "warn";
    return outcome == OUTCOME_ACCEPTED ? "good" : "neutral";
}

static void link_cell(struct call *c, struct node *row, struct str text, struct str href)
{
    view_cell(c, row, text);
    struct node *cells = row->last; /* view_cell made it, the row's newest child */
    ensure(cells->type == NODE_LIST);
    node_text(c, cells->last, "href", href);
}

/* The newest column holds what can only be clicked: paper leaves it out. */
static void column_of_links(struct call *c, struct view *section)
{
    const struct node *columns = node_find(section->data, S("columns"));
    ensure(columns != NULL);
    node_text(c, columns->last, "kind", S("link"));
}

void consultation_lines_put(struct call *c, struct view *section,
                            const struct consultation_line *lines, size_t count, bool answers)
{
    view_column(c, section, "clause", "field.consultation.point.clause");
    view_column(c, section, "giver", "consultation.column.giver");
    view_column(c, section, "level", "field.consultation.point.level");
    view_column(c, section, "text", "field.consultation.point.text");
    view_column(c, section, "outcome", "field.consultation.outcome.outcome");
    view_column(c, section, "reason", "field.consultation.outcome.reason");
    if (answers) {
        view_column(c, section, "answer", "consultation.column.reply");
        column_of_links(c, section);
    }
    for (size_t i = 0; i < count; i++) {
        const struct consultation_line *line = &lines[i];
        struct str href =
            str_format(c->arena, "/view/consultation.opinion?record=%.*s", STR_ARG(line->opinion));
        struct node *row = view_row(c, section, line->opinion, href);
        view_cell(c, row, consultation_line_clause(c, line));
        view_cell(c, row, consultation_voice_name(c, line->home, line->behalf));
        view_cell(c, row, consultation_level_text(c, line->level));
        view_cell(c, row, consultation_line_text(c, line));
        view_cell_state(c, row, consultation_outcome_text(c, line->outcome),
                        outcome_tone(line->outcome));
        view_cell(c, row, consultation_line_reply(c, line));
        if (!answers) continue;
        const char *key =
            line->outcome == OUTCOME_OPEN ? "consultation.reply_do" : "consultation.reply_again";
        link_cell(c, row, words(c->lang, str_of(key)),
                  str_format(c->arena, "/view/consultation.replying?record=%.*s&point=%lld",
                             STR_ARG(line->opinion), (long long)line->point));
    }
}

/* ---- parts of record pages ---- */

static struct node *sections_of(struct call *c, struct view *view)
{
    for (struct node *child = view->data->first; child != NULL; child = child->next) {
        if (str_eq(str_of(child->name), S("sections"))) return child;
    }
    return node_put_list(c, view->data, "sections");
}

struct view consultation_section(struct call *c, struct view *view, const char *title_key)
{
    struct node *section = node_add_map(c, sections_of(c, view));
    node_text(c, section, "title", words(c->lang, str_of(title_key)));
    return (struct view){.kind = VIEW_LIST, .data = section};
}

void consultation_section_text(struct call *c, struct view *view, const char *title_key,
                               struct str text)
{
    if (text.len == 0) return;
    struct view section = consultation_section(c, view, title_key);
    node_text(c, section.data, "text", text);
}

void consultation_fact_link(struct call *c, struct view *view, const char *label_key,
                            struct str text, struct str href)
{
    view_fact(c, view, label_key, text);
    for (struct node *child = view->data->first; child != NULL; child = child->next) {
        if (str_eq(str_of(child->name), S("facts"))) node_text(c, child->last, "href", href);
    }
}

void consultation_files_put(struct call *c, struct view *view, const struct list *files)
{
    const struct file_ref *refs = files->rows;
    struct node *list = node_put_list(c, view->data, "files");
    for (size_t i = 0; i < files->count; i++) {
        struct node *file = node_add_map(c, list);
        node_text(c, file, "root", refs[i].root);
        node_text(c, file, "name", refs[i].name);
        node_text(c, file, "media", refs[i].media);
        node_int(c, file, "size", refs[i].size);
    }
}

void consultation_home_put(struct call *c, struct view *view, struct str office)
{
    struct node *home = node_put_map(c, view->data, "home");
    node_text(c, home, "id", office);
    node_text(c, home, "code", office_code(c, office));
    node_text(c, home, "name", office_name(c, office));
}
