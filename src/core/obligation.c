#include "core/obligation.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/obligation_sql.h"
#include "core/office.h"
#include "core/org_sql.h"

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
    COLUMN_PAUSED,
    COLUMN_SETTLED
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

/* "thay Vụ trưởng": an absent person whose place the actor takes today; empty otherwise. */
static struct str behalf(struct call *c, struct names *names, struct str owner)
{
    for (size_t i = 0; i < c->who.stands_for_count; i++) {
        if (!str_eq(str_sub(owner, 2, owner.len), c->who.stands_for[i])) continue;
        struct fail_arg args[] = {{"who", name_once(c, names, owner)}};
        return words_fill(c->arena, c->lang, S("obligation.behalf"), args, ARRAY_LEN(args));
    }
    return (struct str){};
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
    bool done = rows_int(rows, i, COLUMN_SETTLED) > 0;
    int64_t paused_day = rows_int(rows, i, COLUMN_PAUSED);
    int64_t first_ms = rows_int(rows, i, COLUMN_FIRST_DUE);
    struct str why = rows_text(rows, i, COLUMN_WHY);
    if (paused_day > 0 && !done) {
        (void)view_due_paused(c, row, "due", paused_day, why);
        return;
    }
    (void)view_due(c, row, "due", due_ms, why, done);
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
    struct str title = rows_text(rows, i, COLUMN_TITLE);
    node_text(c, row, "title", title.len > 0 ? title : record_title(c, about));
    node_text(c, row, "owner", name_once(c, names, rows_text(rows, i, COLUMN_OWNER)));
    node_text(c, row, "party", rows_text(rows, i, COLUMN_OWNER));
    node_text(c, row, "behalf", behalf(c, names, rows_text(rows, i, COLUMN_OWNER)));
    node_text(c, row, "creditor", name_once(c, names, rows_text(rows, i, COLUMN_CREDITOR)));
    node_int(c, row, "urgent", rows_int(rows, i, COLUMN_URGENT));
    int64_t settled_ms = rows_int(rows, i, COLUMN_SETTLED);
    node_bool(c, row, "late", due_ms > 0 && due_ms < (settled_ms > 0 ? settled_ms : c->now_ms));
    obligation_due(c, row, rows, i, due_ms);
    if (due_ms > 0) node_int(c, row, "due_day", time_hanoi_day(due_ms));
}

/* Earlier due first, no date last; then in the order they came. */
static bool comes_before(const struct rows *a, size_t i, const struct rows *b, size_t k)
{
    int64_t due_a = rows_int(a, i, COLUMN_DUE);
    int64_t due_b = rows_int(b, k, COLUMN_DUE);
    if (due_a != due_b) return due_a < due_b;
    return rows_int(a, i, 0) < rows_int(b, k, 0);
}

/* Parties whose open work is the actor's, their rows, and how far each list is read. */
enum { OWNERS_MAX = READER_PARTIES + 6 + ORG_EMPTY_UNITS };
struct owners {
    struct str party[OWNERS_MAX];
    struct rows rows[OWNERS_MAX];
    size_t at[OWNERS_MAX];
    size_t count;
};

/* Work of roles that nobody holds and of units without people is the chief's, so that all work has
 * a holder. */
static enum err owners_without_holder(struct call *c, struct owners *owners)
{
    struct rows held = {};
    struct rows units = {};
    enum err e = org_roles_held(c, &held);
    if (e == OK) e = org_empty_units(c, &units);
    if (e != OK) return e;
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++) {
        if (rows_int(&held, 0, i) > 0) continue;
        owners->party[owners->count++] = str_format(c->arena, "r:%s", ROLE_WORDS[i]);
    }
    for (size_t i = 0; i < units.count; i++)
        owners->party[owners->count++] =
            str_format(c->arena, "u:%.*s", STR_ARG(rows_text(&units, i, 0)));
    ensure(owners->count <= OWNERS_MAX);
    return OK;
}

static enum err owners_find(struct call *c, struct owners *owners)
{
    struct parties p = grant_parties(c);
    for (size_t i = 0; i < READER_PARTIES; i++) {
        if (str_eq(p.party[i], S("-"))) continue;
        owners->party[owners->count++] = p.party[i];
    }
    return (c->who.roles & ROLE_CHIEF) != 0 ? owners_without_holder(c, owners) : OK;
}

/* The party whose next row comes first; owners->count when all are through. */
static size_t earliest(const struct owners *owners)
{
    size_t best = owners->count;
    for (size_t i = 0; i < owners->count; i++) {
        if (owners->at[i] >= owners->rows[i].count) continue;
        bool first = best == owners->count || comes_before(&owners->rows[i], owners->at[i],
                                                           &owners->rows[best], owners->at[best]);
        if (first) best = i;
    }
    return best;
}

enum err obligation_mine(struct call *c, const struct obligation_after *after, int64_t limit,
                         struct node *ret_list, struct obligation_after *ret_next)
{
    ensure(limit > 0 && limit <= LIMIT_ROWS);
    struct owners *owners = arena_alloc(c->arena, sizeof *owners);
    struct names names = {};
    struct obligation_after last = {.calm = after->calm};
    enum err e = owners_find(c, owners);
    for (size_t i = 0; e == OK && i < owners->count; i++)
        e = obligation_by_owner(c, owners->party[i], after, limit + 1, &owners->rows[i]);
    if (e != OK) return e;
    for (int64_t taken = 0; taken < limit; taken++) {
        size_t best = earliest(owners);
        if (best == owners->count) return OK;
        const struct rows *rows = &owners->rows[best];
        last.due_ms = rows_int(rows, owners->at[best], COLUMN_DUE);
        last.id = rows_int(rows, owners->at[best], 0);
        obligation_row(c, ret_list, &names, rows, owners->at[best]++);
    }
    if (earliest(owners) < owners->count) *ret_next = last;
    return OK;
}

/* The most urgent first, then by date. Each party's rows come by date within one mark. */
enum err obligation_urgent(struct call *c, int64_t limit, struct node *ret_list, bool *ret_more)
{
    ensure(limit > 0 && limit <= LIMIT_ROWS);
    struct owners *owners = arena_alloc(c->arena, sizeof *owners);
    struct names names = {};
    int64_t taken = 0;
    enum err e = owners_find(c, owners);
    for (int64_t mark = 3; e == OK && mark > 0; mark--) {
        for (size_t i = 0; e == OK && i < owners->count; i++) {
            owners->at[i] = 0;
            e = obligation_by_mark(c, owners->party[i], mark, limit + 1, &owners->rows[i]);
        }
        size_t best = e == OK ? earliest(owners) : owners->count;
        for (; best < owners->count && taken < limit; best = earliest(owners), taken++)
            obligation_row(c, ret_list, &names, &owners->rows[best], owners->at[best]++);
        if (best < owners->count) *ret_more = true;
    }
    return e;
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

/* The bounds in ms that the filter means, of due times or of settlements. */
static enum err span_of(struct call *c, const struct obligation_filter *filter,
                        struct obligation_span *ret_span)
{
    bool done = filter->cell == OBLIGATION_ON_TIME || filter->cell == OBLIGATION_LATE;
    struct obligation_span span = {.from_ms = INT64_MIN, .to_ms = INT64_MAX, .done = done};
    if (done && filter->owner.len == 0) {
        problem(c, S("office"), "obligation.owner");
        return problems_fail(c);
    }
    if (filter->from_day != 0) span.from_ms = time_hanoi_midnight_ms(filter->from_day);
    if (filter->to_day != 0) span.to_ms = time_hanoi_midnight_ms(filter->to_day + 1) - 1;
    bool late = filter->cell == OBLIGATION_OVERDUE;
    if (late && span.to_ms >= c->now_ms) span.to_ms = c->now_ms - 1;
    bool ahead = filter->cell == OBLIGATION_AHEAD;
    if (ahead && span.from_ms < c->now_ms) span.from_ms = c->now_ms;
    *ret_span = span;
    return OK;
}

enum err obligation_list(struct call *c, const struct obligation_filter *filter,
                         const struct obligation_after *after, int64_t limit, struct node *ret_list,
                         struct obligation_after *ret_next)
{
    ensure(limit > 0 && limit <= LIMIT_ROWS);
    struct obligation_span span = {};
    struct rows rows = {};
    struct names names = {};
    enum err e = span_of(c, filter, &span);
    span.after = after;
    span.limit = limit + 1;
    if (e == OK) e = obligation_filtered(c, filter, &span, &rows);
    for (size_t i = 0; e == OK && i < rows.count && i < (size_t)limit; i++)
        obligation_row(c, ret_list, &names, &rows, i);
    if (e == OK && rows.count > (size_t)limit) {
        size_t last = (size_t)limit - 1;
        ret_next->due_ms = rows_int(&rows, last, span.done ? COLUMN_SETTLED : COLUMN_DUE);
        ret_next->id = rows_int(&rows, last, 0);
    }
    return e;
}
