/* Calendars in the demo: each office keeps its leader's, one keeps a room; a series, a hold, and a
 * meeting of all four that not everybody has answered yet. */
#include "main/demo_office.h"

#include "base/time.h"
#include "base/words.h"

enum { HOUR_MS = 3600 * 1000 };

/* What the other files of the demo know of the calendars. */
struct calendars {
    struct str leader[DEMO_OFFICES]; /* records */
    struct str room;
    struct str meeting;
};

static struct str text_of(const char *key)
{
    return words(LANG_VI, str_of(key));
}

static const char *once_key(struct call *c, const char *step, enum demo_place place)
{
    return str_format(c->arena, "demo-calendar-%s-%d", step, (int)place).ptr;
}

static struct str leader_name(struct call *c, const struct demo *demo, enum demo_place place)
{
    const struct fail_arg name = {"name", text_of(demo->office[place].name_key)};
    return words_fill(c->arena, LANG_VI, S("demo.leader"), &name, 1);
}

/* The next such weekday that is at least two days away. */
static int64_t day_after(struct call *c, enum weekday weekday)
{
    int64_t day = time_hanoi_day(c->now_ms) + 2;
    while (time_weekday(day) != weekday)
        day++;
    return day;
}

static void span_set(struct call *c, json_t *input, int64_t day, int64_t from_hour,
                     int64_t to_hour)
{
    int64_t midnight_ms = time_hanoi_midnight_ms(day);
    cli_json_set(input, "from", time_format_instant(c->arena, midnight_ms + from_hour * HOUR_MS));
    cli_json_set(input, "to", time_format_instant(c->arena, midnight_ms + to_hour * HOUR_MS));
}

/* The other offices see when it is busy. */
static enum err calendar_open(struct call *c, struct demo *demo, enum demo_place place,
                              const char *type, struct str name, struct str *ret_record)
{
    const json_t *answer = NULL;
    const struct cli_request request = {.method = "GET", .path = S("/host/offices")};
    enum err e = demo_ask(c, demo, place, &request, &answer);
    if (e != OK) return e;
    json_t *input = cli_json_object(c);
    json_t *offices = json_array();
    const json_t *rows = json_object_get(answer, "offices");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *one = cli_json_object(c);
        cli_json_set(one, "office", cli_json_get(json_array_get(rows, i), "office"));
        (void)json_array_append(offices, one);
    }
    cli_json_set(input, "name", name);
    cli_json_set(input, "type", str_of(type));
    (void)json_object_set_new(input, "offices", offices);
    const struct demo_act act = {place, "thuky", "calendar.open", once_key(c, type, place), input};
    return demo_do(c, demo, &act, ret_record);
}

/* One entry of the calendars' own office. */
struct entry {
    const char *act;
    const char *once;
    struct str record;
    const char *title_key;
    const char *place_key;
    const char *rule; /* NULL: once */
    enum weekday weekday;
    int64_t from_hour;
    int64_t to_hour;
};

static enum err entry_make(struct call *c, struct demo *demo, const struct entry *entry)
{
    json_t *input = cli_json_object(c);
    cli_json_set(input, "record", entry->record);
    cli_json_set(input, "title", text_of(entry->title_key));
    cli_json_set(input, "place", text_of(entry->place_key));
    if (entry->rule != NULL) cli_json_set(input, "rule", str_of(entry->rule));
    span_set(c, input, day_after(c, entry->weekday), entry->from_hour, entry->to_hour);
    const struct demo_act act = {VPCP, "thuky", entry->act, once_key(c, entry->once, VPCP), input};
    return demo_do(c, demo, &act, NULL);
}

/* The board of the place has the calendar in its first column. */
static enum err calendar_there(struct call *c, struct demo *demo, struct demo_wait *wait,
                               bool *ret_there)
{
    const json_t *data = NULL;
    enum err e = demo_see(
        c, demo, &(struct demo_look){wait->place, "thuky", "calendar.board", {}}, &data);
    if (e != OK) return e;
    const json_t *rows = json_object_get(data, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct str record = cli_json_get(json_array_get(rows, i), "record");
        if (str_eq(record, wait->record)) *ret_there = true;
    }
    return OK;
}

static enum err meeting_there(struct call *c, struct demo *demo, struct demo_wait *wait,
                              bool *ret_there)
{
    const json_t *data = NULL;
    struct str query = str_format(c->arena, "record=%.*s", STR_ARG(wait->record));
    enum err e = demo_see(
        c, demo, &(struct demo_look){wait->place, "thuky", "calendar.meeting", query}, &data);
    *ret_there = e == OK;
    if (e == ERR_NOT_FOUND) call_clear(c);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err meeting_call(struct call *c, struct demo *demo, struct calendars *calendars)
{
    json_t *input = cli_json_object(c);
    json_t *asked = json_array();
    enum err e = OK;
    for (enum demo_place place = 0; e == OK && place < DEMO_OFFICES; place++) {
        struct demo_wait wait = {.place = VPCP,
                                 .name = demo->office[place].code,
                                 .there = calendar_there,
                                 .record = calendars->leader[place]};
        e = demo_until(c, demo, &wait);
        json_t *one = cli_json_object(c);
        cli_json_set(one, "resource", calendars->leader[place]);
        (void)json_array_append(asked, one);
    }
    if (e != OK) return e;
    cli_json_set(input, "title", text_of("demo.meeting"));
    cli_json_set(input, "place", text_of("demo.room"));
    cli_json_set(input, "chair", leader_name(c, demo, VPCP));
    (void)json_object_set_new(input, "asked", asked);
    span_set(c, input, day_after(c, THURSDAY), 14, 16);
    const struct demo_act act = {VPCP, "thuky", "calendar.meet", once_key(c, "meet", VPCP), input};
    return demo_do(c, demo, &act, &calendars->meeting);
}

static enum err meeting_answer(struct call *c, struct demo *demo,
                               const struct calendars *calendars, enum demo_place place,
                               const char *answer)
{
    struct demo_wait wait = {.place = place,
                             .name = demo->office[place].code,
                             .there = meeting_there,
                             .record = calendars->meeting};
    enum err e = demo_until(c, demo, &wait);
    if (e != OK) return e;
    json_t *input = cli_json_object(c);
    cli_json_set(input, "record", calendars->meeting);
    cli_json_set(input, "resource", calendars->leader[place]);
    cli_json_set(input, "answer", str_of(answer));
    const struct demo_act act = {place, "thuky", "calendar.answer", once_key(c, "answer", place),
                                 input};
    return demo_do(c, demo, &act, NULL);
}

enum err demo_calendars(struct call *c, struct demo *demo)
{
    struct calendars calendars = {};
    enum err e = OK;
    demo_say(demo, "demo.calendars", S(""));
    for (enum demo_place place = 0; e == OK && place < DEMO_OFFICES; place++) {
        e = calendar_open(c, demo, place, "official", leader_name(c, demo, place),
                          &calendars.leader[place]);
    }
    if (e == OK) e = calendar_open(c, demo, VPCP, "room", text_of("demo.room"), &calendars.room);
    const struct entry entries[] = {
        {"calendar.book", "weekly", calendars.leader[VPCP], "demo.weekly", "demo.room",
         "FREQ=WEEKLY;BYDAY=MO", MONDAY, 8, 10},
        {"calendar.book", "visit", calendars.leader[VPCP], "demo.visit", "demo.away", NULL, TUESDAY,
         14, 17},
        {"calendar.hold", "hold", calendars.leader[VPCP], "demo.hold", "demo.room", NULL, WEDNESDAY,
         9, 11},
        {"calendar.book", "briefing", calendars.room, "demo.weekly", "demo.room",
         "FREQ=WEEKLY;BYDAY=MO", MONDAY, 8, 10},
    };
    for (size_t i = 0; e == OK && i < ARRAY_LEN(entries); i++)
        e = entry_make(c, demo, &entries[i]);
    if (e == OK) e = meeting_call(c, demo, &calendars);
    if (e == OK) e = meeting_answer(c, demo, &calendars, VPCP, "promise");
    if (e == OK) e = meeting_answer(c, demo, &calendars, VPTW, "promise");
    return e != OK ? e : meeting_answer(c, demo, &calendars, VPQH, "hold");
}
