/* The properties of principals, calendars and events. */
#include "base/limits.h"
#include "base/words.h"
#include "front/caldav/dav.h"
#include "front/caldav/ical.h"

/* A property is written by its function, which may find that this place has none. */
struct prop {
    const char *space;
    const char *name;
    uint32_t on;  /* enum dav_kind */
    bool unasked; /* told by allprop too. Source: RFC 4918 9.1, RFC 4791 5.2, 6.2: not those */
    bool (*put)(struct dav *dav, const struct dav_place *place, struct sb *sb);
};

#define PEOPLE (DAV_ROOT | DAV_PRINCIPAL | DAV_HOME)
#define FOLDERS (PEOPLE | DAV_CALENDAR)

static bool put_href(struct dav *dav, struct sb *sb, enum dav_kind kind)
{
    xml_href(sb, dav_href(dav, kind, (struct str){}, (struct str){}));
    return true;
}

static bool put_type(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    if (place->kind == DAV_EVENT) return true; /* an empty element: no collection */
    if (place->kind == DAV_PRINCIPAL) sb_put(sb, S("<D:principal/>"));
    sb_put(sb, S("<D:collection/>"));
    if (place->kind == DAV_CALENDAR) sb_put(sb, S("<C:calendar/>"));
    return true;
}

static bool put_name(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    struct str name = place->kind == DAV_CALENDAR    ? place->calendar->title
                      : place->kind == DAV_EVENT     ? place->item->name
                      : place->kind == DAV_PRINCIPAL ? dav->c.who.login
                                                     : dav->web->office->name;
    xml_text(sb, name);
    return true;
}

static bool put_principal(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)place;
    return put_href(dav, sb, DAV_PRINCIPAL);
}

static bool put_home(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)place;
    return put_href(dav, sb, DAV_HOME);
}

static bool put_root(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)place;
    return put_href(dav, sb, DAV_ROOT);
}

static bool put_nothing(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    (void)sb;
    return true;
}

static bool put_user_type(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("INDIVIDUAL"));
    return true;
}

/* Source: RFC 3744 5.4. */
static bool put_rights(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    static const char *const READS[] = {"read", "read-current-user-privilege-set"};
    static const char *const WRITES[] = {"write", "write-content", "bind", "unbind"};
    (void)dav;
    bool in_calendar = place->kind == DAV_CALENDAR || place->kind == DAV_EVENT;
    for (size_t i = 0; i < ARRAY_LEN(READS); i++)
        sb_printf(sb, "<D:privilege><D:%s/></D:privilege>", READS[i]);
    if (!in_calendar) return true;
    sb_put(sb, S("<D:privilege><C:read-free-busy/></D:privilege>"));
    for (size_t i = 0; place->calendar->writable && i < ARRAY_LEN(WRITES); i++)
        sb_printf(sb, "<D:privilege><D:%s/></D:privilege>", WRITES[i]);
    return true;
}

static bool put_reports(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    static const char *const REPORTS[] = {"<C:calendar-query/>", "<C:calendar-multiget/>",
                                          "<C:free-busy-query/>", "<D:sync-collection/>"};
    (void)dav;
    for (size_t i = 0; place->kind == DAV_CALENDAR && i < ARRAY_LEN(REPORTS); i++)
        sb_printf(sb, "<D:supported-report><D:report>%s</D:report></D:supported-report>",
                  REPORTS[i]);
    return true;
}

static bool put_etag(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    sb_put(sb, S("&quot;"));
    xml_text(sb, place->item->etag);
    sb_put(sb, S("&quot;"));
    return true;
}

static bool put_media(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    sb_put(sb, place->kind == DAV_EVENT ? S("text/calendar; charset=utf-8; component=VEVENT")
                                        : S("httpd/unix-directory"));
    return true;
}

static bool put_length(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    if (place->text.len == 0) return false; /* known only where the text was read */
    sb_printf(sb, "%zu", ical_wire(&dav->c, place->text).len);
    return true;
}

static bool put_token(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    sb_printf(sb, DAV_TOKEN "%lld", (long long)place->calendar->token);
    return true;
}

static bool put_components(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("<C:comp name=\"VEVENT\"/>"));
    return true;
}

static bool put_data_kinds(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("<C:calendar-data content-type=\"text/calendar\" version=\"2.0\"/>"));
    return true;
}

static bool put_collations(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("<C:supported-collation>i;ascii-casemap</C:supported-collation>"
                 "<C:supported-collation>i;octet</C:supported-collation>"));
    return true;
}

static bool put_size(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_printf(sb, "%d", LIMIT_ICAL_BYTES);
    return true;
}

static bool put_instances(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_printf(sb, "%d", LIMIT_OCCURRENCES);
    return true;
}

static bool put_first_time(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("19030101T000000Z"));
    return true;
}

static bool put_last_time(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("20971231T235959Z"));
    return true;
}

static bool put_zone(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("Asia/Ho_Chi_Minh"));
    return true;
}

static bool put_transparency(struct dav *dav, const struct dav_place *place, struct sb *sb)
{
    (void)dav;
    (void)place;
    sb_put(sb, S("<C:opaque/>"));
    return true;
}

static const struct prop PROPS[] = {
    {NS_DAV, "resourcetype", DAV_ANY, true, put_type},
    {NS_DAV, "displayname", DAV_ANY, true, put_name},
    {NS_DAV, "getetag", DAV_EVENT, true, put_etag},
    {NS_DAV, "getcontenttype", DAV_EVENT | DAV_CALENDAR, true, put_media},
    {NS_DAV, "getcontentlength", DAV_EVENT, true, put_length},
    {NS_DAV, "supportedlock", DAV_ANY, true, put_nothing},
    {NS_DAV, "current-user-principal", DAV_ANY, false, put_principal},
    {NS_DAV, "principal-URL", DAV_PRINCIPAL, false, put_principal},
    {NS_DAV, "owner", DAV_ANY, false, put_principal},
    {NS_DAV, "principal-collection-set", DAV_ANY, false, put_root},
    {NS_DAV, "group-membership", DAV_PRINCIPAL, false, put_nothing},
    {NS_DAV, "group-member-set", DAV_PRINCIPAL, false, put_nothing},
    {NS_DAV, "alternate-URI-set", DAV_PRINCIPAL, false, put_nothing},
    {NS_DAV, "current-user-privilege-set", DAV_ANY, false, put_rights},
    {NS_DAV, "supported-report-set", DAV_ANY, false, put_reports},
    {NS_DAV, "sync-token", DAV_CALENDAR, false, put_token},
    {NS_CS, "getctag", DAV_CALENDAR, false, put_token},
    {NS_CAL, "calendar-home-set", PEOPLE, false, put_home},
    {NS_CAL, "calendar-user-address-set", DAV_PRINCIPAL, false, put_principal},
    {NS_CAL, "calendar-user-type", DAV_PRINCIPAL, false, put_user_type},
    {NS_CAL, "supported-calendar-component-set", DAV_CALENDAR, false, put_components},
    {NS_CAL, "supported-calendar-data", DAV_CALENDAR, false, put_data_kinds},
    {NS_CAL, "supported-collation-set", DAV_CALENDAR, false, put_collations},
    {NS_CAL, "max-resource-size", DAV_CALENDAR, false, put_size},
    {NS_CAL, "max-instances", DAV_CALENDAR, false, put_instances},
    {NS_CAL, "min-date-time", DAV_CALENDAR, false, put_first_time},
    {NS_CAL, "max-date-time", DAV_CALENDAR, false, put_last_time},
    {NS_CAL, "calendar-timezone-id", DAV_CALENDAR, false, put_zone},
    {NS_CAL, "schedule-calendar-transp", DAV_CALENDAR, false, put_transparency},
};

static const struct prop *prop_of(const struct xml *x)
{
    for (size_t i = 0; i < ARRAY_LEN(PROPS); i++) {
        if (xml_is(x, PROPS[i].space, PROPS[i].name)) return &PROPS[i];
    }
    return NULL;
}

bool dav_props_knows(const struct xml *x)
{
    return prop_of(x) != NULL;
}

/* "D:getetag"; a namespace that has no prefix is declared on the spot. */
static void name_put(struct sb *sb, struct str space, struct str name, bool closing)
{
    static const struct {
        const char *space;
        const char *prefix;
    } PREFIXES[] = {{NS_DAV, "D"}, {NS_CAL, "C"}, {NS_CS, "CS"}, {NS_APPLE, "A"}, {NS_OWN, "P"}};
    for (size_t i = 0; i < ARRAY_LEN(PREFIXES); i++) {
        if (!str_eq(space, str_of(PREFIXES[i].space))) continue;
        sb_printf(sb, "%s:%.*s", PREFIXES[i].prefix, STR_ARG(name));
        return;
    }
    if (space.len == 0 || closing) {
        sb_printf(sb, "%s%.*s", space.len == 0 ? "" : "x:", STR_ARG(name));
        return;
    }
    sb_printf(sb, "x:%.*s xmlns:x=\"", STR_ARG(name));
    xml_text(sb, space);
    sb_char(sb, '"');
}

void dav_element(struct sb *sb, struct str space, struct str name)
{
    sb_char(sb, '<');
    name_put(sb, space, name, false);
    sb_put(sb, S("/>"));
}

static bool prop_write(struct dav *dav, const struct dav_place *place, const struct prop *prop,
                       struct sb *sb)
{
    struct sb value = sb_new(dav->c.arena, 0);
    if ((prop->on & (uint32_t)place->kind) == 0 || !prop->put(dav, place, &value)) return false;
    sb_char(sb, '<');
    name_put(sb, str_of(prop->space), str_of(prop->name), false);
    sb_char(sb, '>');
    sb_put(sb, sb_str(&value));
    sb_put(sb, S("</"));
    name_put(sb, str_of(prop->space), str_of(prop->name), true);
    sb_char(sb, '>');
    return true;
}

/* Source: RFC 4791 9.6: not a property, though it is asked for like one. */
static enum err data_write(struct dav *dav, const struct dav_place *place, const struct xml *x,
                           struct sb *sb)
{
    struct call *c = &dav->c;
    struct str text = {};
    if (x->first == NULL) {
        text = ical_wire(c, place->text);
    } else {
        struct ical *ical = NULL;
        enum err e = ical_parse(c, place->text, &ical);
        if (e == OK) e = ical_cut(c, ical, x, &text);
        if (e != OK) return e;
    }
    sb_put(sb, S("<C:calendar-data>"));
    xml_text(sb, text);
    sb_put(sb, S("</C:calendar-data>"));
    return OK;
}

static void propstat(struct sb *sb, struct str props, int status)
{
    struct str said = http_status_words(status);
    if (props.len == 0) return;
    sb_printf(sb,
              "<D:propstat><D:prop>%.*s</D:prop><D:status>HTTP/1.1 %d %.*s</D:status>"
              "</D:propstat>",
              STR_ARG(props), status, STR_ARG(said));
}

static void unasked_write(struct dav *dav, const struct dav_place *place, bool names,
                          struct sb *found)
{
    for (size_t i = 0; i < ARRAY_LEN(PROPS); i++) {
        const struct prop *prop = &PROPS[i];
        if ((prop->on & (uint32_t)place->kind) == 0) continue;
        if (names) dav_element(found, str_of(prop->space), str_of(prop->name));
        if (!names && prop->unasked) (void)prop_write(dav, place, prop, found);
    }
}

enum err dav_props(struct dav *dav, struct dav_multi *multi, const struct dav_place *place,
                   const struct xml *wanted, bool names)
{
    struct sb found = sb_new(dav->c.arena, 24 * LIMIT_DAV_MEMORY_BYTES);
    struct sb missing = sb_new(dav->c.arena, 24 * LIMIT_DAV_MEMORY_BYTES);
    struct str calendar = place->calendar == NULL ? (struct str){} : place->calendar->id;
    struct str name = place->item == NULL ? (struct str){} : place->item->name;
    if (wanted == NULL) unasked_write(dav, place, names, &found);
    for (const struct xml *x = wanted == NULL ? NULL : wanted->first; x != NULL; x = x->next) {
        const struct prop *prop = prop_of(x);
        bool data = xml_is(x, NS_CAL, "calendar-data") && place->text.len > 0;
        enum err e = data ? data_write(dav, place, x, &found) : OK;
        if (e != OK) return e;
        if (data || (prop != NULL && prop_write(dav, place, prop, &found))) continue;
        dav_element(&missing, x->space, x->name);
    }
    sb_put(&multi->sb, S("<D:response>"));
    xml_href(&multi->sb, dav_href(dav, place->kind, calendar, name));
    propstat(&multi->sb, sb_str(&found), 200);
    if (!dav->minimal) propstat(&multi->sb, sb_str(&missing), 404);
    bool none = found.len == 0 && (dav->minimal || missing.len == 0);
    if (none)
        sb_put(&multi->sb, S("<D:propstat><D:prop/><D:status>HTTP/1.1 200 OK</D:status>"
                             "</D:propstat>"));
    sb_put(&multi->sb, S("</D:response>\n"));
    return OK;
}
