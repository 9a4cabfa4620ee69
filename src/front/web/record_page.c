/* A record wherever it is shown, and its files. */
#include <unistd.h>

#include "core/record.h"
#include "front/web/escape.h"
#include "front/web/page.h"
#include "store/blob.h"

struct record_look {
    struct str record;
    struct str link;
};

static enum err record_link_step(struct call *c, void *arg)
{
    struct record_look *look = arg;
    struct head head = {};
    enum err e = record_head_visible(c, look->record, &head);
    if (e == OK) look->link = record_link(c, &head);
    return e;
}

struct str page_record_url(struct page *page, struct str record)
{
    struct record_look look = {.record = record};
    enum err e = store_read(&page->c, record_link_step, &look);
    if (e == OK) return look.link;
    call_clear(&page->c); /* made for others' eyes only: back to the first page */
    return S("/");
}

void page_record(struct page *page)
{
    struct record_look look = {.record = page->rest};
    enum err e = store_read(&page->c, record_link_step, &look);
    if (e == OK) {
        page_redirect(page, look.link);
    } else {
        page_fail(page);
    }
}

/* ---- files ---- */

struct file_look {
    struct str record;
    struct str root;
    const struct file_ref *file;
};

static enum err file_step(struct call *c, void *arg)
{
    struct file_look *look = arg;
    return record_file_visible(c, look->record, look->root, &look->file);
}

/* Both forms of the name: old readers take the first, all others the second.
 * Source: RFC 6266 4, appendix D; RFC 8187. */
static struct str disposition(struct arena *arena, struct str name)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("attachment; filename=\""));
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        bool plain = ch >= ' ' && ch <= '~' && ch != '"' && ch != '\\' && ch != '%';
        sb_char(&sb, plain ? ch : '_');
    }
    sb_put(&sb, S("\"; filename*=UTF-8''"));
    url_part(&sb, name);
    return sb_str(&sb);
}

static struct str media_safe(struct str media)
{
    struct str type = {};
    struct str subtype = {};
    bool good = str_cut(media, '/', &type, &subtype) && http_token(type) && http_token(subtype);
    return good ? media : S("application/octet-stream");
}

void page_file(struct page *page)
{
    struct call *c = &page->c;
    struct file_look look = {};
    int fd = -1;
    int64_t size = 0;
    (void)str_cut(page->rest, '/', &look.record, &look.root);
    enum err e = store_read(c, file_step, &look);
    if (e == OK) e = blob_open(c, page->web->office->dir, look.root, &fd, &size);
    int own = e == OK ? dup(fd) : -1; /* the call's one closes with the call */
    if (e == OK && own < 0) e = fail(c, ERR_IO, "blob.io");
    if (e != OK) {
        page_fail(page);
        return;
    }
    struct http_reply *reply = page->reply;
    http_reply_header(reply, S("Content-Security-Policy"), S("sandbox; default-src 'none'"));
    http_reply_header(reply, S("X-Content-Type-Options"), S("nosniff"));
    http_reply_header(reply, S("Referrer-Policy"), S("no-referrer"));
    http_reply_header(reply, S("Cross-Origin-Resource-Policy"), S("same-origin"));
    http_reply_header(reply, S("Cache-Control"), S("private, no-store"));
    http_reply_header(reply, S("Content-Disposition"),
                      disposition(page->rq->arena, look.file->name));
    http_reply_file(reply, str_copy(page->rq->arena, media_safe(look.file->media)), own, 0, size);
}
