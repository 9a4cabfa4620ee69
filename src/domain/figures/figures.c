/*
 * figures.c: the four cells and three rates of a period, by month, kind, office and unit; every
 * number opens the list behind it. No records, no acts: all of it is counted by core/tally.h.
 */
#include "figures.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

const char *const FIGURES_CELLS[] = {"on_time", "late",   "ahead", "overdue",
                                     "done",    "missed", "all",   NULL};
static_assert(ARRAY_LEN(FIGURES_CELLS) == FIGURES_CELL_END);
const char *const FIGURES_BASES[] = {"now", "first", NULL};
static_assert(ARRAY_LEN(FIGURES_BASES) == TALLY_BASES + 1);

int64_t figures_bits(int64_t cell)
{
    static const int64_t BITS[FIGURES_CELL_END] = {
        [0] = TALLY_ALL,
        [FIGURES_ON_TIME] = TALLY_ON_TIME,
        [FIGURES_LATE] = TALLY_LATE,
        [FIGURES_AHEAD] = TALLY_AHEAD,
        [FIGURES_OVERDUE] = TALLY_OVERDUE,
        [FIGURES_DONE] = TALLY_ON_TIME | TALLY_LATE,
        [FIGURES_MISSED] = TALLY_LATE | TALLY_OVERDUE,
        [FIGURES_ALL] = TALLY_ALL,
    };
    ensure(cell >= 0);
    ensure(cell < FIGURES_CELL_END);
    return BITS[cell];
}

struct figures_period figures_period(struct call *c, const struct figures_args *args)
{
    struct date today = time_date_of(time_hanoi_day(c->now_ms));
    struct figures_period period = {
        .year = args->year, .quarter = args->quarter, .month = args->month};
    if (period.year < TIME_YEAR_MIN + 1 || period.year >= TIME_YEAR_MAX) period.year = today.year;
    if (period.month > 0) period.quarter = 0;
    return period;
}

struct tally_span figures_span(const struct figures_period *period)
{
    int64_t first = period->year * 12;
    if (period->month > 0) {
        return (struct tally_span){first + period->month - 1, first + period->month - 1};
    }
    if (period->quarter > 0) {
        first += (period->quarter - 1) * 3;
        return (struct tally_span){first, first + 2};
    }
    return (struct tally_span){first, first + 11};
}

struct str figures_period_text(struct call *c, const struct figures_period *period)
{
    static const char *const ROMAN[] = {"", "I", "II", "III", "IV"};
    struct fail_arg args[] = {
        {"year", str_format(c->arena, "%lld", (long long)period->year)},
        {"month", str_format(c->arena, "%lld", (long long)period->month)},
        {"quarter", str_of(ROMAN[period->quarter])},
    };
    const char *key = period->month > 0     ? "figures.month_of"
                      : period->quarter > 0 ? "figures.quarter_of"
                                            : "figures.year_of";
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

struct str figures_href(struct call *c, const char *view, const struct figures_period *period,
                        enum tally_basis basis)
{
    struct sb sb = sb_new(c->arena, 0);
    sb_printf(&sb, "/view/%s?year=%lld", view, (long long)period->year);
    if (period->month > 0) {
        sb_printf(&sb, "&month=%lld", (long long)period->month);
    } else if (period->quarter > 0) {
        sb_printf(&sb, "&quarter=%lld", (long long)period->quarter);
    }
    sb_printf(&sb, "&basis=%s", FIGURES_BASES[basis]);
    return sb_str(&sb);
}

struct str figures_party_text(struct call *c, struct str party)
{
    if (str_eq(party, S("i:"))) return words(c->lang, S("figures.inside"));
    if (str_eq(party, S("p:"))) return words(c->lang, S("figures.no_unit"));
    if (str_starts(party, S("o:"))) return office_name(c, str_sub(party, 2, party.len));
    return party_name(c, party);
}

#define AT(member) .offset = offsetof(struct figures_args, member)
#define PERIOD_FIELDS                                                                              \
    {.name = "year", .type = FIELD_INT, AT(year), .max = TIME_YEAR_MAX},                           \
        {.name = "quarter", .type = FIELD_INT, AT(quarter), .max = 4},                             \
        {.name = "month", .type = FIELD_INT, AT(month), .max = 12},                                \
    {                                                                                              \
        .name = "basis", .type = FIELD_CHOICE, AT(basis), .choices = FIGURES_BASES                 \
    }

static const struct field SHOW_FIELDS[] = {PERIOD_FIELDS};
static const struct field LIST_FIELDS[] = {
    PERIOD_FIELDS,
    {.name = "cell", .type = FIELD_CHOICE, AT(cell), .choices = FIGURES_CELLS},
    {.name = "undated", .type = FIELD_BOOL, AT(undated)},
    {.name = "party", .type = FIELD_TEXT, AT(party), .max = 80},
    {.name = "kind", .type = FIELD_TEXT, AT(kind), .max = 80},
    {.name = "after", .type = FIELD_TEXT, AT(after), .max = 80},
};
#undef AT
static const struct field_table SHOW_ARGS =
    FIELD_TABLE("figures.args", struct figures_args, SHOW_FIELDS);
static const struct field_table LIST_ARGS =
    FIELD_TABLE("figures.args", struct figures_args, LIST_FIELDS);

static const struct view_def VIEWS[] = {
    {.name = "figures.show",
     .args = &SHOW_ARGS,
     .roles = ROLE_LEADER | ROLE_CHIEF | ROLE_SECRETARY,
     .rail = true,
     .run = figures_show},
    {.name = "figures.list",
     .args = &LIST_ARGS,
     .roles = ROLE_LEADER | ROLE_CHIEF | ROLE_SECRETARY,
     .run = figures_list},
};

const struct module figures_module = {
    .name = "figures",
    .order = 190,
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
