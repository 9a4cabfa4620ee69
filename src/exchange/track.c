#include "exchange/track.h"

#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "core/closed.h"
#include "core/office.h"
#include "core/receipt.h"
#include "exchange/track_sql.h"

/* One addressee while its row is written. */
struct way {
    struct str record;
    struct str office;
    int64_t n;
    int64_t created_ms;
    int64_t epoch;
    int64_t seq;
    int64_t acked_ms;
    int64_t priority;
    struct node *row;
    struct node *steps;
    const char *state; /* word "track.state.<state>" and "track.advice.<state>" */
    const char *tone;
    struct fail_arg args[2]; /* of both */
};

enum { SENT_OFFICE, SENT_N, SENT_CREATED, SENT_EPOCH, SENT_SEQ, SENT_ACKED, SENT_PRIORITY };
enum { SAID_OFFICE, SAID_TYPE, SAID_N, SAID_TIME, SAID_NUMBER, SAID_REASON };

static void step_add(struct call *c, struct way *way, const char *step, int64_t at_ms,
                     struct str about)
{
    struct node *row = node_add_map(c, way->steps);
    struct fail_arg args[] = {{"about", about}};
    struct str key = str_format(c->arena, "track.step.%s", step);
    node_text(c, row, "step", str_of(step));
    node_int(c, row, "at_ms", at_ms);
    node_text(c, row, "text", words_fill(c->arena, c->lang, key, args, ARRAY_LEN(args)));
}

/* The reason a person wrote, or the sentence of a word key. */
static struct str reason_text(struct call *c, struct str reason)
{
    struct str key = str_format(c->arena, "reason.%.*s", STR_ARG(reason));
    return words_has(key) ? words(c->lang, key) : reason;
}

static struct str number_text(struct call *c, int64_t number)
{
    return str_format(c->arena, "%lld", (long long)number);
}

static void say(struct way *way, const char *state, const char *tone, struct str about)
{
    way->state = state;
    way->tone = tone;
    way->args[0] = (struct fail_arg){"about", about};
}

/* Why it has not left this server, or the other one does not say that it holds it. */
static enum err say_waiting(struct call *c, struct way *way)
{
    int64_t down_ms = 0;
    int64_t ahead = 0;
    struct str down = {};
    struct str stopped = {};
    enum closed why = CLOSED_NOT;
    enum err e = track_sql_feed(c, way->office, &down_ms, &down, &stopped);
    if (e == OK) e = closed_look(c, &why);
    if (e == OK) e = track_sql_ahead(c, way->office, way->priority, way->created_ms, &ahead);
    if (e != OK) return e;
    if (why != CLOSED_NOT) {
        say(way, "closed", "late", reason_text(c, str_of(closed_word(why))));
    } else if (stopped.len > 0) {
        say(way, "stopped", "late", reason_text(c, stopped));
    } else if (down_ms > 0) {
        say(way, "down", "late", time_hanoi_format(c->arena, down_ms, c->lang));
        way->args[1] = (struct fail_arg){"why", reason_text(c, down)};
    } else if (way->seq == 0) {
        say(way, "queued", "warn", number_text(c, ahead));
    } else {
        say(way, "under_way", "warn", (struct str){});
    }
    return OK;
}

/* What the office has said of the document, in the order of its words; the last one counts. */
static bool say_receipts(struct call *c, struct way *way, const struct rows *said)
{
    bool any = false;
    bool registered = false;
    for (size_t i = 0; i < said->count; i++) {
        if (!str_eq(rows_text(said, i, SAID_OFFICE), way->office)) continue;
        int64_t at_ms = rows_int(said, i, SAID_TIME);
        int64_t type = rows_int(said, i, SAID_TYPE);
        any = true;
        if (type == RECEIPT_REFUSED) {
            struct str reason = reason_text(c, rows_text(said, i, SAID_REASON));
            step_add(c, way, "refused", at_ms, reason);
            say(way, "refused", "late", reason);
        } else if (type == RECEIPT_R2) {
            step_add(c, way, "registered", at_ms, rows_text(said, i, SAID_NUMBER));
            say(way, "registered", "good", rows_text(said, i, SAID_NUMBER));
            registered = true;
        } else {
            step_add(c, way, "opened", at_ms, (struct str){});
            if (!registered) say(way, "opened", "warn", (struct str){});
        }
    }
    return any;
}

static void row_begin(struct call *c, struct way *way, struct node *list)
{
    way->row = node_add_map(c, list);
    node_text(c, way->row, "office", way->office);
    node_text(c, way->row, "code", office_code(c, way->office));
    node_text(c, way->row, "name", office_name(c, way->office));
    way->steps = node_put_list(c, way->row, "steps");
}

static void row_end(struct call *c, const struct way *way)
{
    struct str state = str_format(c->arena, "track.state.%s", way->state);
    struct str advice = str_format(c->arena, "track.advice.%s", way->state);
    size_t count = way->args[1].name != NULL ? 2 : 1;
    node_text(c, way->row, "at", str_of(way->state));
    node_text(c, way->row, "state", words_fill(c->arena, c->lang, state, way->args, count));
    node_text(c, way->row, "tone", str_of(way->tone));
    node_text(c, way->row, "advice", words_fill(c->arena, c->lang, advice, way->args, count));
}

static enum err sent_row(struct call *c, struct way *way, const struct rows *said,
                         struct node *list)
{
    row_begin(c, way, list);
    step_add(c, way, "signed", way->created_ms, number_text(c, way->n));
    if (way->seq > 0) {
        struct str number =
            str_format(c->arena, "%lld.%lld", (long long)way->epoch, (long long)way->seq);
        step_add(c, way, "numbered", 0, number);
    }
    if (way->acked_ms > 0) step_add(c, way, "acknowledged", way->acked_ms, (struct str){});
    say(way, "arrived", "warn", (struct str){});
    bool any = say_receipts(c, way, said);
    /* what was refused or registered has arrived, whatever the newest version still waits for */
    enum err e = way->acked_ms == 0 && !any ? say_waiting(c, way) : OK;
    if (e == OK) row_end(c, way);
    return e;
}

static enum err sent_rows(struct call *c, struct str record, struct node *list)
{
    struct rows sent = {};
    struct rows said = {};
    enum err e = track_sql_sent(c, record, &sent);
    if (e == OK) e = track_sql_receipts(c, record, &said);
    for (size_t i = 0; e == OK && i < sent.count; i++) {
        struct way way = {
            .record = record,
            .office = rows_text(&sent, i, SENT_OFFICE),
            .n = rows_int(&sent, i, SENT_N),
            .created_ms = rows_int(&sent, i, SENT_CREATED),
            .epoch = rows_int(&sent, i, SENT_EPOCH),
            .seq = rows_int(&sent, i, SENT_SEQ),
            .acked_ms = rows_int(&sent, i, SENT_ACKED),
            .priority = rows_int(&sent, i, SENT_PRIORITY),
        };
        e = sent_row(c, &way, &said, list);
    }
    return e;
}

/* A document that came from another office: what this one has done with it. */
static enum err received_row(struct call *c, struct str record, struct node *list)
{
    struct rows said = {};
    int64_t received_ms = 0;
    int64_t files = 0;
    struct way way = {.record = record, .office = c->office->id};
    enum err e = track_sql_received(c, record, &received_ms, &files);
    if (e == OK) e = track_sql_receipts(c, record, &said);
    if (e != OK) return e;
    row_begin(c, &way, list);
    step_add(c, &way, "received", received_ms, office_name(c, id_home(record)));
    if (files > 0) step_add(c, &way, "files", 0, number_text(c, files));
    say(&way, files > 0 ? "files" : "here", "warn", number_text(c, files));
    (void)say_receipts(c, &way, &said);
    row_end(c, &way);
    return OK;
}

/* The text by which its kind names a record. */
static enum err title_of(struct call *c, const struct head *head, struct str *ret_title)
{
    const struct kind *kind = module_kind(head->kind);
    const struct field *f = NULL;
    *ret_title = words(c->lang, str_format(c->arena, "kind.%.*s", STR_ARG(head->kind)));
    if (kind == NULL) return OK;
    if (kind->title != NULL) f = field_find(kind->table, str_of(kind->title));
    if (f == NULL) return OK;
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = record_body(c, kind->table->name, head->record, body);
    if (e == OK) *ret_title = field_get_text(c->arena, f, body);
    return e;
}

static enum err document(struct call *c, struct str record, bool everything, struct node *list)
{
    struct head head = {};
    struct str title = {};
    enum err e = everything ? record_head(c, record, &head) : record_head_visible(c, record, &head);
    if (e == ERR_NOT_FOUND) {
        call_clear(c); /* as if it did not exist */
        return OK;
    }
    if (e == OK && !everything) e = title_of(c, &head, &title);
    if (e != OK) return e;
    struct node *map = node_add_map(c, list);
    node_text(c, map, "record", record);
    node_text(c, map, "kind", head.kind);
    node_text(c, map, "home", head.home);
    node_text(c, map, "title", title);
    node_text(c, map, "href", everything ? (struct str){} : record_link(c, &head));
    struct node *to = node_put_list(c, map, "to");
    bool ours = str_eq(head.home, c->office->id);
    return ours ? sent_rows(c, record, to) : received_row(c, record, to);
}

enum err track_find(struct call *c, struct str text, bool everything, struct node *ret_list)
{
    struct rows rows = {};
    text = str_trim(text);
    if (id_is_record(text)) return document(c, text, everything, ret_list);
    enum err e = track_sql_number(c, text, TRACK_DOCUMENTS, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = document(c, rows_text(&rows, i, 0), everything, ret_list);
    return e;
}

enum err track_waiting(struct call *c, struct node *ret_list)
{
    struct rows rows = {};
    enum err e = track_sql_waiting(c, TRACK_WAITING, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct head head = {};
        struct str title = {};
        e = record_head(c, rows_text(&rows, i, 0), &head);
        if (e == OK) e = title_of(c, &head, &title);
        if (e != OK) return e;
        struct node *row = node_add_map(c, ret_list);
        node_text(c, row, "record", head.record);
        node_text(c, row, "title", title);
        node_text(c, row, "office", rows_text(&rows, i, 1));
        node_int(c, row, "since_ms", rows_int(&rows, i, 2));
    }
    return e;
}
