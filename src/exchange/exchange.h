#pragma once
/*
 * exchange.h: the exchange as the rest of the program sees it. An office sends record versions and
 * receipts to its peers and nothing else; how is told in
 *
 *     entry.h      the signed statements and the chain         (bytes)
 *     batch.h      the frames around them                      (bytes)
 *     sequencer.h  numbers what waits, once                    (store)
 *     greet.h      the comparison before anything is sent      (bytes in and out)
 *     restore.h    what a restored office gets back            (bytes in and out)
 *     feed.h       the sending end of one feed                 (bytes and times in and out)
 *     inbox.h      the receiving end of all feeds              (bytes in and out)
 *     credit.h     how much an office still takes in           (disk)
 *     pull.h       fetches what a peer cannot send             (bytes and times in and out)
 *     fetch.h      files that follow their entry               (bytes in and out)
 *     log.h        the Merkle tree over everything, signed     (store)
 *     witness.h    what is known of the logs of others         (bytes in and out)
 *     log_talk.h   what logs ask each other                    (bytes in and out)
 *     tree.h, tile.h, checkpoint.h, proof.h  forms of the log  (bytes)
 *
 * None of them knows sockets, and clock and randomness come from `env`: the simulator
 * (test/sim) drives these very functions. front/wire carries their bytes over HTTPS.
 */
#include "store/store.h"

/* The tables of the exchange. After office_migrate. Errors: those of store_migrate. */
enum err exchange_migrate(struct call *c);

struct node; /* core/view.h */

/* How things stand with every peer, for pages and the command line: a list of maps {peer, code,
 * name, epoch, sent, acked, waiting, oldest_ms, received, down_ms, files, aside, age_minutes,
 * age_hour, age_day, age_older, down, stopped, witnessed, claims}. `waiting` objects are not yet
 * acknowledged, the oldest since oldest_ms; the ages part them into those of five minutes, an hour,
 * a day, and older. `aside` are the entries set aside that nobody has decided on. `down` and
 * `stopped` are word keys without "reason.", empty when all is well. `witnessed` leaves of our log
 * are below a checkpoint that the peer has cosigned, `claims` about its own log it has still to
 * prove. */
enum err exchange_status(struct call *c, struct node **ret_list);
/* The same inside a read or a transaction. */
enum err exchange_status_list(struct call *c, struct node *ret_list);

/* What this office tells a peer about the feeds between them, as JSON: its clock, epoch, number and
 * chain both ways, and which start of either program it knows (exchange/greet.h). */
enum err exchange_hello(struct call *c, struct str peer, struct str *ret_json);
/* Reads what a peer has told. ret_call: it has no address of this office, which is to come itself.
 * Errors: those of fields_read; ERR_PEER "hello.peer" from another office. */
enum err exchange_hello_read(struct call *c, struct str peer, struct str json, bool *ret_call);
