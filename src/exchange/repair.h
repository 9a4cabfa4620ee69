#pragma once
/*
 * repair.h: a file that this disk has changed is made whole again by the offices that hold it. The
 * record says who they are: who sent it here, and to whom it went from here. What is still good of
 * the file stays; only the chunks that are not come again, through fetch.h, verified as any chunk.
 */
#include "base/call.h"

struct node; /* core/view.h */

/* Notes that the file is damaged: alarms a person, and asks the offices that hold it. The alarm
 * ends by itself when the file is whole. Errors: the store's. */
enum err repair_file(struct call *c, struct str root);

/* The same for the files that check_office() has found. Shapes: report is its report. */
enum err repair_found(struct call *c, const struct node *report);
