#include "consultation_sql.h"

#include "core/office.h"
#include "core/returned.h"

/* Constraints and indexes; the tables are made from the field tables. */
const struct migration CONSULTATION_MIGRATIONS[CONSULTATION_MIGRATION_COUNT] = {
    {.name = "consultation.1",
     .sql =
         /* the register: each number once a year, each request once */
     "CREATE UNIQUE INDEX consultation_intake_number ON k_consultation_intake (year, number)"
     " WHERE number > 0;"
     "CREATE UNIQUE INDEX consultation_intake_request ON k_consultation_intake (request);"
     "CREATE UNIQUE INDEX consultation_draft_request ON k_consultation_draft (request);"
     /* the asker alone writes both columns, so nobody else can stand in its way */
     "CREATE UNIQUE INDEX consultation_reply_opinion ON k_consultation_reply (opinion, request);"
     "CREATE INDEX consultation_opinion_request ON k_consultation_opinion (request);"
     "CREATE INDEX consultation_request_state ON k_consultation_request (state, due, record);"
     "CREATE INDEX consultation_request_due ON k_consultation_request (due, record);"},
    {.name = "consultation.2",
     .sql = "CREATE INDEX consultation_refusal_request ON k_consultation_refusal (request);"
            /* the list is walked by state */
            "DROP INDEX consultation_request_due;"},
    {.name = "consultation.3",
     .sql = "CREATE INDEX consultation_reminder_request ON k_consultation_reminder"
            " (request, office, sent);"},
    {.name = "consultation.4",
     /* the opinion that an opinion keeps, the rounds of one draft */
     .sql = "CREATE INDEX consultation_request_previous ON k_consultation_request (previous);"
            "CREATE INDEX consultation_inner_request ON k_consultation_inner (request, unit);"
            "CREATE INDEX consultation_comment_request ON k_consultation_comment (request, unit);"},
    {.name = "consultation.5",
     /* the rounds of a year */
     .sql = "CREATE INDEX consultation_request_from ON k_consultation_request"
            " (from_date, record);"},
    {.name = "consultation.6",
     .sql = "CREATE INDEX consultation_group_request ON k_consultation_group (request);"
            "CREATE INDEX consultation_objection_request ON k_consultation_objection"
            " (request, opinion, point);"},
};

static int64_t choice_of(const struct field_table *table, const char *field, struct str word)
{
    const struct field *f = field_find(table, str_of(field));
    ensure(f != NULL);
    return field_choice_find(f, word);
}

static struct str one_text(const struct rows *rows)
{
    return rows->count > 0 ? rows_text(rows, 0, 0) : (struct str){};
}

enum err consultation_sql_own(struct call *c, struct str request, struct consultation_own *ret_own)
{
    struct rows intake = {}, draft = {}, opinion = {};
    enum err e = store_all(c, "SELECT record FROM k_consultation_intake WHERE request = $1",
                           ARGS(TEXT(request)), &intake);
    if (e == OK) {
        e = store_all(c, "SELECT record FROM k_consultation_draft WHERE request = $1",
                      ARGS(TEXT(request)), &draft);
    }
    if (e == OK) {
        e = store_all(c,
                      "SELECT o.record FROM k_consultation_opinion o WHERE o.request = $1"
                      " AND o.behalf = '' AND substr(o.record, 1, 26) = $2"
                      " ORDER BY o.record LIMIT 1",
                      ARGS(TEXT(request), TEXT(c->office->id)), &opinion);
    }
    if (e != OK) return e;
    *ret_own = (struct consultation_own){one_text(&intake), one_text(&draft), one_text(&opinion)};
    return OK;
}

enum err consultation_sql_next_number(struct call *c, int64_t year, int64_t *ret_number)
{
    struct rows rows = {};
    int64_t known = 0; /* of others, though lost here by a restore */
    enum err e = store_all(c,
                           "SELECT number FROM k_consultation_intake"
                           " WHERE year = $1 AND number > 0 ORDER BY number DESC LIMIT 1",
                           ARGS(INT(year)), &rows);
    if (e == OK) e = returned_number_floor(c, year, &known);
    if (e != OK) return e;
    int64_t given = rows.count > 0 ? rows_int(&rows, 0, 0) : 0;
    *ret_number = (given > known ? given : known) + 1;
    return OK;
}

enum err consultation_sql_reply(struct call *c, struct str opinion, struct str request,
                                struct str *ret_reply)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record FROM k_consultation_reply"
                           " WHERE opinion = $1 AND request = $2",
                           ARGS(TEXT(opinion), TEXT(request)), &rows);
    if (e == OK) *ret_reply = one_text(&rows);
    return e;
}

/* The office that gave an opinion or refused stands in the id, whoever keeps the record now. An
 * opinion of an office that was not asked stands in no table and no count. */
#define WAS_ASKED(opinion)                                                                         \
    " AND (" opinion ".behalf <> '' OR EXISTS (SELECT 1 FROM k_consultation_request__asked w"      \
    " WHERE w.record = " opinion ".request AND w.office = substr(" opinion ".record, 1, 26)))"

enum err consultation_sql_voices(struct call *c, struct str request,
                                 struct consultation_voice **ret_voices, size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT o.record, substr(o.record, 1, 26), o.behalf, o.answer,"
                           " o.general, o.signed, o.signer_title, o.confidential, o.kept,"
                           " o.condition_office, o.condition_body, o.capacity, h.hash,"
                           " v.received_ms"
                           " FROM k_consultation_opinion o JOIN head h ON h.record = o.record"
                           " JOIN version v ON v.record = h.record AND v.n = h.n"
                           " WHERE " READER("o.record") " AND o.request = $10" WAS_ASKED(
                               "o") " ORDER BY o.signed, o.record LIMIT 1000",
                           ARGS(READER_ARGS(p), TEXT(request)), &rows);
    if (e != OK) return e;
    struct consultation_voice *voices = arena_array(c->arena, rows.count + 1, sizeof *voices);
    for (size_t i = 0; i < rows.count; i++) {
        voices[i] = (struct consultation_voice){
            .opinion = rows_text(&rows, i, 0),
            .home = rows_text(&rows, i, 1),
            .behalf = rows_text(&rows, i, 2),
            .answer = choice_of(&CONSULTATION_OPINION, "answer", rows_text(&rows, i, 3)),
            .general = rows_text(&rows, i, 4),
            .signed_ms = rows_int(&rows, i, 5),
            .signer_title = rows_text(&rows, i, 6),
            .confidential = rows_int(&rows, i, 7) != 0,
            .kept = rows_text(&rows, i, 8).len > 0,
            .condition_office = rows_text(&rows, i, 9),
            .condition_body = rows_text(&rows, i, 10),
            .capacity = choice_of(&CONSULTATION_OPINION, "capacity", rows_text(&rows, i, 11)),
            .hash = rows_text(&rows, i, 12),
            .received_ms = rows_int(&rows, i, 13),
        };
    }
    *ret_voices = voices;
    *ret_count = rows.count;
    return OK;
}

enum err consultation_sql_unanswered(struct call *c, struct str office, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT r.record FROM k_consultation_request r"
                     " JOIN head h ON h.record = r.record AND h.home = $1"
                     " JOIN k_consultation_request__asked a ON a.record = r.record"
                     " WHERE r.state = 'open' AND a.office = $2"
                     " AND NOT EXISTS (SELECT 1 FROM k_consultation_opinion o"
                     " WHERE o.request = r.record AND o.behalf = ''"
                     " AND substr(o.record, 1, 26) = $2)"
                     " AND NOT EXISTS (SELECT 1 FROM k_consultation_refusal f"
                     " WHERE f.request = r.record AND substr(f.record, 1, 26) = $2)"
                     " ORDER BY r.record LIMIT $3",
                     ARGS(TEXT(c->office->id), TEXT(office), INT(STORE_ROWS_MAX)), ret_rows);
}

enum err consultation_sql_refusals(struct call *c, struct str request,
                                   struct consultation_no **ret_refusals, size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT substr(f.record, 1, 26), f.reason"
                           " FROM k_consultation_refusal f"
                           " WHERE " READER("f.record") " AND f.request = $10"
                                                        " ORDER BY f.record LIMIT 1000",
                           ARGS(READER_ARGS(p), TEXT(request)), &rows);
    if (e != OK) return e;
    struct consultation_no *refusals = arena_array(c->arena, rows.count + 1, sizeof *refusals);
    for (size_t i = 0; i < rows.count; i++) {
        refusals[i] = (struct consultation_no){rows_text(&rows, i, 0), rows_text(&rows, i, 1)};
    }
    *ret_refusals = refusals;
    *ret_count = rows.count;
    return OK;
}

/* Points of the opinions in `o`, joined with the reply to each. */
#define LINES_JOIN(point)                                                                          \
    " LEFT JOIN k_consultation_reply y ON y.opinion = o.record AND y.request = o.request"          \
    " LEFT JOIN k_consultation_reply__replies r ON r.record = y.record AND r.point = " point

#define LINES_POINTS                                                                               \
    " SELECT o.record, o.home, o.behalf, q.i + 1, q.clause, q.level, q.text, q.wording,"           \
    " r.outcome, r.reason, r.wording, o.confidential, o.signed AS at, q.i + 1 AS point, r.times"   \
    " FROM o JOIN k_consultation_opinion__points q ON q.record = o.record" LINES_JOIN("q.i + 1")
#define LINES_GENERAL                                                                              \
    " SELECT o.record, o.home, o.behalf, 0, '', '', o.general, '',"                                \
    " r.outcome, r.reason, r.wording, o.confidential, o.signed AS at, 0 AS point, r.times"         \
    " FROM o" LINES_JOIN("0") " WHERE o.general <> '' AND (o.answer = 'disagree'"                  \
                              " OR (o.answer = 'agree_with_points' AND NOT EXISTS (SELECT 1 FROM"  \
                              " k_consultation_opinion__points n WHERE n.record = o.record)))"

static struct consultation_line *line_find(struct consultation_line *lines, size_t count,
                                           struct str opinion, int64_t point)
{
    for (size_t i = 0; i < count; i++) {
        if (lines[i].point == point && str_eq(lines[i].opinion, opinion)) return &lines[i];
    }
    return NULL;
}

/* Groups are this office's own; a reader of another office has none. */
static enum err lines_group(struct call *c, struct str request, struct consultation_line *lines,
                            size_t count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT g.record, m.opinion, m.point FROM k_consultation_group g"
                           " JOIN k_consultation_group__members m ON m.record = g.record"
                           " WHERE g.request = $1 ORDER BY g.record, m.i LIMIT 10000",
                           ARGS(TEXT(request)), &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct consultation_line *line =
            line_find(lines, count, rows_text(&rows, i, 1), rows_int(&rows, i, 2));
        if (line != NULL) line->group = rows_text(&rows, i, 0);
    }
    return e;
}

static enum err lines_object(struct call *c, struct str request, struct consultation_line *lines,
                             size_t count)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT j.opinion, j.point, j.text FROM k_consultation_objection j"
                           " WHERE " READER("j.record") " AND j.request = $10"
                                                        " ORDER BY j.at, j.record LIMIT 10000",
                           ARGS(READER_ARGS(p), TEXT(request)), &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct consultation_line *line =
            line_find(lines, count, rows_text(&rows, i, 0), rows_int(&rows, i, 1));
        if (line != NULL && line->objection.len == 0) line->objection = rows_text(&rows, i, 2);
    }
    return e;
}

/* An opinion that keeps an older one stands here with the points and replies of that one. */
enum err consultation_sql_lines(struct call *c, struct str request,
                                struct consultation_line **ret_lines, size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(
        c,
        "WITH o AS (SELECT s.record, s.request, substr(k.record, 1, 26) AS home, s.behalf,"
        " s.answer, s.general, k.signed, k.confidential + s.confidential AS confidential"
        " FROM k_consultation_opinion k"
        " JOIN k_consultation_opinion s"
        " ON s.record = CASE WHEN k.kept = '' THEN k.record ELSE k.kept END"
        " WHERE " READER("k.record") " AND " READER("s.record") " AND k.request = $10" WAS_ASKED(
            "k") ")" LINES_POINTS " UNION ALL" LINES_GENERAL " ORDER BY at, 1, point",
        ARGS(READER_ARGS(p), TEXT(request)), &rows);
    if (e != OK) return e;
    struct consultation_line *lines = arena_array(c->arena, rows.count + 1, sizeof *lines);
    const struct field_table *point = field_find(&CONSULTATION_OPINION, S("points"))->of;
    const struct field_table *reply = field_find(&CONSULTATION_REPLY, S("replies"))->of;
    for (size_t i = 0; i < rows.count; i++) {
        lines[i] = (struct consultation_line){
            .opinion = rows_text(&rows, i, 0),
            .home = rows_text(&rows, i, 1),
            .behalf = rows_text(&rows, i, 2),
            .point = rows_int(&rows, i, 3),
            .clause = rows_text(&rows, i, 4),
            .level = choice_of(point, "level", rows_text(&rows, i, 5)),
            .text = rows_text(&rows, i, 6),
            .wording = rows_text(&rows, i, 7),
            .outcome = choice_of(reply, "outcome", rows_text(&rows, i, 8)),
            .reason = rows_text(&rows, i, 9),
            .new_wording = rows_text(&rows, i, 10),
            .confidential = rows_int(&rows, i, 11) != 0,
            .times = rows_int(&rows, i, 14),
        };
    }
    *ret_lines = lines;
    *ret_count = rows.count;
    e = lines_group(c, request, lines, rows.count);
    return e != OK ? e : lines_object(c, request, lines, rows.count);
}

enum err consultation_sql_group_of(struct call *c, struct str opinion, int64_t point,
                                   struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT m.opinion, m.point FROM k_consultation_opinion o"
                     " JOIN k_consultation_group g ON g.request = o.request"
                     " JOIN k_consultation_group__members w ON w.record = g.record"
                     " AND w.opinion = o.record AND w.point = $1"
                     " JOIN k_consultation_group__members m ON m.record = g.record"
                     " WHERE o.record = $2 AND NOT (m.opinion = $2 AND m.point = $1)"
                     " ORDER BY m.i LIMIT 1000",
                     ARGS(INT(point), TEXT(opinion)), ret_rows);
}

enum err consultation_sql_objected(struct call *c, struct str request, struct str opinion,
                                   int64_t point, bool *ret_objected)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record FROM k_consultation_objection"
                           " WHERE request = $1 AND opinion = $2 AND point = $3 LIMIT 1",
                           ARGS(TEXT(request), TEXT(opinion), INT(point)), &rows);
    if (e == OK) *ret_objected = rows.count > 0;
    return e;
}

/* An answer counts when it comes from an office that was asked, or for a body that was asked. The
 * home of a record is the beginning of its id, so a box is a range of ids. */
#define LIST_SELECT                                                                                \
    "SELECT r.record, h.home, r.subject, r.due, r.why, r.urgency, r.state,"                        \
    " (SELECT COUNT(*) FROM k_consultation_request__asked a WHERE a.record = r.record)"            \
    " + (SELECT COUNT(*) FROM k_consultation_request__asked_bodies b WHERE b.record = r.record),"  \
    " (SELECT COUNT(*) FROM k_consultation_request__asked a WHERE a.record = r.record AND EXISTS"  \
    " (SELECT 1 FROM k_consultation_opinion o WHERE o.request = r.record AND o.behalf = ''"        \
    " AND substr(o.record, 1, 26) = a.office))"                                                    \
    " + (SELECT COUNT(*) FROM k_consultation_request__asked_bodies b WHERE b.record = r.record"    \
    " AND EXISTS (SELECT 1 FROM k_consultation_opinion o"                                          \
    " WHERE o.request = r.record AND o.behalf = b.name)),"                                         \
    " (SELECT n.state FROM k_consultation_intake n WHERE n.request = r.record),"                   \
    " (SELECT d.state FROM k_consultation_draft d WHERE d.request = r.record),"                    \
    " (SELECT a.office FROM k_consultation_request__asked a WHERE a.record = r.record"             \
    " AND a.i = 0),"                                                                               \
    " (SELECT COUNT(*) FROM k_consultation_request__asked a WHERE a.record = r.record AND EXISTS"  \
    " (SELECT 1 FROM k_consultation_refusal f WHERE f.request = r.record"                          \
    " AND substr(f.record, 1, 26) = a.office)),"                                                   \
    " (SELECT l.due_ms FROM obligation_limit l WHERE l.about = r.record"                           \
    " AND l.what = 'consultation.draft' AND l.okey = '' AND l.kind = 0"                            \
    " AND l.by_record = r.record),"                                                                \
    " (SELECT MAX(p.from_date) FROM k_consultation_request__pauses p WHERE p.record = r.record"    \
    " AND p.to_date = 0),"                                                                         \
    " (SELECT COUNT(*) FROM k_consultation_request__excused x WHERE x.record = r.record"           \
    " AND NOT EXISTS (SELECT 1 FROM k_consultation_opinion o WHERE o.request = r.record"           \
    " AND o.behalf = '' AND substr(o.record, 1, 26) = x.office)), r.round"                         \
    " FROM k_consultation_request r JOIN head h ON h.record = r.record"                            \
    " WHERE " READER("r.record")

#define IN_RANGES(record)                                                                          \
    "((" record " >= $10 AND " record " < $11) OR (" record " >= $12 AND " record " < $13))"
/* A full box is walked by deadline until the page is full; of a small one all records are looked
 * at, or a page of the few received among very many sent would walk them all. */
/* (|| keeps the planner from walking the ids instead) */
#define FULL_BOX " AND " IN_RANGES("(r.record || '')")
#define SMALL_BOX                                                                                  \
    " AND r.record IN (SELECT k.record FROM k_consultation_request k WHERE " IN_RANGES(            \
        "k.record") " LIMIT 1000)"
#define OPEN_FIRST                                                                                 \
    " AND r.state = $14 AND (r.due, r.record) > ($15, $16) ORDER BY r.due, r.record LIMIT $17"
#define CLOSED_FIRST                                                                               \
    " AND r.state = $14 AND (r.due, r.record) < ($15, $16)"                                        \
    " ORDER BY r.due DESC, r.record DESC LIMIT $17"

enum { BOX_SMALL = 1000 }; /* the LIMIT of SMALL_BOX */

/* By size of the box, then by state. */
static const char *const LIST_SQL[2][ROUND_CLOSED + 1] = {
    {NULL, LIST_SELECT FULL_BOX OPEN_FIRST, LIST_SELECT FULL_BOX CLOSED_FIRST},
    {NULL, LIST_SELECT SMALL_BOX OPEN_FIRST, LIST_SELECT SMALL_BOX CLOSED_FIRST},
};

/* The ids of a box: from[0] to to[0], and from[1] to to[1]. '.' follows the home in every id, '/'
 * is the next letter, '~' comes after all of them. */
struct box_ranges {
    struct str from[2];
    struct str to[2];
};

static struct box_ranges box_ranges(struct call *c, int64_t box)
{
    struct str begin = str_format(c->arena, "%.*s.", STR_ARG(c->office->id));
    struct str end = str_format(c->arena, "%.*s/", STR_ARG(c->office->id));
    if (box == BOX_SENT) return (struct box_ranges){{begin, S("")}, {end, S("")}};
    if (box == BOX_RECEIVED) return (struct box_ranges){{S(""), end}, {begin, S("~")}};
    return (struct box_ranges){{S(""), S("")}, {S("~"), S("")}};
}

static enum err box_is_small(struct call *c, const struct box_ranges *box, bool *ret_small)
{
    struct rows rows = {};
    enum err e = store_one(
        c,
        "SELECT COUNT(*) FROM (SELECT 1 FROM k_consultation_request"
        " WHERE (record >= $1 AND record < $2) OR (record >= $3 AND record < $4)"
        " LIMIT 1000) few",
        ARGS(TEXT(box->from[0]), TEXT(box->to[0]), TEXT(box->from[1]), TEXT(box->to[1])), &rows);
    if (e == OK) *ret_small = rows_int(&rows, 0, 0) < BOX_SMALL;
    return e;
}

static struct consultation_item item_of(const struct rows *rows, size_t i)
{
    return (struct consultation_item){
        .record = rows_text(rows, i, 0),
        .home = rows_text(rows, i, 1),
        .subject = rows_text(rows, i, 2),
        .due_ms = rows_int(rows, i, 3),
        .why = rows_text(rows, i, 4),
        .urgency = choice_of(&CONSULTATION_REQUEST, "urgency", rows_text(rows, i, 5)),
        .round = choice_of(&CONSULTATION_REQUEST, "state", rows_text(rows, i, 6)),
        .asked = rows_int(rows, i, 7) - rows_int(rows, i, 15),
        .answered = rows_int(rows, i, 8),
        .intake = choice_of(&CONSULTATION_INTAKE, "state", rows_text(rows, i, 9)),
        .draft = choice_of(&CONSULTATION_DRAFT, "state", rows_text(rows, i, 10)),
        .first_asked = rows_text(rows, i, 11),
        .refused = rows_int(rows, i, 12),
        .own_due_ms = rows_int(rows, i, 13),
        .paused_day = rows_int(rows, i, 14),
        .number = rows_int(rows, i, 16),
    };
}

/* The rounds of one state, after the last one seen when that was of this state. */
struct stretch {
    int64_t state;
    int64_t limit;
    bool small;
    struct box_ranges box;
};

static enum err stretch_rows(struct call *c, const struct stretch *s,
                             const struct consultation_item *after, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    struct str state = field_choice_word(field_find(&CONSULTATION_REQUEST, S("state")), s->state);
    int64_t due_ms = s->state == ROUND_OPEN ? 0 : INT64_MAX;
    struct str record = {};
    if (after->round == s->state) {
        due_ms = after->due_ms;
        record = after->record;
    }
    return store_all(c, LIST_SQL[s->small][s->state],
                     ARGS(READER_ARGS(p), TEXT(s->box.from[0]), TEXT(s->box.to[0]),
                          TEXT(s->box.from[1]), TEXT(s->box.to[1]), TEXT(state), INT(due_ms),
                          TEXT(record), INT(s->limit)),
                     ret_rows);
}

enum err consultation_sql_list(struct call *c, const struct consultation_list_args *args,
                               const struct consultation_item *after, int64_t limit,
                               struct consultation_item **ret_items, size_t *ret_count)
{
    struct stretch s = {.box = box_ranges(c, args->box)};
    ensure(args->box >= BOX_ALL && args->box <= BOX_RECEIVED);
    ensure(args->state >= 0 && args->state <= ROUND_CLOSED);
    ensure(limit > 0);
    struct consultation_item *items = arena_array(c->arena, (size_t)limit, sizeof *items);
    size_t count = 0;
    enum err e = args->box == BOX_ALL ? OK : box_is_small(c, &s.box, &s.small);
    for (s.state = ROUND_OPEN; e == OK && s.state <= ROUND_CLOSED; s.state++) {
        struct rows rows = {};
        bool wanted = args->state == 0 || args->state == s.state;
        s.limit = limit - (int64_t)count;
        if (!wanted || s.limit == 0 || after->round > s.state) continue;
        e = stretch_rows(c, &s, after, &rows);
        for (size_t i = 0; e == OK && i < rows.count; i++)
            items[count++] = item_of(&rows, i);
    }
    if (e != OK) return e;
    *ret_items = items;
    *ret_count = count;
    return OK;
}

enum err consultation_sql_reminded(struct call *c, struct str request, struct str office,
                                   int64_t *ret_sent_ms)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT max(sent) FROM k_consultation_reminder"
                           " WHERE request = $1 AND office = $2",
                           ARGS(TEXT(request), TEXT(office)), &rows);
    if (e == OK) *ret_sent_ms = rows_int(&rows, 0, 0);
    return e;
}

enum err consultation_sql_reminders(struct call *c, struct str request, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT r.sent, r.office, r.text, r.signer_title, h.home,"
                     " coalesce(o.acked_ms, 0) FROM k_consultation_reminder r"
                     " JOIN head h ON h.record = r.record"
                     " LEFT JOIN outbox o ON o.record = r.record"
                     " WHERE " READER("r.record") " AND r.request = $10"
                                                  " ORDER BY r.sent DESC, r.record LIMIT 100",
                     ARGS(READER_ARGS(p), TEXT(request)), ret_rows);
}

enum err consultation_sql_inner(struct call *c, struct str request, struct str unit,
                                struct str *ret_inner)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record FROM k_consultation_inner"
                           " WHERE request = $1 AND unit = $2 ORDER BY record LIMIT 1",
                           ARGS(TEXT(request), TEXT(unit)), &rows);
    if (e == OK) *ret_inner = one_text(&rows);
    return e;
}

enum err consultation_sql_inners_open(struct call *c, struct str request, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT i.record FROM k_consultation_inner i"
                     " WHERE i.request = $1 AND i.closed = 0 AND NOT EXISTS"
                     " (SELECT 1 FROM k_consultation_comment m"
                     " WHERE m.request = i.request AND m.unit = i.unit)"
                     " ORDER BY i.record LIMIT 200",
                     ARGS(TEXT(request)), ret_rows);
}

enum err consultation_sql_inners(struct call *c, struct str request, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT i.unit, i.question, i.asked_by, i.due, i.closed,"
                     " (SELECT COUNT(*) FROM k_consultation_comment m"
                     " WHERE m.request = i.request AND m.unit = i.unit)"
                     " FROM k_consultation_inner i"
                     " WHERE " READER("i.record") " AND i.request = $10"
                                                  " ORDER BY i.due, i.record LIMIT 200",
                     ARGS(READER_ARGS(p), TEXT(request)), ret_rows);
}

enum err consultation_sql_comments(struct call *c, struct str request, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT m.unit, m.text, m.signer_title, m.at FROM k_consultation_comment m"
                     " WHERE " READER("m.record") " AND m.request = $10"
                                                  " ORDER BY m.at, m.record LIMIT 500",
                     ARGS(READER_ARGS(p), TEXT(request)), ret_rows);
}
