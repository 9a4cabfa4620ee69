/*
 * What the RFCs show, section by section, in test/golden/caldav/: request and answer. The events
 * are those of RFC 4791 appendix B, but that the first begins two hours earlier, because in this
 * office no two firm ones overlap; what is no event is left out.
 */
#include "front/caldav/caldav.h"

#include <setjmp.h>
#include <stdarg.h>

#include "browser.h"
#include "golden.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "front/http/loopback.h"

struct desk {
    struct t_office t;
    struct browser b;
    struct str calendar;
    const char *pass; /* header line */
};

static int open_desk(void **state)
{
    struct desk *desk = test_malloc(sizeof *desk);
    struct str password = {};
    t_office_open(&desk->t, "VPCP");
    (void)t_person(&desk->t, "thuky", ROLE_SECRETARY);
    desk->calendar =
        t_act(&desk->t, "thuky", "calendar.open", "{\"name\":\"Bernard\",\"type\":\"official\"}")
            .record;
    struct call c = t_call(&desk->t, "thuky");
    assert_int_equal(device_add(&c, S("Máy"), &password), OK);
    struct str pair = str_format(c.arena, "thuky:%.*s", STR_ARG(password));
    struct str basic = base64_encode(c.arena, pair);
    desk->pass = str_format(desk->t.arena, "Authorization: Basic %.*s\r\n", STR_ARG(basic)).ptr;
    call_end(&c);
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

struct request {
    const char *file; /* of the golden answer; NULL: none */
    const char *method;
    const char *path; /* {lich} stands for the record */
    const char *more; /* header lines */
    const char *body;
};

static struct str put_in(struct arena *arena, struct str text, struct str what, struct str with)
{
    struct sb sb = sb_new(arena, 0);
    size_t from = 0;
    for (size_t at = str_find(text, what, 0); at < text.len; at = str_find(text, what, from)) {
        sb_put(&sb, str_sub(text, from, at));
        sb_put(&sb, with);
        from = at + what.len;
    }
    sb_put(&sb, str_sub(text, from, text.len));
    return sb_str(&sb);
}

/* Without what is another one in each run. */
static struct str masked(struct desk *desk, struct str reply)
{
    struct sb sb = sb_new(desk->t.arena, 0);
    struct str quote = S("&quot;");
    struct str text = put_in(desk->t.arena, reply, desk->calendar, S("{lich}"));
    bool inside = false;
    size_t from = 0;
    for (size_t at = str_find(text, quote, 0); at < text.len; at = str_find(text, quote, from)) {
        bool etag = inside && at - from == 33;
        if (etag) sb_put(&sb, S("ETAG"));
        if (!etag) sb_put(&sb, str_sub(text, from, at));
        sb_put(&sb, quote);
        inside = !inside;
        from = at + quote.len;
    }
    sb_put(&sb, str_sub(text, from, text.len));
    return put_in(desk->t.arena, sb_str(&sb), S("&#13;"), S(""));
}

static struct str run(struct desk *desk, const struct request *rq)
{
    struct arena *arena = desk->t.arena;
    struct str path = put_in(arena, str_of(rq->path), S("{lich}"), desk->calendar);
    struct str body = put_in(arena, str_of(rq->body), S("{lich}"), desk->calendar);
    struct str what = str_format(arena, "%s %.*s", rq->method, STR_ARG(path));
    struct str lines = str_format(arena, "%s%s", desk->pass, rq->more);
    struct str reply = browser_ask(&desk->b, what.ptr, lines.ptr, body);
    struct str text =
        str_format(arena, "%s %s\n%s\n%s\n\n%.*s\n%.*s", rq->method, rq->path,
                   str_zero(arena, put_in(arena, str_of(rq->more), S("\r"), S(""))), rq->body,
                   STR_ARG(str_sub(reply, 0, str_find(reply, S("\r\n"), 0))),
                   STR_ARG(masked(desk, http_loopback_body(reply))));
    if (rq->file != NULL) {
        struct str file = str_format(arena, "test/golden/caldav/%s", rq->file);
        golden_compare(arena, file.ptr, text);
    }
    return text;
}

static bool has(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

#define HOME "/dav/c/thuky/{lich}/"
#define ZONE                                                                                       \
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example Corp.//CalDAV Client//EN\r\n"             \
    "BEGIN:VTIMEZONE\r\nLAST-MODIFIED:20040110T032845Z\r\nTZID:US/Eastern\r\nBEGIN:DAYLIGHT\r\n"   \
    "DTSTART:20000404T020000\r\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4\r\nTZNAME:EDT\r\n"           \
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\n"                 \
    "DTSTART:20001026T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nTZNAME:EST\r\n"         \
    "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
#define STAMP "DTSTAMP:20060206T001102Z\r\n"

static const char ABCD1[] = ZONE
    "BEGIN:VEVENT\r\n" STAMP "DTSTART;TZID=US/Eastern:20060102T100000\r\nDURATION:PT1H\r\n"
    "SUMMARY:Event #1\r\nDescription:Go Steelers!\r\nUID:74855313FA803DA593CD579A@example.com\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n";
static const char ABCD2[] =
    ZONE "BEGIN:VEVENT\r\n" STAMP "DTSTART;TZID=US/Eastern:20060102T120000\r\nDURATION:PT1H\r\n"
         "RRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:Event #2\r\n"
         "UID:00959BC664CA650E933C892C@example.com\r\nEND:VEVENT\r\n"
         "BEGIN:VEVENT\r\n" STAMP "DTSTART;TZID=US/Eastern:20060104T140000\r\nDURATION:PT1H\r\n"
         "RECURRENCE-ID;TZID=US/Eastern:20060104T120000\r\nSUMMARY:Event #2 bis\r\n"
         "UID:00959BC664CA650E933C892C@example.com\r\nEND:VEVENT\r\n"
         "BEGIN:VEVENT\r\n" STAMP "DTSTART;TZID=US/Eastern:20060106T140000\r\nDURATION:PT1H\r\n"
         "RECURRENCE-ID;TZID=US/Eastern:20060106T120000\r\nSUMMARY:Event #2 bis bis\r\n"
         "UID:00959BC664CA650E933C892C@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
static const char ABCD3[] =
    ZONE "BEGIN:VEVENT\r\nATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:cyrus@example.com\r\n"
         "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:lisa@example.com\r\n" STAMP
         "DTSTART;TZID=US/Eastern:20060104T100000\r\nDURATION:PT1H\r\n"
         "LAST-MODIFIED:20060206T001330Z\r\nORGANIZER:mailto:cyrus@example.com\r\nSEQUENCE:1\r\n"
         "STATUS:TENTATIVE\r\nSUMMARY:Event #3\r\nUID:DC6C50A017428C5216A2F1CD@example.com\r\n"
         "X-ABC-GUID:E1CX5Dr-0007ym-Hz@example.com\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\n"
         "TRIGGER:-PT15M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

static void appendix_b(struct desk *desk)
{
    const struct request puts[] = {{NULL, "PUT", HOME "abcd1.ics", "", ABCD1},
                                   {NULL, "PUT", HOME "abcd2.ics", "", ABCD2},
                                   {NULL, "PUT", HOME "abcd3.ics", "", ABCD3}};
    for (size_t i = 0; i < ARRAY_LEN(puts); i++) {
        struct str said = run(desk, &puts[i]);
        if (!has(said, "HTTP/1.1 201")) print_error("%.*s\n", STR_ARG(said));
        assert_true(has(said, "HTTP/1.1 201"));
    }
}

#define XML "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n"
#define SPACES " xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">"
#define QUERY(prop, filter)                                                                        \
    XML "<C:calendar-query" SPACES "<D:prop><D:getetag/>" prop "</D:prop><C:filter>"               \
        "<C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\">" filter                 \
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
#define RANGE(start, end) "<C:time-range start=\"" start "\" end=\"" end "\"/>"
#define ONE_DAY RANGE("20060104T000000Z", "20060105T000000Z")

static const struct request RFC4791[] = {
    {"rfc4791-7.8.1.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("<C:calendar-data><C:comp name=\"VCALENDAR\"><C:prop name=\"VERSION\"/>"
           "<C:comp name=\"VEVENT\"><C:prop name=\"SUMMARY\"/><C:prop name=\"UID\"/>"
           "<C:prop name=\"DTSTART\"/><C:prop name=\"DTEND\"/><C:prop name=\"DURATION\"/>"
           "<C:prop name=\"RRULE\"/><C:prop name=\"RDATE\"/><C:prop name=\"EXRULE\"/>"
           "<C:prop name=\"EXDATE\"/><C:prop name=\"RECURRENCE-ID\"/></C:comp>"
           "<C:comp name=\"VTIMEZONE\"/></C:comp></C:calendar-data>",
           ONE_DAY)},
    {"rfc4791-7.8.2.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("<C:calendar-data><C:limit-recurrence-set start=\"20060103T000000Z\""
           " end=\"20060105T000000Z\"/></C:calendar-data>",
           RANGE("20060103T000000Z", "20060105T000000Z"))},
    {"rfc4791-7.8.3.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("<C:calendar-data><C:expand start=\"20060103T000000Z\" end=\"20060105T000000Z\"/>"
           "</C:calendar-data>",
           RANGE("20060103T000000Z", "20060105T000000Z"))},
    {"rfc4791-7.8.5.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("", "<C:comp-filter name=\"VALARM\">" RANGE("20060104T140000Z",
                                                       "20060104T150000Z") "</C:comp-filter>")},
    {"rfc4791-7.8.6.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("<C:calendar-data/>",
           "<C:prop-filter name=\"UID\"><C:text-match collation=\"i;octet\">"
           "DC6C50A017428C5216A2F1CD@example.com</C:text-match></C:prop-filter>")},
    {"rfc4791-7.8.7.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("", "<C:prop-filter name=\"ATTENDEE\"><C:text-match collation=\"i;ascii-casemap\">"
               "mailto:lisa@example.com</C:text-match><C:param-filter name=\"PARTSTAT\">"
               "<C:text-match collation=\"i;ascii-casemap\">NEEDS-ACTION</C:text-match>"
               "</C:param-filter></C:prop-filter>")},
    {"rfc4791-7.8.8.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("", "<C:prop-filter name=\"X-ABC-GUID\"><C:is-not-defined/></C:prop-filter>")},
    {"rfc4791-7.5.1.txt", "REPORT", HOME, "Depth: 1\r\n",
     QUERY("", "<C:prop-filter name=\"SUMMARY\"><C:text-match collation=\"i;unicode-casemap\">"
               "x</C:text-match></C:prop-filter>")},
    {"rfc4791-7.9.txt", "REPORT", HOME, "",
     XML "<C:calendar-multiget" SPACES "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
         "<D:href>" HOME "abcd1.ics</D:href><D:href>" HOME "mtg1.ics</D:href>"
         "</C:calendar-multiget>"},
    {"rfc4791-7.10.txt", "REPORT", HOME, "Depth: 1\r\n",
     XML "<C:free-busy-query xmlns:C=\"urn:ietf:params:xml:ns:caldav\">" RANGE(
         "20060104T140000Z", "20060105T220000Z") "</C:free-busy-query>"},
    {"rfc4791-5.2.txt", "PROPFIND", HOME, "Depth: 0\r\n",
     XML "<D:propfind" SPACES "<D:prop><C:supported-calendar-component-set/>"
         "<C:supported-calendar-data/><C:max-resource-size/><C:min-date-time/><C:max-date-time/>"
         "<C:max-instances/><C:max-attendees-per-instance/><D:supported-report-set/></D:prop>"
         "</D:propfind>"},
    {"rfc4791-6.2.txt", "PROPFIND", "/dav/p/thuky/", "Depth: 0\r\n",
     XML "<D:propfind" SPACES "<D:prop><C:calendar-home-set/><D:principal-URL/></D:prop>"
         "</D:propfind>"},
    {"rfc4791-5.3.1.txt", "MKCALENDAR", "/dav/c/thuky/events/", "",
     XML "<C:mkcalendar" SPACES "<D:set><D:prop><D:displayname>Lisa's Events</D:displayname>"
         "</D:prop></D:set></C:mkcalendar>"},
    {"rfc5397-3.txt", "PROPFIND", "/dav/", "Depth: 0\r\n",
     XML "<D:propfind" SPACES "<D:prop><D:current-user-principal/></D:prop></D:propfind>"},
    {"rfc4918-9.1.txt", "PROPFIND", HOME, "Depth: 1\r\n",
     XML "<D:propfind" SPACES "<D:propname/></D:propfind>"},
    {"rfc8144-2.1.txt", "PROPFIND", HOME, "Depth: 0\r\nPrefer: return=minimal\r\n",
     XML "<D:propfind" SPACES "<D:prop><D:resourcetype/><D:quota-used-bytes/></D:prop>"
         "</D:propfind>"},
};

static void the_rfcs_examples_are_answered(void **state)
{
    struct desk *desk = *state;
    appendix_b(desk);
    for (size_t i = 0; i < ARRAY_LEN(RFC4791); i++)
        (void)run(desk, &RFC4791[i]);
}

/* ---- RFC 6578 ---- */

static struct request sync_request(struct desk *desk, const char *token, const char *limit)
{
    const char *body =
        str_format(desk->t.arena,
                   XML "<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>%s</D:sync-token>"
                       "<D:sync-level>1</D:sync-level>%s<D:prop><D:getetag/></D:prop>"
                       "</D:sync-collection>",
                   token, limit)
            .ptr;
    return (struct request){NULL, "REPORT", HOME, "", body};
}

static struct str token_of(struct str said)
{
    size_t at = str_find(said, S("HTTP/1.1 207"), 0);
    return reply_between(str_sub(said, at, said.len), "<D:sync-token>", "</D:sync-token>");
}

static void sync_tells_what_changed_and_no_more(void **state)
{
    struct desk *desk = *state;
    struct request rq = sync_request(desk, "", "");
    appendix_b(desk);
    rq.file = "rfc6578-3.8.txt";
    struct str token = token_of(run(desk, &rq));
    rq = sync_request(desk, str_zero(desk->t.arena, token), "");
    assert_false(has(run(desk, &rq), "abcd"));
    struct request gone = {NULL, "DELETE", HOME "abcd1.ics", "", ""};
    assert_true(has(run(desk, &gone), "204"));
    rq.file = "rfc6578-3.9.txt";
    struct str said = run(desk, &rq);
    assert_true(has(said, "abcd1.ics"));
    assert_false(has(said, "abcd2.ics"));
    rq = sync_request(desk, "urn:phoihop:sync:9999", "");
    assert_true(has(run(desk, &rq), "<D:valid-sync-token/>"));
    rq = sync_request(desk, "gì đó", "");
    assert_true(has(run(desk, &rq), "<D:valid-sync-token/>"));
}

static void a_sync_that_is_cut_goes_on_where_it_stopped(void **state)
{
    struct desk *desk = *state;
    const char *token = "";
    int seen = 0;
    appendix_b(desk);
    for (int i = 0; i < 3; i++) {
        struct request rq =
            sync_request(desk, token, "<D:limit><D:nresults>1</D:nresults></D:limit>");
        if (i == 0) rq.file = "rfc6578-3.10.txt";
        struct str said = run(desk, &rq);
        for (int k = 1; k <= 3; k++)
            seen += has(said, str_format(desk->t.arena, "abcd%d.ics", k).ptr);
        assert_int_equal(has(said, "507 Insufficient Storage"), i < 2);
        token = str_zero(desk->t.arena, token_of(said));
    }
    assert_int_equal(seen, 3);
}

static void a_series_beyond_what_was_expanded_is_found(void **state)
{
    struct desk *desk = *state;
    struct request put = {NULL, "PUT", HOME "tuan.ics", "",
                          ZONE "BEGIN:VEVENT\r\n" STAMP
                               "DTSTART;TZID=US/Eastern:20261130T090000\r\nDURATION:PT1H\r\n"
                               "RRULE:FREQ=WEEKLY\r\nUID:tuan\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"};
    struct request near = {NULL, "REPORT", HOME, "Depth: 1\r\n",
                           QUERY("", RANGE("20270104T000000Z", "20270105T000000Z"))};
    struct request far = {NULL, "REPORT", HOME, "Depth: 1\r\n",
                          QUERY("", RANGE("20340102T000000Z", "20340103T000000Z"))};
    struct request not = {NULL, "REPORT", HOME, "Depth: 1\r\n",
                          QUERY("", RANGE("20340103T000000Z", "20340104T000000Z"))};
    assert_true(has(run(desk, &put), "201"));
    assert_true(has(run(desk, &near), "tuan.ics"));
    assert_true(has(run(desk, &far), "tuan.ics")); /* Monday 2/1/2034 */
    assert_false(has(run(desk, &not ), "tuan.ics"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_rfcs_examples_are_answered),
        TEST(sync_tells_what_changed_and_no_more),
        TEST(a_sync_that_is_cut_goes_on_where_it_stopped),
        TEST(a_series_beyond_what_was_expanded_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
