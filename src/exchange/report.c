#include "exchange/report.h"

#include "base/time.h"
#include "base/words.h"
#include "core/closed.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/ledger.h"
#include "exchange/log.h"
#include "exchange/oversight_sql.h"
#include "exchange/track.h"

enum { REPORT_ROWS = 100 };

/* ---- the same as data ---- */

static enum err alarms(struct call *c, struct node *list)
{
    struct rows rows = {};
    enum err e = alarm_sql_open(c, REPORT_ROWS, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct node *row = node_add_map(c, list);
        node_text(c, row, "peer", rows_text(&rows, i, 0));
        node_text(c, row, "code", office_code(c, rows_text(&rows, i, 0)));
        node_text(c, row, "reason", rows_text(&rows, i, 1));
        node_text(c, row, "detail", rows_text(&rows, i, 2));
        node_int(c, row, "first_ms", rows_int(&rows, i, 3));
        node_int(c, row, "last_ms", rows_int(&rows, i, 4));
        node_int(c, row, "count", rows_int(&rows, i, 5));
    }
    return e;
}

static enum err set_aside(struct call *c, struct node *list)
{
    struct rows rows = {};
    enum err e = aside_sql_open(c, REPORT_ROWS, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct str peer = rows_text(&rows, i, 0);
        struct node *row = node_add_map(c, list);
        node_text(c, row, "entry",
                  aside_name(c, peer, rows_int(&rows, i, 1), rows_int(&rows, i, 2)));
        node_text(c, row, "code", office_code(c, peer));
        node_text(c, row, "reason", rows_text(&rows, i, 3));
        node_int(c, row, "received_ms", rows_int(&rows, i, 4));
        node_text(c, row, "record", rows_text(&rows, i, 6));
    }
    return e;
}

static enum err status_data(struct call *c, void *arg)
{
    struct node *map = arg;
    enum closed why = CLOSED_NOT;
    enum err e = closed_look(c, &why);
    if (e != OK) return e;
    node_text(c, map, "closed", str_of(closed_word(why)));
    e = exchange_status_list(c, node_put_list(c, map, "peers"));
    if (e == OK) e = log_debt_read(c, node_put_map(c, map, "log"));
    if (e == OK) e = alarms(c, node_put_list(c, map, "alarms"));
    if (e == OK) e = set_aside(c, node_put_list(c, map, "aside"));
    if (e == OK) e = ledger_list(c, node_put_list(c, map, "ledgers"));
    if (e == OK) e = ledger_differences(c, REPORT_ROWS, node_put_list(c, map, "differences"));
    return e;
}

/* ---- in sentences ---- */

static struct str number(struct call *c, int64_t value)
{
    return str_format(c->arena, "%lld", (long long)value);
}

/* Adds a line: the text of a key with its places filled. */
static void line(struct call *c, struct sb *sb, const char *key, const struct fail_arg *args,
                 size_t count)
{
    if (sb->len > 0) sb_char(sb, '\n');
    sb_put(sb, words_fill(c->arena, c->lang, str_of(key), args, count));
}

static struct str reason_text(struct call *c, struct str reason)
{
    return words(c->lang, str_format(c->arena, "reason.%.*s", STR_ARG(reason)));
}

static void peer_line(struct call *c, struct sb *sb, const struct node *peer)
{
    struct str stopped = node_get(peer, "stopped");
    int64_t down_ms = node_number(peer, "down_ms");
    int64_t oldest_ms = node_number(peer, "oldest_ms");
    struct str since = time_hanoi_format(c->arena, down_ms, c->lang);
    struct fail_arg down[] = {{"since", since}};
    struct str state = stopped.len > 0 ? reason_text(c, stopped)
                       : down_ms > 0   ? words_fill(c->arena, c->lang, S("exchange.down"), down, 1)
                       : oldest_ms > 0 ? words(c->lang, S("exchange.waits"))
                                       : words(c->lang, S("exchange.good"));
    struct fail_arg args[] = {
        {"code", node_get(peer, "code")},
        {"state", state},
        {"waiting", number(c, node_number(peer, "waiting"))},
        {"oldest", oldest_ms > 0 ? time_hanoi_format(c->arena, oldest_ms, c->lang) : S("–")},
        {"older", number(c, node_number(peer, "age_older"))},
        {"files", number(c, node_number(peer, "files"))},
        {"aside", number(c, node_number(peer, "aside"))},
    };
    line(c, sb, "exchange.report.peer", args, ARRAY_LEN(args));
}

static void alarm_line(struct call *c, struct sb *sb, const struct node *alarm)
{
    struct fail_arg args[] = {
        {"code", node_get(alarm, "code")},
        {"why", reason_text(c, node_get(alarm, "reason"))},
        {"since", time_hanoi_format(c->arena, node_number(alarm, "first_ms"), c->lang)},
    };
    line(c, sb, "exchange.report.alarm", args, ARRAY_LEN(args));
}

static void aside_line(struct call *c, struct sb *sb, const struct node *aside)
{
    struct fail_arg args[] = {
        {"code", node_get(aside, "code")},
        {"why", reason_text(c, node_get(aside, "reason"))},
        {"entry", node_get(aside, "entry")},
    };
    line(c, sb, "exchange.report.aside", args, ARRAY_LEN(args));
}

static void difference_line(struct call *c, struct sb *sb, const struct node *at)
{
    struct str key =
        str_format(c->arena, "exchange.verdict.%.*s", STR_ARG(node_get(at, "verdict")));
    struct fail_arg args[] = {
        {"code", office_code(c, node_get(at, "peer"))},
        {"why", words(c->lang, key)},
        {"record", node_get(at, "record")},
    };
    line(c, sb, "exchange.report.difference", args, ARRAY_LEN(args));
}

static void each(struct call *c, struct sb *sb, const struct node *list,
                 void (*say)(struct call *c, struct sb *sb, const struct node *at))
{
    for (const struct node *at = list->first; at != NULL; at = at->next)
        say(c, sb, at);
}

static enum err status_text(struct call *c, void *arg)
{
    struct node *map = arg;
    struct sb sb = sb_new(c->arena, 0);
    struct str closed = node_get(map, "closed");
    struct fail_arg debt[] = {{"count", number(c, node_number(node_find(map, S("log")), "debt"))}};
    if (closed.len > 0) sb_put(&sb, reason_text(c, closed));
    each(c, &sb, node_find(map, S("peers")), peer_line);
    each(c, &sb, node_find(map, S("alarms")), alarm_line);
    each(c, &sb, node_find(map, S("aside")), aside_line);
    each(c, &sb, node_find(map, S("differences")), difference_line);
    line(c, &sb, "exchange.debt", debt, ARRAY_LEN(debt));
    node_text(c, map, "text", sb_str(&sb));
    return OK;
}

enum err report_status(struct call *c, struct node *ret_map)
{
    enum err e = store_read(c, status_data, ret_map);
    return e == OK ? store_read(c, status_text, ret_map) : e;
}

/* ---- one document ---- */

struct tracking {
    struct str number;
    struct node *map;
};

static void way_lines(struct call *c, struct sb *sb, const struct node *way)
{
    struct fail_arg args[] = {{"name", node_get(way, "name")}, {"state", node_get(way, "state")}};
    line(c, sb, "track.report.office", args, ARRAY_LEN(args));
    const struct node *steps = node_find(way, S("steps"));
    for (const struct node *step = steps->first; step != NULL; step = step->next) {
        int64_t at_ms = node_number(step, "at_ms");
        sb_put(sb, S("\n    "));
        if (at_ms > 0)
            sb_printf(sb, "%.*s  ", STR_ARG(time_hanoi_format(c->arena, at_ms, c->lang)));
        sb_put(sb, node_get(step, "text"));
    }
    sb_printf(sb, "\n    → %.*s", STR_ARG(node_get(way, "advice")));
}

static void document_lines(struct call *c, struct sb *sb, const struct node *document)
{
    struct str kind = str_format(c->arena, "kind.%.*s", STR_ARG(node_get(document, "kind")));
    if (sb->len > 0) sb_char(sb, '\n');
    sb_printf(sb, "%.*s %.*s", STR_ARG(words(c->lang, kind)),
              STR_ARG(node_get(document, "record")));
    each(c, sb, node_find(document, S("to")), way_lines);
}

static enum err track_step(struct call *c, void *arg)
{
    const struct tracking *tracking = arg;
    struct sb sb = sb_new(c->arena, 0);
    struct node *documents = node_put_list(c, tracking->map, "documents");
    enum err e = track_find(c, tracking->number, true, documents);
    if (e != OK) return e;
    each(c, &sb, documents, document_lines);
    if (sb.len == 0) sb_put(&sb, words(c->lang, S("track.none")));
    node_text(c, tracking->map, "text", sb_str(&sb));
    return OK;
}

enum err report_track(struct call *c, struct str number, struct node *ret_map)
{
    struct tracking tracking = {number, ret_map};
    return store_read(c, track_step, &tracking);
}

/* ---- numbers ---- */

struct metric {
    const char *name; /* without "phoihop_" */
    const char *help;
    const char *member; /* of the map it is read from */
    int64_t divisor;    /* of milliseconds, for seconds; 1: as it is */
};

/* Times are instants since 1970, as Prometheus has them; 0: there is none. */
static const struct metric OF_PEER[] = {
    {"feed_sent_entries", "Number of the newest entry sent to the office.", "sent", 1},
    {"feed_acked_entries", "Number of the newest entry the office has acknowledged.", "acked", 1},
    {"feed_received_entries", "Number of the newest entry taken in from the office.", "received",
     1},
    {"feed_waiting", "Objects for the office that it has not acknowledged.", "waiting", 1},
    {"feed_waiting_age_5m", "Of these, younger than five minutes.", "age_minutes", 1},
    {"feed_waiting_age_1h", "Of these, from five minutes to an hour.", "age_hour", 1},
    {"feed_waiting_age_1d", "Of these, from an hour to a day.", "age_day", 1},
    {"feed_waiting_age_over_1d", "Of these, older than a day.", "age_older", 1},
    {"feed_oldest_timestamp_seconds", "When the oldest of these was written.", "oldest_ms", 1000},
    {"feed_down_timestamp_seconds", "Since when the office cannot be reached.", "down_ms", 1000},
    {"files_waiting", "Files of the office that are still to come.", "files", 1},
    {"entries_set_aside", "Entries of the office that wait for a person's decision.", "aside", 1},
    {"log_witnessed_leaves", "Leaves of our log below a checkpoint it has cosigned.", "witnessed",
     1},
    {"log_claims", "Heads of its own log that it has still to prove.", "claims", 1},
};
static const struct metric OF_LOG[] = {
    {"log_leaves", "Leaves below the newest checkpoint.", "size", 1},
    {"log_unsigned_leaves", "Leaves that no checkpoint covers yet.", "unsigned", 1},
    {"log_evidence_debt_leaves", "Leaves that no other office has cosigned.", "debt", 1},
    {"log_signed_timestamp_seconds", "When the newest checkpoint was signed.", "signed_ms", 1000},
};
static const struct metric OF_LEDGER[] = {
    {"ledger_differences", "Entries of which the two ledgers differ.", "differ", 1},
    {"ledger_compared_entries", "Number of the newest entry compared.", "upto", 1},
    {"ledger_compared_timestamp_seconds", "When both ledgers were compared last.", "run_ms", 1000},
    {"ledger_answers", "Whether the office's program knows ledgers.", "answers", 1},
};

/* A label's value: backslash, quote and line end are escaped. */
static void label_put(struct sb *sb, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char ch = value.ptr[i];
        if (ch == '\\' || ch == '"') sb_char(sb, '\\');
        if (ch == '\n') {
            sb_put(sb, S("\\n"));
        } else {
            sb_char(sb, ch);
        }
    }
}

static void head_put(struct sb *sb, const char *name, const char *help)
{
    sb_printf(sb, "# HELP phoihop_%s %s\n# TYPE phoihop_%s gauge\n", name, help, name);
}

static void value_put(struct sb *sb, int64_t value, int64_t divisor)
{
    sb_printf(sb, " %lld\n", (long long)(value / divisor));
}

static void peers_put(struct sb *sb, const struct node *peers)
{
    for (size_t i = 0; i < ARRAY_LEN(OF_PEER); i++) {
        const struct metric *metric = &OF_PEER[i];
        if (peers->first != NULL) head_put(sb, metric->name, metric->help);
        for (const struct node *peer = peers->first; peer != NULL; peer = peer->next) {
            sb_printf(sb, "phoihop_%s{peer=\"", metric->name);
            label_put(sb, node_get(peer, "code"));
            sb_put(sb, S("\"}"));
            value_put(sb, node_number(peer, metric->member), metric->divisor);
        }
    }
    if (peers->first != NULL)
        head_put(sb, "feed_stopped", "Whether the feed was stopped because both ends differ.");
    for (const struct node *peer = peers->first; peer != NULL; peer = peer->next) {
        sb_put(sb, S("phoihop_feed_stopped{peer=\""));
        label_put(sb, node_get(peer, "code"));
        sb_printf(sb, "\"} %d\n", node_get(peer, "stopped").len > 0 ? 1 : 0);
    }
}

static void ledgers_put(struct call *c, struct sb *sb, const struct node *ledgers)
{
    for (size_t i = 0; i < ARRAY_LEN(OF_LEDGER); i++) {
        const struct metric *metric = &OF_LEDGER[i];
        if (ledgers->first != NULL) head_put(sb, metric->name, metric->help);
        for (const struct node *at = ledgers->first; at != NULL; at = at->next) {
            bool sent = node_number(at, "side") == LEDGER_SENT;
            sb_printf(sb, "phoihop_%s{peer=\"", metric->name);
            label_put(sb, office_code(c, node_get(at, "peer")));
            sb_printf(sb, "\",side=\"%s\"}", sent ? "sent" : "took");
            value_put(sb, node_number(at, metric->member), metric->divisor);
        }
    }
}

static enum err metrics_text(struct call *c, void *arg)
{
    struct str *ret_text = arg;
    struct node *map = node_map(c);
    struct sb sb = sb_new(c->arena, 0);
    enum err e = status_data(c, map);
    if (e != OK) return e;
    const struct node *log = node_find(map, S("log"));
    head_put(&sb, "closed", "Whether the office may not act: restored, or replaced.");
    sb_printf(&sb, "phoihop_closed %d\n", node_get(map, "closed").len > 0 ? 1 : 0);
    head_put(&sb, "alarms_open", "Alarms that have not ended.");
    sb_printf(&sb, "phoihop_alarms_open %lld\n",
              (long long)node_count(node_find(map, S("alarms"))));
    for (size_t i = 0; i < ARRAY_LEN(OF_LOG); i++) {
        head_put(&sb, OF_LOG[i].name, OF_LOG[i].help);
        sb_printf(&sb, "phoihop_%s", OF_LOG[i].name);
        value_put(&sb, node_number(log, OF_LOG[i].member), OF_LOG[i].divisor);
    }
    peers_put(&sb, node_find(map, S("peers")));
    ledgers_put(c, &sb, node_find(map, S("ledgers")));
    *ret_text = sb_str(&sb);
    return OK;
}

enum err report_metrics(struct call *c, struct str *ret_text)
{
    return store_read(c, metrics_text, ret_text);
}
