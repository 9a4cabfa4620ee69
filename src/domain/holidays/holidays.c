/* The record of a decision, and the table of contents of this folder. */
#include "holidays.h"

#include "core/office.h"
#include "holidays_rules.h"
#include "holidays_week.h"

static const char *const KINDS_OF_DAY[] = {"off", "work", NULL};
static const char *const REASONS[] = {"holiday", "compensation", "swap", "decision", NULL};
static const char *const HOLIDAYS[] = {"new_year", "tet",      "hung_kings", "reunification",
                                       "labour",   "national", NULL};

static const struct field DAY_FIELDS[] = {
    {.name = "day",
     .type = FIELD_DATE,
     .offset = offsetof(struct holidays_day, day),
     .required = true},
    {.name = "kind",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct holidays_day, kind),
     .choices = KINDS_OF_DAY,
     .required = true},
    {.name = "reason",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct holidays_day, reason),
     .choices = REASONS},
    {.name = "holiday",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct holidays_day, holiday),
     .choices = HOLIDAYS},
    {.name = "note",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_day, note),
     .max = HOLIDAYS_NOTE_BYTES},
};
const struct field_table HOLIDAYS_DAY =
    FIELD_TABLE("holidays.day", struct holidays_day, DAY_FIELDS);

static const struct field DECISION_FIELDS[] = {
    {.name = "number",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_decision, number),
     .max = 100,
     .required = true},
    {.name = "issuer",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_decision, issuer),
     .max = 200},
    {.name = "issued_date",
     .type = FIELD_DATE,
     .offset = offsetof(struct holidays_decision, issued_day)},
    {.name = "summary",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_decision, summary),
     .max = 500},
    {.name = "days",
     .type = FIELD_LIST,
     .offset = offsetof(struct holidays_decision, days),
     .of = &HOLIDAYS_DAY,
     .max = HOLIDAYS_DAYS,
     .source = "Labour Code 2019 art. 112 cl. 3"},
    {.name = "withdrawn",
     .type = FIELD_BOOL,
     .offset = offsetof(struct holidays_decision, withdrawn)},
    {.name = "withdrawn_reason",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_decision, withdrawn_reason),
     .max = 500},
    {.name = "files",
     .type = FIELD_FILES,
     .offset = offsetof(struct holidays_decision, files),
     .max = 1},
};
const struct field_table HOLIDAYS_DECISION =
    FIELD_TABLE("holidays.decision", struct holidays_decision, DECISION_FIELDS);

static enum err decision_valid(struct call *c, const struct version *v, const void *body)
{
    const struct holidays_decision *decision = body;
    (void)v;
    holidays_check(c, &decision->days);
    return problems_fail(c);
}

static enum err week_valid(struct call *c, const struct version *v, const void *body)
{
    (void)v;
    holidays_week_check(c, body);
    return problems_fail(c);
}

/* The calendar that everybody counts by from now on; who still reads the old one may. */
static enum err refresh(struct call *c, struct office *office, struct arena *memory)
{
    struct holidays_basis basis = {};
    const struct workday_calendar *calendar = NULL;
    enum err e = holidays_sql_basis(c, &basis);
    if (e == OK) e = holidays_calendar(c, memory, &basis, &calendar);
    if (e == OK) office->calendar = calendar;
    return e;
}

static const struct kind KINDS[] = {
    {.table = &HOLIDAYS_DECISION,
     .schema = 1,
     .view = "holidays.show",
     .title = "number",
     .valid = decision_valid},
    {.table = &HOLIDAYS_WEEK, .schema = 1, .local = true, .title = "basis", .valid = week_valid},
};

const struct module holidays_module = {
    .name = "holidays",
    .order = 950,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = HOLIDAYS_ACTS,
    .act_count = HOLIDAYS_ACT_COUNT,
    .views = HOLIDAYS_VIEWS,
    .view_count = HOLIDAYS_VIEW_COUNT,
    .refresh = refresh,
    .asks = holidays_asks,
};
