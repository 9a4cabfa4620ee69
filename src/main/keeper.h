#pragma once
/*
 * keeper.h: the process that holds the office's signing key and nothing else. It can do three
 * things: sign hashes under a purpose it knows; vouch for a TLS key for at most CERT_DAYS; put the
 * office's seal (front/tls/seal.h) on a digest; sign a text as it is when that is the checkpoint of
 * its own office's log or a cosignature of another office's (exchange/checkpoint.h), of its own log
 * never two that disagree while it runs. It opens no file after its start, speaks to no network,
 * and the kernel ends it when it tries.
 *
 * One request and one answer are one SOCK_SEQPACKET message each, numbers in the machine's order:
 *
 *     sign      head {KEEPER_SIGN, purpose, count}, count hashes of 32 bytes
 *       answer  head {KEEPER_SIGN, purpose, count}, count signatures of 64 bytes
 *     certify   head {KEEPER_CERTIFY, 0, bytes}, not-after in ms, `bytes` of a public key's DER,
 *               then the chain of statements that led to the office's key, if there is one
 *       answer  head {KEEPER_CERTIFY, 0, bytes}, `bytes` of the certificate's DER
 *     seal      head {KEEPER_SEAL, 0, 1}, a SHA-256 digest of 32 bytes
 *       answer  head {KEEPER_SEAL, 0, bytes}, `bytes` of the seal's DER
 *     note      head {KEEPER_NOTE, 0, bytes}, `bytes` of text
 *       answer  head {KEEPER_NOTE, 0, 1}, a signature of 64 bytes
 *     all else  head {KEEPER_REFUSED, 0, 0}
 */
#include "base/call.h"
#include "exchange/tree.h"
#include "front/cli/cli.h"

enum { KEEPER_MAGIC = 0x50484b31, KEEPER_HASHES_MAX = 256, KEEPER_NOTE_BYTES_MAX = 512 };
enum keeper_op { KEEPER_REFUSED, KEEPER_SIGN, KEEPER_CERTIFY, KEEPER_SEAL, KEEPER_NOTE };

struct keeper_head {
    uint32_t magic;
    uint8_t op;      /* enum keeper_op */
    uint8_t purpose; /* index from 1 into KEEPER_PURPOSES */
    uint16_t count;
};

enum { KEEPER_FRAME_BYTES = sizeof(struct keeper_head) + KEEPER_HASHES_MAX * 64 };

/* The statements it signs; the index is what a request carries. Ended by NULL, starts with one. */
extern const char *const KEEPER_PURPOSES[];
/* The index of a purpose; 0 when there is none. */
uint8_t keeper_purpose(const char *purpose);

struct keeper {
    const struct env *env;
    struct str office; /* id: the name in certificates */
    uint8_t secret[64];
    bool pass_kept;    /* the office has had another key before: */
    uint8_t pass[64];  /* what that one once signed under PURPOSE_PASS, front/cli/key_file.h */
    struct tree_head log; /* of the newest checkpoint it signed; size 0: none yet */
};

/* Answers one request. Shapes: ret_answer holds KEEPER_FRAME_BYTES. Returns the answer's length. */
size_t keeper_answer(struct keeper *keeper, const uint8_t *request, size_t bytes,
                     uint8_t *ret_answer);

/* The process: serves descriptor 3 until it is closed. The present folder is the office's. */
enum err keeper_run(struct call *c, const struct cli_args *args);
