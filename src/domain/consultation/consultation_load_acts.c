/* consultation_load_acts.c: pages counted and corrected, the agreed rate, and what it means for a
 * request that is about to be sent. */
#include "base/time.h"
#include "base/utf8.h"
#include "base/words.h"
#include "consultation_acts.h"
#include "consultation_load_sql.h"
#include "consultation_pages.h"
#include "core/act.h"
#include "core/office.h"
#include "core/parse.h"

/* ---- pages ---- */

enum err consultation_pages_read(struct call *c, const struct list *files)
{
    const struct file_ref *refs = files->rows;
    for (size_t i = 0; i < files->count; i++) {
        struct parse parse = {};
        if (parse_now(c, refs[i].root, &parse) == OK) continue;
        call_clear(c); /* nobody reads it now: the file stays uncounted, and that is said */
    }
    return OK;
}

/* Letters, not bytes: a continuation byte begins none. */
static int64_t text_pages(struct str text)
{
    int64_t letters = 0;
    for (size_t i = 0; i < text.len; i++)
        letters += ((unsigned char)text.ptr[i] & 0xC0) != 0x80 ? 1 : 0;
    return (letters + CONSULTATION_PAGE_CHARS - 1) / CONSULTATION_PAGE_CHARS;
}

static int64_t less_certain(int64_t basis, int64_t other)
{
    return other > basis ? other : basis;
}

enum err consultation_pages_count(struct call *c, const struct list *files, struct str text,
                                  struct consultation_pages *ret_pages)
{
    static const int64_t BASES[] = {[PARSE_COUNTED] = BASIS_COUNTED,
                                    [PARSE_CLAIMED] = BASIS_CLAIMED,
                                    [PARSE_ESTIMATED] = BASIS_ESTIMATED};
    const struct file_ref *refs = files->rows;
    struct consultation_pages sum = {};
    for (size_t i = 0; i < files->count; i++) {
        struct parse parse = {};
        enum err e = parse_find(c, refs[i].root, &parse);
        if (e != OK) return e;
        if (parse.state != PARSE_DONE) continue;
        sum.pages += parse.pages;
        sum.basis = less_certain(sum.basis, BASES[parse.basis]);
    }
    /* a text beside files is what stands in one of them */
    if (sum.pages == 0 && text.len > 0) {
        sum = (struct consultation_pages){text_pages(text), BASIS_ESTIMATED};
    }
    if (sum.pages > CONSULTATION_PAGES) sum.pages = CONSULTATION_PAGES;
    *ret_pages = sum;
    return OK;
}

/* Every holder has the files read, for their preview and their pages. */
enum err consultation_request_tell(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_request *r = body;
    const struct file_ref *refs = r->files.rows;
    enum err e = OK;
    (void)v;
    for (size_t i = 0; e == OK && i < r->files.count; i++)
        e = parse_ask(c, refs[i].root);
    return e;
}

enum err consultation_can_count_pages(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_ADD);
}

static void pages_by_hand(struct consultation_request *r, int64_t pages, struct str reason)
{
    if (r->pages_basis != BASIS_BY_HAND) r->pages_counted = r->pages;
    r->pages = pages;
    r->pages_basis = BASIS_BY_HAND;
    r->pages_reason = reason;
}

enum err consultation_run_count_pages(struct call *c, const void *input,
                                      struct act_result *ret_result)
{
    const struct consultation_pages_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    if (in->pages == 0) problem(c, S("pages"), "consultation.pages_none");
    e = problems_fail(c);
    if (e != OK) return e;
    pages_by_hand(&round.request, in->pages, in->reason);
    return consultation_request_put(c, &round, in->seen, ret_result);
}

/* ---- the agreed rate ---- */

enum err consultation_rate_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_rate *rate = body;
    (void)v;
    return rate->pages > 0 ? OK : fail(c, ERR_INVALID, "consultation.rate_none");
}

enum err consultation_rate_load(struct call *c, struct consultation_rate *ret_rate)
{
    struct str record = {};
    enum err e = consultation_sql_rate(c, &record);
    if (e != OK || record.len == 0) return e;
    return record_body(c, "consultation.rate", record, ret_rate);
}

enum err consultation_run_set_rate(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_rate_input *in = input;
    struct consultation_rate rate = {.pages = in->pages,
                                     .source = in->source,
                                     .from_day = time_hanoi_day(c->now_ms),
                                     .signer_title = person_title(c, c->who.person)};
    struct put put = {.kind = "consultation.rate", .body = &rate};
    enum err e = consultation_sql_rate(c, &put.record);
    return e != OK ? e : record_put(c, &put, ret_result);
}

/* ---- who has to read what ---- */

static struct consultation_reader *reader_of(struct consultation_reader *readers, size_t *count,
                                             struct str party)
{
    for (size_t i = 0; i < *count; i++) {
        if (str_eq(readers[i].party, party)) return &readers[i];
    }
    readers[*count].party = party;
    return &readers[(*count)++];
}

static struct str party_of(struct call *c, const struct consultation_waiting *w)
{
    if (!str_eq(w->office, c->office->id)) {
        return str_format(c->arena, "o:%.*s", STR_ARG(w->office));
    }
    if (w->officer.len == 0) return S("i:");
    return str_format(c->arena, "p:%.*s", STR_ARG(w->officer));
}

/* One line for each party, or, to weigh a deadline, one for each office. */
static enum err readers_load(struct call *c, bool offices, struct str except,
                             struct list *ret_readers)
{
    struct consultation_waiting *rows = NULL;
    size_t row_count = 0;
    size_t count = 0;
    enum err e = consultation_sql_waiting(c, &rows, &row_count);
    if (e != OK) return e;
    struct consultation_reader *readers = arena_array(c->arena, row_count + 1, sizeof *readers);
    for (size_t i = 0; i < row_count; i++) {
        if (str_eq(rows[i].record, except)) continue;
        struct str party = offices ? str_format(c->arena, "o:%.*s", STR_ARG(rows[i].office))
                                   : party_of(c, &rows[i]);
        struct consultation_reader *reader = reader_of(readers, &count, party);
        if (reader->tasks == NULL) {
            reader->tasks = arena_array(c->arena, row_count - i, sizeof *reader->tasks);
        }
        if (rows[i].pages == 0) {
            reader->unknown++;
            continue;
        }
        reader->tasks[reader->count++] = (struct consultation_task){rows[i].due_day, rows[i].pages};
    }
    *ret_readers = (struct list){readers, count};
    return OK;
}

enum err consultation_load_readers(struct call *c, struct list *ret_readers)
{
    return readers_load(c, false, (struct str){}, ret_readers);
}

enum err consultation_load_asked(struct call *c, const struct list *asked, struct str except,
                                 struct list *ret_readers)
{
    const struct consultation_asked *offices = asked->rows;
    struct list all = {};
    enum err e = readers_load(c, true, except, &all);
    if (e != OK) return e;
    const struct consultation_reader *known = all.rows;
    struct consultation_reader *readers = arena_array(c->arena, asked->count + 1, sizeof *readers);
    for (size_t i = 0; i < asked->count; i++) {
        readers[i].party = str_format(c->arena, "o:%.*s", STR_ARG(offices[i].office));
        for (size_t k = 0; k < all.count; k++) {
            if (str_eq(known[k].party, readers[i].party)) readers[i] = known[k];
        }
    }
    *ret_readers = (struct list){readers, asked->count};
    return OK;
}

/* ---- a request that is about to be sent ---- */

/* Whether its deadline asks too much of somebody; then the first day that does not is noted. */
static enum err weigh_deadline(struct call *c, struct str approved_by,
                               struct consultation_request *r)
{
    struct list readers = {};
    struct consultation_proposal proposal = {};
    int64_t today = time_hanoi_day(c->now_ms);
    enum err e = consultation_load_asked(c, &r->asked, r->previous, &readers);
    if (e != OK) return e;
    bool there = consultation_load_propose(c->office->calendar, today, r->rate, r->pages, &readers,
                                           &proposal);
    if (there && r->due_day >= proposal.day) return OK;
    r->earliest_day = there ? proposal.day : 0;
    r->short_by = approved_by;
    if (str_trim(approved_by).len == 0) problem(c, S("approved_by"), "consultation.too_short");
    return OK;
}

enum err consultation_load_weigh(struct call *c, const struct consultation_weight *weight,
                                 struct consultation_request *r)
{
    struct consultation_pages counted = {};
    struct consultation_rate rate = {};
    enum err e = consultation_pages_count(c, &r->files, weight->text, &counted);
    if (e == OK) e = consultation_rate_load(c, &rate);
    if (e != OK) return e;
    r->pages = counted.pages;
    r->pages_basis = counted.basis;
    bool hand = weight->pages > 0 && weight->pages != counted.pages;
    if (hand && str_trim(weight->reason).len == 0) {
        problem(c, S("pages_reason"), "consultation.pages_reason");
    }
    if (hand) pages_by_hand(r, weight->pages, weight->reason);
    r->rate = rate.pages;
    r->rate_source = rate.source;
    bool weighed = r->rate > 0 && r->pages > 0 && r->asked.count > 0 && r->due_day > 0;
    return weighed ? weigh_deadline(c, weight->approved_by, r) : OK;
}

/* ---- in words ---- */

static struct str number(struct call *c, int64_t n)
{
    return str_format(c->arena, "%lld", (long long)n);
}

struct str consultation_pages_text(struct call *c, const struct consultation_request *r)
{
    struct fail_arg args[] = {
        {"pages", number(c, r->pages)},
        {"basis",
         consultation_choice_text(c, &CONSULTATION_REQUEST, "pages_basis", r->pages_basis)},
        {"counted", number(c, r->pages_counted)},
        {"reason", r->pages_reason},
    };
    if (r->pages == 0) return (struct str){};
    const char *key =
        r->pages_basis == BASIS_BY_HAND ? "consultation.pages_hand" : "consultation.pages_text";
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

/* "24,8 trang/ngày làm việc", rounded up: nobody reads less than there is. */
struct str consultation_rate_text(struct call *c, int64_t pages, int64_t days)
{
    if (pages == 0 || days <= 0) return (struct str){};
    int64_t tenths = (pages * 10 + days - 1) / days;
    struct fail_arg args[] = {{"whole", number(c, tenths / 10)}, {"tenth", number(c, tenths % 10)}};
    const char *key = tenths % 10 == 0 ? "consultation.rate_whole" : "consultation.rate_tenth";
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

struct str consultation_short_text(struct call *c, const struct consultation_request *r)
{
    struct fail_arg args[] = {
        {"by", r->short_by},
        {"day", time_format_day_vn(c->arena, r->earliest_day)},
        {"rate", number(c, r->rate)},
        {"source", r->rate_source},
    };
    if (r->short_by.len == 0) return (struct str){};
    const char *key = r->earliest_day != 0 ? "consultation.short" : "consultation.short_no_day";
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

void consultation_load_facts(struct call *c, struct view *view,
                             const struct consultation_request *r)
{
    view_fact(c, view, "field.consultation.request.pages", consultation_pages_text(c, r));
    view_fact(c, view, "consultation.column.rate", consultation_rate_text(c, r->pages, r->days));
    view_fact(c, view, "consultation.column.short", consultation_short_text(c, r));
}
