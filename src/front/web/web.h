#pragma once
/*
 * web.h: the pages of the office for browsers. Everything is rendered here, on the server; the
 * script only improves. Pages are data (core/view.h) through templates (front/web/template.h).
 *
 *     GET  /                      the first page of the rail
 *     GET  /login, POST /login, POST /logout
 *     GET  /view/NAME?arg=value   a view of a module
 *     GET  /act/NAME?field=value  the form of an act; POST does it
 *     GET  /record/ID             wherever that record is shown
 *     GET  /file/RECORD/ROOT      a file of a record
 *     GET  /preview/RECORD/ROOT?part=N  what stands in it; /image/RECORD/ROOT/N  a page of a PDF
 *     GET  /paper/NAME.docx?arg=value  a view as an official paper, also .xlsx
 *     GET  /you, POST /you/...    the person's own password, devices, language and colours
 *     GET  /events                server-sent events
 *     GET  /assets/HASH/NAME      style, script, fonts
 *          /api/...               front/api/api.h
 *          /dav/...               front/caldav/caldav.h
 *
 * It decides nothing about rights: grants are asked by acts and views. What it does decide is that
 * a request which changes something comes from one of its own pages.
 */
#include "core/office.h"
#include "front/http/http.h"

struct wire_transport; /* front/wire/wire.h */

/* What all requests share; frozen once the server runs. */
struct web {
    struct store *store;
    struct office *office;
    const struct env *env;
    struct http_server *http; /* for events; NULL: nobody listens */
    struct str plugins;       /* folder of the paper plugin; empty: beside the program */
    const struct wire_transport *transport; /* to other offices; NULL: there is none */
    bool secure_cookies;      /* browsers reach us over TLS that ends before us */
};

extern const struct http_handler web_handler; /* arg: struct web * */

/* Tells browsers what changed. For office.changed, with the struct web as its argument. */
void web_changed(void *web, const struct str *topics, size_t count);
