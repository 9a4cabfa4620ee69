/* The list behind a number: what is secret to the reader stands in it without title and way. */
#include "figures.h"

#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "core/record.h"

enum { PAGE_ROWS = 50 };

static struct tally_filter filter_of(const struct figures_args *in,
                                     const struct figures_period *period)
{
    return (struct tally_filter){
        .span = figures_span(period),
        .undated = in->undated,
        .basis = in->basis == TALLY_FIRST + 1 ? TALLY_FIRST : TALLY_NOW,
        .cells = figures_bits(in->cell),
        .what = in->kind,
        .party = in->party,
    };
}

static struct str kind_text(struct call *c, struct str what)
{
    return words(c->lang, str_format(c->arena, "obligation.%.*s", STR_ARG(what)));
}

/* "Hoàn thành quá hạn · Quý IV năm 2026 · Theo hạn ban đầu · Văn phòng Quốc hội" */
static struct str title_of(struct call *c, const struct figures_args *in,
                           const struct figures_period *period, const struct tally_filter *filter)
{
    struct sb sb = sb_new(c->arena, 0);
    const char *cell = FIGURES_CELLS[in->cell == 0 ? FIGURES_ALL - 1 : in->cell - 1];
    sb_put(&sb, words(c->lang, str_format(c->arena, "figures.cell.%s", cell)));
    sb_put(&sb, S(" · "));
    if (in->undated) {
        sb_put(&sb, words(c->lang, S("figures.no_deadline")));
        return sb_str(&sb);
    }
    sb_put(&sb, figures_period_text(c, period));
    sb_put(&sb, S(" · "));
    const char *basis = FIGURES_BASES[filter->basis];
    sb_put(&sb, words(c->lang, str_format(c->arena, "figures.basis.%s", basis)));
    if (in->party.len > 0) {
        sb_put(&sb, S(" · "));
        sb_put(&sb, figures_party_text(c, in->party));
    }
    if (in->kind.len > 0) {
        sb_put(&sb, S(" · "));
        sb_put(&sb, kind_text(c, in->kind));
    }
    return sb_str(&sb);
}

static struct str date_text(struct call *c, int64_t ms)
{
    if (ms == 0) return words(c->lang, S("due.none"));
    return time_hanoi_format(c->arena, ms, c->lang);
}

static struct str due_text(struct call *c, const struct tally_item *item)
{
    if (item->paused_day == 0 || item->settled_ms > 0) return date_text(c, item->due_ms);
    struct fail_arg args[] = {{"day", time_format_day_vn(c->arena, item->paused_day)}};
    return words_fill(c->arena, c->lang, S("due.paused"), args, ARRAY_LEN(args));
}

static void state_cell(struct call *c, struct node *row, enum tally_cell cell)
{
    static const struct {
        enum tally_cell cell;
        const char *key;
        const char *tone;
    } STATES[] = {
        {TALLY_ON_TIME, "figures.cell.on_time", "good"},
        {TALLY_LATE, "figures.cell.late", "warn"},
        {TALLY_AHEAD, "figures.cell.ahead", "neutral"},
        {TALLY_OVERDUE, "figures.cell.overdue", "late"},
    };
    for (size_t i = 0; i < ARRAY_LEN(STATES); i++) {
        if (STATES[i].cell == cell)
            view_cell_state(c, row, words(c->lang, str_of(STATES[i].key)), STATES[i].tone);
    }
}

static void item_put(struct call *c, struct view *view, const struct tally_item *item,
                     enum tally_basis basis)
{
    struct str href = {};
    struct str title = item->title;
    struct head head = {.record = item->about, .kind = item->kind};
    if (item->about.len > 0) href = record_link(c, &head);
    if (item->about.len == 0) title = words(c->lang, S("figures.secret"));
    struct node *row = view_row(c, view, item->about, href);
    view_cell(c, row, title);
    view_cell(c, row, kind_text(c, item->what));
    view_cell(c, row, figures_party_text(c, item->owner));
    view_cell(c, row, date_text(c, item->first_due_ms));
    view_cell(c, row, due_text(c, item));
    view_cell_instant(c, row, item->settled_ms);
    state_cell(c, row, tally_cell_of(c, item, basis));
}

/* A party as a line of the figures names it. */
static bool party_is_whole(struct str party)
{
    struct str id = str_sub(party, 2, party.len);
    if (party.len == 0 || str_eq(party, S("i:")) || str_eq(party, S("p:"))) return true;
    if (str_starts(party, S("o:"))) return id_is_office(id);
    if (str_starts(party, S("p:")) || str_starts(party, S("u:"))) return id_is_record(id);
    if (!str_starts(party, S("r:"))) return false;
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++) {
        if (str_eq(str_of(ROLE_WORDS[i]), id)) return true;
    }
    return false;
}

/* Where the page begins; a text that says nothing begins anew. */
static struct tally_after after_of(struct str text)
{
    struct tally_after after = {};
    struct str ms = {};
    struct str id = {};
    (void)str_cut(text, ' ', &ms, &id);
    bool whole =
        parse_int(ms, 0, INT64_MAX, &after.first_due_ms) && parse_int(id, 0, INT64_MAX, &after.id);
    return whole ? after : (struct tally_after){};
}

enum err figures_list(struct call *c, const void *args, struct view *ret_view)
{
    const struct figures_args *in = args;
    struct figures_period period = figures_period(c, in);
    struct tally_filter filter = filter_of(in, &period);
    struct tally_after after = after_of(in->after);
    struct tally_page page = {};
    if (!party_is_whole(in->party)) problem(c, S("party"), "field.choice");
    enum err e = problems_fail(c);
    if (e == OK) e = tally_list(c, &filter, &after, PAGE_ROWS, &page);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, title_of(c, in, &period, &filter));
    view_column(c, ret_view, "title", "today.item_title");
    view_column(c, ret_view, "what", "figures.kind");
    view_column(c, ret_view, "owner", "today.item_owner");
    view_column(c, ret_view, "first", "figures.first_due");
    view_column(c, ret_view, "due", "figures.due");
    view_column(c, ret_view, "done", "figures.done_at");
    view_column(c, ret_view, "cell", "figures.state");
    for (size_t i = 0; i < page.count; i++)
        item_put(c, ret_view, &page.items[i], filter.basis);
    if (page.next.id > 0) {
        node_text(c, ret_view->data, "next",
                  str_format(c->arena, "%lld %lld", (long long)page.next.first_due_ms,
                             (long long)page.next.id));
    }
    view_link(c, ret_view, "figures.back", figures_href(c, "figures.show", &period, filter.basis));
    node_text(c, ret_view->data, "empty", words(c->lang, S("today.items_none")));
    return OK;
}
