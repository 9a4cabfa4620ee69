/* The pages of whoever looks after the exchange. */
#include "exchange/oversight_acts.h"

#include "base/time.h"
#include "base/words.h"
#include "core/closed.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/ledger.h"
#include "exchange/log.h"
#include "exchange/oversight_sql.h"
#include "exchange/track.h"

enum { DIFFERENCE_ROWS = 100 };
enum { ASIDE_ROWS = 100, ALARM_ROWS = 100, ASIDE_NAME_BYTES = 70, TRACK_BYTES = 80 };

static struct str number(struct call *c, int64_t value)
{
    return str_format(c->arena, "%lld", (long long)value);
}

static struct str filled(struct call *c, const char *key, const char *name, struct str value)
{
    struct fail_arg args[] = {{name, value}};
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

static struct str reason_text(struct call *c, struct str reason)
{
    return words(c->lang, str_format(c->arena, "reason.%.*s", STR_ARG(reason)));
}

static struct str time_text(struct call *c, int64_t ms)
{
    return ms > 0 ? time_hanoi_format(c->arena, ms, c->lang) : (struct str){};
}

static void columns(struct call *c, struct view *section, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *label = str_format(c->arena, "exchange.column.%s", names[i]).ptr;
        view_column(c, section, names[i], label);
    }
}

/* ---- Liên thông ---- */

static void peer_state(struct call *c, struct node *row, const struct node *peer)
{
    struct str stopped = node_get(peer, "stopped");
    int64_t down_ms = node_number(peer, "down_ms");
    if (stopped.len > 0) {
        view_cell_state(c, row, reason_text(c, stopped), "late");
    } else if (down_ms > 0) {
        view_cell_state(c, row, filled(c, "exchange.down", "since", time_text(c, down_ms)), "late");
    } else if (node_number(peer, "waiting") > 0) {
        view_cell_state(c, row, words(c->lang, S("exchange.waits")), "warn");
    } else {
        view_cell_state(c, row, words(c->lang, S("exchange.good")), "good");
    }
}

/* One row an office: its code, its state when asked for, then the numbers of these names. */
static void peers_table(struct call *c, struct view *section, const struct node *peers,
                        const char *const *names, size_t count)
{
    columns(c, section, names, count);
    for (const struct node *peer = peers->first; peer != NULL; peer = peer->next) {
        struct node *row = view_row(c, section, (struct str){}, (struct str){});
        view_cell(c, row, node_get(peer, "code"));
        for (size_t i = 1; i < count; i++) {
            bool state = str_eq(str_of(names[i]), S("state"));
            bool instant = str_ends(str_of(names[i]), S("_ms"));
            if (state) peer_state(c, row, peer);
            if (instant) view_cell_instant(c, row, node_number(peer, names[i]));
            if (!state && !instant) view_cell(c, row, number(c, node_number(peer, names[i])));
        }
    }
}

static void peers_sections(struct call *c, struct view *view, const struct node *peers)
{
    static const char *const QUEUES[] = {"code",        "state",    "waiting", "oldest_ms",
                                         "age_minutes", "age_hour", "age_day", "age_older",
                                         "files",       "aside"};
    static const char *const PROOFS[] = {"code", "acked", "received", "witnessed", "claims"};
    struct view queues = view_section(c, view, "exchange.section.peers");
    peers_table(c, &queues, peers, QUEUES, ARRAY_LEN(QUEUES));
    struct view proofs = view_section(c, view, "exchange.section.proofs");
    peers_table(c, &proofs, peers, PROOFS, ARRAY_LEN(PROOFS));
}

static enum err aside_section(struct call *c, struct view *view)
{
    static const char *const COLUMNS[] = {"why", "office", "arrived", "size"};
    struct rows rows = {};
    enum err e = aside_sql_open(c, ASIDE_ROWS, &rows);
    if (e != OK) return e;
    struct view section = view_section(c, view, "exchange.section.aside");
    if (rows.count == 0) {
        node_text(c, section.data, "text", words(c->lang, S("exchange.no_aside")));
        return OK;
    }
    columns(c, &section, COLUMNS, ARRAY_LEN(COLUMNS));
    for (size_t i = 0; i < rows.count; i++) {
        struct str peer = rows_text(&rows, i, 0);
        struct str name = aside_name(c, peer, rows_int(&rows, i, 1), rows_int(&rows, i, 2));
        struct str href = str_format(c->arena, "/view/exchange.aside?entry=%.*s", STR_ARG(name));
        struct node *row = view_row(c, &section, (struct str){}, href);
        view_cell(c, row, reason_text(c, rows_text(&rows, i, 3)));
        view_cell(c, row, office_name(c, peer));
        view_cell_instant(c, row, rows_int(&rows, i, 4));
        view_cell(c, row, number(c, rows_int(&rows, i, 5)));
    }
    return OK;
}

static enum err alarm_section(struct call *c, struct view *view)
{
    static const char *const COLUMNS[] = {"alarm", "office", "first", "last", "times", "detail"};
    struct rows rows = {};
    enum err e = alarm_sql_open(c, ALARM_ROWS, &rows);
    if (e != OK) return e;
    struct view section = view_section(c, view, "exchange.section.alarms");
    if (rows.count == 0) {
        node_text(c, section.data, "text", words(c->lang, S("exchange.no_alarm")));
        return OK;
    }
    bool admin = (c->who.roles & ROLE_ADMIN) != 0;
    columns(c, &section, COLUMNS, ARRAY_LEN(COLUMNS));
    for (size_t i = 0; i < rows.count; i++) {
        struct str peer = rows_text(&rows, i, 0);
        struct str reason = rows_text(&rows, i, 1);
        struct str href = str_format(c->arena, "/act/exchange.close_alarm?peer=%.*s&reason=%.*s",
                                     STR_ARG(peer), STR_ARG(reason));
        struct node *row = view_row(c, &section, (struct str){}, admin ? href : (struct str){});
        view_cell(c, row, reason_text(c, reason));
        view_cell(c, row, office_name(c, peer));
        view_cell_instant(c, row, rows_int(&rows, i, 3));
        view_cell_instant(c, row, rows_int(&rows, i, 4));
        view_cell(c, row, number(c, rows_int(&rows, i, 5)));
        view_cell(c, row, rows_text(&rows, i, 2));
    }
    return OK;
}

static struct str side_text(struct call *c, const struct node *row)
{
    bool sent = node_number(row, "side") == LEDGER_SENT;
    return words(c->lang, sent ? S("exchange.side.sent") : S("exchange.side.took"));
}

static void ledger_result(struct call *c, struct node *row, const struct node *at)
{
    int64_t differ = node_number(at, "differ");
    if (node_number(at, "answers") == 0) {
        view_cell_state(c, row, words(c->lang, S("exchange.ledger.silent")), "warn");
    } else if (differ > 0) {
        view_cell_state(c, row, filled(c, "exchange.ledger.differ", "count", number(c, differ)),
                        "late");
    } else {
        view_cell_state(c, row, words(c->lang, S("exchange.ledger.agrees")), "good");
    }
}

static enum err ledger_section(struct call *c, struct view *view)
{
    static const char *const COLUMNS[] = {"office", "side", "result", "compared", "upto"};
    struct node *list = node_list(c);
    enum err e = ledger_list(c, list);
    if (e != OK) return e;
    struct view section = view_section(c, view, "exchange.section.ledgers");
    if (list->first == NULL) {
        node_text(c, section.data, "text", words(c->lang, S("exchange.no_ledger")));
        return OK;
    }
    columns(c, &section, COLUMNS, ARRAY_LEN(COLUMNS));
    for (const struct node *at = list->first; at != NULL; at = at->next) {
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row, office_name(c, node_get(at, "peer")));
        view_cell(c, row, side_text(c, at));
        ledger_result(c, row, at);
        view_cell_instant(c, row, node_number(at, "run_ms"));
        view_cell(c, row, number(c, node_number(at, "upto")));
    }
    return OK;
}

static enum err difference_section(struct call *c, struct view *view)
{
    static const char *const COLUMNS[] = {"verdict", "office", "side", "entry", "record", "since"};
    struct node *list = node_list(c);
    enum err e = ledger_differences(c, DIFFERENCE_ROWS, list);
    if (e != OK || list->first == NULL) return e;
    struct view section = view_section(c, view, "exchange.section.differences");
    columns(c, &section, COLUMNS, ARRAY_LEN(COLUMNS));
    for (const struct node *at = list->first; at != NULL; at = at->next) {
        struct str key =
            str_format(c->arena, "exchange.verdict.%.*s", STR_ARG(node_get(at, "verdict")));
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row, words(c->lang, key));
        view_cell(c, row, office_name(c, node_get(at, "peer")));
        view_cell(c, row, side_text(c, at));
        view_cell(c, row,
                  str_format(c->arena, "%lld.%lld", (long long)node_number(at, "epoch"),
                             (long long)node_number(at, "seq")));
        view_cell(c, row,
                  str_format(c->arena, "%.*s / %lld", STR_ARG(node_get(at, "record")),
                             (long long)node_number(at, "n")));
        view_cell_instant(c, row, node_number(at, "since_ms"));
    }
    return OK;
}

/* How the office itself stands: whether it may act, its rule, what of its log is not proven yet. */
static enum err own_facts(struct call *c, struct view *view)
{
    struct node *log = node_map(c);
    enum closed why = CLOSED_NOT;
    bool told = false;
    enum err e = closed_look(c, &why);
    if (e == OK) e = opened_is_told(c, &told);
    if (e == OK) e = log_debt_read(c, log);
    if (e != OK) return e;
    struct str debt = number(c, node_number(log, "debt"));
    if (why != CLOSED_NOT)
        view_fact(c, view, "exchange.fact.closed", reason_text(c, str_of(closed_word(why))));
    view_fact(c, view, "exchange.fact.debt", filled(c, "exchange.debt", "count", debt));
    view_fact(c, view, "exchange.fact.signed", time_text(c, node_number(log, "signed_ms")));
    view_fact(c, view, "exchange.fact.opened",
              words(c->lang, told ? S("exchange.opened_told") : S("exchange.opened_kept")));
    return OK;
}

static enum err status(struct call *c, const void *args, struct view *ret_view)
{
    struct node *peers = node_list(c);
    (void)args;
    view_start(c, ret_view, VIEW_RECORD, (struct str){});
    enum err e = exchange_status_list(c, peers);
    if (e == OK) e = own_facts(c, ret_view);
    if (e != OK) return e;
    e = alarm_section(c, ret_view);
    if (e == OK) e = aside_section(c, ret_view);
    if (e == OK) e = difference_section(c, ret_view);
    if (e == OK) peers_sections(c, ret_view, peers);
    if (e == OK) e = ledger_section(c, ret_view);
    if ((c->who.roles & ROLE_ADMIN) == 0) return e;
    view_act(c, ret_view, "exchange.compare", false);
    view_act(c, ret_view, "exchange.set_rule", false);
    return e;
}

/* ---- one entry that was set aside ---- */

struct aside_args {
    struct str entry;
};
static const struct field ASIDE_FIELDS[] = {
    {.name = "entry",
     .type = FIELD_TEXT,
     .offset = offsetof(struct aside_args, entry),
     .max = ASIDE_NAME_BYTES,
     .required = true,
     .label = "field.exchange.entry"},
};
static const struct field_table ASIDE_ARGS =
    FIELD_TABLE("exchange.aside", struct aside_args, ASIDE_FIELDS);

/* What to do about it, by its reason. */
static struct str advice(struct call *c, const struct aside *aside)
{
    struct str key = str_format(c->arena, "exchange.do.%.*s", STR_ARG(aside->reason));
    if (aside->entry.object.len == 0) key = S("exchange.do.cut");
    return words(c->lang, words_has(key) ? key : S("exchange.do.other"));
}

static void aside_act(struct call *c, struct node *acts, const char *act, struct str name,
                      const struct aside *aside)
{
    struct node *row = node_add_map(c, acts);
    bool kept = aside->entry.object.len > 0 || !str_eq(str_of(act), S("exchange.retry"));
    bool open = aside->done == ASIDE_OPEN;
    node_text(c, row, "act", str_of(act));
    node_text(c, row, "href", str_format(c->arena, "/act/%s?entry=%.*s", act, STR_ARG(name)));
    node_bool(c, row, "possible", open && kept);
    if (open && kept) return;
    node_text(
        c, row, "why",
        words(c->lang, open ? S("reason.exchange.aside_cut") : S("reason.exchange.aside_done")));
}

static void aside_facts(struct call *c, struct view *view, const struct aside *aside)
{
    const struct entry *entry = &aside->entry.entry;
    bool version = entry->kind == ENTRY_VERSION;
    view_fact(c, view, "exchange.column.why", reason_text(c, aside->reason));
    view_fact(c, view, "exchange.fact.do", advice(c, aside));
    view_fact(c, view, "exchange.column.office", office_name(c, aside->peer));
    view_fact(c, view, "exchange.column.arrived", time_text(c, aside->received_ms));
    view_fact(c, view, "exchange.fact.kind",
              words(c->lang, version ? S("exchange.kind.version") : S("exchange.kind.receipt")));
    view_fact(c, view, "exchange.column.size", number(c, entry->size));
    view_fact(c, view, "exchange.fact.number",
              str_format(c->arena, "%lld.%lld", (long long)aside->epoch, (long long)aside->seq));
    view_fact(c, view, "exchange.fact.record",
              str_format(c->arena, "%.*s / %lld", STR_ARG(entry->record), (long long)entry->n));
    if (aside->done == ASIDE_OPEN) return;
    view_fact(c, view, "exchange.fact.decided",
              words(c->lang,
                    aside->done == ASIDE_RETRIED ? S("exchange.retried") : S("exchange.refused")));
    view_fact(c, view, "exchange.fact.by", person_title(c, aside->done_by));
    view_fact(c, view, "exchange.fact.when", time_text(c, aside->done_ms));
    view_fact(c, view, "exchange.fact.note", aside->note);
}

static enum err aside_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct aside_args *in = args;
    struct aside aside = {};
    enum err e = aside_load(c, in->entry, &aside);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_RECORD, (struct str){});
    aside_facts(c, ret_view, &aside);
    if ((c->who.roles & ROLE_ADMIN) == 0) return OK;
    struct node *acts = node_put_list(c, ret_view->data, "acts");
    aside_act(c, acts, "exchange.retry", in->entry, &aside);
    aside_act(c, acts, "exchange.refuse", in->entry, &aside);
    return OK;
}

/* ---- Vì sao văn bản chưa đến? ---- */

struct track_args {
    struct str number;
};
static const struct field TRACK_FIELDS[] = {
    {.name = "number",
     .type = FIELD_TEXT,
     .offset = offsetof(struct track_args, number),
     .max = TRACK_BYTES},
};
static const struct field_table TRACK_ARGS =
    FIELD_TABLE("exchange.track", struct track_args, TRACK_FIELDS);

/* "Đã ký, phiên bản 1: 09:00 25/11/2026 · ...", the steps as one line each. */
static struct str steps_text(struct call *c, const struct node *steps)
{
    struct sb sb = sb_new(c->arena, 0);
    for (const struct node *step = steps->first; step != NULL; step = step->next) {
        int64_t at_ms = node_number(step, "at_ms");
        if (sb.len > 0) sb_put(&sb, S(" · "));
        sb_put(&sb, node_get(step, "text"));
        if (at_ms > 0) sb_printf(&sb, ": %.*s", STR_ARG(time_text(c, at_ms)));
    }
    return sb_str(&sb);
}

static void track_rows(struct call *c, struct view *view, const struct node *documents)
{
    for (const struct node *document = documents->first; document != NULL;
         document = document->next) {
        const struct node *to = node_find(document, S("to"));
        for (const struct node *way = to->first; way != NULL; way = way->next) {
            struct node *row =
                view_row(c, view, node_get(document, "record"), node_get(document, "href"));
            view_cell(c, row, node_get(document, "title"));
            view_cell(c, row, node_get(way, "name"));
            view_cell_state(c, row, node_get(way, "state"), node_get(way, "tone").ptr);
            view_cell(c, row, steps_text(c, node_find(way, S("steps"))));
            view_cell(c, row, node_get(way, "advice"));
        }
    }
}

static enum err found(struct call *c, struct view *view, struct str text)
{
    static const char *const COLUMNS[] = {"document", "office", "state", "steps", "do"};
    struct node *documents = node_list(c);
    enum err e = track_find(c, text, false, documents);
    if (e != OK) return e;
    columns(c, view, COLUMNS, ARRAY_LEN(COLUMNS));
    track_rows(c, view, documents);
    node_text(c, view->data, "empty", words(c->lang, S("track.none")));
    return OK;
}

/* Nothing asked yet: what is on its way. */
static enum err waiting(struct call *c, struct view *view)
{
    struct node *list = node_list(c);
    enum err e = track_waiting(c, list);
    if (e != OK) return e;
    view_column(c, view, "document", "exchange.column.document");
    view_column(c, view, "office", "exchange.column.office");
    view_column(c, view, "since", "exchange.column.since");
    for (const struct node *at = list->first; at != NULL; at = at->next) {
        struct str record = node_get(at, "record");
        struct str href = str_format(c->arena, "/view/exchange.track?number=%.*s", STR_ARG(record));
        struct node *row = view_row(c, view, record, href);
        view_cell(c, row, node_get(at, "title"));
        view_cell(c, row, office_name(c, node_get(at, "office")));
        view_cell_instant(c, row, node_number(at, "since_ms"));
    }
    node_text(c, view->data, "empty", words(c->lang, S("track.all_arrived")));
    return OK;
}

static enum err track(struct call *c, const void *args, struct view *ret_view)
{
    const struct track_args *in = args;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    (void)node_put_list(c, ret_view->data, "acts"); /* those of the module are of another page */
    return in->number.len > 0 ? found(c, ret_view, in->number) : waiting(c, ret_view);
}

const struct view_def OVERSIGHT_VIEWS[] = {
    {.name = "exchange.status", .roles = ROLE_ADMIN | ROLE_REGISTRY, .rail = true, .run = status},
    {.name = "exchange.aside",
     .args = &ASIDE_ARGS,
     .roles = ROLE_ADMIN | ROLE_REGISTRY,
     .run = aside_view},
    {.name = "exchange.track",
     .args = &TRACK_ARGS,
     .roles = ROLE_REGISTRY | ROLE_CHIEF,
     .rail = true,
     .run = track},
};
static_assert(ARRAY_LEN(OVERSIGHT_VIEWS) == OVERSIGHT_VIEWS_COUNT);
