#pragma once
/*
 * worker.h: the process that answers: TLS, HTTP, call threads, the store. Exactly one on SQLite;
 * on PostgreSQL each of several folders may have one, and one of them sends (front/wire/wire.h).
 * It has no key of the office (main/keeper.h) and makes no connection itself (main/courier.h).
 * When the store breaks (a sync that failed), it ends: what was not acknowledged is repeated, what
 * was acknowledged is on the disk.
 */
#include "front/cli/cli.h"

/* The hidden verb; descriptors as in main/supervise.h. */
enum err worker_run(struct call *c, const struct cli_args *args);
