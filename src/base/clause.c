#include "base/clause.h"

#include "base/base.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/words.h"

enum { NUMBER_BYTES_MAX = 8, ORDINAL_BYTES_MAX = 24, WORD_BYTES_MAX = 16 };

/* The word of a level, folded, and as an address says it. */
struct level_word {
    enum clause_level level;
    const char *first;
    const char *second; /* NULL: one word */
    const char *key; /* of the catalogue; the text is Vietnamese whatever the reader's language */
};

static const struct level_word WORDS_OF[] = {
    {CLAUSE_ANNEX, "phu", "luc", "clause.annex"},
    {CLAUSE_PART, "phan", NULL, "clause.part"},
    {CLAUSE_CHAPTER, "chuong", NULL, "clause.chapter"},
    {CLAUSE_SECTION, "muc", NULL, "clause.section"},
    {CLAUSE_ARTICLE, "dieu", NULL, "clause.article"},
    {CLAUSE_ITEM, NULL, NULL, "clause.item"},
    {CLAUSE_POINT, NULL, NULL, "clause.point"},
};

/* Letters of points. Source: Decree 30/2020/ND-CP appendix I. */
static const char LETTERS[] = "abcdeghiklmnopqrstuvxy";

/* The beginning of a clause: what it is, its number, and where its text begins in the line. */
struct mark {
    enum clause_level level;
    struct str number;
    size_t text_at;
};

/* A walk through the text. */
struct walk {
    struct arena *arena;
    struct sb text;               /* of all clauses, one after the other */
    struct str at[CLAUSE_LEVELS]; /* own names of the clause that is open at each level */
    struct clause *rows;
    size_t *from; /* where the text of each begins */
    size_t count;
    size_t cap;
};

static bool is_blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r';
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool is_roman(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != 'I' && s.ptr[i] != 'V' && s.ptr[i] != 'X') return false;
    }
    return s.len > 0 && s.len <= NUMBER_BYTES_MAX;
}

/* Length of a letter of a point at the beginning; 0: none. */
static size_t letter_len(struct str s)
{
    if (str_starts(s, S("đ"))) return S("đ").len;
    for (size_t i = 0; s.len > 0 && i < sizeof LETTERS - 1; i++) {
        if (s.ptr[0] == LETTERS[i]) return 1;
    }
    return 0;
}

/* Length of a number as "12" or "12a" at the beginning; 0: none. */
static size_t number_len(struct str s, size_t digits_max)
{
    size_t digits = 0;
    while (digits < s.len && is_digit(s.ptr[digits]))
        digits++;
    if (digits == 0 || digits > digits_max) return 0;
    return digits + letter_len(str_sub(s, digits, s.len));
}

static struct str first_word(struct str s)
{
    size_t to = 0;
    while (to < s.len && !is_blank(s.ptr[to]) && s.ptr[to] != '.' && s.ptr[to] != ':')
        to++;
    return str_sub(s, 0, to);
}

static bool word_is(struct arena *arena, struct str word, const char *folded)
{
    return word.len > 0 && word.len <= WORD_BYTES_MAX &&
           str_eq(utf8_fold(arena, word), str_of(folded));
}

static size_t blanks_end(struct str line, size_t at)
{
    while (at < line.len && is_blank(line.ptr[at]))
        at++;
    return at;
}

/* Says that a heading may end here: at its mark or at the end of the line. */
static bool ends_mark(struct str rest)
{
    return rest.len == 0 || rest.ptr[0] == '.' || rest.ptr[0] == ':';
}

/* The number behind the word of a level: 5, 5a, IV, A; "thứ nhất" behind Phần. */
static struct str heading_number(struct arena *arena, enum clause_level level, struct str rest)
{
    struct str word = first_word(rest);
    size_t digits = number_len(word, 4);
    if (level == CLAUSE_ARTICLE) return digits == word.len ? word : (struct str){};
    if (level == CLAUSE_PART && word_is(arena, word, "thu")) {
        struct str after = str_sub(rest, word.len + 1, rest.len);
        size_t len = word.len + 1 + first_word(after).len;
        return len <= ORDINAL_BYTES_MAX ? str_trim(str_sub(rest, 0, len)) : (struct str){};
    }
    bool letter = word.len == 1 && word.ptr[0] >= 'A' && word.ptr[0] <= 'Z';
    bool good = (digits > 0 && digits == word.len) || is_roman(word) || letter;
    return good ? word : (struct str){};
}

/* Length of the words of a level at the beginning of the line; 0: it does not begin with them. */
static size_t words_len(struct arena *arena, const struct level_word *level, struct str line)
{
    struct str word = first_word(line);
    if (level->first == NULL || !word_is(arena, word, level->first)) return 0;
    if (level->second == NULL) return word.len;
    size_t at = blanks_end(line, word.len);
    struct str next = first_word(str_sub(line, at, line.len));
    return word_is(arena, next, level->second) ? at + next.len : 0;
}

static bool find_heading(struct arena *arena, struct str line, struct mark *ret_mark)
{
    for (size_t i = 0; i < ARRAY_LEN(WORDS_OF); i++) {
        size_t len = words_len(arena, &WORDS_OF[i], line);
        if (len == 0) continue;
        size_t at = blanks_end(line, len);
        struct str number = heading_number(arena, WORDS_OF[i].level, str_sub(line, at, line.len));
        struct str rest = str_sub(line, at + number.len, line.len);
        bool good = ends_mark(rest) && (number.len > 0 || WORDS_OF[i].level == CLAUSE_ANNEX);
        if (!good) continue;
        *ret_mark = (struct mark){WORDS_OF[i].level, number, line.len - rest.len};
        return true;
    }
    return false;
}

/* "2. ", "2a. ", "2) "; "đ) "; and outside of articles "IV. ". */
static bool find_number(const struct walk *walk, struct str line, struct mark *ret_mark)
{
    size_t digits = number_len(line, 3);
    size_t letter = digits == 0 ? letter_len(line) : 0;
    size_t len = digits > 0 ? digits : letter;
    char after = len < line.len ? line.ptr[len] : 0;
    bool spaced = len + 1 >= line.len || is_blank(line.ptr[len + 1]);
    if (digits > 0 && (after == '.' || after == ')') && spaced) {
        *ret_mark = (struct mark){CLAUSE_ITEM, str_sub(line, 0, len), len};
        return true;
    }
    while (letter > 0 && len < line.len && len < NUMBER_BYTES_MAX && is_digit(line.ptr[len]))
        len++;
    if (letter > 0 && len < line.len && line.ptr[len] == ')') {
        *ret_mark = (struct mark){CLAUSE_POINT, str_sub(line, 0, len), len};
        return true;
    }
    struct str roman = first_word(line);
    bool heading = walk->at[CLAUSE_ARTICLE].len == 0 && is_roman(roman) && roman.len < line.len &&
                   line.ptr[roman.len] == '.';
    if (heading) *ret_mark = (struct mark){CLAUSE_SECTION, roman, roman.len};
    return heading;
}

static struct str own_name(struct arena *arena, const struct mark *mark)
{
    const struct fail_arg args[] = {{"number", mark->number}};
    for (size_t i = 0; i < ARRAY_LEN(WORDS_OF); i++) {
        if (WORDS_OF[i].level != mark->level) continue;
        return str_trim(words_fill(arena, LANG_VI, str_of(WORDS_OF[i].key), args, ARRAY_LEN(args)));
    }
    ensure(false); /* all levels are above */
}

/* Small to large. Articles are numbered through, so an address ends with its article; in an annex
 * with the annex. */
static struct str address_of(struct walk *walk, enum clause_level level)
{
    struct sb sb = sb_new(walk->arena, 0);
    bool article = false;
    for (int i = (int)level; i >= (int)CLAUSE_ANNEX; i--) {
        bool above = article && i != CLAUSE_ANNEX;
        if (walk->at[i].len == 0 || above) continue;
        if (sb.len > 0) sb_char(&sb, ' ');
        sb_put(&sb, walk->at[i]);
        article = article || i == CLAUSE_ARTICLE;
    }
    return sb_str(&sb);
}

static void grow(struct walk *walk)
{
    if (walk->count < walk->cap) return;
    size_t cap = walk->cap == 0 ? 64 : walk->cap * 2;
    struct clause *rows = arena_array(walk->arena, cap, sizeof *rows);
    size_t *from = arena_array(walk->arena, cap, sizeof *from);
    for (size_t i = 0; i < walk->count; i++) {
        rows[i] = walk->rows[i];
        from[i] = walk->from[i];
    }
    walk->rows = rows;
    walk->from = from;
    walk->cap = cap;
}

static void begin(struct walk *walk, const struct mark *mark)
{
    grow(walk);
    struct clause clause = {.level = mark->level};
    if (mark->level != CLAUSE_OPENING) {
        for (size_t i = mark->level; i < CLAUSE_LEVELS; i++)
            walk->at[i] = (struct str){};
        clause.own = own_name(walk->arena, mark);
        walk->at[mark->level] = clause.own;
        clause.address = address_of(walk, mark->level);
    }
    walk->from[walk->count] = walk->text.len;
    walk->rows[walk->count++] = clause;
}

/* Adds a line to the clause that is open, words one blank apart. */
static void add_line(struct walk *walk, struct str line)
{
    bool first = walk->text.len == walk->from[walk->count - 1];
    bool gap = false;
    if (line.len == 0) return;
    if (!first) sb_char(&walk->text, '\n');
    for (size_t i = 0; i < line.len; i++) {
        if (is_blank(line.ptr[i])) {
            gap = true;
            continue;
        }
        if (gap) sb_char(&walk->text, ' ');
        gap = false;
        sb_char(&walk->text, line.ptr[i]);
    }
}

/* What stands behind the mark: "Điều 5. Phạm vi" gives "Phạm vi". */
static struct str behind(struct str line, size_t at)
{
    while (at < line.len && (is_blank(line.ptr[at]) || line.ptr[at] == '.' || line.ptr[at] == ':' ||
                             line.ptr[at] == ')')) {
        at++;
    }
    return str_trim(str_sub(line, at, line.len));
}

static void take_line(struct walk *walk, struct str line)
{
    struct mark mark = {};
    bool clause = line.len > 0 && walk->count < LIMIT_CLAUSES &&
                  (find_heading(walk->arena, line, &mark) || find_number(walk, line, &mark));
    if (clause) begin(walk, &mark);
    add_line(walk, clause ? behind(line, mark.text_at) : line);
}

struct clauses clause_split(struct arena *arena, struct str text)
{
    struct walk walk = {.arena = arena, .text = sb_new(arena, text.len + 1)};
    const struct mark opening = {.level = CLAUSE_OPENING};
    struct str rest = text;
    struct str line = {};
    bool more = true;
    begin(&walk, &opening);
    while (more) {
        more = str_cut(rest, '\n', &line, &rest);
        take_line(&walk, str_trim(line));
    }
    ensure(!walk.text.over);
    struct str all = sb_str(&walk.text);
    for (size_t i = 0; i < walk.count; i++) {
        size_t to = i + 1 < walk.count ? walk.from[i + 1] : all.len;
        walk.rows[i].text = str_sub(all, walk.from[i], to);
    }
    bool empty = walk.rows[0].text.len == 0;
    return (struct clauses){walk.rows + (empty ? 1 : 0), walk.count - (empty ? 1 : 0)};
}
