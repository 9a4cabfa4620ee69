/* A text before and behind libical: what comes in is cleaned and counted, then parsed. */
#include "front/caldav/ical.h"

#include <strings.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "front/caldav/ical_core.h"

/* ---- cleaning ---- */

static struct str ends_plain(struct call *c, struct str sent, bool unfold)
{
    struct sb sb = sb_new(c->arena, 0);
    size_t from = 0;
    for (size_t i = 0; i < sent.len; i++) {
        if (sent.ptr[i] != '\r' && sent.ptr[i] != '\n') continue;
        bool pair = sent.ptr[i] == '\r' && i + 1 < sent.len && sent.ptr[i + 1] == '\n';
        size_t next = pair ? i + 2 : i + 1;
        bool folded = next < sent.len && (sent.ptr[next] == ' ' || sent.ptr[next] == '\t');
        sb_put(&sb, str_sub(sent, from, i));
        if (folded && unfold) {
            next++;
        } else {
            sb_char(&sb, '\n');
        }
        from = next;
        i = next - 1;
    }
    sb_put(&sb, str_sub(sent, from, sent.len));
    return sb_str(&sb);
}

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t ch = (uint8_t)text.ptr[i];
        bool c1 = ch == 0xc2 && i + 1 < text.len && (uint8_t)text.ptr[i + 1] < 0xa0;
        if ((ch < ' ' && ch != '\n' && ch != '\t') || ch == 0x7f || c1) return true;
    }
    return false;
}

enum err ical_clean(struct call *c, struct str sent, struct str *ret_text, bool *ret_changed)
{
    if (sent.len > LIMIT_ICAL_BYTES) return fail(c, ERR_LIMIT, "caldav.large");
    if (str_starts(sent, S("\xef\xbb\xbf"))) sent = str_sub(sent, 3, sent.len);
    struct str text = ends_plain(c, sent, false);
    bool changed = false;
    if (!utf8_valid(text) || !utf8_is_nfc(text)) {
        changed = true;
        text = ends_plain(c, sent, true);
        if (!utf8_valid(text)) return fail(c, ERR_INVALID, "caldav.data");
        text = utf8_nfc(c->arena, text);
    }
    if (has_control(text)) return fail(c, ERR_INVALID, "caldav.data");
    *ret_text = text;
    *ret_changed = changed;
    return OK;
}

struct str ical_wire(struct call *c, struct str text)
{
    struct sb sb = sb_new(c->arena, 0);
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\n') continue;
        sb_put(&sb, str_sub(text, from, i));
        sb_put(&sb, S("\r\n"));
        from = i + 1;
    }
    sb_put(&sb, str_sub(text, from, text.len));
    return sb_str(&sb);
}

/* ---- counting ---- */

static bool line_is(struct str line, struct str word)
{
    return line.len >= word.len && strncasecmp(line.ptr, word.ptr, word.len) == 0;
}

/* What the library would do unbounded work for. */
static enum err count_lines(struct call *c, struct str text)
{
    size_t lines = 0;
    size_t components = 0;
    size_t depth = 0;
    struct str line = {};
    for (struct str rest = text; rest.len > 0;) {
        (void)str_cut(rest, '\n', &line, &rest);
        lines++;
        if (line_is(line, S("BEGIN:"))) {
            components++;
            depth++;
        }
        if (line_is(line, S("END:"))) {
            if (depth == 0) return fail(c, ERR_INVALID, "caldav.data");
            depth--;
        }
        bool over = lines > LIMIT_ICAL_LINES || components > LIMIT_ICAL_COMPONENTS ||
                    depth > LIMIT_ICAL_DEPTH;
        if (over) return fail(c, ERR_LIMIT, "caldav.large");
    }
    return depth == 0 && components > 0 ? OK : fail(c, ERR_INVALID, "caldav.data");
}

/* ---- parsing ---- */

static void component_free(void *component)
{
    icalcomponent_free(component);
}

icalcomponent *ical_tie(struct call *c, icalcomponent *component)
{
    ensure(component != NULL);
    arena_defer(c->arena, component_free, component);
    return component;
}

static void text_free(void *text)
{
    icalmemory_free_buffer(text);
}

struct str ical_take(struct call *c, char *text)
{
    if (text == NULL) return (struct str){};
    arena_defer(c->arena, text_free, text);
    return str_of(text);
}

icalproperty *ical_first(icalcomponent *component, icalproperty_kind kind)
{
    return icalcomponent_get_first_property(component, kind);
}

/* The library notes what it could not read as properties of its own. A property without a value is
 * what many programs send and means nothing. */
static bool has_fault(icalcomponent *component)
{
    icalproperty *p = ical_first(component, ICAL_XLICERROR_PROPERTY);
    for (; p != NULL; p = icalcomponent_get_next_property(component, ICAL_XLICERROR_PROPERTY)) {
        const char *why = icalproperty_get_xlicerror(p);
        if (why == NULL || !str_starts(str_of(why), S("No value for"))) return true;
    }
    return false;
}

enum err ical_parse(struct call *c, struct str text, struct ical **ret_ical)
{
    if (text.len > 2 * LIMIT_ICAL_BYTES) return fail(c, ERR_LIMIT, "caldav.large");
    enum err e = count_lines(c, text);
    if (e != OK) return e;
    icalcomponent *root = icalparser_parse_string(str_zero(c->arena, text));
    if (root == NULL) return fail(c, ERR_INVALID, "caldav.data");
    (void)ical_tie(c, root);
    if (icalcomponent_isa(root) != ICAL_VCALENDAR_COMPONENT || has_fault(root))
        return fail(c, ERR_INVALID, "caldav.data");
    struct ical *ical = arena_alloc(c->arena, sizeof *ical);
    *ical = (struct ical){.root = root, .text = text};
    icalcomponent *at = icalcomponent_get_first_component(root, ICAL_ANY_COMPONENT);
    for (; at != NULL; at = icalcomponent_get_next_component(root, ICAL_ANY_COMPONENT)) {
        bool event = icalcomponent_isa(at) == ICAL_VEVENT_COMPONENT;
        if (event && has_fault(at)) return fail(c, ERR_INVALID, "caldav.data");
        bool override = ical_first(at, ICAL_RECURRENCEID_PROPERTY) != NULL;
        if (event && (ical->master == NULL || !override)) ical->master = at;
    }
    *ret_ical = ical;
    return OK;
}

struct str ical_uid(const struct ical *ical)
{
    icalproperty *uid = ical->master == NULL ? NULL : ical_first(ical->master, ICAL_UID_PROPERTY);
    const char *text = uid == NULL ? NULL : icalproperty_get_uid(uid);
    return str_of(text);
}

struct str ical_value(struct call *c, icalproperty *prop)
{
    icalvalue *value = icalproperty_get_value(prop);
    if (value != NULL && icalvalue_isa(value) == ICAL_TEXT_VALUE)
        return str_copy(c->arena, str_of(icalvalue_get_text(value)));
    return ical_take(c, icalproperty_get_value_as_string_r(prop));
}
