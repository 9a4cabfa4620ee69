/* Any bytes as the certificate of an office that is not known, and as a code of a person. */
#include "core/invite.h"
#include "front/tls/cert.h"

#include "base/env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str bytes = {(const char *)data, size};
    struct str secret = {};
    struct str fingerprint = {};
    struct str office = {};
    if (invite_code_read(&c, bytes, &secret, &fingerprint) == OK) {
        ensure(secret.len == INVITE_PART_LEN && fingerprint.len == INVITE_PART_LEN);
    } else {
        call_clear(&c);
    }
    if (cert_meet(&c, bytes, S("aaaaaaaaaaaaaaaa"), &office) != OK) call_clear(&c);
    struct str chain = cert_chain(&c, bytes);
    ensure(chain.len <= CERT_CHAIN_BYTES_MAX);
    call_end(&c);
    return 0;
}
