#pragma once
/* evidence_sql.h: the statements of evidence; meaning is in evidence.h. */
#include "exchange/evidence.h"

/* Columns: n, bytes, hash, sig, home. */
enum err evidence_versions(struct call *c, struct str record, struct rows *ret_rows);
/* Columns: bytes, hash, sig, office. */
enum err evidence_receipts(struct call *c, struct str record, struct rows *ret_rows);
/* Where the record's versions stand in feeds that acknowledged them. Columns: peer, epoch, seq. */
enum err evidence_sent(struct call *c, struct str record, struct rows *ret_rows);
/* The first acknowledgement that covers the entry. Columns: seq, frame; no row when it is gone. */
enum err evidence_ack(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                      struct rows *ret_rows);
/* Columns: entry. */
enum err evidence_entries(struct call *c, struct str peer, int64_t epoch, int64_t first,
                          int64_t last, struct rows *ret_rows);
