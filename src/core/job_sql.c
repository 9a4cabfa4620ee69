#include "core/job_sql.h"

enum err job_put(struct call *c, const char *kind, struct str key, int64_t due_ms)
{
    store_note(c, JOB_TOPIC);
    return store_exec(c,
                      "INSERT INTO job (kind, jkey, due_ms, at_ms, span_ms, claim, attempts, dead,"
                      " why) VALUES ($1, $2, $3, $3, 0, '', 0, 0, '')"
                      " ON CONFLICT (kind, jkey) DO NOTHING",
                      ARGS(TEXT(str_of(kind)), TEXT(key), INT(due_ms)), NULL);
}

enum err job_sql_plant(struct call *c, const char *kind, int64_t period_ms)
{
    return store_exec(c,
                      "INSERT INTO job (kind, jkey, due_ms, at_ms, span_ms, claim, attempts, dead,"
                      " why) VALUES ($1, '', $2, $2, $3, '', 0, 0, '')"
                      " ON CONFLICT (kind, jkey) DO NOTHING",
                      ARGS(TEXT(str_of(kind)), INT(c->now_ms), INT(period_ms)), NULL);
}

/* The clock went back: what cannot lie so far ahead is due now. */
enum err job_sql_heal(struct call *c)
{
    return store_exec(c,
                      "UPDATE job SET at_ms = $1 WHERE span_ms > 0 AND dead = 0"
                      " AND at_ms > $1 + span_ms",
                      ARGS(INT(c->now_ms)), NULL);
}

enum err job_sql_free(struct call *c)
{
    return store_exec(c, "UPDATE job SET claim = '', at_ms = $1 WHERE claim <> ''",
                      ARGS(INT(c->now_ms)), NULL);
}

enum err job_sql_renew(struct call *c, struct str claim)
{
    return store_exec(c, "UPDATE job SET at_ms = $1 WHERE claim = $2 AND claim <> ''",
                      ARGS(INT(c->now_ms + JOB_HOLD_MS), TEXT(claim)), NULL);
}

enum err job_sql_next(struct call *c, int64_t *ret_due_ms)
{
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT at_ms FROM job WHERE dead = 0 ORDER BY at_ms LIMIT 1", NO_ARGS, &rows);
    if (e == OK) *ret_due_ms = rows.count > 0 ? rows_int(&rows, 0, 0) : INT64_MAX;
    return e;
}

enum err job_sql_claim(struct call *c, struct str claim, struct rows *ret_rows)
{
    return store_all(c,
                     "UPDATE job SET claim = $1, at_ms = $2, span_ms = $3, attempts = attempts + 1"
                     " WHERE id IN (SELECT id FROM job WHERE dead = 0 AND at_ms <= $4"
                     " ORDER BY at_ms, id LIMIT $5)"
                     " RETURNING id, kind, jkey, due_ms, attempts",
                     ARGS(TEXT(claim), INT(c->now_ms + JOB_HOLD_MS), INT(JOB_HOLD_MAX_MS),
                          INT(c->now_ms), INT(JOB_CLAIM)),
                     ret_rows);
}

/* An older claim of the same worker is not this one: the attempts tell them apart. */
#define HELD_ARGS(job, claim) INT((job)->id), TEXT(claim), INT((job)->attempts)

enum err job_sql_done(struct call *c, const struct job *job, struct str claim, bool *ret_held)
{
    int64_t changed = 0;
    enum err e = store_exec(c, "DELETE FROM job WHERE id = $1 AND claim = $2 AND attempts = $3",
                            ARGS(HELD_ARGS(job, claim)), &changed);
    if (e == OK) *ret_held = changed == 1;
    return e;
}

enum err job_sql_again(struct call *c, const struct job *job, struct str claim, int64_t at_ms,
                       int64_t period_ms, bool *ret_held)
{
    int64_t changed = 0;
    enum err e = store_exec(c,
                            "UPDATE job SET claim = '', attempts = 0, why = '', due_ms = $1,"
                            " at_ms = $1, span_ms = $2"
                            " WHERE id = $3 AND claim = $4 AND attempts = $5",
                            ARGS(INT(at_ms), INT(period_ms), HELD_ARGS(job, claim)), &changed);
    if (e == OK) *ret_held = changed == 1;
    return e;
}

enum err job_sql_failed(struct call *c, const struct job *job, struct str claim, int64_t at_ms,
                        struct str why)
{
    bool dead = job->attempts >= JOB_TRIES;
    if (dead) store_note(c, JOB_TOPIC);
    return store_exec(c,
                      "UPDATE job SET claim = '', at_ms = $1, why = $2, dead = $3"
                      " WHERE id = $4 AND claim = $5 AND attempts = $6",
                      ARGS(INT(at_ms), TEXT(why), INT(dead ? 1 : 0), HELD_ARGS(job, claim)), NULL);
}

enum err job_sql_release(struct call *c, const struct job *job, struct str claim)
{
    return store_exec(c,
                      "UPDATE job SET claim = '', at_ms = $1, attempts = attempts - 1"
                      " WHERE id = $2 AND claim = $3 AND attempts = $4",
                      ARGS(INT(c->now_ms), HELD_ARGS(job, claim)), NULL);
}

enum err job_sql_troubled(struct call *c, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT id, kind, jkey, due_ms, attempts, why, dead FROM job"
                     " WHERE why <> '' ORDER BY dead DESC, id LIMIT $1",
                     ARGS(INT(limit)), ret_rows);
}

enum err job_sql_retry(struct call *c, int64_t id, bool *ret_found)
{
    int64_t changed = 0;
    store_note(c, JOB_TOPIC);
    enum err e = store_exec(c,
                            "UPDATE job SET dead = 0, attempts = 0, at_ms = $1"
                            " WHERE id = $2 AND why <> ''",
                            ARGS(INT(c->now_ms), INT(id)), &changed);
    if (e == OK) *ret_found = changed == 1;
    return e;
}
