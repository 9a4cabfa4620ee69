/*
 * consultation_remind.c: đôn đốc. The asker urges an office that has not answered: a record of its
 * own for each of them, so that both sides hold when it was sent and with what words. At the urged
 * office it is told to whoever has the request in hand, by page, mail and text as they want it.
 */
#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "consultation_acts.h"
#include "consultation_pages.h"
#include "core/heir.h"
#include "core/notice.h"
#include "core/office.h"

enum err consultation_can_remind(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_REMIND);
}

static enum err reminder_put(struct call *c, const struct consultation_case *round,
                             struct str office, struct str text, struct act_result *ret_result)
{
    const struct consultation_request *r = &round->request;
    struct consultation_reminder reminder = {
        .request = round->head.record,
        .office = office,
        .subject = r->subject,
        .text = text,
        .urgency = r->urgency,
        .due_ms = r->due_ms,
        .signer_title = person_title(c, c->who.person),
        .sent_ms = c->now_ms,
    };
    struct str audience[] = {
        str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
        str_format(c->arena, "o:%.*s", STR_ARG(office)),
    };
    struct put put = {
        .kind = "consultation.reminder",
        .body = &reminder,
        .audience = audience,
        .audience_count = ARRAY_LEN(audience),
        .priority = consultation_priority(r->urgency),
    };
    return record_put(c, &put, ret_result);
}

/* Who is still silent and was not urged today. An office that is urged every hour stops reading. */
static enum err urged(struct call *c, const struct consultation_giver *giver,
                      const struct consultation_case *round, bool *ret_today)
{
    int64_t sent_ms = 0;
    enum err e = consultation_sql_reminded(c, round->head.record, giver->office, &sent_ms);
    if (e == OK) *ret_today = time_hanoi_day(sent_ms) == time_hanoi_day(c->now_ms);
    return e;
}

enum err consultation_run_remind(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_remind_input *in = input;
    struct consultation_case round = {};
    size_t silent = 0;
    size_t sent = 0;
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_case_givers(c, &round);
    for (size_t i = 0; e == OK && i < round.giver_count; i++) {
        const struct consultation_giver *giver = &round.givers[i];
        bool wanted =
            giver->office.len > 0 && (in->office.len == 0 || str_eq(in->office, giver->office));
        bool today = false;
        if (!wanted || giver->opinion.len > 0 || giver->refused || giver->excused) continue;
        silent++;
        e = urged(c, giver, &round, &today);
        if (e == OK && !today) e = reminder_put(c, &round, giver->office, in->text, ret_result);
        sent += today ? 0 : 1;
    }
    if (e != OK || sent > 0) return e;
    return fail(c, ERR_CONFLICT,
                silent > 0 ? "consultation.urged_today" : "consultation.nobody_silent");
}

enum err consultation_reminder_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_reminder *r = body;
    struct str asker = str_format(c->arena, "o:%.*s", STR_ARG(v->home));
    struct str giver = str_format(c->arena, "o:%.*s", STR_ARG(r->office));
    bool own = false;
    enum err e = heir_is_line(c, id_home(r->request), v->home, &own);
    if (e != OK) return e;
    bool sound = own && !str_eq(v->home, r->office) && v->audience_count == 2 &&
                 version_addresses(v, asker) && version_addresses(v, giver);
    return sound ? OK : fail(c, ERR_INVALID, "consultation.version_reminder");
}

/* Only at the urged office: the asker knows what it did. */
enum err consultation_reminder_tell(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_reminder *r = body;
    struct str own = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    struct notice notice = {
        .about = r->request,
        .what = S("consultation.reminder"),
        .key = v->record,
        .step = S("told"),
        .due_ms = r->due_ms,
        .title = r->subject,
        .urgent = r->urgency - URGENCY_NORMAL,
    };
    return str_eq(r->office, c->office->id) ? notice_tell(c, own, &notice) : OK;
}

static void reminder_row(struct call *c, struct view *section, const struct rows *rows, size_t i)
{
    int64_t arrived_ms = rows_int(rows, i, 5);
    bool ours = str_eq(rows_text(rows, i, 4), c->office->id);
    struct str arrived = words(c->lang, S("consultation.reminder_waits"));
    if (arrived_ms > 0) arrived = time_hanoi_format(c->arena, arrived_ms, c->lang);
    if (!ours) arrived = words(c->lang, S("consultation.reminder_here"));
    struct node *row = view_row(c, section, (struct str){}, (struct str){});
    view_cell(c, row, time_hanoi_format(c->arena, rows_int(rows, i, 0), c->lang));
    view_cell(c, row, office_name(c, rows_text(rows, i, 1)));
    view_cell(c, row, rows_text(rows, i, 2));
    view_cell(c, row, rows_text(rows, i, 3));
    view_cell(c, row, arrived);
}

enum err consultation_reminders_put(struct call *c, struct view *view, struct str request)
{
    struct rows rows = {};
    enum err e = consultation_sql_reminders(c, request, &rows);
    if (e != OK || rows.count == 0) return e;
    struct view section = consultation_section(c, view, "consultation.section.reminders");
    view_column(c, &section, "sent", "field.consultation.reminder.sent");
    view_column(c, &section, "office", "field.consultation.reminder.office");
    view_column(c, &section, "text", "field.consultation.reminder.text");
    view_column(c, &section, "signer", "field.consultation.reminder.signer_title");
    view_column(c, &section, "arrived", "consultation.column.arrived");
    for (size_t i = 0; i < rows.count; i++)
        reminder_row(c, &section, &rows, i);
    return OK;
}
