#include "store/inside.h"

#include <sodium.h>

struct plan {
    const struct migration *steps;
    size_t count;
};

static enum err step_run(struct call *c, const struct migration *step)
{
    bool own = step->postgres != NULL && c->store->driver->parallel;
    struct str sql = str_of(own ? step->postgres : step->sql);
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)sql.ptr, sql.len);
    struct str checksum = {(const char *)hash, sizeof hash};
    struct rows rows = {};
    enum err e = store_all(c, "SELECT checksum FROM migration WHERE name = $1",
                           ARGS(TEXT(str_of(step->name))), &rows);
    if (e != OK) return e;
    if (rows.count == 1) {
        if (str_eq(rows_text(&rows, 0, 0), checksum)) return OK;
        (void)fail(c, ERR_CORRUPT, "store.migration_changed");
        return fail_arg(c, "name", str_of(step->name));
    }
    e = store_script(c, sql);
    if (e != OK) return e;
    return store_exec(c, "INSERT INTO migration (name, checksum, applied_ms) VALUES ($1, $2, $3)",
                      ARGS(TEXT(str_of(step->name)), BYTES(checksum), INT(c->now_ms)), NULL);
}

static enum err plan_run(struct call *c, void *arg)
{
    const struct plan *plan = arg;
    enum err e = store_script(c, S("CREATE TABLE IF NOT EXISTS migration (\n"
                                   "    name TEXT PRIMARY KEY NOT NULL,\n"
                                   "    checksum BYTES NOT NULL, -- SHA-256 of its text\n"
                                   "    applied_ms INT NOT NULL\n"
                                   ");"));
    for (size_t i = 0; i < plan->count && e == OK; i++)
        e = step_run(c, &plan->steps[i]);
    return e;
}

enum err store_migrate(struct call *c, const struct migration *steps, size_t count)
{
    ensure(steps != NULL || count == 0);
    ensure(c->db == NULL);
    struct plan plan = {steps, count};
    return store_tx_job(c, plan_run, &plan, true);
}
