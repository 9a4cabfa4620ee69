#include "ballot_sql.h"

#include "core/office.h"

const struct migration BALLOT_STEPS[BALLOT_STEP_COUNT] = {
    {.name = "ballot.1",
     .sql =
         /* one person is one member, and one member one person */
     "CREATE UNIQUE INDEX ballot_seat_member ON k_ballot_seat (ballot, member);"
     "CREATE UNIQUE INDEX ballot_seat_person ON k_ballot_seat (ballot, person);"
     "CREATE INDEX ballot_vote_ballot ON k_ballot_vote (ballot, member);"
     "CREATE INDEX ballot_cast_ballot ON k_ballot_cast (ballot, member);"
     "CREATE INDEX ballot_state ON k_ballot_ballot (state, due, record);"},
};

const char BALLOT_SCRATCH[] = "DROP INDEX ballot_seat_person;";

static int64_t choice_of(const struct field_table *table, const char *field, struct str word)
{
    const struct field *f = field_find(table, str_of(field));
    ensure(f != NULL);
    return field_choice_find(f, word);
}

enum err ballot_sql_seats(struct call *c, struct str ballot, struct ballot_seated **ret_seats,
                          size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record, member, person FROM k_ballot_seat"
                           " WHERE ballot = $1 ORDER BY member",
                           ARGS(TEXT(ballot)), &rows);
    if (e != OK) return e;
    struct ballot_seated *seats = arena_array(c->arena, rows.count + 1, sizeof *seats);
    for (size_t i = 0; i < rows.count; i++) {
        seats[i] = (struct ballot_seated){rows_text(&rows, i, 0), rows_int(&rows, i, 1),
                                          rows_text(&rows, i, 2)};
    }
    *ret_seats = seats;
    *ret_count = rows.count;
    return OK;
}

enum err ballot_sql_casts(struct call *c, struct str ballot, struct ballot_thrown **ret_casts,
                          size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT k.record, h.home, k.member, k.cast_at, k.seal"
                           " FROM k_ballot_cast k JOIN head h ON h.record = k.record"
                           " WHERE k.ballot = $1 ORDER BY k.member, k.record LIMIT 1000",
                           ARGS(TEXT(ballot)), &rows);
    if (e != OK) return e;
    struct ballot_thrown *casts = arena_array(c->arena, rows.count + 1, sizeof *casts);
    for (size_t i = 0; i < rows.count; i++) {
        casts[i] = (struct ballot_thrown){
            .record = rows_text(&rows, i, 0),
            .home = rows_text(&rows, i, 1),
            .cast = {ballot, rows_int(&rows, i, 2), rows_int(&rows, i, 3), rows_text(&rows, i, 4)},
        };
    }
    *ret_casts = casts;
    *ret_count = rows.count;
    return OK;
}

enum err ballot_sql_votes(struct call *c, struct str ballot, struct ballot_given **ret_votes,
                          size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT k.record, h.home, k.member, k.choice, k.text, k.cast_at, k.salt"
                           " FROM k_ballot_vote k JOIN head h ON h.record = k.record"
                           " WHERE " READER("k.record") " AND k.ballot = $10"
                                                        " ORDER BY k.member, k.record LIMIT 1000",
                           ARGS(READER_ARGS(p), TEXT(ballot)), &rows);
    if (e != OK) return e;
    struct ballot_given *votes = arena_array(c->arena, rows.count + 1, sizeof *votes);
    for (size_t i = 0; i < rows.count; i++) {
        votes[i] = (struct ballot_given){
            .record = rows_text(&rows, i, 0),
            .home = rows_text(&rows, i, 1),
            .vote = {.ballot = ballot,
                     .member = rows_int(&rows, i, 2),
                     .choice = choice_of(&BALLOT_VOTE, "choice", rows_text(&rows, i, 3)),
                     .text = rows_text(&rows, i, 4),
                     .cast_ms = rows_int(&rows, i, 5),
                     .salt = rows_text(&rows, i, 6)},
        };
    }
    *ret_votes = votes;
    *ret_count = rows.count;
    return OK;
}

enum err ballot_sql_sealed(struct call *c, struct str ballot, struct str asker,
                           struct rows *ret_rows)
{
    struct str party = str_format(c->arena, "o:%.*s", STR_ARG(asker));
    return store_all(c,
                     "SELECT k.record FROM k_ballot_vote k JOIN head h ON h.record = k.record"
                     " WHERE k.ballot = $1 AND h.home = $2 AND NOT EXISTS"
                     " (SELECT 1 FROM audience a WHERE a.record = k.record AND a.party = $3)"
                     " ORDER BY k.member, k.record LIMIT 1000",
                     ARGS(TEXT(ballot), TEXT(c->office->id), TEXT(party)), ret_rows);
}

/* A cast counts when it comes from the office of that member. */
#define LIST_SELECT                                                                                \
    "SELECT b.record, h.home, b.subject, b.due, b.why, b.state, b.secret, b.outcome,"              \
    " (SELECT COUNT(*) FROM k_ballot_ballot__members m WHERE m.record = b.record),"                \
    " (SELECT COUNT(*) FROM k_ballot_ballot__members m WHERE m.record = b.record AND EXISTS"       \
    " (SELECT 1 FROM k_ballot_cast k JOIN head kh ON kh.record = k.record"                         \
    " WHERE k.ballot = b.record AND k.member = m.i + 1 AND kh.home = m.office))"                   \
    " FROM k_ballot_ballot b JOIN head h ON h.record = b.record"                                   \
    " WHERE " READER("b.record") " AND b.state = $10"
#define OPEN_FIRST " AND (b.due, b.record) > ($11, $12) ORDER BY b.due, b.record LIMIT $13"
#define LATEST_FIRST                                                                               \
    " AND (b.due, b.record) < ($11, $12) ORDER BY b.due DESC, b.record DESC LIMIT $13"

static const char *const LIST_SQL[] = {
    [BALLOT_OPEN] = LIST_SELECT OPEN_FIRST,
    [BALLOT_CLOSED] = LIST_SELECT LATEST_FIRST,
    [BALLOT_DECIDED] = LIST_SELECT LATEST_FIRST,
};

static struct ballot_item item_of(const struct rows *rows, size_t i)
{
    return (struct ballot_item){
        .record = rows_text(rows, i, 0),
        .home = rows_text(rows, i, 1),
        .subject = rows_text(rows, i, 2),
        .due_ms = rows_int(rows, i, 3),
        .why = rows_text(rows, i, 4),
        .state = choice_of(&BALLOT, "state", rows_text(rows, i, 5)),
        .secret = rows_int(rows, i, 6) != 0,
        .outcome = choice_of(&BALLOT, "outcome", rows_text(rows, i, 7)),
        .members = rows_int(rows, i, 8),
        .cast = rows_int(rows, i, 9),
    };
}

enum err ballot_sql_list(struct call *c, int64_t state, const struct ballot_item *after,
                         int64_t limit, struct ballot_item **ret_items, size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct ballot_item *items = arena_array(c->arena, (size_t)limit, sizeof *items);
    size_t count = 0;
    enum err e = OK;
    ensure(limit > 0);
    for (int64_t s = BALLOT_OPEN; e == OK && s <= BALLOT_DECIDED; s++) {
        struct rows rows = {};
        bool wanted = (state == 0 || state == s) && after->state <= s;
        if (!wanted || count == (size_t)limit) continue;
        bool on = after->state == s;
        int64_t due_ms = s == BALLOT_OPEN ? 0 : INT64_MAX;
        e = store_all(c, LIST_SQL[s],
                      ARGS(READER_ARGS(p),
                           TEXT(field_choice_word(field_find(&BALLOT, S("state")), s)),
                           INT(on ? after->due_ms : due_ms),
                           TEXT(on ? after->record : (struct str){}), INT(limit - (int64_t)count)),
                      &rows);
        for (size_t i = 0; e == OK && i < rows.count; i++)
            items[count++] = item_of(&rows, i);
    }
    if (e != OK) return e;
    *ret_items = items;
    *ret_count = count;
    return OK;
}
