/* The page: two rows of four cells, three rates, four breakdowns. */
#include "figures.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

/* What every part of the page needs. */
struct show {
    struct call *c;
    struct view *view;
    struct figures_period period;
    enum tally_basis basis;
    struct tally_lines lines;
    struct tally all;
    struct peer *peers;
    size_t peer_count;
};

static const char *const BASIS_KEYS[] = {
    [TALLY_NOW] = "figures.basis.now",
    [TALLY_FIRST] = "figures.basis.first",
};
static_assert(ARRAY_LEN(BASIS_KEYS) == TALLY_BASES);

static struct str word(const struct show *show, const char *key)
{
    return words(show->c->lang, str_of(key));
}

/* ---- one number ---- */

/* What a number counts, so that it can open its list. */
struct behind {
    struct figures_period period;
    enum tally_basis basis;
    struct str party;
    struct str what;
};

static void number_put(const struct show *show, struct node *row, const struct behind *behind,
                       int64_t cell, int64_t count)
{
    struct call *c = show->c;
    struct sb href = sb_new(c->arena, 0);
    sb_put(&href, figures_href(c, "figures.list", &behind->period, behind->basis));
    sb_printf(&href, "&cell=%s", FIGURES_CELLS[cell - 1]);
    if (behind->party.len > 0) sb_printf(&href, "&party=%.*s", STR_ARG(behind->party));
    if (behind->what.len > 0) sb_printf(&href, "&kind=%.*s", STR_ARG(behind->what));
    bool red = cell == FIGURES_OVERDUE && count > 0;
    struct node *number = node_add_map(c, row->last); /* the cells: a name stands before */
    node_text(c, number, "text", str_format(c->arena, "%lld", (long long)count));
    node_text(c, number, "kind", S("number"));
    node_text(c, number, "href", sb_str(&href));
    if (red) node_text(c, number, "tone", S("late"));
}

/* "90,0 %"; a share that is not whole is never rounded to all or nothing. */
static struct str percent(struct call *c, int64_t part, int64_t whole)
{
    if (whole == 0) return words(c->lang, S("figures.no_rate"));
    int64_t tenths = (part * 2000 + whole) / (whole * 2);
    if (tenths == 1000 && part < whole) tenths = 999;
    if (tenths == 0 && part > 0) tenths = 1;
    struct fail_arg args[] = {
        {"whole", str_format(c->arena, "%lld", (long long)(tenths / 10))},
        {"tenth", str_format(c->arena, "%lld", (long long)(tenths % 10))},
    };
    return words_fill(c->arena, c->lang, S("figures.percent"), args, ARRAY_LEN(args));
}

static void columns_put(const struct show *show, struct view *section, const char *first)
{
    struct call *c = show->c;
    static const char *const NUMBERS[] = {"figures.cell.on_time", "figures.cell.late",
                                          "figures.cell.ahead", "figures.cell.overdue",
                                          "figures.cell.all"};
    view_column(c, section, "name", first);
    struct node *columns = section->data->last;
    for (size_t i = 0; i < ARRAY_LEN(NUMBERS); i++) {
        view_column(c, section, FIGURES_CELLS[i < 4 ? i : FIGURES_ALL - 1], NUMBERS[i]);
        node_text(c, columns->last, "kind", S("number"));
    }
}

static void cells_put(const struct show *show, struct node *row, const struct behind *behind,
                      const struct tally *tally)
{
    for (int64_t cell = FIGURES_ON_TIME; cell <= FIGURES_OVERDUE; cell++) {
        int64_t count = tally_sum(tally, behind->basis, figures_bits(cell));
        number_put(show, row, behind, cell, count);
    }
    number_put(show, row, behind, FIGURES_ALL, tally_sum(tally, behind->basis, TALLY_ALL));
}

static void cells_section(const struct show *show)
{
    struct view section = view_section(show->c, show->view, "figures.cells");
    node_text(show->c, section.data, "text", word(show, "figures.cells_help"));
    columns_put(show, &section, "figures.counted_by");
    for (int basis = 0; basis < TALLY_BASES; basis++) {
        struct behind behind = {.period = show->period, .basis = (enum tally_basis)basis};
        struct node *row = view_row(show->c, &section, (struct str){}, (struct str){});
        view_cell(show->c, row, word(show, BASIS_KEYS[basis]));
        cells_put(show, row, &behind, &show->all);
    }
}

/* ---- rates ---- */

static const struct {
    const char *name;
    const char *formula;
    int64_t part; /* of enum figures_cell */
    int64_t whole;
    bool both; /* the same by either deadline */
} RATES[] = {
    {"figures.rate.done", "figures.rate.done.how", FIGURES_DONE, FIGURES_ALL, true},
    {"figures.rate.on_time", "figures.rate.on_time.how", FIGURES_ON_TIME, FIGURES_DONE, false},
    {"figures.rate.missed", "figures.rate.missed.how", FIGURES_MISSED, FIGURES_ALL, false},
};

static void rate_put(const struct show *show, struct view *section, size_t i,
                     enum tally_basis basis)
{
    struct call *c = show->c;
    struct behind behind = {.period = show->period, .basis = basis};
    struct node *row = view_row(c, section, (struct str){}, (struct str){});
    int64_t part = tally_sum(&show->all, basis, figures_bits(RATES[i].part));
    int64_t whole = tally_sum(&show->all, basis, figures_bits(RATES[i].whole));
    view_cell(c, row, word(show, RATES[i].name));
    view_cell(c, row, word(show, RATES[i].formula));
    view_cell(c, row, word(show, RATES[i].both ? "figures.basis.both" : BASIS_KEYS[basis]));
    number_put(show, row, &behind, RATES[i].part, part);
    number_put(show, row, &behind, RATES[i].whole, whole);
    struct node *share = node_add_map(c, row->last);
    node_text(c, share, "text", percent(c, part, whole));
    node_text(c, share, "kind", S("number"));
}

static void rates_section(const struct show *show)
{
    struct call *c = show->c;
    struct view section = view_section(c, show->view, "figures.rates");
    view_column(c, &section, "rate", "figures.rate");
    view_column(c, &section, "how", "figures.how");
    view_column(c, &section, "basis", "figures.counted_by");
    struct node *columns = section.data->last;
    static const char *const NUMBERS[] = {"figures.part", "figures.whole", "figures.share"};
    for (size_t i = 0; i < ARRAY_LEN(NUMBERS); i++) {
        view_column(c, &section, NUMBERS[i], NUMBERS[i]);
        node_text(c, columns->last, "kind", S("number"));
    }
    for (size_t i = 0; i < ARRAY_LEN(RATES); i++) {
        rate_put(show, &section, i, TALLY_NOW);
        if (!RATES[i].both) rate_put(show, &section, i, TALLY_FIRST);
    }
}

/* ---- breakdowns ---- */

/* A row of a breakdown while its lines are added up. */
struct group {
    struct str key;
    int64_t month;
    struct str name;
    struct tally tally;
};

enum group_by { BY_MONTH, BY_KIND, BY_OFFICE, BY_UNIT };

static bool line_counts(const struct tally_line *line, enum group_by by)
{
    return (line->month == 0) == (by == BY_UNIT);
}

static struct str line_key(const struct tally_line *line, enum group_by by)
{
    if (by == BY_MONTH) return (struct str){};
    return by == BY_KIND ? line->what : line->party;
}

static size_t groups_of(const struct show *show, enum group_by by, struct group *groups)
{
    size_t count = 0;
    for (size_t i = 0; i < show->lines.count; i++) {
        const struct tally_line *line = &show->lines.lines[i];
        if (!line_counts(line, by)) continue;
        struct str key = line_key(line, by);
        int64_t month = by == BY_MONTH ? line->month : 0;
        size_t at = 0;
        while (at < count && (groups[at].month != month || !str_eq(groups[at].key, key)))
            at++;
        if (at == count) groups[count++] = (struct group){.key = key, .month = month};
        tally_add(&groups[at].tally, &line->tally);
    }
    return count;
}

static struct str group_name(const struct show *show, const struct group *group, enum group_by by)
{
    struct call *c = show->c;
    if (by == BY_KIND)
        return words(c->lang, str_format(c->arena, "obligation.%.*s", STR_ARG(group->key)));
    if (by != BY_MONTH) return figures_party_text(c, group->key);
    struct date date = tally_month_date(group->month);
    return str_format(c->arena, "%02d/%d", date.month, date.year);
}

static struct behind group_behind(const struct show *show, const struct group *group,
                                  enum group_by by)
{
    struct behind behind = {.period = show->period, .basis = show->basis};
    if (by == BY_KIND) behind.what = group->key;
    if (by == BY_OFFICE || by == BY_UNIT) behind.party = group->key;
    if (by == BY_MONTH) {
        struct date date = tally_month_date(group->month);
        behind.period = (struct figures_period){.year = date.year, .month = date.month};
    }
    return behind;
}

/* Where an office stands: the inside of this one, itself, its peers in the order of protocol. */
static int64_t office_place(const struct show *show, struct str party)
{
    struct str office = str_sub(party, 2, party.len);
    if (str_starts(party, S("i:"))) return 0;
    if (str_eq(office, show->c->office->id)) return 1;
    for (size_t i = 0; i < show->peer_count; i++) {
        if (str_eq(show->peers[i].office, office)) return (int64_t)i + 2;
    }
    return (int64_t)show->peer_count + 2;
}

/* Months come as they follow, offices by protocol, kinds and units by name: nothing is ranked. */
static bool group_before(const struct show *show, const struct group *a, const struct group *b,
                         enum group_by by)
{
    if (by == BY_MONTH) return a->month < b->month;
    int64_t place_a = by == BY_OFFICE ? office_place(show, a->key) : 0;
    int64_t place_b = by == BY_OFFICE ? office_place(show, b->key) : 0;
    if (place_a != place_b) return place_a < place_b;
    return str_compare(a->name, b->name) < 0;
}

static void groups_sort(const struct show *show, struct group *groups, size_t count,
                        enum group_by by)
{
    for (size_t i = 0; i < count; i++)
        groups[i].name = group_name(show, &groups[i], by);
    for (size_t i = 1; i < count; i++) {
        struct group group = groups[i];
        size_t at = i;
        for (; at > 0 && group_before(show, &group, &groups[at - 1], by); at--)
            groups[at] = groups[at - 1];
        groups[at] = group;
    }
}

/* A bar of four parts for each month, for the page to draw. */
static void chart_put(const struct show *show, struct view *section, const struct group *groups,
                      size_t count)
{
    struct call *c = show->c;
    struct node *chart = node_put_map(c, section->data, "chart");
    node_text(c, chart, "title", word(show, "figures.chart"));
    node_text(c, chart, "desc", word(show, "figures.chart_desc"));
    struct node *legend = node_put_list(c, chart, "legend");
    for (int64_t cell = FIGURES_ON_TIME; cell <= FIGURES_OVERDUE; cell++) {
        struct node *entry = node_add_map(c, legend);
        node_text(c, entry, "look", str_of(FIGURES_CELLS[cell - 1]));
        node_text(c, entry, "label",
                  words(c->lang, str_format(c->arena, "figures.cell.%s", FIGURES_CELLS[cell - 1])));
    }
    struct node *bars = node_put_list(c, chart, "bars");
    for (size_t i = 0; i < count; i++) {
        struct node *bar = node_add_map(c, bars);
        node_text(c, bar, "label", groups[i].name);
        struct node *parts = node_put_list(c, bar, "parts");
        for (int64_t cell = FIGURES_ON_TIME; cell <= FIGURES_OVERDUE; cell++) {
            struct node *part = node_add_map(c, parts);
            node_text(c, part, "look", str_of(FIGURES_CELLS[cell - 1]));
            node_int(c, part, "count",
                     tally_sum(&groups[i].tally, show->basis, figures_bits(cell)));
        }
    }
}

static void group_section(const struct show *show, enum group_by by, const char *title,
                          const char *first)
{
    struct call *c = show->c;
    struct group *groups = arena_array(c->arena, show->lines.count + 1, sizeof *groups);
    size_t count = groups_of(show, by, groups);
    if (count == 0) return;
    groups_sort(show, groups, count, by);
    struct view section = view_section(c, show->view, title);
    if (by == BY_MONTH && count > 1) chart_put(show, &section, groups, count);
    columns_put(show, &section, first);
    for (size_t i = 0; i < count; i++) {
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        struct behind behind = group_behind(show, &groups[i], by);
        view_cell(c, row, groups[i].name);
        cells_put(show, row, &behind, &groups[i].tally);
    }
}

/* ---- the ways to other periods ---- */

static struct node *ways_start(const struct show *show, struct node *ways, const char *label)
{
    struct node *group = node_add_map(show->c, ways);
    node_text(show->c, group, "label", word(show, label));
    return node_put_list(show->c, group, "links");
}

static void way_put(const struct show *show, struct node *links, struct str label,
                    const struct figures_period *period, enum tally_basis basis)
{
    struct call *c = show->c;
    bool here = period->year == show->period.year && period->quarter == show->period.quarter &&
                period->month == show->period.month && basis == show->basis;
    struct node *link = node_add_map(c, links);
    node_text(c, link, "label", label);
    node_text(c, link, "href", figures_href(c, "figures.show", period, basis));
    node_bool(c, link, "here", here);
}

static void years_put(const struct show *show, struct node *links)
{
    for (int64_t step = -1; step <= 1; step++) {
        struct figures_period period = {.year = show->period.year + step};
        struct str label = figures_period_text(show->c, &period);
        if (period.year > TIME_YEAR_MIN && period.year < TIME_YEAR_MAX)
            way_put(show, links, label, &period, show->basis);
    }
}

static void ways_put(const struct show *show)
{
    struct call *c = show->c;
    struct node *ways = node_put_list(c, show->view->data, "ways");
    years_put(show, ways_start(show, ways, "figures.years"));
    struct node *links = ways_start(show, ways, "figures.quarters");
    static const char *const QUARTERS[] = {"I", "II", "III", "IV"};
    for (int64_t i = 1; i <= 4; i++) {
        struct figures_period period = {.year = show->period.year, .quarter = i};
        way_put(show, links, str_of(QUARTERS[i - 1]), &period, show->basis);
    }
    links = ways_start(show, ways, "figures.months");
    for (int64_t i = 1; i <= 12; i++) {
        struct figures_period period = {.year = show->period.year, .month = i};
        struct str label = str_format(c->arena, "%lld", (long long)i);
        way_put(show, links, label, &period, show->basis);
    }
    links = ways_start(show, ways, "figures.counted_by");
    for (int basis = 0; basis < TALLY_BASES; basis++) {
        way_put(show, links, word(show, BASIS_KEYS[basis]), &show->period, (enum tally_basis)basis);
    }
}

/* ---- the page ---- */

/* What has no deadline is in no month and in no rate, but it is said. */
static enum err undated_put(const struct show *show)
{
    struct call *c = show->c;
    int64_t total = 0;
    int64_t open = 0;
    enum err e = tally_undated(c, &total, &open);
    if (e != OK || total == 0) return e;
    struct fail_arg args[] = {
        {"total", str_format(c->arena, "%lld", (long long)total)},
        {"open", str_format(c->arena, "%lld", (long long)open)},
    };
    struct node *note = node_put_map(c, show->view->data, "note");
    node_text(c, note, "text",
              words_fill(c->arena, c->lang, S("figures.undated"), args, ARRAY_LEN(args)));
    node_text(c, note, "href", S("/view/figures.list?undated=on"));
    return OK;
}

enum err figures_show(struct call *c, const void *args, struct view *ret_view)
{
    const struct figures_args *in = args;
    struct show show = {.c = c,
                        .view = ret_view,
                        .period = figures_period(c, in),
                        .basis = in->basis == TALLY_FIRST + 1 ? TALLY_FIRST : TALLY_NOW};
    struct tally_span span = figures_span(&show.period);
    enum err e = tally_count(c, &span, &show.lines);
    if (e == OK) e = peer_list(c, &show.peers, &show.peer_count);
    if (e != OK) return e;
    for (size_t i = 0; i < show.lines.count; i++) {
        if (show.lines.lines[i].month > 0) tally_add(&show.all, &show.lines.lines[i].tally);
    }
    struct fail_arg period[] = {{"period", figures_period_text(c, &show.period)}};
    view_start(c, ret_view, VIEW_FIGURES,
               words_fill(c->arena, c->lang, S("figures.title"), period, 1));
    ways_put(&show);
    cells_section(&show);
    rates_section(&show);
    group_section(&show, BY_MONTH, "figures.by_month", "figures.month");
    group_section(&show, BY_KIND, "figures.by_kind", "figures.kind");
    group_section(&show, BY_OFFICE, "figures.by_office", "figures.office");
    group_section(&show, BY_UNIT, "figures.by_unit", "figures.unit");
    return undated_put(&show);
}
