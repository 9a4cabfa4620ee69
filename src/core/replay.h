#pragma once
/*
 * replay.h: an earlier version of a record has come after a later one, by the feed of another
 * office or after a restore. What the record's versions have made is then made anew from all of
 * them, the oldest first: once a transaction, however many came late.
 */
#include "core/record.h"

/* Has the record made anew before the transaction commits. Only inside store_tx. */
void replay_owe(struct call *c, struct str record);
/* Does it, for all records that asked. Only in before_commit. Errors: the store's. */
enum err replay_owed(struct call *group);
