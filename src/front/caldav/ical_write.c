/* Texts made here: of what was booked on a page or moved there since, of free and busy. */
#include "front/caldav/ical_core.h"

#include "base/limits.h"
#include "base/lunar.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/words.h"

enum { DAY_S = 86400, LINE_BYTES = 74, LUNAR_YEARS = 30 };

#define HANOI "Asia/Ho_Chi_Minh"
#define PRODUCT "PRODID:-//Phoi Hop//Lich//VI\n"
/* Source: Decision 121-CP of 1967; base/time.h. */
#define HANOI_ZONE                                                                                 \
    "BEGIN:VTIMEZONE\nTZID:" HANOI "\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"                   \
    "TZOFFSETFROM:+0700\nTZOFFSETTO:+0700\nTZNAME:+07\nEND:STANDARD\nEND:VTIMEZONE\n"

/* ---- lines ---- */

/* A content line, folded. Source: RFC 5545 3.1. */
static void line_put(struct sb *sb, struct str line)
{
    while (line.len > LINE_BYTES) {
        size_t cut = utf8_cut(line, LINE_BYTES);
        sb_put(sb, str_sub(line, 0, cut));
        sb_put(sb, S("\n "));
        line = str_sub(line, cut, line.len);
    }
    sb_put(sb, line);
    sb_char(sb, '\n');
}

/* Source: RFC 5545 3.3.11. */
static void text_put(struct call *c, struct sb *sb, const char *name, struct str text)
{
    struct sb line = sb_new(c->arena, 0);
    if (text.len == 0) return;
    sb_printf(&line, "%s:", name);
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if (ch == '\n') {
            sb_put(&line, S("\\n"));
            continue;
        }
        if (ch == ',' || ch == ';' || ch == '\\') sb_char(&line, '\\');
        sb_char(&line, ch);
    }
    line_put(sb, sb_str(&line));
}

static struct str moment(struct arena *arena, int64_t local_s, bool day)
{
    struct icaltimetype t = ical_plain(local_s, day);
    if (day) return str_format(arena, "%04d%02d%02d", t.year, t.month, t.day);
    return str_format(arena, "%04d%02d%02dT%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute,
                      t.second);
}

/* ---- what the office knows of an item ---- */

struct known {
    const struct node *data;
    struct str zone; /* as TZID */
    bool day;
    int64_t start_s;
    int64_t length_s;
};

static int64_t local_of(const struct node *map, const char *day, const char *minute)
{
    int64_t number = 0;
    bool read = time_parse_day(node_get(map, day), &number);
    ensure(read); /* it was written by the calendar */
    return number * DAY_S + node_number(map, minute) * 60;
}

static struct known known_of(const struct node *data)
{
    struct known k = {.data = data, .zone = node_get(data, "zone")};
    if (k.zone.len == 0) k.zone = S(HANOI);
    k.day = node_number(data, "all_day") != 0;
    k.start_s = local_of(data, "day", "minute");
    k.length_s = node_number(data, "length") * 60;
    return k;
}

/* "DTSTART;TZID=Asia/Ho_Chi_Minh:20261126T090000" */
static void moment_put(struct call *c, struct sb *sb, const struct known *k, const char *name,
                       int64_t local_s)
{
    struct str text = moment(c->arena, local_s, k->day);
    if (k->day) {
        sb_printf(sb, "%s;VALUE=DATE:%.*s\n", name, STR_ARG(text));
    } else if (str_eq(k->zone, S("Etc/UTC"))) {
        sb_printf(sb, "%s:%.*sZ\n", name, STR_ARG(text));
    } else {
        sb_printf(sb, "%s;TZID=%.*s:%.*s\n", name, STR_ARG(k->zone), STR_ARG(text));
    }
}

static void lunar_put(struct call *c, struct sb *sb, const struct known *k)
{
    int64_t first = k->start_s / DAY_S;
    struct lunar date = lunar_of_day(first);
    for (int year = date.year + 1; year <= date.year + LUNAR_YEARS; year++) {
        int64_t day = 0;
        struct lunar next = {.year = year, .month = date.month, .day = date.day};
        bool there = lunar_to_day(next, &day);
        next.day--;
        if (!there && date.day == 30) there = lunar_to_day(next, &day);
        if (there) moment_put(c, sb, k, "RDATE", k->start_s + (day - first) * DAY_S);
    }
}

/* The lines that say when. A number of instances that moved follow as events of their own. */
static void when_put(struct call *c, struct sb *sb, const struct known *k)
{
    struct str rule = node_get(k->data, "rule");
    const struct node *x = node_find(k->data, S("exceptions"));
    moment_put(c, sb, k, "DTSTART", k->start_s);
    moment_put(c, sb, k, "DTEND", k->start_s + k->length_s);
    if (rule.len > 0) line_put(sb, str_format(c->arena, "RRULE:%.*s", STR_ARG(rule)));
    if (node_number(k->data, "lunar") != 0) lunar_put(c, sb, k);
    for (x = x == NULL ? NULL : x->first; x != NULL; x = x->next) {
        if (node_number(x, "cancelled") != 0)
            moment_put(c, sb, k, "EXDATE", local_of(x, "day", "minute"));
    }
}

static void state_put(struct sb *sb, const struct node *data)
{
    bool free = node_number(data, "free") != 0;
    sb_put(sb,
           node_number(data, "tentative") != 0 ? S("STATUS:TENTATIVE\n") : S("STATUS:CONFIRMED\n"));
    sb_put(sb, free ? S("TRANSP:TRANSPARENT\n") : S("TRANSP:OPAQUE\n"));
}

/* ---- a new text ---- */

static void event_put(struct call *c, struct sb *sb, const struct known *k, struct str uid)
{
    struct str title = node_get(k->data, "title");
    int64_t changed_ms = 0;
    (void)time_parse_instant(node_get(k->data, "changed"), &changed_ms);
    bool known = node_number(k->data, "known") != 0;
    if (title.len == 0) title = words(c->lang, known ? S("caldav.untitled") : S("caldav.busy"));
    text_put(c, sb, "UID", uid);
    sb_printf(sb, "DTSTAMP:%.*s\n", STR_ARG(ical_utc(c->arena, changed_ms)));
    text_put(c, sb, "SUMMARY", title);
    text_put(c, sb, "LOCATION", node_get(k->data, "place"));
    text_put(c, sb, "DESCRIPTION", node_get(k->data, "content"));
    if (node_number(k->data, "private") != 0) sb_put(sb, S("CLASS:PRIVATE\n"));
    state_put(sb, k->data);
}

static void moved_put(struct call *c, struct sb *sb, const struct known *k, struct str uid)
{
    const struct node *x = node_find(k->data, S("exceptions"));
    for (x = x == NULL ? NULL : x->first; x != NULL; x = x->next) {
        if (node_number(x, "cancelled") != 0) continue;
        int64_t to_s = local_of(x, "to_day", "to_minute");
        sb_put(sb, S("BEGIN:VEVENT\n"));
        event_put(c, sb, k, uid);
        moment_put(c, sb, k, "RECURRENCE-ID", local_of(x, "day", "minute"));
        moment_put(c, sb, k, "DTSTART", to_s);
        moment_put(c, sb, k, "DTEND", to_s + node_number(x, "to_length") * 60);
        sb_put(sb, S("END:VEVENT\n"));
    }
}

/* The rules of the zone that a text names. */
static void zone_put(struct call *c, struct sb *sb, const struct known *k)
{
    if (k->day || str_eq(k->zone, S("Etc/UTC"))) return;
    if (str_eq(k->zone, S(HANOI))) {
        sb_put(sb, S(HANOI_ZONE));
        return;
    }
    icaltimezone *zone = icaltimezone_get_builtin_timezone(str_zero(c->arena, k->zone));
    icalcomponent *rules = zone == NULL ? NULL : icaltimezone_get_component(zone);
    if (rules == NULL) return; /* programs know the name. Source: RFC 7809 */
    rules = ical_tie(c, icalcomponent_new_clone(rules));
    icalproperty *id = ical_first(rules, ICAL_TZID_PROPERTY);
    if (id != NULL) icalproperty_set_tzid(id, str_zero(c->arena, k->zone));
    struct str text = ical_take(c, icalcomponent_as_ical_string_r(rules));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\r') sb_char(sb, text.ptr[i]);
    }
}

static struct str new_text(struct call *c, const struct known *k, struct str uid)
{
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, S("BEGIN:VCALENDAR\nVERSION:2.0\n" PRODUCT));
    zone_put(c, &sb, k);
    sb_put(&sb, S("BEGIN:VEVENT\n"));
    event_put(c, &sb, k, uid);
    when_put(c, &sb, k);
    sb_put(&sb, S("END:VEVENT\n"));
    moved_put(c, &sb, k, uid);
    sb_put(&sb, S("END:VCALENDAR\n"));
    return sb_str(&sb);
}

/* ---- what a program wrote, with the times of today ---- */

static bool line_is(struct str line, const char *name)
{
    struct str own = str_of(name);
    char after = line.len > own.len ? line.ptr[own.len] : '\0';
    return str_starts(line, own) && (after == ':' || after == ';');
}

static bool is_time_line(struct str line)
{
    static const char *const NAMES[] = {"DTSTART", "DTEND",  "DURATION", "RRULE",
                                        "RDATE",   "EXDATE", "STATUS",   "TRANSP"};
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        if (line_is(line, NAMES[i])) return true;
    }
    return false;
}

/* Lines of the first event stay unless they say when; further events, which said what was moved
 * before, go. What the program wrote of alarms and of its own stands as it was. */
static struct str patched(struct call *c, const struct known *k, struct str original,
                          struct str uid)
{
    struct sb sb = sb_new(c->arena, 0);
    struct str rest = original;
    size_t depth = 0;
    size_t events = 0;
    bool event = false;
    struct str own_zone = str_format(c->arena, "\nTZID:%.*s\n", STR_ARG(k->zone));
    bool zoned = str_find(original, own_zone, 0) < original.len;
    bool skipping = false; /* the folded rest of a line that went */
    while (rest.len > 0) {
        struct str line = {};
        (void)str_cut(rest, '\n', &line, &rest);
        bool folded = str_starts(line, S(" ")) || str_starts(line, S("\t"));
        if (str_starts(line, S("BEGIN:"))) depth++;
        if (depth == 2 && str_eq(line, S("BEGIN:VEVENT"))) {
            event = true;
            events++;
            if (events == 1 && !zoned) zone_put(c, &sb, k);
        }
        if (!folded) skipping = event && (events > 1 || (depth == 2 && is_time_line(line)));
        if (event && depth == 2 && events == 1 && str_eq(line, S("END:VEVENT"))) {
            when_put(c, &sb, k);
            state_put(&sb, k->data);
        }
        if (depth == 1 && str_eq(line, S("END:VCALENDAR"))) moved_put(c, &sb, k, uid);
        if (!skipping) {
            sb_put(&sb, line);
            sb_char(&sb, '\n');
        }
        if (!str_starts(line, S("END:"))) continue;
        if (depth == 2) event = false;
        if (depth > 0) depth--;
    }
    return sb_str(&sb);
}

struct str ical_write(struct call *c, const struct node *data, struct str name)
{
    struct str original = node_get(data, "original");
    struct str uid = node_get(data, "uid");
    struct known k = known_of(data);
    if (original.len > 0 && node_number(data, "current") != 0) return original;
    if (uid.len == 0) uid = name;
    return original.len > 0 ? patched(c, &k, original, uid) : new_text(c, &k, uid);
}

struct str ical_busy(struct call *c, const struct busy_span *span, const struct busy_span *rows,
                     size_t count)
{
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, S("BEGIN:VCALENDAR\nVERSION:2.0\n" PRODUCT "BEGIN:VFREEBUSY\n"));
    sb_printf(&sb, "DTSTAMP:%.*s\n", STR_ARG(ical_utc(c->arena, c->now_ms)));
    sb_printf(&sb, "DTSTART:%.*s\n", STR_ARG(ical_utc(c->arena, span->from_ms)));
    sb_printf(&sb, "DTEND:%.*s\n", STR_ARG(ical_utc(c->arena, span->to_ms)));
    for (size_t i = 0; i < count; i++) {
        struct str from = ical_utc(c->arena, rows[i].from_ms);
        struct str to = ical_utc(c->arena, rows[i].to_ms);
        sb_printf(&sb, "FREEBUSY%s:%.*s/%.*s\n", rows[i].tentative ? ";FBTYPE=BUSY-TENTATIVE" : "",
                  STR_ARG(from), STR_ARG(to));
    }
    sb_put(&sb, S("END:VFREEBUSY\nEND:VCALENDAR\n"));
    return ical_wire(c, sb_str(&sb));
}
