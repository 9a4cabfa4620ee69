/* Notices on pages: a person's list, and who was told what of a record. */
#include "base/time.h"
#include "base/words.h"
#include "core/notice_sql.h"
#include "core/office.h"

enum { ABOUT_ROWS = 100 };

static struct str step_word(struct call *c, struct str step)
{
    return words(c->lang, str_format(c->arena, "notice.step.%.*s", STR_ARG(step)));
}

static struct str what_word(struct call *c, struct str what)
{
    return words(c->lang, str_format(c->arena, "obligation.%.*s", STR_ARG(what)));
}

enum column { C_ID, C_ABOUT, C_WHAT, C_STEP, C_DUE, C_TITLE, C_URGENT, C_MADE, C_READ, C_KIND };

static void notice_row(struct call *c, struct node *list, const struct rows *rows, size_t i)
{
    struct node *row = node_add_map(c, list);
    struct head head = {.record = rows_text(rows, i, C_ABOUT), .kind = rows_text(rows, i, C_KIND)};
    struct str href = head.kind.len > 0 ? record_link(c, &head) : S("/view/job.list");
    node_int(c, row, "id", rows_int(rows, i, C_ID));
    node_text(c, row, "step", step_word(c, rows_text(rows, i, C_STEP)));
    node_text(c, row, "what", what_word(c, rows_text(rows, i, C_WHAT)));
    node_text(c, row, "title", rows_text(rows, i, C_TITLE));
    node_text(c, row, "record", head.record);
    node_text(c, row, "href", href);
    node_int(c, row, "due_ms", rows_int(rows, i, C_DUE));
    node_int(c, row, "made_ms", rows_int(rows, i, C_MADE));
    node_int(c, row, "urgent", rows_int(rows, i, C_URGENT));
    node_bool(c, row, "unread", rows_int(rows, i, C_READ) == 0);
}

enum err notice_list(struct call *c, int64_t before_id, struct node *ret_list, int64_t *ret_next)
{
    struct rows rows = {};
    int64_t before = before_id > 0 ? before_id : INT64_MAX;
    enum err e = notice_sql_mine(c, before, NOTICE_PAGE + 1, &rows);
    if (e != OK) return e;
    size_t shown = rows.count > NOTICE_PAGE ? NOTICE_PAGE : rows.count;
    for (size_t i = 0; i < shown; i++)
        notice_row(c, ret_list, &rows, i);
    *ret_next = rows.count > NOTICE_PAGE ? rows_int(&rows, shown - 1, C_ID) : 0;
    return OK;
}

enum err notice_unread(struct call *c, int64_t *ret_count)
{
    return notice_sql_unread(c, ret_count);
}

enum err notice_read(struct call *c, int64_t upto_id)
{
    store_note(c, notice_topic(c, c->who.person));
    return notice_sql_read(c, upto_id);
}

/* How a channel stands: not by it, waiting, in the morning's bulletin, sent when, nothing left. */
static struct str channel_text(struct call *c, struct str key, int64_t sent_ms, bool bulletin)
{
    if (key.len == 0) return S("–");
    if (sent_ms < 0) return words(c->lang, S("notice.channel.dropped"));
    if (sent_ms > 0) return time_hanoi_format(c->arena, sent_ms, c->lang);
    return words(c->lang, bulletin ? S("notice.channel.bulletin") : S("notice.channel.waits"));
}

static void about_row(struct call *c, struct view *section, const struct rows *rows, size_t i)
{
    struct node *row = view_row(c, section, (struct str){}, (struct str){});
    view_cell(c, row, time_hanoi_format(c->arena, rows_int(rows, i, 3), c->lang));
    view_cell(c, row, person_title(c, rows_text(rows, i, 0)));
    view_cell(c, row, what_word(c, rows_text(rows, i, 1)));
    view_cell(c, row, step_word(c, rows_text(rows, i, 2)));
    view_cell(
        c, row,
        channel_text(c, rows_text(rows, i, 4), rows_int(rows, i, 5), rows_int(rows, i, 6) != 0));
    view_cell(c, row, channel_text(c, rows_text(rows, i, 7), rows_int(rows, i, 8), false));
}

enum err notice_section(struct call *c, struct view *view, struct str record)
{
    struct rows rows = {};
    enum err e = notice_sql_about(c, record, ABOUT_ROWS, &rows);
    if (e != OK || rows.count == 0) return e;
    struct node *sections = NULL;
    for (struct node *child = view->data->first; child != NULL; child = child->next) {
        if (str_eq(str_of(child->name), S("sections"))) sections = child;
    }
    if (sections == NULL) sections = node_put_list(c, view->data, "sections");
    struct view section = {.data = node_add_map(c, sections)};
    node_text(c, section.data, "title", words(c->lang, S("notice.section")));
    view_column(c, &section, "made", "notice.column.made");
    view_column(c, &section, "person", "notice.column.person");
    view_column(c, &section, "what", "notice.column.what");
    view_column(c, &section, "step", "notice.column.step");
    view_column(c, &section, "mail", "notice.column.mail");
    view_column(c, &section, "sms", "notice.column.sms");
    for (size_t i = 0; i < rows.count; i++)
        about_row(c, &section, &rows, i);
    return OK;
}
