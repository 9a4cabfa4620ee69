#include "front/wire/wire_back.h"

#include "base/field.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATH_BYTES = 200, ID_BITS = 52 };

/* In the arena of the call that asks; reached under the lock only. */
struct back_slot {
    struct back_slot *next;
    struct wire_back *back;
    struct str office;
    struct back_question question;
    bool given;
    int status; /* 0: no answer yet */
    int told_fd;
    int answer_fd;
    int64_t answer_bytes;
    int64_t answer_bytes_max;
};

#define AT(member) .offset = offsetof(struct back_question, member)
static const struct field QUESTION_FIELDS[] = {
    {.name = "id", .type = FIELD_INT, AT(id), .required = true},
    {.name = "path", .type = FIELD_TEXT, AT(path), .max = PATH_BYTES, .required = true},
    {.name = "body", .type = FIELD_TEXT, AT(body), .max = 2 * BACK_BODY_BYTES},
};
#undef AT
static const struct field_table QUESTION_TABLE =
    FIELD_TABLE("wire.back", struct back_question, QUESTION_FIELDS);

static void lock(struct wire_back *back)
{
    int failed = pthread_mutex_lock(&back->lock);
    ensure(failed == 0);
}

static void unlock(struct wire_back *back)
{
    int failed = pthread_mutex_unlock(&back->lock);
    ensure(failed == 0);
}

static void slot_end(void *arg)
{
    struct back_slot *slot = arg;
    struct wire_back *back = slot->back;
    lock(back);
    struct back_slot **at = &back->slots;
    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    unlock(back);
    if (slot->told_fd >= 0) (void)close(slot->told_fd);
    if (slot->answer_fd >= 0) (void)close(slot->answer_fd);
}

/* At the end: questions are given in the order they came. */
static void slot_add(struct call *c, struct back_slot *slot)
{
    struct wire_back *back = slot->back;
    lock(back);
    struct back_slot **at = &back->slots;
    while (*at != NULL)
        at = &(*at)->next;
    *at = slot;
    unlock(back);
    arena_defer(c->arena, slot_end, slot);
}

/* An answer that comes late must not be taken for that of another question. */
static int64_t id_make(struct call *c)
{
    uint64_t id = 0;
    c->env->random(c->env->self, (uint8_t *)&id, sizeof id);
    return (int64_t)(id >> (64 - ID_BITS)) | 1;
}

enum err wire_back_begin(struct call *c, struct wire *wire, const struct wire_request *rq,
                         struct wire_question *ret_question)
{
    struct back_slot *slot = arena_alloc(c->arena, sizeof *slot);
    ensure(rq->body.len <= BACK_BODY_BYTES);
    *slot = (struct back_slot){
        .back = &wire->back,
        .office = rq->office,
        .question = {.id = id_make(c), .path = rq->path, .body = hex_encode(c->arena, rq->body)},
        .told_fd = eventfd(0, EFD_CLOEXEC),
        .answer_fd = memfd_create("back", MFD_CLOEXEC),
        .answer_bytes_max = rq->answer_bytes_max,
    };
    slot_add(c, slot);
    if (slot->told_fd < 0 || slot->answer_fd < 0) return fail(c, ERR_IO, "wire.back");
    struct str topic = str_format(c->arena, "back:%.*s", STR_ARG(rq->office));
    if (wire->http != NULL) http_stream_publish(wire->http, topic, S(""));
    *ret_question = (struct wire_question){.fd = slot->told_fd,
                                           .answer_fd = slot->answer_fd,
                                           .answer_bytes_max = rq->answer_bytes_max};
    return OK;
}

enum err wire_back_end(struct call *c, struct wire *wire, const struct wire_question *question,
                       struct wire_answer *ret_answer)
{
    struct wire_back *back = &wire->back;
    int64_t bytes = 0;
    lock(back);
    const struct back_slot *slot = back->slots;
    while (slot->told_fd != question->fd)
        slot = slot->next;
    ret_answer->status = slot->status;
    bytes = slot->answer_bytes; /* nobody writes any more once there is a status */
    unlock(back);
    if (ret_answer->status == 0) return fail(c, ERR_PEER, "wire.address");
    char *to = arena_alloc(c->arena, (size_t)bytes + 1);
    ssize_t n = pread(question->answer_fd, to, (size_t)bytes, 0);
    if (n != bytes) return fail(c, ERR_IO, "wire.back");
    ret_answer->body = (struct str){to, (size_t)bytes};
    return OK;
}

struct str wire_back_give(struct call *c, struct wire *wire, struct str peer)
{
    struct sb sb = sb_new(c->arena, 0);
    lock(&wire->back);
    struct back_slot *slot = wire->back.slots;
    while (slot != NULL && (slot->given || !str_eq(slot->office, peer)))
        slot = slot->next;
    if (slot != NULL) {
        slot->given = true;
        fields_write(&sb, &QUESTION_TABLE, &slot->question);
    }
    unlock(&wire->back);
    return sb_str(&sb);
}

void wire_back_take(struct wire *wire, struct str peer, int64_t id, int status, struct str body)
{
    uint64_t one = 1;
    lock(&wire->back);
    struct back_slot *slot = wire->back.slots;
    while (slot != NULL && !(slot->question.id == id && str_eq(slot->office, peer)))
        slot = slot->next;
    bool wanted = slot != NULL && slot->status == 0 && (int64_t)body.len <= slot->answer_bytes_max;
    if (wanted && pwrite(slot->answer_fd, body.ptr, body.len, 0) == (ssize_t)body.len) {
        slot->status = status;
        slot->answer_bytes = (int64_t)body.len;
        ssize_t n = write(slot->told_fd, &one, sizeof one);
        ensure(n == sizeof one);
    }
    unlock(&wire->back);
}

enum err wire_back_read(struct call *c, struct str json, struct back_question *ret_question)
{
    struct back_question question = {};
    enum err e = fields_read(c, &QUESTION_TABLE, json, UNKNOWN_IGNORE, &question);
    if (e != OK) return e;
    size_t bytes = question.body.len / 2;
    uint8_t *body = arena_alloc(c->arena, bytes + 1);
    if (!hex_decode(question.body, body, bytes)) return fail(c, ERR_PEER, "wire.back");
    question.body = (struct str){(const char *)body, bytes};
    *ret_question = question;
    return OK;
}
