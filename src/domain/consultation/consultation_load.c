/* consultation_load.c: the arithmetic of the reading load, without a store. */
#include "consultation_load.h"

static int64_t days_to(const struct workday_calendar *calendar, int64_t today, int64_t day)
{
    int64_t days = day <= today ? 0 : workday_count(calendar, today, day);
    return days > 0 ? days : 1;
}

static int64_t due_by(const struct consultation_reader *reader, int64_t day)
{
    int64_t pages = 0;
    for (size_t i = 0; i < reader->count; i++)
        pages += reader->tasks[i].day <= day ? reader->tasks[i].pages : 0;
    return pages;
}

/* Says that one stretch asks for more pages a day than another, without a fraction. */
static bool heavier(const struct consultation_peak *a, const struct consultation_peak *b)
{
    return b->day == 0 || a->pages * b->days > b->pages * a->days;
}

struct consultation_peak consultation_load_peak(const struct workday_calendar *calendar,
                                                int64_t today,
                                                const struct consultation_reader *reader)
{
    struct consultation_peak peak = {};
    for (size_t i = 0; i < reader->count; i++) {
        int64_t day = reader->tasks[i].day < today ? today : reader->tasks[i].day;
        struct consultation_peak at = {day, due_by(reader, day), days_to(calendar, today, day)};
        if (at.pages > 0 && heavier(&at, &peak)) peak = at;
    }
    return peak;
}

bool consultation_load_over(const struct consultation_peak *peak, int64_t rate)
{
    return rate > 0 && peak->pages > rate * peak->days;
}

struct consultation_peak consultation_load_with(const struct workday_calendar *calendar,
                                                int64_t today,
                                                const struct consultation_reader *reader,
                                                const struct consultation_task *more)
{
    ensure(more->day > 0);
    struct consultation_peak peak = {more->day, due_by(reader, more->day) + more->pages,
                                     days_to(calendar, today, more->day)};
    for (size_t i = 0; i < reader->count; i++) {
        int64_t day = reader->tasks[i].day;
        if (day <= more->day) continue;
        struct consultation_peak at = {day, due_by(reader, day) + more->pages,
                                       days_to(calendar, today, day)};
        if (heavier(&at, &peak)) peak = at;
    }
    return peak;
}

/* A later day is never worse than an earlier one that was good enough, so the first good one is
 * looked for from below. */
bool consultation_load_propose(const struct workday_calendar *calendar, int64_t today, int64_t rate,
                               int64_t pages, const struct list *readers,
                               struct consultation_proposal *ret_proposal)
{
    const struct consultation_reader *rows = readers->rows;
    ensure(rate > 0);
    for (int64_t days = (pages + rate - 1) / rate; days <= CONSULTATION_DAYS; days++) {
        struct consultation_task more = {.pages = pages};
        bool over = false;
        if (!workday_add(calendar, today, days > 0 ? days : 1, WORKDAY_WORKING_DAYS, &more.day)) {
            return false;
        }
        for (size_t i = 0; !over && i < readers->count; i++) {
            struct consultation_peak peak =
                consultation_load_with(calendar, today, &rows[i], &more);
            over = consultation_load_over(&peak, rate);
        }
        if (over) continue;
        *ret_proposal = (struct consultation_proposal){more.day, days > 0 ? days : 1};
        return true;
    }
    return false;
}
