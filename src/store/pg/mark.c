#include "store/pg/pg.h"

#include <poll.h>
#include <sodium.h>
#include <string.h>

/* How long the outcome of a COMMIT is looked for while no server answers: longer than a failover.
 */
enum { LOOK_MS = 90 * 1000, LOOK_WAIT_MS = 250 };

/* Each transaction writes a mark under a name made by chance, in the packet of its COMMIT. If the
 * answer gets lost, the mark is written once more on a new connection. This waits for a server
 * process that still works on the lost transaction; keeps a late one from committing, for its own
 * mark then meets ours; and tells which of the two was there first. It changes the row in any
 * case, so that its own COMMIT waits until a standby has all that came before. */
static const char MARK[] = "INSERT INTO tx_mark (id, at_ms, done, looks) VALUES ($1, $2, 1, 0)";
static const char LOOK[] = "INSERT INTO tx_mark (id, at_ms, done, looks) VALUES ($1, $2, 0, 0)"
                           " ON CONFLICT (id) DO UPDATE SET looks = tx_mark.looks + 1"
                           " RETURNING done";

enum outcome { OUTCOME_UNKNOWN, OUTCOME_COMMITTED, OUTCOME_ABSENT };

/* The kernel's chance, not the call's: two processes must never have the same. */
static struct str mark_make(struct arena *arena)
{
    char bytes[MARK_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    return base32_encode(arena, (struct str){bytes, sizeof bytes});
}

static enum outcome look_once(struct call *c, struct pg *self, struct str mark)
{
    enum err e = pg_reconnect(c, self);
    if (e == OK) {
        struct packet packet = {.sent = true};
        struct db_result result = {};
        struct value args[] = {TEXT(mark), INT(c->env->now_ms(c->env->self))};
        struct statement look = {LOOK, args, ARRAY_LEN(args)};
        self->warned = false;
        self->base.lost = OK;
        e = pg_send_statement(c, self, &packet, &look);
        ensure(e == OK);
        e = pg_receive(c, self, &packet, &result);
        if (e == OK && !self->warned) {
            return rows_int(&result.rows, 0, 0) == 1 ? OUTCOME_COMMITTED : OUTCOME_ABSENT;
        }
    }
    call_clear(c);
    return OUTCOME_UNKNOWN;
}

static enum outcome look(struct pg *self, struct str mark)
{
    struct call quiet = call_begin(env_real(), NULL, NULL);
    int64_t end_ms = quiet.now_ms + LOOK_MS;
    enum outcome outcome = look_once(&quiet, self, mark);
    while (outcome == OUTCOME_UNKNOWN && quiet.env->now_ms(quiet.env->self) < end_ms) {
        (void)poll(NULL, 0, LOOK_WAIT_MS);
        outcome = look_once(&quiet, self, mark);
    }
    call_end(&quiet);
    return outcome;
}

/* The answer to COMMIT is lost, or the wait for a standby was cut short. */
static enum err resolve(struct call *c, struct pg *self, struct str mark)
{
    call_clear(c);
    enum outcome outcome = look(self, mark);
    self->open = false;
    self->base.gone = outcome == OUTCOME_UNKNOWN;
    self->base.again = outcome == OUTCOME_ABSENT;
    self->base.lost = OK;
    if (outcome == OUTCOME_COMMITTED) return OK;
    if (outcome == OUTCOME_ABSENT) return fail(c, ERR_BUSY, "store.busy");
    return fail(c, ERR_IO, "store.unknown");
}

enum err pg_commit(struct call *c, struct db *db)
{
    struct pg *self = (struct pg *)db;
    if (db->lost != OK) return fail(c, db->lost, db->lost_reason);
    self->begin_due = false;
    if (!self->open) return OK; /* no statement ran */
    struct str mark = mark_make(c->arena);
    struct value args[] = {TEXT(mark), INT(c->now_ms)};
    struct statement statement = {MARK, args, ARRAY_LEN(args)};
    struct packet packet = {.sent = true};
    struct db_result result = {};
    self->running = MARK;
    self->warned = false;
    enum err e = pg_send_statement(c, self, &packet, &statement);
    ensure(e == OK);
    pg_send_command(self, &packet, "COMMIT");
    e = pg_receive(c, self, &packet, &result);
    if (e == OK && !self->warned) {
        self->open = false;
        return OK;
    }
    /* An error of a server that lives on is a plain refusal; the caller rolls back. */
    if (e != OK && !db->gone && !self->warned) return e;
    return resolve(c, self, mark);
}
