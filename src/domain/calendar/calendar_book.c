/* Writing a booking: who may, what it clashes with, what else would be free. */
#include "calendar.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

enum { LOOK_AHEAD_DAYS = 21, TEXT_BYTES = 2000 };

static bool keeps(struct call *c, const struct calendar_resource *r)
{
    const struct calendar_keeper *k = r->keepers.rows;
    if ((c->who.roles & ROLE_CHIEF) != 0) return true;
    if (r->keepers.count == 0) return (c->who.roles & ROLE_SECRETARY) != 0;
    for (size_t i = 0; i < r->keepers.count; i++) {
        if (str_eq(k[i].person, c->who.person)) return true;
        for (size_t s = 0; s < c->who.stands_for_count; s++) {
            if (str_eq(k[i].person, c->who.stands_for[s])) return true;
        }
    }
    return false;
}

enum err calendar_may_keep(struct call *c, struct str resource, struct calendar_resource *ret)
{
    struct calendar_resource r = {};
    bool agreed = true;
    enum err e = record_body_visible(c, "calendar.resource", resource, &r);
    if (e != OK) return e;
    if (!str_starts(resource, c->office->id)) return fail(c, ERR_DENIED, "record.not_home");
    if (!keeps(c, &r)) return fail(c, ERR_DENIED, "calendar.not_keeper");
    if (r.second.len > 0) e = calendar_agreed(c, resource, r.second, &agreed);
    if (e != OK) return e;
    if (!agreed) return fail(c, ERR_CONFLICT, "calendar.not_agreed");
    *ret = r;
    return OK;
}

/* ---- clashes ---- */

/* What a booking is about, for whoever may know; else "bận". */
static struct str title_for_actor(struct call *c, struct str booking)
{
    struct calendar_details d = {};
    struct str record = {};
    enum err e = calendar_details_of(c, booking, &record);
    if (e == OK && record.len > 0) e = record_body_visible(c, "calendar.details", record, &d);
    if (e != OK) call_clear(c); /* not for this person */
    if (e != OK || record.len == 0) return words(c->lang, S("calendar.busy"));
    if (d.title.len == 0) return words(c->lang, S("calendar.untitled"));
    return str_format(c->arena, "“%.*s”", STR_ARG(d.title));
}

static struct str free_text(struct call *c, struct str resource, const struct calendar_span *span)
{
    struct calendar_offers offers = {};
    struct calendar_span within = {span->from_ms - TIME_DAY_MS, 0};
    struct sb sb = sb_new(c->arena, TEXT_BYTES);
    if (within.from_ms < c->now_ms) within.from_ms = c->now_ms;
    within.to_ms = within.from_ms + LOOK_AHEAD_DAYS * TIME_DAY_MS;
    enum err e = calendar_free(c, &resource, 1, &within, span->to_ms - span->from_ms, &offers);
    if (e != OK) call_clear(c); /* the refusal stands without an offer */
    for (size_t i = 0; e == OK && i < offers.count; i++) {
        if (i > 0) sb_put(&sb, S("; "));
        sb_put(&sb, calendar_span_text(c, &offers.free[i]));
    }
    if (sb.len == 0) sb_put(&sb, words(c->lang, S("calendar.none_free")));
    return sb_str(&sb);
}

static enum err refuse(struct call *c, struct str resource, const struct calendar_span *span,
                       struct str what, const struct calendar_span *when)
{
    struct str free = free_text(c, resource, span);
    struct str text = calendar_span_text(c, when);
    (void)!fail(c, ERR_CONFLICT, "calendar.clash");
    (void)!fail_arg(c, "what", what);
    (void)!fail_arg(c, "when", text);
    return fail_arg(c, "free", free);
}

static enum err hard_check(struct call *c, const struct calendar_booking *b, struct str record,
                           const struct calendar_span *spans, size_t count)
{
    struct calendar_clash clash = {};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        if (i > 0 && spans[i].from_ms < spans[i - 1].to_ms && calendar_is_firm(b))
            return fail(c, ERR_INVALID, "calendar.series_overlaps");
        e = calendar_clash_find(c, b->resource, &spans[i], record, &clash);
        if (e != OK || clash.booking.len == 0) continue;
        return refuse(c, b->resource, &spans[i], title_for_actor(c, clash.booking), &clash.span);
    }
    return e;
}

/* ---- soft clashes: allowed with a reason ---- */

static void soft_note(struct call *c, struct sb *sb, const char *key, int64_t minutes,
                      struct str what)
{
    struct fail_arg args[] = {{"minutes", str_format(c->arena, "%lld", (long long)minutes)},
                              {"what", what}};
    if (sb->len > 0) sb_put(sb, S(" "));
    sb_put(sb, words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args)));
}

/* A booking that is about to be written. */
struct writing {
    struct str record;
    struct calendar_booking *b;
    struct calendar_resource resource;
    struct str place;
    struct calendar_span *spans;
    size_t count;
};

static enum err soft_look(struct call *c, const struct writing *w, const struct calendar_span *span,
                          struct sb *sb)
{
    const struct calendar_resource *r = &w->resource;
    struct rows rows = {};
    enum err e = calendar_near(c, w->b->resource, span, w->record, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        bool before = rows_int(&rows, i, 1) < span->from_ms;
        int64_t gap_ms = before ? span->from_ms - rows_int(&rows, i, 2)
                                : rows_int(&rows, i, 1) - span->to_ms;
        struct str other = rows_text(&rows, i, 3);
        bool apart = other.len > 0 && w->place.len > 0 && !str_eq(other, w->place);
        if (apart && gap_ms < r->travel_min * 60000) {
            soft_note(c, sb, "calendar.soft_travel", gap_ms / 60000, other);
        } else if (gap_ms < r->rest_min * 60000) {
            soft_note(c, sb, "calendar.soft_rest", gap_ms / 60000,
                      title_for_actor(c, rows_text(&rows, i, 0)));
        }
    }
    return e;
}

/* Asked once with the reason that accepts it; of a series only its first instance is looked at. */
static enum err soft_check(struct call *c, const struct writing *w)
{
    struct sb sb = sb_new(c->arena, TEXT_BYTES);
    enum err e = w->count > 0 ? soft_look(c, w, &w->spans[0], &sb) : OK;
    if (e == OK && sb.len == 0) w->b->accepted = (struct str){}; /* nothing was there to accept */
    if (e != OK || sb.len == 0 || w->b->accepted.len > 0) return e;
    (void)!fail(c, ERR_CONFLICT, "calendar.soft");
    return fail_arg(c, "why", sb_str(&sb));
}

/* ---- writing ---- */

static enum err parties_of(struct call *c, const struct writing *w, struct put *put)
{
    const struct calendar_office *offices = w->resource.offices.rows;
    struct str *parties = arena_array(c->arena, CALENDAR_OFFICES + 2, sizeof *parties);
    size_t count = 0;
    parties[count++] = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    for (size_t i = 0; i < w->resource.offices.count; i++)
        parties[count++] = str_format(c->arena, "o:%.*s", STR_ARG(offices[i].office));
    if (w->b->meeting.len > 0) {
        struct head head = {};
        enum err e = record_head(c, w->b->meeting, &head);
        if (e != OK) return e;
        parties[count++] = str_format(c->arena, "o:%.*s", STR_ARG(head.home));
    }
    put->audience = parties;
    put->audience_count = count;
    return OK;
}

enum err calendar_book(struct call *c, struct str record, int64_t seen, struct calendar_booking *b,
                       struct str place, struct act_result *ret_result)
{
    struct writing w = {.record = record, .b = b, .place = place};
    int64_t today = time_hanoi_day(c->now_ms);
    if (calendar_is_series(&b->when)) {
        b->when.until = (today > b->when.day ? today : b->when.day) + CALENDAR_AHEAD_DAYS;
    }
    enum err e = record_body(c, "calendar.resource", b->resource, &w.resource);
    if (e == OK && w.resource.closed) e = fail(c, ERR_CONFLICT, "calendar.closed");
    if (e == OK && b->when.length < 1) problem(c, S("to"), "calendar.no_length");
    if (e == OK) e = problems_fail(c);
    if (e == OK) e = calendar_spans(c, &b->when, &w.spans, &w.count);
    if (e == OK && w.count == 0) e = fail(c, ERR_INVALID, "calendar.no_instance");
    if (e == OK && !b->free) e = hard_check(c, b, record, w.spans, w.count);
    if (e == OK && !b->free) e = soft_check(c, &w);
    if (e != OK) return e;
    struct put put = {.kind = "calendar.booking", .record = record, .seen_n = seen, .body = b};
    e = parties_of(c, &w, &put);
    /* whoever was faster, in a transaction that this one does not see, is met by the database; the
     * store then runs this once more and the clash has a name */
    return e != OK ? e : record_put(c, &put, ret_result);
}

/* Who keeps a calendar knows what its bookings are about. */
enum err calendar_describe(struct call *c, const struct calendar_details *d)
{
    struct calendar_booking b = {};
    struct calendar_resource r = {};
    struct act_result result = {};
    struct put put = {.kind = "calendar.details", .body = d};
    struct str *parties = arena_array(c->arena, CALENDAR_KEEPERS + 4, sizeof *parties);
    enum err e = calendar_details_of(c, d->booking, &put.record);
    if (e == OK) e = record_body(c, "calendar.booking", d->booking, &b);
    if (e == OK) e = record_body(c, "calendar.resource", b.resource, &r);
    if (e != OK) return e;
    const struct calendar_keeper *keepers = r.keepers.rows;
    for (size_t i = 0; i < r.keepers.count; i++)
        parties[put.audience_count++] = str_format(c->arena, "p:%.*s", STR_ARG(keepers[i].person));
    parties[put.audience_count++] = S("r:chief");
    if (!d->private || r.keepers.count == 0) parties[put.audience_count++] = S("r:secretary");
    if (!d->private) parties[put.audience_count++] = S("r:leader");
    put.audience = parties;
    return record_put(c, &put, &result);
}
