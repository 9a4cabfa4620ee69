/* The rows of bookings, and that no two firm ones of a calendar overlap. */
#include "calendar.h"

#include "base/limits.h"
#include "core/grant.h"

enum { PIECE_MS = 24 * 60 * 60 * 1000 };

/* projection: one row for each day-long piece of each instance, so that whatever touches a span
 * begins less than a day before it. What is firm may not overlap: on SQLite triggers see to it, on
 * PostgreSQL an exclusion constraint, there with a range type of our own so that no extension is
 * needed. docs/decisions/0018-calendar.md has the figures. */
#define BUSY_TABLE                                                                                 \
    "CREATE TABLE calendar_busy (booking TEXT NOT NULL, i INT NOT NULL, part INT NOT NULL,"        \
    " resource TEXT NOT NULL, from_ms INT NOT NULL, to_ms INT NOT NULL, starts_ms INT NOT NULL,"   \
    " ends_ms INT NOT NULL, state INT NOT NULL, firm INT NOT NULL,"                                \
    " PRIMARY KEY (booking, i, part), CHECK (from_ms < to_ms), CHECK (firm IN (0, 1)));"           \
    "CREATE INDEX calendar_busy_firm ON calendar_busy (resource, from_ms, to_ms) WHERE firm = 1;"  \
    "CREATE INDEX calendar_busy_time ON calendar_busy (resource, from_ms, to_ms);"                 \
    "CREATE INDEX calendar_of_meeting ON k_calendar_booking (meeting);"                            \
    "CREATE INDEX calendar_until ON k_calendar_booking (\"until\");"                               \
    "CREATE INDEX calendar_details_of ON k_calendar_details (booking);"                            \
    "CREATE INDEX calendar_agreement_of ON k_calendar_agreement (resource);"

const struct migration CALENDAR_STEPS[CALENDAR_STEP_COUNT] = {
    {.name = "calendar.busy",
     .sql = BUSY_TABLE
     "CREATE TRIGGER calendar_busy_clash BEFORE INSERT ON calendar_busy WHEN NEW.firm = 1 AND"
     " (SELECT b.to_ms FROM calendar_busy b WHERE b.resource = NEW.resource AND b.firm = 1"
     " AND b.from_ms < NEW.to_ms ORDER BY b.from_ms DESC LIMIT 1) > NEW.from_ms"
     " BEGIN SELECT RAISE(ABORT, 'calendar_busy_clash'); END;"
     /* rows are put anew, never changed: so one trigger is enough */
     "CREATE TRIGGER calendar_busy_fixed BEFORE UPDATE ON calendar_busy"
     " BEGIN SELECT RAISE(ABORT, 'calendar_busy_fixed'); END;",
     .postgres = BUSY_TABLE
     "CREATE TYPE calendar_name AS RANGE (subtype = text, collation = \"C\");"
     "ALTER TABLE calendar_busy ADD CONSTRAINT calendar_busy_clash EXCLUDE USING gist"
     " (calendar_name(resource, resource, '[]') WITH &&, int8range(from_ms, to_ms) WITH &&)"
     " WHERE (firm = 1);"},
    {.name = "calendar.changes",
     .sql = /* LOCAL: what changed, for calendar programs. The number of a calendar is taken under
               its row, so numbers become visible in their order on every store */
     "CREATE TABLE calendar_seq (resource TEXT PRIMARY KEY, seq INT NOT NULL);"
     "CREATE TABLE calendar_change (resource TEXT NOT NULL, booking TEXT NOT NULL,"
     " seq INT NOT NULL, PRIMARY KEY (resource, booking));"
     "CREATE INDEX calendar_change_seq ON calendar_change (resource, seq);"
     "CREATE INDEX calendar_details_href ON k_calendar_details (href);"
     "CREATE INDEX calendar_details_uid ON k_calendar_details (uid);"},
};

const struct check_table CALENDAR_TABLES[CALENDAR_TABLE_COUNT] = {
    {.name = S("calendar_busy"),
     .columns = S("booking, i, part, resource, from_ms, to_ms, starts_ms, ends_ms, state, firm"),
     .key_count = 3,
     .cut = "booking"},
};

/* `check` takes versions record by record, where an older version of one may overlap a newer one of
 * another; what it finds in the end it compares with rows that the trigger has let in. */
const char CALENDAR_SCRATCH[] = "DROP TRIGGER calendar_busy_clash;";

static enum err piece_put(struct call *c, struct str record, const struct calendar_booking *b,
                          const struct calendar_span *span, int64_t i)
{
    bool ours = str_starts(record, c->office->id);
    int64_t firm = ours && calendar_is_firm(b) ? 1 : 0; /* others keep their own promises */
    enum err e = OK;
    int64_t part = 0;
    for (int64_t at = span->from_ms; e == OK && at < span->to_ms; at += PIECE_MS, part++) {
        int64_t end = at + PIECE_MS < span->to_ms ? at + PIECE_MS : span->to_ms;
        e = store_exec(c,
                       "INSERT INTO calendar_busy (booking, i, part, resource, from_ms, to_ms,"
                       " starts_ms, ends_ms, state, firm)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                       ARGS(TEXT(record), INT(i), INT(part), TEXT(b->resource), INT(at), INT(end),
                            INT(span->from_ms), INT(span->to_ms), INT(b->state), INT(firm)),
                       NULL);
    }
    return e;
}

enum err calendar_rows_put(struct call *c, struct str record, const struct calendar_booking *b)
{
    struct calendar_span *spans = NULL;
    size_t count = 0;
    enum err e = store_exec(c, "DELETE FROM calendar_busy WHERE booking = $1", ARGS(TEXT(record)),
                            NULL);
    if (e == OK && b->state != CALENDAR_CANCELLED)
        e = calendar_spans(c, &b->when, &spans, &count);
    for (size_t i = 0; e == OK && i < count; i++)
        e = piece_put(c, record, b, &spans[i], (int64_t)i);
    return e;
}

enum err calendar_clash_find(struct call *c, struct str resource, const struct calendar_span *span,
                             struct str but, struct calendar_clash *ret_clash)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT booking, starts_ms, ends_ms, to_ms FROM calendar_busy"
                           " WHERE resource = $1 AND firm = 1 AND from_ms < $2 AND booking <> $3"
                           " ORDER BY from_ms DESC LIMIT 1",
                           ARGS(TEXT(resource), INT(span->to_ms), TEXT(but)), &rows);
    if (e != OK) return e;
    *ret_clash = (struct calendar_clash){};
    if (rows.count == 0 || rows_int(&rows, 0, 3) <= span->from_ms) return OK;
    ret_clash->booking = rows_text(&rows, 0, 0);
    ret_clash->span = (struct calendar_span){rows_int(&rows, 0, 1), rows_int(&rows, 0, 2)};
    return OK;
}

enum err calendar_near(struct call *c, struct str resource, const struct calendar_span *span,
                       struct str but, struct rows *ret_rows)
{
    return store_all(
        c,
        "SELECT x.booking, x.starts_ms, x.ends_ms, x.place"
        " FROM (SELECT b.booking, b.starts_ms, b.ends_ms, d.place FROM calendar_busy b"
        " LEFT JOIN k_calendar_details d ON d.booking = b.booking WHERE b.resource = $1"
        " AND b.firm = 1 AND b.from_ms < $2 AND b.booking <> $3 ORDER BY b.from_ms DESC LIMIT 1) x"
        " UNION ALL SELECT y.booking, y.starts_ms, y.ends_ms, y.place"
        " FROM (SELECT b.booking, b.starts_ms, b.ends_ms, d.place"
        " FROM calendar_busy b LEFT JOIN k_calendar_details d ON d.booking = b.booking"
        " WHERE b.resource = $1 AND b.firm = 1 AND b.from_ms >= $2 AND b.booking <> $3"
        " ORDER BY b.from_ms LIMIT 1) y",
        ARGS(TEXT(resource), INT(span->from_ms), TEXT(but)), ret_rows);
}

enum err calendar_resource_list(struct call *c, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT r.record, r.name, r.type FROM k_calendar_resource r WHERE " READER(
                         "r.record") " ORDER BY r.type, r.name, r.record LIMIT $10",
                     ARGS(READER_ARGS(p), INT(LIMIT_ROWS)), ret_rows);
}

/* Several pieces of one instance are one line: the piece that lies first in the span. */
enum err calendar_between(struct call *c, struct str resource, const struct calendar_span *span,
                          struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(
        c,
        "SELECT b.booking, b.starts_ms, b.ends_ms, b.state, k.hold_until, k.priority,"
        " coalesce(d.title, ''), coalesce(d.place, ''), b.resource, coalesce(d.record, '')"
        " FROM calendar_busy b"
        " JOIN k_calendar_booking k ON k.record = b.booking"
        " LEFT JOIN k_calendar_details d ON d.booking = b.booking AND " READER(
            "d.record") " WHERE b.resource = $10 AND b.from_ms < $11 AND b.from_ms > $12"
                        " AND b.to_ms > $13 AND (b.part = 0 OR b.from_ms <= $13) AND " READER(
                            "b.booking") " ORDER BY b.from_ms, b.booking, b.i LIMIT $14",
        ARGS(READER_ARGS(p), TEXT(resource), INT(span->to_ms), INT(span->from_ms - PIECE_MS - 1),
             INT(span->from_ms), INT(LIMIT_ROWS)),
        ret_rows);
}

enum err calendar_firm(struct call *c, struct str resource, const struct calendar_span *span,
                       struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT from_ms, to_ms, booking FROM calendar_busy WHERE resource = $1"
                     " AND state IN (2, 3) AND from_ms < $2 AND from_ms > $3 AND to_ms > $4"
                     " ORDER BY from_ms LIMIT $5",
                     ARGS(TEXT(resource), INT(span->to_ms), INT(span->from_ms - PIECE_MS - 1),
                          INT(span->from_ms), INT(LIMIT_OCCURRENCES)),
                     ret_rows);
}

enum err calendar_details_of(struct call *c, struct str booking, struct str *ret_record)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record FROM k_calendar_details WHERE booking = $1"
                           " ORDER BY record LIMIT 1",
                           ARGS(TEXT(booking)), &rows);
    if (e == OK) *ret_record = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

/* Every row against its successors within the day that a piece may last; own ones cannot be here,
 * those of offices that run something else can. */
enum err calendar_clashes(struct call *c, int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(
        c,
        "SELECT a.resource, r.name, a.booking, a.starts_ms, a.ends_ms, b.booking, b.starts_ms,"
        " b.ends_ms FROM calendar_busy a JOIN calendar_busy b ON b.resource = a.resource"
        " AND b.from_ms >= a.from_ms AND b.from_ms < a.to_ms AND (b.from_ms > a.from_ms"
        " OR b.booking > a.booking) JOIN k_calendar_resource r ON r.record = a.resource"
        " WHERE a.state IN (2, 3) AND b.state IN (2, 3) AND a.booking <> b.booking AND " READER(
            "a.resource") " ORDER BY a.resource, a.from_ms, b.from_ms LIMIT $10",
        ARGS(READER_ARGS(p), INT(limit)), ret_rows);
}

enum err calendar_of_meeting(struct call *c, struct str meeting, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record, resource, state, day, minute, length FROM k_calendar_booking"
                     " WHERE meeting = $1 ORDER BY record LIMIT $2",
                     ARGS(TEXT(meeting), INT(LIMIT_ROWS)), ret_rows);
}

enum err calendar_short(struct call *c, int64_t day, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record FROM k_calendar_booking WHERE \"until\" > 0 AND \"until\" < $1"
                     " AND state <> 'cancelled' AND substr(record, 1, 26) = $2"
                     " ORDER BY \"until\", record LIMIT $3",
                     ARGS(INT(day), TEXT(c->office->id), INT(limit)), ret_rows);
}

enum err calendar_agreed(struct call *c, struct str resource, struct str office, bool *ret_agreed)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record FROM k_calendar_agreement WHERE resource = $1"
                           " AND substr(record, 1, 26) = $2 LIMIT 1",
                           ARGS(TEXT(resource), TEXT(office)), &rows);
    if (e == OK) *ret_agreed = rows.count > 0;
    return e;
}

enum err calendar_change(struct call *c, struct str resource, struct str booking)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "INSERT INTO calendar_seq (resource, seq) VALUES ($1, 1)"
                           " ON CONFLICT (resource) DO UPDATE SET seq = calendar_seq.seq + 1"
                           " RETURNING seq",
                           ARGS(TEXT(resource)), &rows);
    if (e != OK) return e;
    return store_exec(c,
                      "INSERT INTO calendar_change (resource, booking, seq) VALUES ($1, $2, $3)"
                      " ON CONFLICT (resource, booking) DO UPDATE SET seq = excluded.seq",
                      ARGS(TEXT(resource), TEXT(booking), INT(rows_int(&rows, 0, 0))), NULL);
}

enum err calendar_place_of(struct call *c, struct str booking, struct rows *ret_rows)
{
    return store_all(c, "SELECT resource FROM k_calendar_booking WHERE record = $1",
                     ARGS(TEXT(booking)), ret_rows);
}

enum err calendar_token(struct call *c, struct str resource, int64_t *ret_token)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT seq FROM calendar_seq WHERE resource = $1",
                           ARGS(TEXT(resource)), &rows);
    if (e == OK) *ret_token = rows.count > 0 ? rows_int(&rows, 0, 0) : 0;
    return e;
}

/* Changes of bookings, found through `source`, which ends in "calendar_change m". */
#define CHANGES_FROM(source)                                                                       \
    "SELECT m.booking, m.seq, k.state, h.hash, h.n, coalesce(d.href, ''), coalesce(x.hash, '')"    \
    " FROM " source " JOIN k_calendar_booking k ON k.record = m.booking"                           \
    " JOIN head h ON h.record = m.booking LEFT JOIN k_calendar_details d ON d.booking = m.booking" \
    " LEFT JOIN head x ON x.record = d.record"

enum err calendar_changed(struct call *c, struct str resource, int64_t token, int64_t limit,
                          struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     CHANGES_FROM("calendar_change m") " WHERE " READER(
                         "m.booking") " AND m.resource = $10 AND m.seq > $11 ORDER BY m.seq"
                                      " LIMIT $12",
                     ARGS(READER_ARGS(p), TEXT(resource), INT(token), INT(limit)), ret_rows);
}

/* What touches is found first, by time, and then put in the order of its changes. */
#define TOUCHING                                                                                   \
    "(SELECT b.booking FROM calendar_busy b WHERE " READER("b.booking")                            \
    " AND b.resource = $10 AND b.from_ms < $11 AND b.from_ms > $12 AND b.to_ms > $13"              \
    " UNION SELECT f.record FROM k_calendar_booking f WHERE " READER("f.record")                   \
    " AND f.\"until\" > 0 AND f.\"until\" < $14 AND f.resource = $10) t"                           \
    " CROSS JOIN calendar_change m"

enum err calendar_touching(struct call *c, const struct items_wanted *wanted, int64_t far_day,
                           struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     CHANGES_FROM(TOUCHING) " WHERE m.resource = $10 AND m.booking = t.booking"
                                            " AND m.seq > $15 AND k.state <> 'cancelled'"
                                            " ORDER BY m.seq LIMIT $16",
                     ARGS(READER_ARGS(p), TEXT(wanted->collection), INT(wanted->to_ms),
                          INT(wanted->from_ms - PIECE_MS - 1), INT(wanted->from_ms), INT(far_day),
                          INT(wanted->token), INT(wanted->limit + 1)),
                     ret_rows);
}

enum err calendar_busy_pieces(struct call *c, struct str resource,
                              const struct calendar_span *span, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT b.from_ms, b.to_ms, b.state, k.hold_until FROM calendar_busy b"
                     " JOIN k_calendar_booking k ON k.record = b.booking WHERE " READER(
                         "b.booking") " AND b.resource = $10 AND b.from_ms < $11"
                                      " AND b.from_ms > $12 AND b.to_ms > $13 AND k.free = 0"
                                      " ORDER BY b.from_ms, b.to_ms, b.booking",
                     ARGS(READER_ARGS(p), TEXT(resource), INT(span->to_ms),
                          INT(span->from_ms - PIECE_MS - 1), INT(span->from_ms)),
                     ret_rows);
}

/* The name a program gave, or the one made from the booking's id. The few of that name come first:
 * asked the other way round the store walks through the whole calendar. */
#define NAMED                                                                                      \
    "(SELECT y.booking FROM k_calendar_details y WHERE " READER("y.booking")                       \
    " AND y.href = $10 UNION SELECT z.record FROM k_calendar_booking z WHERE " READER("z.record")  \
    " AND z.record = $11) t CROSS JOIN calendar_change m"

enum err calendar_named(struct call *c, struct str resource, struct str name, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    bool own = str_ends(name, S(".ics"));
    struct str booking = own ? str_sub(name, 0, name.len - 4) : S("-");
    return store_all(c,
                     CHANGES_FROM(NAMED) " WHERE m.booking = t.booking AND m.resource = $12"
                                         " ORDER BY CASE k.state WHEN 'cancelled' THEN 1 ELSE 0"
                                         " END, m.seq DESC, m.booking LIMIT 1",
                     ARGS(READER_ARGS(p), TEXT(name), TEXT(booking), TEXT(resource)), ret_rows);
}

enum err calendar_uid(struct call *c, struct str resource, struct str uid, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT d.booking FROM k_calendar_details d JOIN k_calendar_booking k"
                     " ON k.record = d.booking WHERE d.uid = $1 AND k.resource = $2"
                     " AND k.state <> 'cancelled' LIMIT 1",
                     ARGS(TEXT(uid), TEXT(resource)), ret_rows);
}
