#include "core/passage.h"

#include <sodium.h>

#include "base/id.h"
#include "base/limits.h"
#include "core/directory.h"
#include "core/office.h"

enum { SIGNATURE_LEN = crypto_sign_BYTES };

/* What the giving home signs: one line, written in one form. */
static void statement_hash(struct call *c, struct str record, const struct passage *p,
                           uint8_t ret_hash[crypto_hash_sha256_BYTES])
{
    struct str text = str_format(c->arena,
                                 "{\"phoihop\":1,\"record\":\"%.*s\",\"n\":%lld,\"from\":\"%.*s\","
                                 "\"to\":\"%.*s\",\"key\":\"%.*s\"}",
                                 STR_ARG(record), (long long)p->n, STR_ARG(p->from), STR_ARG(p->to),
                                 STR_ARG(p->key));
    crypto_hash_sha256(ret_hash, (const uint8_t *)text.ptr, text.len);
}

enum err passage_add(struct call *c, struct version *v, struct str to)
{
    ensure(id_is_office(to) && !str_eq(to, c->office->id));
    ensure(str_eq(passage_home(v), c->office->id));
    if (v->passage_count >= LIMIT_PASSAGES) return fail(c, ERR_LIMIT, "record.passages");
    uint8_t hash[1][crypto_hash_sha256_BYTES];
    uint8_t signature[1][SIGNATURE_LEN];
    struct passage *rows = arena_array(c->arena, v->passage_count + 1, sizeof *rows);
    for (size_t i = 0; i < v->passage_count; i++)
        rows[i] = v->passages[i];
    struct passage *row = &rows[v->passage_count];
    *row = (struct passage){.n = v->n, .from = c->office->id, .to = to, .key = c->office->key};
    statement_hash(c, v->record, row, hash[0]);
    enum err e =
        c->office->signer.sign(c->office->signer.self, c, PURPOSE_HOME, hash, 1, signature);
    if (e != OK) return e;
    row->signature = hex_encode(c->arena, (struct str){(const char *)signature[0], SIGNATURE_LEN});
    v->passages = rows;
    v->passage_count++;
    return OK;
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
        bool holds = p->n > n && p->n <= v->n && str_eq(p->from, home) && !str_eq(p->to, home) &&
                     hex_decode(p->signature, signature, sizeof signature);
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
                    str_eq(x->key, y->key) && str_eq(x->signature, y->signature);
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
