#include "front/evidence/evidence_verbs.h"

#include "base/json.h"
#include "base/limits.h"
#include "front/cli/cli_json.h"
#include "front/cli/cli_office.h"
#include "front/cli/config.h"
#include "front/evidence/verify.h"
#include "front/tls/seal.h"
#include "store/blob.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024, KEYS_BYTES_MAX = 1024 * 1024, NAME_BYTES_MAX = 200 };

struct exporting {
    struct cli_office *office;
    const struct asice_plugin *plugin;
    struct str blobs; /* folder that holds blobs/ */
    struct sb objects;
    json_t *offices; /* cards, once each */
    struct asice_part parts[LIMIT_EVIDENCE_PARTS];
    struct asice_digest digests[LIMIT_EVIDENCE_PARTS];
    size_t count;      /* parts, the first is the mimetype */
    size_t listed;     /* digests */
    struct str *roots; /* of the files among the parts */
    size_t root_count;
};

static void sha256_text(struct str text, uint8_t ret_digest[32])
{
    crypto_hash_sha256(ret_digest, (const uint8_t *)text.ptr, text.len);
}

static enum err part_put(struct call *c, struct exporting *x, struct asice_part part)
{
    /* four more follow: manifest, seal, root */
    if (x->count + 4 > LIMIT_EVIDENCE_PARTS) return fail(c, ERR_LIMIT, "evidence.too_large");
    x->parts[x->count++] = part;
    return OK;
}

static enum err text_put(struct call *c, struct exporting *x, const char *name, struct str text)
{
    struct asice_digest *digest = &x->digests[x->listed];
    enum err e = part_put(c, x, (struct asice_part){str_of(name), text, -1});
    if (e != OK) return e;
    digest->name = str_of(name);
    sha256_text(text, digest->sha256);
    x->listed++;
    return OK;
}

/* The digest of an open file; leaves it at its beginning. */
static enum err file_digest(struct call *c, int fd, uint8_t ret_digest[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    char *buffer = arena_alloc(c->arena, COPY_BYTES);
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(fd, buffer, COPY_BYTES, at);
        if (n < 0) return fail(c, ERR_IO, "blob.io");
        if (n == 0) break;
        crypto_hash_sha256_update(&state, (const uint8_t *)buffer, (unsigned long long)n);
        at += n;
    }
    crypto_hash_sha256_final(&state, ret_digest);
    return OK;
}

/* A name that no unpacking program can take for a path. */
static struct str file_name(struct call *c, size_t number, struct str name)
{
    struct sb sb = sb_new(c->arena, NAME_BYTES_MAX);
    sb_printf(&sb, ASICE_FILES "%02zu-", number);
    for (size_t i = 0; i < name.len; i++) {
        bool plain =
            (unsigned char)name.ptr[i] >= ' ' && strchr("/\\:*?\"<>|", name.ptr[i]) == NULL;
        sb_char(&sb, plain ? name.ptr[i] : '_');
    }
    struct str text = sb_str(&sb);
    while (sb.over && text.len > 0 && ((unsigned char)text.ptr[text.len - 1] & 0x80) != 0)
        text.len--; /* a letter that was cut in the middle goes whole */
    return text;
}

static enum err file_put(struct call *c, struct exporting *x, const json_t *file)
{
    struct str root = cli_json_get(file, "root");
    int fd = -1;
    int64_t size = 0;
    for (size_t i = 0; i < x->root_count; i++) {
        if (str_eq(x->roots[i], root)) return OK;
    }
    enum err e = blob_open(c, x->blobs, root, &fd, &size);
    if (e == ERR_NOT_FOUND) {
        call_clear(
            c); /* not fetched yet, or erased: the versions name it, and `verify` counts it */
        return OK;
    }
    if (e != OK) return e;
    struct str name = file_name(c, x->root_count + 1, cli_json_get(file, "name"));
    e = part_put(c, x, (struct asice_part){name, {}, fd});
    if (e == OK) e = file_digest(c, fd, x->digests[x->listed].sha256);
    if (e != OK) return e;
    x->digests[x->listed++].name = name;
    x->roots[x->root_count++] = str_copy(c->arena, root);
    return OK;
}

static void office_put(struct exporting *x, json_t *card)
{
    for (size_t i = 0; i < json_array_size(x->offices); i++) {
        if (json_equal(json_array_get(x->offices, i), card)) return;
    }
    (void)json_array_append(x->offices, card);
}

/* Files come after the texts, so those of all records are asked for first. */
static enum err record_put_in(struct call *c, struct exporting *x, struct str record, json_t *files)
{
    struct str json = {};
    json_t *order = cli_json_object(c);
    cli_json_set(order, "record", record);
    const struct cli_request request = {
        "POST", S("/host/evidence"), {}, cli_json_text(c, order), {}};
    enum err e = cli_ask(c, x->office, &request, &json);
    if (e != OK) return e;
    json_t *answer = cli_json_read(c, json);
    sb_put(&x->objects, cli_json_get(answer, "objects"));
    json_t *offices = json_object_get(answer, "offices");
    for (size_t i = 0; i < json_array_size(offices); i++)
        office_put(x, json_array_get(offices, i));
    return json_array_extend(files, json_object_get(answer, "files")) == 0
               ? OK
               : fail(c, ERR_IO, "cli.control");
}

static json_t *array_new(struct call *c)
{
    json_t *holder = cli_json_object(c);
    json_t *array = json_array();
    ensure(array != NULL);
    (void)json_object_set_new(holder, "list", array);
    return array;
}

static enum err content_put(struct call *c, struct exporting *x, const struct cli_args *args)
{
    json_t *files = array_new(c);
    enum err e = OK;
    for (size_t i = 1; e == OK && i < args->rest_count; i++)
        e = record_put_in(c, x, args->rest[i], files);
    if (e == OK && x->objects.over) e = fail(c, ERR_LIMIT, "evidence.too_large");
    if (e == OK) e = part_put(c, x, (struct asice_part){S("mimetype"), S(ASICE_MIMETYPE), -1});
    if (e == OK) e = text_put(c, x, ASICE_OBJECTS, sb_str(&x->objects));
    if (e == OK) e = text_put(c, x, ASICE_OFFICES, cli_json_text(c, x->offices));
    for (size_t i = 0; e == OK && i < json_array_size(files); i++)
        e = file_put(c, x, json_array_get(files, i));
    return e;
}

static enum err seal_put(struct call *c, struct exporting *x)
{
    uint8_t digest[SEAL_DIGEST_BYTES];
    uint8_t *raw = arena_alloc(c->arena, SEAL_BYTES_MAX);
    struct str json = {};
    struct str manifest = asice_manifest(c, x->digests, x->listed);
    sha256_text(manifest, digest);
    json_t *order = cli_json_object(c);
    cli_json_set(order, "digest",
                 hex_encode(c->arena, (struct str){(const char *)digest, sizeof digest}));
    const struct cli_request request = {"POST", S("/host/seal"), {}, cli_json_text(c, order), {}};
    enum err e = cli_ask(c, x->office, &request, &json);
    if (e != OK) return e;
    struct str hex = cli_json_get(cli_json_read(c, json), "seal");
    size_t bytes = hex.len / 2;
    if (bytes == 0 || bytes > SEAL_BYTES_MAX || !hex_decode(hex, raw, bytes)) {
        return fail(c, ERR_IO, "cli.control");
    }
    struct str der = {(const char *)raw, bytes};
    e = part_put(c, x, (struct asice_part){S(ASICE_MANIFEST), manifest, -1});
    if (e == OK) e = part_put(c, x, (struct asice_part){S(ASICE_SEAL), der, -1});
    if (e == OK) e = part_put(c, x, (struct asice_part){S(ASICE_ROOT), seal_root_of(c, der), -1});
    return e;
}

static enum err file_print(struct call *c, const char *path)
{
    char *buffer = arena_alloc(c->arena, COPY_BYTES);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0;
    while (whole) {
        ssize_t n = read(fd, buffer, COPY_BYTES);
        if (n <= 0) {
            whole = n == 0;
            break;
        }
        for (ssize_t done = 0; whole && done < n;) {
            ssize_t written = write(STDOUT_FILENO, buffer + done, (size_t)(n - done));
            whole = written > 0;
            done += whole ? written : 0;
        }
    }
    if (fd >= 0) (void)close(fd);
    return whole ? OK : fail(c, ERR_IO, "evidence.write");
}

/* The container needs a place where it can be written to and fro. */
static enum err container_print(struct call *c, const struct exporting *x)
{
    struct str path =
        str_format(c->arena, "tmp/evidence-%.*s.asice", STR_ARG(call_random_id(c, 8)));
    (void)mkdir("tmp", 0700); /* it is there once the office has run */
    enum err e = x->plugin->write(c, path, x->parts, x->count);
    if (e == OK) e = file_print(c, path.ptr);
    (void)unlink(path.ptr); /* what a crash leaves here goes at the office's next start */
    return e;
}

enum err evidence_export(struct call *c, const struct cli_args *args)
{
    if (isatty(STDOUT_FILENO) == 1) return fail(c, ERR_SYNTAX, "evidence.terminal");
    struct exporting *x = arena_alloc(c->arena, sizeof *x);
    struct config config = {};
    x->objects = sb_new(c->arena, LIMIT_EVIDENCE_BYTES);
    x->offices = array_new(c);
    x->roots = arena_array(c->arena, LIMIT_EVIDENCE_PARTS, sizeof *x->roots);
    enum err e = cli_reach(c, args->rest[0], &x->office);
    if (e == OK) e = config_read(c, &config);
    if (e == OK) e = asice_open(c, x->office->plugins, &x->plugin);
    x->blobs = config.blobs.len > 0 ? config.blobs : S(".");
    if (e == OK) e = content_put(c, x, args);
    if (e == OK) e = seal_put(c, x);
    return e == OK ? container_print(c, x) : e;
}

static enum err keys_file_read(struct call *c, struct str path, struct verify_keys *ret_keys)
{
    char *bytes = arena_alloc(c->arena, KEYS_BYTES_MAX);
    int fd = open(str_zero(c->arena, path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, KEYS_BYTES_MAX);
    if (fd >= 0) (void)close(fd);
    if (n > 0) return verify_keys_read(c, (struct str){bytes, (size_t)n}, ret_keys);
    (void)fail(c, ERR_NOT_FOUND, "cli.file"); /* the next line returns the same */
    return fail_arg(c, "file", path);
}

enum err evidence_verify(struct call *c, const struct cli_args *args)
{
    struct verify_keys keys = {};
    struct str path = cli_value(args, "keys");
    const struct asice_plugin *plugin = NULL;
    struct node *report = NULL;
    enum err e = path.len > 0 ? keys_file_read(c, path, &keys) : OK;
    if (e == OK) e = asice_open(c, cli_plugins(c), &plugin);
    if (e == OK) {
        e = verify_container(c, plugin, args->rest[0], path.len > 0 ? &keys : NULL, &report);
    }
    if (e != OK) return e;
    struct sb sb = sb_new(c->arena, LIMIT_EVIDENCE_BYTES);
    node_json(&sb, report);
    cli_print(STDOUT_FILENO, sb_str(&sb));
    return node_number(report, "holds") != 0 ? OK : fail(c, ERR_CORRUPT, "evidence.broken");
}
