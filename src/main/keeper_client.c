#include "main/keeper_client.h"

#include "front/tls/cert.h"
#include "front/tls/seal.h"
#include "main/fdpass.h"
#include "main/keeper.h"

#include <string.h>
#include <unistd.h>

enum { TRIES = 3, ANSWER_WAIT_MS = 10 * 1000, LINK_WAIT_MS = 30 * 1000 };

void keeper_client_init(struct keeper_client *client, int link_fd)
{
    *client = (struct keeper_client){.link_fd = link_fd, .fd = -1};
    int failed = pthread_mutex_init(&client->mutex, NULL);
    ensure(failed == 0);
}

static bool connected(struct keeper_client *client)
{
    if (client->fd >= 0) return true;
    char none[8];
    int fds[FDPASS_FDS_MAX];
    if (fdpass_receive(client->link_fd, LINK_WAIT_MS, none, sizeof none, fds) < 0) return false;
    client->fd = fds[0];
    return client->fd >= 0;
}

static void disconnect(struct keeper_client *client)
{
    (void)close(client->fd);
    client->fd = -1;
}

void keeper_client_renew(struct keeper_client *client)
{
    int failed = pthread_mutex_lock(&client->mutex);
    ensure(failed == 0);
    if (connected(client)) disconnect(client);
    failed = pthread_mutex_unlock(&client->mutex);
    ensure(failed == 0);
}

/* One request and its answer; asked again on a new connection when the keeper ended meanwhile. */
static size_t exchange(struct keeper_client *client, struct str request, uint8_t *ret_answer)
{
    int failed = pthread_mutex_lock(&client->mutex);
    ensure(failed == 0);
    ssize_t got = -1;
    for (int i = 0; i < TRIES && got < 0; i++) {
        int none[FDPASS_FDS_MAX];
        if (!connected(client)) break;
        if (fdpass_send(client->fd, request, NULL, 0)) {
            got = fdpass_receive(client->fd, ANSWER_WAIT_MS, ret_answer, KEEPER_FRAME_BYTES, none);
        }
        if (got < 0) disconnect(client);
    }
    failed = pthread_mutex_unlock(&client->mutex);
    ensure(failed == 0);
    return got < 0 ? 0 : (size_t)got;
}

/* The payload of an answer of the right kind. */
static enum err answer_payload(struct call *c, const uint8_t *answer, size_t bytes,
                               const struct keeper_head *asked, struct str *ret_payload)
{
    struct keeper_head head = {};
    if (bytes < sizeof head) return fail(c, ERR_IO, "keeper.gone");
    memcpy(&head, answer, sizeof head);
    if (head.magic != KEEPER_MAGIC || head.op != asked->op) {
        return fail(c, ERR_INVALID, "keeper.refused");
    }
    *ret_payload = (struct str){(const char *)answer + sizeof head, bytes - sizeof head};
    return OK;
}

static enum err sign_some(struct keeper_client *client, struct call *c, uint8_t purpose,
                          const uint8_t (*hashes)[32], size_t count, uint8_t (*ret_signatures)[64])
{
    uint8_t frame[KEEPER_FRAME_BYTES];
    struct keeper_head head = {KEEPER_MAGIC, KEEPER_SIGN, purpose, (uint16_t)count};
    memcpy(frame, &head, sizeof head);
    memcpy(frame + sizeof head, hashes, count * 32);
    struct str request = {(const char *)frame, sizeof head + count * 32};
    uint8_t answer[KEEPER_FRAME_BYTES];
    size_t bytes = exchange(client, request, answer);
    struct str payload = {};
    enum err e = answer_payload(c, answer, bytes, &head, &payload);
    if (e != OK) return e;
    if (payload.len != count * 64) return fail(c, ERR_INVALID, "keeper.refused");
    memcpy(ret_signatures, payload.ptr, payload.len);
    return OK;
}

enum err keeper_client_sign(void *self, struct call *c, const char *purpose,
                            const uint8_t (*hashes)[32], size_t count,
                            uint8_t (*ret_signatures)[64])
{
    uint8_t index = keeper_purpose(purpose);
    ensure(index > 0);
    for (size_t done = 0; done < count;) {
        size_t some = count - done < KEEPER_HASHES_MAX ? count - done : KEEPER_HASHES_MAX;
        enum err e = sign_some(self, c, index, hashes + done, some, ret_signatures + done);
        if (e != OK) return e;
        done += some;
    }
    return OK;
}

enum err keeper_client_sign_note(void *self, struct call *c, struct str text,
                                 uint8_t ret_signature[64])
{
    uint8_t frame[KEEPER_FRAME_BYTES];
    uint8_t answer[KEEPER_FRAME_BYTES];
    struct keeper_head head = {KEEPER_MAGIC, KEEPER_NOTE, 0, (uint16_t)text.len};
    ensure(text.len > 0 && text.len <= KEEPER_NOTE_BYTES_MAX);
    memcpy(frame, &head, sizeof head);
    memcpy(frame + sizeof head, text.ptr, text.len);
    struct str request = {(const char *)frame, sizeof head + text.len};
    size_t bytes = exchange(self, request, answer);
    struct str payload = {};
    enum err e = answer_payload(c, answer, bytes, &head, &payload);
    if (e == OK && payload.len != 64) return fail(c, ERR_INVALID, "keeper.refused");
    if (e == OK) memcpy(ret_signature, payload.ptr, payload.len);
    return e;
}

enum err keeper_client_certify(struct keeper_client *client, struct call *c, struct str key_der,
                               int64_t not_after_ms, struct str *ret_der)
{
    ensure(key_der.len > 0 && key_der.len <= CERT_KEY_BYTES_MAX);
    uint8_t frame[KEEPER_FRAME_BYTES];
    struct keeper_head head = {KEEPER_MAGIC, KEEPER_CERTIFY, 0, (uint16_t)key_der.len};
    memcpy(frame, &head, sizeof head);
    memcpy(frame + sizeof head, &not_after_ms, sizeof not_after_ms);
    memcpy(frame + sizeof head + sizeof not_after_ms, key_der.ptr, key_der.len);
    size_t len = sizeof head + sizeof not_after_ms + key_der.len;
    static_assert(sizeof head + sizeof not_after_ms + CERT_KEY_BYTES_MAX + CERT_CHAIN_BYTES_MAX <=
                  KEEPER_FRAME_BYTES);
    ensure(client->chain.len <= CERT_CHAIN_BYTES_MAX);
    if (client->chain.len > 0) memcpy(frame + len, client->chain.ptr, client->chain.len);
    struct str request = {(const char *)frame, len + client->chain.len};
    uint8_t answer[KEEPER_FRAME_BYTES];
    size_t bytes = exchange(client, request, answer);
    struct str payload = {};
    enum err e = answer_payload(c, answer, bytes, &head, &payload);
    if (e != OK) return e;
    *ret_der = str_copy(c->arena, payload);
    return OK;
}

enum err keeper_client_seal(void *self, struct call *c, const uint8_t digest[32],
                            struct str *ret_der)
{
    uint8_t frame[sizeof(struct keeper_head) + SEAL_DIGEST_BYTES];
    struct keeper_head head = {KEEPER_MAGIC, KEEPER_SEAL, 0, 1};
    memcpy(frame, &head, sizeof head);
    memcpy(frame + sizeof head, digest, SEAL_DIGEST_BYTES);
    uint8_t answer[KEEPER_FRAME_BYTES];
    size_t bytes = exchange(self, (struct str){(const char *)frame, sizeof frame}, answer);
    struct str payload = {};
    enum err e = answer_payload(c, answer, bytes, &head, &payload);
    if (e == OK) *ret_der = str_copy(c->arena, payload);
    return e;
}
