#pragma once
/*
 * passage.h: a record passes from one home to another. There is never a moment with two homes,
 * because there is no moment at which both may write the same version:
 *
 *     give      the home A writes version n with a passage {n, from A, to B}, signed by A a second
 *               time for itself. Whoever holds n knows that n+1 is B's to write. A is out.
 *     take      B writes n+1, whatever that is: it is the home.
 *     decline   B writes n+1 with a passage {n+1, from B, to A}: n+2 is A's to write again.
 *
 * No time-out and no message takes a passage back; while the newest version gives and nobody has
 * written after it, the record is "moving" and only taken or declined. The id never changes.
 *
 * An office that ends leaves all its records to another one by one statement (core/heir.h): they
 * get a passage {n, from, to, statement} with the signature of that statement in the first version
 * that the new home writes, n+1.
 *
 * Every later version repeats the passages, so each one proves by itself, to an office that never
 * saw the earlier ones, why its author was the home. Who signed a version, and who writes the next
 * one, follows from its bytes alone:
 *
 *     home (author)   the last passage's `from` when it happens in this very version, else its `to`
 *     next home       the last passage's `to`; the office in the record's id when there is none
 *
 * Decision 20.
 */
#include "core/record.h"

/* Signs that version `v` is the last one of its home before `to`; adds the row to v->passages.
 * Only inside store_tx. Errors: ERR_LIMIT "record.passages"; ERR_IO "keeper.gone". */
enum err passage_add(struct call *c, struct version *v, struct str to);

/* Adds, by the statements of those who ended, the passages from the version's home to this office,
 * which is where they lead. Errors: ERR_LIMIT "record.passages"; those of the store. */
enum err passage_follow(struct call *c, struct version *v);
/* Signs the passage as its `from`, this office: fills key and signature. Errors: ERR_IO. */
enum err passage_sign(struct call *c, struct str record, struct passage *p);
/* The first version that carries the passage. */
int64_t passage_shown(const struct passage *p);

/* Whether the passages go from the office in the record's id onwards, in order and none after
 * version n. Looks at form only. */
bool passages_hold(const struct version *v);
/* Who signed the version, by its passages. */
struct str passage_author(const struct version *v);
/* Who writes the version after it. */
struct str passage_home(const struct version *v);
/* Says that the version gives the record away and waits for an answer: it is no decline. */
bool passage_moves(const struct version *v);
/* Says that the version sends the record back to the home that had just given it. */
bool passage_declines(const struct version *v);

/* Says that the first `count` passages of both are the same to the letter. */
bool passages_same(const struct version *a, const struct version *b, size_t count);

/* One passage's signature, with the key that is believed of its `from`. */
bool passage_verify(struct call *c, struct str record, const struct passage *passage,
                    struct str public_key);
/* With which of the keys that an office has had a passage counts. Nothing shows when a passage was
 * signed that comes in a later version, by the feed of another office: no revoked key counts. What
 * is held was verified when it came. */
enum passage_keys { PASSAGE_KEYS_GOOD, PASSAGE_KEYS_EVER };
/* The signatures of all passages from index `first` on, with the keys that they name. Errors:
 * ERR_INVALID "arrival.passage", also when an office on the way is not in the directory. */
enum err passages_verify(struct call *c, const struct version *v, size_t first,
                         enum passage_keys keys);
