#include "core/obligation_sql.h"

#include "base/limits.h"
#include "base/time.h"
#include "core/substitute.h"
#include "core/tally_sql.h"

static enum err settled_at(struct call *c, struct str about, struct str what, struct str key,
                           struct value *ret_settled)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT min(at_ms) FROM settlement"
                           " WHERE about = $1 AND what = $2 AND okey = $3",
                           ARGS(TEXT(about), TEXT(what), TEXT(key)), &rows);
    if (e == OK) *ret_settled = *rows_cell(&rows, 0, 0);
    return e;
}

/* ---- limits ---- */

/* An obligation as its limits make it. */
struct due {
    int64_t first_ms;
    int64_t day;
    int64_t ms;
    int64_t paused_day;
    struct str why;
};

/* The earliest limit drives. While the clock of one stands still, nothing is due. */
static enum err due_of_limits(struct call *c, struct str about, struct str what, struct str key,
                              struct due *ret_due)
{
    struct due due = {.first_ms = OBLIGATION_UNDATED_MS, .ms = OBLIGATION_UNDATED_MS};
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT first_due_ms, due_day, due_ms, paused_day, why"
                           " FROM obligation_limit WHERE about = $1 AND what = $2 AND okey = $3"
                           " ORDER BY due_ms, kind, by_record",
                           ARGS(TEXT(about), TEXT(what), TEXT(key)), &rows);
    if (e != OK) return e;
    for (size_t i = rows.count; i-- > 0;) {
        int64_t first_ms = rows_int(&rows, i, 0);
        int64_t paused_day = rows_int(&rows, i, 3);
        if (first_ms < due.first_ms) due.first_ms = first_ms;
        if (paused_day > due.paused_day) due.paused_day = paused_day;
        due.day = rows_int(&rows, i, 1);
        due.ms = rows_int(&rows, i, 2);
        due.why = rows_text(&rows, i, 4);
    }
    if (due.paused_day > 0) {
        due.day = 0;
        due.ms = OBLIGATION_UNDATED_MS;
    }
    *ret_due = due;
    return OK;
}

static enum err move_insert(struct call *c, const struct version *v, const struct value key[4],
                            const struct obligation_limit *limit, int64_t from_ms)
{
    int64_t to_ms = limit->paused_day > 0 ? OBLIGATION_UNDATED_MS : limit->due_ms;
    return store_exec(c,
                      "INSERT INTO obligation_move (about, what, okey, kind, by_record, by_n,"
                      " at_ms, person, title, from_ms, to_ms, paused_day, reason)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
                      " ON CONFLICT (about, what, okey, kind, by_record, by_n) DO NOTHING",
                      ARGS(key[0], key[1], key[2], key[3], TEXT(v->record), INT(v->n),
                           INT(v->time_ms), TEXT(v->person), TEXT(limit->moved_by), INT(from_ms),
                           INT(to_ms), INT(limit->paused_day), TEXT(limit->moved_reason)),
                      NULL);
}

/* Compares with what an earlier version of the same record stated, and keeps the difference. */
static enum err move_note(struct call *c, const struct version *v, const struct value key[4],
                          const struct obligation_limit *limit)
{
    struct rows rows = {};
    if (v->n == 1) return OK;
    enum err e = store_all(c,
                           "SELECT due_ms, paused_day FROM obligation_limit"
                           " WHERE about = $1 AND what = $2 AND okey = $3 AND kind = $4"
                           " AND by_record = $5 AND by_n < $6",
                           ARGS(key[0], key[1], key[2], key[3], TEXT(v->record), INT(v->n)), &rows);
    if (e != OK || rows.count == 0) return e;
    int64_t from_ms = rows_int(&rows, 0, 0);
    bool was_paused = rows_int(&rows, 0, 1) > 0;
    bool same = from_ms == limit->due_ms && was_paused == (limit->paused_day > 0);
    return same ? OK : move_insert(c, v, key, limit, from_ms);
}

static enum err limit_store(struct call *c, const struct version *v, const struct value name[3],
                            const struct obligation_limit *limit)
{
    ensure(limit->kind < DUE_KIND_COUNT);
    ensure(limit->due_ms > 0);
    const struct value key[4] = {name[0], name[1], name[2], INT((int64_t)limit->kind)};
    enum err e = move_note(c, v, key, limit);
    if (e != OK) return e;
    return store_exec(
        c,
        "INSERT INTO obligation_limit (about, what, okey, kind, by_record, by_n, first_due_ms,"
        " due_day, due_ms, paused_day, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $9, $10)"
        " ON CONFLICT (about, what, okey, kind, by_record) DO UPDATE SET by_n = excluded.by_n,"
        " due_day = excluded.due_day, due_ms = excluded.due_ms,"
        " paused_day = excluded.paused_day, why = excluded.why",
        ARGS(key[0], key[1], key[2], key[3], TEXT(v->record), INT(v->n), INT(limit->due_ms),
             INT(limit->due_day), INT(limit->paused_day), TEXT(limit->why)),
        NULL);
}

/* The month to which it counts; 0: none. */
static int64_t month_of(const struct due *due)
{
    if (due->first_ms == OBLIGATION_UNDATED_MS) return 0;
    return tally_month(time_hanoi_day(due->first_ms));
}

static enum err due_again(struct call *c, struct str about, struct str what, struct str key)
{
    const struct value name[3] = {TEXT(about), TEXT(what), TEXT(key)};
    struct due due = {};
    enum err e = due_of_limits(c, about, what, key, &due);
    if (e == OK) e = tally_shift(c, name, -1);
    if (e != OK) return e;
    e = store_exec(c,
                   "UPDATE obligation SET first_due_ms = $1, due_day = $2, due_ms = $3,"
                   " paused_day = $4, why = $5, month = $6"
                   " WHERE about = $7 AND what = $8 AND okey = $9",
                   ARGS(INT(due.first_ms), INT(due.day), INT(due.ms), INT(due.paused_day),
                        TEXT(due.why), INT(month_of(&due)), name[0], name[1], name[2]),
                   NULL);
    return e != OK ? e : tally_shift(c, name, 1);
}

enum err obligation_limit(struct call *c, const struct version *v, struct str about,
                          const char *what, struct str key, const struct obligation_limit *limit)
{
    struct str name = str_of(what);
    const struct value values[3] = {TEXT(about), TEXT(name), TEXT(key)};
    enum err e = limit_store(c, v, values, limit);
    return e != OK ? e : due_again(c, about, name, key);
}

/* ---- obligations ---- */

enum err obligation_open(struct call *c, const struct version *v, const struct obligation *o)
{
    ensure(o->what != NULL);
    struct str what = str_of(o->what);
    const struct value name[3] = {TEXT(o->about), TEXT(what), TEXT(o->key)};
    const struct obligation_limit own = {o->kind, o->due_day,      o->due_ms,  o->paused_day,
                                         o->why,  o->moved_reason, o->moved_by};
    struct value settled = {};
    struct due due = {};
    enum err e = o->due_ms > 0 ? limit_store(c, v, name, &own) : OK;
    if (e == OK) e = settled_at(c, o->about, what, o->key, &settled);
    if (e == OK) e = due_of_limits(c, o->about, what, o->key, &due);
    if (e != OK) return e;
    int64_t settled_ms = settled.type == VALUE_INT ? settled.i : 0;
    struct str owner = {};
    e = substitute_owner(c, o->about, o->owner, settled_ms, &owner);
    if (e == OK) e = tally_shift(c, name, -1);
    if (e != OK) return e;
    e = store_exec(
        c,
        "INSERT INTO obligation (about, what, okey, by_record, by_n, owner, creditor, opened_ms,"
        " first_due_ms, due_day, due_ms, why, title, urgent, settled_ms, paused_day, named, month)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
        " ON CONFLICT (about, what, okey) DO UPDATE SET by_record = excluded.by_record,"
        " by_n = excluded.by_n, owner = excluded.owner, creditor = excluded.creditor,"
        " first_due_ms = excluded.first_due_ms, due_day = excluded.due_day,"
        " due_ms = excluded.due_ms, paused_day = excluded.paused_day, why = excluded.why,"
        " title = excluded.title, urgent = excluded.urgent, named = excluded.named,"
        " month = excluded.month",
        ARGS(name[0], name[1], name[2], TEXT(v->record), INT(v->n), TEXT(owner), TEXT(o->creditor),
             INT(v->time_ms), INT(due.first_ms), INT(due.day), INT(due.ms), TEXT(due.why),
             TEXT(o->title), INT(o->urgent), settled, INT(due.paused_day), TEXT(o->owner),
             INT(month_of(&due))),
        NULL);
    return e != OK ? e : tally_shift(c, name, 1);
}

static enum err settled_again(struct call *c, struct str about, struct str what, struct str key)
{
    const struct value name[3] = {TEXT(about), TEXT(what), TEXT(key)};
    enum err e = tally_shift(c, name, -1);
    if (e == OK)
        e = store_exec(c,
                       "UPDATE obligation SET settled_ms = (SELECT min(s.at_ms)"
                       " FROM settlement s"
                       " WHERE s.about = $1 AND s.what = $2 AND s.okey = $3)"
                       " WHERE about = $1 AND what = $2 AND okey = $3",
                       ARGS(name[0], name[1], name[2]), NULL);
    if (e == OK) e = tally_shift(c, name, 1);
    return e != OK ? e : substitute_about(c, about);
}

enum err obligation_settle(struct call *c, const struct version *v, struct str about,
                           const char *what, struct str key)
{
    /* The first version that fulfils it gives the time; later ones only confirm. */
    enum err e = store_exec(c,
                            "INSERT INTO settlement (about, what, okey, by_record, by_n, at_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6)"
                            " ON CONFLICT (about, what, okey, by_record)"
                            " DO UPDATE SET by_n = excluded.by_n",
                            ARGS(TEXT(about), TEXT(str_of(what)), TEXT(key), TEXT(v->record),
                                 INT(v->n), INT(v->time_ms)),
                            NULL);
    return e != OK ? e : settled_again(c, about, str_of(what), key);
}

/* Settlements of earlier versions that the newest does not repeat. */
static enum err settlements_sweep(struct call *c, const struct version *v)
{
    struct rows gone = {};
    enum err e =
        store_all(c, "SELECT about, what, okey FROM settlement WHERE by_record = $1 AND by_n < $2",
                  ARGS(TEXT(v->record), INT(v->n)), &gone);
    if (e == OK && gone.count > 0) {
        e = store_exec(c, "DELETE FROM settlement WHERE by_record = $1 AND by_n < $2",
                       ARGS(TEXT(v->record), INT(v->n)), NULL);
    }
    for (size_t i = 0; e == OK && i < gone.count; i++) {
        e = settled_again(c, rows_text(&gone, i, 0), rows_text(&gone, i, 1),
                          rows_text(&gone, i, 2));
    }
    return e;
}

/* The same for limits. Their moves stay: they are history. */
static enum err limits_sweep(struct call *c, const struct version *v)
{
    struct rows gone = {};
    enum err e = store_all(
        c, "SELECT about, what, okey FROM obligation_limit WHERE by_record = $1 AND by_n < $2",
        ARGS(TEXT(v->record), INT(v->n)), &gone);
    if (e == OK && gone.count > 0) {
        e = store_exec(c, "DELETE FROM obligation_limit WHERE by_record = $1 AND by_n < $2",
                       ARGS(TEXT(v->record), INT(v->n)), NULL);
    }
    for (size_t i = 0; e == OK && i < gone.count; i++)
        e = due_again(c, rows_text(&gone, i, 0), rows_text(&gone, i, 1), rows_text(&gone, i, 2));
    return e;
}

enum err obligation_sweep(struct call *c, const struct version *v)
{
    enum err e = tally_drop(c, v->record, v->n);
    if (e == OK)
        e = store_exec(c, "DELETE FROM obligation WHERE by_record = $1 AND by_n < $2",
                       ARGS(TEXT(v->record), INT(v->n)), NULL);
    if (e == OK) e = limits_sweep(c, v);
    return e != OK ? e : settlements_sweep(c, v);
}

enum err obligation_forget(struct call *c)
{
    static const char *const TABLES[] = {"DELETE FROM obligation", "DELETE FROM settlement",
                                         "DELETE FROM obligation_limit",
                                         "DELETE FROM obligation_move", "DELETE FROM tally"};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(TABLES); i++)
        e = store_exec(c, TABLES[i], NO_ARGS, NULL);
    return e;
}

enum err obligation_forget_by(struct call *c, struct str by_record)
{
    static const char *const TABLES[] = {"DELETE FROM obligation WHERE by_record = $1",
                                         "DELETE FROM settlement WHERE by_record = $1",
                                         "DELETE FROM obligation_limit WHERE by_record = $1",
                                         "DELETE FROM obligation_move WHERE by_record = $1"};
    enum err e = tally_drop(c, by_record, INT64_MAX);
    for (size_t i = 0; e == OK && i < ARRAY_LEN(TABLES); i++)
        e = store_exec(c, TABLES[i], ARGS(TEXT(by_record)), NULL);
    return e;
}

#define OBLIGATION_COLUMNS                                                                         \
    "o.id, o.about, o.what, o.okey, o.owner, o.creditor, o.due_ms, o.why, o.title, o.urgent,"      \
    " h.kind, o.first_due_ms, o.paused_day, o.settled_ms"

/* Those behind a number: open ones of a party or of anybody, done ones of a party. */
#define FILTER_OPEN                                                                                \
    " FROM obligation o JOIN head h ON h.record = o.about WHERE " READER(                          \
        "o.about") " AND o.settled_ms IS NULL AND o.due_ms >= $10 AND o.due_ms <= $11 AND "        \
                   "o.urgent >= $12"
#define FILTER_MINE " AND ($13 = 0 OR o.owner IN ($1, $2, $3, $4, $5, $6, $7, $8, $9))"
#define FILTER_DONE                                                                                \
    " FROM obligation o JOIN head h ON h.record = o.about WHERE " READER(                          \
        "o.about") " AND o.settled_ms >= $10 AND o.settled_ms <= $11 AND o.urgent >= $12 AND "     \
                   "o.owner = $13"                                                                 \
                   " AND CASE WHEN o.settled_ms > o.due_ms THEN 1 ELSE 0 END = $14"
#define FILTER_ARGS(filter, span)                                                                  \
    READER_ARGS(p), INT((span)->from_ms), INT((span)->to_ms), INT((filter)->urgent ? 1 : 0)

/* READER is asked after the index has chosen: the rows come in the order of the index. */
#define OBLIGATION_FROM                                                                            \
    "SELECT " OBLIGATION_COLUMNS " FROM obligation o JOIN head h ON h.record = o.about"            \
    " WHERE o.settled_ms IS NULL AND " READER("o.about")

enum err obligation_by_owner(struct call *c, struct str owner, const struct obligation_after *after,
                             int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     OBLIGATION_FROM " AND o.owner = $10 AND (o.due_ms, o.id) > ($11, $12)"
                                     " AND o.urgent <= $13 ORDER BY o.due_ms, o.id LIMIT $14",
                     ARGS(READER_ARGS(p), TEXT(owner), INT(after->due_ms), INT(after->id),
                          INT(after->calm ? 0 : INT32_MAX), INT(limit)),
                     ret_rows);
}

enum err obligation_by_mark(struct call *c, struct str owner, int64_t urgent, int64_t limit,
                            struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     OBLIGATION_FROM " AND o.urgent > 0 AND o.owner = $10 AND o.urgent = $11"
                                     " ORDER BY o.due_ms, o.id LIMIT $12",
                     ARGS(READER_ARGS(p), TEXT(owner), INT(urgent), INT(limit)), ret_rows);
}

enum err obligation_by_creditor(struct call *c, struct str creditor, int64_t limit,
                                struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     OBLIGATION_FROM " AND o.creditor = $10 AND o.owner < 'p'"
                                     " AND o.owner <> o.creditor"
                                     " ORDER BY o.due_ms, o.id LIMIT $11",
                     ARGS(READER_ARGS(p), TEXT(creditor), INT(limit)), ret_rows);
}

enum err obligation_limits_of(struct call *c, struct str about, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(
        c,
        "SELECT l.what, o.owner, l.kind, l.due_ms, l.first_due_ms, l.paused_day, l.why"
        " FROM obligation_limit l JOIN obligation o"
        " ON o.about = l.about AND o.what = l.what AND o.okey = l.okey"
        " WHERE " READER(
            "l.about") " AND l.about = $10"
                       " ORDER BY o.settled_ms IS NOT NULL, l.due_ms, l.what, l.okey, l.kind,"
                       " l.by_record LIMIT $11",
        ARGS(READER_ARGS(p), TEXT(about), INT(LIMIT_ROWS)), ret_rows);
}

enum err obligation_moves_of(struct call *c, struct str about, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(
        c,
        "SELECT m.what, min(o.owner), count(*), m.kind, m.at_ms, m.person, m.title,"
        " m.from_ms, m.to_ms, m.paused_day, m.reason, m.by_record"
        " FROM obligation_move m LEFT JOIN obligation o"
        " ON o.about = m.about AND o.what = m.what AND o.okey = m.okey"
        " WHERE " READER(
            "m.about") " AND m.about = $10"
                       " GROUP BY m.what, m.kind, m.at_ms, m.person, m.title, m.from_ms, m.to_ms,"
                       " m.paused_day, m.reason, m.by_record, m.by_n"
                       " ORDER BY m.at_ms DESC, m.by_record, m.by_n, m.what, m.kind, m.to_ms"
                       " LIMIT $11",
        ARGS(READER_ARGS(p), TEXT(about), INT(LIMIT_ROWS)), ret_rows);
}

enum err obligation_filtered(struct call *c, const struct obligation_filter *filter,
                             const struct obligation_span *span, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    bool late = filter->cell == OBLIGATION_LATE;
    const struct obligation_after *after = span->after;
    if (span->done) {
        int64_t from_ms = after->id > 0 ? after->due_ms : INT64_MAX;
        return store_all(c,
                         "SELECT " OBLIGATION_COLUMNS FILTER_DONE
                         " AND (o.settled_ms, o.id) < ($15, $16)"
                         " ORDER BY o.settled_ms DESC, o.id DESC LIMIT $17",
                         ARGS(FILTER_ARGS(filter, span), TEXT(filter->owner), INT(late ? 1 : 0),
                              INT(from_ms), INT(after->id), INT(span->limit)),
                         ret_rows);
    }
    if (filter->owner.len == 0) {
        return store_all(c,
                         "SELECT " OBLIGATION_COLUMNS FILTER_OPEN FILTER_MINE
                         " AND (o.due_ms, o.id) > ($14, $15) ORDER BY o.due_ms, o.id LIMIT $16",
                         ARGS(FILTER_ARGS(filter, span), INT(filter->mine ? 1 : 0),
                              INT(after->due_ms), INT(after->id), INT(span->limit)),
                         ret_rows);
    }
    return store_all(c,
                     "SELECT " OBLIGATION_COLUMNS FILTER_OPEN
                     " AND o.owner = $13 AND (o.due_ms, o.id) > ($14, $15)"
                     " ORDER BY o.due_ms, o.id LIMIT $16",
                     ARGS(FILTER_ARGS(filter, span), TEXT(filter->owner), INT(after->due_ms),
                          INT(after->id), INT(span->limit)),
                     ret_rows);
}
