#pragma once
/*
 * credit.h: how much this office would like to be sent, by how full its disk is. It is said with
 * every acknowledgement, and the sender numbers no more than that. What has a number already still
 * comes: at most one window of each peer.
 *
 *     free     disk    window                 files that are fetched
 *     > 15 %   ok      256 entries, 4 MiB     all
 *     > 10 %   low     256 entries, 4 MiB     none of bulk entries
 *     > 5 %    tight   64 entries, 1 MiB      none
 *     else     full    16 entries, 64 KiB     none; receipts and control entries only
 *     <= 2 %   full    the same, and nothing at all for a minute
 */
#include "core/record.h"
#include "exchange/entry.h"

/* How full the disk of the office's files is now. */
enum disk credit_disk(struct call *c);
/* Fills credit_entries, credit_bytes, disk and pause_ms. */
void credit_fill(struct call *c, struct ack *ack);
/* The least urgent entries whose files are fetched now. False: no files are. */
bool credit_files(struct call *c, enum priority *ret_least);
