/* Logins, sessions, tokens: what stands outside the log. */
#include "core/login.h"

#include <sodium.h>

#include "base/limits.h"
#include "base/time.h"
#include "core/org.h"
#include "core/org_sql.h"
#include "core/substitute.h"
#include "core/version.h"

enum {
    HASH_PASSES = 2,
    HASH_MEMORY_BYTES = 19 * 1024 * 1024,
    SECRET_BYTES = 32,
    MARK_BYTES = 16,           /* behind the secret of a pass, as hex */
    ATTEMPTS_FREE = 5,         /* wrong tries before the first wait */
    WAIT_FIRST_MS = 30 * 1000, /* doubled by each further try */
    WAIT_MAX_MS = 15 * 60 * 1000,
    ATTEMPT_KEPT_MS = 24 * 60 * 60 * 1000, /* wrong tries are forgotten after a day of peace */
    TOUCH_MS = 60 * 1000,
    SESSION_IDLE_MS = 4 * 60 * 60 * 1000,
    SESSION_MAX_MS = 12 * 60 * 60 * 1000,
};

enum err password_hash(struct call *c, struct str password, struct str *ret_hash)
{
    char hash[crypto_pwhash_STRBYTES];
    if (password.len < LIMIT_PASSWORD_MIN_BYTES)
        return fail(c, ERR_INVALID, "login.password_short");
    if (password.len > LIMIT_PASSWORD_BYTES) return fail(c, ERR_INVALID, "login.password_long");
    bool weak = c->env->weak_passwords;
    int failed = crypto_pwhash_str_alg(
        hash, password.ptr, password.len, weak ? crypto_pwhash_OPSLIMIT_MIN : HASH_PASSES,
        weak ? crypto_pwhash_MEMLIMIT_MIN : HASH_MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) return fail(c, ERR_BUSY, "login.memory");
    *ret_hash = str_copy(c->arena, str_of(hash));
    return OK;
}

enum err actor_load(struct call *c, struct str person)
{
    struct rows rows = {};
    uint32_t roles = 0;
    enum err e = org_person_row(c, person, &rows);
    if (e != OK) return e;
    if (rows.count == 0) return fail(c, ERR_LOGIN, "login.gone");
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++) {
        if (rows_int(&rows, 0, 2 + i) != 0) roles |= 1U << i;
    }
    c->who = (struct actor){
        .person = person,
        .login = rows_text(&rows, 0, 0),
        .unit = rows_text(&rows, 0, 1),
        .roles = roles,
    };
    return substitute_actor(c);
}

static enum err person_of_login(struct call *c, struct str login, struct str *ret_person)
{
    struct rows rows = {};
    enum err e = org_person_by_login(c, login, &rows);
    if (e == OK) *ret_person = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

struct as {
    struct str login;
};

static enum err as_step(struct call *c, void *arg)
{
    const struct as *as = arg;
    struct str person = {};
    enum err e = person_of_login(c, as->login, &person);
    if (e != OK) return e;
    if (person.len == 0) {
        (void)!fail(c, ERR_LOGIN, "login.unknown");
        return fail_arg(c, "login", as->login);
    }
    return actor_load(c, person);
}

enum err login_as(struct call *c, struct str login)
{
    struct as as = {login};
    return store_read(c, as_step, &as);
}

/* One try to log in, in the order: locked? known? right? Counted by account and by address. */
struct
try {
    struct str keys[2];
    struct str login;
    struct str hash;
    struct str person;
    int64_t until_ms;
    bool right;
    bool counted; /* there were wrong tries before */
    bool touch;   /* of a device: its last use is to be noted anew */
};

static enum err try_keys(struct call *c, struct try *t)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(t->keys); i++) {
        int64_t count = 0;
        int64_t until_ms = 0;
        e = attempt_get(c, t->keys[i], &count, &until_ms);
        if (until_ms > t->until_ms) t->until_ms = until_ms;
        if (count > 0) t->counted = true;
    }
    return e;
}

static enum err locked(struct call *c, const struct try *t)
{
    (void)!fail(c, ERR_BUSY, "login.locked");
    return fail_arg(c, "until", time_hanoi_format(c->arena, t->until_ms, c->lang));
}

static enum err try_look(struct call *c, void *arg)
{
    struct try *t = arg;
    enum err e = try_keys(c, t);
    if (e == OK) e = credential_get(c, t->login, &t->hash);
    if (e == OK) e = person_of_login(c, t->login, &t->person);
    return e;
}

static enum err try_count(struct call *c, void *arg)
{
    struct try *t = arg;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(t->keys); i++) {
        int64_t count = 0;
        int64_t until_ms = 0;
        if (t->right) {
            e = attempt_drop(c, t->keys[i]);
            continue;
        }
        e = attempt_get(c, t->keys[i], &count, &until_ms);
        if (e != OK) return e;
        count++;
        int64_t over = count - ATTEMPTS_FREE;
        int64_t wait_ms = over < 0 ? 0 : over > 6 ? WAIT_MAX_MS : (int64_t)WAIT_FIRST_MS << over;
        if (wait_ms > WAIT_MAX_MS) wait_ms = WAIT_MAX_MS;
        e = attempt_put(c, t->keys[i], count, c->now_ms + wait_ms);
    }
    return e;
}

enum err login_password(struct call *c, struct str login, struct str password, struct str address)
{
    struct try t = {.login = login};
    if (login.len > LIMIT_LOGIN_BYTES || password.len > LIMIT_PASSWORD_BYTES) {
        return fail(c, ERR_LOGIN, "login.wrong");
    }
    t.keys[0] = str_format(c->arena, "login:%.*s", STR_ARG(login));
    t.keys[1] = str_format(c->arena, "address:%.*s", STR_ARG(address));
    enum err e = store_read(c, try_look, &t);
    if (e != OK) return e;
    if (t.until_ms > c->now_ms) return locked(c, &t);
    if (t.hash.len > 0 && t.person.len > 0) {
        const char *hash = str_zero(c->arena, t.hash);
        t.right = crypto_pwhash_str_verify(hash, password.ptr, password.len) == 0;
    } else {
        struct str same_time = {}; /* an unknown login costs what a known one costs */
        e = password_hash(c, password.len >= LIMIT_PASSWORD_MIN_BYTES ? password : S("not-a-login"),
                          &same_time);
        if (e != OK) call_clear(c);
    }
    e = store_tx(c, try_count, &t);
    if (e != OK) return e;
    if (!t.right) return fail(c, ERR_LOGIN, "login.wrong");
    return login_as(c, login);
}

struct password {
    struct str login;
    struct str hash;
};

static enum err password_step(struct call *c, void *arg)
{
    const struct password *p = arg;
    struct str person = {};
    enum err e = person_of_login(c, p->login, &person);
    if (e != OK) return e;
    if (person.len == 0) {
        (void)!fail(c, ERR_NOT_FOUND, "login.unknown");
        return fail_arg(c, "login", p->login);
    }
    e = credential_put(c, p->login, p->hash);
    if (e == OK) e = session_drop_person(c, person);
    return e;
}

enum err login_set_password(struct call *c, struct str login, struct str password)
{
    struct password p = {.login = login};
    enum err e = password_hash(c, password, &p.hash);
    return e != OK ? e : store_tx(c, password_step, &p);
}

/* ---- passes ---- */

static void mark_make(const struct office *office, struct str text,
                      char ret_mark[2 * MARK_BYTES + 1])
{
    uint8_t hash[MARK_BYTES];
    int failed = crypto_generichash(hash, sizeof hash, (const uint8_t *)text.ptr, text.len,
                                    office->pass_key, sizeof office->pass_key);
    ensure(failed == 0); /* only wrong lengths can fail */
    (void)sodium_bin2hex(ret_mark, 2 * MARK_BYTES + 1, hash, sizeof hash);
}

struct str pass_mark(struct arena *arena, const struct office *office, struct str text)
{
    char mark[2 * MARK_BYTES + 1];
    mark_make(office, text, mark);
    return str_copy(arena, str_of(mark));
}

bool pass_is_ours(const struct office *office, struct str pass)
{
    char mark[2 * MARK_BYTES + 1];
    if (pass.len <= 2 * MARK_BYTES) return false;
    size_t len = pass.len - 2 * MARK_BYTES;
    mark_make(office, str_sub(pass, 0, len), mark);
    return sodium_memcmp(pass.ptr + len, mark, 2 * MARK_BYTES) == 0;
}

static struct str pass_new(struct call *c)
{
    struct str secret = call_random_id(c, SECRET_BYTES);
    struct str mark = pass_mark(c->arena, c->office, secret);
    return str_format(c->arena, "%.*s%.*s", STR_ARG(secret), STR_ARG(mark));
}

/* ---- sessions ---- */

struct session {
    struct str hash;
    struct str csrf;
    bool touch;
};

static enum err session_open_step(struct call *c, void *arg)
{
    const struct session *s = arg;
    enum err e = session_sweep(c, c->now_ms - SESSION_MAX_MS, c->now_ms - SESSION_IDLE_MS);
    if (e == OK) e = attempt_sweep(c, c->now_ms - ATTEMPT_KEPT_MS);
    return e != OK ? e : session_put(c, s->hash, s->csrf);
}

enum err session_open(struct call *c, struct str *ret_secret, struct str *ret_csrf)
{
    ensure(c->who.person.len > 0); /* who has logged in */
    struct str secret = pass_new(c);
    struct session s = {.hash = version_hash(c, secret), .csrf = call_random_id(c, SECRET_BYTES)};
    enum err e = store_tx(c, session_open_step, &s);
    if (e != OK) return e;
    *ret_secret = secret;
    *ret_csrf = s.csrf;
    return OK;
}

static enum err session_read_step(struct call *c, void *arg)
{
    struct session *s = arg;
    struct rows rows = {};
    enum err e = session_get(c, s->hash, &rows);
    if (e != OK) return e;
    bool live = rows.count > 0 && rows_int(&rows, 0, 2) > c->now_ms - SESSION_MAX_MS &&
                rows_int(&rows, 0, 3) > c->now_ms - SESSION_IDLE_MS;
    if (!live) return fail(c, ERR_LOGIN, "login.session");
    s->csrf = rows_text(&rows, 0, 1);
    s->touch = rows_int(&rows, 0, 3) < c->now_ms - TOUCH_MS;
    return actor_load(c, rows_text(&rows, 0, 0));
}

static enum err session_touch_step(struct call *c, void *arg)
{
    const struct session *s = arg;
    return session_touch(c, s->hash);
}

enum err session_resume(struct call *c, struct str secret, struct str *ret_csrf)
{
    struct session s = {.hash = version_hash(c, secret)};
    enum err e = store_read(c, session_read_step, &s);
    if (e == OK && s.touch) e = store_tx(c, session_touch_step, &s);
    if (e == OK) *ret_csrf = s.csrf;
    return e;
}

static enum err session_close_step(struct call *c, void *arg)
{
    const struct session *s = arg;
    return session_drop(c, s->hash);
}

enum err session_close(struct call *c, struct str secret)
{
    struct session s = {.hash = version_hash(c, secret)};
    return store_tx(c, session_close_step, &s);
}

struct token {
    struct str login;
    struct str label;
    struct str hash;
};

static enum err token_add_step(struct call *c, void *arg)
{
    const struct token *t = arg;
    struct str person = {};
    enum err e = person_of_login(c, t->login, &person);
    if (e != OK) return e;
    if (person.len == 0) {
        (void)!fail(c, ERR_NOT_FOUND, "login.unknown");
        return fail_arg(c, "login", t->login);
    }
    return token_put(c, t->hash, person, t->label);
}

enum err token_add(struct call *c, struct str login, struct str label, struct str *ret_token)
{
    struct str token = pass_new(c);
    struct token t = {.login = login, .label = label, .hash = version_hash(c, token)};
    enum err e = store_tx(c, token_add_step, &t);
    if (e == OK) *ret_token = token;
    return e;
}

static enum err token_login_step(struct call *c, void *arg)
{
    const struct token *t = arg;
    struct str person = {};
    enum err e = token_get(c, t->hash, &person);
    if (e != OK) return e;
    return person.len == 0 ? fail(c, ERR_LOGIN, "login.token") : actor_load(c, person);
}

enum err token_login(struct call *c, struct str token)
{
    struct token t = {.hash = version_hash(c, token)};
    return store_read(c, token_login_step, &t);
}

/* ---- devices ---- */

/* What a person types from a screen into a telephone: 100 bits as five groups of four letters. */
enum { DEVICE_BYTES = 13, DEVICE_LETTERS = 20, DEVICE_GROUP = 4, DEVICE_SEEN_MS = 60 * 60 * 1000 };

static struct str device_hash(struct call *c, struct str password)
{
    struct sb sb = sb_new(c->arena, LIMIT_PASSWORD_BYTES);
    for (size_t i = 0; i < password.len; i++) {
        char ch = password.ptr[i];
        if (ch == ' ' || ch == '-') continue;
        sb_char(&sb, ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch);
    }
    return version_hash(c, sb_str(&sb));
}

struct device {
    struct str label;
    struct str hash;
    struct node *list;
};

static enum err device_add_step(struct call *c, void *arg)
{
    const struct device *d = arg;
    struct rows rows = {};
    enum err e = device_rows(c, &rows);
    if (e != OK) return e;
    if (rows.count >= LIMIT_DEVICES) return fail(c, ERR_CONFLICT, "device.many");
    return device_put(c, d->hash, d->label);
}

enum err device_add(struct call *c, struct str label, struct str *ret_password)
{
    struct str letters = str_sub(call_random_id(c, DEVICE_BYTES), 0, DEVICE_LETTERS);
    struct sb sb = sb_new(c->arena, 0);
    if (c->who.person.len == 0) return fail(c, ERR_LOGIN, "login");
    if (label.len == 0) problem(c, S("label"), "field.required");
    if (label.len > LIMIT_NAME_BYTES) problem(c, S("label"), "field.too_long");
    enum err e = problems_fail(c);
    if (e != OK) return e;
    for (size_t i = 0; i < letters.len; i++) {
        if (i > 0 && i % DEVICE_GROUP == 0) sb_char(&sb, '-');
        sb_char(&sb, letters.ptr[i]);
    }
    struct device d = {.label = label, .hash = device_hash(c, letters)};
    e = store_tx(c, device_add_step, &d);
    if (e == OK) *ret_password = sb_str(&sb);
    return e;
}

static enum err device_list_step(struct call *c, void *arg)
{
    const struct device *d = arg;
    struct rows rows = {};
    enum err e = device_rows(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct node *row = node_add_map(c, d->list);
        int64_t seen_ms = rows_int(&rows, i, 3);
        node_text(c, row, "id", rows_text(&rows, i, 0));
        node_text(c, row, "label", rows_text(&rows, i, 1));
        node_text(c, row, "created", time_hanoi_format(c->arena, rows_int(&rows, i, 2), c->lang));
        node_text(c, row, "seen",
                  seen_ms == 0 ? (struct str){} : time_hanoi_format(c->arena, seen_ms, c->lang));
    }
    return e;
}

enum err device_list(struct call *c, struct node *ret_list)
{
    struct device d = {.list = ret_list};
    return store_read(c, device_list_step, &d);
}

static enum err device_remove_step(struct call *c, void *arg)
{
    const struct device *d = arg;
    bool dropped = false;
    enum err e = device_drop(c, d->hash, &dropped);
    return e == OK && !dropped ? fail(c, ERR_NOT_FOUND, "device.gone") : e;
}

enum err device_remove(struct call *c, struct str id)
{
    struct device d = {.hash = id};
    return store_tx(c, device_remove_step, &d);
}

static enum err device_look(struct call *c, void *arg)
{
    struct try *t = arg;
    struct rows rows = {};
    enum err e = try_keys(c, t);
    if (e == OK) e = person_of_login(c, t->login, &t->person);
    if (e == OK) e = device_get(c, t->hash, &rows);
    if (e != OK) return e;
    t->right = rows.count > 0 && t->person.len > 0 && str_eq(rows_text(&rows, 0, 0), t->person);
    if (!t->right) return OK;
    t->touch = rows_int(&rows, 0, 1) < c->now_ms - DEVICE_SEEN_MS;
    return actor_load(c, t->person);
}

static enum err device_note(struct call *c, void *arg)
{
    struct try *t = arg;
    enum err e = t->counted || !t->right ? try_count(c, t) : OK;
    return e == OK && t->touch ? device_touch(c, t->hash) : e;
}

enum err device_login(struct call *c, struct str login, struct str password, struct str address)
{
    struct try t = {.login = login};
    if (login.len > LIMIT_LOGIN_BYTES || password.len > LIMIT_PASSWORD_BYTES)
        return fail(c, ERR_LOGIN, "device.wrong");
    t.keys[0] = str_format(c->arena, "device:%.*s", STR_ARG(login));
    t.keys[1] = str_format(c->arena, "device-address:%.*s", STR_ARG(address));
    t.hash = device_hash(c, password);
    enum err e = store_read(c, device_look, &t);
    if (e != OK) return e;
    if (!t.right && t.until_ms > c->now_ms) return locked(c, &t);
    if (t.counted || t.touch || !t.right) e = store_tx(c, device_note, &t);
    if (e != OK) return e;
    return t.right ? OK : fail(c, ERR_LOGIN, "device.wrong");
}
