#include "base/workday_receipt.h"

#include "base/field.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/time.h"

/* ---- writing ---- */

static void put_day(struct sb *sb, const char *name, int64_t day)
{
    sb_printf(sb, ",\"%s\":", name);
    json_text(sb, time_format_day(sb->arena, day));
}

static void put_moment(struct sb *sb, const char *name, int64_t day, int64_t minute)
{
    struct str date = time_format_day(sb->arena, day);
    sb_printf(sb, ",\"%s\":\"%.*sT%02d:%02d\"", name, STR_ARG(date), (int)(minute / 60),
              (int)(minute % 60));
}

static void put_source(struct sb *sb, int64_t day)
{
    struct workday_source source = workday_source_of(day);
    if (source.key.len == 0) return;
    sb_put(sb, S(",\"source\":"));
    json_text(sb, source.key);
    put_day(sb, "in_force", source.from);
    if (source.until != 0) put_day(sb, "until", source.until);
}

static void put_pauses(struct sb *sb, const struct workday_receipt *receipt)
{
    for (size_t i = 0; i < receipt->pause_count; i++) {
        const struct workday_pause *pause = &receipt->pauses[i];
        sb_put(sb, i == 0 ? S(",\"pauses\":[{\"from\":") : S(",{\"from\":"));
        json_text(sb, time_format_day(sb->arena, pause->from));
        put_day(sb, "to", pause->to);
        if (pause->category.len > 0) {
            sb_put(sb, S(",\"category\":"));
            json_text(sb, pause->category);
        }
        sb_char(sb, '}');
    }
    if (receipt->pause_count > 0) sb_char(sb, ']');
}

struct str workday_receipt_json(struct arena *arena, const struct workday_receipt *receipt)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("{\"due\":"));
    json_text(&sb, time_format_day(arena, receipt->due));
    sb_printf(&sb, ",\"counted\":%lld,\"skipped\":[", (long long)receipt->counted);
    for (size_t i = 0; i < receipt->skipped_count; i++) {
        sb_put(&sb, i > 0 ? S(",{\"day\":") : S("{\"day\":"));
        json_text(&sb, time_format_day(arena, receipt->skipped[i].day));
        sb_put(&sb, S(",\"reason\":"));
        json_text(&sb, workday_reason_key(receipt->skipped[i].reason));
        sb_char(&sb, '}');
    }
    sb_put(&sb, S("],\"rule\":"));
    json_text(&sb, workday_unit_word(receipt->unit));
    sb_put(&sb, S(",\"calendar\":"));
    json_text(&sb, receipt->version);
    put_source(&sb, receipt->from);
    if (receipt->unit == WORKDAY_WEEKS || receipt->unit == WORKDAY_MONTHS) {
        sb_printf(&sb, ",\"amount\":%lld", (long long)receipt->amount);
    }
    if (workday_unit_is_hours(receipt->unit)) {
        put_moment(&sb, "since", receipt->from, receipt->from_minute);
        put_moment(&sb, "at", receipt->due, receipt->due_minute);
    }
    put_pauses(&sb, receipt);
    sb_char(&sb, '}');
    return sb_str(&sb);
}

/* ---- reading ---- */

struct skip_row {
    int64_t day;
    struct str reason;
};

struct receipt_row {
    int64_t due;
    int64_t counted;
    int64_t amount;
    struct list skipped; /* of struct skip_row */
    struct str rule;
    struct str calendar;
    struct str since;
    struct str at;
    struct list pauses; /* of struct workday_pause */
};

static const struct field SKIP_FIELDS[] = {
    {.name = "day", .type = FIELD_DATE, .offset = offsetof(struct skip_row, day)},
    {.name = "reason", .type = FIELD_TEXT, .offset = offsetof(struct skip_row, reason)},
};
static const struct field_table SKIP = FIELD_TABLE("workday.skip", struct skip_row, SKIP_FIELDS);

static const struct field PAUSE_FIELDS[] = {
    {.name = "from", .type = FIELD_DATE, .offset = offsetof(struct workday_pause, from)},
    {.name = "to", .type = FIELD_DATE, .offset = offsetof(struct workday_pause, to)},
    {.name = "category", .type = FIELD_TEXT, .offset = offsetof(struct workday_pause, category)},
};
static const struct field_table PAUSE =
    FIELD_TABLE("workday.pause", struct workday_pause, PAUSE_FIELDS);

static const struct field RECEIPT_FIELDS[] = {
    {.name = "due", .type = FIELD_DATE, .offset = offsetof(struct receipt_row, due)},
    {.name = "counted", .type = FIELD_INT, .offset = offsetof(struct receipt_row, counted)},
    {.name = "amount", .type = FIELD_INT, .offset = offsetof(struct receipt_row, amount)},
    {.name = "skipped",
     .type = FIELD_LIST,
     .offset = offsetof(struct receipt_row, skipped),
     .of = &SKIP,
     .max = LIMIT_RECEIPT_DAYS},
    {.name = "rule", .type = FIELD_TEXT, .offset = offsetof(struct receipt_row, rule)},
    {.name = "calendar", .type = FIELD_TEXT, .offset = offsetof(struct receipt_row, calendar)},
    {.name = "since", .type = FIELD_TEXT, .offset = offsetof(struct receipt_row, since)},
    {.name = "at", .type = FIELD_TEXT, .offset = offsetof(struct receipt_row, at)},
    {.name = "pauses",
     .type = FIELD_LIST,
     .offset = offsetof(struct receipt_row, pauses),
     .of = &PAUSE,
     .max = WORKDAY_PAUSES_MAX},
};
static const struct field_table RECEIPT =
    FIELD_TABLE("workday.receipt", struct receipt_row, RECEIPT_FIELDS);

/* "2026-02-23T24:00" */
static bool moment_read(struct str text, int64_t *ret_day, int64_t *ret_minute)
{
    struct str day = {};
    struct str clock = {};
    struct str hour = {};
    struct str minute = {};
    int64_t hours = 0;
    int64_t minutes = 0;
    bool parts = str_cut(text, 'T', &day, &clock) && str_cut(clock, ':', &hour, &minute);
    if (!parts || !time_parse_day(day, ret_day)) return false;
    if (!parse_int(hour, 0, 24, &hours) || !parse_int(minute, 0, 59, &minutes)) return false;
    *ret_minute = hours * 60 + minutes;
    return *ret_minute <= WORKDAY_DAY_MINUTES;
}

static bool unit_read(struct str word, enum workday_unit *ret_unit)
{
    for (enum workday_unit unit = 0; unit < WORKDAY_UNIT_COUNT; unit++) {
        if (!str_eq(word, workday_unit_word(unit))) continue;
        *ret_unit = unit;
        return true;
    }
    return false;
}

static bool reason_read(struct str key, enum workday_reason *ret_reason)
{
    for (enum workday_reason reason = 0; reason < WORKDAY_REASON_COUNT; reason++) {
        if (!str_eq(key, workday_reason_key(reason))) continue;
        *ret_reason = reason;
        return true;
    }
    return false;
}

static bool skipped_read(struct call *c, const struct list *rows, struct workday_receipt *receipt)
{
    const struct skip_row *skips = rows->rows;
    receipt->skipped = arena_array(c->arena, rows->count + 1, sizeof *receipt->skipped);
    for (size_t i = 0; i < rows->count; i++) {
        struct workday_skip *skip = &receipt->skipped[i];
        skip->day = skips[i].day;
        if (!reason_read(skips[i].reason, &skip->reason)) return false;
        if (i > 0 && skip->day <= skip[-1].day) return false;
    }
    receipt->skipped_count = rows->count;
    return true;
}

/* Says that a skipped day was none of those counted. Others were the last one counted, and could
 * not be the end. */
static bool is_uncounted(const struct workday_receipt *receipt, enum workday_reason reason)
{
    bool working = receipt->unit == WORKDAY_WORKING_DAYS || receipt->unit == WORKDAY_WORKING_HOURS;
    return working ? reason != WORKDAY_NO_END : reason == WORKDAY_PAUSED;
}

/* The end before it was moved. In days it is the last one counted; in hours, where the days right
 * before the deadline begin that the end was moved over. */
static int64_t nominal_of(const struct workday_receipt *receipt)
{
    const struct workday_skip *skips = receipt->skipped;
    size_t count = receipt->skipped_count;
    if (workday_unit_is_hours(receipt->unit)) {
        int64_t day = receipt->due;
        for (size_t i = count; i-- > 0 && skips[i].day == day - 1; day--) {
            if (is_uncounted(receipt, skips[i].reason)) break;
        }
        return day;
    }
    int64_t day = receipt->from;
    size_t at = 0;
    for (int64_t counted = 0; counted < receipt->counted;) {
        day++;
        bool skipped = at < count && skips[at].day == day;
        if (!skipped || !is_uncounted(receipt, skips[at].reason)) counted++;
        if (skipped) at++;
    }
    return day;
}

static bool days_read(const struct receipt_row *row, struct workday_receipt *receipt)
{
    bool hours = workday_unit_is_hours(receipt->unit);
    bool by_date = receipt->unit == WORKDAY_WEEKS || receipt->unit == WORKDAY_MONTHS;
    receipt->amount = by_date ? row->amount : row->counted;
    receipt->from = receipt->due - receipt->counted - (int64_t)receipt->skipped_count;
    receipt->from_minute = WORKDAY_DAY_MINUTES;
    receipt->due_minute = WORKDAY_DAY_MINUTES;
    if (!hours) return receipt->counted >= 0;
    int64_t day = 0;
    return moment_read(row->since, &receipt->from, &receipt->from_minute) &&
           moment_read(row->at, &day, &receipt->due_minute) && day == receipt->due;
}

/* No calendar makes a term outside its years, nor leaves out a day outside the term. */
static bool days_lie_within(const struct workday_receipt *receipt)
{
    int64_t first = time_day_of((struct date){WORKDAY_YEAR_MIN, 1, 1});
    int64_t last = time_day_of((struct date){WORKDAY_YEAR_MAX, 12, 31});
    if (receipt->from < first || receipt->due > last || receipt->from > receipt->due) return false;
    size_t count = receipt->skipped_count;
    if (count == 0) return true;
    return receipt->skipped[0].day >= receipt->from &&
           receipt->skipped[count - 1].day < receipt->due;
}

bool workday_receipt_read(struct call *c, struct str json, struct workday_receipt *ret_receipt)
{
    struct receipt_row row = {};
    if (!str_starts(json, S("{"))) return false;
    enum err e = fields_read(c, &RECEIPT, json, UNKNOWN_IGNORE, &row);
    if (e != OK) {
        call_clear(c); /* a deadline without a receipt is nobody's mistake */
        return false;
    }
    struct workday_receipt receipt = {
        .due = row.due,
        .counted = row.counted,
        .version = row.calendar,
        .pauses = row.pauses.rows,
        .pause_count = row.pauses.count,
    };
    bool whole = row.due > 0 && unit_read(row.rule, &receipt.unit) &&
                 skipped_read(c, &row.skipped, &receipt) && days_read(&row, &receipt);
    if (!whole || !days_lie_within(&receipt)) return false;
    receipt.nominal = nominal_of(&receipt);
    *ret_receipt = receipt;
    return true;
}

bool workday_receipt_again(struct arena *arena, const struct workday_calendar *calendar,
                           const struct workday_receipt *receipt,
                           struct workday_receipt *ret_receipt)
{
    const struct workday_term term = {.from = receipt->from,
                                      .minute = receipt->from_minute,
                                      .amount = receipt->amount,
                                      .unit = receipt->unit,
                                      .pauses = receipt->pauses,
                                      .pause_count = receipt->pause_count};
    return workday_term_explain(arena, calendar, &term, ret_receipt);
}
