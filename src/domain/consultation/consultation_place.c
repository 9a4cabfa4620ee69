#include "consultation_place.h"

enum { INDEX_MAX = 1000 * 1000 };

/* Where a clause stands in the returned text. */
struct extent {
    bool found;
    size_t from;
    size_t to; /* end of its last paragraph */
};

struct placing {
    struct arena *arena;
    const struct clauses *clauses;
    struct str sent;
    struct str text;
    const struct parse_notes *notes;
    struct extent *extents; /* one for each clause */
    size_t *order;          /* those that were found, as they follow in the text */
    size_t found;
    struct place_finding **changes; /* of each clause, then of the gap behind each, NULL: none */
    struct place_findings findings;
};

struct str place_mark(struct arena *arena, size_t index, struct str hash)
{
    ensure(hash.len >= PLACE_HASH_BYTES);
    return str_format(arena, PARSE_MARK_PREFIX "%zu_%.*s", index + 1, PLACE_HASH_BYTES, hash.ptr);
}

/* ---- the clauses of the returned text ---- */

/* The index in the name of a bookmark; false when it is not one of this text. */
static bool mark_read(const struct placing *p, struct str name, struct str hash, size_t *ret_index)
{
    struct str number = {};
    struct str rest = {};
    int64_t index = 0;
    struct str tail = str_sub(name, sizeof PARSE_MARK_PREFIX - 1, name.len);
    bool ours = str_cut(tail, '_', &number, &rest) && parse_int(number, 1, INDEX_MAX, &index) &&
                str_starts(rest, str_sub(hash, 0, PLACE_HASH_BYTES)) &&
                (size_t)index <= p->clauses->count;
    if (ours) *ret_index = (size_t)index - 1;
    return ours;
}

static void extents_find(struct placing *p, struct str hash)
{
    for (size_t i = 0; i < p->notes->count; i++) {
        const struct parse_note *note = &p->notes->rows[i];
        size_t index = 0;
        if (note->kind != PARSE_MARK) continue;
        p->findings.marked = true;
        if (!mark_read(p, note->text, hash, &index)) continue;
        size_t end = str_find(p->text, S("\n"), note->to);
        bool goes_on = p->found > 0 && p->order[p->found - 1] == index;
        if (goes_on && end > p->extents[index].to) p->extents[index].to = end;
        if (p->extents[index].found) continue;
        p->extents[index] = (struct extent){true, note->from, end};
        p->order[p->found++] = index;
    }
    p->findings.fits = p->found > 0;
    for (size_t i = 0; i + 1 < p->found; i++) { /* none reaches into the next */
        struct extent *extent = &p->extents[p->order[i]];
        size_t next = p->extents[p->order[i + 1]].from;
        if (extent->to > next) extent->to = next;
    }
}

/* The clause that begins last at or before a place; false: none does. */
static bool extent_before(const struct placing *p, size_t at, size_t *ret_index)
{
    size_t low = 0;
    size_t high = p->found;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->extents[p->order[middle]].from <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0) *ret_index = p->order[low - 1];
    return low > 0;
}

/* ---- findings ---- */

static struct place_finding *finding_add(struct placing *p, enum place_kind kind)
{
    struct place_finding *finding = &p->findings.rows[p->findings.count++];
    *finding = (struct place_finding){.kind = kind};
    return finding;
}

/* Says where a note is: wholly in a clause, or only behind one. */
static void locate(const struct placing *p, const struct parse_note *note, bool *ret_placed,
                   const struct clause **ret_clause, size_t *ret_index)
{
    size_t index = 0;
    bool behind = extent_before(p, note->from, &index);
    *ret_placed = behind && note->to <= p->extents[index].to;
    *ret_clause = behind ? &p->clauses->rows[index] : NULL;
    *ret_index = index;
}

static void comment_take(struct placing *p, const struct parse_note *note)
{
    size_t index = 0;
    struct place_finding *finding = finding_add(p, PLACE_COMMENT);
    locate(p, note, &finding->placed, &finding->clause, &index);
    finding->author = note->author;
    finding->text = note->text;
    finding->quote = str_trim(str_sub(p->text, note->from, note->to));
}

/* One line more. */
static void line_add(struct placing *p, struct str *lines, struct str line)
{
    line = str_trim(line);
    if (line.len == 0) return;
    *lines =
        lines->len == 0 ? line : str_format(p->arena, "%.*s\n%.*s", STR_ARG(*lines), STR_ARG(line));
}

static void change_take(struct placing *p, const struct parse_note *note)
{
    bool placed = false;
    const struct clause *clause = NULL;
    size_t index = 0;
    locate(p, note, &placed, &clause, &index);
    size_t gap = clause == NULL ? 2 * p->clauses->count : p->clauses->count + index;
    struct place_finding **slot = &p->changes[placed ? index : gap];
    if (*slot == NULL) {
        *slot = finding_add(p, PLACE_CHANGE);
        (*slot)->placed = placed;
        (*slot)->clause = clause;
        (*slot)->author = note->author;
    }
    if (note->kind == PARSE_DELETED) line_add(p, &(*slot)->removed, note->text);
    if (note->kind == PARSE_INSERTED) {
        line_add(p, &(*slot)->added, str_sub(p->text, note->from, note->to));
    }
    if (!placed) return;
    (*slot)->wording = str_trim(str_sub(p->text, p->extents[index].from, p->extents[index].to));
}

/* ---- what nobody tracked ---- */

static bool is_blank(char ch)
{
    return ch == ' ' || ch == '\n' || ch == '\t' || ch == '\f' || ch == '\r';
}

static void letters_put(struct sb *sb, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_blank(text.ptr[i])) sb_char(sb, text.ptr[i]);
    }
}

/* The letters of a stretch as they were before its tracked changes. */
static struct str letters_before(const struct placing *p, size_t from, size_t to, size_t *next)
{
    struct sb sb = sb_new(p->arena, 0);
    size_t at = from;
    while (*next < p->notes->count && p->notes->rows[*next].from < from)
        (*next)++;
    for (; *next < p->notes->count && p->notes->rows[*next].from <= to; (*next)++) {
        const struct parse_note *note = &p->notes->rows[*next];
        if (note->kind != PARSE_DELETED && note->kind != PARSE_INSERTED) continue;
        if (note->from > at) letters_put(&sb, str_sub(p->text, at, note->from));
        if (note->from > at) at = note->from;
        if (note->kind == PARSE_DELETED) letters_put(&sb, note->text);
        if (note->kind == PARSE_INSERTED && note->to > at) at = note->to;
    }
    letters_put(&sb, str_sub(p->text, at < to ? at : to, to));
    return sb_str(&sb);
}

static void untracked_find(struct placing *p)
{
    size_t next = 0;
    for (size_t i = 0; i < p->found; i++) {
        const struct extent *extent = &p->extents[p->order[i]];
        const struct clause *clause = &p->clauses->rows[p->order[i]];
        struct sb was = sb_new(p->arena, 0);
        letters_put(&was, str_sub(p->sent, clause->offset, clause->offset + clause->length));
        struct str before = letters_before(p, extent->from, extent->to, &next);
        if (str_eq(sb_str(&was), before)) continue;
        struct place_finding *finding = finding_add(p, PLACE_UNTRACKED);
        finding->clause = clause;
        finding->wording = str_trim(str_sub(p->text, extent->from, extent->to));
    }
}

static void lost_find(struct placing *p)
{
    for (size_t i = 0; i < p->clauses->count; i++) {
        if (!p->extents[i].found) finding_add(p, PLACE_LOST)->clause = &p->clauses->rows[i];
    }
}

struct place_findings place_read(struct arena *arena, const struct clauses *clauses,
                                 struct str sent, struct str hash, struct str text,
                                 const struct parse_notes *notes)
{
    struct placing p = {
        .arena = arena, .clauses = clauses, .sent = sent, .text = text, .notes = notes};
    size_t count = clauses->count;
    p.extents = arena_array(arena, count + 1, sizeof *p.extents);
    p.order = arena_array(arena, count + 1, sizeof *p.order);
    p.changes = arena_array(arena, 2 * count + 1, sizeof(struct place_finding *));
    p.findings.rows = arena_array(arena, notes->count + 2 * count + 1, sizeof *p.findings.rows);
    extents_find(&p, hash);
    for (size_t i = 0; p.findings.fits && i < notes->count; i++) {
        const struct parse_note *note = &notes->rows[i];
        if (note->kind == PARSE_COMMENT) comment_take(&p, note);
        if (note->kind == PARSE_DELETED || note->kind == PARSE_INSERTED) change_take(&p, note);
    }
    if (p.findings.fits) untracked_find(&p);
    if (p.findings.fits) lost_find(&p);
    ensure(p.findings.count <= notes->count + 2 * count);
    return p.findings;
}
