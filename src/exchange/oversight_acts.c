/* What a person does about the exchange. */
#include "exchange/oversight_acts.h"

#include "base/limits.h"
#include "core/office.h"
#include "core/org.h"
#include "core/receipt.h"
#include "exchange/ledger.h"
#include "exchange/oversight_sql.h"

enum { ASIDE_NAME_BYTES = 70, REASON_KEY_BYTES = 60, WHY_BYTES = 2000 };

/* The office's own rule. */
struct rule {
    bool opened; /* tell the sender that what came was opened: R3 */
};
static const struct field RULE_FIELDS[] = {
    {.name = "opened",
     .type = FIELD_BOOL,
     .offset = offsetof(struct rule, opened),
     .label = "field.exchange.opened"},
};
static const struct field_table RULE = FIELD_TABLE("exchange.rule", struct rule, RULE_FIELDS);
static const struct field_table SET_RULE =
    FIELD_TABLE("exchange.set_rule", struct rule, RULE_FIELDS);

const struct kind OVERSIGHT_KINDS[] = {
    {.table = &RULE, .schema = 1, .local = true},
};
static_assert(ARRAY_LEN(OVERSIGHT_KINDS) == OVERSIGHT_KINDS_COUNT);

static enum err set_rule(struct call *c, const void *input, struct act_result *ret_result)
{
    bool opened = false;
    struct put put = {.kind = "exchange.rule", .body = input};
    put.audience = org_audience(c, &put.audience_count);
    enum err e = rule_sql_load(c, &put.record, &opened);
    return e != OK ? e : record_put(c, &put, ret_result);
}

struct aside_input {
    struct str entry; /* aside_name */
    struct str why;
};
#define ENTRY_FIELD                                                                                \
    {                                                                                              \
        .name = "entry", .type = FIELD_TEXT, .offset = offsetof(struct aside_input, entry),        \
        .max = ASIDE_NAME_BYTES, .required = true, .label = "field.exchange.entry"                 \
    }
static const struct field RETRY_FIELDS[] = {ENTRY_FIELD};
static const struct field REFUSE_FIELDS[] = {
    ENTRY_FIELD,
    {.name = "why",
     .type = FIELD_LONG,
     .offset = offsetof(struct aside_input, why),
     .max = WHY_BYTES,
     .required = true},
};
static const struct field_table RETRY =
    FIELD_TABLE("exchange.retry", struct aside_input, RETRY_FIELDS);
static const struct field_table REFUSE =
    FIELD_TABLE("exchange.refuse", struct aside_input, REFUSE_FIELDS);

static enum err retry(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct aside_input *in = input;
    (void)ret_result;
    return aside_retry(c, in->entry);
}

static enum err refuse(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct aside_input *in = input;
    (void)ret_result;
    return aside_refuse(c, in->entry, in->why);
}

struct alarm_input {
    struct str peer;
    struct str reason;
    struct str why;
};
static const struct field CLOSE_FIELDS[] = {
    {.name = "peer",
     .type = FIELD_OFFICE,
     .offset = offsetof(struct alarm_input, peer),
     .required = true},
    {.name = "reason",
     .type = FIELD_TEXT,
     .offset = offsetof(struct alarm_input, reason),
     .max = REASON_KEY_BYTES,
     .required = true},
    {.name = "why",
     .type = FIELD_LONG,
     .offset = offsetof(struct alarm_input, why),
     .max = WHY_BYTES,
     .required = true},
};
static const struct field_table CLOSE =
    FIELD_TABLE("exchange.close_alarm", struct alarm_input, CLOSE_FIELDS);

static enum err close_alarm(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct alarm_input *in = input;
    (void)ret_result;
    return alarm_close(c, in->peer, in->reason, in->why);
}

static const struct field_table COMPARE = {.name = "exchange.compare"};

static enum err compare(struct call *c, const void *input, struct act_result *ret_result)
{
    (void)input;
    (void)ret_result;
    return ledger_hurry(c);
}

const struct act OVERSIGHT_ACTS[] = {
    {.name = "exchange.retry", .input = &RETRY, .roles = ROLE_ADMIN, .run = retry, .main = true},
    {.name = "exchange.refuse", .input = &REFUSE, .roles = ROLE_ADMIN, .run = refuse},
    {.name = "exchange.close_alarm", .input = &CLOSE, .roles = ROLE_ADMIN, .run = close_alarm},
    {.name = "exchange.compare", .input = &COMPARE, .roles = ROLE_ADMIN, .run = compare},
    {.name = "exchange.set_rule", .input = &SET_RULE, .roles = ROLE_ADMIN, .run = set_rule},
};
static_assert(ARRAY_LEN(OVERSIGHT_ACTS) == OVERSIGHT_ACTS_COUNT);

/* R3, when a person has looked and the office's rule says so. */
static enum err seen(struct call *c, struct str record, int64_t n)
{
    struct head head = {};
    bool told = false;
    (void)n;
    enum err e = record_head(c, record, &head);
    if (e != OK || str_eq(head.home, c->office->id)) return e;
    e = opened_is_told(c, &told);
    if (e != OK || !told) return e;
    return receipt_issue(c, &(struct receipt){.type = RECEIPT_R3, .record = record});
}

const struct module exchange_module = {
    .name = "exchange",
    .order = 985,
    .kinds = OVERSIGHT_KINDS,
    .kind_count = OVERSIGHT_KINDS_COUNT,
    .acts = OVERSIGHT_ACTS,
    .act_count = OVERSIGHT_ACTS_COUNT,
    .views = OVERSIGHT_VIEWS,
    .view_count = OVERSIGHT_VIEWS_COUNT,
    .seen = seen,
};
