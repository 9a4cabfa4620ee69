#pragma once
/* notice_post.h: the job "notice.post": one letter or one short text for one person. */
#include "core/job.h"

/* Writes what still has to be said and hands it over; says nothing when the work is done, was
 * moved, or nobody is there to read it. */
enum err post_before(struct call *c, struct job *job);
/* Notes it as sent. What joined a bulletin while it was written goes into another one. */
enum err post_run(struct call *c, const struct job *job, bool *ret_again);
