/* The reading load: the arithmetic alone, then two offices: pages counted and corrected, deadlines
 * that are too short, the page of who reads what, and the figures of the year. */
#include "consultation_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/time.h"
#include "core/parse.h"
#include "t.h"

enum { ASKER, GIVER, OFFICES };
#define WEDNESDAY (time_day_of((struct date){2026, 11, 25}))

struct scene {
    struct t_office office[OFFICES];
    struct str officer;
    int64_t carried[OFFICES][OFFICES];
};

/* ---- arithmetic ---- */

struct sums {
    struct call c;
    const struct workday_calendar *calendar;
};

static int calendar_open(void **state)
{
    struct sums *s = test_calloc(1, sizeof *s);
    s->c = call_begin(env_real(), NULL, NULL);
    s->calendar = workday_calendar_vn(&s->c, s->c.arena);
    *state = s;
    return 0;
}

static int calendar_close(void **state)
{
    struct sums *s = *state;
    call_end(&s->c);
    test_free(s);
    return 0;
}

static void the_heaviest_stretch_sums_all_that_is_due_up_to_its_end(void **state)
{
    struct sums *s = *state;
    /* Friday, Monday and the Friday after: 2, 3 and 7 working days ahead */
    struct consultation_task tasks[] = {
        {WEDNESDAY + 2, 30}, {WEDNESDAY + 5, 60}, {WEDNESDAY + 9, 8}};
    struct consultation_reader reader = {.tasks = tasks, .count = 3};
    struct consultation_peak peak = consultation_load_peak(s->calendar, WEDNESDAY, &reader);
    assert_int_equal(peak.day, WEDNESDAY + 5);
    assert_int_equal(peak.pages, 90);
    assert_int_equal(peak.days, 3);
    assert_false(consultation_load_over(&peak, 30));
    assert_true(consultation_load_over(&peak, 29));
    assert_false(consultation_load_over(&peak, 0));
}

static void what_is_late_is_read_today(void **state)
{
    struct sums *s = *state;
    struct consultation_task tasks[] = {{WEDNESDAY - 20, 40}};
    struct consultation_reader reader = {.tasks = tasks, .count = 1};
    struct consultation_peak peak = consultation_load_peak(s->calendar, WEDNESDAY, &reader);
    assert_int_equal(peak.days, 1);
    assert_int_equal(peak.day, WEDNESDAY);
}

static void nothing_to_read_has_no_peak(void **state)
{
    struct sums *s = *state;
    struct consultation_reader reader = {};
    assert_int_equal(consultation_load_peak(s->calendar, WEDNESDAY, &reader).day, 0);
}

static void the_first_day_is_when_the_slowest_reader_is_within_the_rate(void **state)
{
    struct sums *s = *state;
    struct consultation_task tasks[] = {{WEDNESDAY + 5, 60}};
    struct consultation_reader readers[] = {{}, {.tasks = tasks, .count = 1}};
    struct list free = {readers, 1};
    struct list both = {readers, 2};
    struct consultation_proposal proposal = {};
    assert_true(consultation_load_propose(s->calendar, WEDNESDAY, 20, 40, &free, &proposal));
    assert_int_equal(proposal.days, 2);
    assert_int_equal(proposal.day, WEDNESDAY + 2);
    assert_true(consultation_load_propose(s->calendar, WEDNESDAY, 20, 40, &both, &proposal));
    assert_int_equal(proposal.days, 5); /* 100 pages */
    assert_int_equal(proposal.day, WEDNESDAY + 7);
}

/* All of it against a count without cleverness. */
static void no_earlier_day_would_have_done(void **state)
{
    struct sums *s = *state;
    uint32_t seed = 7;
    for (int round = 0; round < 200; round++) {
        struct consultation_task tasks[6];
        for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
            seed = seed * 1664525U + 1013904223U;
            tasks[i].day = WEDNESDAY + (int64_t)(seed >> 16) % 40;
            seed = seed * 1664525U + 1013904223U;
            tasks[i].pages = (int64_t)(seed >> 16) % 90;
        }
        struct consultation_reader reader = {.tasks = tasks, .count = ARRAY_LEN(tasks)};
        struct list readers = {&reader, 1};
        struct consultation_proposal got = {};
        assert_true(consultation_load_propose(s->calendar, WEDNESDAY, 15, 50, &readers, &got));
        for (int64_t day = WEDNESDAY + 1; day <= got.day; day++) {
            if (!workday_is_working(s->calendar, day)) continue;
            struct consultation_task more = {day, 50};
            struct consultation_peak peak =
                consultation_load_with(s->calendar, WEDNESDAY, &reader, &more);
            assert_int_equal(consultation_load_over(&peak, 15), day < got.day);
        }
    }
}

static void a_hopeless_load_has_no_day(void **state)
{
    struct sums *s = *state;
    struct consultation_reader reader = {};
    struct list readers = {&reader, 1};
    struct consultation_proposal proposal = {};
    assert_false(consultation_load_propose(s->calendar, WEDNESDAY, 1, 100000, &readers, &proposal));
}

/* ---- offices ---- */

static enum err pages_by_size(void *self, struct call *c, const struct parse_order *order,
                              struct parse *ret_parse)
{
    (void)self;
    if (order->size == 3) return (fail)(c, ERR_INVALID, "parse.format");
    *ret_parse = (struct parse){.format = PARSE_PDF, .pages = order->size, .basis = PARSE_COUNTED};
    return OK;
}
static const struct parse_door DOOR = {.read = pages_by_size};

static void carry_all(struct scene *s)
{
    t_carry(&s->office[ASKER], &s->office[GIVER], &s->carried[ASKER][GIVER]);
    t_carry(&s->office[GIVER], &s->office[ASKER], &s->carried[GIVER][ASKER]);
}

static int setup(void **state)
{
    struct scene *s = test_calloc(1, sizeof *s);
    static const char *const CODES[] = {"VPCP", "VPQH"};
    for (size_t i = 0; i < OFFICES; i++) {
        t_office_open(&s->office[i], CODES[i]);
        s->officer = t_person(&s->office[i], "can-bo", ROLE_OFFICER);
        (void)t_person(&s->office[i], "van-thu", ROLE_REGISTRY);
        (void)t_person(&s->office[i], "chanh-vp", ROLE_CHIEF);
        s->office[i].office.parser = &DOOR;
    }
    t_peers(&s->office[ASKER], &s->office[GIVER]);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < OFFICES; i++)
        t_office_close(&s->office[i]);
    test_free(s);
    return 0;
}

static const char *ask_json(struct scene *s, const char *bytes, int days, const char *more)
{
    struct t_office *t = &s->office[ASKER];
    struct str root = t_file(t, bytes);
    return str_format(t->arena,
                      "{\"subject\":\"Dự thảo Quy chế\",\"days\":%d,\"asked\":[{\"office\":"
                      "\"%.*s\"}],\"files\":[{\"root\":\"%.*s\",\"name\":\"a.pdf\",\"media\":"
                      "\"application/pdf\",\"size\":%zu}]%s}",
                      days, STR_ARG(s->office[GIVER].office.id), STR_ARG(root), str_of(bytes).len,
                      more)
        .ptr;
}

static struct str ask(struct scene *s, const char *bytes, int days, const char *more)
{
    struct str record =
        t_act(&s->office[ASKER], "can-bo", "consultation.ask", ask_json(s, bytes, days, more))
            .record;
    carry_all(s);
    return record;
}

static const char *about(struct scene *s, int office, struct str record, const char *more)
{
    return str_format(s->office[office].arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more)
        .ptr;
}

static struct str see(struct scene *s, int office, const char *login, const char *view,
                      const char *json)
{
    return t_view(&s->office[office], login, view, json, NULL);
}

static void assert_shows(struct str text, const char *part)
{
    if (str_find(text, str_of(part), 0) == text.len) {
        fail_msg("\"%s\" is not in %.*s", part, STR_ARG(text));
    }
}

static void pages_are_counted_in_the_files_and_told_to_everybody(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "0123456789", 5, "");
    struct str page = see(s, GIVER, "can-bo", "consultation.show", about(s, GIVER, record, ""));
    assert_shows(page, "10 trang, đếm từ tệp");
    assert_shows(page, "2 trang/ngày làm việc");
}

static void a_correction_by_hand_keeps_the_count_and_needs_a_reason(void **state)
{
    struct scene *s = *state;
    struct str got = t_refused(&s->office[ASKER], "can-bo", "consultation.ask",
                               ask_json(s, "01234", 5, ",\"pages\":30"));
    assert_string_equal(got.ptr, "consultation.pages_reason");
    struct str record = ask(s, "01234", 5, "");
    (void)t_act(&s->office[ASKER], "can-bo", "consultation.count_pages",
                about(s, ASKER, record, ",\"pages\":30,\"reason\":\"Có phụ lục giấy\""));
    carry_all(s);
    assert_shows(see(s, GIVER, "can-bo", "consultation.show", about(s, GIVER, record, "")),
                 "30 trang, sửa tay (máy đếm 5): Có phụ lục giấy");
}

static void a_file_that_nobody_can_read_is_not_counted(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "xyz", 5, "");
    struct str page = see(s, ASKER, "can-bo", "consultation.show", about(s, ASKER, record, ""));
    assert_true(str_find(page, S("trang/ngày"), 0) == page.len);
    struct str list = see(s, ASKER, "can-bo", "consultation.load_list",
                          str_format(s->office[ASKER].arena, "{\"party\":\"o:%.*s\"}",
                                     STR_ARG(s->office[GIVER].office.id))
                              .ptr);
    assert_shows(list, "Chưa đếm được");
}

static void set_rate(struct scene *s)
{
    (void)t_act(&s->office[ASKER], "chanh-vp", "consultation.set_rate",
                "{\"pages\":10,\"source\":\"Thỏa thuận bốn văn phòng\"}");
}

/* 45 pages wait already, so 45 more need 9 working days at 10 pages. */
static void less_time_than_agreed_needs_a_name_that_the_cover_prints(void **state)
{
    struct scene *s = *state;
    static const char LONG[] = "012345678901234567890123456789012345678901234";
    set_rate(s);
    struct str got =
        t_refused(&s->office[ASKER], "can-bo", "consultation.ask", ask_json(s, LONG, 5, ""));
    assert_string_equal(got.ptr, "consultation.too_short");
    struct str record = ask(s, LONG, 5, ",\"approved_by\":\"Phó Chủ nhiệm Trần B\"");
    struct str cover = see(s, ASKER, "can-bo", "consultation.cover", about(s, ASKER, record, ""));
    assert_shows(cover, "Hạn ngắn hơn mức đã thống nhất. Do Phó Chủ nhiệm Trần B phê duyệt");
    assert_shows(cover, "Thỏa thuận bốn văn phòng");
    assert_shows(cover, "hạn sớm nhất đúng mức này là 08/12/2026");
    assert_shows(see(s, GIVER, "can-bo", "consultation.show", about(s, GIVER, record, "")),
                 "Phó Chủ nhiệm Trần B");
}

static void the_proposed_day_is_accepted_without_a_name(void **state)
{
    struct scene *s = *state;
    static const char TWENTY[] = "01234567890123456789";
    set_rate(s);
    struct t_office *t = &s->office[ASKER];
    const char *json = ask_json(s, TWENTY, 1, "");
    (void)t_refused(t, "can-bo", "consultation.ask", json);
    struct str root = t_file(t, TWENTY);
    struct str preview = see(
        s, ASKER, "can-bo", "consultation.deadline",
        str_format(t->arena,
                   "{\"days\":5,\"asked\":[{\"office\":\"%.*s\"}],\"files\":[{\"root\":\"%.*s\","
                   "\"name\":\"a.pdf\",\"media\":\"application/pdf\",\"size\":20}]}",
                   STR_ARG(s->office[GIVER].office.id), STR_ARG(root))
            .ptr);
    assert_shows(preview, "(11 ngày làm việc)");
    assert_shows(preview, "Vượt mức");
    (void)t_refused(t, "can-bo", "consultation.ask", ask_json(s, TWENTY, 10, ""));
    (void)ask(s, TWENTY, 11, "");
}

/* A typed text of ten pages, which needs no file to arrive. */
static struct str ask_text(struct scene *s, int days)
{
    struct t_office *t = &s->office[ASKER];
    struct sb text = sb_new(t->arena, 0);
    for (int i = 0; i < 10 * CONSULTATION_PAGE_CHARS; i++)
        sb_put(&text, S("ố"));
    struct str json = str_format(t->arena,
                                 "{\"subject\":\"Dự thảo\",\"days\":%d,\"draft\":\"%.*s\","
                                 "\"asked\":[{\"office\":\"%.*s\"}]}",
                                 days, STR_ARG(sb_str(&text)), STR_ARG(s->office[GIVER].office.id));
    struct str record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
    return record;
}

static void everybody_is_listed_with_what_they_must_read(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[GIVER];
    struct str record = ask_text(s, 40);
    assert_shows(see(s, GIVER, "can-bo", "consultation.load", "{}"), "chưa phân công");
    (void)t_act(t, "van-thu", "consultation.register", about(s, GIVER, record, ""));
    (void)t_act(t, "chanh-vp", "consultation.assign",
                about(s, GIVER, record,
                      str_format(t->arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer)).ptr));
    struct str page = see(s, GIVER, "can-bo", "consultation.load", "{}");
    assert_shows(page, "10 trang trong 40 ngày làm việc");
    struct str list = see(s, GIVER, "can-bo", "consultation.load_list",
                          str_format(t->arena, "{\"party\":\"p:%.*s\"}", STR_ARG(s->officer)).ptr);
    assert_shows(list, "\"count\":1");
    assert_shows(see(s, ASKER, "can-bo", "consultation.load", "{}"), "Vượt mức");
}

static void the_year_tells_silence_lateness_and_short_time_by_office(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "0123456789", 40, "");
    (void)t_act(&s->office[ASKER], "can-bo", "consultation.close", about(s, ASKER, record, ""));
    carry_all(s);
    struct str page = see(s, ASKER, "chanh-vp", "consultation.time", "{\"year\":2026}");
    assert_shows(page, "cell=time_silent&party=o:");
    assert_shows(page, "cell=time_short");
    struct str list = see(s, ASKER, "chanh-vp", "consultation.time_list",
                          "{\"year\":2026,\"cell\":\"time_silent\"}");
    assert_shows(list, "\"count\":1");
    assert_shows(list, "Không trả lời");
    list = see(s, ASKER, "chanh-vp", "consultation.time_list",
               "{\"year\":2026,\"cell\":\"time_short\"}");
    assert_shows(list, "\"count\":1");
    list = see(s, ASKER, "chanh-vp", "consultation.time_list", "{\"year\":2025}");
    assert_shows(list, "\"count\":0");
}

int main(void)
{
    const struct CMUnitTest sums[] = {
        cmocka_unit_test(the_heaviest_stretch_sums_all_that_is_due_up_to_its_end),
        cmocka_unit_test(what_is_late_is_read_today),
        cmocka_unit_test(nothing_to_read_has_no_peak),
        cmocka_unit_test(the_first_day_is_when_the_slowest_reader_is_within_the_rate),
        cmocka_unit_test(no_earlier_day_would_have_done),
        cmocka_unit_test(a_hopeless_load_has_no_day),
    };
    const struct CMUnitTest offices[] = {
        cmocka_unit_test(pages_are_counted_in_the_files_and_told_to_everybody),
        cmocka_unit_test(a_correction_by_hand_keeps_the_count_and_needs_a_reason),
        cmocka_unit_test(a_file_that_nobody_can_read_is_not_counted),
        cmocka_unit_test(less_time_than_agreed_needs_a_name_that_the_cover_prints),
        cmocka_unit_test(the_proposed_day_is_accepted_without_a_name),
        cmocka_unit_test(everybody_is_listed_with_what_they_must_read),
        cmocka_unit_test(the_year_tells_silence_lateness_and_short_time_by_office),
    };
    int failed = cmocka_run_group_tests(sums, calendar_open, calendar_close);
    return failed + cmocka_run_group_tests(offices, setup, teardown);
}
