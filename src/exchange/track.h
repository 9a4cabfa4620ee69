#pragma once
/*
 * track.h: where a document is, for whoever asks "why has it not arrived?". For each addressee,
 * step by step: signed, numbered for sending, acknowledged by the other server (R1), registered
 * there under a number (R2), opened (R3), refused with the reason (R-); and what to do now.
 *
 * A document is found by a register number, as this office gave it to what came or another office
 * gave it to what this one sent; or by its record id.
 *
 *     {documents: [{record, kind, home, title, to: [{office, code, name, state, tone, advice,
 *       steps: [{step, at_ms, text}]}]}]}
 *
 * `step` is one of signed, numbered, sent, acknowledged, registered, opened, refused, files;
 * sentences are in the call's language.
 */
#include "core/view.h"

enum { TRACK_DOCUMENTS = 20, TRACK_WAITING = 100 };

/* What a person may know who asks by this text: documents that the actor may see, with titles.
 * Shapes: `everything` is for the host's administrator, who asks by the command line and gets no
 * titles. Inside a read. */
enum err track_find(struct call *c, struct str text, bool everything, struct node *ret_list);

/* Sent documents that some other server does not hold yet and that the actor may see, as maps
 * {record, href, title, office, since_ms}; the oldest first. Inside a read. */
enum err track_waiting(struct call *c, struct node *ret_list);
