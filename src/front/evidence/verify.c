#include "front/evidence/verify.h"

#include "base/id.h"
#include "base/limits.h"
#include "base/time.h"
#include "front/cli/cli_json.h"
#include "front/evidence/verify_run.h"
#include "front/tls/seal.h"
#include "store/merkle.h"

#include <sodium.h>

enum { SMALL_BYTES_MAX = 1024 * 1024 }; /* manifest, offices, seal */

/* A container being read: one part at a time is open. */
struct reading {
    struct verify v;
    struct asice_digest digests[LIMIT_EVIDENCE_PARTS]; /* what the manifest should say */
    size_t digest_count;
    struct sb objects;
    struct sb offices;
    struct sb manifest;
    struct sb seal;
    struct sb mimetype;
    struct str *roots; /* of the files, hex */
    size_t root_count;
    /* the open part */
    struct str name;
    struct sb *keep; /* NULL: its bytes are not kept */
    crypto_hash_sha256_state sha256;
    struct merkle merkle; /* of a file */
};

void verify_finds(struct call *c, struct verify *v, const char *what, struct str where)
{
    v->holds = false;
    if (node_count(v->findings) >= LIMIT_ROWS) return; /* it does not hold: that is told */
    struct node *row = node_add_map(c, v->findings);
    node_text(c, row, "what", str_of(what));
    node_text(c, row, "where", where);
}

/* Which parts are kept, and where. */
static struct sb *keep_of(struct reading *r, struct str name)
{
    const struct {
        const char *name;
        struct sb *keep;
    } KEPT[] = {
        {"mimetype", &r->mimetype},     {ASICE_OBJECTS, &r->objects}, {ASICE_OFFICES, &r->offices},
        {ASICE_MANIFEST, &r->manifest}, {ASICE_SEAL, &r->seal},
    };
    for (size_t i = 0; i < ARRAY_LEN(KEPT); i++) {
        if (str_eq(name, str_of(KEPT[i].name))) return KEPT[i].keep;
    }
    return NULL;
}

static bool is_file(struct str name)
{
    return str_starts(name, S(ASICE_FILES));
}

static enum err part_begin(void *arg, struct call *c, struct str name)
{
    struct reading *r = arg;
    r->name = str_copy(c->arena, name);
    r->keep = keep_of(r, r->name);
    if (r->keep != NULL && r->keep->len > 0) return fail(c, ERR_SYNTAX, "evidence.form");
    bool known = r->keep != NULL || is_file(name) || str_eq(name, S(ASICE_ROOT));
    if (!known) verify_finds(c, &r->v, "part.unknown", r->name);
    crypto_hash_sha256_init(&r->sha256);
    if (is_file(name)) r->merkle = merkle_start(c->arena);
    return OK;
}

static enum err part_bytes(void *arg, struct call *c, struct str bytes)
{
    struct reading *r = arg;
    crypto_hash_sha256_update(&r->sha256, (const uint8_t *)bytes.ptr, bytes.len);
    if (is_file(r->name)) merkle_add(&r->merkle, bytes);
    if (r->keep == NULL) return OK;
    sb_put(r->keep, bytes);
    return r->keep->over ? fail(c, ERR_LIMIT, "evidence.too_large") : OK;
}

static enum err part_end(void *arg, struct call *c)
{
    struct reading *r = arg;
    if (is_file(r->name)) r->roots[r->root_count++] = merkle_end(&r->merkle);
    if (str_starts(r->name, S("META-INF/"))) return OK;
    if (str_eq(r->name, S("mimetype"))) return OK;
    if (r->digest_count == LIMIT_EVIDENCE_PARTS) return fail(c, ERR_LIMIT, "evidence.too_large");
    struct asice_digest *digest = &r->digests[r->digest_count++];
    digest->name = r->name;
    crypto_hash_sha256_final(&r->sha256, digest->sha256);
    return OK;
}

/* The container's own keys, which prove no more than that one hand signed it all. */
static enum err keys_own(struct call *c, struct reading *r, struct verify_keys *ret_keys)
{
    enum err e = verify_keys_read(c, sb_str(&r->offices), ret_keys);
    if (e != OK) {
        call_clear(c);
        verify_finds(c, &r->v, "offices.form", S(ASICE_OFFICES));
    }
    ret_keys->given = false;
    return OK;
}

static void seal_tell(struct call *c, struct reading *r, struct node *report)
{
    struct seal seal = {};
    struct str der = sb_str(&r->seal);
    struct str content = sb_str(&r->manifest);
    enum err e = ERR_INVALID;
    for (size_t i = 0; i < r->v.keys.count && e != OK; i++) {
        if (r->v.keys.keys[i].revoked) continue; /* no log says when it sealed */
        e = seal_check(c, der, content, r->v.keys.keys[i].public_key, &seal);
        if (e != OK) call_clear(c); /* perhaps another office's; told below when it is nobody's */
    }
    if (e != OK || verify_key_of(&r->v, seal.office) == NULL) {
        verify_finds(c, &r->v, "seal", S(ASICE_SEAL));
        return;
    }
    struct node *sealed = node_put_map(c, report, "sealed");
    node_text(c, sealed, "office", seal.office);
    node_text(c, sealed, "code", verify_key_of(&r->v, seal.office)->code);
    node_text(c, sealed, "time", time_format_instant(c->arena, seal.time_ms));
}

static bool root_present(const struct reading *r, struct str root)
{
    for (size_t i = 0; i < r->root_count; i++) {
        if (str_eq(r->roots[i], root)) return true;
    }
    return false;
}

/* Every file here is one that a version names; those that are not here are counted. */
static void files_tell(struct call *c, struct reading *r, struct node *report)
{
    int64_t missing = 0;
    for (size_t i = 0; i < r->root_count; i++) {
        bool named = false;
        for (size_t k = 0; k < r->v.file_count; k++)
            named = named || str_eq(r->v.files[k].root, r->roots[i]);
        if (!named) verify_finds(c, &r->v, "file", r->roots[i]);
    }
    for (size_t k = 0; k < r->v.file_count; k++) {
        bool before = false;
        for (size_t i = 0; i < k; i++)
            before = before || str_eq(r->v.files[i].root, r->v.files[k].root);
        if (!before && !root_present(r, r->v.files[k].root)) missing++;
    }
    node_int(c, report, "files", (int64_t)r->root_count);
    node_int(c, report, "missing", missing);
}

static enum err judge(struct call *c, struct reading *r, const struct verify_keys *keys,
                      struct node *report)
{
    enum err e = OK;
    if (!str_eq(sb_str(&r->mimetype), S(ASICE_MIMETYPE))) {
        return fail(c, ERR_SYNTAX, "evidence.form");
    }
    struct verify_keys container = {};
    e = keys_own(c, r, &container);
    if (e != OK) return e;
    r->v.keys = keys != NULL ? *keys : container;
    verify_keys_follow(c, &r->v, &container);
    struct str manifest = asice_manifest(c, r->digests, r->digest_count);
    if (!str_eq(manifest, sb_str(&r->manifest))) {
        verify_finds(c, &r->v, "manifest", S(ASICE_MANIFEST));
    }
    node_text(c, report, "keys", r->v.keys.given ? S("given") : S("container"));
    seal_tell(c, r, report);
    e = verify_objects(c, &r->v, sb_str(&r->objects));
    if (e != OK) return e;
    files_tell(c, r, report);
    verify_tell(c, &r->v, report);
    return OK;
}

enum err verify_container(struct call *c, const struct asice_plugin *plugin, struct str path,
                          const struct verify_keys *keys, struct node **ret_report)
{
    struct reading *r = arena_alloc(c->arena, sizeof *r);
    struct node *report = node_map(c);
    r->v.findings = node_list(c);
    r->v.holds = true;
    r->objects = sb_new(c->arena, LIMIT_EVIDENCE_BYTES);
    r->offices = sb_new(c->arena, SMALL_BYTES_MAX);
    r->manifest = sb_new(c->arena, SMALL_BYTES_MAX);
    r->seal = sb_new(c->arena, SEAL_BYTES_MAX);
    r->mimetype = sb_new(c->arena, sizeof ASICE_MIMETYPE);
    r->roots = arena_array(c->arena, LIMIT_EVIDENCE_PARTS, sizeof *r->roots);
    const struct asice_taker taker = {part_begin, part_bytes, part_end, r};
    enum err e = plugin->read(c, path, &taker);
    if (e == OK) e = judge(c, r, keys, report);
    if (e != OK) return e;
    node_bool(c, report, "holds", r->v.holds);
    node_put(report, "findings", r->v.findings);
    *ret_report = report;
    return OK;
}
