#pragma once
/*
 * browser.h: a browser for page tests: it keeps cookies and the form token, and talks to the web
 * handler of a test's office through front/http/loopback.h, without sockets.
 */
#include "front/web/web.h"
#include "t.h"

struct browser {
    struct t_office *t;
    struct web web;
    struct str cookies; /* "a=b; c=d", as sent */
    struct str csrf;    /* of the last page that carried one */
    struct str once;
};

/* A browser without cookies at the office's door. */
struct browser browser_open(struct t_office *t);
/* Logs in with the password t_person gives. */
void browser_login(struct browser *b, const char *login);
/* The whole reply, in the office's arena. */
struct str browser_get(struct browser *b, const char *target);
/* Posts a form as "a=b&c=d"; csrf and once of the last page are added. */
struct str browser_post(struct browser *b, const char *target, const char *form);
/* Posts a form with one file; `fields` are name and value in turn, ended by NULL. */
struct str browser_upload(struct browser *b, const char *target, const char *const *fields,
                          const char *file_field, const char *file_name, const char *bytes);
/* Any request: `headers` are whole lines with CRLF. No token is added. */
struct str browser_ask(struct browser *b, const char *method_and_target, const char *headers,
                       struct str body);

/* "303", the status of a reply. */
struct str reply_status(struct str reply);
/* The value of the first header of that name; empty when it is missing. */
struct str reply_header(struct t_office *t, struct str reply, const char *name);
bool reply_has(struct str reply, const char *text);
/* The text after `before` up to the next `until`; empty when it is not there. */
struct str reply_between(struct str reply, const char *before, const char *until);
/* Compares with test/golden/pages/NAME; ids, hashes and tokens are masked. UPDATE=1 in the
 * environment rewrites the file. */
void reply_is_golden(struct t_office *t, struct str reply, const char *name);
