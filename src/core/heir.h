#pragma once
/*
 * heir.h: which office has taken the place of one that ended. The statements that say so are
 * records (core/succession.h); a final one leaves everything of an office to its heir, for good:
 *
 *     records     their home is the heir (head.home), which writes the next version with a passage
 *                 that carries the statement's signature (core/passage.h)
 *     work        what "o:A" owes, "o:B" owes (core/substitute.h)
 *     audience    what all of A might see, all of B may; what is addressed to A goes to B
 *
 * Everything here reads table `succession`, where the rows of whole offices are kept, so it says
 * the same whichever of the two statements came first, or both. Inside store_read or store_tx.
 */
#include "core/record.h"

struct heir {
    struct str to;        /* office; empty: nobody, it is still there */
    struct str statement; /* record of the office that ended */
    struct str key;       /* its signature, as a passage carries it */
    struct str signature;
};

/* Who came after the office, by one step. */
enum err heir_of(struct call *c, struct str office, struct heir *ret_heir);
/* The office that has its place now, after any number of steps; itself when it is still there. */
enum err heir_end(struct call *c, struct str office, struct str *ret_office);
/* Says that the office is this one, or that this one has its place now. */
enum err heir_is_own(struct call *c, struct str office, bool *ret_own);

/* Says that `later` is the office or has come after it, by any number of steps. */
enum err heir_is_line(struct call *c, struct str office, struct str later, bool *ret_is);
/* The office that the version speaks to, or by which it was written, among one and those after it:
 * the earliest that is its author or addressed; the first when none is. */
enum err heir_named(struct call *c, struct str first, const struct version *v,
                    struct str *ret_office);

/* The home of a record of that kind, when its versions say `io_home`. */
enum err heir_home(struct call *c, struct str kind, struct str *io_home);
/* Whom to write to in place of a party; only whole offices end. */
enum err heir_party(struct call *c, struct str *io_party);
/* Lets whoever has an office's place see the record. After its audience was stored. */
enum err heir_audience(struct call *c, struct str record);

/* Says that a version that is not addressed to this office is meant for it: an office whose place
 * it has is addressed, or the version's office leaves everything to this one, which has agreed. */
enum err heir_is_meant(struct call *c, const struct version *v, bool *ret_meant);
/* Refuses to write for an office that has ended. Errors: ERR_CONFLICT "office.succeeded". */
enum err heir_refuse_own(struct call *c);
/* Refuses a version by an office whose last statement came before it in its feed. Errors:
 * ERR_CONFLICT "arrival.succeeded". */
enum err heir_refuse_late(struct call *c, struct str office);

/* How many records an office is the home of, and SHA-256 over their newest versions, as hex: equal
 * at two offices that hold the same. */
enum err heir_records(struct call *c, struct str office, int64_t *ret_count, struct str *ret_hash);

/* Projects a final statement. Only from apply. */
enum err heir_put(struct call *c, const struct version *v, struct str from, struct str to);
