#include "front/cli/cli_deadline.h"

#include "base/time.h"
#include "base/words.h"
#include "base/workday_receipt.h"

#include <unistd.h>

/* Short words of --unit, in the order of the enum. */
static const char *const UNITS[] = {"working", "calendar", "weeks",
                                    "months",  "hours",    "working_hours"};
static_assert(ARRAY_LEN(UNITS) == WORKDAY_UNIT_COUNT);

static enum err option_fail(struct call *c, const char *reason, const char *option)
{
    (void)fail(c, ERR_SYNTAX, reason); /* the next line returns the same */
    return fail_arg(c, "option", str_of(option));
}

static bool clock_read(struct str text, int64_t *ret_minute)
{
    struct str hour = {};
    struct str minute = {};
    int64_t hours = 0;
    int64_t minutes = 0;
    if (!str_cut(text, ':', &hour, &minute) || minute.len != 2) return false;
    if (!parse_int(hour, 0, 23, &hours) || !parse_int(minute, 0, 59, &minutes)) return false;
    *ret_minute = hours * 60 + minutes;
    return true;
}

/* "2026-02-10", "2026-02-10T09:30", "10/02/2026" or "10/02/2026 09:30". */
static bool from_read(struct str text, struct workday_term *term)
{
    struct str day = {};
    struct str clock = {};
    bool iso = str_find(text, S("/"), 0) == text.len;
    term->minute = WORKDAY_DAY_MINUTES;
    if (str_cut(text, iso ? 'T' : ' ', &day, &clock) && !clock_read(clock, &term->minute)) {
        return false;
    }
    return iso ? time_parse_day(day, &term->from) : time_parse_day_vn(day, &term->from);
}

/* What --unit asks for: one unit, by its short word or by the one of the receipt, or all. */
struct asked {
    enum workday_unit first;
    enum workday_unit last;
};

static bool unit_read(struct str text, struct asked *asked)
{
    if (text.len == 0) return true;
    for (enum workday_unit unit = 0; unit < WORKDAY_UNIT_COUNT; unit++) {
        bool same = str_eq(text, str_of(UNITS[unit])) || str_eq(text, workday_unit_word(unit));
        if (same) *asked = (struct asked){unit, unit};
        if (same) return true;
    }
    *asked = (struct asked){0, WORKDAY_UNIT_COUNT - 1};
    return str_eq(text, S("all"));
}

/* One term in one unit, or in each: JSON as an object a unit under the words of the rules. A unit
 * in which the term leaves the calendar is null, or a sentence that says so. */
static struct str all_text(struct call *c, const struct workday_calendar *calendar,
                           struct workday_term term, bool json)
{
    struct sb sb = sb_new(c->arena, 0);
    for (term.unit = 0; term.unit < WORKDAY_UNIT_COUNT; term.unit++) {
        struct workday_receipt receipt = {};
        bool there = workday_term_explain(c->arena, calendar, &term, &receipt);
        struct str word = workday_unit_word(term.unit);
        if (json) {
            sb_printf(&sb, "%s\"%.*s\":", term.unit == 0 ? "{" : ",", STR_ARG(word));
            sb_put(&sb, there ? workday_receipt_json(c->arena, &receipt) : S("null"));
        } else {
            sb_printf(&sb, "%s[%s]\n", term.unit == 0 ? "" : "\n\n", UNITS[term.unit]);
            sb_put(&sb, there ? workday_receipt_text(c, &receipt)
                              : words(c->lang, S("reason.workday.term")));
        }
    }
    if (json) sb_char(&sb, '}');
    return sb_str(&sb);
}

enum err cli_deadline(struct call *c, const struct cli_args *args)
{
    struct workday_term term = {};
    struct workday_receipt receipt = {};
    struct asked asked = {WORKDAY_WORKING_DAYS, WORKDAY_WORKING_DAYS};
    if (!from_read(cli_value(args, "from"), &term)) return option_fail(c, "cli.day", "--from");
    if (!unit_read(cli_value(args, "unit"), &asked)) return option_fail(c, "cli.unit", "--unit");
    enum err e = cli_number(c, args, "days", 0, WORKDAY_TERM_MAX, &term.amount);
    if (e != OK) return e;
    const struct workday_calendar *calendar = workday_calendar_vn(c, c->arena);
    bool json = cli_value(args, "json").len > 0;
    if (asked.first != asked.last) {
        cli_print(STDOUT_FILENO, all_text(c, calendar, term, json));
        return OK;
    }
    term.unit = asked.first;
    if (!workday_term_explain(c->arena, calendar, &term, &receipt)) {
        return fail(c, ERR_INVALID, "workday.term");
    }
    cli_print(STDOUT_FILENO,
              json ? workday_receipt_json(c->arena, &receipt) : workday_receipt_text(c, &receipt));
    return OK;
}
