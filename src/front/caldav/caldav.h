#pragma once
/*
 * caldav.h: the calendars for programs on telephones and desks: CalDAV (RFC 4791) over WebDAV (RFC
 * 4918) with sync-collection (RFC 6578) and discovery (RFC 6764). What it shows and changes is the
 * module's collection (core/collection.h): the same rights, the same refusals as on the pages.
 *
 *     /.well-known/caldav         leads to /dav/
 *     /dav/                       leads to the person who asks
 *     /dav/p/LOGIN/               the person as a principal
 *     /dav/c/LOGIN/               its calendars: those it may see
 *     /dav/c/LOGIN/RECORD/        one calendar
 *     /dav/c/LOGIN/RECORD/NAME    one event
 *
 * A program shows the login and the password of its device (device_login) by Basic authentication,
 * and only over TLS. docs/decisions/0023-caldav.md tells what is refused and how.
 *
 *     caldav.c       who asks, which method             dav_xml.c   XML in and out
 *     dav_path.c     addresses                          dav_reply.c refusals, multistatus
 *     dav_props.c    properties                         dav_find.c  PROPFIND, PROPPATCH
 *     dav_event.c    GET, PUT, DELETE, COPY, MOVE       dav_report.c REPORT
 *     ical*.c        the text of events (ical.h)
 */
#include "front/web/web.h"

/* Says that the request is one for this front. */
bool caldav_takes(const struct http_request *rq);
/* Answers it. */
void caldav_handle(struct web *web, struct http_request *rq, struct http_reply *reply);
