#include <string.h>

#include "front/http/http_core.h"

static void spooled_give(void *arg)
{
    struct http_spooled *spooled = arg;
    http_budget_give(spooled->budget, spooled->bytes);
}

/* Takes room for bytes of a spooled body; it is given back with the arena. */
static bool room_take(struct http_intake *intake, int64_t bytes)
{
    if (intake->budget == NULL) return true;
    if (!http_budget_take(intake->budget, bytes)) return false;
    if (intake->spooled == NULL) {
        intake->spooled = arena_alloc(intake->arena, sizeof *intake->spooled);
        *intake->spooled = (struct http_spooled){.budget = intake->budget};
        arena_defer(intake->arena, spooled_give, intake->spooled);
    }
    intake->spooled->bytes += bytes;
    return true;
}

/* Moves the body from memory to a file. */
static bool body_spool(struct http_intake *intake, struct http_body *body)
{
    if (!http_spool_open(intake->spool_dir, &body->fd)) return false;
    http_fd_defer(intake->arena, body->fd);
    body->spooled = true;
    body->bytes = (struct str){};
    return http_spool_write(body->fd, (struct str){intake->memory, (size_t)body->size}, 0);
}

static void memory_grow(struct http_intake *intake, size_t used, size_t need)
{
    size_t cap = intake->memory_cap == 0 ? 1024 : intake->memory_cap * 2;
    while (cap < need)
        cap *= 2;
    char *to = arena_alloc(intake->arena, cap);
    if (used > 0) memcpy(to, intake->memory, used);
    intake->memory = to;
    intake->memory_cap = cap;
}

/* Keeps content. Writing to the page cache is the one thing the loop does with a disk; a disk that
 * stalls there stalls all others too. Returns a status, 0 when kept. */
static int body_keep(struct http_intake *intake, struct http_body *body, struct str data)
{
    ensure(body->size <= intake->bytes_max);
    if (data.len == 0) return 0;
    if (data.len > (uint64_t)(intake->bytes_max - body->size)) return 413;
    size_t total = (size_t)body->size + data.len;
    if (body->spooled || total > LIMIT_HTTP_MEMORY_BODY_BYTES) {
        int64_t more = body->spooled ? (int64_t)data.len : (int64_t)total;
        if (!room_take(intake, more)) return 503;
        if (!body->spooled && !body_spool(intake, body)) return 507;
    }
    if (body->spooled) {
        if (!http_spool_write(body->fd, data, body->size)) return 507;
    } else {
        if (total > intake->memory_cap) memory_grow(intake, (size_t)body->size, total);
        memcpy(intake->memory + body->size, data.ptr, data.len);
        body->bytes = (struct str){intake->memory, total};
    }
    body->size += (int64_t)data.len;
    return 0;
}

int http_intake_begin(struct http_intake *intake, const struct http_head *head, int64_t planned)
{
    ensure(intake->arena != NULL);
    ensure(planned >= 0);
    ensure(head->content_length >= 0);
    intake->chunked = head->chunked;
    intake->length = head->content_length;
    intake->bytes_max = planned > 0 ? planned : LIMIT_HTTP_BODY_BYTES;
    return intake->length > intake->bytes_max ? 413 : 0;
}

int http_intake_take(struct http_intake *intake, struct http_body *body, struct str bytes,
                     size_t *ret_used, bool *ret_done)
{
    *ret_used = 0;
    if (!intake->chunked) {
        int64_t missing = intake->length - body->size;
        ensure(missing >= 0);
        size_t take = (uint64_t)missing < bytes.len ? (size_t)missing : bytes.len;
        *ret_used = take;
        *ret_done = take == (size_t)missing;
        return body_keep(intake, body, str_sub(bytes, 0, take));
    }
    while (*ret_used < bytes.len && !*ret_done) {
        size_t used = 0;
        struct str data = {};
        struct str rest = str_sub(bytes, *ret_used, bytes.len);
        enum http_step step = http_chunk_feed(&intake->chunks, rest, &used, &data);
        ensure(used > 0);
        *ret_used += used;
        if (step == HTTP_REFUSED) return intake->chunks.status;
        int status = body_keep(intake, body, data);
        if (status != 0) return status;
        *ret_done = step == HTTP_DONE;
    }
    return 0;
}
