#include "main/keeper.h"

#include "core/office.h"
#include "exchange/checkpoint.h"
#include "front/cli/key_file.h"
#include "front/tls/cert.h"
#include "front/tls/seal.h"
#include "front/cli/config.h"
#include "main/sandbox.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { KEEPER_FD = 3 };

const char *const KEEPER_PURPOSES[] = {
    "", PURPOSE_VERSION, PURPOSE_RECEIPT, PURPOSE_ACK, PURPOSE_FEED, PURPOSE_PASS,
    PURPOSE_EPOCH, PURPOSE_LEDGER, PURPOSE_HOME, NULL};

uint8_t keeper_purpose(const char *purpose)
{
    for (uint8_t i = 1; KEEPER_PURPOSES[i] != NULL; i++) {
        if (str_eq(str_of(KEEPER_PURPOSES[i]), str_of(purpose))) return i;
    }
    return 0;
}

static size_t answer_head(enum keeper_op op, uint8_t purpose, size_t count, uint8_t *ret_answer)
{
    struct keeper_head head = {KEEPER_MAGIC, (uint8_t)op, purpose, (uint16_t)count};
    memcpy(ret_answer, &head, sizeof head);
    return sizeof head;
}

static size_t refused(uint8_t *ret_answer)
{
    return answer_head(KEEPER_REFUSED, 0, 0, ret_answer);
}

static size_t answer_sign(const struct keeper *keeper, const struct keeper_head *head,
                          const uint8_t *hashes, size_t bytes, uint8_t *ret_answer)
{
    bool known = head->purpose > 0 && head->purpose < ARRAY_LEN(KEEPER_PURPOSES) - 1;
    if (!known || head->count == 0 || head->count > KEEPER_HASHES_MAX) return refused(ret_answer);
    if (bytes != (size_t)head->count * 32) return refused(ret_answer);
    size_t len = answer_head(KEEPER_SIGN, head->purpose, head->count, ret_answer);
    bool pass = str_eq(str_of(KEEPER_PURPOSES[head->purpose]), S(PURPOSE_PASS));
    if (pass && keeper->pass_kept) {
        if (head->count != 1) return refused(ret_answer);
        memcpy(ret_answer + len, keeper->pass, sizeof keeper->pass);
        return len + sizeof keeper->pass;
    }
    for (size_t i = 0; i < head->count; i++) {
        office_sign_with(keeper->secret, KEEPER_PURPOSES[head->purpose], hashes + 32 * i,
                         ret_answer + len);
        len += 64;
    }
    return len;
}

static size_t answer_certify(const struct keeper *keeper, const struct keeper_head *head,
                             const uint8_t *payload, size_t bytes, uint8_t *ret_answer)
{
    int64_t not_after_ms = 0;
    bool shaped = head->purpose == 0 && head->count > 0 && head->count <= CERT_KEY_BYTES_MAX &&
                  bytes >= sizeof not_after_ms + head->count &&
                  bytes <= sizeof not_after_ms + head->count + CERT_CHAIN_BYTES_MAX;
    if (!shaped) return refused(ret_answer);
    memcpy(&not_after_ms, payload, sizeof not_after_ms);
    struct call c = call_begin(keeper->env, NULL, NULL);
    struct cert_order order = {
        .office = keeper->office,
        .key = {(const char *)payload + sizeof not_after_ms, head->count},
        .chain = {(const char *)payload + sizeof not_after_ms + head->count,
                  bytes - sizeof not_after_ms - head->count},
        .not_before_ms = c.now_ms,
        .not_after_ms = not_after_ms,
    };
    struct str der = {};
    size_t len = 0;
    if (cert_issue(&c, &order, keeper->secret, &der) == OK) {
        len = answer_head(KEEPER_CERTIFY, 0, der.len, ret_answer);
        memcpy(ret_answer + len, der.ptr, der.len);
        len += der.len;
    } else {
        len = refused(ret_answer);
    }
    call_end(&c);
    return len;
}

static size_t answer_seal(const struct keeper *keeper, const struct keeper_head *head,
                          const uint8_t *digest, size_t bytes, uint8_t *ret_answer)
{
    bool shaped = head->purpose == 0 && head->count == 1 && bytes == SEAL_DIGEST_BYTES;
    if (!shaped) return refused(ret_answer);
    struct call c = call_begin(keeper->env, NULL, NULL);
    struct str der = {};
    seal_make(&c, keeper->office, keeper->secret, digest, &der);
    size_t len = answer_head(KEEPER_SEAL, 0, der.len, ret_answer);
    memcpy(ret_answer + len, der.ptr, der.len);
    len += der.len;
    call_end(&c);
    return len;
}

/* A log never goes back, and has one root at each size. */
static bool log_goes_on(struct keeper *keeper, const struct tree_head *head)
{
    if (head->size < keeper->log.size) return false;
    if (head->size == keeper->log.size && head->size > 0) {
        return tree_same_root(head, &keeper->log);
    }
    keeper->log = *head;
    return true;
}

/* Of our own log a checkpoint, of others' a cosignature: nobody is a witness of itself. */
static bool note_fits(struct keeper *keeper, struct arena *arena, struct str text)
{
    struct checkpoint checkpoint = {};
    int64_t time_s = 0;
    if (checkpoint_read(arena, text, &checkpoint)) {
        return str_eq(checkpoint.office, keeper->office) && log_goes_on(keeper, &checkpoint.head);
    }
    return cosignature_read(arena, text, &time_s, &checkpoint) &&
           !str_eq(checkpoint.office, keeper->office);
}

static size_t answer_note(struct keeper *keeper, const struct keeper_head *head,
                          const uint8_t *payload, size_t bytes, uint8_t *ret_answer)
{
    struct str text = {(const char *)payload, bytes};
    if (head->purpose != 0 || head->count != bytes) return refused(ret_answer);
    if (bytes == 0 || bytes > KEEPER_NOTE_BYTES_MAX) return refused(ret_answer);
    struct call c = call_begin(keeper->env, NULL, NULL);
    bool fits = note_fits(keeper, c.arena, text);
    call_end(&c);
    if (!fits) return refused(ret_answer);
    size_t len = answer_head(KEEPER_NOTE, 0, 1, ret_answer);
    office_sign_note_with(keeper->secret, text, ret_answer + len);
    return len + 64;
}

size_t keeper_answer(struct keeper *keeper, const uint8_t *request, size_t bytes,
                     uint8_t *ret_answer)
{
    struct keeper_head head = {};
    if (bytes < sizeof head || bytes > KEEPER_FRAME_BYTES) return refused(ret_answer);
    memcpy(&head, request, sizeof head);
    if (head.magic != KEEPER_MAGIC) return refused(ret_answer);
    const uint8_t *payload = request + sizeof head;
    size_t payload_bytes = bytes - sizeof head;
    if (head.op == KEEPER_SIGN) {
        return answer_sign(keeper, &head, payload, payload_bytes, ret_answer);
    }
    if (head.op == KEEPER_CERTIFY) {
        return answer_certify(keeper, &head, payload, payload_bytes, ret_answer);
    }
    if (head.op == KEEPER_SEAL) {
        return answer_seal(keeper, &head, payload, payload_bytes, ret_answer);
    }
    if (head.op == KEEPER_NOTE) {
        return answer_note(keeper, &head, payload, payload_bytes, ret_answer);
    }
    return refused(ret_answer);
}

/* The library loads tables at its first use: it must happen before the files are out of reach. */
static void warm_up(struct call *c, const struct keeper *keeper)
{
    struct str key = cert_key_public(c->arena, cert_key_new(c->arena));
    struct cert_order order = {.office = keeper->office,
                               .key = key,
                               .not_before_ms = c->now_ms,
                               .not_after_ms = c->now_ms + 1};
    struct str der = {};
    enum err e = cert_issue(c, &order, keeper->secret, &der);
    ensure(e == OK);
    bool read = cert_office(c, der).len > 0;
    ensure(read);
    const uint8_t digest[SEAL_DIGEST_BYTES] = {};
    seal_make(c, keeper->office, keeper->secret, digest, &der);
    ensure(der.len > 0);
}

static void serve(struct keeper *keeper)
{
    uint8_t request[KEEPER_FRAME_BYTES + 1];
    uint8_t answer[KEEPER_FRAME_BYTES];
    for (;;) {
        ssize_t n = read(KEEPER_FD, request, sizeof request);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return; /* the worker is gone */
        size_t len = keeper_answer(keeper, request, (size_t)n, answer);
        if (write(KEEPER_FD, answer, len) != (ssize_t)len) return;
    }
}

enum err keeper_run(struct call *c, const struct cli_args *args)
{
    int64_t parent = 0;
    struct config config = {};
    if (!parse_int(args->rest[0], 1, INT32_MAX, &parent)) return fail(c, ERR_SYNTAX, "cli.verb");
    sandbox_common((int)parent);
    struct keeper *keeper = arena_alloc(c->arena, sizeof *keeper);
    enum err e = config_read(c, &config);
    if (e != OK) return e;
    keeper->env = c->env;
    keeper->office = config.id;
    (void)sodium_mlock(keeper, sizeof *keeper); /* best effort: limits may forbid it */
    e = key_file_read(c, keeper->secret);
    if (e == OK) e = key_pass_read(c, keeper->pass, &keeper->pass_kept);
    if (e != OK) return e;
    warm_up(c, keeper);
    e = sandbox_keeper(c);
    if (e != OK) return e;
    serve(keeper);
    sodium_memzero(keeper->secret, sizeof keeper->secret);
    _exit(0); /* nothing else is open; the ordinary way out asks for more of the kernel */
}
