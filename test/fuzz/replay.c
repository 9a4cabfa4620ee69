/*
 * replay.c: runs a fuzz target over stored inputs without a fuzzer: what was found once stays
 * found.
 *
 *     NAME_replay FILE...      prints how many inputs ran; a crash is the failure
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

enum { INPUT_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    uint8_t *input = malloc(INPUT_BYTES_MAX);
    ensure(input != NULL);
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            (void)fprintf(stderr, "%s: cannot be opened\n", argv[i]);
            return 1;
        }
        size_t size = fread(input, 1, INPUT_BYTES_MAX, file);
        (void)fclose(file);
        (void)LLVMFuzzerTestOneInput(input, size);
    }
    free(input);
    printf("%d inputs replayed\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
