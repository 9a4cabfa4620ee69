/*
 * notices.c: a person's notices, and how people want to be told. README.md says what holds when
 * nobody said anything; the engine is core/notice.h.
 */
#include "notices.h"

#include "base/words.h"
#include "core/notice.h"
#include "core/office.h"
#include "core/org.h"

/* The form of a time of the day: "07:30". */
enum { TIME_LEN = 5, DAILY_MAX = 100 };

/* What the office or a person chose. Empty members were not said. */
struct choice {
    struct str record; /* of an act: the record that is changed */
    struct str person; /* of a person's choice */
    int64_t mail;      /* enum notice_how */
    int64_t sms;
    struct str quiet_from;
    struct str quiet_to;
    int64_t daily;  /* 0: not said; none at all is mail = bulletin */
    int64_t passes; /* of the office: 1 hỏa tốc, 2 thượng khẩn and above, 3 none */
    bool no_titles;
};

static const char *const HOW[] = {"each", "bulletin", "never", NULL};
static const char *const PASSES[] = {"top", "high", "none", NULL};

#define AT(member) .offset = offsetof(struct choice, member)
#define CHANNELS                                                                                   \
    {.name = "mail",                                                                               \
     .type = FIELD_CHOICE,                                                                         \
     AT(mail),                                                                                     \
     .choices = HOW,                                                                               \
     .label = "field.notices.mail"},                                                               \
        {.name = "sms",                                                                            \
         .type = FIELD_CHOICE,                                                                     \
         AT(sms),                                                                                  \
         .choices = HOW,                                                                           \
         .label = "field.notices.sms"},                                                            \
        {.name = "quiet_from",                                                                     \
         .type = FIELD_TEXT,                                                                       \
         AT(quiet_from),                                                                           \
         .max = TIME_LEN,                                                                          \
         .label = "field.notices.quiet_from"},                                                     \
        {.name = "quiet_to",                                                                       \
         .type = FIELD_TEXT,                                                                       \
         AT(quiet_to),                                                                             \
         .max = TIME_LEN,                                                                          \
         .label = "field.notices.quiet_to"},                                                       \
    {                                                                                              \
        .name = "daily", .type = FIELD_INT, AT(daily), .max = DAILY_MAX,                           \
        .label = "field.notices.daily"                                                             \
    }
#define OFFICE_ONLY                                                                                \
    {.name = "passes",                                                                             \
     .type = FIELD_CHOICE,                                                                         \
     AT(passes),                                                                                   \
     .choices = PASSES,                                                                            \
     .label = "field.notices.passes"},                                                             \
    {                                                                                              \
        .name = "no_titles", .type = FIELD_BOOL, AT(no_titles), .label = "field.notices.no_titles" \
    }

static const struct field RULES_FIELDS[] = {CHANNELS, OFFICE_ONLY};
static const struct field CHOICE_FIELDS[] = {
    {.name = "person",
     .type = FIELD_PERSON,
     AT(person),
     .required = true,
     .label = "field.notices.person"},
    CHANNELS,
};
static const struct field_table RULES = FIELD_TABLE("notices.rules", struct choice, RULES_FIELDS);
static const struct field_table CHOICE =
    FIELD_TABLE("notices.choice", struct choice, CHOICE_FIELDS);

static const struct field SET_OFFICE_FIELDS[] = {
    CHANNELS,
    OFFICE_ONLY,
};
static const struct field SET_FIELDS[] = {CHANNELS};
static const struct field_table SET_OFFICE =
    FIELD_TABLE("notices.set_office", struct choice, SET_OFFICE_FIELDS);
static const struct field_table SET = FIELD_TABLE("notices.set", struct choice, SET_FIELDS);

/* ---- what a version says ---- */

/* "07:30" as a minute of the day; -1 for an empty text. False when it is neither. */
static bool minute_read(struct str text, int64_t *ret_minute)
{
    int64_t hour = 0;
    int64_t minute = 0;
    *ret_minute = -1;
    if (text.len == 0) return true;
    bool read = text.len == TIME_LEN && text.ptr[2] == ':' &&
                parse_int(str_sub(text, 0, 2), 0, 23, &hour) &&
                parse_int(str_sub(text, 3, TIME_LEN), 0, 59, &minute);
    if (read) *ret_minute = hour * 60 + minute;
    return read;
}

static void times_check(struct call *c, const struct choice *choice)
{
    int64_t from = 0;
    int64_t to = 0;
    if (!minute_read(choice->quiet_from, &from)) problem(c, S("quiet_from"), "notices.time");
    if (!minute_read(choice->quiet_to, &to)) problem(c, S("quiet_to"), "notices.time");
    bool one = (choice->quiet_from.len > 0) != (choice->quiet_to.len > 0);
    if (one) problem(c, S("quiet_to"), "notices.both_times");
}

static enum err valid(struct call *c, const struct version *v, const void *body)
{
    (void)v;
    times_check(c, body);
    return problems_fail(c);
}

static enum err wish_put(struct call *c, const struct version *v, struct str party,
                         const struct choice *choice)
{
    static const int64_t PASSES_FROM[] = {-1, 3, 2, 0};
    struct notice_wish wish = {
        .how = {[NOTICE_MAIL] = choice->mail, [NOTICE_SMS] = choice->sms},
        .daily = choice->daily > 0 ? choice->daily : -1,
        .passes = PASSES_FROM[choice->passes],
        .titles = choice->no_titles ? 0 : 1,
    };
    bool read = minute_read(choice->quiet_from, &wish.quiet_from) &&
                minute_read(choice->quiet_to, &wish.quiet_to);
    ensure(read); /* valid() asked */
    return notice_wish_put(c, v, party, &wish);
}

static enum err rules_apply(struct call *c, const struct version *v, const void *body)
{
    struct str party = str_format(c->arena, "o:%.*s", STR_ARG(v->home));
    return wish_put(c, v, party, body);
}

static enum err choice_apply(struct call *c, const struct version *v, const void *body)
{
    const struct choice *choice = body;
    struct str party = str_format(c->arena, "p:%.*s", STR_ARG(choice->person));
    return wish_put(c, v, party, choice);
}

/* ---- acts ---- */

static enum err run_set_office(struct call *c, const void *input, struct act_result *ret_result)
{
    struct choice choice = *(const struct choice *)input;
    struct put put = {.kind = "notices.rules", .body = &choice};
    put.audience = org_audience(c, &put.audience_count);
    enum err e = notices_sql_office(c, &put.record);
    return e != OK ? e : record_put(c, &put, ret_result);
}

/* One's own choice, which nobody else reads. */
static enum err run_set(struct call *c, const void *input, struct act_result *ret_result)
{
    struct choice choice = *(const struct choice *)input;
    struct str *party = arena_alloc(c->arena, sizeof *party);
    *party = str_format(c->arena, "p:%.*s", STR_ARG(c->who.person));
    choice.person = c->who.person;
    struct put put = {
        .kind = "notices.choice", .body = &choice, .audience = party, .audience_count = 1};
    enum err e = notices_sql_person(c, c->who.person, &put.record);
    return e != OK ? e : record_put(c, &put, ret_result);
}

struct read_input {
    int64_t upto;
};
static const struct field READ_FIELDS[] = {
    {.name = "upto",
     .type = FIELD_INT,
     .offset = offsetof(struct read_input, upto),
     .max = INT64_C(9007199254740991),
     .required = true},
};
static const struct field_table READ = FIELD_TABLE("notices.read", struct read_input, READ_FIELDS);

static enum err run_read(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct read_input *in = input;
    (void)ret_result;
    return notice_read(c, in->upto);
}

static const struct act ACTS[] = {
    {.name = "notices.set", .input = &SET, .roles = ROLE_ANY, .run = run_set},
    {.name = "notices.set_office",
     .input = &SET_OFFICE,
     .roles = ROLE_ADMIN,
     .run = run_set_office},
    {.name = "notices.read", .input = &READ, .roles = ROLE_ANY, .run = run_read},
};

/* ---- pages ---- */

struct list_args {
    int64_t after;
};
static const struct field LIST_FIELDS[] = {
    {.name = "after",
     .type = FIELD_INT,
     .offset = offsetof(struct list_args, after),
     .max = INT64_C(9007199254740991)},
};
static const struct field_table LIST_ARGS =
    FIELD_TABLE("notices.list", struct list_args, LIST_FIELDS);

static void list_row(struct call *c, struct view *view, const struct node *notice)
{
    bool unread = node_number(notice, "unread") != 0;
    struct node *row = view_row(c, view, node_get(notice, "record"), node_get(notice, "href"));
    struct str what = node_get(notice, "what");
    view_cell(c, row, what);
    view_cell(c, row, node_get(notice, "title"));
    view_cell(c, row, node_get(notice, "step"));
    view_cell_instant(c, row, node_number(notice, "due_ms"));
    view_cell_instant(c, row, node_number(notice, "made_ms"));
    view_cell_state(c, row, words(c->lang, unread ? S("notices.unread") : S("notices.seen")),
                    unread ? "warn" : "neutral");
}

static void list_acts(struct call *c, struct view *view, int64_t newest)
{
    struct node *acts = node_put_list(c, view->data, "acts");
    if (newest > 0) {
        struct node *read = node_add_map(c, acts);
        node_text(c, read, "act", S("notices.read"));
        node_text(c, read, "href",
                  str_format(c->arena, "/act/notices.read?upto=%lld", (long long)newest));
    }
    node_text(c, node_add_map(c, acts), "act", S("notices.set"));
    if ((c->who.roles & ROLE_ADMIN) != 0) {
        node_text(c, node_add_map(c, acts), "act", S("notices.set_office"));
    }
}

static enum err list_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct list_args *in = args;
    struct node *list = node_list(c);
    int64_t next = 0;
    enum err e = notice_list(c, in->after, list, &next);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "what", "notice.column.what");
    view_column(c, ret_view, "title", "notices.column.title");
    view_column(c, ret_view, "step", "notice.column.step");
    view_column(c, ret_view, "due", "notices.column.due");
    view_column(c, ret_view, "made", "notice.column.made");
    view_column(c, ret_view, "state", "notices.column.state");
    for (const struct node *notice = list->first; notice != NULL; notice = notice->next)
        list_row(c, ret_view, notice);
    if (next > 0)
        node_text(c, ret_view->data, "next", str_format(c->arena, "%lld", (long long)next));
    node_text(c, ret_view->data, "empty", words(c->lang, S("notices.none")));
    list_acts(c, ret_view, list->first == NULL ? 0 : node_number(list->first, "id"));
    return OK;
}

static const struct view_def VIEWS[] = {
    {.name = "notices.list", .args = &LIST_ARGS, .roles = ROLE_ANY, .run = list_view},
};

static const struct kind KINDS[] = {
    {.table = &RULES, .schema = 1, .local = true, .valid = valid, .apply = rules_apply},
    {.table = &CHOICE, .schema = 1, .local = true, .valid = valid, .apply = choice_apply},
};

const struct module notices_module = {
    .name = "notices",
    .order = 940,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = ACTS,
    .act_count = ARRAY_LEN(ACTS),
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
