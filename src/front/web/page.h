#pragma once
/*
 * page.h: one request of a browser while it is answered; for the files of this folder and
 * front/api.
 */
#include "base/id.h"
#include "core/act.h"
#include "front/web/form.h"
#include "front/web/template.h"
#include "front/web/web.h"

struct page {
    struct call c;
    struct web *web;
    struct http_request *rq;
    struct http_reply *reply;
    struct str secret; /* of the session; empty: none */
    struct str csrf;   /* token that every form of this session carries */
    struct str theme;  /* "light", "dark", or empty: as the device says */
    struct str keys;   /* "off": no single-letter keys */
    struct str flash;  /* act whose success this page tells */
    struct str rest;   /* what follows the route's prefix in the path */
    struct form form;  /* of a POST */
};

/* ---- answering ---- */

/* Headers that every answer carries: policy, no sniffing, no storing. */
void page_headers(struct page *page);
/* The data every page reads: office, rail, person, language, theme. The page adds its own. */
struct node *page_root(struct page *page, struct str title);
/* Renders `body` inside the frame and replies. Shapes: both templates exist. */
void page_send(struct page *page, int status, struct str body, struct node *root);
/* Replies 303 to an address of ours. Shapes: url begins with one '/'. */
void page_redirect(struct page *page, struct str url);
/* Replies with the pending failure: the error page, or the login page for ERR_LOGIN. */
void page_fail(struct page *page);

/* ---- session ---- */

/* Reads cookies: language, theme, flash, and the session, whose person becomes the actor. */
void session_read(struct page *page);
/* Says that the request shows a pass of this office; whether it still holds is not asked. */
bool session_passes(const struct web *web, const struct http_request *rq);
/* Says that the browser's own word about the request's origin does not speak against it. */
bool session_same_origin(const struct http_request *rq);
/* Says that the posted form carries the token of the session. */
bool session_posted(const struct page *page);
/* Sets a cookie of this office. Shapes: name is a suffix such as "flash"; age_s 0 is for the
 * browser's session, below 0 removes it. */
void session_cookie(struct page *page, const char *name, struct str value, int64_t age_s);

/* Pages: each answers the request it is routed for, and may fail only by answering so. */
void page_login(struct page *page);
/* Asks to log in while an act's form is under way: what was typed waits in the login page. */
void page_login_again(struct page *page, struct str error);
void page_login_post(struct page *page);
void page_logout_post(struct page *page);
void page_you(struct page *page);
void page_you_password_post(struct page *page);
void page_you_display_post(struct page *page);
void page_you_device_post(struct page *page);
void page_you_device_remove_post(struct page *page);
void page_keys(struct page *page);
void page_view(struct page *page);
void page_record(struct page *page);
void page_act(struct page *page);
/* Shows the act's form with the values of page->form, after logging in again. */
void page_act_resume(struct page *page);
void page_act_post(struct page *page);
void page_file(struct page *page);
void page_preview(struct page *page);
void page_image(struct page *page);
void page_paper(struct page *page);
void page_events(struct page *page);
void page_asset(struct page *page);

/* ---- shared by them ---- */

/* Fills a view's arguments from the form. Errors: ERR_INVALID "form". */
enum err view_args(struct call *c, const struct view_def *def, const struct form *form,
                   void **ret_args);
/* Where a record is shown: "/view/NAME?record=ID". */
struct str page_record_url(struct page *page, struct str record);
/* A size as people read it: "1,2 MB". */
struct str page_size_text(struct call *c, int64_t size_bytes);
/* Completes what templates read of a page's data: cells, acts, files, deadlines, full lists. */
void page_dress(struct page *page, struct node *root);
