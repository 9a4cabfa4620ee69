#include "holidays_rules.h"

#include "base/time.h"
#include "base/utf8.h"
#include "base/workday_receipt.h"
#include "holidays_week.h"

/* ---- what a row may say ---- */

static void row_problem(struct call *c, size_t row, const char *field, const char *reason)
{
    problem(c, str_format(c->arena, "days.%zu.%s", row, field), reason);
}

static bool day_in_range(int64_t day)
{
    return day >= time_day_of((struct date){WORKDAY_YEAR_MIN, 1, 1}) &&
           day <= time_day_of((struct date){WORKDAY_YEAR_MAX, 12, 31});
}

static void row_check(struct call *c, size_t i, const struct holidays_day *day)
{
    bool off = day->kind == HOLIDAYS_OFF;
    bool of_holiday = day->reason == HOLIDAYS_HOLIDAY || day->reason == HOLIDAYS_COMPENSATION;
    if (!day_in_range(day->day)) row_problem(c, i, "day", "holidays.day_range");
    if (off && day->reason == 0) row_problem(c, i, "reason", "holidays.reason_needed");
    if (off && of_holiday && day->holiday == 0) {
        row_problem(c, i, "holiday", "holidays.holiday_needed");
    }
    if (off && !of_holiday && day->holiday != 0) {
        row_problem(c, i, "holiday", "holidays.holiday_alien");
    }
    bool plain = (day->reason == 0 || day->reason == HOLIDAYS_SWAP) && day->holiday == 0;
    if (!off && !plain) row_problem(c, i, "reason", "holidays.work_reason");
}

void holidays_check(struct call *c, const struct list *days)
{
    const struct holidays_day *rows = days->rows;
    if (days->count == 0) problem(c, S("days"), "field.required");
    for (size_t i = 0; i < days->count; i++) {
        row_check(c, i, &rows[i]);
        for (size_t k = 0; k < i; k++) {
            if (rows[k].day != rows[i].day) continue;
            row_problem(c, i, "day", "holidays.day_twice");
            break;
        }
    }
}

/* ---- CSV ---- */

enum column { COLUMN_DATE, COLUMN_KIND, COLUMN_REASON, COLUMN_HOLIDAY, COLUMN_NOTE, COLUMN_COUNT };

static const char *const COLUMN_NAMES[] = {"date", "kind", "reason", "holiday", "note"};
static_assert(ARRAY_LEN(COLUMN_NAMES) == COLUMN_COUNT);

/* Where the reader stands. */
struct csv {
    struct str rest;
    char separator;
    size_t line;                  /* from 1 */
    enum column at[COLUMN_COUNT]; /* the heading: what stands in which place */
    size_t columns;
};

/* The end of a cell that begins with a quote: behind the closing one. A doubled quote is a quote.
 */
static size_t quoted_end(struct str line)
{
    size_t i = 1;
    while (i < line.len) {
        if (line.ptr[i] != '"') {
            i++;
        } else if (i + 1 < line.len && line.ptr[i + 1] == '"') {
            i += 2;
        } else {
            return i + 1;
        }
    }
    return 0; /* never closed */
}

static struct str unquoted(struct arena *arena, struct str cell)
{
    struct sb sb = sb_new(arena, 0);
    for (size_t i = 1; i + 1 < cell.len; i++) {
        sb_char(&sb, cell.ptr[i]);
        if (cell.ptr[i] == '"') i++;
    }
    return sb_str(&sb);
}

/* Splits off the next cell of a line; false when its quotes are wrong. `more` says that another
 * cell follows. */
static bool cell_next(struct arena *arena, char separator, struct str *line, struct str *ret_cell,
                      bool *ret_more)
{
    bool quoted = line->len > 0 && line->ptr[0] == '"';
    if (!quoted) {
        *ret_more = str_cut(*line, separator, ret_cell, line);
        *ret_cell = str_trim(*ret_cell);
        return true;
    }
    size_t end = quoted_end(*line);
    if (end == 0) return false;
    struct str gap = {};
    *ret_cell = unquoted(arena, str_sub(*line, 0, end));
    *ret_more = str_cut(str_sub(*line, end, line->len), separator, &gap, line);
    return str_trim(gap).len == 0;
}

/* The next line that is not empty, without its line end; false at the end of the text. */
static bool line_next(struct csv *csv, struct str *ret_line)
{
    while (csv->rest.len > 0) {
        struct str line = {};
        (void)str_cut(csv->rest, '\n', &line, &csv->rest);
        csv->line++;
        *ret_line = str_trim(line);
        if (ret_line->len > 0) return true;
    }
    return false;
}

static enum err heading_fail(struct call *c, struct str column)
{
    (void)fail(c, ERR_INVALID, "holidays.csv_heading"); /* the next line returns the same */
    return fail_arg(c, "column", column);
}

static enum err heading_read(struct call *c, struct csv *csv)
{
    struct str line = {};
    bool seen[COLUMN_COUNT] = {};
    bool more = line_next(csv, &line);
    csv->separator = str_find(line, S(";"), 0) < line.len ? ';' : ',';
    while (more) {
        struct str name = {};
        size_t column = 0;
        bool good = cell_next(c->arena, csv->separator, &line, &name, &more);
        while (good && column < COLUMN_COUNT && !str_eq(name, str_of(COLUMN_NAMES[column])))
            column++;
        if (!good || column == COLUMN_COUNT || seen[column]) return heading_fail(c, name);
        seen[column] = true;
        csv->at[csv->columns++] = (enum column)column;
    }
    if (!seen[COLUMN_DATE]) return heading_fail(c, S("date"));
    return seen[COLUMN_KIND] ? OK : heading_fail(c, S("kind"));
}

static bool choice_read(const char *name, struct str word, int64_t *ret_value)
{
    const struct field *f = field_find(&HOLIDAYS_DAY, str_of(name));
    ensure(f != NULL);
    *ret_value = word.len == 0 ? 0 : field_choice_find(f, word);
    return word.len == 0 || *ret_value > 0;
}

static bool cell_read(struct arena *arena, enum column column, struct str cell,
                      struct holidays_day *day)
{
    switch (column) {
    case COLUMN_DATE: return time_parse_day(cell, &day->day) || time_parse_day_vn(cell, &day->day);
    case COLUMN_KIND: return cell.len > 0 && choice_read("kind", cell, &day->kind);
    case COLUMN_REASON: return choice_read("reason", cell, &day->reason);
    case COLUMN_HOLIDAY: return choice_read("holiday", cell, &day->holiday);
    case COLUMN_NOTE: day->note = utf8_nfc(arena, cell); return cell.len <= HOLIDAYS_NOTE_BYTES;
    case COLUMN_COUNT: break;
    }
    ensure(false); /* the switch is whole */
    return false;
}

static enum err line_fail(struct call *c, const struct csv *csv, size_t place)
{
    enum column column = place < csv->columns ? csv->at[place] : COLUMN_DATE;
    (void)fail(c, ERR_INVALID, "holidays.csv_line"); /* the last line returns the same */
    (void)fail_arg(c, "line", str_format(c->arena, "%zu", csv->line));
    return fail_arg(c, "column", str_of(COLUMN_NAMES[column]));
}

/* One line; columns at its end may be left out. */
static enum err line_read(struct call *c, const struct csv *csv, struct str line,
                          struct holidays_day *day)
{
    bool more = true;
    size_t place = 0;
    for (; more; place++) {
        struct str cell = {};
        if (!cell_next(c->arena, csv->separator, &line, &cell, &more)) {
            return line_fail(c, csv, place);
        }
        if (place >= csv->columns) return line_fail(c, csv, place);
        if (!cell_read(c->arena, csv->at[place], cell, day)) return line_fail(c, csv, place);
    }
    bool whole = day->kind != 0 && day->day != 0;
    return whole ? OK : line_fail(c, csv, place);
}

enum err holidays_csv_read(struct call *c, struct str text, struct list *ret_days)
{
    struct holidays_day *days = arena_array(c->arena, HOLIDAYS_DAYS, sizeof *days);
    struct csv csv = {.rest = text};
    struct str line = {};
    size_t count = 0;
    if (!utf8_valid(text)) return fail(c, ERR_INVALID, "holidays.csv_text");
    if (str_starts(text, S("\xEF\xBB\xBF"))) csv.rest = str_sub(text, 3, text.len);
    enum err e = heading_read(c, &csv);
    while (e == OK && line_next(&csv, &line)) {
        if (count == HOLIDAYS_DAYS) {
            (void)fail(c, ERR_LIMIT, "holidays.csv_long"); /* the next line returns the same */
            return fail_arg(c, "max", str_format(c->arena, "%d", HOLIDAYS_DAYS));
        }
        e = line_read(c, &csv, line, &days[count++]);
    }
    if (e == OK) *ret_days = (struct list){days, count};
    return e;
}

/* ---- the calendar ---- */

struct workday_decision holidays_row(const struct holidays_day *day)
{
    struct workday_decision row = {.day = day->day, .work = day->kind == HOLIDAYS_WORK};
    if (row.work) return row;
    if (day->holiday > 0) {
        row.holiday = (enum workday_reason)(WORKDAY_NEW_YEAR + day->holiday - 1);
    }
    switch ((enum holidays_reason)day->reason) {
    case HOLIDAYS_HOLIDAY: row.reason = row.holiday; break;
    case HOLIDAYS_COMPENSATION: row.reason = WORKDAY_COMPENSATION; break;
    case HOLIDAYS_SWAP: row.reason = WORKDAY_SWAP; break;
    case HOLIDAYS_OTHER: row.reason = WORKDAY_DECISION; break;
    }
    return row;
}

/* Says that a later row takes the place of an earlier one. */
static bool replaces(const struct workday_decision *later, const struct workday_decision *earlier)
{
    if (later->day == earlier->day) return true;
    if (later->holiday == WORKDAY_WORKED || later->holiday != earlier->holiday) return false;
    return time_date_of(later->day).year == time_date_of(earlier->day).year;
}

static void merge_one(struct holidays_merged *merged, const struct list *days, int64_t index)
{
    const struct holidays_day *rows = days->rows;
    size_t before = merged->count;
    size_t kept = 0;
    for (size_t i = 0; i < before; i++) {
        bool gone = false;
        for (size_t k = 0; k < days->count && !gone; k++) {
            struct workday_decision row = holidays_row(&rows[k]);
            gone = replaces(&row, &merged->rows[i]);
        }
        if (gone) continue;
        merged->rows[kept] = merged->rows[i];
        merged->from[kept++] = merged->from[i];
    }
    for (size_t k = 0; k < days->count; k++) {
        merged->rows[kept] = holidays_row(&rows[k]);
        merged->from[kept++] = index;
    }
    merged->count = kept;
}

struct holidays_merged holidays_merge(struct arena *arena, const struct holidays_held *held,
                                      size_t count)
{
    size_t room = WORKDAY_DECISIONS_COUNT;
    for (size_t i = 0; i < count; i++)
        room += held[i].decision.days.count;
    struct holidays_merged merged = {
        .rows = arena_array(arena, room, sizeof *merged.rows),
        .from = arena_array(arena, room, sizeof *merged.from),
    };
    for (size_t i = 0; i < WORKDAY_DECISIONS_COUNT; i++) {
        merged.rows[merged.count] = WORKDAY_DECISIONS[i];
        merged.from[merged.count++] = -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (!held[i].decision.withdrawn) merge_one(&merged, &held[i].decision.days, (int64_t)i);
    }
    return merged;
}

bool holidays_tet_is_decided(const struct holidays_merged *merged, int64_t year)
{
    for (size_t i = 0; i < merged->count; i++) {
        const struct workday_decision *row = &merged->rows[i];
        if (row->holiday == WORKDAY_TET && time_date_of(row->day).year == year) return true;
    }
    return false;
}

enum err holidays_calendar(struct call *c, struct arena *memory, const struct holidays_basis *basis,
                           const struct workday_calendar **ret_calendar)
{
    struct holidays_merged merged = holidays_merge(c->arena, basis->held, basis->held_count);
    struct holidays_weeks weeks = holidays_weeks_of(c->arena, basis->kept, basis->kept_count);
    struct str name = WORKDAY_VERSION;
    struct workday_plan plan = {.version = name,
                                .decisions = merged.rows,
                                .decision_count = merged.count,
                                .weeks = weeks.rows,
                                .week_count = weeks.count,
                                .no_end = weeks.no_end};
    int64_t versions = 0;
    for (size_t i = 0; i < basis->held_count; i++)
        versions += basis->held[i].n;
    for (size_t i = 0; i < basis->kept_count; i++)
        versions += basis->kept[i].n;
    if (versions > 0) {
        plan.version = str_format(c->arena, "%.*s+%lld", STR_ARG(name), (long long)versions);
    }
    return workday_calendar_open(c, memory, &plan, ret_calendar);
}

/* ---- deadlines that were fixed by another calendar ---- */

bool holidays_redate(struct call *c, const struct workday_calendar *calendar, struct str why,
                     int64_t *ret_due)
{
    struct workday_receipt held = {};
    struct workday_receipt again = {};
    if (!workday_receipt_read(c, why, &held)) return false;
    if (!workday_receipt_again(c->arena, calendar, &held, &again)) return false;
    *ret_due = again.due;
    return true;
}
