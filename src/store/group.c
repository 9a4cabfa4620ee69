#include "store/inside.h"

#include <string.h>

enum { TOPICS_FIRST = 16 };

static enum err run_plain(struct call *c, struct db *db, const char *sql)
{
    struct db_result none = {};
    return db->driver->run(c, db, sql, NO_ARGS, &none);
}

static enum err job_undo(struct call *group, struct db *db)
{
    enum err e = run_plain(group, db, "ROLLBACK TO closure");
    if (e != OK) return e;
    return run_plain(group, db, "RELEASE closure");
}

/* Forgets what was noted since. */
static void notes_restore(struct notes *notes, const struct notes *before)
{
    notes->count = before->count;
    notes->owed = before->owed;
}

/* Runs one closure in its savepoint. A failure of its own stays in the job; what is returned has
 * ended the transaction of all. */
static enum err job_run(struct call *group, struct db *db, struct job *job, bool alone)
{
    enum err e = alone ? OK : run_plain(group, db, "SAVEPOINT closure");
    if (e != OK) return e;
    struct notes before = *db->notes;
    job->c->db = db;
    job->e = job->fn(job->c, job->arg);
    job->c->db = NULL;
    ensure(job->e == job->c->failure.err);
    if (job->e != OK) notes_restore(db->notes, &before);
    if (alone) return OK;
    return job->e == OK ? run_plain(group, db, "RELEASE closure") : job_undo(group, db);
}

static enum err group_write(struct call *group, struct db *db, struct job *jobs)
{
    const struct store *store = group->store;
    db->schema = jobs->schema;
    enum err e = db->driver->begin(group, db);
    if (e != OK) return e;
    bool alone = jobs->next == NULL; /* the transaction itself is its savepoint */
    bool kept = false;
    bool acts = false;
    for (struct job *job = jobs; job != NULL; job = job->next) {
        e = job_run(group, db, job, alone);
        if (e != OK) return e;
        kept = kept || job->e == OK;
        acts = acts || (job->e == OK && !job->schema);
    }
    if (!kept) {
        db->driver->rollback(db);
        return OK;
    }
    if (acts && store->config.before_commit != NULL) {
        group->db = db;
        e = store->config.before_commit(store->config.arg, group);
        group->db = NULL;
        ensure(e == group->failure.err);
        if (e != OK) return e;
    }
    return db->driver->commit(group, db);
}

/* Tells every closure that had gone well why the group failed. */
static void failure_share(struct job *jobs, const struct failure *from)
{
    for (struct job *job = jobs; job != NULL; job = job->next) {
        if (job->e != OK) continue;
        call_clear(job->c);
        job->e = fail(job->c, from->err, from->reason);
        for (size_t i = 0; i < from->arg_count; i++) {
            job->e = fail_arg(job->c, from->args[i].name, from->args[i].value);
        }
    }
}

void group_run(struct store *store, struct db *db, struct job *jobs)
{
    ensure(jobs != NULL);
    struct call group = call_begin(store->env, store, NULL);
    struct notes notes = {.arena = group.arena};
    db->notes = &notes;
    enum err e = group_write(&group, db, jobs);
    if (e != OK) {
        db->driver->rollback(db);
        failure_share(jobs, &group.failure);
    } else if (notes.count > 0) {
        store_tell(store, notes.topics, notes.count);
        if (store->bus != NULL) db->driver->bus_tell(store->bus, notes.topics, notes.count);
    }
    if (db->broken) atomic_store(&store->broken, true);
    db->notes = NULL;
    call_end(&group);
}

enum err store_attempt(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg)
{
    ensure(c->db != NULL);
    ensure(c->db->writes);
    ensure(c->failure.err == OK);
    enum err e = run_plain(c, c->db, "SAVEPOINT attempt");
    if (e != OK) return e;
    struct notes before = *c->db->notes;
    e = fn(c, arg);
    ensure(e == c->failure.err);
    if (e == OK) return run_plain(c, c->db, "RELEASE attempt");
    notes_restore(c->db->notes, &before);
    struct failure cause = c->failure;
    call_clear(c);
    enum err undone = run_plain(c, c->db, "ROLLBACK TO attempt");
    if (undone == OK) undone = run_plain(c, c->db, "RELEASE attempt");
    if (undone != OK) return undone; /* the transaction itself is over: that is the worse news */
    c->failure = cause;
    return e;
}

void store_note(struct call *c, struct str topic)
{
    ensure(c->db != NULL);
    ensure(c->db->writes);
    struct notes *notes = c->db->notes;
    for (size_t i = 0; i < notes->count; i++) {
        if (str_eq(notes->topics[i], topic)) return;
    }
    if (notes->count == notes->room) {
        notes->room = notes->room == 0 ? TOPICS_FIRST : notes->room * 2;
        struct str *larger = arena_array(notes->arena, notes->room, sizeof *larger);
        if (notes->count > 0) memcpy(larger, notes->topics, notes->count * sizeof *larger);
        notes->topics = larger;
    }
    notes->topics[notes->count++] = str_copy(notes->arena, topic);
}

void store_owe(struct call *c, const char *list, const struct value *cells, size_t columns)
{
    ensure(c->db != NULL);
    ensure(c->db->writes);
    ensure(columns > 0);
    struct notes *notes = c->db->notes;
    struct value *copy = arena_array(notes->arena, columns, sizeof *copy);
    for (size_t i = 0; i < columns; i++) {
        copy[i] = cells[i];
        copy[i].s = str_copy(notes->arena, cells[i].s);
    }
    struct owed *owed = arena_alloc(notes->arena, sizeof *owed);
    *owed = (struct owed){list, copy, columns, notes->owed};
    notes->owed = owed;
}

struct rows store_owed(struct call *group, const char *list, size_t columns)
{
    ensure(group->db != NULL);
    struct rows rows = {.columns = columns};
    for (const struct owed *o = group->db->notes->owed; o != NULL; o = o->before)
        rows.count += strcmp(o->list, list) == 0;
    rows.cells = arena_array(group->arena, rows.count * columns + 1, sizeof *rows.cells);
    size_t left = rows.count;
    for (const struct owed *o = group->db->notes->owed; o != NULL; o = o->before) {
        if (strcmp(o->list, list) != 0) continue;
        ensure(o->columns == columns);
        memcpy(&rows.cells[--left * columns], o->cells, columns * sizeof *rows.cells);
    }
    return rows;
}
