#pragma once
/*
 * wire_wake.h: the pipe that wakes the driver: one office id of ID_OFFICE_LEN bytes, or a mark, for
 * each reason. Writing never waits: a full pipe already wakes.
 */
#include "front/wire/wire.h"

#define WAKE_NEW S("--------------------------")    /* something was recorded */
#define WAKE_LEAVES S("==========================") /* ... that no other office waits for */
#define WAKE_PEERS S("++++++++++++++++++++++++++")  /* the directory has changed */
#define WAKE_LEDGER S("##########################") /* ledgers are to be compared now */
#define WAKE_STOP S("!!!!!!!!!!!!!!!!!!!!!!!!!!")

/* Wakes the driver. Shapes: reason is a mark or the id of an office that has called. */
void wire_wake(const struct wire *wire, struct str reason);
