/*
 * clause_diff.c: what changed between two texts. Clauses whose words stand once on each side are
 * the anchors (patience difference); between anchors clauses are paired by number; inside a pair
 * words are compared by the shortest edit (Myers), with a limit on how much may differ.
 */
#include "base/clause.h"

#include "base/base.h"
#include "base/limits.h"

#include <stdlib.h>

#define FNV_BASIS 14695981039346656037ULL
#define FNV_PRIME 1099511628211ULL

static uint64_t hash_of(struct str s)
{
    uint64_t hash = FNV_BASIS;
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (uint8_t)s.ptr[i]) * FNV_PRIME;
    return hash;
}

/* ---- words ---- */

struct word {
    struct str text; /* with the blank or line end behind it */
    struct str bare;
    uint64_t hash;
};

struct words {
    struct word *rows;
    size_t count;
};

static bool is_gap(char ch)
{
    return ch == ' ' || ch == '\n';
}

static bool is_stop(char ch)
{
    return ch == '.' || ch == ',' || ch == ';' || ch == ':' || ch == '!' || ch == '?';
}

/* Where the word ends that begins at `at`; the stops behind a word are one of their own, so that a
 * sentence that goes on keeps its last word. */
static size_t word_end(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && !is_gap(text.ptr[end]))
        end++;
    size_t stop = end;
    while (stop > at && is_stop(text.ptr[stop - 1]))
        stop--;
    return stop > at ? stop : end;
}

static size_t words_count(struct str text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        size_t end = word_end(text, at);
        count += end > at ? 1 : 0;
        at = end > at ? end : at + 1;
    }
    return count;
}

static struct words words_of(struct arena *arena, struct str text)
{
    struct words words = {};
    words.rows = arena_array(arena, words_count(text) + 1, sizeof *words.rows);
    size_t at = 0;
    while (at < text.len) {
        size_t end = word_end(text, at);
        size_t next = end;
        while (next < text.len && is_gap(text.ptr[next]))
            next++;
        struct str bare = str_sub(text, at, end);
        if (bare.len > 0) {
            words.rows[words.count++] = (struct word){str_sub(text, at, next), bare, hash_of(bare)};
        }
        at = next;
    }
    return words;
}

static bool word_same(const struct word *a, const struct word *b)
{
    return a->hash == b->hash && str_eq(a->bare, b->bare);
}

/* The runs of one clause while they are collected: neighbours of one mark become one. */
struct runs {
    struct arena *arena;
    struct clause_run *rows;
    size_t count;
    size_t cap;
};

static void runs_add(struct runs *runs, enum clause_mark mark, struct str text)
{
    struct clause_run *last = runs->count > 0 ? &runs->rows[runs->count - 1] : NULL;
    if (text.len == 0) return;
    if (last != NULL && last->mark == mark && last->text.ptr + last->text.len == text.ptr) {
        last->text.len += text.len;
        return;
    }
    if (runs->count == runs->cap) {
        size_t cap = runs->cap == 0 ? 8 : runs->cap * 2;
        struct clause_run *rows = arena_array(runs->arena, cap, sizeof *rows);
        for (size_t i = 0; i < runs->count; i++)
            rows[i] = runs->rows[i];
        runs->rows = rows;
        runs->cap = cap;
    }
    runs->rows[runs->count++] = (struct clause_run){mark, text};
}

static void runs_words(struct runs *runs, enum clause_mark mark, const struct words *words,
                       size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        runs_add(runs, mark, words->rows[i].text);
}

/* The part of two texts that is not the same at both ends. */
struct middle {
    const struct words *old;
    const struct words *now;
    size_t from; /* on both sides */
    size_t old_to;
    size_t now_to;
};

static struct middle middle_of(const struct words *old, const struct words *now)
{
    struct middle m = {old, now, 0, old->count, now->count};
    while (m.from < m.old_to && m.from < m.now_to &&
           word_same(&old->rows[m.from], &now->rows[m.from])) {
        m.from++;
    }
    while (m.old_to > m.from && m.now_to > m.from &&
           word_same(&old->rows[m.old_to - 1], &now->rows[m.now_to - 1])) {
        m.old_to--;
        m.now_to--;
    }
    return m;
}

/* The frontier of the search: reach[k + edits] is how far diagonal k came in `old`. One row a
 * number of edits, each kept for the way back. */
struct search {
    const struct middle *m;
    struct arena *arena;
    int32_t **reach;
    int64_t old_count;
    int64_t now_count;
};

static bool goes_down(const int32_t *before, int64_t edits, int64_t k)
{
    if (k == -edits) return true;
    /* the row before is centred one lower */
    return k != edits && before[k - 1 + edits - 1] < before[k + 1 + edits - 1];
}

/* One more edit on every diagonal. Says that the end was reached. */
static bool search_step(struct search *s, int64_t edits)
{
    int32_t *row = arena_array(s->arena, (size_t)(2 * edits + 1), sizeof *row);
    const int32_t *before = edits > 0 ? s->reach[edits - 1] : NULL;
    s->reach[edits] = row;
    for (int64_t k = -edits; k <= edits; k += 2) {
        int64_t x = 0;
        if (edits > 0) {
            x = goes_down(before, edits, k) ? before[k + 1 + edits - 1]
                                            : before[k - 1 + edits - 1] + 1;
        }
        while (x >= 0 && x < s->old_count && x - k >= 0 && x - k < s->now_count &&
               word_same(&s->m->old->rows[s->m->from + (size_t)x],
                         &s->m->now->rows[s->m->from + (size_t)(x - k)])) {
            x++;
        }
        row[k + edits] = (int32_t)x;
        if (x >= s->old_count && x - k >= s->now_count) return true;
    }
    return false;
}

/* Marks, from the end back, which old words go and which new ones come. */
static void search_back(const struct search *s, int64_t edits, bool *gone, bool *come)
{
    int64_t x = s->old_count;
    int64_t y = s->now_count;
    for (int64_t d = edits; d > 0; d--) {
        const int32_t *before = s->reach[d - 1];
        int64_t k = x - y;
        bool down = goes_down(before, d, k);
        int64_t from_x = down ? before[k + 1 + d - 1] : before[k - 1 + d - 1];
        int64_t from_y = down ? from_x - (k + 1) : from_x - (k - 1);
        if (down) {
            ensure(from_y >= 0 && from_y < s->now_count);
            come[from_y] = true;
        } else {
            ensure(from_x >= 0 && from_x < s->old_count);
            gone[from_x] = true;
        }
        x = from_x;
        y = from_y;
    }
}

static void runs_middle(struct runs *runs, const struct middle *m, const bool *gone,
                        const bool *come)
{
    size_t i = m->from;
    size_t k = m->from;
    while (i < m->old_to || k < m->now_to) {
        size_t old_from = i;
        size_t now_from = k;
        while (i < m->old_to && gone[i - m->from])
            i++;
        while (k < m->now_to && come[k - m->from])
            k++;
        runs_words(runs, MARK_REMOVED, m->old, old_from, i);
        runs_words(runs, MARK_ADDED, m->now, now_from, k);
        ensure((i == m->old_to) == (k == m->now_to)); /* what is the same stands on both sides */
        if (i == m->old_to) return;
        runs_words(runs, MARK_SAME, m->now, k, k + 1);
        i++;
        k++;
    }
}

static bool runs_search(struct runs *runs, struct arena *scratch, const struct middle *m)
{
    struct search s = {.m = m,
                       .arena = scratch,
                       .old_count = (int64_t)(m->old_to - m->from),
                       .now_count = (int64_t)(m->now_to - m->from)};
    s.reach = arena_array(scratch, LIMIT_CLAUSE_EDITS + 1, sizeof *s.reach);
    int64_t edits = 0;
    while (!search_step(&s, edits)) {
        if (++edits > LIMIT_CLAUSE_EDITS) return false;
    }
    bool *gone = arena_array(scratch, (size_t)s.old_count + 1, sizeof *gone);
    bool *come = arena_array(scratch, (size_t)s.now_count + 1, sizeof *come);
    search_back(&s, edits, gone, come);
    runs_middle(runs, m, gone, come);
    return true;
}

static void pair_words(struct arena *arena, struct arena *scratch, struct clause_pair *pair)
{
    arena_reset(scratch);
    struct runs runs = {.arena = arena};
    struct words old = words_of(scratch, pair->old->text);
    struct words now = words_of(scratch, pair->now->text);
    struct middle m = middle_of(&old, &now);
    runs_words(&runs, MARK_SAME, &now, 0, m.from);
    if (!runs_search(&runs, scratch, &m)) {
        runs_words(&runs, MARK_REMOVED, &old, m.from, m.old_to);
        runs_words(&runs, MARK_ADDED, &now, m.from, m.now_to);
    }
    runs_words(&runs, MARK_SAME, &now, m.now_to, now.count);
    pair->runs = runs.rows;
    pair->run_count = runs.count;
}

/* ---- clauses ---- */

enum { NOWHERE = -1 };

/* Both texts, and for each clause where the same words stand alone on the other side. */
struct compare {
    struct arena *arena;
    struct arena *scratch;
    struct arena *words; /* of the pair that is compared */
    const struct clauses *old;
    const struct clauses *now;
    int64_t *old_of; /* by new clause */
    int64_t *now_of; /* by old clause */
    bool *anchor;    /* by new clause: in the same order on both sides */
    struct clause_pairs pairs;
};

struct key {
    uint64_t hash;
    int64_t at;
    bool now;
};

static int key_order(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    if (x->now != y->now) return x->now ? 1 : -1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void keys_take(struct key *keys, const struct clauses *list, bool now, size_t *count)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].text.len == 0) continue; /* a heading alone says nothing */
        keys[(*count)++] = (struct key){hash_of(list->rows[i].text), (int64_t)i, now};
    }
}

/* Pairs the clauses whose words stand exactly once on each side. */
static void alone_pair(struct compare *cmp)
{
    size_t count = 0;
    struct key *keys =
        arena_array(cmp->scratch, cmp->old->count + cmp->now->count + 1, sizeof *keys);
    for (size_t i = 0; i < cmp->now->count; i++)
        cmp->old_of[i] = NOWHERE;
    for (size_t i = 0; i < cmp->old->count; i++)
        cmp->now_of[i] = NOWHERE;
    keys_take(keys, cmp->old, false, &count);
    keys_take(keys, cmp->now, true, &count);
    qsort(keys, count, sizeof *keys, key_order);
    for (size_t i = 0; i < count;) {
        size_t to = i;
        while (to < count && keys[to].hash == keys[i].hash)
            to++;
        const struct clause *old = &cmp->old->rows[keys[i].at];
        bool two = to - i == 2 && !keys[i].now && keys[i + 1].now;
        if (two && str_eq(old->text, cmp->now->rows[keys[i + 1].at].text)) {
            cmp->old_of[keys[i + 1].at] = keys[i].at;
            cmp->now_of[keys[i].at] = keys[i + 1].at;
        }
        i = to;
    }
}

/* The longest chain of pairs that stand in the same order on both sides (patience sorting). */
static void anchors_find(struct compare *cmp)
{
    size_t count = cmp->now->count;
    size_t height = 0;
    int64_t *top = arena_array(cmp->scratch, count + 1, sizeof *top); /* new clause on each pile */
    int64_t *below = arena_array(cmp->scratch, count + 1, sizeof *below);
    for (size_t i = 0; i < count; i++) {
        if (cmp->old_of[i] == NOWHERE) continue;
        size_t low = 0;
        size_t high = height;
        while (low < high) {
            size_t mid = (low + high) / 2;
            if (cmp->old_of[top[mid]] < cmp->old_of[i]) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        below[i] = low > 0 ? top[low - 1] : NOWHERE;
        top[low] = (int64_t)i;
        if (low == height) height++;
    }
    for (int64_t at = height > 0 ? top[height - 1] : NOWHERE; at != NOWHERE; at = below[at])
        cmp->anchor[at] = true;
}

static void whole_run(struct arena *arena, struct clause_pair *pair, enum clause_mark mark,
                      struct str text)
{
    if (text.len == 0) return;
    pair->runs = arena_alloc(arena, sizeof *pair->runs);
    pair->runs[0] = (struct clause_run){mark, text};
    pair->run_count = 1;
}

static void put_pair(struct compare *cmp, struct clause_pair pair)
{
    switch (pair.change) {
    case CLAUSE_SAME:
    case CLAUSE_RENUMBERED:
    case CLAUSE_MOVED: whole_run(cmp->arena, &pair, MARK_SAME, pair.now->text); break;
    case CLAUSE_ADDED: whole_run(cmp->arena, &pair, MARK_ADDED, pair.now->text); break;
    case CLAUSE_REMOVED: whole_run(cmp->arena, &pair, MARK_REMOVED, pair.old->text); break;
    case CLAUSE_CHANGED: pair_words(cmp->arena, cmp->words, &pair); break;
    }
    bool changed = pair.change != CLAUSE_SAME && pair.change != CLAUSE_RENUMBERED;
    cmp->pairs.changed += changed ? 1 : 0;
    cmp->pairs.rows[cmp->pairs.count++] = pair;
}

static void put_both(struct compare *cmp, const struct clause *old, const struct clause *now)
{
    enum clause_change change = CLAUSE_CHANGED;
    if (str_eq(old->text, now->text)) {
        change = str_eq(old->address, now->address) ? CLAUSE_SAME : CLAUSE_RENUMBERED;
    }
    put_pair(cmp, (struct clause_pair){.change = change, .old = old, .now = now});
}

/* Removed ones up to `to`; what moved is shown where it stands now. */
static void put_removed(struct compare *cmp, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (cmp->now_of[i] != NOWHERE) continue;
        put_pair(cmp, (struct clause_pair){.change = CLAUSE_REMOVED, .old = &cmp->old->rows[i]});
    }
}

static void put_new(struct compare *cmp, size_t at)
{
    bool moved = cmp->old_of[at] != NOWHERE;
    struct clause_pair pair = {.change = moved ? CLAUSE_MOVED : CLAUSE_ADDED,
                               .now = &cmp->now->rows[at]};
    if (moved) pair.old = &cmp->old->rows[cmp->old_of[at]];
    put_pair(cmp, pair);
}

/* The clause of the same number among those between two anchors: the whole address, or at least its
 * own part, when the article above got another number. `to` when there is none. */
static size_t same_number(const struct compare *cmp, size_t from, size_t to,
                          const struct clause *now)
{
    size_t own = to;
    for (size_t i = from; i < to; i++) {
        const struct clause *old = &cmp->old->rows[i];
        if (cmp->now_of[i] != NOWHERE || old->level != now->level) continue;
        if (str_eq(old->address, now->address)) return i;
        if (own == to && str_eq(old->own, now->own)) own = i;
    }
    return own;
}

/* A heading without a text says only its number. */
static bool says_same(const struct clause *old, const struct clause *now)
{
    bool number = old->text.len > 0 || str_eq(old->own, now->own);
    return number && old->level == now->level && str_eq(old->text, now->text);
}

enum { GAP_MAX = 1000 }; /* old clauses looked at for each new one between two anchors */

static void put_between(struct compare *cmp, size_t old_from, size_t old_to, size_t now_from,
                        size_t now_to)
{
    while (old_from < old_to && now_from < now_to &&
           says_same(&cmp->old->rows[old_from], &cmp->now->rows[now_from])) {
        put_both(cmp, &cmp->old->rows[old_from++], &cmp->now->rows[now_from++]);
    }
    for (size_t i = now_from; i < now_to; i++) {
        size_t end = old_to - old_from > GAP_MAX ? old_from + GAP_MAX : old_to;
        size_t found =
            cmp->old_of[i] == NOWHERE ? same_number(cmp, old_from, end, &cmp->now->rows[i]) : end;
        if (found == end) {
            put_new(cmp, i);
            continue;
        }
        put_removed(cmp, old_from, found);
        put_both(cmp, &cmp->old->rows[found], &cmp->now->rows[i]);
        old_from = found + 1;
    }
    put_removed(cmp, old_from, old_to);
}

struct clause_pairs clause_diff(struct arena *arena, const struct clauses *old,
                                const struct clauses *now)
{
    struct arena *scratch = arena_open(0);
    struct compare cmp = {
        .arena = arena, .scratch = scratch, .words = arena_open(0), .old = old, .now = now};
    size_t old_from = 0;
    size_t now_from = 0;
    cmp.old_of = arena_array(scratch, now->count + 1, sizeof *cmp.old_of);
    cmp.now_of = arena_array(scratch, old->count + 1, sizeof *cmp.now_of);
    cmp.anchor = arena_array(scratch, now->count + 1, sizeof *cmp.anchor);
    cmp.pairs.rows = arena_array(arena, old->count + now->count + 1, sizeof *cmp.pairs.rows);
    alone_pair(&cmp);
    anchors_find(&cmp);
    for (size_t i = 0; i < now->count; i++) {
        if (!cmp.anchor[i]) continue;
        size_t at = (size_t)cmp.old_of[i];
        put_between(&cmp, old_from, at, now_from, i);
        put_both(&cmp, &old->rows[at], &now->rows[i]);
        old_from = at + 1;
        now_from = i + 1;
    }
    put_between(&cmp, old_from, old->count, now_from, now->count);
    ensure(cmp.pairs.count <= old->count + now->count);
    arena_close(cmp.words);
    arena_close(scratch);
    return cmp.pairs;
}
