#include "core/tally.h"

#include "base/limits.h"
#include "base/time.h"
#include "core/obligation_sql.h"
#include "core/tally_sql.h"

enum { ROW_MONTH, ROW_PARTY, ROW_WHAT, ROW_TOTAL, ROW_DONE, ROW_LATE };
enum { ITEM_ID, ITEM_ABOUT, ITEM_KIND, ITEM_TITLE, ITEM_WHAT, ITEM_OWNER, ITEM_FIRST, ITEM_DUE };
enum { ITEM_SETTLED = ITEM_DUE + 1, ITEM_PAUSED };

int64_t tally_month(int64_t day)
{
    struct date date = time_date_of(day);
    return (int64_t)date.year * 12 + date.month - 1;
}

struct date tally_month_date(int64_t month)
{
    return (struct date){(int)(month / 12), (int)(month % 12) + 1, 1};
}

void tally_add(struct tally *sum, const struct tally *more)
{
    for (size_t basis = 0; basis < TALLY_BASES; basis++) {
        for (size_t i = 0; i < TALLY_CELLS; i++)
            sum->cell[basis][i] += more->cell[basis][i];
    }
}

int64_t tally_sum(const struct tally *tally, enum tally_basis basis, int64_t cells)
{
    int64_t sum = 0;
    for (size_t i = 0; i < TALLY_CELLS; i++) {
        if ((cells & (1 << i)) != 0) sum += tally->cell[basis][i];
    }
    return sum;
}

/* Late and overdue are counted by each basis; on time and in time are what is left. */
static struct tally tally_of(const struct rows *rows, size_t i)
{
    struct tally tally = {};
    int64_t total = rows_int(rows, i, ROW_TOTAL);
    int64_t done = rows_int(rows, i, ROW_DONE);
    for (size_t basis = 0; basis < TALLY_BASES; basis++) {
        int64_t late = rows_int(rows, i, ROW_LATE + basis);
        int64_t overdue = rows_int(rows, i, ROW_LATE + TALLY_BASES + basis);
        int64_t *cell = tally.cell[basis];
        cell[0] = done - late;
        cell[1] = late;
        cell[2] = total - done - overdue;
        cell[3] = overdue;
    }
    return tally;
}

enum err tally_count(struct call *c, const struct tally_span *span, struct tally_lines *ret_lines)
{
    ensure(span->from_month <= span->to_month);
    struct rows rows = {};
    enum err e = tally_rows(c, span, &rows);
    if (e != OK) return e;
    struct tally_line *lines = arena_array(c->arena, rows.count + 1, sizeof *lines);
    size_t count = 0;
    /* the lines by party have no month and come first */
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < rows.count; i++) {
            int64_t month = rows_int(&rows, i, ROW_MONTH);
            if ((month == 0) != (turn == 1)) continue;
            lines[count++] = (struct tally_line){.month = month,
                                                 .party = rows_text(&rows, i, ROW_PARTY),
                                                 .what = rows_text(&rows, i, ROW_WHAT),
                                                 .tally = tally_of(&rows, i)};
        }
    }
    *ret_lines = (struct tally_lines){lines, count};
    return OK;
}

enum err tally_undated(struct call *c, int64_t *ret_total, int64_t *ret_open)
{
    struct rows rows = {};
    enum err e = tally_undated_row(c, &rows);
    if (e != OK) return e;
    *ret_total = rows_int(&rows, 0, 0);
    *ret_open = rows_int(&rows, 0, 0) - rows_int(&rows, 0, 1);
    return OK;
}

static int64_t dated(const struct rows *rows, size_t i, size_t column)
{
    int64_t ms = rows_int(rows, i, column);
    return ms == OBLIGATION_UNDATED_MS ? 0 : ms;
}

static struct tally_item item_of(const struct rows *rows, size_t i)
{
    return (struct tally_item){.id = rows_int(rows, i, ITEM_ID),
                               .about = rows_text(rows, i, ITEM_ABOUT),
                               .kind = rows_text(rows, i, ITEM_KIND),
                               .title = rows_text(rows, i, ITEM_TITLE),
                               .what = rows_text(rows, i, ITEM_WHAT),
                               .owner = rows_text(rows, i, ITEM_OWNER),
                               .first_due_ms = dated(rows, i, ITEM_FIRST),
                               .due_ms = dated(rows, i, ITEM_DUE),
                               .settled_ms = rows_int(rows, i, ITEM_SETTLED),
                               .paused_day = rows_int(rows, i, ITEM_PAUSED)};
}

enum err tally_list(struct call *c, const struct tally_filter *filter,
                    const struct tally_after *after, int64_t limit, struct tally_page *ret_page)
{
    ensure(limit > 0);
    ensure(limit <= LIMIT_ROWS);
    ensure(filter->undated || filter->span.from_month <= filter->span.to_month);
    struct rows rows = {};
    enum err e = tally_items(c, filter, after, limit + 1, &rows);
    if (e != OK) return e;
    struct tally_page page = {.count = rows.count > (size_t)limit ? (size_t)limit : rows.count};
    page.items = arena_array(c->arena, page.count + 1, sizeof *page.items);
    for (size_t i = 0; i < page.count; i++)
        page.items[i] = item_of(&rows, i);
    if (rows.count > page.count) {
        page.next.first_due_ms = rows_int(&rows, page.count - 1, ITEM_FIRST);
        page.next.id = page.items[page.count - 1].id;
    }
    *ret_page = page;
    return OK;
}

enum tally_cell tally_cell_of(struct call *c, const struct tally_item *item, enum tally_basis basis)
{
    int64_t due_ms = basis == TALLY_FIRST ? item->first_due_ms : item->due_ms;
    if (item->settled_ms > 0)
        return due_ms > 0 && item->settled_ms > due_ms ? TALLY_LATE : TALLY_ON_TIME;
    return due_ms > 0 && due_ms < c->now_ms ? TALLY_OVERDUE : TALLY_AHEAD;
}
