#include "base/clause.h"

#include "base/base.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/words.h"

enum {
    GAP_MAX = 5, /* numbers that a draft may skip by mistake */
    NUMBER_MAX = 2000,
    ROMAN_MAX = 100,
    MARK_BYTES = 16,  /* of "12a", "XIV" */
    POINT_DIGITS = 2, /* of "a12" */
    ORDINALS = 10,    /* first as in a sentence, then in capitals */
    RANK_STEP = 100,  /* between whole numbers, so that "5a" comes between 5 and 6 */
};

/* The order of điểm: the Vietnamese alphabet without ă, â, ê, ô, ơ, ư. */
static const char *const LETTERS[] = {"a", "b", "c", "d", "đ", "e", "g", "h", "i", "k", "l", "m",
                                      "n", "o", "p", "q", "r", "s", "t", "u", "v", "x", "y"};

struct heading {
    const char *words; /* key of the words that begin the line, longest first */
    enum clause_level level;
    const char *path;
};

/* The words of a draft are Vietnamese whatever language the reader has. */
static const struct heading HEADINGS[] = {
    {"clause.words.part", CLAUSE_PART, "phan"},
    {"clause.words.annex", CLAUSE_ANNEX, "phu-luc"},
    {"clause.words.chapter", CLAUSE_CHAPTER, "chuong"},
    {"clause.words.section", CLAUSE_SECTION, "muc"},
    {"clause.words.article", CLAUSE_ARTICLE, ""},
};

/* How an address names each level. */
static const char *const NAMES[CLAUSE_LEVELS] = {
    [CLAUSE_ANNEX] = "clause.annex",     [CLAUSE_PART] = "clause.part",
    [CLAUSE_CHAPTER] = "clause.chapter", [CLAUSE_SECTION] = "clause.section",
    [CLAUSE_ARTICLE] = "clause.article", [CLAUSE_ITEM] = "clause.item",
    [CLAUSE_POINT] = "clause.point",
};

/* The number of a clause as it stands in the text, and its place among its neighbours. */
struct mark {
    struct str text;
    size_t rank;
};

struct splitter {
    struct arena *arena;
    struct str text;
    struct sb words; /* of all clauses, one after the other */
    struct clause *clauses;
    size_t *from; /* where the words of each begin */
    size_t count;
    size_t max;
    size_t last[CLAUSE_LEVELS];       /* rank of the last clause of each level; 0: none yet */
    struct str prefix[CLAUSE_LEVELS]; /* path of the open clause of each level; empty: none */
    struct str at[CLAUSE_LEVELS];     /* own names of them */
    bool annexes;                     /* an annex has begun */
    size_t run;                       /* how often the articles began with 1 */
    bool has_articles;                /* the text goes by điều, so I. is no section */
    bool loose;                       /* a number stood below nothing: articles count apart */
    bool quoted;                      /* a quotation is open at the start of the line */
};

struct line {
    struct str body; /* without leading blanks */
    size_t offset;   /* of the line in the text */
};

/* A clause that begins. */
struct opening {
    enum clause_level level;
    const char *word; /* of its path, may be empty */
    const char *name; /* key of its own name */
    struct mark mark;
    struct str number; /* in its own name */
    struct str rest;   /* of the line */
};

size_t clause_letter_rank(struct str letter)
{
    for (size_t i = 0; i < ARRAY_LEN(LETTERS); i++) {
        if (str_eq(letter, str_of(LETTERS[i]))) return i + 1;
    }
    return 0;
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

/* Length of the blank at the start of s, a no-break space too; 0: there is none. */
static size_t blank_len(struct str s)
{
    if (s.len == 0) return 0;
    if (str_starts(s, S("\xC2\xA0"))) return 2;
    return s.ptr[0] == ' ' || s.ptr[0] == '\t' || s.ptr[0] == '\r' || s.ptr[0] == '\f' ? 1 : 0;
}

static size_t blanks(struct str s)
{
    size_t i = 0;
    size_t len = blank_len(s);
    while (len > 0) {
        i += len;
        len = blank_len(str_sub(s, i, s.len));
    }
    return i;
}

/* "12" or "12a" at the start of s. */
static bool arabic_read(struct str s, struct mark *ret_mark)
{
    size_t digits = 0;
    int64_t number = 0;
    while (digits < s.len && is_digit(s.ptr[digits]))
        digits++;
    if (!parse_int(str_sub(s, 0, digits), 1, NUMBER_MAX, &number)) return false;
    size_t letter_bytes = str_starts(str_sub(s, digits, s.len), S("đ")) ? 2 : 1;
    struct str letter = str_sub(s, digits, digits + letter_bytes);
    size_t rank = clause_letter_rank(letter);
    ret_mark->text = str_sub(s, 0, digits + (rank > 0 ? letter_bytes : 0));
    ret_mark->rank = (size_t)number * RANK_STEP + rank;
    return true;
}

static size_t roman_digit(char ch)
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

/* Writes a number the one way it is written. */
static struct str roman_write(struct arena *arena, size_t number)
{
    static const struct {
        size_t value;
        const char *text;
    } PARTS[] = {{100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"},
                 {9, "IX"},  {5, "V"},   {4, "IV"}, {1, "I"}};
    struct sb sb = sb_new(arena, MARK_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(PARTS); i++) {
        while (number >= PARTS[i].value) {
            sb_put(&sb, str_of(PARTS[i].text));
            number -= PARTS[i].value;
        }
    }
    return sb_str(&sb);
}

static bool roman_read(struct arena *arena, struct str s, struct mark *ret_mark)
{
    size_t len = 0;
    size_t number = 0;
    while (len < s.len && len < MARK_BYTES && roman_digit(s.ptr[len]) > 0)
        len++;
    for (size_t i = 0; i < len; i++) {
        size_t digit = roman_digit(s.ptr[i]);
        size_t next = i + 1 < len ? roman_digit(s.ptr[i + 1]) : 0;
        number = digit < next ? number - digit : number + digit;
    }
    struct str text = str_sub(s, 0, len);
    bool sound = len > 0 && number > 0 && number <= ROMAN_MAX;
    if (!sound || !str_eq(roman_write(arena, number), text)) return false;
    *ret_mark = (struct mark){text, number * RANK_STEP};
    return true;
}

/* "a", "đ" or "a1" at the start of s. */
static bool letter_read(struct str s, struct mark *ret_mark)
{
    size_t len = str_starts(s, S("đ")) ? S("đ").len : 1;
    size_t rank = clause_letter_rank(str_sub(s, 0, len)) * RANK_STEP;
    size_t end = len;
    int64_t number = 0;
    if (rank == 0) return false;
    while (end < s.len && end < len + POINT_DIGITS && is_digit(s.ptr[end]))
        end++;
    bool numbered = parse_int(str_sub(s, len, end), 1, RANK_STEP - 1, &number);
    if (end > len && !numbered) return false;
    *ret_mark = (struct mark){str_sub(s, 0, end), rank + (size_t)number};
    return true;
}

/* "A" to "H": sections of a plain paper. */
static bool capital_read(struct str s, struct mark *ret_mark)
{
    if (s.len == 0 || s.ptr[0] < 'A' || s.ptr[0] > 'H') return false;
    *ret_mark = (struct mark){str_sub(s, 0, 1), (size_t)(s.ptr[0] - 'A' + 1) * RANK_STEP};
    return true;
}

/* The first of the forms, separated by '|', that the text begins with; `ret_at` counts them. */
static bool form_find(struct str forms, struct str text, struct str *ret_form, size_t *ret_at)
{
    for (size_t i = 0; forms.len > 0; i++) {
        struct str form = {};
        (void)str_cut(forms, '|', &form, &forms);
        if (!str_starts(text, form)) continue;
        *ret_form = form;
        *ret_at = i;
        return true;
    }
    return false;
}

/* Parts are numbered in words. */
static bool ordinal_read(struct str s, struct mark *ret_mark)
{
    struct str ordinals = words(LANG_VI, S("clause.words.ordinals"));
    size_t at = 0;
    if (!form_find(ordinals, s, &ret_mark->text, &at)) return false;
    ret_mark->rank = (at % ORDINALS + 1) * RANK_STEP;
    return true;
}

/* What may follow a number: the sign, then a blank or the end of the line. Returns its length. */
static size_t sign_read(struct str rest, const char *signs)
{
    if (rest.len == 0) return 0;
    bool sign = str_find(str_of(signs), str_sub(rest, 0, 1), 0) < str_of(signs).len;
    struct str after = str_sub(rest, 1, rest.len);
    return sign && (after.len == 0 || blank_len(after) > 0) ? 1 : 0;
}

/* Behind a heading the blank may be missing: "Điều 5.Phạm vi". */
static size_t heading_sign(struct str rest)
{
    size_t sign = sign_read(rest, ".:-");
    if (sign > 0 || rest.len < 2 || is_digit(rest.ptr[1])) return sign;
    return rest.ptr[0] == '.' || rest.ptr[0] == ':' ? 1 : 0;
}

/* ---- adding ---- */

/* Adds a line to the words of the clause that is open, one blank between two words. */
static void line_add(struct splitter *s, struct str line)
{
    bool first = s->words.len == s->from[s->count - 1];
    bool gap = false;
    line = str_sub(line, blanks(line), line.len);
    if (line.len > 0 && !first) sb_char(&s->words, '\n');
    for (size_t i = 0; i < line.len;) {
        size_t blank = blank_len(str_sub(line, i, line.len));
        if (blank == 0) {
            if (gap) sb_char(&s->words, ' ');
            sb_char(&s->words, line.ptr[i]);
        }
        gap = blank > 0;
        i += blank > 0 ? blank : 1;
    }
}

/* The open clause above a level, for its path; articles do not name their chapters. */
static struct str parent_path(const struct splitter *s, enum clause_level level)
{
    if (level == CLAUSE_ARTICLE) return (struct str){};
    for (size_t i = level; i > CLAUSE_OPENING + 1; i--) {
        if (s->prefix[i - 1].len > 0) return s->prefix[i - 1];
    }
    return (struct str){};
}

static struct str path_make(const struct splitter *s, const struct opening *at)
{
    struct str parent = parent_path(s, at->level);
    struct str word = str_of(at->word);
    struct sb sb = sb_new(s->arena, 0);
    if (parent.len == 0 && s->run > 1) sb_printf(&sb, "%zu:", s->run);
    sb_put(&sb, parent);
    if (parent.len > 0) sb_char(&sb, '.');
    sb_put(&sb, word);
    if (word.len > 0 && at->mark.text.len > 0) sb_char(&sb, '-');
    sb_put(&sb, at->mark.text);
    return sb_str(&sb);
}

/* Small to large. Articles are numbered through, so an address ends with its article; in an annex
 * with the annex. */
static struct str address_make(const struct splitter *s, enum clause_level level)
{
    struct sb sb = sb_new(s->arena, 0);
    bool article = false;
    for (size_t i = level; i >= CLAUSE_ANNEX; i--) {
        bool above = article && i != CLAUSE_ANNEX;
        if (s->at[i].len == 0 || above) continue;
        if (sb.len > 0) sb_char(&sb, ' ');
        sb_put(&sb, s->at[i]);
        article = article || i == CLAUSE_ARTICLE;
    }
    return sb_str(&sb);
}

static struct clause *clause_add(struct splitter *s, enum clause_level level, size_t offset)
{
    struct clause *clause = &s->clauses[s->count];
    *clause = (struct clause){.level = level, .offset = offset};
    s->from[s->count++] = s->words.len;
    return clause;
}

static void clause_open(struct splitter *s, const struct opening *at, size_t offset)
{
    const struct fail_arg args[] = {{"number", at->number}};
    struct clause *clause = clause_add(s, at->level, offset);
    clause->path = path_make(s, at);
    clause->own = str_trim(words_fill(s->arena, LANG_VI, str_of(at->name), args, ARRAY_LEN(args)));
    s->last[at->level] = at->mark.rank;
    for (size_t i = at->level + 1; i < CLAUSE_LEVELS; i++) {
        bool through = i == CLAUSE_ARTICLE; /* articles are counted through all chapters */
        if (!through) s->last[i] = 0;
        s->prefix[i] = s->at[i] = (struct str){};
    }
    s->prefix[at->level] = clause->path;
    s->at[at->level] = clause->own;
    clause->address = address_make(s, at->level);
    line_add(s, at->rest);
}

/* Says that a number may follow the last one of its level. An excerpt begins with any article. */
static bool follows(const struct splitter *s, enum clause_level level, size_t rank)
{
    size_t last = s->last[level];
    bool first = level == CLAUSE_ARTICLE && last == 0;
    return first || (rank > last && rank <= last + GAP_MAX * RANK_STEP + RANK_STEP - 1);
}

/* ---- lines ---- */

/* Articles that begin with 1 again, or come after numbers of another kind, are a second document in
 * the same file. */
static void run_begin(struct splitter *s)
{
    s->run++;
    s->annexes = false;
    s->loose = false;
    for (size_t i = 0; i < CLAUSE_LEVELS; i++) {
        s->last[i] = 0;
        s->prefix[i] = (struct str){};
    }
}

/* An annex may have no number; then it comes after the one before. */
static void annex_count(const struct splitter *s, struct opening *at)
{
    size_t before = s->last[CLAUSE_ANNEX] / RANK_STEP;
    at->mark.rank = (before + 1) * RANK_STEP;
    if (before > 0) at->mark.text = str_format(s->arena, "%zu", before + 1);
}

/* The number behind the words of a heading, and what follows it. */
static bool heading_number(struct splitter *s, struct str form, struct str body, struct opening *at)
{
    struct str rest = str_sub(body, form.len, body.len);
    size_t gap = blanks(rest);
    struct str number = str_sub(rest, gap, rest.len);
    bool found =
        gap > 0 && ((at->level == CLAUSE_PART && ordinal_read(number, &at->mark)) ||
                    arabic_read(number, &at->mark) ||
                    (at->level != CLAUSE_ARTICLE && roman_read(s->arena, number, &at->mark)));
    if (!found && at->level != CLAUSE_ANNEX) return false;
    if (!found) annex_count(s, at);
    size_t from = form.len + gap;
    size_t end = found ? from + at->mark.text.len : form.len;
    /* "Phần thứ nhất" is named by both words */
    if (at->level == CLAUSE_PART && str_find(form, S(" "), 0) < form.len) {
        from = str_find(form, S(" "), 0) + 1;
    }
    at->number = str_sub(body, found ? from : end, end);
    at->rest = str_sub(body, end, body.len);
    size_t sign = heading_sign(at->rest);
    bool ended = sign > 0 || blanks(at->rest) == at->rest.len; /* "Điều 5 của Luật này ..." */
    at->rest = str_sub(at->rest, sign, at->rest.len);
    return ended;
}

/* "Điều 5. Tên", "Chương II", "Mục 1. ..." */
static bool heading_line(struct splitter *s, const struct line *line)
{
    struct opening at = {};
    struct str form = {};
    size_t which = 0;
    for (size_t i = 0; i < ARRAY_LEN(HEADINGS) && at.name == NULL; i++) {
        const struct heading *h = &HEADINGS[i];
        if (!form_find(words(LANG_VI, str_of(h->words)), line->body, &form, &which)) continue;
        at = (struct opening){.level = h->level, .word = h->path, .name = NAMES[h->level]};
    }
    if (at.name == NULL || !heading_number(s, form, line->body, &at)) return false;
    bool article = at.level == CLAUSE_ARTICLE;
    size_t last = s->last[at.level];
    bool next = article && last > 0 && at.mark.rank / RANK_STEP == last / RANK_STEP + 1;
    if (s->quoted && !next) return false;
    bool again = at.mark.rank == RANK_STEP && last > RANK_STEP;
    if (article && (again || s->loose)) run_begin(s);
    if (at.level == CLAUSE_PART && s->annexes) return false; /* no part comes after the annexes */
    if (!follows(s, at.level, at.mark.rank)) return false;
    if (at.level == CLAUSE_ANNEX) s->annexes = true;
    if (article) s->has_articles = true;
    if (at.level <= CLAUSE_PART) s->has_articles = false; /* what follows may be a plain paper */
    clause_open(s, &at, line->offset);
    s->quoted = false;
    return true;
}

static bool item_open(struct splitter *s, const struct line *line, enum clause_level level,
                      const struct mark *mark)
{
    struct str rest = str_sub(line->body, mark->text.len, line->body.len);
    size_t sign = sign_read(rest, level == CLAUSE_POINT ? ")." : "./)");
    if (sign == 0 || !follows(s, level, mark->rank)) return false;
    if (parent_path(s, level).len == 0) s->loose = true;
    const struct opening at = {
        .level = level,
        .word = "",
        .name = NAMES[level == CLAUSE_CHAPTER ? CLAUSE_SECTION : level], /* "A." is no chapter */
        .mark = *mark,
        .number = mark->text,
        .rest = str_sub(rest, sign, rest.len),
    };
    clause_open(s, &at, line->offset);
    return true;
}

/* "1. ...", "a) ...", "I. ..." */
static bool item_line(struct splitter *s, const struct line *line)
{
    struct mark mark = {};
    if (s->quoted) return false;
    if (arabic_read(line->body, &mark)) return item_open(s, line, CLAUSE_ITEM, &mark);
    if (letter_read(line->body, &mark)) return item_open(s, line, CLAUSE_POINT, &mark);
    if (s->has_articles) return false;
    if (roman_read(s->arena, line->body, &mark) && item_open(s, line, CLAUSE_SECTION, &mark)) {
        return true;
    }
    return capital_read(line->body, &mark) && s->prefix[CLAUSE_SECTION].len == 0 &&
           item_open(s, line, CLAUSE_CHAPTER, &mark);
}

/* Whether a quotation is still open after the line. */
static bool quote_after(bool quoted, struct str line)
{
    for (size_t i = 0; i + 3 <= line.len; i++) {
        struct str sign = str_sub(line, i, i + 3);
        if (str_eq(sign, S("“"))) quoted = true;
        if (str_eq(sign, S("”"))) quoted = false;
    }
    return quoted;
}

static void line_take(struct splitter *s, size_t offset, struct str line)
{
    size_t skip = blanks(line);
    struct line at = {str_sub(line, skip, line.len), offset};
    bool room = s->count < s->max;
    bool opened = at.body.len > 0 && room && (heading_line(s, &at) || item_line(s, &at));
    if (!opened && s->count == 0 && at.body.len > 0) (void)clause_add(s, CLAUSE_OPENING, 0);
    if (!opened && s->count > 0) line_add(s, at.body);
    s->quoted = quote_after(s->quoted, line);
}

struct clauses clause_split(struct arena *arena, struct str text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n' ? 1 : 0;
    struct splitter s = {
        .arena = arena, .text = text, .words = sb_new(arena, text.len + 1), .run = 1};
    s.max = lines < LIMIT_CLAUSES ? lines : LIMIT_CLAUSES;
    s.clauses = arena_array(arena, s.max, sizeof *s.clauses);
    s.from = arena_array(arena, s.max, sizeof *s.from);
    for (size_t at = 0; at < text.len;) {
        size_t end = str_find(text, S("\n"), at);
        line_take(&s, at, str_sub(text, at, end));
        at = end + 1;
    }
    ensure(!s.words.over);
    struct str all = sb_str(&s.words);
    if (s.count > 0) s.clauses[0].offset = 0;
    for (size_t i = 0; i < s.count; i++) {
        bool last = i + 1 == s.count;
        size_t end = last ? text.len : s.clauses[i + 1].offset;
        ensure(end > s.clauses[i].offset);
        s.clauses[i].length = end - s.clauses[i].offset;
        s.clauses[i].text = str_sub(all, s.from[i], last ? all.len : s.from[i + 1]);
    }
    return (struct clauses){s.clauses, s.count};
}
