#include "front/web/asset.h"

#include "front/web/page.h"

const struct asset *asset_find(struct str path)
{
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        if (str_eq(ASSETS[i].path, path)) return &ASSETS[i];
    }
    return NULL;
}

struct str asset_path(struct str name)
{
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        if (str_eq(ASSETS[i].name, name)) return ASSETS[i].path;
    }
    ensure(false); /* the build made it */
    return (struct str){};
}

void page_asset(struct page *page)
{
    const struct asset *asset = asset_find(page->rq->path);
    struct http_reply *reply = page->reply;
    page_headers(page);
    if (asset == NULL) {
        http_reply_error(reply, 404);
        return;
    }
    struct str accepted = http_header(page->rq, S("Accept-Encoding"));
    bool gzip = asset->gzip.len > 0 && str_find(accepted, S("gzip"), 0) < accepted.len;
    http_reply_header(reply, S("Cache-Control"), S("public, max-age=31536000, immutable"));
    if (asset->gzip.len > 0) http_reply_header(reply, S("Vary"), S("Accept-Encoding"));
    if (gzip) http_reply_header(reply, S("Content-Encoding"), S("gzip"));
    http_reply_text(reply, 200, asset->media, gzip ? asset->gzip : asset->bytes);
}
