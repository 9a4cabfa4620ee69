#include "core/pause.h"

#include "base/time.h"
#include "base/words.h"
#include "core/view.h"

enum { REASON_BYTES = 2000, TITLE_BYTES = 200 };

const char *const PAUSE_CATEGORIES[] = {"more_papers",   "other_office", "appraisal",
                                        "force_majeure", "agreed",       NULL};

static const struct field PAUSE_FIELDS[] = {
    {.name = "category",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct pause, category),
     .choices = PAUSE_CATEGORIES,
     .required = true},
    {.name = "reason",
     .type = FIELD_LONG,
     .offset = offsetof(struct pause, reason),
     .max = REASON_BYTES,
     .required = true},
    {.name = "from_date",
     .type = FIELD_DATE,
     .offset = offsetof(struct pause, from_day),
     .required = true},
    {.name = "to_date", .type = FIELD_DATE, .offset = offsetof(struct pause, to_day)},
    {.name = "by", .type = FIELD_TEXT, .offset = offsetof(struct pause, by), .max = TITLE_BYTES},
};
const struct field_table PAUSE_TABLE = FIELD_TABLE("core.pause", struct pause, PAUSE_FIELDS);

int64_t pause_open_day(const struct list *pauses)
{
    const struct pause *rows = pauses->rows;
    if (pauses->count == 0 || rows[pauses->count - 1].to_day != 0) return 0;
    return rows[pauses->count - 1].from_day;
}

bool pause_is_open(const struct list *pauses)
{
    return pause_open_day(pauses) != 0;
}

bool pause_list_valid(const struct list *pauses, int64_t from_day)
{
    const struct pause *rows = pauses->rows;
    if (pauses->count > WORKDAY_PAUSES_MAX) return false;
    for (size_t i = 0; i < pauses->count; i++) {
        bool last = i + 1 == pauses->count;
        bool ended = rows[i].to_day != 0;
        int64_t before = i == 0 ? from_day + 1 : rows[i - 1].to_day;
        if (rows[i].from_day < before || (!ended && !last)) return false;
        if (ended && rows[i].to_day < rows[i].from_day) return false;
    }
    return true;
}

void pause_begin(struct call *c, const struct pause *pause, int64_t event_day, struct list *pauses)
{
    ensure(!pause_is_open(pauses));
    const struct pause *old = pauses->rows;
    struct pause *rows = arena_array(c->arena, pauses->count + 1, sizeof *rows);
    int64_t today = time_hanoi_day(c->now_ms);
    struct pause added = *pause;
    added.to_day = 0;
    if (added.from_day == 0) added.from_day = today;
    for (size_t i = 0; i < pauses->count; i++)
        rows[i] = old[i];
    bool early = pauses->count > 0 && added.from_day < rows[pauses->count - 1].to_day;
    if (added.from_day > today) problem(c, S("from_date"), "pause.future");
    if (added.from_day <= event_day) problem(c, S("from_date"), "pause.before_event");
    if (early) problem(c, S("from_date"), "pause.before_last");
    if (pauses->count == WORKDAY_PAUSES_MAX) problem(c, S("from_date"), "pause.too_many");
    rows[pauses->count] = added;
    *pauses = (struct list){rows, pauses->count + 1};
}

void pause_end(struct call *c, int64_t to_day, struct list *pauses)
{
    ensure(pause_is_open(pauses));
    const struct pause *old = pauses->rows;
    struct pause *rows = arena_array(c->arena, pauses->count, sizeof *rows);
    for (size_t i = 0; i < pauses->count; i++)
        rows[i] = old[i];
    struct pause *last = &rows[pauses->count - 1];
    int64_t today = time_hanoi_day(c->now_ms);
    last->to_day = to_day == 0 ? today : to_day;
    if (last->to_day > today) problem(c, S("to_date"), "pause.future");
    if (last->to_day < last->from_day) problem(c, S("to_date"), "pause.ends_before");
    pauses->rows = rows;
}

static struct str category_key(struct call *c, int64_t category)
{
    return str_format(c->arena, "choice.%.*s",
                      STR_ARG(field_choice_word(&PAUSE_FIELDS[0], category)));
}

bool pause_count_again(struct call *c, const struct workday_calendar *calendar, struct str why,
                       const struct list *pauses, struct workday_receipt *ret_receipt)
{
    const struct pause *rows = pauses->rows;
    struct workday_receipt receipt = {};
    struct workday_pause *ended = arena_array(c->arena, pauses->count + 1, sizeof *ended);
    if (!workday_receipt_read(c, why, &receipt)) return false;
    receipt.pauses = ended;
    receipt.pause_count = 0;
    for (size_t i = 0; i < pauses->count; i++) {
        if (rows[i].to_day == 0) continue;
        ended[receipt.pause_count++] = (struct workday_pause){rows[i].from_day, rows[i].to_day,
                                                              category_key(c, rows[i].category)};
    }
    return workday_receipt_again(c->arena, calendar, &receipt, ret_receipt);
}

void pause_section_put(struct call *c, struct view *view, const struct list *pauses)
{
    const struct pause *rows = pauses->rows;
    if (pauses->count == 0) return;
    struct view section = view_section(c, view, "pause.section");
    view_column(c, &section, "category", "field.core.pause.category");
    view_column(c, &section, "reason", "field.core.pause.reason");
    view_column(c, &section, "from", "field.core.pause.from_date");
    view_column(c, &section, "to", "field.core.pause.to_date");
    view_column(c, &section, "by", "field.core.pause.by");
    view_column(c, &section, "source", "pause.basis");
    for (size_t i = 0; i < pauses->count; i++) {
        struct str word = field_choice_word(&PAUSE_FIELDS[0], rows[i].category);
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        bool open = rows[i].to_day == 0;
        view_cell(c, row, words(c->lang, category_key(c, rows[i].category)));
        view_cell(c, row, rows[i].reason);
        view_cell(c, row, time_format_day_vn(c->arena, rows[i].from_day));
        view_cell_state(c, row,
                        open ? words(c->lang, S("pause.open"))
                             : time_format_day_vn(c->arena, rows[i].to_day),
                        open ? "warn" : "neutral");
        view_cell(c, row, rows[i].by);
        view_cell(c, row, words(c->lang, str_format(c->arena, "pause.source.%.*s", STR_ARG(word))));
    }
}
