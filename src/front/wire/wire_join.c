#include "front/wire/wire_join.h"

#include "base/limits.h"
#include "base/words.h"
#include "core/invite.h"
#include "core/key_statement.h"
#include "core/office.h"
#include "front/tls/cert.h"

#include <poll.h>

enum { JOIN_WAIT_MS = 20 * 1000, GRACE_MS = 5 * 1000 };

struct join_form {
    int64_t phoihop;
    struct str secret;
    struct org_peer peer;
};

#define AT(member) .offset = offsetof(struct join_form, member)
static const struct field FORM_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(phoihop), .max = 1, .required = true},
    {.name = "secret", .type = FIELD_TEXT, AT(secret), .max = INVITE_PART_LEN},
    {.name = "office", .type = FIELD_OFFICE, AT(peer.office), .required = true},
    {.name = "code", .type = FIELD_TEXT, AT(peer.code), .max = 20, .required = true},
    {.name = "name", .type = FIELD_TEXT, AT(peer.name), .max = LIMIT_NAME_BYTES, .required = true},
    {.name = "public_key",
     .type = FIELD_TEXT,
     AT(peer.key.public_key),
     .max = KEY_HEX_LEN,
     .required = true},
    {.name = "next_key", .type = FIELD_TEXT, AT(peer.key.next), .max = KEY_HEX_LEN},
    {.name = "key_n", .type = FIELD_INT, AT(peer.key.n), .max = 1000000},
    {.name = "address", .type = FIELD_TEXT, AT(peer.address), .max = 255},
};
#undef AT
static const struct field_table FORM_TABLE =
    FIELD_TABLE("wire.join", struct join_form, FORM_FIELDS);

/* This office's card. */
static struct str form_write(struct call *c, struct str secret, struct str address)
{
    const struct office *office = c->office;
    struct sb sb = sb_new(c->arena, LIMIT_JOIN_BYTES);
    struct join_form form = {.phoihop = 1, .secret = secret};
    form.peer = (struct org_peer){.office = office->id,
                                  .code = office->code,
                                  .name = office->name,
                                  .key = {.public_key = hex_encode(c->arena, office->public_key),
                                          .next = office->next_key,
                                          .n = office->key_n},
                                  .address = address};
    fields_write(&sb, &FORM_TABLE, &form);
    return sb_str(&sb);
}

/* Reads a card; its key as raw bytes. */
static enum err form_read(struct call *c, struct str bytes, struct join_form *ret_form,
                          struct str *ret_key)
{
    struct join_form form = {};
    uint8_t raw[32];
    enum err e = fields_read(c, &FORM_TABLE, bytes, UNKNOWN_IGNORE, &form);
    bool whole =
        e == OK && form.phoihop == 1 && hex_decode(form.peer.key.public_key, raw, sizeof raw);
    if (!whole) {
        call_clear(c);
        return fail(c, ERR_SYNTAX, "join.form");
    }
    *ret_form = form;
    *ret_key = str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
    return OK;
}

enum err wire_join_answer(struct call *c, struct wire *wire, struct str cert, struct str body,
                          struct str *ret_json)
{
    struct join_form form = {};
    struct str key = {};
    if (!wire_join_open(wire)) return fail(c, ERR_DENIED, "wire.stranger");
    enum err e = form_read(c, body, &form, &key);
    if (e != OK) return e;
    if (cert_verify(c, cert, form.peer.office, key) != OK) {
        call_clear(c); /* a stranger learns no more than that */
        return fail(c, ERR_DENIED, "wire.stranger");
    }
    e = invite_take(c, form.secret, &form.peer);
    if (e == OK) *ret_json = form_write(c, (struct str){}, (struct str){});
    return e;
}

enum err wire_ask_once(struct call *c, const struct wire_transport *transport,
                       const struct wire_request *rq, struct wire_answer *ret_answer)
{
    struct wire_question question = {};
    enum err e = transport->begin(transport->self, c, rq, &question);
    if (e != OK) return e;
    struct pollfd told = {.fd = question.fd, .events = POLLIN};
    int ready = poll(&told, 1, (int)rq->wait_ms + GRACE_MS);
    if (ready <= 0) return fail(c, ERR_PEER, "join.answer");
    return transport->end(transport->self, c, &question, ret_answer);
}

struct refusal {
    struct str reason;
};
static const struct field REFUSAL_FIELDS[] = {
    {.name = "reason", .type = FIELD_TEXT, .offset = offsetof(struct refusal, reason), .max = 64},
};
static const struct field_table REFUSAL_TABLE =
    FIELD_TABLE("wire.refusal", struct refusal, REFUSAL_FIELDS);

/* Tells why the other office refused, in the words of this one when it knows them. */
static enum err refused(struct call *c, const struct wire_answer *answer)
{
    struct refusal refusal = {};
    struct str reason = str_format(c->arena, "%d", answer->status);
    if (fields_read(c, &REFUSAL_TABLE, answer->body, UNKNOWN_IGNORE, &refusal) == OK) {
        struct str key = str_format(c->arena, "reason.%.*s", STR_ARG(refusal.reason));
        if (words_has(key)) reason = words(c->lang, key);
    }
    call_clear(c);
    bool closed = answer->status == 413 || str_eq(refusal.reason, S("wire.stranger"));
    if (closed) return fail(c, ERR_PEER, "join.closed");
    (void)fail(c, ERR_PEER, "join.refused"); /* the next line returns the same */
    return fail_arg(c, "reason", reason);
}

/* That somebody else answers must be said plainly. */
static enum err unmet(struct call *c)
{
    for (size_t i = 0; i < c->failure.arg_count; i++) {
        if (!str_eq(c->failure.args[i].value, S("cert.fingerprint"))) continue;
        call_clear(c);
        return fail(c, ERR_DENIED, "cert.fingerprint");
    }
    return c->failure.err;
}

enum err wire_join(struct call *c, const struct wire_transport *transport,
                   const struct wire_joining *joining, struct org_peer *ret_peer)
{
    struct str secret = {};
    struct str fingerprint = {};
    struct wire_answer answer = {};
    struct join_form form = {};
    struct str key = {};
    enum err e = invite_code_read(c, joining->code, &secret, &fingerprint);
    if (e != OK) return e;
    const struct wire_request rq = {
        .address = joining->address,
        .fingerprint = fingerprint,
        .method = S("POST"),
        .path = S("/x1/join"),
        .body = form_write(c, secret, joining->own),
        .answer_bytes_max = LIMIT_JOIN_BYTES,
        .wait_ms = JOIN_WAIT_MS,
    };
    e = wire_ask_once(c, transport, &rq, &answer);
    if (e != OK) return unmet(c);
    if (answer.status != 200) return refused(c, &answer);
    e = form_read(c, answer.body, &form, &key);
    bool same = e == OK && str_eq(invite_fingerprint(c->arena, key), fingerprint);
    if (!same) {
        call_clear(c);
        return fail(c, ERR_PEER, "join.answer");
    }
    *ret_peer = form.peer;
    ret_peer->address = joining->address;
    return OK;
}
