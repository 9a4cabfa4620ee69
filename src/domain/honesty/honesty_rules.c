/* What each rule looks at: which days, and what a query alone cannot say. */
#include "honesty.h"

#include "base/time.h"
#include "core/office.h"
#include "core/parse.h"

enum {
    READ_BYTES = 2000, /* of a text, read in a minute: about a page */
    PAUSE_DAYS = 30,   /* a clock that stands so long is asked about */
    SILENT_DAYS = 10,  /* after the deadline */
    ROOT_LETTERS = 64, /* of a file's root */
    FILES_READ = 100,  /* of one record that are counted */
};

static const struct {
    bool state;         /* of what is so now, whenever it began */
    int64_t until_days; /* younger ones are not odd yet */
} RULES[HONESTY_RULE_COUNT] = {
    [HONESTY_NO_LEAD] = {.state = true},
    [HONESTY_TWO_LEADS] = {.state = true},
    [HONESTY_ASKED_TWICE] = {.state = true},
    [HONESTY_SILENT] = {.until_days = SILENT_DAYS},
    [HONESTY_LONG_PAUSE] = {.state = true, .until_days = PAUSE_DAYS},
};

static void found_take(struct call *c, const struct rows *rows, struct honesty_found *found)
{
    found->more = rows->count > HONESTY_FINDINGS;
    found->count = found->more ? HONESTY_FINDINGS : rows->count;
    found->findings = arena_array(c->arena, found->count + 1, sizeof *found->findings);
    for (size_t i = 0; i < found->count; i++) {
        found->findings[i] = (struct honesty_finding){.about = rows_text(rows, i, 0),
                                                      .what = rows_text(rows, i, 1),
                                                      .key = rows_text(rows, i, 2),
                                                      .party = rows_text(rows, i, 3),
                                                      .ask = rows_text(rows, i, 4),
                                                      .number = rows_int(rows, i, 5),
                                                      .at_ms = rows_int(rows, i, 6)};
    }
}

/* The month before this one, from its last working day on. */
static enum err month_end_look(struct call *c, struct honesty_span *ret_span, struct rows *ret_rows)
{
    struct date today = time_date_of(time_hanoi_day(c->now_ms));
    int64_t end = time_day_of((struct date){today.year, today.month, 1});
    struct date last = time_date_of(end - 1);
    int64_t begin = time_day_of((struct date){last.year, last.month, 1});
    int64_t day = end - 1;
    while (day > begin && !workday_is_working(c->office->calendar, day))
        day--;
    *ret_span = (struct honesty_span){time_hanoi_midnight_ms(begin), time_hanoi_midnight_ms(end)};
    return honesty_sql_month_end(c, ret_span, time_hanoi_midnight_ms(day), ret_rows);
}

static enum err rule_look(struct call *c, enum honesty_rule rule, struct honesty_span *ret_span,
                          struct rows *ret_rows)
{
    int64_t from_day = time_hanoi_day(c->now_ms) - HONESTY_SPAN_DAYS;
    if (rule == HONESTY_MONTH_END) return month_end_look(c, ret_span, ret_rows);
    *ret_span = (struct honesty_span){
        .from_ms = RULES[rule].state ? 0 : time_hanoi_midnight_ms(from_day),
        .until_ms = c->now_ms - RULES[rule].until_days * TIME_DAY_MS,
    };
    return honesty_sql_odd(c, rule, ret_span, ret_rows);
}

/* ---- how long the reading takes ---- */

/* The pages of the files that a version names, as far as they were read. */
static enum err pages_of(struct call *c, struct str bytes, int64_t *ret_pages)
{
    static const struct str MARK = {"\"root\":\"", 8};
    int64_t pages = 0;
    int files = 0;
    enum err e = OK;
    for (size_t at = str_find(bytes, MARK, 0); e == OK && files < FILES_READ;
         at = str_find(bytes, MARK, at + MARK.len)) {
        if (at + MARK.len + ROOT_LETTERS > bytes.len) break;
        struct parse parse = {};
        size_t from = at + MARK.len;
        e = parse_find(c, str_sub(bytes, from, from + ROOT_LETTERS), &parse);
        if (e == OK && parse.state == PARSE_DONE) pages += parse.pages;
        files++;
    }
    if (e == OK) *ret_pages = pages;
    return e;
}

/* A minute for each page of the text and of the files that came with the question. */
static enum err minutes_to_read(struct call *c, struct str record, int64_t *ret_minutes)
{
    struct str bytes = {};
    int64_t pages = 0;
    enum err e = honesty_sql_question(c, record, &bytes);
    if (e == OK) e = pages_of(c, bytes, &pages);
    if (e == OK) *ret_minutes = pages + (int64_t)(bytes.len / READ_BYTES) + 1;
    return e;
}

/* Keeps those that were done sooner than the question can be read. */
static enum err fast_keep(struct call *c, struct honesty_found *found)
{
    size_t kept = 0;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < found->count; i++) {
        struct honesty_finding finding = found->findings[i];
        int64_t minutes = 0;
        e = minutes_to_read(c, finding.about, &minutes);
        if (e == OK && finding.number < minutes) found->findings[kept++] = finding;
    }
    found->count = kept;
    return e;
}

enum err honesty_look(struct call *c, enum honesty_rule rule, struct honesty_found *ret_found)
{
    ensure(rule < HONESTY_RULE_COUNT);
    struct honesty_found found = {};
    struct rows rows = {};
    enum err e = rule_look(c, rule, &found.span, &rows);
    if (e != OK) return e;
    found_take(c, &rows, &found);
    if (rule == HONESTY_TOO_FAST) e = fast_keep(c, &found);
    if (e == OK) *ret_found = found;
    return e;
}
