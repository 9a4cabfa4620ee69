#include "figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/time.h"
#include "core/office.h"
#include "t.h"

enum { HOUR = 3600 * 1000 };

/* Wednesday 25/11/2026 09:00. */
struct desk {
    struct t_office t;
    struct t_office peer;
    struct str unit;
    struct str minh;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct t_office *t = &desk->t;
    t_office_open(t, "VPCP");
    t_office_open(&desk->peer, "VPQH");
    t_peers(t, &desk->peer);
    desk->minh = t_person(t, "minh", ROLE_OFFICER);
    (void)t_person(t, "chanh", ROLE_CHIEF);
    desk->unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Dự thảo\"}").record;
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    t_office_close(&desk->peer);
    free(desk);
    return 0;
}

static const char *peer(struct desk *desk)
{
    return str_format(desk->t.arena, "o:%.*s", STR_ARG(desk->peer.office.id)).ptr;
}

static const char *minh(struct desk *desk)
{
    return str_format(desk->t.arena, "p:%.*s", STR_ARG(desk->minh)).ptr;
}

static struct t_owed owe(struct desk *desk, const char *owner, const char *key, int64_t due_ms)
{
    struct t_owed owed = {
        .about = desk->unit, .owner = owner, .key = key, .title = "Việc mẫu", .due_ms = due_ms};
    t_owe(&desk->t, &owed);
    return owed;
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static size_t occurs(struct str text, const char *part)
{
    size_t count = 0;
    for (size_t at = str_find(text, str_of(part), 0); at < text.len;
         at = str_find(text, str_of(part), at + 1))
        count++;
    return count;
}

/* ---- counting ---- */

struct counting {
    struct tally_span span;
    struct tally all;
    struct tally party; /* of `who` */
    struct str who;
    struct tally_filter filter;
    int64_t listed;
    int64_t undated;
    int64_t undated_open;
};

static enum err count_step(struct call *c, void *arg)
{
    struct counting *counting = arg;
    struct tally_lines lines = {};
    enum err e = tally_count(c, &counting->span, &lines);
    for (size_t i = 0; e == OK && i < lines.count; i++) {
        const struct tally_line *line = &lines.lines[i];
        if (line->month > 0) tally_add(&counting->all, &line->tally);
        if (str_eq(line->party, counting->who)) tally_add(&counting->party, &line->tally);
    }
    return e != OK ? e : tally_undated(c, &counting->undated, &counting->undated_open);
}

static struct counting count(struct desk *desk, int64_t from_month, int64_t to_month,
                             const char *who)
{
    struct counting counting = {.span = {from_month, to_month}, .who = str_of(who)};
    struct call c = t_call(&desk->t, "chanh");
    assert_int_equal(store_read(&c, count_step, &counting), OK);
    call_end(&c);
    return counting;
}

static const int64_t NOVEMBER = 2026 * 12 + 10;

static void assert_cells(const struct tally *tally, enum tally_basis basis, const int64_t cells[4])
{
    for (size_t i = 0; i < TALLY_CELLS; i++)
        assert_int_equal(tally->cell[basis][i], cells[i]);
}

/* One in each cell by the first deadline: on time, late, in time, overdue. */
static void fill(struct desk *desk)
{
    int64_t now = desk->t.now_ms;
    struct t_owed on_time = owe(desk, peer(desk), "1", now + HOUR);
    struct t_owed late = owe(desk, peer(desk), "2", now - HOUR);
    (void)owe(desk, peer(desk), "3", now + 2 * HOUR);
    (void)owe(desk, minh(desk), "4", now - 2 * HOUR);
    t_settle(&desk->t, &on_time);
    t_settle(&desk->t, &late);
}

static void each_stands_in_one_cell(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct counting counting = count(desk, NOVEMBER, NOVEMBER, peer(desk));
    assert_cells(&counting.all, TALLY_NOW, (int64_t[]){1, 1, 1, 1});
    assert_cells(&counting.all, TALLY_FIRST, (int64_t[]){1, 1, 1, 1});
    assert_cells(&counting.party, TALLY_NOW, (int64_t[]){1, 1, 1, 0});
    assert_int_equal(tally_sum(&counting.all, TALLY_NOW, TALLY_ALL), 4);
}

static void the_clock_alone_makes_work_overdue(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    desk->t.now_ms += (int64_t)3 * HOUR;
    struct counting counting = count(desk, NOVEMBER, NOVEMBER, "p:");
    assert_cells(&counting.all, TALLY_NOW, (int64_t[]){1, 1, 0, 2});
    assert_cells(&counting.party, TALLY_NOW, (int64_t[]){0, 0, 0, 1});
}

/* The limit stated again by a later version of the same record. */
static enum err move_step(struct call *c, void *arg)
{
    struct t_owed *owed = arg;
    struct version v = {.record = owed->about, .n = 2, .time_ms = c->now_ms};
    const struct obligation_limit limit = {.due_day = time_hanoi_day(owed->due_ms),
                                           .due_ms = owed->due_ms,
                                           .moved_reason = S("Chờ ý kiến")};
    return obligation_limit(c, &v, owed->about, "office.test", str_of(owed->key), &limit);
}

static void move(struct desk *desk, struct t_owed owed, int64_t due_ms)
{
    struct call c = t_call(&desk->t, NULL);
    owed.due_ms = due_ms;
    assert_int_equal(store_tx(&c, move_step, &owed), OK);
    call_end(&c);
}

static void a_move_changes_one_basis_and_no_month(void **state)
{
    struct desk *desk = *state;
    struct t_owed open = owe(desk, peer(desk), "1", desk->t.now_ms - HOUR);
    struct t_owed done = owe(desk, peer(desk), "2", desk->t.now_ms - HOUR);
    move(desk, open, desk->t.now_ms + (int64_t)40 * 24 * HOUR); /* into January */
    move(desk, done, desk->t.now_ms + HOUR);
    t_settle(&desk->t, &done);
    struct counting counting = count(desk, NOVEMBER, NOVEMBER, peer(desk));
    assert_cells(&counting.all, TALLY_NOW, (int64_t[]){1, 0, 1, 0});
    assert_cells(&counting.all, TALLY_FIRST, (int64_t[]){0, 1, 0, 1});
    counting = count(desk, NOVEMBER + 1, NOVEMBER + 3, peer(desk));
    assert_int_equal(tally_sum(&counting.all, TALLY_NOW, TALLY_ALL), 0);
}

static void what_has_no_deadline_is_said_apart(void **state)
{
    struct desk *desk = *state;
    struct t_owed done = owe(desk, minh(desk), "1", 0);
    (void)owe(desk, minh(desk), "2", 0);
    t_settle(&desk->t, &done);
    struct counting counting = count(desk, 0 + 1, NOVEMBER * 2, "p:");
    assert_int_equal(tally_sum(&counting.all, TALLY_NOW, TALLY_ALL), 0);
    assert_int_equal(counting.undated, 2);
    assert_int_equal(counting.undated_open, 1);
    struct str text = t_view(&desk->t, "chanh", "figures.show", "{}", NULL);
    assert_true(contains(text, "2 việc không đặt hạn, 1 việc chưa hoàn thành"));
    assert_int_equal(
        occurs(t_view(&desk->t, "chanh", "figures.list", "{\"undated\":true}", NULL), "\"record\""),
        2);
}

/* The counts as they are kept, and as they would be counted now. */
static enum err plain_step(struct call *c, void *arg)
{
    struct rows *rows = arg;
    return store_all(c,
                     "SELECT (SELECT count(*) FROM (SELECT month, CASE WHEN owner < 'p' THEN owner"
                     " ELSE 'i:' END AS who, what, count(*) AS total, count(settled_ms) AS done"
                     " FROM obligation GROUP BY 1, 2, 3) AS o LEFT JOIN tally t"
                     " ON t.month = o.month AND t.owner = o.who AND t.what = o.what"
                     " AND t.total = o.total AND t.done = o.done WHERE t.month IS NULL),"
                     " (SELECT count(*) FROM tally WHERE total <= 0)",
                     NO_ARGS, rows);
}

static void kept_counts_are_those_of_plain_counting(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed[60] = {};
    for (size_t i = 0; i < ARRAY_LEN(owed); i++) {
        const char *key = str_format(desk->t.arena, "%zu", i).ptr;
        int64_t due_ms = desk->t.now_ms + (int64_t)((i * 7919) % 90) * 24 * HOUR;
        owed[i] = owe(desk, i % 3 == 0 ? peer(desk) : minh(desk), key, i % 7 == 0 ? 0 : due_ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(owed); i += 2)
        t_settle(&desk->t, &owed[i]);
    for (size_t i = 0; i < ARRAY_LEN(owed); i += 3)
        t_owe(&desk->t, &owed[i]); /* again, as a repeated version would */
    (void)t_act(&desk->t, "admin", "office.change_person",
                str_format(desk->t.arena,
                           "{\"record\":\"%.*s\",\"title\":\"Chuyên viên\",\"unit\":\"%.*s\","
                           "\"officer\":true}",
                           STR_ARG(desk->minh), STR_ARG(desk->unit))
                    .ptr);
    struct rows rows = {};
    struct call c = t_call(&desk->t, NULL);
    assert_int_equal(store_read(&c, plain_step, &rows), OK);
    assert_int_equal(rows_int(&rows, 0, 0), 0);
    assert_int_equal(rows_int(&rows, 0, 1), 0);
    call_end(&c);
    struct counting counting = count(desk, NOVEMBER, NOVEMBER + 4,
                                     str_format(desk->t.arena, "u:%.*s", STR_ARG(desk->unit)).ptr);
    assert_true(tally_sum(&counting.party, TALLY_NOW, TALLY_ALL) > 0);
}

/* ---- the pages ---- */

/* The list that a link of the page opens, as the arguments of its view. */
static struct str list_json(struct desk *desk, struct str query)
{
    struct sb sb = sb_new(desk->t.arena, 0);
    struct str pair = {};
    sb_char(&sb, '{');
    while (query.len > 0) {
        struct str name = {};
        struct str value = {};
        int64_t number = 0;
        (void)str_cut(query, '&', &pair, &query);
        (void)str_cut(pair, '=', &name, &value);
        if (sb.len > 1) sb_char(&sb, ',');
        bool plain = parse_int(value, 0, INT64_MAX, &number);
        sb_printf(&sb, plain ? "\"%.*s\":%.*s" : "\"%.*s\":\"%.*s\"", STR_ARG(name),
                  STR_ARG(value));
    }
    sb_char(&sb, '}');
    return sb_str(&sb);
}

static void each_number_opens_as_many_lines(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct str text = t_view(&desk->t, "chanh", "figures.show", "{\"year\":2026}", NULL);
    const struct str link = S("\"kind\":\"number\",\"href\":\"/view/figures.list?");
    size_t numbers = 0;
    for (size_t at = str_find(text, link, 0); at < text.len; at = str_find(text, link, at + 1)) {
        size_t from = at;
        while (text.ptr[from - 1] != '{')
            from--;
        int64_t number = 0;
        struct str shown = str_sub(text, from + S("\"text\":\"").len, at - 2);
        assert_true(parse_int(shown, 0, INT64_MAX, &number));
        struct str rest = str_sub(text, at + link.len, text.len);
        struct str json = list_json(desk, str_sub(rest, 0, str_find(rest, S("\""), 0)));
        struct str list = t_view(&desk->t, "chanh", "figures.list", json.ptr, NULL);
        assert_true(list.len > 0);
        assert_int_equal(occurs(list, "\"record\""), number);
        numbers++;
    }
    assert_in_range(numbers, 40, 60);
}

static void a_rate_stands_with_both_its_numbers(void **state)
{
    struct desk *desk = *state;
    for (size_t i = 0; i < 3; i++) {
        struct t_owed owed = owe(desk, peer(desk), str_format(desk->t.arena, "%zu", i).ptr,
                                 desk->t.now_ms + (i == 0 ? -HOUR : HOUR));
        t_settle(&desk->t, &owed);
    }
    struct str text = t_view(&desk->t, "chanh", "figures.show", "{}", NULL);
    assert_true(contains(text, "\"66,7%\""));
    assert_true(contains(text, "chia cho số việc đã hoàn thành"));
    assert_true(contains(t_view(&desk->t, "chanh", "figures.show", "{\"year\":2025}", NULL),
                         "Không có việc"));
}

/* As if its author had kept the record to himself. */
static enum err hide_step(struct call *c, void *arg)
{
    const struct t_owed *owed = arg;
    return store_exec(c, "UPDATE audience SET party = $1 WHERE record = $2",
                      ARGS(TEXT(str_of(owed->owner)), TEXT(owed->about)), NULL);
}

static void what_is_secret_is_counted_and_listed_without_title(void **state)
{
    struct desk *desk = *state;
    struct str note =
        t_act(&desk->t, "minh", "note.write", "{\"title\":\"Việc riêng\",\"text\":\"Kín\"}").record;
    struct t_owed owed = {.about = note,
                          .owner = minh(desk),
                          .key = "1",
                          .title = "Tên không ai được biết",
                          .due_ms = desk->t.now_ms + HOUR};
    t_owe(&desk->t, &owed);
    struct call c = t_call(&desk->t, NULL);
    assert_int_equal(store_tx(&c, hide_step, &owed), OK);
    call_end(&c);
    struct counting counting = count(desk, NOVEMBER, NOVEMBER, "p:");
    assert_cells(&counting.all, TALLY_NOW, (int64_t[]){0, 0, 1, 0});
    struct str list = t_view(&desk->t, "chanh", "figures.list", "{\"year\":2026}", NULL);
    assert_int_equal(occurs(list, "\"record\""), 1);
    assert_false(contains(list, "Tên không ai được biết"));
    assert_false(contains(list, "note.show"));
    assert_true(contains(list, "ngoài phạm vi được xem"));
}

static void the_page_is_for_those_who_lead(void **state)
{
    struct desk *desk = *state;
    struct str reason = {};
    (void)t_view(&desk->t, "minh", "figures.show", "{}", &reason);
    assert_string_equal(reason.ptr, "grant.role");
    (void)t_view(&desk->t, "minh", "figures.list", "{}", &reason);
    assert_string_equal(reason.ptr, "grant.role");
}

static void a_period_out_of_time_shows_an_empty_page(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    static const char *const ARGS_JSON[] = {
        "{\"year\":2199}", "{\"year\":1900}", "{\"year\":1901,\"month\":1}",
        "{\"year\":2026,\"kind\":\"office.test2\"}",
        "{\"year\":2026,\"after\":\"9223372036854775807 9223372036854775807\"}"};
    for (size_t i = 0; i < ARRAY_LEN(ARGS_JSON); i++) {
        assert_true(t_view(&desk->t, "chanh", "figures.list", ARGS_JSON[i], NULL).len > 0);
        if (i < 3)
            assert_true(t_view(&desk->t, "chanh", "figures.show", ARGS_JSON[i], NULL).len > 0);
    }
    struct str list = t_view(&desk->t, "chanh", "figures.list", ARGS_JSON[4], NULL);
    assert_int_equal(occurs(list, "\"record\""), 0);
}

static void a_party_that_is_none_is_refused(void **state)
{
    struct desk *desk = *state;
    static const char *const PARTIES[] = {"p:x", "u:", "o:' OR 1=1", "r:king", "x", "i:i:", "p"};
    for (size_t i = 0; i < ARRAY_LEN(PARTIES); i++) {
        struct str reason = {};
        const char *json = str_format(desk->t.arena, "{\"party\":\"%s\"}", PARTIES[i]).ptr;
        (void)t_view(&desk->t, "chanh", "figures.list", json, &reason);
        assert_string_equal(reason.ptr, "form");
    }
}

/* A list longer than a page goes on where it ended and holds each line once. */
static void pages_follow_without_loss(void **state)
{
    struct desk *desk = *state;
    for (size_t i = 0; i < 60; i++)
        (void)owe(desk, peer(desk), str_format(desk->t.arena, "%zu", i).ptr, desk->t.now_ms + HOUR);
    struct str first = t_view(&desk->t, "chanh", "figures.list", "{\"year\":2026}", NULL);
    size_t at = str_find(first, S("\"next\":\""), 0) + S("\"next\":\"").len;
    struct str next = str_sub(first, at, str_find(first, S("\""), at));
    const char *json =
        str_format(desk->t.arena, "{\"year\":2026,\"after\":\"%.*s\"}", STR_ARG(next)).ptr;
    struct str second = t_view(&desk->t, "chanh", "figures.list", json, NULL);
    assert_int_equal(occurs(first, "\"record\""), 50);
    assert_int_equal(occurs(second, "\"record\""), 10);
    assert_false(contains(second, "\"next\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_stands_in_one_cell),
        TEST(the_clock_alone_makes_work_overdue),
        TEST(a_move_changes_one_basis_and_no_month),
        TEST(what_has_no_deadline_is_said_apart),
        TEST(kept_counts_are_those_of_plain_counting),
        TEST(each_number_opens_as_many_lines),
        TEST(a_rate_stands_with_both_its_numbers),
        TEST(what_is_secret_is_counted_and_listed_without_title),
        TEST(the_page_is_for_those_who_lead),
        TEST(a_period_out_of_time_shows_an_empty_page),
        TEST(a_party_that_is_none_is_refused),
        TEST(pages_follow_without_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
