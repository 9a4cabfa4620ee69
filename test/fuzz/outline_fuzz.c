/*
 * Any text is split into clauses. They must cover it without gap or overlap, in order, each path
 * once among its first hundred.
 */
#include "base/limits.h"
#include "base/utf8.h"
#include "core/outline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMPARED_MAX = 100 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open(0);
    struct str text = {(const char *)data, size};
    struct outline_part *clauses = NULL;
    size_t count = 0;
    if (utf8_valid(text)) {
        size_t at = 0;
        outline_split(arena, text, &clauses, &count);
        ensure(count <= LIMIT_CLAUSES);
        for (size_t i = 0; i < count; i++) {
            ensure(clauses[i].offset == at);
            ensure(clauses[i].length > 0);
            ensure(clauses[i].title.len <= OUTLINE_TITLE_BYTES);
            at += clauses[i].length;
            for (size_t k = 0; k < i && k < COMPARED_MAX; k++)
                ensure(!str_eq(clauses[k].path, clauses[i].path));
        }
        ensure(count == 0 || at == size);
    }
    arena_close(arena);
    return 0;
}
