/*
 * consultation_group.c: what makes the table whole: like points are found and, once a person has
 * confirmed them, get one reply; a giver says once that it is not satisfied; the draft goes on with
 * its table, and the points that have no reply hold it or are counted.
 */
#include "base/id.h"
#include "base/utf8.h"
#include "base/words.h"
#include "consultation_acts.h"
#include "consultation_pages.h"
#include "core/office.h"

enum {
    WORDS_MAX = 200,   /* of a point that are compared */
    LIKE_PERCENT = 60, /* of the words of both that must be common */
    NEAR_MAX = 300,    /* points of one clause that are compared with each other */
    GROUPS_MAX = 100,
};

enum err consultation_can_join(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_JOIN);
}

enum err consultation_can_present(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_PRESENT);
}

enum err consultation_can_object(struct call *c, const struct head *head)
{
    struct consultation_opinion opinion = {};
    struct head request = {};
    enum err e = record_body(c, "consultation.opinion", head->record, &opinion);
    if (e == OK) e = record_head(c, opinion.request, &request);
    if (e == OK) e = consultation_step_allowed(c, &request, STEP_OBJECT);
    if (e == OK && !str_eq(head->home, c->office->id)) {
        e = fail(c, ERR_CONFLICT, "consultation.only_giver");
    }
    return e;
}

/* ---- like points ---- */

/* The different words of a text, folded, as hashes. */
struct bag {
    uint32_t words[WORDS_MAX];
    size_t count;
};

static bool bag_has(const struct bag *bag, uint32_t word)
{
    for (size_t i = 0; i < bag->count; i++) {
        if (bag->words[i] == word) return true;
    }
    return false;
}

static struct bag bag_of(struct arena *arena, struct str text)
{
    struct bag bag = {};
    struct str folded = utf8_fold(arena, text);
    uint32_t word = 0;
    for (size_t i = 0; i <= folded.len && bag.count < WORDS_MAX; i++) {
        uint8_t byte = i < folded.len ? (uint8_t)folded.ptr[i] : ' ';
        bool letter = byte >= 'a' && byte <= 'z';
        letter = letter || (byte >= '0' && byte <= '9') || byte >= 0x80;
        if (letter) word = (word ^ byte) * 16777619U + 1;
        if (letter || word == 0) continue;
        if (!bag_has(&bag, word)) bag.words[bag.count++] = word;
        word = 0;
    }
    return bag;
}

static bool bags_alike(const struct bag *a, const struct bag *b)
{
    size_t common = 0;
    for (size_t i = 0; i < a->count; i++)
        common += bag_has(b, a->words[i]) ? 1 : 0;
    size_t all = a->count + b->count - common;
    return all > 0 && common * 100 >= all * LIKE_PERCENT;
}

/* Points that look alike: index of the first of each one's group; itself: alone. Lines are sorted
 * by clause. */
static size_t *likes_find(struct call *c, const struct consultation_line *lines, size_t count)
{
    size_t *first = arena_array(c->arena, count + 1, sizeof *first);
    struct bag *bags = arena_array(c->arena, count + 1, sizeof *bags);
    size_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        bags[i] = bag_of(c->arena, lines[i].text);
        first[i] = i;
        if (!str_eq(lines[i].clause, lines[begin].clause)) begin = i;
        if (lines[i].group.len > 0) continue;
        size_t from = i - begin > NEAR_MAX ? i - NEAR_MAX : begin;
        for (size_t k = from; k < i && first[i] == i; k++) {
            bool same = lines[k].group.len == 0 && !str_eq(lines[k].opinion, lines[i].opinion) &&
                        bags_alike(&bags[k], &bags[i]);
            if (same) first[i] = first[k];
        }
    }
    return first;
}

static enum err lines_load(struct call *c, struct str request, struct consultation_case *round,
                           struct consultation_line **ret_lines, size_t *ret_count)
{
    enum err e = consultation_case_visible(c, request, round);
    if (e == OK && !round->stage.own) e = fail(c, ERR_CONFLICT, "consultation.only_asker");
    if (e == OK) e = consultation_sql_lines(c, request, ret_lines, ret_count);
    if (e == OK) consultation_lines_sort(c, *ret_lines, *ret_count);
    return e;
}

static void like_row(struct call *c, struct view *view, const struct consultation_line *line,
                     struct str state, struct str href)
{
    struct node *row = view_row(c, view, line->opinion, href);
    view_cell(c, row, consultation_line_clause(c, line));
    view_cell(c, row, consultation_voice_name(c, line->home, line->behalf));
    view_cell(c, row, consultation_line_text(c, line));
    view_cell(c, row, state);
}

enum err consultation_similar_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_record_input *in = args;
    struct consultation_case round = {};
    struct consultation_line *lines = NULL;
    size_t count = 0, groups = 0;
    enum err e = lines_load(c, in->record, &round, &lines, &count);
    if (e != OK) return e;
    struct view view = {};
    const size_t *first = likes_find(c, lines, count);
    view_start(c, &view, VIEW_LIST, words(c->lang, S("view.consultation.similar")));
    view_fact(c, &view, "field.consultation.request.subject", round.request.subject);
    view_column(c, &view, "clause", "field.consultation.point.clause");
    view_column(c, &view, "giver", "consultation.column.giver");
    view_column(c, &view, "text", "field.consultation.point.text");
    view_column(c, &view, "state", "consultation.column.joined");
    for (size_t i = 0; i < count; i++) {
        if (lines[i].group.len > 0) {
            struct str href =
                str_format(c->arena, "/act/consultation.part?record=%.*s", STR_ARG(lines[i].group));
            like_row(c, &view, &lines[i], words(c->lang, S("consultation.joined")), href);
        }
        size_t like = 0;
        for (size_t k = i + 1; first[i] == i && k < count; k++)
            like += first[k] == i ? 1 : 0;
        if (like == 0 || groups == GROUPS_MAX) continue;
        groups++;
        struct str href = str_format(c->arena, "/view/consultation.joining?record=%.*s&point=%lld",
                                     STR_ARG(lines[i].opinion), (long long)lines[i].point);
        for (size_t k = i; k < count; k++) {
            if (first[k] != i) continue;
            like_row(c, &view, &lines[k], words(c->lang, S("consultation.join_proposed")), href);
        }
    }
    node_text(c, view.data, "empty", words(c->lang, S("consultation.nothing_alike")));
    *ret_view = view;
    return OK;
}

/* The form in which a proposal is confirmed, with every point that looks like this one. */
enum err consultation_joining_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_point_input *in = args;
    struct consultation_opinion opinion = {};
    struct consultation_case round = {};
    struct consultation_line *lines = NULL;
    size_t count = 0, at = 0;
    enum err e = record_body_visible(c, "consultation.opinion", in->record, &opinion);
    if (e == OK) e = lines_load(c, opinion.request, &round, &lines, &count);
    if (e != OK) return e;
    const size_t *first = likes_find(c, lines, count);
    while (at < count && !(lines[at].point == in->point && str_eq(lines[at].opinion, in->record)))
        at++;
    if (at == count) problem(c, S("point"), "consultation.point_unknown");
    e = problems_fail(c);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_FORM, words(c->lang, S("act.consultation.join")));
    node_text(c, view.data, "act", S("consultation.join"));
    struct node *values = node_put_map(c, view.data, "values");
    struct node *members = node_put_list(c, values, "members");
    node_text(c, values, "record", opinion.request);
    for (size_t i = 0; i < count; i++) {
        if (first[i] != first[at]) continue;
        struct node *row = node_add_map(c, members);
        node_text(c, row, "opinion", lines[i].opinion);
        node_text(c, row, "point", str_format(c->arena, "%lld", (long long)lines[i].point));
    }
    *ret_view = view;
    return OK;
}

/* Each is a point of this round that is in no group yet. */
static enum err members_check(struct call *c, const struct consultation_group_input *in)
{
    const struct consultation_member *members = in->members.rows;
    struct consultation_line *lines = NULL;
    size_t count = 0;
    enum err e = consultation_sql_lines(c, in->record, &lines, &count);
    if (e != OK) return e;
    if (in->members.count < 2) problem(c, S("members"), "consultation.join_two");
    for (size_t i = 0; i < in->members.count; i++) {
        const struct consultation_line *line = NULL;
        for (size_t k = 0; k < count; k++) {
            bool same =
                lines[k].point == members[i].point && str_eq(lines[k].opinion, members[i].opinion);
            if (same) line = &lines[k];
        }
        struct str path = str_format(c->arena, "members.%zu.point", i);
        if (line == NULL) problem(c, path, "consultation.point_unknown");
        if (line != NULL && line->group.len > 0) problem(c, path, "consultation.joined_already");
    }
    return problems_fail(c);
}

enum err consultation_run_join(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_group_input *in = input;
    const struct consultation_group group = {.request = in->record, .members = in->members};
    struct put put = {.kind = "consultation.group", .body = &group};
    enum err e = members_check(c, in);
    return e != OK ? e : record_put(c, &put, ret_result);
}

enum err consultation_run_part(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_record_input *in = input;
    struct consultation_group group = {};
    enum err e = record_body(c, "consultation.group", in->record, &group);
    if (e != OK) return e;
    group.members = (struct list){};
    struct put put = {.kind = "consultation.group", .record = in->record, .body = &group};
    return record_put(c, &put, ret_result);
}

/* ---- chưa thoả đáng ---- */

/* What became of a point of ours, by the asker's reply. */
static enum err answered(struct call *c, const struct consultation_object_input *in,
                         struct str request, bool *ret_answered)
{
    struct consultation_line *lines = NULL;
    size_t count = 0;
    enum err e = consultation_sql_lines(c, request, &lines, &count);
    *ret_answered = false;
    for (size_t i = 0; e == OK && i < count; i++) {
        bool same = lines[i].point == in->point && str_eq(lines[i].opinion, in->record);
        if (same && lines[i].outcome != OUTCOME_OPEN) *ret_answered = true;
    }
    return e;
}

enum err consultation_run_object(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_object_input *in = input;
    struct consultation_opinion opinion = {};
    bool replied = false, objected = false;
    enum err e = record_body(c, "consultation.opinion", in->record, &opinion);
    if (e == OK) e = answered(c, in, opinion.request, &replied);
    if (e == OK) {
        e = consultation_sql_objected(c, opinion.request, in->record, in->point, &objected);
    }
    if (e != OK) return e;
    if (!replied) problem(c, S("point"), "consultation.no_reply_yet");
    if (objected) problem(c, S("point"), "consultation.objected_already");
    e = problems_fail(c);
    if (e != OK) return e;
    const struct consultation_objection objection = {
        .request = opinion.request,
        .opinion = in->record,
        .point = in->point,
        .text = in->text,
        .signer_title = person_title(c, c->who.person),
        .at_ms = c->now_ms,
    };
    struct str audience[] = {
        str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
        str_format(c->arena, "o:%.*s", STR_ARG(id_home(opinion.request))),
    };
    struct put put = {
        .kind = "consultation.objection",
        .body = &objection,
        .audience = audience,
        .audience_count = ARRAY_LEN(audience),
        .priority = PRIORITY_NORMAL,
    };
    return record_put(c, &put, ret_result);
}

/* ---- the draft goes on ---- */

enum err consultation_run_present(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_record_input *in = input;
    struct consultation_case round = {};
    struct consultation_line *lines = NULL;
    size_t count = 0, open = 0;
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_sql_lines(c, in->record, &lines, &count);
    if (e != OK) return e;
    for (size_t i = 0; i < count; i++)
        open += lines[i].outcome == OUTCOME_OPEN ? 1 : 0;
    if (open > 0 && round.request.gate == GATE_HOLD) {
        e = fail(c, ERR_CONFLICT, "consultation.points_open");
        return fail_arg(c, "count", str_format(c->arena, "%zu", open));
    }
    round.request.presented_ms = c->now_ms;
    round.request.presented_open = (int64_t)open;
    return consultation_request_put(c, &round, 0, ret_result);
}
