#include "exchange/ledger.h"

#include "base/id.h"
#include "base/limits.h"
#include "base/time.h"
#include "core/closed.h"
#include "core/office.h"
#include "exchange/exchange_sql.h"
#include "exchange/feed.h"
#include "exchange/ledger_sql.h"
#include "exchange/statement.h"

#include <string.h>

static enum ledger_side other_side(enum ledger_side side)
{
    return side == LEDGER_SENT ? LEDGER_TOOK : LEDGER_SENT;
}

/* The first hour of comparing after an instant. */
static int64_t night_after(int64_t ms)
{
    int64_t hour_ms = TIME_DAY_MS / 24;
    int64_t night_ms = time_hanoi_midnight_ms(time_hanoi_day(ms)) + LEDGER_HOUR * hour_ms;
    return night_ms > ms ? night_ms : night_ms + TIME_DAY_MS;
}

/* A part of a feed as this office's ledger has it. */
struct part {
    struct str peer;
    enum ledger_side side; /* ours */
    int64_t epoch;
    int64_t first;
    int64_t last;
    struct ledger_entry *entries;
    struct ledger_line *lines; /* of the entries */
};

static enum err part_load(struct call *c, struct part *part)
{
    size_t count = (size_t)(part->last - part->first + 1);
    ensure(count <= LIMIT_LEDGER_LINES);
    part->entries = arena_array(c->arena, count, sizeof *part->entries);
    part->lines = arena_array(c->arena, count, sizeof *part->lines);
    memset(part->entries, 0, count * sizeof *part->entries);
    enum err e =
        part->side == LEDGER_SENT
            ? ledger_sent(c, part->peer, part->epoch, part->first, part->last, part->entries)
            : ledger_took(c, part->peer, part->epoch, part->first, part->last, part->entries);
    for (size_t i = 0; e == OK && i < count; i++)
        part->lines[i] = part->entries[i].line;
    return e;
}

/* Our statement of a part, signed. */
static enum err part_state(struct call *c, const struct part *part, struct ledger_frame *ret_frame)
{
    struct ledger_frame frame = {
        .statement =
            {
                .format = ENTRY_FORMAT,
                .from = c->office->id,
                .to = part->peer,
                .side = (int64_t)part->side,
                .epoch = part->epoch,
                .first = part->first,
                .last = part->last,
                .time_ms = c->now_ms,
                .key = c->office->key,
            },
        .lines = part->lines,
        .count = (size_t)(part->last - part->first + 1),
    };
    frame.bytes = ledger_write(c, &frame.statement, part->lines);
    enum err e = statement_sign(c, PURPOSE_LEDGER, frame.bytes, &frame.signature);
    if (e == OK) *ret_frame = frame;
    return e;
}

static enum err frame_verify(struct call *c, struct str from, const struct ledger_frame *frame)
{
    const struct ledger_statement *said = &frame->statement;
    struct peer peer = {};
    bool meant = str_eq(said->from, from) && str_eq(said->to, c->office->id);
    if (!meant) return fail(c, ERR_DENIED, "inbox.peer");
    struct statement statement = {
        .office = from,
        .key = said->key,
        .purpose = PURPOSE_LEDGER,
        .bytes = frame->bytes,
        .signature = frame->signature,
    };
    return statement_verify(c, &statement, &peer);
}

/* What differs. */

struct settling {
    const struct part *part;
    const struct ledger_frame *theirs;
    struct str own_frame; /* without lines */
};

static enum ledger_verdict verdict_of(const struct settling *s, size_t i)
{
    const struct ledger_line *own = &s->part->lines[i];
    const struct ledger_line *their = &s->theirs->lines[i];
    return s->part->side == LEDGER_SENT ? ledger_compare(own, their) : ledger_compare(their, own);
}

/* Open differences with one office are bounded: a peer that lies does not fill the disk. */
static enum err differences_note(struct call *c, const struct settling *s, int64_t *ret_differ)
{
    const struct part *part = s->part;
    int64_t open = 0;
    int64_t alarming = 0;
    enum err e = ledger_difference_count(c, part->peer, &open, &alarming);
    for (size_t i = 0; e == OK && i < s->theirs->count; i++) {
        enum ledger_verdict verdict = verdict_of(s, i);
        int64_t seq = part->first + (int64_t)i;
        if (verdict == LEDGER_AGREES) {
            e = open > 0 ? ledger_difference_end(c, part->peer, part->side, part->epoch, seq, seq)
                         : OK;
            continue;
        }
        (*ret_differ)++;
        if (open + *ret_differ > LIMIT_LEDGER_DIFFERENCES) continue;
        struct ledger_difference difference = {
            .peer = part->peer,
            .side = part->side,
            .epoch = part->epoch,
            .seq = seq,
            .verdict = verdict,
            .record = part->entries[i].record,
            .n = part->entries[i].n,
        };
        e = ledger_difference_put(c, &difference);
    }
    return e;
}

/* Keeps both statements and what differs between them; the alarm ends when nothing does. */
static enum err settle(struct call *c, const struct settling *s)
{
    int64_t open = 0;
    int64_t alarming = 0;
    struct str peer = s->part->peer;
    struct ledger_run run = {
        .peer = peer,
        .side = s->part->side,
        .theirs = &s->theirs->statement,
        .own_frame = s->own_frame,
        .their_frame = ledger_encode(c, s->theirs, false),
    };
    enum err e = differences_note(c, s, &run.differ);
    if (e == OK) e = ledger_run_insert(c, &run);
    if (e == OK) e = ledger_difference_count(c, peer, &open, &alarming);
    if (e != OK) return e;
    struct str count = str_format(c->arena, "%lld", (long long)alarming);
    return alarming > 0 ? alarm_raise(c, peer, "ledger.differs", count)
                        : alarm_end(c, peer, "ledger.differs");
}

/* Asking */

/* The transaction may run more than once: it works on a copy of the talk. */
struct asking {
    const struct ledger_talk *before;
    struct ledger_talk talk;
    struct part part;
    bool both;
    bool any; /* something is to be compared */
};

/* Where tonight's comparison of a feed begins and ends. It begins at what differed the last time.
 */
static enum err range_find(struct call *c, struct asking *a, const struct ledger_row *row,
                           bool *ret_any)
{
    struct feed_row feed = {};
    struct cursor_row cursor = {};
    const struct ledger_talk *talk = &a->talk;
    enum ledger_side side = (enum ledger_side)talk->side;
    int64_t differs = 0;
    bool sent = side == LEDGER_SENT;
    enum err e = sent ? feed_load(c, talk->peer, &feed) : cursor_load(c, talk->peer, &cursor);
    int64_t epoch = sent ? feed.epoch : cursor.epoch;
    int64_t end = sent ? feed.acked_seq : cursor.seq;
    if (e == OK) e = ledger_difference_first(c, talk->peer, side, epoch, &differs);
    if (e != OK) return e;
    int64_t first = row->epoch == epoch ? row->seq + 1 : 1;
    if (differs > 0 && differs < first) first = differs;
    if (talk->next_seq > 0 && talk->epoch == epoch) first = talk->next_seq;
    int64_t last = first + LIMIT_LEDGER_LINES - 1;
    a->part = (struct part){.peer = talk->peer, .side = side, .epoch = epoch, .first = first};
    a->part.last = last < end ? last : end;
    *ret_any = first <= end;
    return OK;
}

/* Nothing is left of this feed tonight. */
static enum err side_done(struct call *c, struct ledger_talk *talk, struct ledger_row *row,
                          bool answers)
{
    enum err e = OK;
    row->at_ms = c->now_ms;
    if (row->epoch == 0) row->epoch = 1;
    e = ledger_row_store(c, talk->peer, (enum ledger_side)talk->side, row, answers);
    talk->next_seq = 0;
    talk->side = talk->side == LEDGER_SENT ? LEDGER_TOOK : 0;
    return e;
}

/* The next part of either feed that is due. */
static enum err next_step(struct call *c, void *arg)
{
    struct asking *a = arg;
    struct ledger_talk *talk = &a->talk;
    int64_t wake_ms = INT64_MAX;
    enum closed why = CLOSED_NOT;
    enum err e = closed_look(c, &why);
    *talk = *a->before;
    a->any = false;
    if (talk->side == 0) talk->side = LEDGER_SENT;
    bool waits = why != CLOSED_NOT; /* a restored office has first to get back what it lost */
    while (e == OK && !waits && !a->any && talk->side != 0) {
        struct ledger_row row = {};
        bool left = talk->side == LEDGER_TOOK && !a->both;
        e = left ? OK : ledger_row_load(c, talk->peer, (enum ledger_side)talk->side, &row);
        if (e != OK || left) break;
        int64_t night_ms = row.at_ms > 0 ? night_after(row.at_ms) : 0;
        bool due = c->now_ms >= night_ms || talk->next_seq > 0;
        if (due) e = range_find(c, a, &row, &a->any);
        if (e == OK && due && !a->any) e = side_done(c, talk, &row, true);
        if (e == OK && due && !a->any) night_ms = night_after(c->now_ms);
        if (night_ms < wake_ms) wake_ms = night_ms;
        if (!due) talk->side = talk->side == LEDGER_SENT ? LEDGER_TOOK : 0;
    }
    if (e != OK || a->any) return e;
    talk->side = 0;
    if (waits) wake_ms = c->now_ms + FEED_BACKOFF_MAX_MS;
    talk->wake_ms = wake_ms;
    return OK;
}

static enum err part_step(struct call *c, void *arg)
{
    return part_load(c, arg);
}

enum err ledger_next(struct call *c, struct ledger_talk *talk, bool both, struct str *ret_frame)
{
    struct asking a = {.before = talk, .both = both};
    struct ledger_frame frame = {};
    *ret_frame = (struct str){};
    if (c->now_ms < talk->wake_ms) return OK;
    enum err e = store_tx(c, next_step, &a);
    if (e != OK) return e;
    *talk = a.talk;
    if (!a.any) return OK;
    e = store_read(c, part_step, &a.part);
    if (e == OK) e = part_state(c, &a.part, &frame);
    if (e != OK) return e;
    struct str own = ledger_encode(c, &frame, false);
    ensure(own.len <= sizeof talk->own);
    memcpy(talk->own, own.ptr, own.len);
    talk->own_bytes = own.len;
    talk->epoch = a.part.epoch;
    talk->first = a.part.first;
    talk->last = a.part.last;
    *ret_frame = ledger_encode(c, &frame, true);
    return OK;
}

struct answering {
    struct ledger_talk *talk;
    struct ledger_frame theirs;
};

/* Moves on behind what was compared; never back, for a comparison may begin at an old difference.
 */
static enum err row_advance(struct call *c, const struct ledger_talk *talk)
{
    struct ledger_row row = {};
    enum ledger_side side = (enum ledger_side)talk->side;
    enum err e = ledger_row_load(c, talk->peer, side, &row);
    if (e != OK) return e;
    if (row.epoch != talk->epoch) row = (struct ledger_row){.epoch = talk->epoch};
    if (talk->last > row.seq) row.seq = talk->last;
    return ledger_row_store(c, talk->peer, side, &row, true);
}

static enum err answer_step(struct call *c, void *arg)
{
    struct answering *a = arg;
    const struct ledger_talk *talk = a->talk;
    struct part part = {.peer = talk->peer,
                        .side = (enum ledger_side)talk->side,
                        .epoch = talk->epoch,
                        .first = talk->first,
                        .last = talk->last};
    struct settling settling = {
        .part = &part, .theirs = &a->theirs, .own_frame = {talk->own, talk->own_bytes}};
    enum err e = part_load(c, &part);
    if (e == OK) e = settle(c, &settling);
    return e == OK ? row_advance(c, talk) : e;
}

/* A peer that does not know ledgers is asked again the next night. */
static enum err unanswered_step(struct call *c, void *arg)
{
    struct asking *a = arg;
    struct ledger_row row = {};
    a->talk = *a->before;
    enum err e = ledger_row_load(c, a->talk.peer, (enum ledger_side)a->talk.side, &row);
    return e == OK ? side_done(c, &a->talk, &row, false) : e;
}

static enum err unanswered(struct call *c, struct ledger_talk *talk)
{
    struct asking a = {.before = talk};
    enum err e = store_tx(c, unanswered_step, &a);
    if (e == OK) *talk = a.talk;
    return e;
}

enum err ledger_answer(struct call *c, struct ledger_talk *talk, int status, struct str body)
{
    struct answering a = {.talk = talk};
    const struct ledger_statement *said = &a.theirs.statement;
    ensure(talk->side != 0);
    if (status == 404) return unanswered(c, talk);
    if (status != 200) return fail(c, ERR_PEER, "ledger.answer");
    enum err e = ledger_decode(c, body, &a.theirs);
    if (e == OK) e = frame_verify(c, talk->peer, &a.theirs);
    if (e != OK) return e;
    bool asked = said->side == (int64_t)other_side((enum ledger_side)talk->side) &&
                 said->epoch == talk->epoch && said->first == talk->first &&
                 said->last == talk->last;
    if (!asked) return fail(c, ERR_PEER, "ledger.answer");
    e = store_tx(c, answer_step, &a);
    if (e != OK) return e;
    talk->failures = 0;
    talk->next_seq = talk->last + 1;
    talk->wake_ms = c->now_ms; /* the next part */
    return OK;
}

void ledger_fail(struct call *c, struct ledger_talk *talk)
{
    talk->failures++;
    talk->wake_ms = c->now_ms + feed_backoff_ms(c, talk->failures);
}

/* Answering */

struct receiving {
    struct str from;
    struct ledger_frame theirs;
    struct part part;
    struct ledger_frame own;
};

/* Answers only about entries that this office knows of: nobody makes it note differences about what
 * never was. */
static enum err receive_look(struct call *c, void *arg)
{
    struct receiving *r = arg;
    const struct ledger_statement *said = &r->theirs.statement;
    int64_t last = 0;
    r->part = (struct part){
        .peer = r->from,
        .side = other_side((enum ledger_side)said->side),
        .epoch = said->epoch,
        .first = said->first,
        .last = said->last,
    };
    enum err e = closed_refuse(c);
    if (e == OK) e = ledger_last(c, r->from, r->part.side, said->epoch, &last);
    if (e != OK) return e;
    return said->last <= last ? part_load(c, &r->part) : fail(c, ERR_BUSY, "ledger.ahead");
}

static enum err receive_step(struct call *c, void *arg)
{
    const struct receiving *r = arg;
    struct settling settling = {
        .part = &r->part, .theirs = &r->theirs, .own_frame = ledger_encode(c, &r->own, false)};
    return settle(c, &settling);
}

enum err ledger_receive(struct call *c, struct str from, struct str bytes, struct str *ret_frame)
{
    struct receiving r = {.from = from};
    ensure(id_is_office(from)); /* proven by its certificate */
    enum err e = ledger_decode(c, bytes, &r.theirs);
    if (e == OK) e = frame_verify(c, from, &r.theirs);
    if (e == OK) e = store_read(c, receive_look, &r);
    if (e == OK) e = part_state(c, &r.part, &r.own);
    if (e == OK) e = store_tx(c, receive_step, &r);
    if (e == OK) *ret_frame = ledger_encode(c, &r.own, true);
    return e;
}

/* Pages */

enum err ledger_hurry(struct call *c)
{
    store_note(c, S("ledger"));
    return ledger_row_forget(c);
}

enum err ledger_list(struct call *c, struct node *ret_list)
{
    static const char *const NUMBERS[] = {"side", "at_ms", "upto", "answers", "run_ms", "differ"};
    struct rows rows = {};
    enum err e = ledger_run_list(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct node *row = node_add_map(c, ret_list);
        node_text(c, row, "peer", rows_text(&rows, i, 0));
        for (size_t k = 0; k < ARRAY_LEN(NUMBERS); k++)
            node_int(c, row, NUMBERS[k], rows_int(&rows, i, k + 1));
    }
    return e;
}

enum err ledger_differences(struct call *c, int64_t limit, struct node *ret_list)
{
    static const char *const VERDICTS[] = {"", "aside", "not_taken", "not_sent", "another"};
    static_assert(ARRAY_LEN(VERDICTS) == LEDGER_VERDICTS);
    struct rows rows = {};
    enum err e = ledger_difference_list(c, limit, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct node *row = node_add_map(c, ret_list);
        int64_t verdict = rows_int(&rows, i, 4);
        ensure(verdict > 0 && verdict < LEDGER_VERDICTS);
        node_text(c, row, "peer", rows_text(&rows, i, 0));
        node_int(c, row, "side", rows_int(&rows, i, 1));
        node_int(c, row, "epoch", rows_int(&rows, i, 2));
        node_int(c, row, "seq", rows_int(&rows, i, 3));
        node_text(c, row, "verdict", str_of(VERDICTS[verdict]));
        node_text(c, row, "record", rows_text(&rows, i, 5));
        node_int(c, row, "n", rows_int(&rows, i, 6));
        node_int(c, row, "since_ms", rows_int(&rows, i, 7));
    }
    return e;
}
