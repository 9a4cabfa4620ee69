#pragma once
/*
 * closed.h: whether this office may act. An office that was restored from an old copy must not
 * write version n+1 of a record before it knows which versions other offices hold already; an
 * instance that another one has replaced must not write at all. Both states stand in the store, so
 * every process of the office sees them in the transaction in which it would act. Reading goes on.
 */
#include "base/call.h"

enum closed {
    CLOSED_NOT,
    CLOSED_RECOVERING, /* restored: what was lost is fetched back, exchange/restore.h */
    CLOSED_SUPERSEDED, /* another instance of this office is newer, exchange/greet.h */
};

/* Closes the office for a reason, once; opens it again. Both only inside store_tx. */
enum err closed_put(struct call *c, enum closed why);
enum err closed_end(struct call *c, enum closed why);
/* Why it is closed; the gravest reason of several. Inside store_read or store_tx. */
enum err closed_look(struct call *c, enum closed *ret_why);
/* The word key of the reason, without "reason."; empty for CLOSED_NOT. */
const char *closed_word(enum closed why);
/* Fails when the office is closed. Inside a transaction. Errors: ERR_BUSY "restore.recovering",
 * "fence.superseded". */
enum err closed_refuse(struct call *c);
