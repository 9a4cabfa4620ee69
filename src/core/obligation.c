#include "core/obligation.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/obligation_sql.h"
#include "core/office.h"

enum {
    COLUMN_ABOUT = 1,
    COLUMN_WHAT,
    COLUMN_KEY,
    COLUMN_OWNER,
    COLUMN_CREDITOR,
    COLUMN_DUE,
    COLUMN_WHY,
    COLUMN_TITLE,
    COLUMN_URGENT,
    COLUMN_KIND,
    COLUMN_FIRST_DUE,
    COLUMN_PAUSED
};

/* Names already asked for: a page has many rows and few parties. */
enum { NAMES_MAX = 16 };
struct names {
    struct str party[NAMES_MAX];
    struct str name[NAMES_MAX];
    size_t count;
};

static struct str name_once(struct call *c, struct names *names, struct str party)
{
    if (party.len == 0) return party;
    for (size_t i = 0; i < names->count; i++) {
        if (str_eq(names->party[i], party)) return names->name[i];
    }
    struct str name = party_name(c, party);
    if (names->count < NAMES_MAX) {
        names->party[names->count] = party;
        names->name[names->count++] = name;
    }
    return name;
}

/* "dời từ 12/02/2026 sang 16/02/2026": both dates, for as long as it is owed. */
static struct str moved_text(struct call *c, int64_t first_ms, int64_t due_ms)
{
    struct fail_arg args[] = {
        {"from", time_format_day_vn(c->arena, time_hanoi_day(first_ms))},
        {"to", due_ms == 0 ? words(c->lang, S("due.none"))
                           : time_format_day_vn(c->arena, time_hanoi_day(due_ms))},
    };
    return words_fill(c->arena, c->lang, S("due.moved"), args, ARRAY_LEN(args));
}

static void obligation_due(struct call *c, struct node *row, const struct rows *rows, size_t i,
                           int64_t due_ms)
{
    int64_t paused_day = rows_int(rows, i, COLUMN_PAUSED);
    int64_t first_ms = rows_int(rows, i, COLUMN_FIRST_DUE);
    struct str why = rows_text(rows, i, COLUMN_WHY);
    if (paused_day > 0) {
        (void)view_due_paused(c, row, "due", paused_day, why);
        return;
    }
    (void)view_due(c, row, "due", due_ms, why, false);
    bool moved = first_ms != OBLIGATION_UNDATED_MS && first_ms != due_ms;
    if (moved) node_text(c, row, "moved", moved_text(c, first_ms, due_ms));
}

static void obligation_row(struct call *c, struct node *list, struct names *names,
                           const struct rows *rows, size_t i)
{
    struct node *row = node_add_map(c, list);
    int64_t stored_ms = rows_int(rows, i, COLUMN_DUE);
    int64_t due_ms = stored_ms == OBLIGATION_UNDATED_MS ? 0 : stored_ms;
    struct str about = rows_text(rows, i, COLUMN_ABOUT);
    struct str what = rows_text(rows, i, COLUMN_WHAT);
    node_text(c, row, "about", about);
    struct head head = {.record = about, .kind = rows_text(rows, i, COLUMN_KIND)};
    node_text(c, row, "href", record_link(c, &head));
    node_text(c, row, "what", what);
    node_text(c, row, "act",
              words(c->lang, str_format(c->arena, "obligation.%.*s", STR_ARG(what))));
    node_text(c, row, "title", rows_text(rows, i, COLUMN_TITLE));
    node_text(c, row, "owner", name_once(c, names, rows_text(rows, i, COLUMN_OWNER)));
    node_text(c, row, "creditor", name_once(c, names, rows_text(rows, i, COLUMN_CREDITOR)));
    node_int(c, row, "urgent", rows_int(rows, i, COLUMN_URGENT));
    node_bool(c, row, "late", due_ms > 0 && due_ms < c->now_ms);
    obligation_due(c, row, rows, i, due_ms);
}

/* Earlier due first, no date last; then in the order they came. */
static bool comes_before(const struct rows *a, size_t i, const struct rows *b, size_t k)
{
    int64_t due_a = rows_int(a, i, COLUMN_DUE);
    int64_t due_b = rows_int(b, k, COLUMN_DUE);
    if (due_a != due_b) return due_a < due_b;
    return rows_int(a, i, 0) < rows_int(b, k, 0);
}

/* The party whose next row comes first; READER_PARTIES when all are through. */
static size_t earliest(const struct rows *rows, const size_t *at)
{
    size_t best = READER_PARTIES;
    for (size_t i = 0; i < READER_PARTIES; i++) {
        if (at[i] >= rows[i].count) continue;
        bool first = best == READER_PARTIES || comes_before(&rows[i], at[i], &rows[best], at[best]);
        if (first) best = i;
    }
    return best;
}

enum err obligation_mine(struct call *c, const struct obligation_after *after, int64_t limit,
                         struct node *ret_list, struct obligation_after *ret_next)
{
    ensure(limit > 0 && limit <= LIMIT_ROWS);
    struct parties p = grant_parties(c);
    struct rows rows[READER_PARTIES] = {};
    size_t at[READER_PARTIES] = {};
    struct names names = {};
    struct obligation_after last = {};
    ensure(limit > 0);
    for (size_t i = 0; i < READER_PARTIES; i++) {
        if (str_eq(p.party[i], S("-"))) continue;
        enum err e = obligation_by_owner(c, p.party[i], after, limit + 1, &rows[i]);
        if (e != OK) return e;
    }
    for (int64_t taken = 0; taken < limit; taken++) {
        size_t best = earliest(rows, at);
        if (best == READER_PARTIES) return OK;
        last.due_ms = rows_int(&rows[best], at[best], COLUMN_DUE);
        last.id = rows_int(&rows[best], at[best], 0);
        obligation_row(c, ret_list, &names, &rows[best], at[best]++);
    }
    if (earliest(rows, at) < READER_PARTIES) *ret_next = last;
    return OK;
}

enum err obligation_awaited(struct call *c, int64_t limit, struct node *ret_list)
{
    ensure(limit > 0 && limit <= LIMIT_ROWS);
    struct rows rows = {};
    struct names names = {};
    struct str own = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    enum err e = obligation_by_creditor(c, own, limit, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        obligation_row(c, ret_list, &names, &rows, i);
    return e;
}
