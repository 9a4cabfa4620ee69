#include "core/heir.h"

#include <sodium.h>

#include "core/heir_sql.h"
#include "core/office.h"
#include "core/replay.h"
#include "core/substitute.h"

/* Honest offices make no longer way; a circle that dishonest ones make ends here. */
enum { STEPS_MAX = 16 };

enum err heir_of(struct call *c, struct str office, struct heir *ret_heir)
{
    struct rows rows = {};
    enum err e = heir_row(c, office, &rows);
    if (e != OK || rows.count == 0) return e;
    struct str party = rows_text(&rows, 0, 0);
    *ret_heir = (struct heir){
        .to = str_sub(party, 2, party.len),
        .statement = rows_text(&rows, 0, 1),
        .key = rows_text(&rows, 0, 2),
        .signature = rows_text(&rows, 0, 3),
    };
    return OK;
}

enum err heir_end(struct call *c, struct str office, struct str *ret_office)
{
    struct str at = office;
    for (int step = 0; step < STEPS_MAX; step++) {
        struct heir heir = {};
        enum err e = heir_of(c, at, &heir);
        if (e != OK) return e;
        if (heir.to.len == 0) break;
        at = heir.to;
    }
    *ret_office = at;
    return OK;
}

enum err heir_is_own(struct call *c, struct str office, bool *ret_own)
{
    struct str end = office;
    enum err e = str_eq(office, c->office->id) ? OK : heir_end(c, office, &end);
    if (e == OK) *ret_own = str_eq(end, c->office->id);
    return e;
}

enum err heir_is_line(struct call *c, struct str office, struct str later, bool *ret_is)
{
    struct str at = office;
    enum err e = OK;
    *ret_is = str_eq(at, later);
    for (int step = 0; !*ret_is && step < STEPS_MAX; step++) {
        struct heir heir = {};
        e = heir_of(c, at, &heir);
        if (e != OK || heir.to.len == 0) return e;
        at = heir.to;
        *ret_is = str_eq(at, later);
    }
    return e;
}

enum err heir_named(struct call *c, struct str first, const struct version *v,
                    struct str *ret_office)
{
    struct str at = first;
    *ret_office = first;
    for (int step = 0; step < STEPS_MAX; step++) {
        struct heir heir = {};
        bool named = str_eq(at, v->home) ||
                     version_addresses(v, str_format(c->arena, "o:%.*s", STR_ARG(at)));
        if (named) {
            *ret_office = at;
            return OK;
        }
        enum err e = heir_of(c, at, &heir);
        if (e != OK || heir.to.len == 0) return e;
        at = heir.to;
    }
    return OK;
}

enum err heir_home(struct call *c, struct str kind, struct str *io_home)
{
    const struct kind *k = module_kind(kind);
    return k != NULL && kind_follows(k) ? heir_end(c, *io_home, io_home) : OK;
}

enum err heir_party(struct call *c, struct str *io_party)
{
    struct str office = str_sub(*io_party, 2, io_party->len);
    struct str end = office;
    if (!str_starts(*io_party, S("o:"))) return OK;
    enum err e = heir_end(c, office, &end);
    if (e == OK && !str_eq(end, office)) *io_party = str_format(c->arena, "o:%.*s", STR_ARG(end));
    return e;
}

/* What only a part of the office that ended saw, the chief sees. */
enum err heir_audience(struct call *c, struct str record)
{
    bool more = true;
    enum err e = OK;
    for (int step = 0; e == OK && more && step < STEPS_MAX; step++)
        e = heir_audience_step(c, record, &more);
    return e != OK ? e : heir_audience_chief(c, record);
}

enum err heir_is_meant(struct call *c, const struct version *v, bool *ret_meant)
{
    struct str own = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    *ret_meant = false;
    for (size_t i = 0; !*ret_meant && i < v->audience_count; i++) {
        struct str party = v->audience[i];
        enum err e = heir_party(c, &party);
        if (e != OK) return e;
        *ret_meant = str_eq(party, own);
    }
    return *ret_meant ? OK : heir_agreed(c, v->home, ret_meant);
}

enum err heir_refuse_own(struct call *c)
{
    struct heir heir = {};
    enum err e = heir_of(c, c->office->id, &heir);
    if (e != OK || heir.to.len == 0) return e;
    return fail(c, ERR_CONFLICT, "office.succeeded");
}

enum err heir_refuse_late(struct call *c, struct str office)
{
    bool ended = false;
    enum err e = heir_ended(c, office, &ended);
    if (e != OK) return e;
    return ended ? fail(c, ERR_CONFLICT, "arrival.succeeded") : OK;
}

/* Adds a page of heads to the sum. */
static void page_add(struct call *c, const struct rows *rows, crypto_hash_sha256_state *sum,
                     int64_t *io_count)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct kind *kind = module_kind(rows_text(rows, i, 1));
        if (kind == NULL || !kind_follows(kind)) continue;
        struct str line =
            str_format(c->arena, "%.*s %lld %.*s\n", STR_ARG(rows_text(rows, i, 0)),
                       (long long)rows_int(rows, i, 2), STR_ARG(rows_text(rows, i, 3)));
        crypto_hash_sha256_update(sum, (const uint8_t *)line.ptr, line.len);
        ++*io_count;
    }
}

enum err heir_records(struct call *c, struct str office, int64_t *ret_count, struct str *ret_hash)
{
    crypto_hash_sha256_state sum;
    uint8_t hash[crypto_hash_sha256_BYTES];
    struct str after = {};
    bool more = true;
    enum err e = OK;
    *ret_count = 0;
    crypto_hash_sha256_init(&sum);
    while (e == OK && more) {
        struct rows rows = {};
        e = heir_heads(c, office, after, &rows);
        if (e != OK) return e;
        page_add(c, &rows, &sum, ret_count);
        more = rows.count > 0;
        if (more) after = rows_text(&rows, rows.count - 1, 0);
    }
    crypto_hash_sha256_final(&sum, hash);
    *ret_hash = hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash});
    return e;
}

/* The office that takes over sees the records as their home does: they are made anew. */
static enum err records_replay(struct call *c, struct str from)
{
    struct str after = {};
    bool more = true;
    enum err e = OK;
    while (e == OK && more) {
        struct rows rows = {};
        e = heir_heads(c, from, after, &rows);
        for (size_t i = 0; e == OK && i < rows.count; i++) {
            const struct kind *kind = module_kind(rows_text(&rows, i, 1));
            if (kind != NULL && kind_follows(kind)) replay_owe(c, rows_text(&rows, i, 0));
        }
        more = e == OK && rows.count > 0;
        if (more) after = rows_text(&rows, rows.count - 1, 0);
    }
    return e;
}

static enum err heads_move(struct call *c, struct str from, struct str to)
{
    enum err e = OK;
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t k = 0; e == OK && k < module->kind_count; k++) {
            const struct kind *kind = &module->kinds[k];
            if (kind_follows(kind)) e = heir_heads_move(c, str_of(kind->table->name), from, to);
        }
    }
    return e;
}

enum err heir_put(struct call *c, const struct version *v, struct str from, struct str to)
{
    struct str end = {};
    struct succession s = {
        .giver = str_format(c->arena, "o:%.*s", STR_ARG(from)),
        .record = SUCCESSION_ALL,
        .receiver = str_format(c->arena, "o:%.*s", STR_ARG(to)),
        .seq = 1,
    };
    enum err e = succession_put(c, v, &s);
    if (e == OK) e = heir_end(c, to, &end);
    if (e == OK && str_eq(end, c->office->id)) e = records_replay(c, from);
    if (e == OK) e = heads_move(c, from, end);
    return e != OK ? e : heir_audience_all(c, s.giver, s.receiver);
}
