/*
 * Any text is given to the verifier of evidence as the lines of objects.jsonl, under a key that is
 * believed. It must come to an end with a verdict, and nothing that nobody signed may hold.
 */
#include "front/evidence/verify_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct verify_key KEYS[] = {{
        .office = {"aaaaaaaaaaaaaaaaaaaaaaaaaa", 26},
        .public_key = {"0123456789abcdef0123456789abcdef", 32},
    }};
    struct call c = call_begin(env_real(), NULL, NULL);
    struct verify v = {.keys = {KEYS, ARRAY_LEN(KEYS), true}, .holds = true};
    v.findings = node_list(&c);
    enum err e = verify_objects(&c, &v, (struct str){(const char *)data, size});
    ensure(e == OK || c.failure.reason != NULL);
    ensure(!v.holds || e != OK);
    call_clear(&c);
    struct verify_keys keys = {};
    e = verify_keys_read(&c, (struct str){(const char *)data, size}, &keys);
    ensure((e == OK) == (keys.count > 0));
    call_end(&c);
    return 0;
}
