/* Refusals and multistatus answers. */
#include "base/limits.h"
#include "base/words.h"
#include "front/caldav/dav.h"

/* Elements by which programs know what went wrong, and the status where it is not that of the kind
 * of error. What the RFCs have no name for has one of ours; a program that does not know it shows
 * the text. Source: RFC 4791 5.3.2.1, 7.8; RFC 4918 16; RFC 6578 3.2; RFC 3744 8.1.1. */
struct condition {
    const char *reason;
    int status;
    const char *element;
};

static const struct condition CONDITIONS[] = {
    {"calendar.clash", 403, "<P:no-overlap/>"},
    {"calendar.series_overlaps", 403, "<P:no-overlap/>"},
    {"calendar.uid", 403, "<C:no-uid-conflict/>"},
    {"calendar.rule", 403, "<C:valid-calendar-data/>"},
    {"calendar.rule_dense", 403, "<C:max-instances/>"},
    {"calendar.no_instance", 403, "<C:valid-calendar-object-resource/>"},
    {"calendar.organiser_decides", 403, "<P:organiser-decides/>"},
    {"calendar.closed", 403, "<P:calendar-closed/>"},
    {"calendar.not_agreed", 403, "<P:calendar-closed/>"},
    {"calendar.not_keeper", 403, "<D:need-privileges/>"},
    {"grant.role", 403, "<D:need-privileges/>"},
    {"record.not_home", 403, "<D:need-privileges/>"},
    {"caldav.data", 403, "<C:valid-calendar-data/>"},
    {"caldav.media", 415, "<C:supported-calendar-data/>"},
    {"caldav.object", 403, "<C:valid-calendar-object-resource/>"},
    {"caldav.method", 403, "<C:valid-calendar-object-resource/>"},
    {"caldav.range", 403, "<C:valid-calendar-object-resource/>"},
    {"caldav.rdate", 403, "<C:valid-calendar-object-resource/>"},
    {"caldav.zone", 403, "<C:valid-timezone/>"},
    {"caldav.component", 403, "<C:supported-calendar-component/>"},
    {"caldav.large", 403, "<C:max-resource-size/>"},
    {"caldav.filter", 403, "<C:valid-filter/>"},
    {"caldav.collation", 403, "<C:supported-collation/>"},
    {"caldav.expand", 403, "<D:number-of-matches-within-limits/>"},
    {"caldav.hrefs", 403, "<D:number-of-matches-within-limits/>"},
    {"caldav.token", 403, "<D:valid-sync-token/>"},
    {"caldav.infinite", 403, "<D:propfind-finite-depth/>"},
    {"caldav.report", 403, "<D:supported-report/>"},
    {"caldav.elsewhere", 502, NULL},
    {"caldav.method_not_here", 405, NULL},
    {"caldav.exists", 412, NULL},
    {"caldav.mkcalendar", 403, "<C:calendar-collection-location-ok/>"},
    {"caldav.body", 400, NULL},
    {"form", 403, "<C:valid-calendar-data/>"},
};

static const struct condition *condition_of(const char *reason)
{
    for (size_t i = 0; i < ARRAY_LEN(CONDITIONS); i++) {
        if (str_eq(str_of(CONDITIONS[i].reason), str_of(reason))) return &CONDITIONS[i];
    }
    return NULL;
}

struct str dav_condition(struct call *c)
{
    const struct condition *found = condition_of(c->failure.reason);
    return found == NULL ? (struct str){} : str_of(found->element);
}

/* The sentence, and behind it what is wrong with which field. */
static struct str told(struct call *c)
{
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, words_failure(c));
    for (size_t i = 0; i < c->failure.problem_count; i++) {
        struct str key = str_format(c->arena, "reason.%s", c->failure.problems[i].reason);
        sb_printf(&sb, " %.*s: %.*s", STR_ARG(c->failure.problems[i].field),
                  STR_ARG(words(c->lang, key)));
    }
    return sb_str(&sb);
}

void dav_fail(struct dav *dav)
{
    struct call *c = &dav->c;
    const struct condition *found = condition_of(c->failure.reason);
    enum err e = c->failure.err;
    struct sb sb = sb_new(dav->rq->arena, 0);
    int status = found != NULL ? found->status : err_info(e)->http_status;
    if (e == ERR_LOGIN) {
        struct str realm =
            str_format(dav->rq->arena, "Basic realm=\"Phoi Hop %.*s\", charset=\"UTF-8\"",
                       STR_ARG(dav->web->office->code));
        http_reply_header(dav->reply, S("WWW-Authenticate"), realm);
    }
    if (e == ERR_BUSY) http_reply_header(dav->reply, S("Retry-After"), S("60"));
    sb_put(&sb, S("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:error" XML_SPACES ">"));
    sb_put(&sb, dav_condition(c));
    sb_put(&sb, S("<D:responsedescription>"));
    xml_text(&sb, told(c));
    sb_put(&sb, S("</D:responsedescription></D:error>\n"));
    http_reply_text(dav->reply, status, S("application/xml; charset=utf-8"), sb_str(&sb));
}

/* ---- multistatus ---- */

static struct sb buffer(struct dav *dav)
{
    return sb_new(dav->rq->arena, 24 * LIMIT_DAV_MEMORY_BYTES);
}

struct dav_multi dav_multi_begin(struct dav *dav)
{
    struct dav_multi multi = {.dav = dav, .sb = buffer(dav)};
    sb_put(&multi.sb,
           S("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus" XML_SPACES ">\n"));
    if (dav->minimal) http_reply_header(dav->reply, S("Preference-Applied"), S("return=minimal"));
    http_reply_header(dav->reply, S("Vary"), S("Prefer, Brief"));
    return multi;
}

static bool send(struct dav_multi *multi)
{
    if (!multi->sending) {
        http_reply_status(multi->dav->reply, 207);
        http_reply_header(multi->dav->reply, S("Content-Type"),
                          S("application/xml; charset=utf-8"));
        multi->sending = true;
    }
    ensure(!multi->sb.over); /* one response is far below what a buffer holds */
    multi->gone = multi->gone || !http_reply_chunk(multi->dav->reply, sb_str(&multi->sb));
    multi->sb.len = 0;
    return !multi->gone;
}

bool dav_multi_pause(struct dav_multi *multi)
{
    return multi->sb.len < LIMIT_DAV_MEMORY_BYTES ? !multi->gone : send(multi);
}

void dav_multi_end(struct dav_multi *multi, struct str more)
{
    sb_put(&multi->sb, more);
    sb_put(&multi->sb, S("</D:multistatus>\n"));
    if (multi->sending) {
        (void)send(multi);
        return;
    }
    http_reply_text(multi->dav->reply, 207, S("application/xml; charset=utf-8"),
                    sb_str(&multi->sb));
}

void dav_multi_status(struct dav_multi *multi, struct str href, int status, struct str condition)
{
    struct str said = http_status_words(status);
    sb_put(&multi->sb, S("<D:response>"));
    xml_href(&multi->sb, href);
    sb_printf(&multi->sb, "<D:status>HTTP/1.1 %d %.*s</D:status>", status, STR_ARG(said));
    if (condition.len > 0) sb_printf(&multi->sb, "<D:error>%.*s</D:error>", STR_ARG(condition));
    sb_put(&multi->sb, S("</D:response>\n"));
}

enum err dav_multi_finish(struct dav_multi *multi, enum err e, struct str more)
{
    if (e == OK) dav_multi_end(multi, more);
    if (e == OK || !multi->sending) return e;
    call_clear(&multi->dav->c);
    return OK;
}
