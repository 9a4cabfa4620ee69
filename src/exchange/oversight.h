#pragma once
/*
 * oversight.h: what people do about the exchange, as the module "exchange": pages for whoever looks
 * after it, and acts. Nothing waits for a person without saying why, since when, and what to do.
 *
 *     set aside    an entry that could not be taken in (inbox.h): retried, as the program and the
 *                  directory are now; or refused by a person, whose reason the other office gets as
 *                  R- beside the server's own
 *     alarm        ends when its cause has ended, or when a named person closes it with a reason
 *     opened       R3, a receipt that a person has opened what came: given once for each version,
 *                  when the office's own rule (record exchange.rule) says so. It names this office
 *                  and the time, never who looked
 *     tracking     exchange/track.h
 *     ledgers      exchange/ledger.h
 */
#include "core/module.h"
#include "exchange/batch.h"

/* The module "exchange"; core finds it among those above it. */
extern const struct module exchange_module;

enum aside_done { ASIDE_OPEN, ASIDE_RETRIED, ASIDE_REFUSED };

/* An entry that was set aside. */
struct aside {
    struct batch_entry entry; /* object empty: only the entry itself was kept */
    struct str peer;
    int64_t epoch;
    int64_t seq;
    struct str reason; /* word key without "reason." */
    int64_t received_ms;
    int64_t key_place; /* inbox_entry, when it came: another try does not let an older key in */
    int64_t done; /* enum aside_done */
    int64_t done_ms;
    struct str done_by; /* a person of this office */
    struct str note;
};

/* Names an entry on pages and in acts: "OFFICE-EPOCH-SEQ". */
struct str aside_name(struct call *c, struct str peer, int64_t epoch, int64_t seq);
/* Loads it by that name. Errors: ERR_NOT_FOUND "exchange.aside_unknown". */
enum err aside_load(struct call *c, struct str name, struct aside *ret_aside);

/* Takes it in as it came. The alarm of its sender ends with the last one. Only inside store_tx.
 * Errors: those of aside_load; ERR_CONFLICT "exchange.aside_done", "exchange.aside_cut" when its
 * bytes were not kept; those for which it was set aside, then all stays as it was. */
enum err aside_retry(struct call *c, struct str name);
/* Refuses it for good by the actor's hand. The home of a version gets R- with the reason; a receipt
 * is refused by no other receipt. Only inside store_tx. Errors: as aside_retry's first two. */
enum err aside_refuse(struct call *c, struct str name, struct str why);

/* Ends an alarm by the actor's hand. Only inside store_tx. Errors: ERR_NOT_FOUND
 * "exchange.alarm_unknown" when none of that peer and reason is open. */
enum err alarm_close(struct call *c, struct str peer, struct str reason, struct str why);

/* Whether this office tells the senders that what came was opened. Inside a transaction. */
enum err opened_is_told(struct call *c, bool *ret_told);
