/*
 * consultation_clause.c: the order of clauses. People write them small to large ("điểm a khoản 2
 * Điều 5") or large to small, so each level is found by its word, then levels are compared.
 */
#include "consultation_rules.h"

#include "base/utf8.h"

enum depth {
    DEPTH_ANNEX,
    DEPTH_PART,
    DEPTH_CHAPTER,
    DEPTH_SECTION,
    DEPTH_ARTICLE,
    DEPTH_CLAUSE,
    DEPTH_ITEM,
    DEPTH_COUNT
};
enum group { GROUP_WHOLE, GROUP_HEADING, GROUP_ARTICLE, GROUP_ANNEX, GROUP_OTHER };

enum { TOKENS_MAX = 64, LETTERS = 32, NUMBER_MAX = 100000 };

/* The words of the levels, folded. "Phụ lục" and "toàn văn" are found by their second word. */
static const char *const DEPTH_WORDS[DEPTH_COUNT] = {"luc",  "phan",  "chuong", "muc",
                                                     "dieu", "khoan", "diem"};

/* The Vietnamese alphabet as points are lettered. Source: Decree 30/2020/ND-CP appendix I. */
static const char *const ALPHABET[] = {"a", "b", "c", "d", "đ", "e", "g", "h", "i", "k", "l", "m",
                                       "n", "o", "p", "q", "r", "s", "t", "u", "v", "x", "y"};

struct clause_key {
    int64_t group;
    int64_t depth[DEPTH_COUNT];
    struct str text; /* of the clause: what names none is sorted by it */
};

static bool is_separator(char ch)
{
    return ch == ' ' || ch == ',' || ch == ';' || ch == '.' || ch == '(' || ch == ')' ||
           ch == '-' || ch == '/' || ch == '\t';
}

/* Takes the next word off `rest`. */
static struct str next_word(struct str *rest)
{
    size_t from = 0;
    while (from < rest->len && is_separator(rest->ptr[from]))
        from++;
    size_t to = from;
    while (to < rest->len && !is_separator(rest->ptr[to]))
        to++;
    struct str word = str_sub(*rest, from, to);
    *rest = str_sub(*rest, to, rest->len);
    return word;
}

/* Place of a letter in the alphabet from 1; 0: none. */
static int64_t letter_value(struct str s)
{
    bool capital = s.len == 1 && s.ptr[0] >= 'A' && s.ptr[0] <= 'Z';
    char small = capital ? (char)(s.ptr[0] - 'A' + 'a') : 0;
    struct str word = capital ? (struct str){&small, 1} : s;
    if (str_eq(s, S("Đ"))) word = S("đ");
    for (size_t i = 0; i < ARRAY_LEN(ALPHABET); i++) {
        if (str_eq(word, str_of(ALPHABET[i]))) return (int64_t)i + 1;
    }
    return 0;
}

static int64_t roman_digit(char ch)
{
    switch (ch) {
    case 'I': return 1;
    case 'V': return 5;
    case 'X': return 10;
    case 'L': return 50;
    case 'C': return 100;
    default: return 0;
    }
}

/* A roman number in capitals; 0: none. */
static int64_t roman_value(struct str s)
{
    int64_t total = 0;
    if (s.len == 0 || s.len > 12) return 0;
    for (size_t i = 0; i < s.len; i++) {
        int64_t digit = roman_digit(s.ptr[i]);
        int64_t next = i + 1 < s.len ? roman_digit(s.ptr[i + 1]) : 0;
        if (digit == 0) return 0;
        total += digit < next ? -digit : digit;
    }
    return total;
}

/* A number with an inserted letter, as "5a": 5 and 1; both in one value that sorts. 0: none. */
static int64_t number_value(struct str s)
{
    size_t digits = 0;
    int64_t number = 0;
    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
        digits++;
    if (digits == 0 || !parse_int(str_sub(s, 0, digits), 0, NUMBER_MAX, &number)) return 0;
    struct str suffix = str_sub(s, digits, s.len);
    int64_t letter = letter_value(suffix);
    if (suffix.len > 0 && letter == 0) return 0;
    return number * LETTERS + letter;
}

/* What stands after the word of a level. Points go by letter, headings may be roman. */
static int64_t depth_value(enum depth depth, struct str s)
{
    if (depth == DEPTH_ITEM && letter_value(s) > 0) return letter_value(s);
    int64_t value = number_value(s);
    if (value == 0 && depth < DEPTH_ARTICLE) value = roman_value(s) * LETTERS;
    return value;
}

static enum depth word_depth(struct str folded)
{
    for (size_t i = 0; i < DEPTH_COUNT; i++) {
        if (str_eq(folded, str_of(DEPTH_WORDS[i]))) return (enum depth)i;
    }
    return DEPTH_COUNT;
}

static int64_t key_group(const struct clause_key *key, bool bare_annex)
{
    if (key->depth[DEPTH_ANNEX] > 0 || bare_annex) return GROUP_ANNEX;
    if (key->depth[DEPTH_ARTICLE] > 0) return GROUP_ARTICLE;
    for (size_t i = 0; i < DEPTH_COUNT; i++) {
        if (key->depth[i] > 0) return GROUP_HEADING;
    }
    return GROUP_OTHER;
}

static struct clause_key clause_key(struct arena *arena, struct str clause)
{
    struct clause_key key = {.text = clause};
    struct str rest = str_trim(clause);
    bool annex = false;
    if (rest.len == 0 || str_starts(utf8_fold(arena, rest), S("toan van"))) return key;
    struct str word = next_word(&rest);
    for (size_t i = 0; i < TOKENS_MAX && word.len > 0; i++) {
        enum depth depth = word_depth(utf8_fold(arena, word));
        struct str after = next_word(&rest);
        if (depth == DEPTH_ANNEX) annex = true;
        int64_t value = depth < DEPTH_COUNT ? depth_value(depth, after) : 0;
        if (value > 0 && key.depth[depth] == 0) key.depth[depth] = value;
        word = value > 0 ? next_word(&rest) : after;
    }
    key.group = key_group(&key, annex);
    if (key.group == GROUP_ARTICLE) { /* articles are numbered through all chapters */
        key.depth[DEPTH_PART] = key.depth[DEPTH_CHAPTER] = key.depth[DEPTH_SECTION] = 0;
    }
    return key;
}

static int keys_compare(const struct clause_key *a, const struct clause_key *b)
{
    if (a->group != b->group) return a->group < b->group ? -1 : 1;
    for (size_t i = 0; i < DEPTH_COUNT; i++) {
        if (a->depth[i] != b->depth[i]) return a->depth[i] < b->depth[i] ? -1 : 1;
    }
    return a->group == GROUP_OTHER ? str_compare(a->text, b->text) : 0;
}

int consultation_clause_compare(struct str a, struct str b)
{
    struct arena *arena = arena_open(0);
    struct clause_key key_a = clause_key(arena, a);
    struct clause_key key_b = clause_key(arena, b);
    int order = keys_compare(&key_a, &key_b);
    arena_close(arena);
    return order;
}

/* Merges neighbours that are sorted, twice as long each time; equal ones keep their order. */
void consultation_clauses_sort(struct arena *arena, const struct str *clauses, size_t count,
                               size_t *ret_order)
{
    struct clause_key *keys = arena_array(arena, count + 1, sizeof *keys);
    size_t *from = arena_array(arena, count + 1, sizeof *from);
    for (size_t i = 0; i < count; i++) {
        keys[i] = clause_key(arena, clauses[i]);
        ret_order[i] = i;
    }
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t i = 0; i < count; i++)
            from[i] = ret_order[i];
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t a = at, a_end = at + width < count ? at + width : count;
            size_t b = a_end, b_end = a_end + width < count ? a_end + width : count;
            for (size_t to = at; to < b_end; to++) {
                bool first =
                    b == b_end || (a < a_end && keys_compare(&keys[from[a]], &keys[from[b]]) <= 0);
                ret_order[to] = first ? from[a++] : from[b++];
            }
        }
    }
}

bool consultation_clause_covers(struct str outer, struct str inner)
{
    struct arena *arena = arena_open(0);
    struct clause_key key = clause_key(arena, outer);
    struct clause_key in = clause_key(arena, inner);
    arena_close(arena);
    if (key.group == GROUP_WHOLE) return true;
    if (key.group == GROUP_OTHER || key.group != in.group) return false;
    for (size_t i = 0; i < DEPTH_COUNT; i++) {
        if (key.depth[i] != 0 && key.depth[i] != in.depth[i]) return false;
    }
    return true;
}
