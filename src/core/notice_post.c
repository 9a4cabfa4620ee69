#include "core/notice_post.h"

#include "base/time.h"
#include "base/utf8.h"
#include "base/words.h"
#include "core/notice_sql.h"
#include "core/office.h"
#include "core/post.h"

enum { SHORT_ID = 6, CODE = 4, KEY_BYTES = 10, SUBJECT_TITLE_BYTES = 200 };

/* What one post stands for, and what became of it. */
struct posting {
    struct str key;
    struct notice_post post;
    struct str to; /* address or number; empty: nobody to reach */
    struct notice_rules rules;
    struct rows carried;
    size_t alive; /* of them, still to be said */
    bool sent;
};

enum column { C_ID, C_ABOUT, C_WHAT, C_STEP, C_DUE, C_TITLE, C_URGENT, C_KIND, C_OPEN };

static enum err load_step(struct call *c, void *arg)
{
    struct posting *p = arg;
    struct rows address = {};
    enum err e = notice_sql_post_get(c, p->key, &p->post);
    if (e == OK) e = notice_sql_address(c, p->post.person, &address);
    if (e == OK) e = notice_rules_of(c, p->post.person, &p->rules);
    if (e == OK) e = notice_sql_carried(c, &p->post, &p->carried);
    if (e != OK) return e;
    p->to = (struct str){};
    p->alive = 0;
    if (address.count > 0) p->to = rows_text(&address, 0, (size_t)p->post.channel - 1);
    for (size_t i = 0; i < p->carried.count; i++)
        p->alive += rows_int(&p->carried, i, C_OPEN) != 0 ? 1 : 0;
    return OK;
}

/* ---- words ---- */

static struct str filled(struct call *c, const char *key, const struct fail_arg *args, size_t count)
{
    return words_fill(c->arena, c->lang, str_of(key), args, count);
}

/* "Trả lời xin ý kiến", or what was told. */
static struct str what_word(struct call *c, struct str what)
{
    struct str key = str_format(c->arena, "obligation.%.*s", STR_ARG(what));
    return words(c->lang, key);
}

/* "Xin ý kiến" for "consultation.request". */
static struct str subject_word(struct call *c, struct str kind)
{
    struct str module = {};
    struct str rest = {};
    (void)str_cut(kind, '.', &module, &rest);
    struct str key = str_format(c->arena, "module.%.*s", STR_ARG(module));
    return kind.len > 0 ? words(c->lang, key) : words(c->lang, S("notice.matter"));
}

/* Six characters of the record's random half: what people read to each other. */
static struct str short_id(struct str record)
{
    struct str home = {};
    struct str random = {};
    (void)str_cut(record, '.', &home, &random);
    return str_sub(random, 0, SHORT_ID);
}

/* One line for each notice: step, act, date, link. */
static void line_put(struct call *c, struct sb *sb, const struct posting *p, size_t i)
{
    const struct rows *rows = &p->carried;
    struct str step = rows_text(rows, i, C_STEP);
    int64_t due_ms = rows_int(rows, i, C_DUE);
    sb_put(sb, words(c->lang, str_format(c->arena, "notice.step.%.*s", STR_ARG(step))));
    sb_put(sb, S(": "));
    sb_put(sb, what_word(c, rows_text(rows, i, C_WHAT)));
    sb_char(sb, '\n');
    if (p->rules.titles && rows_text(rows, i, C_TITLE).len > 0) {
        sb_printf(sb, "%.*s\n", STR_ARG(rows_text(rows, i, C_TITLE)));
    }
    if (due_ms > 0) {
        struct fail_arg args[] = {{"due", time_hanoi_format(c->arena, due_ms, c->lang)}};
        sb_put(sb, filled(c, "notice.due", args, ARRAY_LEN(args)));
        sb_char(sb, '\n');
    }
    if (rows_text(rows, i, C_ABOUT).len > 0) {
        sb_printf(sb, "%.*s/record/%.*s\n", STR_ARG(c->office->door->pages),
                  STR_ARG(rows_text(rows, i, C_ABOUT)));
    }
    sb_char(sb, '\n');
}

static struct str letter_text(struct call *c, const struct posting *p)
{
    struct sb sb = sb_new(c->arena, 0);
    struct fail_arg args[] = {{"office", c->office->name},
                              {"count", str_format(c->arena, "%zu", p->alive)}};
    const char *head = p->post.bulletin ? "notice.bulletin_head" : "notice.letter_head";
    size_t said = 0;
    sb_put(&sb, filled(c, head, args, ARRAY_LEN(args)));
    sb_put(&sb, S("\n\n"));
    for (size_t i = 0; i < p->carried.count && said < NOTICE_BULLETIN_MAX; i++) {
        if (rows_int(&p->carried, i, C_OPEN) == 0) continue;
        line_put(c, &sb, p, i);
        said++;
    }
    struct fail_arg more[] = {{"count", str_format(c->arena, "%zu", p->alive - said)}};
    if (said < p->alive) {
        sb_put(&sb, filled(c, "notice.more", more, ARRAY_LEN(more)));
        sb_put(&sb, S("\n\n"));
    }
    sb_printf(&sb, "-- \n%.*s\n%.*s/view/notices.list\n", STR_ARG(words(c->lang, S("notice.foot"))),
              STR_ARG(c->office->door->pages));
    return sb_str(&sb);
}

/* "[VPCP] Xin ý kiến: Dự thảo ... #3f7kq2": the same for every letter about the record. */
static struct str single_subject(struct call *c, const struct posting *p, size_t i)
{
    const struct rows *rows = &p->carried;
    struct str title = p->rules.titles ? rows_text(rows, i, C_TITLE) : (struct str){};
    title = str_sub(title, 0, utf8_cut(title, SUBJECT_TITLE_BYTES));
    struct str about = rows_text(rows, i, C_ABOUT);
    struct sb sb = sb_new(c->arena, 0);
    sb_printf(&sb, "[%.*s] %.*s", STR_ARG(c->office->code),
              STR_ARG(subject_word(c, rows_text(rows, i, C_KIND))));
    if (title.len > 0) sb_printf(&sb, ": %.*s", STR_ARG(title));
    if (about.len > 0) sb_printf(&sb, " #%.*s", STR_ARG(short_id(about)));
    return sb_str(&sb);
}

static struct str bulletin_subject(struct call *c, const struct posting *p)
{
    struct fail_arg args[] = {{"count", str_format(c->arena, "%zu", p->alive)},
                              {"day", time_format_day_vn(c->arena, p->post.day)}};
    struct str text = filled(c, "notice.bulletin_subject", args, ARRAY_LEN(args));
    return str_format(c->arena, "[%.*s] %.*s", STR_ARG(c->office->code), STR_ARG(text));
}

static size_t first_alive(const struct posting *p)
{
    for (size_t i = 0; i < p->carried.count; i++) {
        if (rows_int(&p->carried, i, C_OPEN) != 0) return i;
    }
    ensure(false); /* asked only when there is one */
    return 0;
}

static enum err mail_send(struct call *c, const struct posting *p)
{
    const struct post_door *door = c->office->door;
    size_t first = first_alive(p);
    struct letter letter = {
        .to = p->to,
        .key = p->key,
        .text = letter_text(c, p),
        .time_ms = p->post.at_ms, /* the same bytes when it is handed over again */
        .subject = p->post.bulletin ? bulletin_subject(c, p) : single_subject(c, p, first),
    };
    struct str about = rows_text(&p->carried, first, C_ABOUT);
    if (!p->post.bulletin && about.len > 0) letter.thread = about;
    return door->mail(door->self, c, p->to, post_letter(c, door, &letter));
}

/* No content: that something waits, how much, and a code to find the letter by. */
static enum err sms_send(struct call *c, const struct posting *p)
{
    const struct post_door *door = c->office->door;
    struct fail_arg args[] = {{"code", str_sub(p->key, 0, CODE)},
                              {"count", str_format(c->arena, "%zu", p->alive)},
                              {"office", c->office->code}};
    return door->sms(door->self, c, p->to, filled(c, "notice.sms", args, ARRAY_LEN(args)), p->key);
}

enum err post_before(struct call *c, struct job *job)
{
    struct posting *p = arena_alloc(c->arena, sizeof *p);
    const struct post_door *door = c->office->door;
    p->key = job->key;
    enum err e = store_read(c, load_step, p);
    if (e != OK) return e;
    job->found = p;
    bool mail = p->post.channel == NOTICE_MAIL;
    bool reached = mail ? post_address_ok(p->to) : post_phone_ok(p->to);
    if (p->post.sent_ms != 0 || p->alive == 0 || !reached) return OK; /* nothing to say any more */
    bool open = door != NULL && (mail ? door->mail != NULL : door->sms != NULL);
    if (!open) return fail(c, ERR_CONFLICT, "notice.closed");
    e = mail ? mail_send(c, p) : sms_send(c, p);
    p->sent = e == OK;
    return e;
}

static bool was_read(const struct posting *p, int64_t id)
{
    for (size_t i = 0; i < p->carried.count; i++) {
        if (rows_int(&p->carried, i, C_ID) == id) return true;
    }
    return false;
}

/* A clock that was set back may let a notice join a bulletin which is on its way. */
static enum err stragglers_move(struct call *c, const struct posting *p)
{
    struct rows now = {};
    struct notice_post next = p->post;
    next.key = (struct str){};
    enum err e = notice_sql_carried(c, &p->post, &now);
    for (size_t i = 0; e == OK && i < now.count; i++) {
        int64_t id = rows_int(&now, i, C_ID);
        if (was_read(p, id)) continue;
        if (next.key.len == 0) {
            next.key = call_random_id(c, KEY_BYTES);
            next.at_ms = c->now_ms;
            e = notice_sql_post_put(c, &next);
            if (e == OK) e = job_put(c, "notice.post", next.key, next.at_ms);
        }
        if (e == OK) e = notice_sql_move(c, &p->post, id, next.key);
    }
    return e;
}

enum err post_run(struct call *c, const struct job *job, bool *ret_again)
{
    const struct posting *p = job->found;
    (void)ret_again;
    if (p->post.sent_ms != 0) return OK;
    enum err e = notice_sql_post_sent(c, p->key, p->sent ? c->now_ms : -1);
    return e == OK && p->post.bulletin ? stragglers_move(c, p) : e;
}
