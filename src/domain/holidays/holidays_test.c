/* The module on a real database: what the administrator does, and what the office then counts by.
 */
#include "holidays.h"

#include "base/time.h"
#include "base/words.h"
#include "base/workday_receipt.h"
#include "core/obligation.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "t.h"

#define TET_2027                                                                                   \
    "[{\"day\":\"2027-02-08\",\"kind\":\"off\",\"reason\":\"holiday\",\"holiday\":\"tet\"},"       \
    "{\"day\":\"2027-02-09\",\"kind\":\"off\",\"reason\":\"holiday\",\"holiday\":\"tet\"}]"

static void refresh(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    assert_int_equal(office_refresh(&c, &t->office, t->arena), OK);
    call_end(&c);
}

static int setup(void **state)
{
    struct t_office *t = calloc(1, sizeof *t);
    t_office_open(t, "VPCP");
    (void)t_person(t, "minh", ROLE_OFFICER);
    refresh(t);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    t_office_close(*state);
    free(*state);
    return 0;
}

static int64_t day_of(const char *iso)
{
    int64_t day = 0;
    assert_true(time_parse_day(str_of(iso), &day));
    return day;
}

static struct str decide(struct t_office *t)
{
    return t_act(t, "admin", "holidays.decide",
                 "{\"number\":\"12/TB\",\"issued_date\":\"2026-11-20\",\"days\":" TET_2027 "}")
        .record;
}

static const char *about(struct t_office *t, struct str record, const char *more)
{
    return str_format(t->arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more).ptr;
}

static struct str page(struct t_office *t, const char *login, const char *name, const char *json)
{
    struct call c = t_call(t, login);
    const struct field_table *table = module_view(str_of(name))->args;
    void *args = table == NULL ? NULL : arena_alloc(c.arena, table->size);
    struct view view = {};
    struct sb sb = sb_new(t->arena, 0);
    if (table != NULL) {
        assert_int_equal(fields_read(&c, table, str_of(json), UNKNOWN_REFUSE, args), OK);
    }
    assert_int_equal(view_run(&c, str_of(name), args, &view), OK);
    sb_put(&sb, view.title);
    node_json(&sb, view.data);
    call_end(&c);
    return sb_str(&sb);
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void a_decision_changes_what_the_office_counts_by(void **state)
{
    struct t_office *t = *state;
    const struct workday_calendar *before = t->office.calendar;
    int64_t due = 0;
    assert_int_equal(workday_reason_of(before, day_of("2027-02-05")), WORKDAY_TET);
    (void)decide(t);
    const struct workday_calendar *after = t->office.calendar;
    assert_ptr_not_equal(before, after);
    assert_true(str_eq(workday_calendar_version(after), S("vn-2026.1+1")));
    assert_true(workday_add(after, day_of("2027-02-04"), 1, WORKDAY_WORKING_DAYS, &due));
    assert_int_equal(due, day_of("2027-02-05"));
    /* whoever still holds the old calendar may go on reading it */
    assert_true(workday_add(before, day_of("2027-02-04"), 1, WORKDAY_WORKING_DAYS, &due));
    assert_int_equal(due, day_of("2027-02-12"));
}

static void a_restart_counts_by_the_same_days(void **state)
{
    struct t_office *t = *state;
    (void)decide(t);
    struct call c = call_begin(&t->env, NULL, NULL);
    t->office.calendar = workday_calendar_vn(&c, t->arena);
    call_end(&c);
    t_office_restart(t);
    refresh(t);
    assert_true(workday_is_working(t->office.calendar, day_of("2027-02-05")));
    assert_true(str_eq(workday_calendar_version(t->office.calendar), S("vn-2026.1+1")));
}

static void the_name_of_the_calendar_grows_with_every_change(void **state)
{
    struct t_office *t = *state;
    struct str record = decide(t);
    (void)t_act(t, "admin", "holidays.change",
                about(t, record,
                      ",\"seen\":1,\"number\":\"12/TB\",\"days\":"
                      "[{\"day\":\"2027-07-14\",\"kind\":\"off\",\"reason\":"
                      "\"decision\"}]"));
    assert_true(str_eq(workday_calendar_version(t->office.calendar), S("vn-2026.1+2")));
    assert_false(workday_is_working(t->office.calendar, day_of("2027-07-14")));
    assert_int_equal(workday_reason_of(t->office.calendar, day_of("2027-02-05")), WORKDAY_TET);
    (void)t_act(t, "admin", "holidays.withdraw",
                about(t, record, ",\"seen\":2,\"reason\":\"sai\""));
    assert_true(str_eq(workday_calendar_version(t->office.calendar), S("vn-2026.1+3")));
    assert_true(workday_is_working(t->office.calendar, day_of("2027-07-14")));
}

static void a_withdrawn_decision_is_not_changed_any_more(void **state)
{
    struct t_office *t = *state;
    struct str record = decide(t);
    (void)t_act(t, "admin", "holidays.withdraw", about(t, record, ",\"reason\":\"sai\""));
    assert_string_equal(
        t_refused(t, "admin", "holidays.withdraw", about(t, record, ",\"reason\":\"sai\"")).ptr,
        "holidays.withdrawn");
}

static void only_the_administrator_decides(void **state)
{
    struct t_office *t = *state;
    assert_string_equal(
        t_refused(t, "minh", "holidays.decide", "{\"number\":\"1\",\"days\":" TET_2027 "}").ptr,
        "grant.role");
}

static void a_refused_decision_changes_nothing(void **state)
{
    struct t_office *t = *state;
    const struct workday_calendar *before = t->office.calendar;
    assert_string_equal(t_refused(t, "admin", "holidays.decide", "{\"number\":\"1\"}").ptr,
                        "field.required");
    assert_string_equal(t_refused(t, "admin", "holidays.decide",
                                  "{\"number\":\"1\",\"days\":[{\"day\":\"2027-02-08\","
                                  "\"kind\":\"off\"}]}")
                            .ptr,
                        "holidays.reason_needed");
    assert_ptr_equal(before, t->office.calendar);
}

static const char *import_json(struct t_office *t, const char *csv)
{
    return str_format(t->arena,
                      "{\"number\":\"13/TB\",\"file\":[{\"root\":\"%.*s\",\"name\":\"ngay.csv\","
                      "\"media\":\"text/csv\",\"size\":%zu}]}",
                      STR_ARG(t_file(t, csv)), str_of(csv).len)
        .ptr;
}

static void days_come_from_a_csv_file(void **state)
{
    struct t_office *t = *state;
    struct act_result made =
        t_act(t, "admin", "holidays.import",
              import_json(t, "date;kind;reason;holiday\r\n10/05/2027;off;swap;\r\n"
                             "08/05/2027;work;swap;\r\n"));
    assert_int_equal(workday_reason_of(t->office.calendar, day_of("2027-05-10")), WORKDAY_SWAP);
    assert_true(workday_is_working(t->office.calendar, day_of("2027-05-08")));
    assert_true(contains(page(t, "minh", "holidays.show", about(t, made.record, "")), "ngay.csv"));
    (void)t_act(t, "admin", "holidays.change",
                about(t, made.record, ",\"number\":\"14/TB\",\"days\":" TET_2027));
    assert_true(contains(page(t, "minh", "holidays.show", about(t, made.record, "")), "ngay.csv"));
}

static void a_csv_file_with_a_mistake_is_refused_whole(void **state)
{
    struct t_office *t = *state;
    const struct workday_calendar *before = t->office.calendar;
    const char *json = import_json(t, "date,kind,reason\n2027-05-10,off,swap\n2027-13-01,work,\n");
    assert_string_equal(t_refused(t, "admin", "holidays.import", json).ptr, "holidays.csv_line");
    json = import_json(t, "date,kind\n2027-05-10,off\n");
    assert_string_equal(t_refused(t, "admin", "holidays.import", json).ptr,
                        "holidays.reason_needed");
    assert_ptr_equal(before, t->office.calendar);
}

static void the_year_shows_every_day_off_with_its_reason(void **state)
{
    struct t_office *t = *state;
    struct str before = page(t, "minh", "holidays.list", "{\"year\":2027}");
    assert_true(contains(before, "\"tet_decided\":false"));
    assert_true(contains(before, "05/02/2027"));
    assert_true(contains(before, "chưa có quyết định"));
    assert_false(contains(before, "holidays.decide"));
    struct str record = decide(t);
    struct str after = page(t, "admin", "holidays.list", "{\"year\":2027}");
    assert_true(contains(after, "\"tet_decided\":true"));
    assert_false(contains(after, "05/02/2027"));
    assert_true(contains(after, "08/02/2027"));
    assert_true(contains(after, "12/TB"));
    assert_true(contains(after, "vn-2026.1+1"));
    assert_true(contains(after, "holidays.decide"));
    assert_true(contains(page(t, "minh", "holidays.list", "{\"year\":2026}"), "10/01/2026"));
    assert_true(contains(page(t, "minh", "holidays.list", "{}"), "2026"));
    struct str shown = page(t, "minh", "holidays.show", about(t, record, ""));
    assert_true(contains(shown, "Tết Nguyên đán"));
    assert_true(contains(page(t, "admin", "holidays.decisions", "{}"), "20/11/2026"));
}

/* An obligation as any subject opens one, with the receipt of its deadline. */
struct dated {
    struct str record;
    const char *from;
};

static enum err open_step(struct call *c, void *arg)
{
    const struct dated *d = arg;
    struct workday_receipt receipt = {};
    bool there = workday_explain(c->arena, c->office->calendar, day_of(d->from), 2,
                                 WORKDAY_WORKING_DAYS, &receipt);
    assert_true(there);
    struct version v = {.record = d->record, .n = 1, .time_ms = c->now_ms};
    struct obligation o = {.what = "consultation.answer",
                           .about = d->record,
                           .owner = S("r:officer"),
                           .creditor = S("r:chief"),
                           .key = str_of(d->from),
                           .due_day = receipt.due,
                           .due_ms = time_hanoi_midnight_ms(receipt.due + 1),
                           .why = workday_receipt_json(c->arena, &receipt),
                           .title = str_of(d->from)};
    return obligation_open(c, &v, &o);
}

static void open_obligation(struct t_office *t, struct str record, const char *from)
{
    struct call c = t_call(t, "minh");
    struct dated d = {record, from};
    assert_int_equal(store_tx(&c, open_step, &d), OK);
    call_end(&c);
}

static void a_late_decision_lists_the_deadlines_it_would_move(void **state)
{
    struct t_office *t = *state;
    struct str record =
        t_act(t, "admin", "holidays.decide",
              "{\"number\":\"1\",\"days\":[{\"day\":\"2030-01-05\",\"kind\":\"work\"}]}")
            .record;
    open_obligation(t, record, "2027-02-03"); /* 4 February, then Tet by rule */
    open_obligation(t, record, "2027-03-01"); /* far from it */
    assert_true(contains(page(t, "minh", "holidays.moved", "{}"), "\"count\":0"));
    (void)decide(t);
    struct str after = page(t, "minh", "holidays.moved", "{}");
    assert_true(contains(after, "\"count\":1"));
    assert_true(contains(after, "2027-02-03"));
    assert_true(contains(after, "12/02/2027")); /* as fixed */
    assert_true(contains(after, "05/02/2027")); /* by the decision */
}

/* A thread that counts while the calendar changes under it. */
struct reader {
    struct office *office;
    atomic_bool stop;
    size_t rounds;
    size_t wrong;
};

static void *read_on(void *arg)
{
    struct reader *r = arg;
    do {
        const struct workday_calendar *calendar = r->office->calendar;
        int64_t due = 0;
        bool there = workday_add(calendar, 20000, 60, WORKDAY_WORKING_DAYS, &due);
        if (!there || workday_count(calendar, 20000, due) != 60) r->wrong++;
        r->rounds++;
    } while (!atomic_load(&r->stop));
    return NULL;
}

static void calendars_change_while_others_count(void **state)
{
    struct t_office *t = *state;
    struct reader reader = {.office = &t->office};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
    for (int i = 0; i < 20; i++)
        (void)decide(t);
    atomic_store(&reader.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(reader.rounds > 0);
    assert_int_equal(reader.wrong, 0);
    assert_true(str_eq(workday_calendar_version(t->office.calendar), S("vn-2026.1+20")));
}

/* ---- the office's own week ---- */

#define WEEK_SATURDAY                                                                              \
    "{\"from_date\":\"2027-01-04\",\"basis\":\"15/QĐ-VP\",\"open\":["                             \
    "{\"weekday\":\"monday\",\"morning_from\":\"07:30\",\"morning_to\":\"11:30\","                 \
    "\"afternoon_from\":\"13:30\",\"afternoon_to\":\"17:00\"},"                                    \
    "{\"weekday\":\"friday\",\"morning_from\":\"07:30\",\"morning_to\":\"11:30\"},"                \
    "{\"weekday\":\"saturday\",\"morning_from\":\"08:00\",\"morning_to\":\"11:00\","               \
    "\"only_hours\":true}],\"no_ends\":[{\"date\":\"11/01\"}]}"

static void the_office_counts_by_its_own_week_from_its_first_day(void **state)
{
    struct t_office *t = *state;
    int64_t due = 0;
    (void)t_act(t, "admin", "holidays.set_week", WEEK_SATURDAY);
    const struct workday_calendar *calendar = t->office.calendar;
    assert_true(str_eq(workday_calendar_version(calendar), S("vn-2026.1+1")));
    assert_true(workday_is_working(calendar, day_of("2026-12-30"))); /* a Wednesday before it */
    assert_false(workday_is_working(calendar, day_of("2027-01-06")));
    assert_int_equal(workday_reason_of(calendar, day_of("2027-01-09")), WORKDAY_HALF_DAY);
    assert_int_equal(workday_hours_of(calendar, day_of("2027-01-04")).span[0].from_minute, 450);
    /* Friday 8, then Monday 11 would be the second day, but no term ends on 11 January */
    assert_true(workday_add(calendar, day_of("2027-01-04"), 1, WORKDAY_WORKING_DAYS, &due));
    assert_int_equal(due, day_of("2027-01-08"));
    assert_true(workday_add(calendar, day_of("2027-01-04"), 2, WORKDAY_WORKING_DAYS, &due));
    assert_int_equal(due, day_of("2027-01-15"));
    struct workday_receipt receipt = {};
    assert_true(workday_explain(t->arena, calendar, day_of("2027-01-04"), 2, WORKDAY_WORKING_DAYS,
                                &receipt));
    assert_int_equal(receipt.due, due);
    assert_true(str_eq(receipt.version, S("vn-2026.1+1")));
    t_office_restart(t);
    refresh(t);
    assert_false(workday_is_working(t->office.calendar, day_of("2027-01-06")));
    assert_true(contains(page(t, "admin", "holidays.weeks", "{}"), "15/QĐ-VP"));
}

static void a_withdrawn_week_gives_the_one_before_back(void **state)
{
    struct t_office *t = *state;
    struct str record = t_act(t, "admin", "holidays.set_week", WEEK_SATURDAY).record;
    (void)t_act(t, "admin", "holidays.withdraw_week", about(t, record, ",\"reason\":\"sai\""));
    assert_true(workday_is_working(t->office.calendar, day_of("2027-01-06")));
    assert_true(str_eq(workday_calendar_version(t->office.calendar), S("vn-2026.1+2")));
    assert_string_equal(
        t_refused(t, "admin", "holidays.withdraw_week", about(t, record, ",\"reason\":\"sai\""))
            .ptr,
        "holidays.week_withdrawn");
}

static void a_week_that_makes_no_sense_is_refused(void **state)
{
    struct t_office *t = *state;
    static const char *const WEEKS[][2] = {
        {"[]", "holidays.week_empty"},
        {"[{\"weekday\":\"monday\"}]", "holidays.clock"},
        {"[{\"weekday\":\"monday\",\"morning_from\":\"8\",\"morning_to\":\"11:00\"}]",
         "holidays.clock"},
        {"[{\"weekday\":\"monday\",\"morning_from\":\"11:00\",\"morning_to\":\"08:00\"}]",
         "holidays.clock"},
        {"[{\"weekday\":\"monday\",\"morning_from\":\"08:00\",\"morning_to\":\"24:30\"}]",
         "holidays.clock"},
        {"[{\"weekday\":\"monday\",\"morning_from\":\"08:00\",\"morning_to\":\"12:00\","
         "\"afternoon_from\":\"11:00\",\"afternoon_to\":\"17:00\"}]",
         "holidays.clock"},
        {"[{\"weekday\":\"monday\",\"morning_from\":\"08:00\",\"morning_to\":\"12:00\","
         "\"only_hours\":true}]",
         "holidays.week_empty"},
        {"[{\"weekday\":\"monday\",\"morning_from\":\"08:00\",\"morning_to\":\"12:00\"},"
         "{\"weekday\":\"monday\",\"morning_from\":\"08:00\",\"morning_to\":\"12:00\"}]",
         "holidays.day_twice"},
    };
    for (size_t i = 0; i < ARRAY_LEN(WEEKS); i++) {
        struct str json = str_format(
            t->arena, "{\"from_date\":\"2027-01-04\",\"basis\":\"1\",\"open\":%s}", WEEKS[i][0]);
        assert_string_equal(t_refused(t, "admin", "holidays.set_week", json.ptr).ptr, WEEKS[i][1]);
    }
    assert_string_equal(t_refused(t, "admin", "holidays.set_week",
                                  "{\"from_date\":\"2027-01-04\",\"basis\":\"1\",\"open\":["
                                  "{\"weekday\":\"monday\",\"morning_from\":\"08:00\","
                                  "\"morning_to\":\"12:00\"}],"
                                  "\"no_ends\":[{\"date\":\"30/02\"}]}")
                            .ptr,
                        "holidays.month_day");
    assert_string_equal(t_refused(t, "minh", "holidays.set_week", WEEK_SATURDAY).ptr, "grant.role");
}

static void the_form_of_a_week_begins_with_the_present_one(void **state)
{
    struct t_office *t = *state;
    struct str form = page(t, "admin", "holidays.week_form", "{}");
    assert_true(contains(form, "\"weekday\":\"friday\",\"morning_from\":\"08:00\""));
    assert_false(contains(form, "saturday"));
}

/* ---- what is asked in November ---- */

static void from_november_on_the_next_year_s_decision_is_asked_for(void **state)
{
    struct t_office *t = *state;
    static const char ASKED[] = "Tết năm 2027";
    t->now_ms = time_hanoi_midnight_ms(day_of("2026-11-01")) - 1;
    assert_false(contains(page(t, "admin", "today.today", "{}"), ASKED));
    t->now_ms++;
    assert_true(contains(page(t, "admin", "today.today", "{}"), ASKED));
    assert_false(contains(page(t, "minh", "today.today", "{}"), ASKED)); /* not his to enter */
    t->now_ms = time_hanoi_midnight_ms(day_of("2027-01-02"));
    assert_true(contains(page(t, "admin", "today.today", "{}"), ASKED)); /* still missing */
    (void)decide(t);
    assert_false(contains(page(t, "admin", "today.today", "{}"), ASKED));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_decision_changes_what_the_office_counts_by),
        TEST(a_restart_counts_by_the_same_days),
        TEST(the_name_of_the_calendar_grows_with_every_change),
        TEST(a_withdrawn_decision_is_not_changed_any_more),
        TEST(only_the_administrator_decides),
        TEST(a_refused_decision_changes_nothing),
        TEST(days_come_from_a_csv_file),
        TEST(a_csv_file_with_a_mistake_is_refused_whole),
        TEST(the_year_shows_every_day_off_with_its_reason),
        TEST(a_late_decision_lists_the_deadlines_it_would_move),
        TEST(calendars_change_while_others_count),
        TEST(the_office_counts_by_its_own_week_from_its_first_day),
        TEST(a_withdrawn_week_gives_the_one_before_back),
        TEST(a_week_that_makes_no_sense_is_refused),
        TEST(the_form_of_a_week_begins_with_the_present_one),
        TEST(from_november_on_the_next_year_s_decision_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
