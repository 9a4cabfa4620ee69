/* Any bytes as the statements that a certificate shows. */
#include "core/key_statement.h"

#include "base/env.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char KEY[32] = {1};
    struct call c = call_begin(env_real(), NULL, NULL);
    struct key_frame frames[LIMIT_KEY_CHAIN];
    size_t count = 0;
    struct str bytes = {(const char *)data, size};
    struct str rest = {};
    const struct key_state known = {
        .office = S("aaaaaaaaaaaaaaaaaaaaaaaaaa"), .public_key = {KEY, sizeof KEY}};
    if (key_frame_read(&c, bytes, &frames[0], &rest) == OK) {
        struct str again = key_frame_write(&c, &frames[0]);
        ensure(str_eq(again, str_sub(bytes, 0, again.len)));
        ensure(again.len + rest.len == bytes.len);
    } else {
        call_clear(&c);
    }
    if (key_chain_follow(&c, &known, bytes, frames, &count) == OK) {
        ensure(count > 0 && count <= LIMIT_KEY_CHAIN);
    }
    call_end(&c);
    return 0;
}
