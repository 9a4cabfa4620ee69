/* consultation_round.c: rounds on the versions of a draft: the text of a draft, the next round, an
 * opinion that still holds, and who is asked in addition or need not answer any more. */
#include "base/time.h"
#include "base/utf8.h"
#include "base/workday_receipt.h"
#include "consultation_acts.h"
#include "consultation_load.h"
#include "core/act.h"
#include "core/office.h"
#include "core/parse.h"
#include "store/merkle.h"

enum err consultation_can_renew(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_RENEW);
}

enum err consultation_can_keep(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_KEEP);
}

enum err consultation_can_add(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_ADD);
}

enum err consultation_can_excuse(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_EXCUSE);
}

/* ---- the text of a draft ---- */

/* A text file as the field takes it: no mark of the encoding, lines ended by a line feed alone, no
 * other control characters. */
static struct str text_clean(struct call *c, struct str text)
{
    static const struct str MARK = S("\xEF\xBB\xBF");
    struct sb sb = sb_new(c->arena, LIMIT_DRAFT_BYTES + 1);
    for (size_t i = str_starts(text, MARK) ? MARK.len : 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        bool second = i + 1 < text.len && ch == 0xC2 && (unsigned char)text.ptr[i + 1] < 0xA0;
        if (second) i++; /* U+0080 to U+009F */
        if (second || ch == 0x7F || (ch < ' ' && ch != '\n' && ch != '\t')) continue;
        sb_char(&sb, ch == '\t' ? ' ' : (char)ch);
    }
    return str_trim(sb_str(&sb));
}

static enum err text_of_plain(struct call *c, const struct file_ref *file, struct str *ret_text)
{
    struct chunk chunk = {};
    enum err e = blob_chunk(c, c->office->dir, file->root, 0, &chunk);
    if (e == OK && utf8_valid(chunk.bytes)) *ret_text = chunk.bytes;
    return e;
}

/* What the parser process reads in it; nothing where this office has none, or it cannot read it. A
 * spreadsheet is no draft, and a text that was cut is not the whole one. */
static enum err text_of_parse(struct call *c, const struct file_ref *file, struct str *ret_text)
{
    struct parse parse = {};
    if (c->office->parser == NULL) return OK;
    enum err e = parse_now(c, file->root, &parse);
    bool draft = parse.format == PARSE_DOCX || parse.format == PARSE_ODT ||
                 parse.format == PARSE_PDF || parse.format == PARSE_TEXT;
    if (e == OK && parse.state == PARSE_DONE && draft && !parse.cut) *ret_text = parse.text;
    return e;
}

/* The text of the first file that is here and has one. */
static enum err text_of_files(struct call *c, const struct list *files, struct str *text)
{
    const struct file_ref *refs = files->rows;
    for (size_t i = 0; text->len == 0 && i < files->count; i++) {
        struct str found = {};
        bool plain = str_starts(refs[i].media, S("text/plain"));
        bool whole = refs[i].size > 0 && (!plain || refs[i].size <= LIMIT_DRAFT_BYTES);
        if (!whole || !blob_has(c, c->office->dir, refs[i].root)) continue;
        enum err e = plain ? text_of_plain(c, &refs[i], &found) : OK;
        if (e == OK && found.len == 0) e = text_of_parse(c, &refs[i], &found);
        if (e != OK) return e;
        if (found.len > LIMIT_DRAFT_BYTES) continue;
        struct str clean = utf8_nfc(c->arena, text_clean(c, found));
        if (clean.len <= LIMIT_DRAFT_BYTES) *text = clean;
    }
    return OK;
}

enum err consultation_ask_prepare(struct call *c, void *input)
{
    struct consultation_ask_input *in = input;
    enum err e = text_of_files(c, &in->files, &in->draft);
    return e != OK ? e : consultation_pages_read(c, &in->files);
}

enum err consultation_renew_prepare(struct call *c, void *input)
{
    struct consultation_renew_input *in = input;
    enum err e = text_of_files(c, &in->files, &in->draft);
    return e != OK ? e : consultation_pages_read(c, &in->files);
}

enum err consultation_edition_put(struct call *c, struct str text, struct str previous,
                                  struct consultation_request *r)
{
    struct consultation_edition edition = {
        .subject = r->subject, .text = text, .round = r->round, .previous = previous};
    struct act_result result = {};
    if (text.len == 0) return OK;
    struct put put = {
        .kind = "consultation.edition",
        .record = r->edition,
        .body = &edition,
        .audience = consultation_audience(c, &r->asked),
        .audience_count = r->asked.count + 1,
        .priority = consultation_priority(r->urgency),
    };
    enum err e = record_put(c, &put, &result);
    if (e != OK) return e;
    struct merkle merkle = merkle_start(c->arena);
    merkle_add(&merkle, text);
    r->edition = result.record;
    r->draft_hash = merkle_end(&merkle);
    return OK;
}

/* ---- the next round ---- */

/* Whoever was asked and not excused is asked again, all with one deadline. */
static void asked_again(struct call *c, const struct consultation_request *old,
                        struct consultation_request *r)
{
    const struct consultation_asked *asked = old->asked.rows;
    const struct consultation_body *bodies = old->asked_bodies.rows;
    struct str none = {};
    struct consultation_asked *offices =
        arena_array(c->arena, old->asked.count + 1, sizeof *offices);
    struct consultation_body *others =
        arena_array(c->arena, old->asked_bodies.count + 1, sizeof *others);
    for (size_t i = 0; i < old->asked.count; i++) {
        if (consultation_excuse_of(old, asked[i].office, none) != NULL) continue;
        offices[r->asked.count++] = (struct consultation_asked){.office = asked[i].office};
    }
    for (size_t i = 0; i < old->asked_bodies.count; i++) {
        if (consultation_excuse_of(old, none, bodies[i].name) != NULL) continue;
        others[r->asked_bodies.count++] = bodies[i];
    }
    r->asked.rows = offices;
    r->asked_bodies.rows = others;
}

static enum err round_next(struct call *c, const struct consultation_case *round,
                           const struct consultation_renew_input *in,
                           struct consultation_request *r)
{
    const struct consultation_request *old = &round->request;
    *r = (struct consultation_request){
        .subject = old->subject,
        .summary = old->summary,
        .files = in->files,
        .urgency = old->urgency,
        .signer_title = person_title(c, c->who.person),
        .officer = c->who.person,
        .state = ROUND_OPEN,
        .legal_day = old->legal_day,
        .legal_basis = old->legal_basis,
        .round = (old->round > 0 ? old->round : 1) + 1,
        .previous = round->head.record,
        .changes = in->changes,
        .gate = old->gate,
        .sharing = old->sharing,
    };
    asked_again(c, old, r);
    enum err e = consultation_asked_check(c, &r->asked, "asked");
    if (e != OK) return e;
    if (r->asked.count + r->asked_bodies.count == 0) {
        problem(c, S("days"), "consultation.nobody_left");
    }
    if (in->draft.len == 0 && in->files.count == 0) {
        problem(c, S("draft"), "consultation.draft_missing");
    }
    consultation_deadline_set(c, in->days, r);
    const struct consultation_weight weight = {in->pages, in->pages_reason, in->approved_by,
                                               in->draft};
    e = consultation_load_weigh(c, &weight, r);
    return e != OK ? e : problems_fail(c);
}

/* The round before ends where the next one begins. */
static enum err round_replace(struct call *c, struct consultation_case *round, int64_t seen,
                              struct str next)
{
    struct consultation_request *old = &round->request;
    struct act_result ignored = {};
    old->next = next;
    if (old->state == ROUND_OPEN) {
        consultation_silent_list(c, round, &old->silent);
        old->state = ROUND_CLOSED;
        old->closed_ms = c->now_ms;
    }
    return consultation_request_put(c, round, seen, &ignored);
}

enum err consultation_run_renew(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_renew_input *in = input;
    struct consultation_case round = {};
    struct consultation_request r = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_case_givers(c, &round);
    if (e == OK) e = round_next(c, &round, in, &r);
    if (e == OK) e = consultation_edition_put(c, in->draft, round.request.edition, &r);
    if (e != OK) return e;
    struct put put = {
        .kind = "consultation.request",
        .body = &r,
        .audience = consultation_audience(c, &r.asked),
        .audience_count = r.asked.count + 1,
        .priority = consultation_priority(r.urgency),
    };
    e = record_put(c, &put, ret_result);
    if (e == OK) e = round_replace(c, &round, in->seen, ret_result->record);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    node_int(c, ret_result->more, "round", r.round);
    node_text(c, ret_result->more, "due_date", time_format_day(c->arena, r.due_day));
    return OK;
}

/* ---- vẫn giữ ý kiến ---- */

/* The opinion says nothing anew: it names the older one, whose words and replies stand. */
static struct consultation_opinion opinion_kept(struct call *c,
                                                const struct consultation_case *round,
                                                const struct consultation_opinion *before)
{
    return (struct consultation_opinion){
        .request = round->head.record,
        .request_n = round->head.n,
        .request_hash = round->head.hash,
        .subject = round->request.subject,
        .answer = before->answer,
        .signer_title = person_title(c, c->who.person),
        .signed_ms = c->now_ms,
        .draft_hash = round->request.draft_hash,
        .kept = before->kept.len > 0 ? before->kept : round->before,
        .condition_office = before->condition_office,
        .condition_body = before->condition_body,
        .confidential = before->confidential,
        .capacity = before->capacity,
    };
}

enum err consultation_run_keep(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_approve_input *in = input;
    struct consultation_case round = {};
    struct consultation_opinion before = {};
    struct act_result ignored = {};
    int64_t seen = 0;
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_case_seen(c, &round, &seen);
    if (e == OK) e = record_body(c, "consultation.opinion", round.before, &before);
    if (e != OK) return e;
    if (in->seen > 0 && in->seen != seen) return fail(c, ERR_STALE, "record.stale");
    struct consultation_due due = consultation_due_of(&round.request, c->office->id);
    struct consultation_opinion opinion = opinion_kept(c, &round, &before);
    const struct consultation_draft draft = {
        .request = in->record,
        .answer = before.answer,
        .state = DRAFT_APPROVED,
        .officer = c->who.person,
        .subject = round.request.subject,
        .urgency = round.request.urgency,
        .due_day = due.day,
        .due_ms = due.ms,
        .why = due.why,
        .condition_office = before.condition_office,
        .condition_body = before.condition_body,
        .confidential = before.confidential,
        .capacity = before.capacity,
    };
    e = consultation_draft_put(c, &round, &draft, &ignored);
    if (e == OK) e = consultation_inners_close(c, in->record);
    return e != OK ? e : consultation_opinion_put(c, &round, &opinion, ret_result);
}

/* ---- who else is asked ---- */

static void add_offices(struct call *c, const struct consultation_add_input *in,
                        const struct consultation_request *term, struct consultation_request *r)
{
    const struct consultation_asked *old = r->asked.rows;
    const struct consultation_asked *more = in->offices.rows;
    size_t count = r->asked.count + in->offices.count;
    struct consultation_asked *asked = arena_array(c->arena, count + 1, sizeof *asked);
    for (size_t i = 0; i < r->asked.count; i++)
        asked[i] = old[i];
    for (size_t i = 0; i < in->offices.count; i++) {
        if (consultation_is_asked(r, more[i].office)) {
            problem(c, str_format(c->arena, "offices.%zu.office", i), "consultation.asked_twice");
        }
        asked[r->asked.count + i] = (struct consultation_asked){
            .office = more[i].office,
            .due_day = term->due_day,
            .due_ms = term->due_ms,
            .why = term->why,
            .added_ms = c->now_ms,
            .added_reason = in->reason,
            .register_day = term->register_day,
        };
    }
    r->asked = (struct list){asked, count};
}

static void add_bodies(struct call *c, const struct consultation_add_input *in,
                       struct consultation_request *r)
{
    const struct consultation_body *old = r->asked_bodies.rows;
    const struct consultation_body *more = in->bodies.rows;
    size_t count = r->asked_bodies.count + in->bodies.count;
    struct consultation_body *bodies = arena_array(c->arena, count + 1, sizeof *bodies);
    for (size_t i = 0; i < count; i++) {
        size_t k = i - r->asked_bodies.count;
        bool new_one = i >= r->asked_bodies.count;
        bodies[i] = new_one ? more[k] : old[i];
        for (size_t b = 0; new_one && b < i; b++) {
            if (!str_eq(bodies[b].name, bodies[i].name)) continue;
            problem(c, str_format(c->arena, "bodies.%zu.name", k), "consultation.asked_twice");
        }
    }
    r->asked_bodies = (struct list){bodies, count};
}

/* The edition goes to the new readers too: the same text as its next version. */
static enum err edition_widen(struct call *c, struct consultation_request *r)
{
    struct consultation_edition edition = {};
    if (r->edition.len == 0) return OK;
    enum err e = record_body(c, "consultation.edition", r->edition, &edition);
    return e != OK ? e : consultation_edition_put(c, edition.text, edition.previous, r);
}

enum err consultation_run_add(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_add_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_asked_check(c, &in->offices, "offices");
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    struct consultation_request term = {.legal_day = r->legal_day};
    if (in->offices.count + in->bodies.count == 0) problem(c, S("offices"), "consultation.nobody");
    consultation_deadline_set(c, in->days, &term);
    add_offices(c, in, &term, r);
    add_bodies(c, in, r);
    e = problems_fail(c);
    if (e == OK) e = edition_widen(c, r);
    if (e != OK) return e;
    struct put put = {
        .kind = "consultation.request",
        .record = in->record,
        .seen_n = in->seen,
        .body = r,
        .audience = consultation_audience(c, &r->asked),
        .audience_count = r->asked.count + 1,
        .priority = consultation_priority(r->urgency),
    };
    return record_put(c, &put, ret_result);
}

/* ---- who need not answer ---- */

static const struct consultation_giver *giver_find(const struct consultation_case *round,
                                                   struct str office, struct str body)
{
    for (size_t i = 0; i < round->giver_count; i++) {
        const struct consultation_giver *giver = &round->givers[i];
        bool same = office.len > 0 ? str_eq(giver->office, office)
                                   : giver->office.len == 0 && str_eq(giver->name, body);
        if (same) return giver;
    }
    return NULL;
}

static enum err excuse_check(struct call *c, const struct consultation_excuse_input *in,
                             const struct consultation_giver *giver)
{
    struct str field = in->office.len > 0 ? S("office") : S("body");
    if ((in->office.len > 0) == (in->body.len > 0)) {
        problem(c, S("office"), "consultation.excuse_one");
    } else if (giver == NULL) {
        problem(c, field, "consultation.not_asked");
    } else if (giver->opinion.len > 0 || giver->refused) {
        problem(c, field, "consultation.giver_answered");
    } else if (giver->excused) {
        problem(c, field, "consultation.excused_already");
    }
    return problems_fail(c);
}

enum err consultation_run_excuse(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_excuse_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_case_givers(c, &round);
    if (e == OK) e = excuse_check(c, in, giver_find(&round, in->office, in->body));
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    const struct consultation_excused *old = r->excused.rows;
    struct consultation_excused *excused =
        arena_array(c->arena, r->excused.count + 1, sizeof *excused);
    for (size_t i = 0; i < r->excused.count; i++)
        excused[i] = old[i];
    excused[r->excused.count] = (struct consultation_excused){
        .office = in->office,
        .name = consultation_giver_name(c, in->office, in->body),
        .reason = in->reason,
        .at_ms = c->now_ms,
    };
    r->excused = (struct list){excused, r->excused.count + 1};
    return consultation_request_put(c, &round, in->seen, ret_result);
}
