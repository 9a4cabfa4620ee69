#include "front/caldav/caldav.h"

#include <setjmp.h>
#include <stdarg.h>

#include "browser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "front/caldav/dav_xml.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_put_comes_back_unchanged, open_desk, close_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
