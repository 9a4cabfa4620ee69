/*
 * Any text, cut in two at its first zero byte, is split and compared. The clauses must cover each
 * side without gap or overlap, each path once among its first hundred; the words of each side must
 * be found again, in order, in what the difference shows of that side.
 */
#include "base/clause.h"

#include "base/limits.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMPARED_MAX = 100 };

static size_t letters(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] != ' ' && s.ptr[i] != '\n' ? 1 : 0;
    return count;
}

static size_t letters_all(const struct clauses *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += letters(list->rows[i].text);
    return count;
}

static void covers(const struct clauses *list, struct str text)
{
    size_t at = 0;
    ensure(list->count <= LIMIT_CLAUSES);
    for (size_t i = 0; i < list->count; i++) {
        ensure(list->rows[i].offset == at);
        ensure(list->rows[i].length > 0);
        at += list->rows[i].length;
        for (size_t k = 0; k < i && k < COMPARED_MAX; k++)
            ensure(!str_eq(list->rows[k].path, list->rows[i].path));
    }
    ensure(list->count == 0 || at == text.len);
}

static void look(struct arena *arena, struct str old_text, struct str now_text)
{
    struct clauses old = clause_split(arena, old_text);
    struct clauses now = clause_split(arena, now_text);
    struct clause_pairs pairs = clause_diff(arena, &old, &now);
    covers(&old, old_text);
    covers(&now, now_text);
    size_t before = 0;
    size_t after = 0;
    size_t moved = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        const struct clause_pair *pair = &pairs.rows[i];
        ensure(pair->old != NULL || pair->now != NULL);
        for (size_t k = 0; k < pair->run_count; k++) {
            size_t count = letters(pair->runs[k].text);
            ensure(count > 0);
            if (pair->runs[k].mark != MARK_ADDED) before += count;
            if (pair->runs[k].mark != MARK_REMOVED) after += count;
        }
        moved += pair->change == CLAUSE_SAME ? 0 : 1;
    }
    ensure(before == letters_all(&old));
    ensure(after == letters_all(&now));
    ensure(pairs.changed <= moved);
    if (str_eq(old_text, now_text)) ensure(pairs.changed == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open(0);
    struct str text = {(const char *)data, size};
    struct str old = {};
    struct str now = {};
    (void)str_cut(text, 0, &old, &now);
    if (utf8_valid(old) && utf8_valid(now)) look(arena, old, now);
    arena_close(arena);
    return 0;
}
