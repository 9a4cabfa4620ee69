/*
 * Any bytes are sent as an event. The first byte says which part of a year is looked at. What is
 * taken has a meaning within the limits of the act behind it, its instances lie in the span that
 * was asked for, and a cut of it is a text that can be read again.
 */
#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"
#include "front/caldav/dav_xml.h"
#include "front/caldav/ical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char WANTED[] =
    "<C:calendar-data xmlns:C=\"urn:ietf:params:xml:ns:caldav\">"
    "<C:comp name=\"VCALENDAR\"><C:prop name=\"VERSION\"/><C:comp name=\"VEVENT\">"
    "<C:prop name=\"UID\"/><C:prop name=\"DTSTART\"/></C:comp></C:comp>"
    "<C:expand start=\"20260101T000000Z\" end=\"20260301T000000Z\"/></C:calendar-data>";
static const char FILTER[] =
    "<C:filter xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><C:comp-filter name=\"VCALENDAR\">"
    "<C:comp-filter name=\"VEVENT\"><C:time-range start=\"20260101T000000Z\"/>"
    "<C:prop-filter name=\"SUMMARY\"><C:text-match>a</C:text-match></C:prop-filter>"
    "<C:comp-filter name=\"VALARM\"><C:time-range start=\"20260101T000000Z\""
    " end=\"20270101T000000Z\"/></C:comp-filter></C:comp-filter></C:comp-filter></C:filter>";

static void meaning_is_sound(struct call *c, const struct ical *ical)
{
    struct node *data = node_map(c);
    int64_t day = 0;
    if (ical_event(c, ical, data) != OK) {
        call_clear(c);
        return;
    }
    ensure(time_parse_day(node_get(data, "day"), &day));
    ensure(node_number(data, "minute") >= 0);
    ensure(node_number(data, "minute") < 1440);
    ensure(node_number(data, "length") > 0);
    ensure(utf8_valid(node_get(data, "title")));
    ensure(utf8_is_nfc(node_get(data, "title")));
    ensure(node_get(data, "title").len <= LIMIT_TEXT_BYTES);
}

static void instances_lie_in_the_span(struct call *c, const struct ical *ical, uint8_t week)
{
    struct ical_instance *rows = NULL;
    size_t count = 0;
    int64_t from_ms = 1767200400000 + week % 52 * 7 * TIME_DAY_MS;
    struct busy_span span = {.from_ms = from_ms, .to_ms = from_ms + 7 * TIME_DAY_MS};
    if (ical_instances(c, ical, &span, &rows, &count) != OK) {
        call_clear(c);
        return;
    }
    ensure(count <= LIMIT_DAV_EXPANDED);
    for (size_t i = 0; i < count; i++) {
        ensure(rows[i].from_ms < span.to_ms);
        ensure(rows[i].to_ms >= span.from_ms);
    }
}

static void reports_can_be_made(struct call *c, const struct ical *ical)
{
    struct xml *x = NULL;
    struct str text = {};
    bool fits = false;
    enum err e = xml_parse(c, str_of(WANTED), &x);
    ensure(e == OK);
    if (ical_cut(c, ical, x, &text) != OK) call_clear(c);
    e = xml_parse(c, str_of(FILTER), &x);
    ensure(e == OK);
    if (ical_fits(c, ical, x, &fits) != OK) call_clear(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {};
    struct ical *ical = NULL;
    bool changed = false;
    if (size == 0) return 0;
    struct call c = call_begin(env_real(), NULL, NULL);
    enum err e = ical_clean(&c, (struct str){(const char *)data + 1, size - 1}, &text, &changed);
    if (e == OK) {
        ensure(utf8_valid(text));
        ensure(utf8_is_nfc(text));
        e = ical_parse(&c, text, &ical);
    }
    if (e == OK) {
        meaning_is_sound(&c, ical);
        instances_lie_in_the_span(&c, ical, data[0]);
        reports_can_be_made(&c, ical);
    }
    call_end(&c);
    return 0;
}
