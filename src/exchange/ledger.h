#pragma once
/*
 * ledger.h: once a night the two ledgers of each pair of offices are compared, as banks do: of
 * every entry that was sent and acknowledged since the last time the sender states what it holds,
 * the receiver what it took, both signed (ledger_form.h). What differs is kept on both sides with
 * the record concerned, alarms until a later comparison agrees, and stops nothing.
 *
 * As a state machine without sockets, for one peer at a time:
 *
 *     ledger_next      is something to be compared?   -> bytes of a statement
 *     ledger_answer    the peer answered              -> what differs is noted
 *     ledger_fail      it did not                     -> later, for ever
 *     ledger_receive   a peer states                  -> our statement; what differs is noted
 *
 * Who can be reached is asked about the feed to it; about the feed from it, too, when it cannot
 * reach us. An older program knows no ledgers and answers 404: that is noted and shown.
 */
#include "core/view.h"
#include "exchange/ledger_form.h"

enum { LEDGER_HOUR = 3 }; /* of the night, in Ha Noi */

/* The talk with one peer; gone with the process. */
struct ledger_talk {
    struct str peer;  /* office id; stays with the owner of the struct */
    int64_t wake_ms;  /* not before */
    int64_t failures; /* in a row */
    int64_t side;     /* enum ledger_side that is next or under way; 0: none yet tonight */
    int64_t next_seq; /* where the next part begins; 0: not looked up yet */
    /* the question under way */
    int64_t epoch;
    int64_t first;
    int64_t last;
    size_t own_bytes;
    char own[LEDGER_HEAD_BYTES_MAX + 128]; /* our statement without its lines */
};

/* Says what to state to the peer, at the time the call began; empty: nothing. Shapes: `both` when
 * the peer cannot reach this office. Errors: the store's; ERR_IO "keeper.gone". */
enum err ledger_next(struct call *c, struct ledger_talk *talk, bool both, struct str *ret_frame);
/* Takes the answer. Errors: ERR_PEER "ledger.answer" for another status, and for a statement that
 * is not about what was asked: call ledger_fail; those of ledger_decode and statement_verify; the
 * store's. */
enum err ledger_answer(struct call *c, struct ledger_talk *talk, int status, struct str body);
/* Notes that no answer came, and when to ask again: as feed_fail. */
void ledger_fail(struct call *c, struct ledger_talk *talk);

/* Answers a peer's statement. Shapes: `from` is proven by the transport. Errors: those of
 * ledger_decode and statement_verify; ERR_DENIED "inbox.peer" for a statement of another office or
 * to another one; ERR_BUSY "ledger.ahead" about entries that this office does not know of yet. */
enum err ledger_receive(struct call *c, struct str from, struct str bytes, struct str *ret_frame);

/* Begins a comparison with every peer now: the driver hears of it (topic "ledger"). Only inside
 * store_tx. */
enum err ledger_hurry(struct call *c);

/* How comparisons stand, a list of maps {peer, side, at_ms, upto, answers, run_ms,
 * differ}; and what differs, the oldest first, as maps {peer, side, epoch, seq, verdict, record, n,
 * since_ms}. Inside a read. */
enum err ledger_list(struct call *c, struct node *ret_list);
enum err ledger_differences(struct call *c, int64_t limit, struct node *ret_list);
