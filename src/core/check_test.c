/* The whole check on an office whose rows and files were tampered with. */
#include "core/check.h"

#include "store/store.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h> /* after ours: it takes the name fail */

static int open_office(void **state)
{
    static struct t_office t;
    t_office_open(&t, "VPCP");
    struct act_result unit = t_act(&t, "admin", "office.add_unit", "{\"name\":\"Vụ Tổng hợp\"}");
    struct str change = str_format(t.arena, "{\"record\":\"%.*s\",\"name\":\"Vụ Pháp luật\"}",
                                   STR_ARG(unit.record));
    (void)t_act(&t, "admin", "office.change_unit", change.ptr);
    (void)t_act(&t, "admin", "office.add_person",
                "{\"login\":\"cv\",\"title\":\"Chuyên viên\",\"name\":\"Người thử\","
                "\"officer\":true,\"password\":\"mat-khau-thu\"}");
    *state = &t;
    return 0;
}

static int close_office(void **state)
{
    t_office_close(*state);
    return 0;
}

/* The report; lives as long as the call. */
static struct node *checked(struct call *c)
{
    struct node *report = node_map(c);
    enum err e = check_office(c, NULL, report);
    assert_int_equal(e, OK);
    return report;
}

static enum err run_sql(struct call *c, void *arg)
{
    return store_exec(c, arg, NO_ARGS, NULL);
}

/* Changes a row behind the office's back. */
static void tamper(struct t_office *t, const char *sql)
{
    struct call c = t_call(t, NULL);
    char *copy = arena_copy(t->arena, sql, str_of(sql).len);
    enum err e = store_tx(&c, run_sql, copy);
    assert_int_equal(e, OK);
    call_end(&c);
}

/* Says that the check names exactly one difference, of that kind. */
static void assert_named(struct t_office *t, const char *what)
{
    struct call c = t_call(t, NULL);
    struct node *report = checked(&c);
    assert_int_equal(node_number(report, "equal"), 0);
    assert_int_equal(node_number(report, "difference_count"), 1);
    const struct node *first = node_find(report, S("differences"))->first;
    assert_true(str_eq(node_get(first, "what"), str_of(what)));
    assert_true(node_get(first, "where").len > 0 && node_get(first, "text").len > 0);
    call_end(&c);
}

static void an_honest_office_is_equal(void **state)
{
    struct t_office *t = *state;
    struct call c = t_call(t, NULL);
    struct node *report = checked(&c);
    assert_int_equal(node_number(report, "equal"), 1);
    assert_int_equal(node_number(report, "versions"), 5);
    assert_int_equal(node_count(node_find(report, S("differences"))), 0);
    assert_true(node_number(report, "rows") > 0);
    call_end(&c);
}

static void a_projected_row_that_was_changed_is_named(void **state)
{
    tamper(*state, "UPDATE k_office_unit SET name = 'Vụ khác'");
    assert_named(*state, "row");
}

static void a_row_without_ground_is_named(void **state)
{
    tamper(*state, "INSERT INTO settlement (about, what, okey, by_record, by_n, at_ms)"
                   " VALUES ('a', 'b', 'c', 'd', 1, 1)");
    assert_named(*state, "row_extra");
}

static void a_count_that_is_wrong_is_named(void **state)
{
    tamper(*state, "INSERT INTO tally (month, owner, what, total, done, late, late_first)"
                   " VALUES (24322, 'i:', 'office.test', 1, 1, 0, 0)");
    assert_named(*state, "row_extra");
}

static void a_row_that_is_gone_is_named(void **state)
{
    tamper(*state, "DELETE FROM audience WHERE party = 'r:admin' AND record ="
                   " (SELECT record FROM head WHERE kind = 'office.unit')");
    assert_named(*state, "row_missing");
}

static void a_wrong_signature_is_named(void **state)
{
    tamper(*state, "UPDATE version SET sig = (SELECT sig FROM version WHERE kind = 'office.office')"
                   " WHERE kind = 'office.unit' AND n = 2");
    assert_named(*state, "signature");
}

static void personal_data_that_was_changed_is_named(void **state)
{
    tamper(*state, "UPDATE personal SET value = 'Người khác' WHERE value = 'Người thử'");
    struct t_office *t = *state;
    struct call c = t_call(t, NULL);
    struct node *report = checked(&c);
    const struct node *first = node_find(report, S("differences"))->first;
    assert_true(str_eq(node_get(first, "what"), S("personal")));
    call_end(&c);
}

static void an_entry_taken_out_of_the_log_is_named(void **state)
{
    tamper(*state, "DELETE FROM leaf WHERE id = (SELECT min(id) FROM leaf)");
    assert_named(*state, "leaf");
}

static void a_column_beside_the_signed_bytes_is_named(void **state)
{
    tamper(*state, "UPDATE version SET key = 'another' WHERE kind = 'office.unit' AND n = 1");
    assert_named(*state, "columns");
}

static void nothing_is_left_behind(void **state)
{
    struct t_office *t = *state;
    struct call c = t_call(t, NULL);
    struct stat before = {};
    struct stat after = {};
    struct str tmp = str_format(c.arena, "%.*s/tmp", STR_ARG(t->office.dir));
    (void)checked(&c);
    assert_int_equal(stat(tmp.ptr, &before), 0);
    (void)checked(&c);
    assert_int_equal(stat(tmp.ptr, &after), 0);
    assert_int_equal(rmdir(tmp.ptr), 0); /* it is empty */
    assert_int_equal(mkdir(tmp.ptr, 0700), 0);
    assert_int_equal(before.st_nlink, after.st_nlink);
    call_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_honest_office_is_equal),
        TEST(a_projected_row_that_was_changed_is_named),
        TEST(a_row_without_ground_is_named),
        TEST(a_count_that_is_wrong_is_named),
        TEST(a_row_that_is_gone_is_named),
        TEST(a_wrong_signature_is_named),
        TEST(personal_data_that_was_changed_is_named),
        TEST(an_entry_taken_out_of_the_log_is_named),
        TEST(a_column_beside_the_signed_bytes_is_named),
        TEST(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
