#include "base/words.h"

static const struct word *word_find(struct str key)
{
    size_t low = 0;
    size_t high = WORDS_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(WORDS[middle].key, key);
        if (order == 0) return &WORDS[middle];
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct str words(enum lang lang, struct str key)
{
    const struct word *word = word_find(key);
    return word == NULL ? key : word->text[lang];
}

bool words_has(struct str key)
{
    return word_find(key) != NULL;
}

static struct str place_value(const struct fail_arg *args, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(str_of(args[i].name), name)) return args[i].value;
    }
    return (struct str){};
}

struct str words_fill(struct arena *arena, enum lang lang, struct str key,
                      const struct fail_arg *args, size_t count)
{
    struct str text = words(lang, key);
    struct sb sb = sb_new(arena, 0);
    struct str rest = text;
    struct str head = {};
    while (str_cut(rest, '{', &head, &rest)) {
        sb_put(&sb, head);
        struct str name = {};
        struct str after = {};
        bool closed = str_cut(rest, '}', &name, &after);
        ensure(closed); /* the catalogue's generator refuses an open place */
        sb_put(&sb, place_value(args, count, name));
        rest = after;
    }
    sb_put(&sb, head);
    return sb_str(&sb);
}

struct str words_failure(struct call *c)
{
    if (c->failure.reason == NULL) return (struct str){};
    struct str key = str_format(c->arena, "reason.%s", c->failure.reason);
    return words_fill(c->arena, c->lang, key, c->failure.args, c->failure.arg_count);
}
