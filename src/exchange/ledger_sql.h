#pragma once
/* ledger_sql.h: the statements of ledger.h. `side` is always this office's end of the feed. */
#include "exchange/ledger_form.h"
#include "store/store.h"

/* How far a feed was compared. */
struct ledger_row {
    int64_t epoch;
    int64_t seq;
    int64_t at_ms; /* when nothing was left to compare; 0: never */
};

/* An entry as this office's ledger has it. */
struct ledger_entry {
    struct ledger_line line;
    struct str record; /* empty when even the entry is not here */
    int64_t n;
};

enum err ledger_row_load(struct call *c, struct str peer, enum ledger_side side,
                         struct ledger_row *ret_row);
/* answers: whether the peer knows ledgers. */
enum err ledger_row_store(struct call *c, struct str peer, enum ledger_side side,
                          const struct ledger_row *row, bool answers);
enum err ledger_row_forget(struct call *c);

/* Fills in the entries from first to last. Shapes: ret_entries has room for them. */
enum err ledger_sent(struct call *c, struct str peer, int64_t epoch, int64_t first, int64_t last,
                     struct ledger_entry *ret_entries);
enum err ledger_took(struct call *c, struct str peer, int64_t epoch, int64_t first, int64_t last,
                     struct ledger_entry *ret_entries);
/* The last number of an epoch that this office has given, or taken in. */
enum err ledger_last(struct call *c, struct str peer, enum ledger_side side, int64_t epoch,
                     int64_t *ret_last);

struct ledger_difference {
    struct str peer;
    enum ledger_side side;
    int64_t epoch;
    int64_t seq;
    enum ledger_verdict verdict;
    struct str record;
    int64_t n;
};

/* Notes what differs, or that it agrees now. */
enum err ledger_difference_put(struct call *c, const struct ledger_difference *difference);
enum err ledger_difference_end(struct call *c, struct str peer, enum ledger_side side,
                               int64_t epoch, int64_t first, int64_t last);
/* Open ones with the peer; and those of them that are an alarm. */
enum err ledger_difference_count(struct call *c, struct str peer, int64_t *ret_open,
                                 int64_t *ret_alarming);
/* The first open one of an epoch; 0: none. */
enum err ledger_difference_first(struct call *c, struct str peer, enum ledger_side side,
                                 int64_t epoch, int64_t *ret_seq);
enum err ledger_difference_list(struct call *c, int64_t limit, struct rows *ret_rows);

/* One comparison with both statements, as evidence. */
struct ledger_run {
    struct str peer;
    enum ledger_side side;
    const struct ledger_statement *theirs;
    struct str own_frame;
    struct str their_frame;
    int64_t differ;
};
enum err ledger_run_insert(struct call *c, const struct ledger_run *run);
enum err ledger_run_list(struct call *c, struct rows *ret_rows);
