#include "store/inside.h"

#include <poll.h>
#include <string.h>

enum { TRIES = 12, WAIT_FIRST_MS = 2, WAIT_MAX_MS = 1000 };

/* Chance makes up half of the wait, so that two which collided do not meet again. */
static void wait_a_little(const struct env *env, int tries)
{
    uint16_t chance = 0;
    env->random(env->self, (uint8_t *)&chance, sizeof chance);
    int wait_ms = WAIT_FIRST_MS;
    for (int i = 0; i < tries && wait_ms < WAIT_MAX_MS; i++)
        wait_ms *= 2;
    (void)poll(NULL, 0, wait_ms / 2 + chance % (wait_ms / 2 + 1));
}

/* A constraint may have refused what another transaction had written in the meantime. Run once more
 * the closure sees it and takes the next number, or says in its own words what is wrong. */
static bool met_another(const struct job *job)
{
    return job->e == ERR_CONFLICT && strcmp(job->c->failure.reason, "store.conflict") == 0;
}

/* Says that the job failed but may go well the next time. */
static bool run_once(struct store *store, struct job *job, int tries)
{
    struct db *db = NULL;
    job->e = db_take(job->c, true, &db);
    if (job->e != OK) return false;
    group_run(store, db, job);
    bool again = job->e != OK && (db->again || (tries == 0 && met_another(job)));
    db_give(store, db);
    return again;
}

void parallel_run(struct store *store, struct job *job)
{
    for (int tries = 0; run_once(store, job, tries); tries++) {
        call_clear(job->c);
        job->e = OK;
        if (tries == TRIES) {
            job->e = fail(job->c, ERR_BUSY, "store.busy");
            return;
        }
        wait_a_little(store->env, tries);
    }
}
