#include "core/outline.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/words.h"

enum {
    GAP_MAX = 5, /* numbers that a draft may skip by mistake */
    NUMBER_MAX = 2000,
    ROMAN_MAX = 100,
    MARK_BYTES = 16, /* of "12a", "XIV" */
};

/* The order of điểm: the Vietnamese alphabet without ă, â, ê, ô, ơ, ư. */
static const char *const LETTERS[] = {"a", "b", "c", "d", "đ", "e", "g", "h", "i", "k", "l", "m",
                                      "n", "o", "p", "q", "r", "s", "t", "u", "v", "x", "y"};

static const char PART[] = "phan";
static const char ANNEX[] = "phu-luc";

struct heading {
    const char *words; /* key of the words that begin the line, longest first */
    enum outline_level level;
    const char *path;
};

/* The words of a draft are Vietnamese whatever language the reader has. */
static const struct heading HEADINGS[] = {
    {"outline.part", OUTLINE_PART, PART},           {"outline.annex", OUTLINE_PART, ANNEX},
    {"outline.chapter", OUTLINE_CHAPTER, "chuong"}, {"outline.section", OUTLINE_SECTION, "muc"},
    {"outline.article", OUTLINE_ARTICLE, ""},
};

/* The number of a clause as it stands in the text, and its place among its neighbours: 100 for each
 * whole number, so that "5a" comes between 5 and 6. */
struct mark {
    struct str text;
    size_t rank;
};

enum { RANK_STEP = 100 };

struct splitter {
    struct arena *arena;
    struct str text;
    struct outline_part *clauses;
    size_t count;
    size_t max;
    size_t last[OUTLINE_POINT + 1];       /* rank of the last clause of each level; 0: none yet */
    struct str prefix[OUTLINE_POINT + 1]; /* path of the open clause of each level; empty: none */
    const char *part_word;               /* of the open part: phan or phu-luc */
    bool annexes;                        /* it is phu-luc */
    size_t run;                          /* how often the articles began with 1 */
    bool has_articles;                   /* the text goes by điều, so I. is no section */
    bool loose;                          /* a number stood below nothing: articles count apart */
    bool quoted;                         /* a quotation is open at the start of the line */
};

size_t outline_letter_rank(struct str letter)
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

/* Blanks at the start of a line, no-break spaces too. */
static size_t blanks(struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        bool plain = s.ptr[i] == ' ' || s.ptr[i] == '\t' || s.ptr[i] == '\f';
        bool hard = str_starts(str_sub(s, i, s.len), S("\xC2\xA0"));
        if (!plain && !hard) break;
        i += plain ? 1 : 2;
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
    size_t rank = outline_letter_rank(letter);
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

/* "a" or "đ" at the start of s. */
static bool letter_read(struct str s, struct mark *ret_mark)
{
    struct str letter = str_sub(s, 0, str_starts(s, S("đ")) ? 2 : 1);
    size_t rank = outline_letter_rank(letter);
    if (rank == 0) return false;
    *ret_mark = (struct mark){letter, rank * RANK_STEP};
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
    size_t at = 0;
    if (!form_find(words(LANG_VI, S("outline.ordinals")), s, &ret_mark->text, &at)) return false;
    ret_mark->rank = (at + 1) * RANK_STEP;
    return true;
}

/* What may follow a number: the sign, then a blank or the end of the line. Returns its length. */
static size_t sign_read(struct str rest, const char *signs)
{
    if (rest.len == 0) return 0;
    bool sign = str_find(str_of(signs), str_sub(rest, 0, 1), 0) < str_of(signs).len;
    struct str after = str_sub(rest, 1, rest.len);
    return sign && (after.len == 0 || blanks(after) > 0) ? 1 : 0;
}

/* ---- adding ---- */

static void open_below(struct splitter *s, enum outline_level level)
{
    for (size_t i = level + 1; i <= OUTLINE_POINT; i++) {
        bool through = i == OUTLINE_ARTICLE; /* articles are counted through all chapters */
        if (!through) s->last[i] = 0;
        s->prefix[i] = (struct str){};
    }
}

/* The open clause above a level, for its path; articles do not name their chapters. */
static struct str parent_path(const struct splitter *s, enum outline_level level)
{
    if (level == OUTLINE_ARTICLE) return (struct str){};
    for (size_t i = level; i > OUTLINE_FRONT + 1; i--) {
        if (s->prefix[i - 1].len > 0) return s->prefix[i - 1];
    }
    return (struct str){};
}

static struct str path_make(const struct splitter *s, enum outline_level level, const char *word,
                            struct str mark)
{
    struct str parent = parent_path(s, level);
    struct sb sb = sb_new(s->arena, 0);
    if (parent.len == 0 && s->run > 1) sb_printf(&sb, "%zu:", s->run);
    sb_put(&sb, parent);
    if (parent.len > 0) sb_char(&sb, '.');
    sb_put(&sb, str_of(word));
    if (word[0] != '\0') sb_char(&sb, '-');
    sb_put(&sb, mark);
    return sb_str(&sb);
}

static void clause_add(struct splitter *s, enum outline_level level, struct str path,
                       struct str title, size_t offset)
{
    title = str_trim(title);
    title.len = utf8_cut(title, OUTLINE_TITLE_BYTES);
    s->clauses[s->count++] =
        (struct outline_part){.level = level, .path = path, .title = title, .offset = offset};
}

/* Says that a number may follow the last one of its level. */
static bool follows(size_t last, size_t rank)
{
    return rank > last && rank <= last + GAP_MAX * RANK_STEP + RANK_STEP - 1;
}

/* ---- lines ---- */

struct line {
    struct str body; /* without leading blanks */
    size_t offset;   /* of the line in the text */
    size_t end;      /* of the line, before its \n */
};

/* The heading's own words, or the next line's when it stands alone: "Chương I", then its title. */
static struct str title_of(const struct splitter *s, const struct line *line, struct str rest)
{
    rest = str_trim(rest);
    if (rest.len > 0 || line->end >= s->text.len) return rest;
    struct str next = {};
    struct str below = {};
    (void)str_cut(str_sub(s->text, line->end + 1, s->text.len), '\n', &next, &below);
    return next;
}

/* Articles that begin with 1 again, or come after numbers of another kind, are a second document in
 * the same file. */
static void run_begin(struct splitter *s)
{
    s->run++;
    s->part_word = NULL;
    s->annexes = false;
    s->loose = false;
    for (size_t i = 0; i <= OUTLINE_POINT; i++) {
        s->last[i] = 0;
        s->prefix[i] = (struct str){};
    }
}

static void clause_open(struct splitter *s, enum outline_level level, struct str path, size_t rank)
{
    s->last[level] = rank;
    s->prefix[level] = path;
    open_below(s, level);
}

static bool heading_mark(struct splitter *s, enum outline_level level, struct str rest,
                         struct mark *ret_mark)
{
    if (level == OUTLINE_PART && ordinal_read(rest, ret_mark)) return true;
    if (arabic_read(rest, ret_mark)) return true;
    return level != OUTLINE_ARTICLE && roman_read(s->arena, rest, ret_mark);
}

/* "Điều 5. Tên", "Chương II", "Mục 1. ..." */
static bool heading_line(struct splitter *s, const struct line *line)
{
    const struct heading *h = NULL;
    struct str form = {};
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(HEADINGS) && h == NULL; i++) {
        struct str forms = words(LANG_VI, str_of(HEADINGS[i].words));
        if (form_find(forms, line->body, &form, &at)) h = &HEADINGS[i];
    }
    if (h == NULL) return false;
    struct str rest = str_sub(line->body, form.len, line->body.len);
    struct mark mark = {};
    if (blanks(rest) == 0) return false;
    rest = str_sub(rest, blanks(rest), rest.len);
    if (!heading_mark(s, h->level, rest, &mark)) return false;
    rest = str_sub(rest, mark.text.len, rest.len);
    size_t sign = sign_read(rest, ".:-");
    if (sign == 0 && str_trim(rest).len > 0) return false; /* "Điều 5 của Luật này ..." */
    bool article = h->level == OUTLINE_ARTICLE;
    size_t last = s->last[h->level];
    if (s->quoted && !(article && last > 0 && mark.rank / RANK_STEP == last / RANK_STEP + 1)) {
        return false;
    }
    bool again = mark.rank == RANK_STEP && last > RANK_STEP;
    if (article && (again || s->loose)) run_begin(s);
    bool annex = h->level == OUTLINE_PART && h->path != s->part_word;
    if (annex && s->annexes) return false; /* no part comes after the annexes */
    if (!follows(annex ? 0 : s->last[h->level], mark.rank)) return false;
    if (annex) s->part_word = h->path;
    if (annex) s->annexes = h->path == ANNEX;
    if (article) s->has_articles = true;
    if (h->level == OUTLINE_PART) s->has_articles = false; /* what follows may be a plain paper */
    struct str path = path_make(s, h->level, h->path, mark.text);
    clause_add(s, h->level, path, title_of(s, line, str_sub(rest, sign, rest.len)), line->offset);
    clause_open(s, h->level, path, mark.rank);
    s->quoted = false;
    return true;
}

static bool item_open(struct splitter *s, const struct line *line, enum outline_level level,
                      const struct mark *mark)
{
    struct str rest = str_sub(line->body, mark->text.len, line->body.len);
    size_t sign = sign_read(rest, level == OUTLINE_POINT ? ")." : "./)");
    if (sign == 0 || !follows(s->last[level], mark->rank)) return false;
    if (parent_path(s, level).len == 0) s->loose = true;
    struct str path = path_make(s, level, "", mark->text);
    clause_add(s, level, path, str_sub(rest, sign, rest.len), line->offset);
    clause_open(s, level, path, mark->rank);
    return true;
}

/* "1. ...", "a) ...", "I. ..." */
static bool item_line(struct splitter *s, const struct line *line)
{
    struct mark mark = {};
    if (s->quoted) return false;
    if (arabic_read(line->body, &mark)) return item_open(s, line, OUTLINE_CLAUSE, &mark);
    if (letter_read(line->body, &mark)) return item_open(s, line, OUTLINE_POINT, &mark);
    if (s->has_articles) return false;
    if (roman_read(s->arena, line->body, &mark) && item_open(s, line, OUTLINE_SECTION, &mark)) {
        return true;
    }
    return capital_read(line->body, &mark) && s->prefix[OUTLINE_SECTION].len == 0 &&
           item_open(s, line, OUTLINE_CHAPTER, &mark);
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
    struct line at = {str_sub(line, skip, line.len), offset, offset + line.len};
    bool room = s->count + 1 < s->max;
    bool opened = at.body.len > 0 && room && (heading_line(s, &at) || item_line(s, &at));
    if (!opened && s->count == 0 && at.body.len > 0) {
        clause_add(s, OUTLINE_FRONT, (struct str){}, at.body, 0);
    }
    s->quoted = quote_after(s->quoted, line);
}

void outline_split(struct arena *arena, struct str text, struct outline_part **ret_clauses,
                  size_t *ret_count)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n' ? 1 : 0;
    struct splitter s = {.arena = arena, .text = text, .run = 1, .max = lines + 2};
    if (s.max > LIMIT_OUTLINE) s.max = LIMIT_OUTLINE;
    s.clauses = arena_array(arena, s.max, sizeof *s.clauses);
    for (size_t at = 0; at < text.len;) {
        size_t end = str_find(text, S("\n"), at);
        line_take(&s, at, str_sub(text, at, end));
        at = end + 1;
    }
    if (s.count > 0) s.clauses[0].offset = 0;
    for (size_t i = 0; i < s.count; i++) {
        size_t end = i + 1 < s.count ? s.clauses[i + 1].offset : text.len;
        ensure(end > s.clauses[i].offset);
        s.clauses[i].length = end - s.clauses[i].offset;
    }
    *ret_clauses = s.clauses;
    *ret_count = s.count;
}
