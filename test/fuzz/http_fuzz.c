/*
 * http_fuzz.c: the HTTP parsers under libFuzzer. The first byte chooses the parser, the second the
 * sizes of the pieces; the verdict and the content must not depend on how the bytes were cut.
 *
 *     clang -std=gnu2x -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -Isrc ...
 */
#include <string.h>

#include "front/http/http_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next piece: 1 to 17 bytes, from a small generator. */
static size_t piece_next(uint32_t *seed)
{
    *seed = *seed * 1103515245U + 12345U;
    return 1 + (*seed >> 16) % 17;
}

/* Scans in pieces; seed 0 means in one piece. */
static enum http_step scan_all(struct str bytes, uint32_t seed, struct http_scan *scan)
{
    enum http_step step = HTTP_MORE;
    size_t to = 0;
    while (to < bytes.len && step == HTTP_MORE) {
        to = seed == 0 ? bytes.len : to + piece_next(&seed);
        step = http_head_scan(scan, str_sub(bytes, 0, to));
    }
    return step;
}

static void check_head(const struct http_head *head)
{
    ensure(head->path.len > 0);
    ensure(head->content_length >= 0);
    ensure(!head->chunked || head->content_length == 0);
    ensure(head->minor == 0 || head->host.len > 0);
    ensure(head->path.ptr[0] == '/' || str_eq(head->path, S("*")));
    ensure(str_find(head->path, S("/../"), 0) == head->path.len);
    ensure(str_find(head->path, S("//"), 0) == head->path.len);
    for (size_t i = 0; i < head->header_count; i++) {
        ensure(http_token(head->headers[i].name));
        ensure(http_header_value(head->headers[i].value));
    }
}

static void fuzz_head(struct arena *arena, struct str bytes, uint32_t seed)
{
    struct http_scan whole = {};
    struct http_scan pieces = {};
    enum http_step step = scan_all(bytes, 0, &whole);
    ensure(scan_all(bytes, seed, &pieces) == step);
    ensure(pieces.status == whole.status);
    if (step != HTTP_MORE) ensure(pieces.at == whole.at);
    if (step != HTTP_DONE) return;
    struct http_head head = {};
    int status = http_head_parse(arena, str_sub(bytes, 0, whole.at), &head);
    if (status == 0) check_head(&head);
    ensure(status == 0 || (status >= 400 && status <= 505));
}

static enum http_step chunks_all(struct str bytes, uint32_t seed, struct http_chunks *chunks,
                                 struct sb *content, size_t *ret_used)
{
    enum http_step step = HTTP_MORE;
    size_t at = 0;
    while (at < bytes.len && step == HTTP_MORE) {
        size_t used = 0;
        struct str data = {};
        size_t to = seed == 0 ? bytes.len : at + piece_next(&seed);
        step = http_chunk_feed(chunks, str_sub(bytes, at, to), &used, &data);
        ensure(used > 0 || step != HTTP_MORE);
        sb_put(content, data);
        at += used;
    }
    *ret_used = at;
    return step;
}

static void fuzz_chunks(struct arena *arena, struct str bytes, uint32_t seed)
{
    struct http_chunks whole = {};
    struct http_chunks pieces = {};
    struct sb whole_content = sb_new(arena, 0);
    struct sb piece_content = sb_new(arena, 0);
    size_t whole_used = 0;
    size_t piece_used = 0;
    enum http_step step = chunks_all(bytes, 0, &whole, &whole_content, &whole_used);
    ensure(chunks_all(bytes, seed, &pieces, &piece_content, &piece_used) == step);
    ensure(whole.status == pieces.status);
    ensure(whole_used == piece_used);
    ensure(str_eq(sb_str(&whole_content), sb_str(&piece_content)));
}

static enum http_form_verdict multipart_all(struct arena *arena, struct str bytes, uint32_t seed,
                                            struct http_form *ret_form)
{
    struct http_multipart multipart = http_multipart_begin(arena, S("b"));
    size_t at = 0;
    while (at < bytes.len) {
        size_t to = seed == 0 ? bytes.len : at + piece_next(&seed);
        (void)http_multipart_feed(&multipart, str_sub(bytes, at, to));
        at = to < bytes.len ? to : bytes.len;
    }
    return http_multipart_end(&multipart, ret_form);
}

static void fuzz_multipart(struct arena *arena, struct str bytes, uint32_t seed)
{
    struct http_form whole = {};
    struct http_form pieces = {};
    enum http_form_verdict verdict = multipart_all(arena, bytes, 0, &whole);
    ensure(multipart_all(arena, bytes, seed, &pieces) == verdict);
    ensure(whole.count == pieces.count);
    for (size_t i = 0; i < whole.count; i++) {
        const struct http_part *part = &whole.parts[i];
        ensure(part->offset >= 0 && part->size >= 0);
        ensure(part->offset + part->size <= (int64_t)bytes.len);
        ensure(part->offset == pieces.parts[i].offset && part->size == pieces.parts[i].size);
        ensure(str_eq(part->name, pieces.parts[i].name));
        struct str content =
            str_sub(bytes, (size_t)part->offset, (size_t)(part->offset + part->size));
        ensure(str_find(content, S("\r\n--b"), 0) == content.len);
    }
}

static void fuzz_texts(struct arena *arena, struct str bytes)
{
    struct http_form form = {};
    struct str path = {};
    struct str boundary = {};
    (void)http_form_pairs(arena, bytes, &form);
    (void)http_form_boundary(bytes, &boundary);
    if (!http_path_decode(arena, bytes, &path)) return;
    ensure(path.ptr[0] == '/');
    ensure(memchr(path.ptr, 0, path.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    struct arena *arena = arena_open(0);
    struct str bytes = {(const char *)data + 2, size - 2};
    uint32_t seed = 1 + data[1];
    switch (data[0] % 4) {
    case 0: fuzz_head(arena, bytes, seed); break;
    case 1: fuzz_chunks(arena, bytes, seed); break;
    case 2: fuzz_multipart(arena, bytes, seed); break;
    default: fuzz_texts(arena, bytes); break;
    }
    arena_close(arena);
    return 0;
}
