/* consultation_load_views.c: who has to read how much, the list behind it, and what a deadline that
 * is not set yet would ask of them. */
#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "consultation_load_sql.h"
#include "consultation_pages.h"
#include "core/act.h"
#include "core/office.h"

static struct str number(struct call *c, int64_t n)
{
    return str_format(c->arena, "%lld", (long long)n);
}

static struct str reader_name(struct call *c, struct str party)
{
    if (str_eq(party, S("i:"))) return words(c->lang, S("consultation.nobody_yet"));
    if (str_starts(party, S("o:"))) return office_name(c, str_sub(party, 2, party.len));
    return person_title(c, str_sub(party, 2, party.len));
}

/* "120 trang trong 4 ngày làm việc đến 30/11/2026: 30 trang/ngày làm việc" */
static struct str peak_text(struct call *c, const struct consultation_peak *peak)
{
    struct fail_arg args[] = {
        {"pages", number(c, peak->pages)},
        {"days", number(c, peak->days)},
        {"day", time_format_day_vn(c->arena, peak->day)},
        {"rate", consultation_rate_text(c, peak->pages, peak->days)},
    };
    if (peak->day == 0) return words(c->lang, S("consultation.nothing_to_read"));
    return words_fill(c->arena, c->lang, S("consultation.peak"), args, ARRAY_LEN(args));
}

static struct str agreed_text(struct call *c, const struct consultation_rate *rate)
{
    struct fail_arg args[] = {{"rate", consultation_rate_text(c, rate->pages, 1)},
                              {"source", rate->source}};
    if (rate->pages == 0) return words(c->lang, S("consultation.rate_unset"));
    return words_fill(c->arena, c->lang, S("consultation.rate_agreed"), args, ARRAY_LEN(args));
}

/* ---- the page ---- */

static void reader_row(struct call *c, struct view *view, const struct consultation_reader *reader,
                       const struct consultation_rate *rate)
{
    int64_t today = time_hanoi_day(c->now_ms);
    struct consultation_peak peak = consultation_load_peak(c->office->calendar, today, reader);
    bool over = consultation_load_over(&peak, rate->pages);
    struct str href =
        str_format(c->arena, "/view/consultation.load_list?party=%.*s", STR_ARG(reader->party));
    struct node *row = view_row(c, view, (struct str){}, href);
    int64_t pages = 0;
    for (size_t i = 0; i < reader->count; i++)
        pages += reader->tasks[i].pages;
    view_cell(c, row, reader_name(c, reader->party));
    view_cell(c, row, number(c, (int64_t)(reader->count + reader->unknown)));
    view_cell(c, row, number(c, pages));
    view_cell(c, row, reader->unknown > 0 ? number(c, (int64_t)reader->unknown) : (struct str){});
    view_cell(c, row, peak_text(c, &peak));
    if (rate->pages == 0) {
        view_cell_state(c, row, words(c->lang, S("consultation.load_unset")), "neutral");
        return;
    }
    view_cell_state(
        c, row, words(c->lang, over ? S("consultation.load_over") : S("consultation.load_good")),
        over ? "warn" : "good");
}

enum err consultation_load_view(struct call *c, const void *args, struct view *ret_view)
{
    struct list readers = {};
    struct consultation_rate rate = {};
    (void)args;
    enum err e = consultation_load_readers(c, &readers);
    if (e == OK) e = consultation_rate_load(c, &rate);
    if (e != OK) return e;
    const struct consultation_reader *rows = readers.rows;
    struct view view = {};
    view_start(c, &view, VIEW_LIST, (struct str){});
    view_fact(c, &view, "consultation.column.agreed", agreed_text(c, &rate));
    view_fact(c, &view, "consultation.column.known", words(c->lang, S("consultation.load_known")));
    view_column(c, &view, "reader", "consultation.column.reader");
    view_column(c, &view, "requests", "consultation.column.requests");
    view_column(c, &view, "pages", "field.consultation.request.pages");
    view_column(c, &view, "unknown", "consultation.column.uncounted");
    view_column(c, &view, "peak", "consultation.column.peak");
    view_column(c, &view, "state", "consultation.column.load");
    for (size_t i = 0; i < readers.count; i++)
        reader_row(c, &view, &rows[i], &rate);
    node_int(c, view.data, "count", (int64_t)readers.count);
    node_text(c, view.data, "empty", words(c->lang, S("consultation.load_empty")));
    (void)node_put_list(c, view.data, "acts");
    if ((c->who.roles & ROLE_CHIEF) != 0) view_act(c, &view, "consultation.set_rate", false);
    if ((c->who.roles & (ROLE_CHIEF | ROLE_LEADER | ROLE_SECRETARY)) != 0) {
        view_link(c, &view, "view.consultation.time", S("/view/consultation.time"));
    }
    *ret_view = view;
    return OK;
}

static bool reads(struct call *c, const struct consultation_waiting *w, struct str party)
{
    bool ours = str_eq(w->office, c->office->id);
    if (str_starts(party, S("o:"))) return !ours && str_eq(w->office, str_sub(party, 2, party.len));
    if (str_eq(party, S("i:"))) return ours && w->officer.len == 0;
    return ours && str_eq(w->officer, str_sub(party, 2, party.len));
}

static void waiting_row(struct call *c, struct view *view, const struct consultation_waiting *w)
{
    int64_t today = time_hanoi_day(c->now_ms);
    int64_t left = office_workdays_between(c, today, w->due_day);
    struct node *row =
        view_row(c, view, w->record,
                 str_format(c->arena, "/view/consultation.show?record=%.*s", STR_ARG(w->record)));
    view_cell(c, row, w->subject);
    view_cell(c, row, office_code(c, w->home));
    view_cell(c, row, time_format_day_vn(c->arena, w->due_day));
    view_cell(c, row, number(c, left));
    view_cell(c, row,
              w->pages > 0 ? number(c, w->pages) : words(c->lang, S("consultation.uncounted")));
    view_cell(c, row, consultation_rate_text(c, w->pages, left > 0 ? left : 1));
}

enum err consultation_load_list_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_load_args *in = args;
    struct consultation_waiting *rows = NULL;
    size_t count = 0;
    size_t shown = 0;
    bool whole = str_eq(in->party, S("i:")) || str_starts(in->party, S("o:")) ||
                 str_starts(in->party, S("p:"));
    if (!whole) problem(c, S("party"), "field.choice");
    enum err e = problems_fail(c);
    if (e == OK) e = consultation_sql_waiting(c, &rows, &count);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_LIST,
               consultation_words(c, "consultation.load_of", "name", reader_name(c, in->party)));
    view_column(c, &view, "subject", "field.consultation.request.subject");
    view_column(c, &view, "asker", "consultation.column.asker");
    view_column(c, &view, "due", "field.consultation.request.due_date");
    view_column(c, &view, "left", "consultation.column.days_left");
    view_column(c, &view, "pages", "field.consultation.request.pages");
    view_column(c, &view, "rate", "consultation.column.rate");
    for (size_t i = 0; i < count && shown < LIMIT_ROWS; i++) {
        if (!reads(c, &rows[i], in->party)) continue;
        waiting_row(c, &view, &rows[i]);
        shown++;
    }
    node_int(c, view.data, "count", (int64_t)shown);
    node_text(c, view.data, "empty", words(c->lang, S("consultation.nothing_to_read")));
    view_link(c, &view, "view.consultation.load", S("/view/consultation.load"));
    *ret_view = view;
    return OK;
}

/* ---- a deadline before it is set ---- */

static enum err asked_of(struct call *c, const struct consultation_deadline_args *in,
                         struct list *ret_asked)
{
    struct consultation_request before = {};
    *ret_asked = in->asked;
    if (in->record.len == 0 || in->asked.count > 0) return OK;
    enum err e = record_body_visible(c, "consultation.request", in->record, &before);
    if (e == OK) *ret_asked = before.asked;
    return e;
}

static struct str proposal_text(struct call *c, const struct consultation_proposal *proposal)
{
    struct fail_arg args[] = {{"day", time_format_day_long(c->arena, proposal->day, c->lang)},
                              {"days", number(c, proposal->days)}};
    if (proposal->day == 0) return words(c->lang, S("consultation.no_day"));
    return words_fill(c->arena, c->lang, S("consultation.earliest"), args, ARRAY_LEN(args));
}

/* The reader whom it weighs on most. */
static void heaviest_put(struct call *c, struct view *view, const struct list *readers,
                         const struct consultation_task *more, int64_t rate)
{
    const struct consultation_reader *rows = readers->rows;
    struct view section = view_section(c, view, "consultation.section.load");
    view_column(c, &section, "reader", "consultation.column.reader");
    view_column(c, &section, "peak", "consultation.column.peak");
    view_column(c, &section, "state", "consultation.column.load");
    for (size_t i = 0; i < readers->count; i++) {
        struct consultation_peak peak =
            consultation_load_with(c->office->calendar, time_hanoi_day(c->now_ms), &rows[i], more);
        bool over = consultation_load_over(&peak, rate);
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row, reader_name(c, rows[i].party));
        view_cell(c, row, peak_text(c, &peak));
        view_cell_state(
            c, row,
            words(c->lang, over ? S("consultation.load_over") : S("consultation.load_good")),
            over ? "warn" : "good");
    }
}

enum err consultation_load_preview(struct call *c, const struct consultation_deadline_args *in,
                                   int64_t due_day, struct view *view)
{
    struct consultation_pages pages = {};
    struct consultation_rate rate = {};
    struct consultation_proposal proposal = {};
    struct list asked = {};
    struct list readers = {};
    enum err e = consultation_pages_count(c, &in->files, in->draft, &pages);
    if (e == OK) e = consultation_rate_load(c, &rate);
    if (e == OK) e = asked_of(c, in, &asked);
    if (e == OK) e = consultation_load_asked(c, &asked, in->record, &readers);
    if (e != OK) return e;
    bool hand = in->pages > 0 && in->pages != pages.pages;
    struct consultation_request r = {.pages = hand ? in->pages : pages.pages,
                                     .pages_counted = pages.pages,
                                     .pages_basis = hand ? BASIS_BY_HAND : pages.basis,
                                     .days = in->days};
    consultation_load_facts(c, view, &r);
    if (r.pages == 0 || rate.pages == 0 || readers.count == 0) return OK;
    (void)consultation_load_propose(c->office->calendar, time_hanoi_day(c->now_ms), rate.pages,
                                    r.pages, &readers, &proposal);
    view_fact(c, view, "consultation.column.agreed", agreed_text(c, &rate));
    view_fact(c, view, "consultation.column.earliest", proposal_text(c, &proposal));
    const struct consultation_task more = {due_day, r.pages};
    heaviest_put(c, view, &readers, &more, rate.pages);
    return OK;
}
