/* What must hold, whatever happened. */
#include "sim/sim.h"

#include "base/limits.h"
#include "store/blob.h"

/* Runs a query about one peer that must give 0. */
static void zero(struct sim *sim, struct call *c, const char *invariant, size_t from, size_t to,
                 const char *sql)
{
    struct str peer = sim->world.offices[to].office.id;
    int64_t number = world_number(c, sql, ARGS(TEXT(peer)));
    if (number != 0) sim_break(sim, invariant, from, to, number);
}

void check_promises(struct sim *sim, size_t index)
{
    struct call c = world_call(&sim->world.offices[index]);
    for (size_t i = 0; i < sim->world.count; i++) {
        struct str peer = sim->world.offices[i].office.id;
        int64_t place = world_number(&c,
                                     "SELECT coalesce(max(epoch * 1000000000 + seq), 0)"
                                     " FROM feed_in WHERE peer = $1",
                                     ARGS(TEXT(peer)));
        int64_t promised = sim->offices[index].promised[i];
        if (place < promised) sim_break(sim, "acknowledged but not durable", index, i, promised);
    }
    call_end(&c);
}

/* Not more is numbered than the receiver may be sent at one time, and nothing counts as delivered
 * that was not acknowledged. */
void check_window(struct sim *sim, struct call *c, size_t index)
{
    int64_t under_way =
        world_number(c, "SELECT coalesce(max(next_seq - 1 - acked_seq), 0) FROM feed_out", NO_ARGS);
    if (under_way > LIMIT_BATCH_ENTRIES) {
        sim_break(sim, "more numbered than the window", index, index, under_way);
    }
    int64_t early = world_number(c,
                                 "SELECT count(*) FROM feed_out f CROSS JOIN outbox o"
                                 " WHERE o.peer = f.peer AND o.epoch = f.epoch"
                                 " AND o.seq > f.acked_seq AND o.seq IS NOT NULL"
                                 " AND o.acked_ms IS NOT NULL",
                                 NO_ARGS);
    if (early > 0) sim_break(sim, "delivered but not acknowledged", index, index, early);
}

/* What one office still has to do. */
static const char *waiting_in(struct sim *sim, struct call *c, size_t index)
{
    static const struct {
        const char *what;
        const char *sql;
    } WAITING[] = {
        {"entries wait for ever", "SELECT EXISTS (SELECT 1 FROM outbox WHERE acked_ms IS NULL)"},
        {"files are wanted for ever", "SELECT count(*) FROM wanted WHERE state = 1"},
        {"leaves stay unnumbered", "SELECT count(*) FROM leaf WHERE log_index IS NULL"},
        {"an office stays closed", "SELECT count(*) FROM closed"},
        {"a peer waits for what it lost", "SELECT count(*) FROM feed_out WHERE again_seq > 0"},
    };
    for (size_t i = 0; i < sizeof WAITING / sizeof WAITING[0]; i++) {
        if (world_number(c, WAITING[i].sql, NO_ARGS) > 0) return WAITING[i].what;
    }
    return sim->restores || log_waiting(sim, c, index) == 0 ? NULL : "the log waits for ever";
}

const char *check_waiting(struct sim *sim, size_t *ret_index)
{
    const char *what = NULL;
    for (size_t i = 0; i < sim->world.count && what == NULL; i++) {
        *ret_index = i;
        if (!sim->offices[i].up) return "an office stays down";
        struct call c = world_call(&sim->world.offices[i]);
        what = waiting_in(sim, &c, i);
        call_end(&c);
    }
    return what;
}

struct listing {
    const char *sql;
    struct str peer;
    struct rows rows;
};

static enum err list_step(struct call *c, void *arg)
{
    struct listing *listing = arg;
    return store_all(c, listing->sql, ARGS(TEXT(listing->peer)), &listing->rows);
}

/* Every version sent from `from` to `to` is there once, or was set aside there and refused here. */
static void check_version(struct sim *sim, struct call *home, struct call *there,
                          const struct rows *rows, size_t row)
{
    struct str record = rows_text(rows, row, 0);
    int64_t n = rows_int(rows, row, 1);
    struct str hash = rows_text(rows, row, 2);
    int64_t held = world_number(
        there, "SELECT count(*) FROM version WHERE record = $1 AND n = $2 AND hash = $3",
        ARGS(TEXT(record), INT(n), TEXT(hash)));
    int64_t leaves =
        world_number(there, "SELECT count(*) FROM leaf WHERE hash = $1", ARGS(TEXT(hash)));
    int64_t aside =
        world_number(there, "SELECT count(*) FROM quarantine WHERE record = $1 AND n = $2",
                     ARGS(TEXT(record), INT(n)));
    int64_t refused =
        world_number(home,
                     "SELECT count(*) FROM receipt WHERE hash IN (SELECT hash FROM receipt"
                     " WHERE record = $1 AND n = $2 AND type = 2 AND office = $3)",
                     ARGS(TEXT(record), INT(n), TEXT(there->office->id)));
    sim->counts.refused += aside;
    if (held == 1 && leaves != 1) sim_break(sim, "a version took effect twice", 0, 0, leaves);
    if (held == 0 && aside == 0) sim_break(sim, "a version is lost", 0, 0, n);
    if (held == 0 && refused != 1) sim_break(sim, "a refusal is not visible", 0, 0, n);
    if (held == 1 && aside > 0) sim_break(sim, "a version is held and set aside", 0, 0, n);
}

static void check_receipt(struct sim *sim, struct call *home, const struct rows *rows, size_t row)
{
    int64_t held = world_number(home, "SELECT count(*) FROM receipt WHERE hash = $1",
                                ARGS(TEXT(rows_text(rows, row, 2))));
    if (held != 1) sim_break(sim, "a receipt is not back at its home", 0, 0, held);
}

static void check_objects(struct sim *sim, struct call *home, struct call *there, size_t to)
{
    struct listing listing = {
        .sql = "SELECT record, n, object, object_kind FROM outbox WHERE peer = $1 ORDER BY id",
        .peer = sim->world.offices[to].office.id,
    };
    int64_t keys = 1; /* the one of its card, and each that it went on with */
    world_must(home, store_read(home, list_step, &listing));
    for (size_t i = 0; i < listing.rows.count; i++) {
        if (rows_int(&listing.rows, i, 3) == 1) {
            check_version(sim, home, there, &listing.rows, i);
        } else if (rows_int(&listing.rows, i, 3) == 3) {
            keys++;
        } else {
            check_receipt(sim, there, &listing.rows, i);
        }
    }
    int64_t known = world_number(there, "SELECT count(*) FROM office_key WHERE office = $1",
                                 ARGS(TEXT(home->office->id)));
    if (known != keys) sim_break(sim, "a key of an office is not known", 0, to, known);
}

/* What an office once sent, it has: the same version n, whatever copy it was started from. */
static void check_own(struct sim *sim, struct call *home, struct call *there)
{
    struct listing held = {.sql = "SELECT record, n, hash FROM version WHERE home = $1",
                           .peer = home->office->id};
    world_must(there, store_read(there, list_step, &held));
    for (size_t i = 0; i < held.rows.count; i++) {
        int64_t same = world_number(
            home, "SELECT count(*) FROM version WHERE record = $1 AND n = $2 AND hash = $3",
            ARGS(TEXT(rows_text(&held.rows, i, 0)), INT(rows_int(&held.rows, i, 1)),
                 TEXT(rows_text(&held.rows, i, 2))));
        if (same != 1) {
            sim_break(sim, "an office does not have what it sent", 0, 0,
                      rows_int(&held.rows, i, 1));
        }
    }
}

/* Both ends of a feed agree to the byte, and all of it is through. */
static void check_feed(struct sim *sim, size_t from, size_t to)
{
    struct call a = world_call(&sim->world.offices[from]);
    struct call b = world_call(&sim->world.offices[to]);
    struct str sender = sim->world.offices[from].office.id;
    struct str receiver = sim->world.offices[to].office.id;
    zero(sim, &a, "a queue does not drain", from, to,
         "SELECT count(*) FROM outbox WHERE peer = $1 AND acked_ms IS NULL");
    zero(sim, &a, "a feed has stopped", from, to,
         "SELECT count(*) FROM feed_out WHERE peer = $1 AND stopped <> ''");
    zero(sim, &a, "numbers have holes", from, to,
         "SELECT coalesce(sum(holes), 0) FROM (SELECT max(seq) - count(*) AS holes FROM feed_entry"
         " WHERE peer = $1 GROUP BY epoch) AS numbers");
    zero(sim, &a, "an alarm of a fork was raised", from, to,
         "SELECT count(*) FROM alarm WHERE peer = $1 AND reason LIKE 'feed.%' ESCAPE '!'");
    int64_t sent = world_number(&a,
                                "SELECT coalesce(max(epoch * 1000000000 + next_seq - 1),"
                                " 1000000000) FROM feed_out WHERE peer = $1",
                                ARGS(TEXT(receiver)));
    int64_t taken = world_number(&b,
                                 "SELECT coalesce(max(epoch * 1000000000 + seq), 1000000000)"
                                 " FROM feed_in WHERE peer = $1",
                                 ARGS(TEXT(sender)));
    if (sent != taken) sim_break(sim, "cursors differ", from, to, sent - taken);
    struct listing ours = {.sql = "SELECT chain FROM feed_out WHERE peer = $1", .peer = receiver};
    struct listing theirs = {.sql = "SELECT chain FROM feed_in WHERE peer = $1", .peer = sender};
    world_must(&a, store_read(&a, list_step, &ours));
    world_must(&b, store_read(&b, list_step, &theirs));
    bool same = sent % 1000000000 == 0 ||
                str_eq(rows_text(&ours.rows, 0, 0), rows_text(&theirs.rows, 0, 0));
    if (!same) sim_break(sim, "chains differ", from, to, sent);
    check_objects(sim, &a, &b, to);
    check_own(sim, &a, &b);
    call_end(&a);
    call_end(&b);
}

/* Only what was spoiled may have been set aside. */
static void check_aside(struct sim *sim, struct call *c, size_t index)
{
    zero(sim, c, "a sound version was refused", index, index,
         "SELECT count(*) FROM quarantine q WHERE $1 <> '' AND q.reason <> 'arrival.signature'");
}

/* What came from others names this office in its signed bytes. */
static void check_audience(struct sim *sim, struct call *c, size_t index)
{
    struct listing theirs = {.sql = "SELECT bytes FROM version WHERE home <> $1",
                             .peer = c->office->id};
    struct str party = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    world_must(c, store_read(c, list_step, &theirs));
    for (size_t i = 0; i < theirs.rows.count; i++) {
        struct str bytes = rows_text(&theirs.rows, i, 0);
        bool named = str_find(bytes, party, 0) < bytes.len;
        if (!named) sim_break(sim, "a version for others only was received", index, index, 0);
    }
}

static void check_office(struct sim *sim, size_t index)
{
    struct call c = world_call(&sim->world.offices[index]);
    check_aside(sim, &c, index);
    struct listing files = {.sql = "SELECT DISTINCT root FROM wanted WHERE peer <> $1"
                                   " ORDER BY root",
                            .peer = c.office->id};
    zero(sim, &c, "an alarm of a log was raised", index, index,
         "SELECT count(*) FROM alarm WHERE $1 <> '' AND reason LIKE 'log.%' ESCAPE '!'");
    zero(sim, &c, "log indexes have holes", index, index,
         "SELECT count(*) - 1 - max(log_index) FROM leaf WHERE $1 <> ''");
    zero(sim, &c, "somebody else changed a record", index, index,
         "SELECT count(*) FROM version WHERE home <> substr(record, 1, 26) AND $1 <> ''"
         " AND record NOT IN (SELECT record FROM head WHERE passages > 0)");
    zero(sim, &c, "a version chain has holes", index, index,
         "SELECT count(*) FROM head h WHERE $1 <> '' AND h.n <> (SELECT max(v.n) FROM version v"
         " WHERE v.record = h.record)");
    check_audience(sim, &c, index);
    world_must(&c, store_read(&c, list_step, &files));
    for (size_t i = 0; i < files.rows.count; i++) {
        struct str root = rows_text(&files.rows, i, 0);
        if (!blob_has(&c, c.office->dir, root)) sim_break(sim, "a file is missing", index, 0, 0);
    }
    call_end(&c);
}

void check_homes(struct sim *sim)
{
    for (size_t i = 0; i < sim->world.count && sim->broken == NULL; i++) {
        if (!sim->offices[i].up || restore_closed(sim, i)) continue;
        struct call c = world_call(&sim->world.offices[i]);
        struct listing own = {.sql = "SELECT record FROM head WHERE home = $1 AND passages > 0",
                              .peer = c.office->id};
        world_must(&c, store_read(&c, list_step, &own));
        for (size_t k = 0; k < sim->world.count && own.rows.count > 0; k++) {
            if (k == i || !sim->offices[k].up || restore_closed(sim, k)) continue;
            struct call other = world_call(&sim->world.offices[k]);
            for (size_t r = 0; r < own.rows.count; r++) {
                int64_t two = world_number(
                    &other, "SELECT count(*) FROM head WHERE record = $1 AND home = $2",
                    ARGS(TEXT(rows_text(&own.rows, r, 0)), TEXT(other.office->id)));
                if (two > 0) sim_break(sim, "a record has two homes", i, k, (int64_t)r);
            }
            call_end(&other);
        }
        call_end(&c);
    }
}

/* Whatever copies two offices hold of a version, they are the same. */
static void check_copies(struct sim *sim, size_t one, size_t other)
{
    struct call a = world_call(&sim->world.offices[one]);
    struct call b = world_call(&sim->world.offices[other]);
    struct listing held = {.sql = "SELECT v.record, v.n, v.hash FROM version v JOIN head h"
                                  " ON h.record = v.record WHERE h.passages > 0 AND $1 <> ''",
                           .peer = a.office->id};
    world_must(&a, store_read(&a, list_step, &held));
    for (size_t i = 0; i < held.rows.count; i++) {
        int64_t differ = world_number(
            &b, "SELECT count(*) FROM version WHERE record = $1 AND n = $2 AND hash <> $3",
            ARGS(TEXT(rows_text(&held.rows, i, 0)), INT(rows_int(&held.rows, i, 1)),
                 TEXT(rows_text(&held.rows, i, 2))));
        if (differ > 0) sim_break(sim, "a version has two contents", one, other, 0);
    }
    call_end(&a);
    call_end(&b);
}

void check_all(struct sim *sim)
{
    check_homes(sim);
    for (size_t i = 0; i < sim->world.count; i++) {
        check_promises(sim, i);
        check_office(sim, i);
        for (size_t k = 0; k < sim->world.count; k++) {
            if (i != k) check_feed(sim, i, k);
            if (i != k && sim->broken == NULL) ledger_check(sim, i, k);
            if (i < k) check_copies(sim, i, k);
        }
    }
}
