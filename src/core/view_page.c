/* The conventions of the generic pages, in one place. */
#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

void view_start(struct call *c, struct view *view, enum view_kind kind, struct str title)
{
    *view = (struct view){.kind = kind, .title = title, .data = node_map(c)};
}

static struct node *list_of(struct call *c, struct node *map, const char *name)
{
    for (struct node *child = map->first; child != NULL; child = child->next) {
        if (str_eq(str_of(child->name), str_of(name))) return child;
    }
    return node_put_list(c, map, name);
}

void view_column(struct call *c, struct view *view, const char *key, const char *label_key)
{
    struct node *column = node_add_map(c, list_of(c, view->data, "columns"));
    node_text(c, column, "key", str_of(key));
    node_text(c, column, "label", words(c->lang, str_of(label_key)));
}

struct node *view_row(struct call *c, struct view *view, struct str record, struct str href)
{
    struct node *row = node_add_map(c, list_of(c, view->data, "rows"));
    node_text(c, row, "record", record);
    node_text(c, row, "href", href);
    return row;
}

static struct node *cell(struct call *c, struct node *row, const char *kind, struct str text)
{
    struct node *map = node_add_map(c, list_of(c, row, "cells"));
    node_text(c, map, "text", text);
    node_text(c, map, "kind", str_of(kind));
    return map;
}

void view_cell(struct call *c, struct node *row, struct str text)
{
    (void)cell(c, row, "text", text);
}

void view_cell_state(struct call *c, struct node *row, struct str text, const char *tone)
{
    node_text(c, cell(c, row, "state", text), "tone", str_of(tone));
}

void view_cell_instant(struct call *c, struct node *row, int64_t ms)
{
    struct str text = ms == 0 ? (struct str){} : time_hanoi_format(c->arena, ms, c->lang);
    struct node *map = cell(c, row, "instant", text);
    if (ms != 0) node_text(c, map, "value", time_format_instant(c->arena, ms));
}

void view_fact(struct call *c, struct view *view, const char *label_key, struct str text)
{
    if (text.len == 0) return;
    struct node *fact = node_add_map(c, list_of(c, view->data, "facts"));
    node_text(c, fact, "label", words(c->lang, str_of(label_key)));
    node_text(c, fact, "text", text);
    node_text(c, fact, "kind", S("text"));
}

/* What is left, or what it is late by. */
struct distance {
    const char *key;
    int64_t count;
};

enum { MINUTE_MS = 60 * 1000, HOUR_MINUTES = 60, CLOCK_HOURS_MAX = 48 };

/* "Còn 5 giờ": a term that is counted in hours is told in hours while they are few; the last one in
 * minutes. What is left is rounded down, so that nobody relies on time that is not there. */
static bool distance_hours(struct call *c, int64_t due_ms, bool late, struct str why,
                           struct distance *ret_distance)
{
    bool working = str_find(why, S("\"rule\":\"working_hours\""), 0) < why.len;
    bool clock = str_find(why, S("\"rule\":\"hours\""), 0) < why.len;
    if (!working && !clock) return false;
    int64_t from_ms = late ? due_ms : c->now_ms;
    int64_t to_ms = late ? c->now_ms : due_ms;
    int64_t minutes =
        working ? office_work_minutes(c, from_ms, to_ms) : (to_ms - from_ms) / MINUTE_MS;
    int64_t hours = minutes / HOUR_MINUTES;
    if (hours > CLOCK_HOURS_MAX) return false;
    if (hours == 0) {
        *ret_distance = (struct distance){late ? "due.late_minutes" : "due.left_minutes", minutes};
        return true;
    }
    const char *left = working ? "due.left_working_hours" : "due.left_hours";
    const char *over = working ? "due.late_working_hours" : "due.late_hours";
    *ret_distance = (struct distance){late ? over : left, hours};
    return true;
}

/* "Còn 2 ngày làm việc", "Đến hạn hôm nay", "Quá hạn 3 ngày làm việc". */
static struct distance distance_days(struct call *c, int64_t due_ms, bool late)
{
    int64_t today = time_hanoi_day(c->now_ms);
    int64_t due_day = time_hanoi_day(due_ms);
    int64_t days = late ? office_workdays_between(c, due_day, today)
                        : office_workdays_between(c, today, due_day);
    if (late) return (struct distance){days == 0 ? "due.late_today" : "due.late", days};
    return (struct distance){days == 0 ? "due.today" : "due.left", days};
}

static struct str distance_text(struct call *c, int64_t due_ms, bool late, struct str why)
{
    struct distance distance = {};
    if (!distance_hours(c, due_ms, late, why, &distance)) {
        distance = distance_days(c, due_ms, late);
    }
    struct fail_arg args[] = {{"days", str_format(c->arena, "%lld", (long long)distance.count)}};
    return words_fill(c->arena, c->lang, str_of(distance.key), args, ARRAY_LEN(args));
}

struct node *view_due_paused(struct call *c, struct node *parent, const char *name,
                             int64_t paused_day, struct str why_json)
{
    struct node *map = node_put_map(c, parent, name);
    struct fail_arg args[] = {{"day", time_format_day_vn(c->arena, paused_day)}};
    node_text(c, map, "kind", S("due"));
    node_text(c, map, "text",
              words_fill(c->arena, c->lang, S("due.paused"), args, ARRAY_LEN(args)));
    node_text(c, map, "tone", S("neutral"));
    if (why_json.len > 0) node_text(c, map, "why", why_json);
    return map;
}

struct view view_section(struct call *c, struct view *view, const char *title_key)
{
    struct view section = {.data = node_add_map(c, list_of(c, view->data, "sections"))};
    node_text(c, section.data, "title", words(c->lang, str_of(title_key)));
    return section;
}

struct node *view_due(struct call *c, struct node *parent, const char *name, int64_t due_ms,
                      struct str why_json, bool done)
{
    struct node *map = node_put_map(c, parent, name);
    node_text(c, map, "kind", S("due"));
    if (due_ms == 0) {
        node_text(c, map, "text", words(c->lang, S("due.none")));
        node_text(c, map, "tone", S("neutral"));
        return map;
    }
    bool late = due_ms < c->now_ms;
    struct str day = time_format_day_long(c->arena, time_hanoi_day(due_ms), c->lang);
    struct str when = time_hanoi_format(c->arena, due_ms, c->lang);
    struct str clock = str_sub(when, when.len - 5, when.len);
    struct str lead =
        done ? words(c->lang, S("due.done")) : distance_text(c, due_ms, late, why_json);
    bool soon = !late && time_hanoi_day(due_ms) - time_hanoi_day(c->now_ms) <= 1;
    node_text(
        c, map, "text",
        str_format(c->arena, "%.*s · %.*s %.*s", STR_ARG(lead), STR_ARG(day), STR_ARG(clock)));
    node_text(c, map, "tone",
              done   ? S("neutral")
              : late ? S("late")
              : soon ? S("warn")
                     : S("good"));
    node_text(c, map, "value", time_format_instant(c->arena, due_ms));
    if (why_json.len > 0) node_text(c, map, "why", why_json);
    return map;
}

void view_act(struct call *c, struct view *view, const char *act, bool main)
{
    struct node *row = node_add_map(c, list_of(c, view->data, "acts"));
    node_text(c, row, "act", str_of(act));
    node_text(c, row, "label", words(c->lang, str_format(c->arena, "act.%s", act)));
    node_text(c, row, "href", str_format(c->arena, "/act/%s", act));
    node_bool(c, row, "main", main);
    node_bool(c, row, "possible", true);
}

void view_link(struct call *c, struct view *view, const char *label_key, struct str href)
{
    struct node *link = node_add_map(c, list_of(c, view->data, "acts"));
    node_text(c, link, "label", words(c->lang, str_of(label_key)));
    node_text(c, link, "href", href);
    node_bool(c, link, "possible", true);
}
