#include "core/invite.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/invite_sql.h"
#include "core/office.h"
#include "core/org_acts.h"
#include "core/org_sql.h"
#include "core/version.h"

#include <sodium.h>

enum { PART_BYTES = 10, GROUP = 4, WRONG_FREE = 10, WAIT_FIRST_MS = 1000, WAIT_DOUBLINGS_MAX = 6 };

/* One count for all: a stranger takes another name whenever it likes. */
static const struct str ATTEMPTS = {"invite", 6};

struct str invite_fingerprint(struct arena *arena, struct str public_key)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)public_key.ptr, public_key.len);
    return base32_encode(arena, (struct str){(const char *)hash, PART_BYTES});
}

static struct str code_write(struct call *c, struct str secret, struct str fingerprint)
{
    struct sb sb = sb_new(c->arena, 0);
    struct str all = str_format(c->arena, "%.*s%.*s", STR_ARG(secret), STR_ARG(fingerprint));
    ensure(all.len == INVITE_CODE_LEN);
    for (size_t i = 0; i < all.len; i += GROUP) {
        if (i > 0) sb_char(&sb, '-');
        sb_put(&sb, str_sub(all, i, i + GROUP));
    }
    return sb_str(&sb);
}

enum err invite_code_read(struct call *c, struct str code, struct str *ret_secret,
                          struct str *ret_fingerprint)
{
    char *letters = arena_alloc(c->arena, INVITE_CODE_LEN);
    size_t count = 0;
    for (size_t i = 0; i < code.len; i++) {
        char letter = code.ptr[i];
        if (letter == '-' || letter == ' ') continue;
        if (letter >= 'A' && letter <= 'Z') letter = (char)(letter - 'A' + 'a');
        bool base32 = (letter >= 'a' && letter <= 'z') || (letter >= '2' && letter <= '7');
        if (!base32 || count == INVITE_CODE_LEN) return fail(c, ERR_SYNTAX, "invite.code");
        letters[count++] = letter;
    }
    if (count != INVITE_CODE_LEN) return fail(c, ERR_SYNTAX, "invite.code");
    *ret_secret = (struct str){letters, INVITE_PART_LEN};
    *ret_fingerprint = (struct str){letters + INVITE_PART_LEN, INVITE_PART_LEN};
    return OK;
}

struct making {
    const struct invite_order *order;
    struct str hash;
};

static enum err make_step(struct call *c, void *arg)
{
    enum { PERSON, ADMIN };
    const struct making *m = arg;
    struct rows rows = {};
    int64_t open = 0;
    enum err e = invite_sql_person(c, m->order->login, &rows);
    if (e != OK) return e;
    if (rows.count == 0) {
        (void)!fail(c, ERR_NOT_FOUND, "login.unknown");
        return fail_arg(c, "login", m->order->login);
    }
    if (rows_int(&rows, 0, ADMIN) == 0) return fail(c, ERR_DENIED, "invite.admin");
    e = invite_sql_open(c, &open);
    if (e != OK) return e;
    if (open >= LIMIT_INVITES_OPEN) return fail(c, ERR_LIMIT, "invite.many");
    const struct invite_row row = {
        .hash = m->hash,
        .name = m->order->name,
        .person = rows_text(&rows, 0, PERSON),
        .until_ms = c->now_ms + m->order->days * TIME_DAY_MS,
    };
    store_note(c, S("invitation"));
    return invite_sql_insert(c, &row);
}

enum err invite_make(struct call *c, const struct invite_order *order, struct str *ret_code)
{
    ensure(order->days > 0 && order->days <= LIMIT_INVITE_DAYS);
    struct str secret = call_random_id(c, PART_BYTES);
    struct making m = {.order = order, .hash = version_hash(c, secret)};
    enum err e = store_tx(c, make_step, &m);
    if (e != OK) return e;
    struct str fingerprint = invite_fingerprint(c->arena, c->office->public_key);
    *ret_code = code_write(c, secret, fingerprint);
    return OK;
}

enum err invite_open_until(struct call *c, int64_t *ret_until_ms)
{
    return invite_sql_until(c, ret_until_ms);
}

struct taking {
    struct str hash;
    const struct org_peer *card;
    bool locked;
    bool wrong;
};

/* Kept although nothing else is: how often somebody was wrong. */
static enum err wrong_count(struct call *c, int64_t count)
{
    int64_t over = count - WRONG_FREE;
    int64_t doublings = over > WAIT_DOUBLINGS_MAX ? WAIT_DOUBLINGS_MAX : over;
    int64_t wait_ms = over <= 0 ? 0 : (int64_t)WAIT_FIRST_MS << doublings;
    return attempt_put(c, ATTEMPTS, count, c->now_ms + wait_ms);
}

/* It is entered in the name of the person who invited it. */
static enum err office_enter(struct call *c, const struct taking *t, const struct invite_row *row)
{
    struct org_peer peer = *t->card;
    struct act_result result = {};
    const struct fail_arg args[] = {{"name", row->name}};
    peer.rank = 0;
    struct str why = words_fill(c->arena, c->lang, S("invite.entered"), args, ARRAY_LEN(args));
    peer.reason = why;
    c->who.person = row->person;
    enum err e = org_peer_add(c, &peer, &result);
    if (e == OK) e = invite_sql_use(c, row->hash, peer.office);
    if (e == OK) e = attempt_drop(c, ATTEMPTS);
    return e;
}

static enum err take_step(struct call *c, void *arg)
{
    struct taking *t = arg;
    struct invite_row row = {};
    struct peer known = {};
    bool found = false;
    int64_t count = 0;
    int64_t until_ms = 0;
    enum err e = attempt_get(c, ATTEMPTS, &count, &until_ms);
    t->locked = until_ms > c->now_ms;
    t->wrong = false;
    if (e != OK || t->locked) return e;
    e = invite_sql_find(c, t->hash, &row, &found);
    if (e != OK) return e;
    bool again = found && row.used_ms > 0 && str_eq(row.office, t->card->office);
    t->wrong = !found || row.until_ms <= c->now_ms || (row.used_ms > 0 && !again);
    if (t->wrong) return wrong_count(c, count + 1);
    if (!again) return office_enter(c, t, &row);
    e = peer_find(c, row.office, &known);
    bool same = str_eq(hex_encode(c->arena, known.public_key), t->card->key.public_key);
    return e != OK || same ? e : fail(c, ERR_CONFLICT, "office.peer_known");
}

enum err invite_take(struct call *c, struct str secret, const struct org_peer *card)
{
    struct taking t = {.hash = version_hash(c, secret), .card = card};
    enum err e = store_tx(c, take_step, &t);
    if (e != OK) return e;
    if (t.locked) return fail(c, ERR_BUSY, "invite.locked");
    return t.wrong ? fail(c, ERR_DENIED, "invite.wrong") : OK;
}

enum err invite_list(struct call *c, struct node *list)
{
    enum { NAME, BY, MADE, UNTIL, USED, OFFICE, CODE, FULL, KEY, ADDRESS };
    struct rows rows = {};
    enum err e = invite_sql_list(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct node *row = node_add_map(c, list);
        int64_t used_ms = rows_int(&rows, i, USED);
        bool over = rows_int(&rows, i, UNTIL) <= c->now_ms;
        node_text(c, row, "name", rows_text(&rows, i, NAME));
        node_text(c, row, "by", rows_text(&rows, i, BY));
        node_text(c, row, "made", time_format_instant(c->arena, rows_int(&rows, i, MADE)));
        node_text(c, row, "until", time_format_instant(c->arena, rows_int(&rows, i, UNTIL)));
        node_text(c, row, "state", used_ms > 0 ? S("used") : over ? S("over") : S("open"));
        if (used_ms == 0) continue;
        node_text(c, row, "used", time_format_instant(c->arena, used_ms));
        node_text(c, row, "office", rows_text(&rows, i, OFFICE));
        node_text(c, row, "code", rows_text(&rows, i, CODE));
        node_text(c, row, "office_name", rows_text(&rows, i, FULL));
        node_text(c, row, "public_key", rows_text(&rows, i, KEY));
        node_text(c, row, "address", rows_text(&rows, i, ADDRESS));
    }
    return e;
}
