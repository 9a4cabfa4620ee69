#include "front/web/due.h"

#include "base/field.h"
#include "base/time.h"
#include "base/words.h"

struct skip {
    int64_t day;
    struct str reason;
};

struct receipt {
    int64_t due;
    int64_t counted;
    struct list skipped;
    struct str rule;
    struct str calendar;
};

static const struct field SKIP_FIELDS[] = {
    {.name = "day", .type = FIELD_DATE, .offset = offsetof(struct skip, day)},
    {.name = "reason", .type = FIELD_TEXT, .offset = offsetof(struct skip, reason)},
};
static const struct field_table SKIP_TABLE = FIELD_TABLE("web.skip", struct skip, SKIP_FIELDS);

/* As workday_receipt_json writes it; whatever else a module adds is not shown here. */
static const struct field RECEIPT_FIELDS[] = {
    {.name = "due", .type = FIELD_DATE, .offset = offsetof(struct receipt, due)},
    {.name = "counted", .type = FIELD_INT, .offset = offsetof(struct receipt, counted)},
    {.name = "skipped",
     .type = FIELD_LIST,
     .offset = offsetof(struct receipt, skipped),
     .of = &SKIP_TABLE},
    {.name = "rule", .type = FIELD_TEXT, .offset = offsetof(struct receipt, rule)},
    {.name = "calendar", .type = FIELD_TEXT, .offset = offsetof(struct receipt, calendar)},
};
static const struct field_table RECEIPT_TABLE =
    FIELD_TABLE("web.receipt", struct receipt, RECEIPT_FIELDS);

static void line(struct call *c, struct node *lines, const char *key, const struct fail_arg *args,
                 size_t count)
{
    node_add_text(c, lines, words_fill(c->arena, c->lang, str_of(key), args, count));
}

void due_dress(struct call *c, struct node *due)
{
    struct receipt receipt = {};
    struct str why = node_get(due, "why");
    if (!str_starts(why, S("{"))) return;
    enum err e = fields_read(c, &RECEIPT_TABLE, why, UNKNOWN_IGNORE, &receipt);
    if (e != OK) {
        call_clear(c);
        return;
    }
    struct node *lines = node_put_list(c, due, "because");
    bool working = str_eq(receipt.rule, S("working_days"));
    struct fail_arg counted[] = {
        {"days", str_format(c->arena, "%lld", (long long)receipt.counted)}};
    line(c, lines, working ? "web.why_working" : "web.why_calendar", counted, ARRAY_LEN(counted));
    const struct skip *skips = receipt.skipped.rows;
    for (size_t i = 0; i < receipt.skipped.count; i++) {
        struct fail_arg args[] = {{"day", time_format_day_long(c->arena, skips[i].day, c->lang)},
                                  {"reason", words(c->lang, skips[i].reason)}};
        line(c, lines, "web.why_skipped", args, ARRAY_LEN(args));
    }
    struct fail_arg source[] = {{"calendar", receipt.calendar}};
    line(c, lines, "web.why_calendar_version", source, ARRAY_LEN(source));
}
