#include "core/job.h"

#include <string.h>

#include "base/id.h"
#include "base/words.h"
#include "core/job_sql.h"

enum { PAGE_ROWS = 200 };

static const struct job_kind *kind_find(struct str name)
{
    for (size_t m = 0; m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; i < module->job_count; i++) {
            if (str_eq(str_of(module->jobs[i].name), name)) return &module->jobs[i];
        }
    }
    return NULL;
}

/* ---- one turn ---- */

/* Jobs claimed together, and what became of each. */
struct turn {
    struct str claim;
    struct job jobs[JOB_CLAIM];
    const struct job_kind *kinds[JOB_CLAIM];
    struct str why[JOB_CLAIM]; /* of those whose `before` failed */
    size_t count;
    size_t from; /* the part that one transaction ends */
    size_t to;
};

static enum err begin_step(struct call *c, void *arg)
{
    (void)arg;
    enum err e = job_sql_heal(c);
    if (e == OK && !store_is_shared(c->store)) e = job_sql_free(c);
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; e == OK && i < module->job_count; i++) {
            const struct job_kind *kind = &module->jobs[i];
            if (kind->period_ms > 0) e = job_sql_plant(c, kind->name, kind->period_ms);
        }
    }
    return e;
}

enum err job_begin(struct call *c)
{
    return store_tx(c, begin_step, NULL);
}

static enum err heal_step(struct call *c, void *arg)
{
    (void)arg;
    return job_sql_heal(c);
}

/* Gives the worker its name, and heals the jobs when the clock was seen to go back. */
static enum err worker_begin(struct call *c, struct job_worker *worker)
{
    bool back = c->now_ms < worker->last_ms;
    if (worker->claim[0] == '\0') {
        struct str name = call_random_id(c, ID_RANDOM_BYTES);
        ensure(name.len < sizeof worker->claim);
        memcpy(worker->claim, name.ptr, name.len);
    }
    worker->last_ms = c->now_ms;
    return back ? store_tx(c, heal_step, NULL) : OK;
}

static enum err next_step(struct call *c, void *arg)
{
    return job_sql_next(c, arg);
}

static enum err claim_step(struct call *c, void *arg)
{
    struct turn *turn = arg;
    struct rows rows = {};
    enum err e = job_sql_claim(c, turn->claim, &rows);
    if (e != OK) return e;
    ensure(rows.count <= JOB_CLAIM);
    turn->count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        turn->jobs[i] = (struct job){
            .id = rows_int(&rows, i, 0),
            .kind = rows_text(&rows, i, 1),
            .key = rows_text(&rows, i, 2),
            .due_ms = rows_int(&rows, i, 3),
            .attempts = rows_int(&rows, i, 4),
        };
    }
    return OK;
}

/* Why it failed, as the page shows it. Takes the failure out of the call. */
static struct str why_take(struct call *c)
{
    struct str why = words_failure(c);
    call_clear(c);
    return why.len > 0 ? why : S("?");
}

/* The store itself failed: the whole transaction is of no use, whatever the job is. */
static bool store_failed(const struct call *c)
{
    return err_info(c->failure.err)->fault == FAULT_OURS &&
           str_starts(str_of(c->failure.reason), S("store."));
}

struct ending {
    const struct turn *turn;
    size_t i;
};

static enum err end_step(struct call *c, void *arg)
{
    const struct ending *end = arg;
    const struct job *job = &end->turn->jobs[end->i];
    const struct job_kind *kind = end->turn->kinds[end->i];
    bool held = false;
    bool again = false;
    enum err e = kind->run(c, job, &again);
    if (e != OK) return e;
    /* what has more to do keeps its place before what it has made itself */
    int64_t at_ms = again ? job->due_ms : c->now_ms + kind->period_ms;
    e = kind->period_ms == 0
            ? job_sql_done(c, job, end->turn->claim, &held)
            : job_sql_again(c, job, end->turn->claim, at_ms, kind->period_ms, &held);
    if (e != OK || held) return e;
    return fail(c, ERR_STALE, "job.taken"); /* the effect goes with this attempt */
}

/* 2 s, 4 s, 8 s ... an hour. */
static int64_t retry_ms(int64_t attempts)
{
    int64_t wait_ms = JOB_RETRY_MS;
    for (int64_t i = 1; i < attempts && wait_ms < JOB_HOLD_MAX_MS; i++)
        wait_ms *= 2;
    return wait_ms < JOB_HOLD_MAX_MS ? wait_ms : JOB_HOLD_MAX_MS;
}

static enum err end_one(struct call *c, const struct turn *turn, size_t i)
{
    struct ending end = {turn, i};
    struct str why = turn->why[i];
    if (why.len == 0) {
        enum err e = store_attempt(c, end_step, &end);
        if (e == OK || store_failed(c)) return e;
        bool taken = e == ERR_STALE && strcmp(c->failure.reason, "job.taken") == 0;
        why = why_take(c);
        if (taken) return OK; /* it is done by another, or will be */
    }
    const struct job *job = &turn->jobs[i];
    return job_sql_failed(c, job, turn->claim, c->now_ms + retry_ms(job->attempts), why);
}

static enum err together_step(struct call *c, void *arg)
{
    const struct turn *turn = arg;
    enum err e = OK;
    for (size_t i = turn->from; e == OK && i < turn->to; i++)
        e = end_one(c, turn, i);
    return e == OK && turn->to < turn->count ? job_sql_renew(c, turn->claim) : e;
}

static enum err release_step(struct call *c, void *arg)
{
    const struct turn *turn = arg;
    enum err e = OK;
    for (size_t i = turn->from; e == OK && i < turn->count; i++)
        e = job_sql_release(c, &turn->jobs[i], turn->claim);
    return e;
}

static void before_one(struct call *c, struct turn *turn, size_t i)
{
    struct job *job = &turn->jobs[i];
    enum err e = OK;
    turn->kinds[i] = kind_find(job->kind);
    if (turn->kinds[i] == NULL) {
        e = fail(c, ERR_NOT_FOUND, "job.unknown"); /* of a module that is gone */
    } else if (turn->kinds[i]->before != NULL) {
        e = turn->kinds[i]->before(c, job);
    }
    if (e != OK) turn->why[i] = why_take(c);
}

/* Runs what was claimed, a few at a time: what was handed to the outside is soon noted as done. */
static enum err turn_run(struct call *c, struct turn *turn)
{
    enum err e = OK;
    while (e == OK && turn->from < turn->count) {
        int64_t since_ms = c->now_ms;
        bool more = true;
        turn->to = turn->from;
        while (more) {
            before_one(c, turn, turn->to++);
            c->now_ms = c->env->now_ms(c->env->self); /* the outside took its time */
            more = turn->to < turn->count && turn->to - turn->from < JOB_TOGETHER &&
                   c->now_ms - since_ms < JOB_GROUP_MS;
        }
        e = store_tx(c, together_step, turn);
        if (e == OK) turn->from = turn->to;
    }
    if (e == OK) return OK;
    /* nobody need wait for the claims to grow old; the failure is told all the same */
    struct failure cause = c->failure;
    call_clear(c);
    if (store_tx(c, release_step, turn) != OK) call_clear(c);
    c->failure = cause;
    return e;
}

enum err job_turn(struct call *c, struct job_worker *worker, int64_t *ret_wake_ms)
{
    int64_t next_ms = INT64_MAX;
    struct turn *turn = arena_alloc(c->arena, sizeof *turn);
    enum err e = worker_begin(c, worker);
    if (e == OK) e = store_read(c, next_step, &next_ms);
    if (e == OK && next_ms <= c->now_ms) {
        turn->claim = str_of(worker->claim);
        e = store_tx(c, claim_step, turn);
        if (e == OK) e = turn_run(c, turn);
        next_ms = c->now_ms; /* look again: there may be more */
    }
    if (e == OK) *ret_wake_ms = next_ms;
    return e;
}

/* ---- the administrator's page ---- */

static enum err list_view(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    (void)args;
    enum err e = job_sql_troubled(c, PAGE_ROWS, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "job", "job.column.job");
    view_column(c, ret_view, "state", "job.column.state");
    view_column(c, ret_view, "due", "job.column.due");
    view_column(c, ret_view, "attempts", "job.column.attempts");
    view_column(c, ret_view, "why", "job.column.why");
    for (size_t i = 0; i < rows.count; i++) {
        struct str key = str_format(c->arena, "job.%.*s", STR_ARG(rows_text(&rows, i, 1)));
        struct str name = words_has(key) ? words(c->lang, key) : rows_text(&rows, i, 1);
        bool dead = rows_int(&rows, i, 6) != 0;
        struct str href =
            str_format(c->arena, "/act/job.again?job=%lld", (long long)rows_int(&rows, i, 0));
        struct node *row = view_row(c, ret_view, (struct str){}, href);
        view_cell(c, row, name);
        view_cell_state(c, row, words(c->lang, dead ? S("job.dead") : S("job.retrying")),
                        dead ? "late" : "warn");
        view_cell_instant(c, row, rows_int(&rows, i, 3));
        view_cell(c, row, str_format(c->arena, "%lld", (long long)rows_int(&rows, i, 4)));
        view_cell(c, row, rows_text(&rows, i, 5));
    }
    (void)node_put_list(c, ret_view->data, "acts"); /* the act is offered in each row */
    node_text(c, ret_view->data, "empty", words(c->lang, S("job.none")));
    return OK;
}

struct again_input {
    int64_t job;
};
static const struct field AGAIN_FIELDS[] = {
    {.name = "job",
     .type = FIELD_INT,
     .offset = offsetof(struct again_input, job),
     .max = INT64_C(9007199254740991),
     .required = true},
};
static const struct field_table AGAIN = FIELD_TABLE("job.again", struct again_input, AGAIN_FIELDS);

static enum err run_again(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct again_input *in = input;
    bool found = false;
    (void)ret_result;
    enum err e = job_sql_retry(c, in->job, &found);
    if (e != OK || found) return e;
    return fail(c, ERR_NOT_FOUND, "job.not_found");
}

static const struct act ACTS[] = {
    {.name = "job.again", .input = &AGAIN, .roles = ROLE_ADMIN, .run = run_again},
};
static const struct view_def VIEWS[] = {
    {.name = "job.list", .roles = ROLE_ADMIN, .rail = true, .run = list_view},
};

const struct module job_module = {
    .name = "job",
    .order = 995,
    .acts = ACTS,
    .act_count = ARRAY_LEN(ACTS),
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
