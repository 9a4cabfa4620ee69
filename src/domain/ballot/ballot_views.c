/* ballot_views.c: the list of ballots, and one ballot with its members and its arithmetic. */
#include "ballot_case.h"

#include "base/time.h"
#include "base/words.h"
#include "core/obligation.h"
#include "core/office.h"

enum { PAGE_ITEMS = 50 };

static struct str number(struct call *c, int64_t n)
{
    return str_format(c->arena, "%lld", (long long)n);
}

static struct str choice_text(struct call *c, const struct field_table *table, const char *field,
                              int64_t value)
{
    const struct field *f = field_find(table, str_of(field));
    ensure(f != NULL);
    struct str word = field_choice_word(f, value);
    if (word.len == 0) return word;
    return words(c->lang, str_format(c->arena, "choice.%.*s", STR_ARG(word)));
}

static struct str mark_text(struct call *c, int64_t mark)
{
    return choice_text(c, field_find(&BALLOT, S("rows"))->of, "mark", mark);
}

static const char *outcome_tone(int64_t outcome)
{
    if (outcome == 0) return "neutral";
    return outcome == OUTCOME_ADOPTED || outcome == OUTCOME_ADOPTED_CHAIR ? "good" : "warn";
}

/* ---- the result, as people would work it out on paper ---- */

/* "trên 1/2", inside a sentence; empty when none is asked. */
static struct str share_text(struct call *c, int64_t share)
{
    static const char *const KEYS[] = {
        [SHARE_OVER_HALF] = "ballot.share.over_half",
        [SHARE_TWO_THIRDS] = "ballot.share.two_thirds",
        [SHARE_THREE_QUARTERS] = "ballot.share.three_quarters",
        [SHARE_EVERY] = "ballot.share.every",
    };
    return share == 0 ? (struct str){} : words(c->lang, str_of(KEYS[share]));
}

/* "12/17 thành viên đồng ý, cần trên 1/2 tổng số thành viên là 9", and whatever else decided. */
static struct str arithmetic(struct call *c, const struct ballot *b)
{
    struct ballot_count count = b->count;
    count.members = (int64_t)b->members.count;
    if (!b->secret) count = ballot_count(&b->rule, &b->members, &b->rows);
    struct ballot_result r = ballot_result(&b->rule, &count);
    struct fail_arg args[] = {
        {"agree", number(c, count.agree)},   {"base", number(c, r.base)},
        {"needed", number(c, r.needed)},     {"share", share_text(c, b->rule.majority)},
        {"voters", number(c, count.voters)}, {"members", number(c, count.members)},
        {"quorum", number(c, r.quorum)},     {"quorum_share", share_text(c, b->rule.quorum)},
    };
    const char *base =
        b->rule.base == BASE_VOTERS ? "ballot.sum.of_voters" : "ballot.sum.of_members";
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, words_fill(c->arena, c->lang, str_of(base), args, ARRAY_LEN(args)));
    if (r.quorum > 0) {
        sb_put(&sb, S("; "));
        sb_put(&sb, words_fill(c->arena, c->lang, S("ballot.sum.quorum"), args, ARRAY_LEN(args)));
    }
    const char *tie = r.outcome == OUTCOME_ADOPTED_CHAIR  ? "ballot.sum.chair_agrees"
                      : r.outcome == OUTCOME_FAILED_CHAIR ? "ballot.sum.chair_not"
                      : r.tie                             ? "ballot.sum.tie_fails"
                                                          : NULL;
    if (tie != NULL) {
        sb_put(&sb, S("; "));
        sb_put(&sb, words(c->lang, str_of(tie)));
    }
    sb_put(&sb, S("."));
    return sb_str(&sb);
}

static struct str counts_text(struct call *c, const struct ballot *b)
{
    int64_t members = (int64_t)b->members.count;
    struct fail_arg args[] = {
        {"agree", number(c, b->count.agree)},
        {"disagree", number(c, b->count.disagree)},
        {"other", number(c, b->count.other)},
        {"invalid", number(c, b->count.invalid)},
        {"issued", number(c, b->issued)},
        {"voters", number(c, b->count.voters)},
        {"silent", number(c, members - b->count.voters)},
    };
    const char *key = b->secret ? "ballot.sum.paper" : "ballot.sum.named";
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

/* ---- the page ---- */

static void result_facts(struct call *c, struct view *view, const struct ballot *b)
{
    if (b->state != BALLOT_DECIDED) return;
    view_fact(c, view, "field.ballot.ballot.outcome",
              choice_text(c, &BALLOT, "outcome", b->outcome));
    view_fact(c, view, "ballot.arithmetic", arithmetic(c, b));
    view_fact(c, view, "ballot.counts", counts_text(c, b));
    if (!b->secret) return;
    view_fact(c, view, "field.ballot.ballot.tally_by", b->tally_by);
    view_fact(c, view, "field.ballot.ballot.tally_date",
              time_format_day_long(c->arena, b->tally_day, c->lang));
}

static void ballot_facts(struct call *c, struct view *view, const struct ballot_case *held)
{
    const struct ballot *b = &held->ballot;
    const char *form = b->secret ? "ballot.form.secret"
                       : b->open ? "ballot.form.open"
                                 : "ballot.form.named";
    result_facts(c, view, b);
    view_fact(c, view, "ballot.asker", office_name(c, held->head.home));
    view_fact(c, view, "field.ballot.ballot.signer_title", b->signer_title);
    view_fact(c, view, "ballot.form", words(c->lang, str_of(form)));
    view_fact(c, view, "field.ballot.ballot.base", choice_text(c, &BALLOT, "base", b->rule.base));
    view_fact(c, view, "field.ballot.ballot.majority",
              choice_text(c, &BALLOT, "majority", b->rule.majority));
    view_fact(c, view, "field.ballot.ballot.quorum",
              b->rule.quorum == 0 ? words(c->lang, S("ballot.no_quorum_asked"))
                                  : choice_text(c, &BALLOT, "quorum", b->rule.quorum));
    view_fact(c, view, "field.ballot.ballot.tie",
              choice_text(c, &BALLOT, "tie", b->rule.tie == 0 ? TIE_FAILS : b->rule.tie));
    if (!b->secret) {
        view_fact(c, view, "field.ballot.ballot.late",
                  choice_text(c, &BALLOT, "late", b->rule.late == 0 ? LATE_SHOWN : b->rule.late));
    }
    view_fact(c, view, "field.ballot.ballot.source", b->rule.source);
    if (b->closed_ms != 0) {
        view_fact(c, view, "field.ballot.ballot.closed",
                  time_hanoi_format(c->arena, b->closed_ms, c->lang));
    }
    view_fact(c, view, "field.ballot.ballot.note", b->note);
}

/* What may be said of a member's vote to this reader now. */
static void mark_cell(struct call *c, struct node *row, const struct ballot_case *held, size_t i,
                      const struct ballot_row *line)
{
    bool decided = held->ballot.state == BALLOT_DECIDED;
    const struct ballot_row *rows = held->ballot.rows.rows;
    const struct ballot_row *shown = decided ? &rows[i] : line;
    bool cast = shown->mark != MARK_NONE;
    bool known = cast && shown->mark != MARK_UNOPENED;
    struct str text = mark_text(c, shown->mark);
    const char *tone = known ? "good" : "neutral";
    if (shown->mark == MARK_BROKEN) tone = "warn";
    if (!decided && shown->mark == MARK_UNOPENED) {
        text = words(c->lang, S("ballot.cast_sealed"));
        tone = "good";
    }
    if (decided && !cast && line->mark != MARK_NONE) text = words(c->lang, S("ballot.came_after"));
    view_cell_state(c, row, text, tone);
}

static void seat_cell(struct call *c, struct node *row, const struct ballot_case *held, size_t i)
{
    const struct ballot_member *members = held->ballot.members.rows;
    bool ours = str_eq(members[i].office, c->office->id);
    struct str person = ballot_case_person(held, (int64_t)i + 1);
    bool named = ours && person.len > 0;
    bool open = ours && !named && held->ballot.state == BALLOT_OPEN;
    struct str text = named  ? person_title(c, person)
                      : open ? words(c->lang, S("ballot.name_voter"))
                             : (struct str){};
    view_cell(c, row, text);
    struct node *cell = row->last->last;
    if (!open) return;
    node_text(c, cell, "href",
              str_format(c->arena, "/act/ballot.name_voter?record=%.*s&member=%zu",
                         STR_ARG(held->head.record), i + 1));
}

static void members_put(struct call *c, struct view *view, const struct ballot_case *held)
{
    const struct ballot *b = &held->ballot;
    const struct ballot_member *members = b->members.rows;
    struct list lines = ballot_case_rows(c, held);
    const struct ballot_row *now = lines.rows;
    bool seats = held->stage.members && !b->secret;
    struct view section = view_section(c, view, "ballot.section.members");
    view_column(c, &section, "name", "field.ballot.member.name");
    view_column(c, &section, "office", "field.ballot.member.office");
    if (!b->secret) view_column(c, &section, "vote", "field.ballot.vote.choice");
    if (!b->secret) view_column(c, &section, "at", "field.ballot.row.at");
    if (!b->secret) view_column(c, &section, "text", "field.ballot.vote.text");
    if (seats) view_column(c, &section, "person", "field.ballot.seat.person");
    for (size_t i = 0; i < b->members.count; i++) {
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        struct fail_arg chair[] = {{"name", members[i].name}};
        view_cell(c, row,
                  members[i].chair
                      ? words_fill(c->arena, c->lang, S("ballot.chair"), chair, ARRAY_LEN(chair))
                      : members[i].name);
        view_cell(c, row, office_name(c, members[i].office));
        if (b->secret) continue;
        const struct ballot_row *rows = b->rows.rows;
        const struct ballot_row *shown = b->state == BALLOT_DECIDED ? &rows[i] : &now[i];
        mark_cell(c, row, held, i, &now[i]);
        view_cell_instant(c, row, shown->at_ms);
        struct fail_arg late[] = {{"text", shown->text}};
        view_cell(c, row,
                  shown->late
                      ? words_fill(c->arena, c->lang, S("ballot.late"), late, ARRAY_LEN(late))
                      : shown->text);
        if (seats) seat_cell(c, row, held, i);
    }
}

static const struct {
    const char *act;
    enum ballot_step step;
} ACT_STEPS[] = {
    {"ballot.cast_vote", STEP_VOTE},
    {"ballot.close", STEP_CLOSE},
    {"ballot.decide", STEP_DECIDE},
    {"ballot.tally", STEP_TALLY},
};

/* Only what this office could ever do here; who a member is, is said beside the member. */
static bool act_belongs(const struct ballot_stage *stage, struct str act)
{
    for (size_t i = 0; i < ARRAY_LEN(ACT_STEPS); i++) {
        if (!str_eq(str_of(ACT_STEPS[i].act), act)) continue;
        bool rest = ACT_STEPS[i].step == STEP_DECIDE && stage->state == BALLOT_OPEN;
        return !rest && !ballot_step_foreign(stage, ACT_STEPS[i].step);
    }
    return !str_eq(act, S("ballot.name_voter"));
}

static enum err acts_put(struct call *c, struct view *view, const struct ballot_case *held)
{
    struct node *all = node_list(c);
    struct node *acts = node_put_list(c, view->data, "acts");
    enum err e = record_acts(c, &held->head, all);
    struct node *next = NULL;
    for (struct node *at = all->first; e == OK && at != NULL; at = next) {
        next = at->next;
        at->next = NULL;
        if (!act_belongs(&held->stage, node_get(at, "act"))) continue;
        if (acts->last != NULL) acts->last->next = at;
        if (acts->first == NULL) acts->first = at;
        acts->last = at;
    }
    return e;
}

static void files_put(struct call *c, struct view *view, const struct ballot *b)
{
    const struct list *lists[] = {&b->files, &b->tally_files};
    struct node *list = node_put_list(c, view->data, "files");
    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        const struct file_ref *refs = lists[k]->rows;
        for (size_t i = 0; i < lists[k]->count; i++) {
            struct node *file = node_add_map(c, list);
            node_text(c, file, "root", refs[i].root);
            node_text(c, file, "name", refs[i].name);
            node_text(c, file, "media", refs[i].media);
            node_int(c, file, "size", refs[i].size);
        }
    }
}

static void text_section(struct call *c, struct view *view, const char *title_key, struct str text)
{
    struct view section = view_section(c, view, title_key);
    node_text(c, section.data, "text", text);
}

static void state_put(struct call *c, struct view *view, const struct ballot_case *held)
{
    const struct ballot *b = &held->ballot;
    struct node *state = node_put_map(c, view->data, "state");
    bool decided = b->state == BALLOT_DECIDED;
    node_text(c, state, "text",
              decided ? choice_text(c, &BALLOT, "outcome", b->outcome)
                      : choice_text(c, &BALLOT, "state", b->state));
    node_text(c, state, "tone", decided ? str_of(outcome_tone(b->outcome)) : S("neutral"));
    node_int(c, view->data, "n", held->head.n);
    (void)view_due(c, view->data, "due", b->due_ms, b->why, b->state != BALLOT_OPEN);
    struct node *home = node_put_map(c, view->data, "home");
    node_text(c, home, "id", held->head.home);
    node_text(c, home, "code", office_code(c, held->head.home));
    node_text(c, home, "name", office_name(c, held->head.home));
}

static enum err show(struct call *c, const void *args, struct view *ret_view)
{
    const struct ballot_record_args *in = args;
    struct ballot_case held = {};
    enum err e = ballot_case_visible(c, in->record, &held);
    if (e != OK) return e;
    const struct ballot *b = &held.ballot;
    const char *secrecy = b->secret ? "ballot.secrecy.secret"
                          : b->open ? "ballot.secrecy.open"
                                    : "ballot.secrecy.named";
    struct view view = {};
    view_start(c, &view, VIEW_RECORD, b->subject);
    state_put(c, &view, &held);
    ballot_facts(c, &view, &held);
    text_section(c, &view, "field.ballot.ballot.question", b->question);
    members_put(c, &view, &held);
    text_section(c, &view, "ballot.secrecy", words(c->lang, str_of(secrecy)));
    e = obligation_deadlines_put(c, &view, in->record);
    if (e != OK) return e;
    files_put(c, &view, b);
    e = record_deliveries(c, in->record, node_put_list(c, view.data, "deliveries"));
    if (e == OK) e = record_history(c, in->record, node_put_list(c, view.data, "history"));
    if (e == OK) e = acts_put(c, &view, &held);
    if (e == OK) *ret_view = view;
    return e;
}

/* ---- the list ---- */

static struct ballot_item after_of(struct str after)
{
    struct ballot_item item = {};
    struct str state = {};
    struct str rest = {};
    struct str ms = {};
    bool good = str_cut(after, ' ', &state, &rest) && str_cut(rest, ' ', &ms, &item.record) &&
                parse_int(ms, INT64_MIN, INT64_MAX, &item.due_ms);
    item.state = field_choice_find(field_find(&BALLOT, S("state")), state);
    good = good && item.state > 0;
    return good ? item : (struct ballot_item){};
}

static void list_row(struct call *c, struct view *view, const struct ballot_item *item)
{
    struct str href = str_format(c->arena, "/view/ballot.show?record=%.*s", STR_ARG(item->record));
    struct node *row = view_row(c, view, item->record, href);
    struct fail_arg cast[] = {{"cast", number(c, item->cast)},
                              {"members", number(c, item->members)}};
    bool done = item->state == BALLOT_DECIDED;
    view_cell(c, row, item->subject);
    view_cell(c, row, office_code(c, item->home));
    struct node *due =
        view_due(c, node_map(c), "due", item->due_ms, item->why, item->state != BALLOT_OPEN);
    view_cell_state(c, row, node_get(due, "text"), str_zero(c->arena, node_get(due, "tone")));
    /* an office knows of its own members and of those who told it */
    bool ours = str_eq(item->home, c->office->id);
    view_cell(c, row,
              item->secret ? words(c->lang, S("ballot.form.secret"))
              : ours ? words_fill(c->arena, c->lang, S("ballot.turnout"), cast, ARRAY_LEN(cast))
                     : words(c->lang, S("ballot.form.named")));
    view_cell_state(c, row,
                    done ? choice_text(c, &BALLOT, "outcome", item->outcome)
                         : choice_text(c, &BALLOT, "state", item->state),
                    done ? outcome_tone(item->outcome) : "neutral");
}

static enum err list(struct call *c, const void *args, struct view *ret_view)
{
    const struct ballot_list_args *in = args;
    struct ballot_item *items = NULL;
    size_t count = 0;
    struct ballot_item after = after_of(in->after);
    enum err e = ballot_sql_list(c, in->state, &after, PAGE_ITEMS + 1, &items, &count);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_LIST, (struct str){});
    view_column(c, &view, "subject", "field.ballot.ballot.subject");
    view_column(c, &view, "asker", "ballot.asker");
    view_column(c, &view, "due", "field.ballot.ballot.due");
    view_column(c, &view, "turnout", "ballot.column.turnout");
    view_column(c, &view, "state", "field.ballot.ballot.state");
    size_t shown = count > PAGE_ITEMS ? PAGE_ITEMS : count;
    for (size_t i = 0; i < shown; i++)
        list_row(c, &view, &items[i]);
    node_int(c, view.data, "count", (int64_t)shown);
    if (count > shown) {
        const struct ballot_item *last = &items[shown - 1];
        struct str state = field_choice_word(field_find(&BALLOT, S("state")), last->state);
        node_text(c, view.data, "next",
                  str_format(c->arena, "%.*s %lld %.*s", STR_ARG(state), (long long)last->due_ms,
                             STR_ARG(last->record)));
    }
    node_text(c, view.data, "empty", words(c->lang, S("ballot.empty")));
    (void)node_put_list(c, view.data, "acts");
    if ((c->who.roles & BALLOT_ACTS[0].roles) != 0) view_act(c, &view, "ballot.ask", true);
    *ret_view = view;
    return OK;
}

const struct view_def BALLOT_VIEWS[BALLOT_VIEW_COUNT] = {
    {.name = "ballot.list",
     .args = &BALLOT_LIST_ARGS,
     .roles = ROLE_READERS,
     .rail = true,
     .run = list},
    {.name = "ballot.show", .args = &BALLOT_SHOW_ARGS, .roles = ROLE_READERS, .run = show},
};
