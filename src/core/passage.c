#include "core/passage.h"

#include <sodium.h>

#include "base/id.h"
#include "base/limits.h"
#include "core/directory.h"
#include "core/heir.h"
#include "core/office.h"

enum { SIGNATURE_LEN = crypto_sign_BYTES };

static bool by_statement(const struct passage *p)
{
    return p->statement.len > 0;
}

/* What the giving home signs: one line, written in one form, about one record or about all. */
static void statement_hash(struct call *c, struct str record, const struct passage *p,
                           uint8_t ret_hash[crypto_hash_sha256_BYTES])
{
    struct str what =
        str_format(c->arena, "\"record\":\"%.*s\",\"n\":%lld", STR_ARG(record), (long long)p->n);
    if (by_statement(p))
        what = str_format(c->arena, "\"statement\":\"%.*s\"", STR_ARG(p->statement));
    struct str text = str_format(c->arena,
                                 "{\"phoihop\":1,%.*s,\"from\":\"%.*s\",\"to\":\"%.*s\","
                                 "\"key\":\"%.*s\"}",
                                 STR_ARG(what), STR_ARG(p->from), STR_ARG(p->to), STR_ARG(p->key));
    crypto_hash_sha256(ret_hash, (const uint8_t *)text.ptr, text.len);
}

enum err passage_sign(struct call *c, struct str record, struct passage *p)
{
    uint8_t hash[1][crypto_hash_sha256_BYTES];
    uint8_t signature[1][SIGNATURE_LEN];
    ensure(str_eq(p->from, c->office->id));
    p->key = c->office->key;
    statement_hash(c, record, p, hash[0]);
    enum err e =
        c->office->signer.sign(c->office->signer.self, c, PURPOSE_HOME, hash, 1, signature);
    if (e != OK) return e;
    p->signature = hex_encode(c->arena, (struct str){(const char *)signature[0], SIGNATURE_LEN});
    return OK;
}

/* A longer list with room for one more row; the last one is the new row. */
static enum err row_new(struct call *c, struct version *v, struct passage **ret_row)
{
    if (v->passage_count >= LIMIT_PASSAGES) return fail(c, ERR_LIMIT, "record.passages");
    struct passage *rows = arena_array(c->arena, v->passage_count + 1, sizeof *rows);
    for (size_t i = 0; i < v->passage_count; i++)
        rows[i] = v->passages[i];
    v->passages = rows;
    *ret_row = &rows[v->passage_count];
    return OK;
}

enum err passage_add(struct call *c, struct version *v, struct str to)
{
    struct passage *row = NULL;
    ensure(id_is_office(to) && !str_eq(to, c->office->id));
    ensure(str_eq(passage_home(v), c->office->id));
    enum err e = row_new(c, v, &row);
    if (e != OK) return e;
    *row = (struct passage){.n = v->n, .from = c->office->id, .to = to};
    e = passage_sign(c, v->record, row);
    if (e == OK) v->passage_count++;
    return e;
}

enum err passage_follow(struct call *c, struct version *v)
{
    enum err e = OK;
    while (e == OK && !str_eq(passage_home(v), c->office->id)) {
        struct heir heir = {};
        struct passage *row = NULL;
        e = heir_of(c, passage_home(v), &heir);
        if (e == OK) e = row_new(c, v, &row);
        if (e != OK) return e;
        ensure(heir.to.len > 0); /* the head says that it leads here */
        *row = (struct passage){.n = v->n - 1,
                                .from = passage_home(v),
                                .to = heir.to,
                                .key = heir.key,
                                .signature = heir.signature,
                                .statement = heir.statement};
        v->passage_count++;
    }
    return e;
}

int64_t passage_shown(const struct passage *p)
{
    return by_statement(p) ? p->n + 1 : p->n;
}

static const struct passage *last(const struct version *v)
{
    return v->passage_count > 0 ? &v->passages[v->passage_count - 1] : NULL;
}

bool passages_hold(const struct version *v)
{
    struct str home = id_home(v->record);
    uint8_t signature[SIGNATURE_LEN];
    int64_t n = 0;
    for (size_t i = 0; i < v->passage_count; i++) {
        const struct passage *p = &v->passages[i];
        /* whoever took over may be followed itself before it wrote anything */
        bool later = p->n > n || (by_statement(p) && p->n == n && n > 0);
        bool holds = later && passage_shown(p) <= v->n && str_eq(p->from, home) &&
                     !str_eq(p->to, home) && hex_decode(p->signature, signature, sizeof signature);
        if (!holds) return false;
        n = p->n;
        home = p->to;
    }
    return true;
}

struct str passage_author(const struct version *v)
{
    const struct passage *p = last(v);
    if (p == NULL) return id_home(v->record);
    return p->n == v->n ? p->from : p->to;
}

struct str passage_home(const struct version *v)
{
    const struct passage *p = last(v);
    return p == NULL ? id_home(v->record) : p->to;
}

bool passage_declines(const struct version *v)
{
    if (v->passage_count < 2) return false;
    const struct passage *now = last(v);
    const struct passage *before = &v->passages[v->passage_count - 2];
    return now->n == v->n && before->n == v->n - 1 && str_eq(now->to, before->from);
}

bool passage_moves(const struct version *v)
{
    const struct passage *p = last(v);
    return p != NULL && p->n == v->n && !passage_declines(v);
}

bool passages_same(const struct version *a, const struct version *b, size_t count)
{
    if (a->passage_count < count || b->passage_count < count) return false;
    for (size_t i = 0; i < count; i++) {
        const struct passage *x = &a->passages[i];
        const struct passage *y = &b->passages[i];
        bool same = x->n == y->n && str_eq(x->from, y->from) && str_eq(x->to, y->to) &&
                    str_eq(x->key, y->key) && str_eq(x->signature, y->signature) &&
                    str_eq(x->statement, y->statement);
        if (!same) return false;
    }
    return true;
}

bool passage_verify(struct call *c, struct str record, const struct passage *passage,
                    struct str public_key)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t signature[SIGNATURE_LEN];
    bool hex = hex_decode(passage->signature, signature, sizeof signature);
    ensure(hex); /* passages_hold */
    statement_hash(c, record, passage, hash);
    return str_eq(passage->key, office_key_id(c->arena, public_key)) &&
           office_verify(public_key, PURPOSE_HOME, hash,
                         (struct str){(const char *)signature, sizeof signature});
}

enum err passages_verify(struct call *c, const struct version *v, size_t first,
                         enum passage_keys keys)
{
    for (size_t i = first; i < v->passage_count; i++) {
        const struct passage *p = &v->passages[i];
        struct office_key key = {};
        enum err e = directory_key(c, p->from, p->key, &key);
        if (e == ERR_NOT_FOUND) {
            call_clear(c);
            return fail(c, ERR_INVALID, "arrival.passage");
        }
        if (e != OK) return e;
        bool counts = keys == PASSAGE_KEYS_EVER || !key.revoked;
        if (!counts || !passage_verify(c, v->record, p, key.public_key)) {
            return fail(c, ERR_INVALID, "arrival.passage");
        }
    }
    return OK;
}
