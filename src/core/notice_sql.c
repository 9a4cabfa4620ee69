#include "core/notice_sql.h"

#include "base/time.h"
#include "core/office.h"

#define WORK(w) TEXT((w)->about), TEXT((w)->what), TEXT((w)->key)

static void works_read(struct call *c, const struct rows *rows, struct notice_work **ret_works,
                       size_t *ret_count)
{
    struct notice_work *works = arena_array(c->arena, rows->count + 1, sizeof *works);
    for (size_t i = 0; i < rows->count; i++) {
        works[i] = (struct notice_work){
            .about = rows_text(rows, i, 0),
            .what = rows_text(rows, i, 1),
            .key = rows_text(rows, i, 2),
            .due_day = rows_int(rows, i, 3),
            .due_ms = rows_int(rows, i, 4),
            .first_due_ms = rows_int(rows, i, 5),
            .opened_ms = rows_int(rows, i, 6),
            .step = rows_int(rows, i, 7),
        };
    }
    *ret_works = works;
    *ret_count = rows->count;
}

enum err notice_sql_unplanned(struct call *c, int64_t until_ms, int64_t limit,
                              struct notice_work **ret_works, size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT o.about, o.what, o.okey, o.due_day, o.due_ms, o.first_due_ms,"
                           " o.opened_ms, 0 FROM obligation o"
                           " LEFT JOIN reminder r ON r.about = o.about AND r.what = o.what"
                           " AND r.okey = o.okey AND r.due_ms = o.due_ms"
                           " WHERE o.settled_ms IS NULL AND o.due_ms < $1 AND r.about IS NULL"
                           " ORDER BY o.due_ms, o.id LIMIT $2",
                           ARGS(INT(until_ms), INT(limit)), &rows);
    if (e == OK) works_read(c, &rows, ret_works, ret_count);
    return e;
}

enum err notice_sql_come(struct call *c, int64_t limit, struct notice_work **ret_works,
                         size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT about, what, okey, 0, due_ms, 0, 0, step FROM reminder"
                           " WHERE at_ms <= $1 ORDER BY at_ms, about LIMIT $2",
                           ARGS(INT(c->now_ms), INT(limit)), &rows);
    if (e == OK) works_read(c, &rows, ret_works, ret_count);
    return e;
}

enum err notice_sql_stale(struct call *c, int64_t limit, struct notice_work **ret_works,
                          size_t *ret_count)
{
    struct rows rows = {};
    struct str version = workday_calendar_version(c->office->calendar);
    enum err e = store_all(c,
                           "SELECT about, what, okey, 0, due_ms, 0, 0, step FROM reminder"
                           " WHERE calendar < $1 OR calendar > $1 LIMIT $2",
                           ARGS(TEXT(version), INT(limit)), &rows);
    if (e == OK) works_read(c, &rows, ret_works, ret_count);
    return e;
}

enum err notice_sql_plan(struct call *c, const struct notice_work *work, int64_t step,
                         int64_t at_ms)
{
    struct str version = workday_calendar_version(c->office->calendar);
    return store_exec(c,
                      "INSERT INTO reminder (about, what, okey, due_ms, step, at_ms, calendar)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7)"
                      " ON CONFLICT (about, what, okey) DO UPDATE SET due_ms = excluded.due_ms,"
                      " step = excluded.step, at_ms = excluded.at_ms,"
                      " calendar = excluded.calendar",
                      ARGS(WORK(work), INT(work->due_ms), INT(step), INT(at_ms), TEXT(version)),
                      NULL);
}

enum err notice_sql_work(struct call *c, struct notice_work *work, bool *ret_open)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT owner, creditor, due_day, title, urgent FROM obligation"
                           " WHERE about = $1 AND what = $2 AND okey = $3 AND due_ms = $4"
                           " AND settled_ms IS NULL",
                           ARGS(WORK(work), INT(work->due_ms)), &rows);
    if (e != OK) return e;
    *ret_open = rows.count > 0;
    if (rows.count == 0) return OK;
    work->owner = rows_text(&rows, 0, 0);
    work->creditor = rows_text(&rows, 0, 1);
    work->due_day = rows_int(&rows, 0, 2);
    work->title = rows_text(&rows, 0, 3);
    work->urgent = rows_int(&rows, 0, 4);
    return OK;
}

enum err notice_sql_forget(struct call *c, const struct notice_work *work)
{
    return store_exec(c,
                      "DELETE FROM reminder"
                      " WHERE about = $1 AND what = $2 AND okey = $3 AND due_ms = $4",
                      ARGS(WORK(work), INT(work->due_ms)), NULL);
}

enum err notice_sql_held(struct call *c, const struct notice_work *work, bool *ret_held)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT 1 FROM obligation WHERE about = $1 AND settled_ms IS NULL"
                           " AND due_ms = $2 AND substr(owner, 1, 2) <> 'o:' LIMIT 1",
                           ARGS(TEXT(work->about), INT(work->due_ms)), &rows);
    if (e == OK) *ret_held = rows.count > 0;
    return e;
}

/* ---- people ---- */

enum err notice_sql_role(struct call *c, const char *role, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record FROM k_office_person WHERE \"left\" = 0"
                     " AND CASE $1 WHEN 'officer' THEN officer WHEN 'registry' THEN registry"
                     " WHEN 'leader' THEN leader WHEN 'chief' THEN chief"
                     " WHEN 'secretary' THEN secretary WHEN 'admin' THEN admin ELSE 0 END = 1"
                     " ORDER BY record LIMIT 100",
                     ARGS(TEXT(str_of(role))), ret_rows);
}

enum err notice_sql_unit(struct call *c, struct str unit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record FROM k_office_person WHERE \"left\" = 0 AND unit = $1"
                     " ORDER BY record LIMIT 100",
                     ARGS(TEXT(unit)), ret_rows);
}

enum err notice_sql_unit_head(struct call *c, struct str unit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT p.record FROM k_office_unit u JOIN k_office_person p"
                     " ON p.record = u.head WHERE u.record = $1 AND p.\"left\" = 0",
                     ARGS(TEXT(unit)), ret_rows);
}

enum err notice_sql_head_over(struct call *c, struct str person, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT h.record FROM k_office_person p JOIN k_office_unit u"
                     " ON u.record = p.unit JOIN k_office_person h ON h.record = u.head"
                     " WHERE p.record = $1 AND h.\"left\" = 0 AND h.record <> p.record",
                     ARGS(TEXT(person)), ret_rows);
}

enum err notice_sql_assigned(struct call *c, struct str about, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT DISTINCT p.record FROM assignment a JOIN k_office_person p"
                     " ON p.record = a.person WHERE a.record = $1 AND p.\"left\" = 0"
                     " ORDER BY p.record LIMIT 100",
                     ARGS(TEXT(about)), ret_rows);
}

enum err notice_sql_delegates(struct call *c, struct str person, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT s.delegate FROM stand_in s JOIN k_office_person p"
                     " ON p.record = s.delegate WHERE s.to_day >= $1 AND s.from_day <= $1"
                     " AND s.absent = $2 AND p.\"left\" = 0",
                     ARGS(INT(time_hanoi_day(c->now_ms)), TEXT(person)), ret_rows);
}

enum err notice_sql_here(struct call *c, struct str person, struct rows *ret_rows)
{
    return store_all(c, "SELECT record FROM k_office_person WHERE record = $1 AND \"left\" = 0",
                     ARGS(TEXT(person)), ret_rows);
}

enum err notice_sql_address(struct call *c, struct str person, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT email, phone FROM k_office_person WHERE record = $1 AND \"left\" = 0",
                     ARGS(TEXT(person)), ret_rows);
}

/* ---- notices ---- */

enum err notice_sql_insert(struct call *c, struct str person, const struct notice *n, bool *ret_new)
{
    int64_t changed = 0;
    enum err e = store_exec(c,
                            "INSERT INTO notice (person, about, what, okey, step, due_ms, title,"
                            " urgent, made_ms, read_ms, mail, sms)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', '')"
                            " ON CONFLICT (person, about, what, okey, step, due_ms) DO NOTHING",
                            ARGS(TEXT(person), WORK(n), TEXT(n->step), INT(n->due_ms),
                                 TEXT(n->title), INT(n->urgent), INT(c->now_ms)),
                            &changed);
    if (e == OK) *ret_new = changed == 1;
    return e;
}

enum err notice_sql_carry(struct call *c, struct str person, const struct notice *n,
                          struct str mail, struct str sms)
{
    return store_exec(
        c,
        "UPDATE notice SET mail = $1, sms = $2 WHERE person = $3 AND about = $4"
        " AND what = $5 AND okey = $6 AND step = $7 AND due_ms = $8",
        ARGS(TEXT(mail), TEXT(sms), TEXT(person), WORK(n), TEXT(n->step), INT(n->due_ms)), NULL);
}

enum err notice_wish_put(struct call *c, const struct version *v, struct str party,
                         const struct notice_wish *w)
{
    return store_exec(
        c,
        "INSERT INTO notice_rule (party, by_record, mail, sms, quiet_from, quiet_to, daily, passes,"
        " titles) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (party) DO UPDATE SET by_record = excluded.by_record, mail = excluded.mail,"
        " sms = excluded.sms, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,"
        " daily = excluded.daily, passes = excluded.passes, titles = excluded.titles",
        ARGS(TEXT(party), TEXT(v->record), INT(w->how[NOTICE_MAIL]), INT(w->how[NOTICE_SMS]),
             INT(w->quiet_from), INT(w->quiet_to), INT(w->daily), INT(w->passes), INT(w->titles)),
        NULL);
}

enum err notice_sql_wishes(struct call *c, struct str person, struct rows *ret_rows)
{
    struct str office = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    struct str own = str_format(c->arena, "p:%.*s", STR_ARG(person));
    /* the office stands before its people: 'o' comes before 'p' */
    return store_all(c,
                     "SELECT party, mail, sms, quiet_from, quiet_to, daily, passes, titles"
                     " FROM notice_rule WHERE party IN ($1, $2) ORDER BY party",
                     ARGS(TEXT(office), TEXT(own)), ret_rows);
}

enum err notice_sql_mine(struct call *c, int64_t before_id, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT n.id, n.about, n.what, n.step, n.due_ms, n.title, n.urgent, n.made_ms,"
                     " n.read_ms, coalesce(h.kind, '') FROM notice n"
                     " LEFT JOIN head h ON h.record = n.about"
                     " WHERE n.person = $1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3",
                     ARGS(TEXT(c->who.person), INT(before_id), INT(limit)), ret_rows);
}

enum err notice_sql_unread(struct call *c, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT count(*) FROM (SELECT 1 AS one FROM notice"
                           " WHERE person = $1 AND read_ms = 0 LIMIT 100) unread",
                           ARGS(TEXT(c->who.person)), &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

enum err notice_sql_read(struct call *c, int64_t upto_id)
{
    return store_exec(c,
                      "UPDATE notice SET read_ms = $1 WHERE person = $2 AND read_ms = 0"
                      " AND id <= $3",
                      ARGS(INT(c->now_ms), TEXT(c->who.person), INT(upto_id)), NULL);
}

enum err notice_sql_about(struct call *c, struct str record, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT n.person, n.what, n.step, n.made_ms, n.mail, coalesce(m.sent_ms, 0),"
                     " coalesce(m.bulletin, 0), n.sms, coalesce(s.sent_ms, 0) FROM notice n"
                     " LEFT JOIN post m ON m.pkey = n.mail LEFT JOIN post s ON s.pkey = n.sms"
                     " WHERE n.about = $1 ORDER BY n.id DESC LIMIT $2",
                     ARGS(TEXT(record), INT(limit)), ret_rows);
}

/* ---- what leaves ---- */

enum err notice_sql_post_put(struct call *c, const struct notice_post *post)
{
    return store_exec(c,
                      "INSERT INTO post (pkey, person, channel, bulletin, day, at_ms, sent_ms)"
                      " VALUES ($1, $2, $3, $4, $5, $6, 0)",
                      ARGS(TEXT(post->key), TEXT(post->person), INT(post->channel),
                           INT(post->bulletin ? 1 : 0), INT(post->day), INT(post->at_ms)),
                      NULL);
}

enum err notice_sql_post_get(struct call *c, struct str key, struct notice_post *ret_post)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT person, channel, bulletin, day, at_ms, sent_ms FROM post"
                           " WHERE pkey = $1",
                           ARGS(TEXT(key)), &rows);
    if (e != OK) return e;
    *ret_post = (struct notice_post){
        .key = key,
        .person = rows_text(&rows, 0, 0),
        .channel = rows_int(&rows, 0, 1),
        .bulletin = rows_int(&rows, 0, 2) != 0,
        .day = rows_int(&rows, 0, 3),
        .at_ms = rows_int(&rows, 0, 4),
        .sent_ms = rows_int(&rows, 0, 5),
    };
    return OK;
}

enum err notice_sql_post_sent(struct call *c, struct str key, int64_t sent_ms)
{
    return store_exec(c, "UPDATE post SET sent_ms = $1 WHERE pkey = $2",
                      ARGS(INT(sent_ms), TEXT(key)), NULL);
}

enum err notice_sql_singles(struct call *c, const struct notice_post *post, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT count(*) FROM post WHERE person = $1 AND channel = $2"
                           " AND day = $3 AND bulletin = 0",
                           ARGS(TEXT(post->person), INT(post->channel), INT(post->day)), &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

enum err notice_sql_waiting(struct call *c, const struct notice_post *post, struct str *ret_key)
{
    struct rows rows = {};
    enum err e = store_all(
        c,
        "SELECT pkey FROM post WHERE person = $1 AND channel = $2 AND day = $3"
        " AND bulletin = 1 AND sent_ms = 0 AND at_ms > $4 LIMIT 1",
        ARGS(TEXT(post->person), INT(post->channel), INT(post->day), INT(c->now_ms)), &rows);
    if (e == OK && rows.count > 0) *ret_key = rows_text(&rows, 0, 0);
    return e;
}

/* What was told once stays true; a reminder is one only while its work is open under its date. */
#define CARRIED                                                                                    \
    "SELECT n.id, n.about, n.what, n.step, n.due_ms, n.title, n.urgent, coalesce(h.kind, ''),"     \
    " CASE WHEN n.step = 'told' OR o.about IS NOT NULL THEN 1 ELSE 0 END FROM notice n"            \
    " LEFT JOIN head h ON h.record = n.about LEFT JOIN obligation o ON o.about = n.about"          \
    " AND o.what = n.what AND o.okey = n.okey AND o.due_ms = n.due_ms AND o.settled_ms IS NULL"

enum err notice_sql_carried(struct call *c, const struct notice_post *post, struct rows *ret_rows)
{
    if (post->channel == NOTICE_MAIL) {
        return store_all(c, CARRIED " WHERE n.mail = $1 AND n.mail <> '' ORDER BY n.id LIMIT 5000",
                         ARGS(TEXT(post->key)), ret_rows);
    }
    return store_all(c, CARRIED " WHERE n.sms = $1 AND n.sms <> '' ORDER BY n.id LIMIT 5000",
                     ARGS(TEXT(post->key)), ret_rows);
}

enum err notice_sql_move(struct call *c, const struct notice_post *from, int64_t id, struct str to)
{
    if (from->channel == NOTICE_MAIL) {
        return store_exec(c, "UPDATE notice SET mail = $1 WHERE id = $2", ARGS(TEXT(to), INT(id)),
                          NULL);
    }
    return store_exec(c, "UPDATE notice SET sms = $1 WHERE id = $2", ARGS(TEXT(to), INT(id)), NULL);
}

enum err notice_sql_dead(struct call *c, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT j.kind, j.jkey FROM job j WHERE j.dead = 1 AND j.why <> ''"
                     " AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.about = ''"
                     " AND n.what = j.kind AND n.okey = j.jkey AND n.step = 'told')"
                     " ORDER BY j.id LIMIT $1",
                     ARGS(INT(limit)), ret_rows);
}
