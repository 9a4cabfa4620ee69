#pragma once
/*
 * words.h: all words a user can see, in Vietnamese and English, from the words.vi and words.en
 * files beside the code. A key missing in one language fails the build. Values may hold {name}
 * places.
 */
#include "base/call.h"

/* Returns the text of a key; NULL-safe on unknown keys, which return the key itself so that a
 * mistake shows (a tidy test finds every literal key that is not in the catalogue). */
struct str words(enum lang lang, struct str key);
bool words_has(struct str key);
/* The same with {name} places filled from args. */
struct str words_fill(struct arena *arena, enum lang lang, struct str key,
                      const struct fail_arg *args, size_t count);
/* The sentence for the call's failure: "reason." + reason, places filled. */
struct str words_failure(struct call *c);

/* Generated from the words files: sorted by key. */
struct word {
    struct str key;
    struct str text[LANG_COUNT];
};
extern const struct word WORDS[];
extern const size_t WORDS_COUNT;
