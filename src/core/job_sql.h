#pragma once
/* job_sql.h: the statements of jobs; meaning is in job.h. */
#include "core/job.h"

/* What a claim found: id, kind, key, due, attempts. */
enum err job_sql_claim(struct call *c, struct str claim, struct rows *ret_rows);
enum err job_sql_plant(struct call *c, const char *kind, int64_t period_ms);
enum err job_sql_heal(struct call *c);
enum err job_sql_free(struct call *c);
enum err job_sql_renew(struct call *c, struct str claim);
/* When the next one falls due; INT64_MAX: none waits. */
enum err job_sql_next(struct call *c, int64_t *ret_due_ms);
/* Ends a job of this claim, or sets it due again. Not held: another one has taken it. */
enum err job_sql_done(struct call *c, const struct job *job, struct str claim, bool *ret_held);
enum err job_sql_again(struct call *c, const struct job *job, struct str claim, int64_t at_ms,
                       int64_t period_ms, bool *ret_held);
enum err job_sql_failed(struct call *c, const struct job *job, struct str claim, int64_t at_ms,
                        struct str why);
/* Gives back what was claimed and not begun. */
enum err job_sql_release(struct call *c, const struct job *job, struct str claim);
/* id, kind, key, due, attempts, why, dead; those that failed, dead ones first. */
enum err job_sql_troubled(struct call *c, int64_t limit, struct rows *ret_rows);
enum err job_sql_retry(struct call *c, int64_t id, bool *ret_found);
