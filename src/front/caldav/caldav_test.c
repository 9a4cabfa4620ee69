#include "front/caldav/caldav.h"

#include <setjmp.h>
#include <stdarg.h>

#include "browser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/limits.h"
#include "front/http/loopback.h"

/* Wednesday 25/11/2026, 9:00. The secretary keeps a leader's calendar with a telephone; the leader
 * has one too. */
struct desk {
    struct t_office t;
    struct browser b;
    struct str calendar;   /* record */
    const char *secretary; /* header lines */
    const char *leader;
};

static const char *device(struct desk *desk, const char *login)
{
    struct str password = {};
    struct call c = t_call(&desk->t, login);
    enum err e = device_add(&c, S("Điện thoại"), &password);
    assert_int_equal(e, OK);
    struct str pair = str_format(c.arena, "%s:%.*s", login, STR_ARG(password));
    struct str basic = base64_encode(c.arena, pair);
    const char *line =
        str_format(desk->t.arena, "Authorization: Basic %.*s\r\n", STR_ARG(basic)).ptr;
    call_end(&c);
    return line;
}

static int open_desk(void **state)
{
    struct desk *desk = test_malloc(sizeof *desk);
    t_office_open(&desk->t, "VPCP");
    (void)t_person(&desk->t, "thuky", ROLE_SECRETARY);
    (void)t_person(&desk->t, "lanhdao", ROLE_LEADER);
    desk->calendar = t_act(&desk->t, "thuky", "calendar.open",
                           "{\"name\":\"Phó Thủ tướng\",\"type\":\"official\"}")
                         .record;
    desk->secretary = device(desk, "thuky");
    desk->leader = device(desk, "lanhdao");
    desk->b = browser_open(&desk->t);
    desk->b.web.secure_cookies = true;
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    test_free(desk);
    return 0;
}

/* A request of the secretary's telephone; `path` below its home. */
static struct str ask(struct desk *desk, const char *method, const char *path, const char *more,
                      const char *body)
{
    struct arena *arena = desk->t.arena;
    struct str target =
        str_format(arena, "%s /dav/c/thuky/%.*s/%s", method, STR_ARG(desk->calendar), path);
    struct str headers = str_format(arena, "%s%s", desk->secretary, more);
    return browser_ask(&desk->b, target.ptr, headers.ptr, str_of(body));
}

static void status_is(struct str reply, const char *status)
{
    if (!str_eq(reply_status(reply), str_of(status))) print_error("%.*s\n", STR_ARG(reply));
    assert_true(str_eq(reply_status(reply), str_of(status)));
}

#define CALENDAR(events)                                                                           \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//VI\r\n" events "END:VCALENDAR\r\n"
#define EVENT(uid, start, end, more)                                                               \
    "BEGIN:VEVENT\r\nUID:" uid                                                                     \
    "\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;TZID=Asia/Ho_Chi_Minh:" start                         \
    "\r\nDTEND;TZID=Asia/Ho_Chi_Minh:" end "\r\n" more "END:VEVENT\r\n"

static struct str put(struct desk *desk, const char *name, const char *more, const char *text)
{
    struct str headers =
        str_format(desk->t.arena, "Content-Type: text/calendar; charset=utf-8\r\n%s", more);
    return ask(desk, "PUT", name, headers.ptr, text);
}

static const char *const MORNING =
    CALENDAR(EVENT("sang", "20261126T080000", "20261126T093000",
                   "SUMMARY:Giao ban\r\nX-CUA-TOI;X-THAM=1:giữ nguyên\r\nBEGIN:VALARM\r\n"
                   "TRIGGER:-PT15M\r\nACTION:DISPLAY\r\nDESCRIPTION:Nhắc\r\nEND:VALARM\r\n"));

static void what_was_put_comes_back_unchanged(void **state)
{
    struct desk *desk = *state;
    struct str reply = put(desk, "sang.ics", "If-None-Match: *\r\n", MORNING);
    status_is(reply, "201");
    struct str etag = reply_header(&desk->t, reply, "ETag");
    assert_true(etag.len > 2);
    reply = ask(desk, "GET", "sang.ics", "", "");
    status_is(reply, "200");
    assert_true(str_eq(reply_header(&desk->t, reply, "ETag"), etag));
    assert_true(str_eq(http_loopback_body(reply), str_of(MORNING)));
}

static void a_condition_that_does_not_hold_is_412(void **state)
{
    struct desk *desk = *state;
    status_is(put(desk, "sang.ics", "If-Match: \"gì đó\"\r\n", MORNING), "412");
    struct str etag = reply_header(&desk->t, put(desk, "sang.ics", "", MORNING), "ETag");
    status_is(put(desk, "sang.ics", "If-None-Match: *\r\n", MORNING), "412");
    status_is(put(desk, "sang.ics", "If-Match: \"khác\"\r\n", MORNING), "412");
    status_is(ask(desk, "DELETE", "sang.ics", "If-Match: \"khác\"\r\n", ""), "412");
    const char *same = str_format(desk->t.arena, "If-Match: %.*s\r\n", STR_ARG(etag)).ptr;
    status_is(put(desk, "sang.ics", same, MORNING), "204");
    status_is(put(desk, "sang.ics", same, MORNING), "412"); /* the second of two that saw it */
    status_is(ask(desk, "DELETE", "sang.ics", "", ""), "204");
    status_is(ask(desk, "GET", "sang.ics", "", ""), "404");
    status_is(put(desk, "sang.ics", "If-None-Match: *\r\n", MORNING), "201");
}

static void a_clash_is_told_in_words_and_nothing_is_written(void **state)
{
    struct desk *desk = *state;
    status_is(put(desk, "sang.ics", "", MORNING), "201");
    struct str reply = put(desk, "trung.ics", "",
                           CALENDAR(EVENT("trung", "20261126T090000", "20261126T100000", "")));
    status_is(reply, "403");
    assert_true(reply_has(reply, "<D:error"));
    assert_true(reply_has(reply, "<P:no-overlap/>"));
    assert_true(reply_has(reply, "Giao ban"));
    status_is(ask(desk, "GET", "trung.ics", "", ""), "404");
    reply = put(desk, "khac.ics", "", MORNING);
    status_is(reply, "403");
    assert_true(reply_has(reply, "<C:no-uid-conflict/>"));
}

static void a_leader_reads_and_does_not_write(void **state)
{
    struct desk *desk = *state;
    struct arena *arena = desk->t.arena;
    status_is(put(desk, "sang.ics", "", MORNING), "201");
    struct str home = str_format(arena, "/dav/c/lanhdao/%.*s/", STR_ARG(desk->calendar));
    struct str what = str_format(arena, "GET %.*ssang.ics", STR_ARG(home));
    struct str reply = browser_ask(&desk->b, what.ptr, desk->leader, (struct str){});
    status_is(reply, "200");
    assert_true(reply_has(reply, "SUMMARY:Giao ban"));
    what = str_format(arena, "DELETE %.*ssang.ics", STR_ARG(home));
    reply = browser_ask(&desk->b, what.ptr, desk->leader, (struct str){});
    status_is(reply, "403");
    assert_true(reply_has(reply, "<D:need-privileges/>"));
    what = str_format(arena, "PUT %.*schieu.ics", STR_ARG(home));
    reply = browser_ask(&desk->b, what.ptr, desk->leader,
                        S(CALENDAR(EVENT("chieu", "20261126T140000", "20261126T150000", ""))));
    status_is(reply, "403");
    what = str_format(arena, "PROPFIND %.*s", STR_ARG(home));
    const char *head = str_format(arena, "%sDepth: 0\r\n", desk->leader).ptr;
    reply = browser_ask(&desk->b, what.ptr, head,
                        S("<propfind xmlns=\"DAV:\"><prop><current-user-privilege-set/></prop>"
                          "</propfind>"));
    assert_true(reply_has(reply, "<D:read/>"));
    assert_false(reply_has(reply, "<D:write"));
    /* nor does anybody look into another person's home */
    what = str_format(arena, "GET /dav/c/thuky/%.*s/sang.ics", STR_ARG(desk->calendar));
    status_is(browser_ask(&desk->b, what.ptr, desk->leader, (struct str){}), "404");
}

static void only_the_password_of_a_device_opens_and_only_over_tls(void **state)
{
    struct desk *desk = *state;
    struct str reply = browser_ask(&desk->b, "PROPFIND /dav/", "Depth: 0\r\n", (struct str){});
    status_is(reply, "401");
    assert_true(reply_has(reply, "WWW-Authenticate: Basic realm="));
    /* "thuky:mat-khau-thuky", which opens the pages */
    reply = browser_ask(&desk->b, "PROPFIND /dav/",
                        "Depth: 0\r\nAuthorization: Basic dGh1a3k6bWF0LWtoYXUtdGh1a3k=\r\n",
                        (struct str){});
    status_is(reply, "401");
    const char *head = str_format(desk->t.arena, "Depth: 0\r\n%s", desk->secretary).ptr;
    status_is(browser_ask(&desk->b, "PROPFIND /dav/", head, (struct str){}), "207");
    desk->b.web.secure_cookies = false;
    reply = browser_ask(&desk->b, "PROPFIND /dav/", head, (struct str){});
    status_is(reply, "403");
    assert_true(reply_has(reply, "https"));
}

static void wrong_passwords_wait_and_the_right_one_never_does(void **state)
{
    struct desk *desk = *state;
    const char *wrong = "Depth: 0\r\nAuthorization: Basic dGh1a3k6c2Fp\r\n";
    for (int i = 0; i < 5; i++)
        status_is(browser_ask(&desk->b, "PROPFIND /dav/", wrong, (struct str){}), "401");
    status_is(browser_ask(&desk->b, "PROPFIND /dav/", wrong, (struct str){}), "503");
    const char *head = str_format(desk->t.arena, "Depth: 0\r\n%s", desk->secretary).ptr;
    status_is(browser_ask(&desk->b, "PROPFIND /dav/", head, (struct str){}), "207");
    browser_login(&desk->b, "thuky"); /* the pages are open all the while */
    status_is(browser_get(&desk->b, "/you"), "200");
}

static void a_device_is_made_and_withdrawn_on_the_page(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "thuky");
    struct str reply = browser_get(&desk->b, "/you");
    assert_true(reply_has(reply, "Điện thoại"));
    reply = browser_post(&desk->b, "/you/device", "label=May+ban");
    status_is(reply, "200");
    struct str password = reply_between(reply, "<strong><code>", "</code></strong>");
    assert_int_equal(password.len, 24);
    assert_false(reply_has(browser_get(&desk->b, "/you"), str_zero(desk->t.arena, password)));
    struct call c = t_call(&desk->t, NULL);
    assert_int_equal(device_login(&c, S("thuky"), password, S("1.2.3.4")), OK);
    call_end(&c);
    reply = browser_get(&desk->b, "/you");
    struct str rest = str_sub(reply, str_find(reply, S("May ban"), 0), reply.len);
    struct str id = reply_between(rest, "name=\"id\" value=\"", "\"");
    const char *form = str_format(desk->t.arena, "id=%.*s", STR_ARG(id)).ptr;
    status_is(browser_post(&desk->b, "/you/device/remove", form), "303");
    c = t_call(&desk->t, NULL);
    assert_int_equal(device_login(&c, S("thuky"), password, S("1.2.3.4")), ERR_LOGIN);
    call_end(&c);
    status_is(browser_post(&desk->b, "/you/device/remove", form), "404");
}

static void one_person_s_device_is_not_another_s(void **state)
{
    struct desk *desk = *state;
    struct str password = {};
    struct call c = t_call(&desk->t, "lanhdao");
    assert_int_equal(device_add(&c, S("Máy"), &password), OK);
    password = str_copy(desk->t.arena, password);
    call_end(&c);
    c = t_call(&desk->t, NULL);
    assert_int_equal(device_login(&c, S("thuky"), password, S("::1")), ERR_LOGIN);
    assert_true(c.who.person.len == 0);
    call_end(&c);
}

static void times_of_a_page_and_words_of_a_program_live_together(void **state)
{
    struct desk *desk = *state;
    status_is(put(desk, "sang.ics", "", MORNING), "201");
    struct str record = reply_between(
        t_view(&desk->t, "thuky", "calendar.week",
               str_format(desk->t.arena, "{\"record\":\"%.*s\",\"day\":\"2026-11-26\"}",
                          STR_ARG(desk->calendar))
                   .ptr,
               NULL),
        "calendar.booking?record=", "\"");
    (void)t_act(&desk->t, "thuky", "calendar.move",
                str_format(desk->t.arena,
                           "{\"record\":\"%.*s\",\"from\":\"2026-11-26T07:00:00.000Z\","
                           "\"to\":\"2026-11-26T08:00:00.000Z\",\"reason\":\"đổi\"}",
                           STR_ARG(record))
                    .ptr);
    struct str reply = ask(desk, "GET", "sang.ics", "", "");
    assert_true(reply_has(reply, "DTSTART;TZID=Asia/Ho_Chi_Minh:20261126T140000\r\n"));
    assert_true(reply_has(reply, "DTEND;TZID=Asia/Ho_Chi_Minh:20261126T150000\r\n"));
    assert_false(reply_has(reply, "20261126T080000"));
    assert_true(reply_has(reply, "X-CUA-TOI;X-THAM=1:giữ nguyên\r\n"));
    assert_true(reply_has(reply, "BEGIN:VALARM\r\nTRIGGER:-PT15M\r\n"));
    assert_true(reply_has(reply, "BEGIN:VTIMEZONE\r\nTZID:Asia/Ho_Chi_Minh\r\n"));
}

static void what_was_booked_on_a_page_is_an_event(void **state)
{
    struct desk *desk = *state;
    struct str record =
        t_act(
            &desk->t, "thuky", "calendar.book",
            str_format(desk->t.arena,
                       "{\"record\":\"%.*s\",\"title\":\"Họp, gấp; ngay\",\"rule\":\"FREQ=WEEKLY\","
                       "\"from\":\"2026-11-26T01:00:00.000Z\",\"to\":\"2026-11-26T02:00:00.000Z\"}",
                       STR_ARG(desk->calendar))
                .ptr)
            .record;
    const char *name = str_format(desk->t.arena, "%.*s.ics", STR_ARG(record)).ptr;
    struct str reply = ask(desk, "GET", name, "", "");
    status_is(reply, "200");
    assert_true(reply_has(reply, "SUMMARY:Họp\\, gấp\\; ngay\r\n"));
    assert_true(reply_has(reply, "RRULE:FREQ=WEEKLY\r\n"));
    assert_true(reply_has(reply, "DTSTART;TZID=Asia/Ho_Chi_Minh:20261126T080000\r\n"));
}

static void what_the_model_forbids_is_refused_with_its_element(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *body;
        const char *element;
    } CASES[] = {
        {"không phải lịch", "<C:valid-calendar-data/>"},
        {CALENDAR("BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n"), "<C:valid-calendar-data/>"},
        {CALENDAR("BEGIN:VTODO\r\nUID:x\r\nEND:VTODO\r\n"), "<C:supported-calendar-component/>"},
        {CALENDAR("METHOD:REQUEST\r\n" EVENT("x", "20261127T080000", "20261127T090000", "")),
         "<C:valid-calendar-object-resource/>"},
        {CALENDAR(EVENT("x", "20261127T080000", "20261127T090000", "")
                      EVENT("y", "20261127T100000", "20261127T110000", "")),
         "<C:valid-calendar-object-resource/>"},
        {CALENDAR(EVENT("x", "20261127T080000", "20261127T090000", "RDATE:20261201T010000Z\r\n")),
         "<C:valid-calendar-object-resource/>"},
        {CALENDAR(EVENT("x", "20261127T080000", "20261127T090000", "RRULE:FREQ=SECONDLY\r\n")),
         "<C:max-instances/>"},
        {CALENDAR("BEGIN:VEVENT\r\nUID:x\r\nDTSTART;TZID=Sao Hoa:20261127T080000\r\n"
                  "DURATION:PT1H\r\nEND:VEVENT\r\n"),
         "<C:valid-timezone/>"},
        {CALENDAR(EVENT("x", "20261127T090000", "20261127T080000", "")),
         "<C:valid-calendar-data/>"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct str reply = put(desk, "x.ics", "", CASES[i].body);
        status_is(reply, "403");
        if (!reply_has(reply, CASES[i].element)) print_error("%.*s\n", STR_ARG(reply));
        assert_true(reply_has(reply, CASES[i].element));
        status_is(ask(desk, "GET", "x.ics", "", ""), "404");
    }
    status_is(ask(desk, "PUT", "x.ics", "Content-Type: text/plain\r\n", "x"), "415");
    status_is(ask(desk, "MKCALENDAR", "", "", ""), "403");
    status_is(ask(desk, "DELETE", "", "", ""), "403");
    status_is(ask(desk, "PUT", "", "", "x"), "405");
    status_is(ask(desk, "COPY", "x.ics", "Destination: /dav/\r\n", ""), "403");
    status_is(ask(desk, "MOVE", "x.ics", "Destination: /dav/\r\n", ""), "403");
    status_is(ask(desk, "PROPPATCH", "", "",
                  "<propertyupdate xmlns=\"DAV:\"><set><prop><displayname>x</displayname></prop>"
                  "</set></propertyupdate>"),
              "207");
}

static void zones_by_the_names_that_programs_use_are_understood(void **state)
{
    struct desk *desk = *state;
    static const char *const NAMES[] = {
        "SE Asia Standard Time", "/freeassociation.sourceforge.net/Asia/Bangkok", "Asia/Saigon"};
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        const char *body =
            str_format(desk->t.arena,
                       CALENDAR("BEGIN:VEVENT\r\nUID:z%zu\r\nDTSTART;TZID=%s:20261127T%02zu0000\r\n"
                                "DURATION:PT1H\r\nEND:VEVENT\r\n"),
                       i, NAMES[i], 8 + i)
                .ptr;
        const char *name = str_format(desk->t.arena, "z%zu.ics", i).ptr;
        status_is(put(desk, name, "", body), "201");
    }
    /* all of them are seven hours ahead: the next one clashes with the second */
    status_is(put(desk, "c.ics", "",
                  CALENDAR("BEGIN:VEVENT\r\nUID:c\r\nDTSTART:20261127T021500Z\r\n"
                           "DURATION:PT5M\r\nEND:VEVENT\r\n")),
              "403");
}

static void hostile_xml_is_refused(void **state)
{
    struct desk *desk = *state;
    struct sb deep = sb_new(desk->t.arena, 0);
    struct sb wide = sb_new(desk->t.arena, 0);
    for (int i = 0; i < 100; i++)
        sb_put(&deep, S("<a>"));
    sb_put(&wide, S("<a>"));
    for (int i = 0; i < 20001; i++)
        sb_put(&wide, S("<b/>"));
    sb_put(&wide, S("</a>"));
    status_is(ask(desk, "PROPFIND", "", "Depth: 0\r\n",
                  "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"cc\">]><a>&b;</a>"),
              "400");
    status_is(ask(desk, "PROPFIND", "", "Depth: 0\r\n", "<a><b></a>"), "400");
    status_is(ask(desk, "PROPFIND", "", "Depth: 0\r\n", str_zero(desk->t.arena, sb_str(&deep))),
              "413");
    status_is(ask(desk, "REPORT", "", "", str_zero(desk->t.arena, sb_str(&wide))), "413");
    status_is(ask(desk, "PROPFIND", "", "Depth: infinity\r\n", ""), "403");
    status_is(ask(desk, "PROPFIND", "", "Depth: 7\r\n", ""), "400");
}

static void an_event_has_a_largest_size(void **state)
{
    struct desk *desk = *state;
    for (size_t over = 0; over < 2; over++) {
        struct sb sb = sb_new(desk->t.arena, 0);
        struct str head = S("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:to\r\n"
                            "DTSTART:20261127T010000Z\r\nDURATION:PT1H\r\nX-A:");
        struct str tail = S("\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        sb_put(&sb, head);
        while (sb.len < LIMIT_ICAL_BYTES - tail.len + over)
            sb_char(&sb, 'x');
        sb_put(&sb, tail);
        status_is(put(desk, "to.ics", "", str_zero(desk->t.arena, sb_str(&sb))),
                  over == 0 ? "201" : "403");
    }
}

static enum err accepted(struct call *c, void *arg)
{
    return store_all(c, "SELECT accepted FROM k_calendar_booking ORDER BY day, minute", NO_ARGS,
                     arg);
}

static void a_soft_clash_is_accepted_and_said_so(void **state)
{
    struct desk *desk = *state;
    desk->calendar = t_act(&desk->t, "thuky", "calendar.open",
                           "{\"name\":\"Xe 1\",\"type\":\"car\",\"rest_min\":60}")
                         .record;
    status_is(
        put(desk, "a.ics", "", CALENDAR(EVENT("a", "20261127T080000", "20261127T090000", ""))),
        "201");
    status_is(
        put(desk, "b.ics", "", CALENDAR(EVENT("b", "20261127T091500", "20261127T100000", ""))),
        "201");
    struct call c = t_call(&desk->t, "thuky");
    struct rows rows = {};
    assert_int_equal(store_read(&c, accepted, &rows), OK);
    assert_int_equal(rows_text(&rows, 0, 0).len, 0);
    assert_true(rows_text(&rows, 1, 0).len > 0);
    call_end(&c);
    /* without a title it has none, on the page and on the device */
    struct str page =
        t_view(&desk->t, "thuky", "calendar.week",
               str_format(desk->t.arena, "{\"record\":\"%.*s\",\"day\":\"2026-11-27\"}",
                          STR_ARG(desk->calendar))
                   .ptr,
               NULL);
    assert_true(reply_has(page, "(không tiêu đề)"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_comes_back_unchanged),
        TEST(a_condition_that_does_not_hold_is_412),
        TEST(a_clash_is_told_in_words_and_nothing_is_written),
        TEST(a_leader_reads_and_does_not_write),
        TEST(only_the_password_of_a_device_opens_and_only_over_tls),
        TEST(wrong_passwords_wait_and_the_right_one_never_does),
        TEST(a_device_is_made_and_withdrawn_on_the_page),
        TEST(one_person_s_device_is_not_another_s),
        TEST(times_of_a_page_and_words_of_a_program_live_together),
        TEST(what_was_booked_on_a_page_is_an_event),
        TEST(what_the_model_forbids_is_refused_with_its_element),
        TEST(zones_by_the_names_that_programs_use_are_understood),
        TEST(hostile_xml_is_refused),
        TEST(an_event_has_a_largest_size),
        TEST(a_soft_clash_is_accepted_and_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
