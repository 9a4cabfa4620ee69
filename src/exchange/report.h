#pragma once
/*
 * report.h: how the exchange stands, for whoever does not look at pages: the command line and
 * programs that watch.
 *
 * Numbers for Prometheus hold codes of offices and counts, nothing of any record or person.
 * Source: Prometheus, text-based exposition format 0.0.4.
 */
#include "core/view.h"

/* Everything of the page "Liên thông" as a map {closed, peers, log, alarms, aside, ledgers,
 * differences, text}; `text` says it in sentences of the call's language. */
enum err report_status(struct call *c, struct node *ret_map);
/* Where a document is (exchange/track.h), as a map {documents, text}, without titles. */
enum err report_track(struct call *c, struct str number, struct node *ret_map);
/* The numbers. Owns: the call's arena. */
enum err report_metrics(struct call *c, struct str *ret_text);
