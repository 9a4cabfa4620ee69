/* Deciding, changing, importing and withdrawing days off: the administrator's work. */
#include "holidays.h"

#include "core/office.h"
#include "core/org.h"
#include "holidays_rules.h"
#include "store/blob.h"

#include <unistd.h>

struct input {
    struct str record;
    int64_t seen;
    struct holidays_decision decision;
};

#define AT(member) .offset = offsetof(struct input, member)
#define RECORD_AND_SEEN                                                                            \
    {.name = "record",                                                                             \
     .type = FIELD_RECORD,                                                                         \
     AT(record),                                                                                   \
     .required = true,                                                                             \
     .label = "field.holidays.record"},                                                            \
    {                                                                                              \
        .name = "seen", .type = FIELD_INT, AT(seen), .label = "field.holidays.seen"                \
    }
#define HEADING                                                                                    \
    {.name = "number",                                                                             \
     .type = FIELD_TEXT,                                                                           \
     AT(decision.number),                                                                          \
     .max = 100,                                                                                   \
     .required = true,                                                                             \
     .label = "field.holidays.decision.number"},                                                   \
        {.name = "issuer",                                                                         \
         .type = FIELD_TEXT,                                                                       \
         AT(decision.issuer),                                                                      \
         .max = 200,                                                                               \
         .label = "field.holidays.decision.issuer"},                                               \
        {.name = "issued_date",                                                                    \
         .type = FIELD_DATE,                                                                       \
         AT(decision.issued_day),                                                                  \
         .label = "field.holidays.decision.issued_date"},                                          \
    {                                                                                              \
        .name = "summary", .type = FIELD_TEXT, AT(decision.summary), .max = 500,                   \
        .label = "field.holidays.decision.summary"                                                 \
    }
#define DAYS                                                                                       \
    {                                                                                              \
        .name = "days", .type = FIELD_LIST, AT(decision.days), .of = &HOLIDAYS_DAY,                \
        .max = HOLIDAYS_DAYS, .label = "field.holidays.decision.days"                              \
    }

static const struct field DECIDE_FIELDS[] = {HEADING, DAYS};
static const struct field CHANGE_FIELDS[] = {RECORD_AND_SEEN, HEADING, DAYS};
static const struct field IMPORT_FIELDS[] = {
    HEADING,
    {.name = "file",
     .type = FIELD_FILES,
     AT(decision.files),
     .max = 1,
     .required = true,
     .label = "field.holidays.file"},
};
static const struct field WITHDRAW_FIELDS[] = {
    RECORD_AND_SEEN,
    {.name = "reason",
     .type = FIELD_TEXT,
     AT(decision.withdrawn_reason),
     .max = 500,
     .required = true,
     .label = "field.holidays.decision.withdrawn_reason"},
};
static const struct field_table DECIDE =
    FIELD_TABLE("holidays.decide", struct input, DECIDE_FIELDS);
static const struct field_table CHANGE =
    FIELD_TABLE("holidays.change", struct input, CHANGE_FIELDS);
static const struct field_table IMPORT =
    FIELD_TABLE("holidays.import", struct input, IMPORT_FIELDS);
static const struct field_table WITHDRAW =
    FIELD_TABLE("holidays.withdraw", struct input, WITHDRAW_FIELDS);

/* Everybody in the office may read it; it never leaves the office. */
static enum err decision_put(struct call *c, const struct input *in,
                             const struct holidays_decision *decision,
                             struct act_result *ret_result)
{
    struct put put = {
        .kind = "holidays.decision", .record = in->record, .seen_n = in->seen, .body = decision};
    put.audience = org_audience(c, &put.audience_count);
    return record_put(c, &put, ret_result);
}

static enum err run_decide(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    return decision_put(c, in, &in->decision, ret_result);
}

/* A change keeps the file that the days once came from. */
static enum err run_change(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct holidays_decision before = {};
    struct holidays_decision decision = in->decision;
    enum err e = record_body(c, "holidays.decision", in->record, &before);
    if (e != OK) return e;
    decision.files = before.files;
    return decision_put(c, in, &decision, ret_result);
}

/* The bytes of a small file. */
static enum err file_read(struct call *c, struct str root, struct str *ret_text)
{
    int fd = -1;
    int64_t size = 0;
    size_t len = 0;
    enum err e = blob_open(c, c->office->dir, root, &fd, &size);
    if (e != OK) return e;
    if (size > HOLIDAYS_CSV_BYTES) return fail(c, ERR_LIMIT, "holidays.csv_large");
    char *bytes = arena_alloc(c->arena, (size_t)size + 1);
    while (len < (size_t)size) {
        ssize_t n = pread(fd, bytes + len, (size_t)size - len, (off_t)len);
        if (n <= 0) return fail(c, ERR_IO, "blob.io");
        len += (size_t)n;
    }
    *ret_text = (struct str){bytes, len};
    return OK;
}

static enum err run_import(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    const struct file_ref *file = in->decision.files.rows;
    struct holidays_decision decision = in->decision;
    struct str text = {};
    ensure(in->decision.files.count == 1); /* required, one at most */
    enum err e = file_read(c, file->root, &text);
    if (e == OK) e = holidays_csv_read(c, text, &decision.days);
    return e == OK ? decision_put(c, in, &decision, ret_result) : e;
}

static enum err run_withdraw(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct holidays_decision decision = {};
    enum err e = record_body(c, "holidays.decision", in->record, &decision);
    if (e != OK) return e;
    decision.withdrawn = true;
    decision.withdrawn_reason = in->decision.withdrawn_reason;
    return decision_put(c, in, &decision, ret_result);
}

static enum err still_holds(struct call *c, const struct head *head)
{
    struct holidays_decision decision = {};
    enum err e = record_body(c, "holidays.decision", head->record, &decision);
    if (e != OK) return e;
    return decision.withdrawn ? fail(c, ERR_CONFLICT, "holidays.withdrawn") : OK;
}

const struct act HOLIDAYS_ACTS[HOLIDAYS_ACT_COUNT] = {
    {.name = "holidays.decide",
     .input = &DECIDE,
     .roles = ROLE_ADMIN,
     .main = true,
     .run = run_decide},
    {.name = "holidays.import", .input = &IMPORT, .roles = ROLE_ADMIN, .run = run_import},
    {.name = "holidays.change",
     .input = &CHANGE,
     .kind = "holidays.decision",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .main = true,
     .state = still_holds,
     .run = run_change},
    {.name = "holidays.withdraw",
     .input = &WITHDRAW,
     .kind = "holidays.decision",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .state = still_holds,
     .run = run_withdraw},
    {.name = "holidays.set_week",
     .input = &HOLIDAYS_SET_WEEK,
     .roles = ROLE_ADMIN,
     .run = holidays_run_set_week},
    {.name = "holidays.withdraw_week",
     .input = &HOLIDAYS_WITHDRAW_WEEK,
     .kind = "holidays.week",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .state = holidays_week_holds,
     .run = holidays_run_withdraw_week},
    {.name = "holidays.move_deadlines",
     .input = &HOLIDAYS_MOVE,
     .roles = ROLE_LEADER | ROLE_CHIEF,
     .main = true,
     .run = holidays_run_move},
};
