#include "core/substitute_sql.h"

#include "core/tally_sql.h"

enum { PARTY_ROWS = 10000 };

enum err succession_insert(struct call *c, const struct version *v, const struct succession *s)
{
    return store_exec(c,
                      "INSERT INTO succession (record, giver, by_record, receiver, seq, at_ms)"
                      " VALUES ($1, $2, $3, $4, $5, $6)"
                      " ON CONFLICT (record, giver, by_record) DO NOTHING",
                      ARGS(TEXT(s->record), TEXT(s->giver), TEXT(v->record), TEXT(s->receiver),
                           INT(s->seq), INT(v->time_ms)),
                      NULL);
}

enum err succession_last(struct call *c, int64_t *ret_seq)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT max(seq) FROM succession", NO_ARGS, &rows);
    if (e == OK) *ret_seq = rows_int(&rows, 0, 0);
    return e;
}

enum err succession_about(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT giver, receiver, at_ms FROM succession WHERE record = $1"
                     " ORDER BY seq, by_record, giver",
                     ARGS(TEXT(record)), ret_rows);
}

enum err succession_whole(struct call *c, struct str giver, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT receiver, at_ms FROM succession WHERE record = '*' AND giver = $1"
                     " ORDER BY seq DESC, by_record LIMIT 1",
                     ARGS(TEXT(giver)), ret_rows);
}

enum err succession_givers(struct call *c, struct str receiver, struct rows *ret_rows)
{
    struct str unit = str_starts(receiver, S("u:")) ? str_sub(receiver, 2, receiver.len) : S("-");
    return store_all(c,
                     "SELECT giver FROM succession WHERE receiver = $1 AND record = '*'"
                     " UNION SELECT 'p:' || p.record FROM k_office_person p"
                     " WHERE p.unit = $2 AND (p.\"left\" = 1 OR p.officer + p.registry + p.leader"
                     " + p.chief + p.secretary = 0) ORDER BY 1 LIMIT $3",
                     ARGS(TEXT(receiver), TEXT(unit), INT(PARTY_ROWS)), ret_rows);
}

enum err succession_drop(struct call *c, struct str by_record)
{
    return store_exec(c, "DELETE FROM succession WHERE by_record = $1", ARGS(TEXT(by_record)),
                      NULL);
}

enum err stand_in_insert(struct call *c, const struct version *v, const struct stand_in *s)
{
    return store_exec(
        c,
        "INSERT INTO stand_in (by_record, absent, delegate, from_day, to_day)"
        " VALUES ($1, $2, $3, $4, $5)",
        ARGS(TEXT(v->record), TEXT(s->absent), TEXT(s->delegate), INT(s->from_day), INT(s->to_day)),
        NULL);
}

enum err stand_in_drop(struct call *c, struct str by_record)
{
    return store_exec(c, "DELETE FROM stand_in WHERE by_record = $1", ARGS(TEXT(by_record)), NULL);
}

enum err stand_in_of(struct call *c, struct str delegate, int64_t day, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT s.absent FROM stand_in s JOIN k_office_person p"
                     " ON p.record = s.absent WHERE s.delegate = $1 AND s.to_day >= $2"
                     " AND s.from_day <= $2 AND p.\"left\" = 0 ORDER BY s.absent LIMIT 32",
                     ARGS(TEXT(delegate), INT(day)), ret_rows);
}

enum err stand_in_lost(struct call *c, int64_t day, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT s.absent, s.delegate FROM stand_in s JOIN k_office_person p"
                     " ON p.record = s.absent JOIN k_office_person d ON d.record = s.delegate"
                     " WHERE s.to_day >= $1 AND s.from_day <= $1 AND p.\"left\" = 0"
                     " AND d.\"left\" = 1 ORDER BY s.absent, s.delegate LIMIT 32",
                     ARGS(INT(day)), ret_rows);
}

enum err person_state(struct call *c, struct str person, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT \"left\", officer + registry + leader + chief + secretary, unit,"
                     " left_at FROM k_office_person WHERE record = $1",
                     ARGS(TEXT(person)), ret_rows);
}

enum err obligation_movable(struct call *c, struct str about, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT what, okey, named, owner, settled_ms FROM obligation WHERE about = $1"
                     " AND substr(named, 1, 2) IN ('p:', 'u:', 'o:')",
                     ARGS(TEXT(about)), ret_rows);
}

enum err obligation_move(struct call *c, struct str about, struct str what, struct str key,
                         struct str owner)
{
    const struct value name[3] = {TEXT(about), TEXT(what), TEXT(key)};
    enum err e = tally_shift(c, name, -1);
    if (e == OK)
        e = store_exec(c,
                       "UPDATE obligation SET owner = $1 WHERE about = $2 AND what = $3"
                       " AND okey = $4",
                       ARGS(TEXT(owner), name[0], name[1], name[2]), NULL);
    return e != OK ? e : tally_shift(c, name, 1);
}

/* What was done before its owner handed everything over does not move. */
enum err records_touched(struct call *c, struct str party, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT o.about FROM obligation o WHERE o.named = $1"
                     " AND (o.settled_ms IS NULL OR o.settled_ms > (SELECT coalesce(min(s.at_ms),"
                     " 0) FROM succession s WHERE s.record = '*' AND s.giver = $1))"
                     " UNION SELECT r.record FROM succession r WHERE r.receiver = $1"
                     " AND r.record <> '*' ORDER BY 1 LIMIT $2",
                     ARGS(TEXT(party), INT(STORE_ROWS_MAX)), ret_rows);
}

enum err records_seen_by(struct call *c, struct str party, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record FROM audience WHERE party = $1 AND party > 'p'"
                     " ORDER BY record LIMIT $2",
                     ARGS(TEXT(party), INT(STORE_ROWS_MAX)), ret_rows);
}

enum err audience_inside(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT party FROM audience WHERE record = $1 AND party > 'p'"
                     " AND substr(party, 1, 2) <> 'r:' ORDER BY party",
                     ARGS(TEXT(record)), ret_rows);
}

enum err audience_add(struct call *c, struct str record, struct str party)
{
    return store_exec(c,
                      "INSERT INTO audience (record, party) SELECT h.record, $1 FROM head h"
                      " WHERE h.record = $2 ON CONFLICT (record, party) DO NOTHING",
                      ARGS(TEXT(party), TEXT(record)), NULL);
}
