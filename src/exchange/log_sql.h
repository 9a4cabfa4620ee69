#pragma once
/* log_sql.h: the tables of the log and of the witness; meaning is in log.h and witness.h. */
#include "exchange/log.h"
#include "exchange/tile.h"
#include "store/store.h"

enum err log_migrate(struct call *c);

/* log.c: adds the root of the full tile `at` of the level below to its tile. */
enum err log_tile_grow(struct call *c, int64_t level, int64_t at);

/* log */
enum err log_secret_find(struct call *c, struct str *ret_secret);
enum err log_secret_store(struct call *c, struct str secret);
enum err log_count(struct call *c, int64_t *ret_leaves);
enum err log_unnumbered(struct call *c, int64_t *ret_leaves);
enum err log_leaf_rows(struct call *c, int64_t from, int64_t to, struct rows *ret_rows);
enum err log_leaf_find(struct call *c, struct str object, int64_t *ret_index, int64_t *ret_kind);
enum err log_head_load(struct call *c, struct log_head *ret_head);
/* The checkpoint of that size. Errors: ERR_NOT_FOUND "not_found". */
enum err log_head_of(struct call *c, int64_t size, struct log_head *ret_head);
enum err log_head_insert(struct call *c, const struct log_head *head);
/* The newest checkpoint above the leaf that a witness has cosigned, else the newest of all. */
enum err log_head_witnessed(struct call *c, int64_t index, struct log_head *ret_head);
enum err log_tile_load(struct call *c, int64_t level, int64_t n, struct str *ret_hashes);
enum err log_tile_store(struct call *c, int64_t level, int64_t n, struct str hashes);
enum err log_alarm_count(struct call *c, struct str peer, int64_t *ret_count);

/* cosignatures of our checkpoints */
enum err log_cosign_insert(struct call *c, int64_t size, struct str witness, struct str line);
enum err log_cosign_list(struct call *c, int64_t size, struct rows *ret_rows);
/* The size of the newest checkpoint that the witness has cosigned; 0: none. */
enum err log_cosign_newest(struct call *c, struct str witness, int64_t *ret_size);
/* The largest size that any witness has cosigned. */
enum err log_cosign_best(struct call *c, int64_t *ret_size);

/* time stamps of our checkpoints */
enum err log_stamp_insert(struct call *c, int64_t size, struct str answer, int64_t time_ms);
/* The newest: its size and when it came; 0 when there is none. */
enum err log_stamp_newest(struct call *c, int64_t *ret_size, int64_t *ret_received_ms);

/* other offices' logs */
struct seen_row {
    struct tree_head head; /* size 0 and no note: nothing is known of the log */
    struct str note;       /* as the log signed it, with our cosignature if we gave one */
};
enum err log_seen_load(struct call *c, struct str office, struct seen_row *ret_seen);
enum err log_seen_store(struct call *c, struct str office, const struct seen_row *seen);
enum err log_seen_list(struct call *c, int64_t max, struct rows *ret_rows);

/* What a peer says of the head of an office's log. */
enum claim_state { CLAIM_OPEN = 1, CLAIM_PROVEN, CLAIM_REFUTED };
struct claim_row {
    struct str source; /* the peer */
    struct tree_head head;
    bool any;
};
enum err log_claim_store(struct call *c, struct str office, const struct claim_row *claim,
                         enum claim_state state);
/* The state of exactly this claim; 0 when it was never made. */
enum err log_claim_find(struct call *c, struct str office, const struct claim_row *claim,
                        int64_t *ret_state);
enum err log_claim_next(struct call *c, struct str office, struct claim_row *ret_claim);
