#include "store/backup.h"

#include "base/limits.h"
#include "store/blob.h"
#include "store/here.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024, STEP_PAGES = 256 };
enum { HASH_HEX = 64, KEY_HEX = 64, SIGNATURE_HEX = 128 };

#define FIRST_LINE S("phoihop-backup 1\n")

static enum err fail_name(struct call *c, enum err err, const char *reason, struct str name)
{
    (void)fail(c, err, reason); /* the next line returns the same */
    return fail_arg(c, "name", name);
}

/* ---- the list ---- */

struct str backup_list_text(struct arena *arena, const struct backup_list *list)
{
    struct sb sb = sb_new(arena, LIMIT_BACKUP_LIST_BYTES);
    sb_put(&sb, FIRST_LINE);
    sb_printf(&sb, "office %.*s\ntime %lld\nfolder %.*s\n", STR_ARG(list->office),
              (long long)list->time_ms, STR_ARG(list->folder));
    for (size_t i = 0; i < list->count; i++) {
        const struct backup_item *item = &list->items[i];
        sb_printf(&sb, "%s %.*s %lld", item->blob ? "blob" : "file", STR_ARG(item->hash),
                  (long long)item->size);
        if (!item->blob) sb_printf(&sb, " %.*s", STR_ARG(item->name));
        sb_char(&sb, '\n');
    }
    sb_printf(&sb, "key %.*s\n", STR_ARG(list->key));
    ensure(!sb.over);
    return sb_str(&sb);
}

struct str backup_list_write(struct arena *arena, const struct backup_list *list)
{
    struct sb sb = sb_new(arena, LIMIT_BACKUP_LIST_BYTES + PIECE_BYTES);
    sb_put(&sb, list->text);
    sb_printf(&sb, "signature %.*s\n", STR_ARG(hex_encode(arena, list->signature)));
    return sb_str(&sb);
}

/* Takes "NAME VALUE" off the front. */
static bool line_take(struct str *rest, struct str name, struct str *ret_value)
{
    struct str line = {};
    if (!str_starts(*rest, name) || !str_cut(*rest, '\n', &line, rest)) return false;
    *ret_value = str_sub(line, name.len, line.len);
    return true;
}

/* Letters, digits, dots, dashes; at most the folder keys/ before. No way out of the folder. */
static bool is_name(struct str name)
{
    struct str rest = name;
    if (str_starts(rest, S("keys/"))) rest = str_sub(rest, 5, rest.len);
    bool good = rest.len > 0 && rest.len <= LIMIT_NAME_BYTES && rest.ptr[0] != '.';
    for (size_t i = 0; good && i < rest.len; i++) {
        char ch = rest.ptr[i];
        good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
               ch == '.' || ch == '-' || ch == '_';
    }
    return good;
}

static bool is_hex(struct str text, size_t digits)
{
    uint8_t raw[SIGNATURE_HEX / 2];
    return text.len == digits && hex_decode(text, raw, digits / 2);
}

static bool item_read(struct str *rest, struct backup_item *ret_item)
{
    struct backup_item item = {.blob = str_starts(*rest, S("blob "))};
    struct str value = {};
    struct str size = {};
    struct str more = {};
    bool good = line_take(rest, item.blob ? S("blob ") : S("file "), &value) &&
                str_cut(value, ' ', &item.hash, &more) && is_hex(item.hash, HASH_HEX);
    if (!good) return false;
    if (item.blob) {
        size = more;
    } else if (!str_cut(more, ' ', &size, &item.name) || !is_name(item.name)) {
        return false;
    }
    *ret_item = item;
    return parse_int(size, 0, INT64_MAX, &ret_item->size);
}

static size_t lines_count(struct str bytes)
{
    size_t lines = 0;
    for (size_t i = 0; i < bytes.len; i++)
        lines += bytes.ptr[i] == '\n';
    return lines;
}

enum err backup_list_read(struct call *c, struct str bytes, struct backup_list *ret_list)
{
    struct backup_list list = {};
    struct str rest = bytes;
    struct str value = {};
    uint8_t *signature = arena_alloc(c->arena, SIGNATURE_HEX / 2);
    if (bytes.len > LIMIT_BACKUP_LIST_BYTES) return fail(c, ERR_LIMIT, "backup.list");
    bool good = str_starts(rest, FIRST_LINE);
    if (good) rest = str_sub(rest, FIRST_LINE.len, rest.len);
    good = good && line_take(&rest, S("office "), &list.office) &&
           line_take(&rest, S("time "), &value) &&
           parse_int(value, 0, INT64_MAX, &list.time_ms) &&
           line_take(&rest, S("folder "), &list.folder) && is_name(list.folder);
    if (!good) return fail(c, ERR_SYNTAX, "backup.list");
    list.items = arena_array(c->arena, lines_count(rest), sizeof *list.items);
    while (str_starts(rest, S("file ")) || str_starts(rest, S("blob "))) {
        if (!item_read(&rest, &list.items[list.count++])) return fail(c, ERR_SYNTAX, "backup.list");
    }
    good = line_take(&rest, S("key "), &list.key) && is_hex(list.key, KEY_HEX);
    list.text = str_sub(bytes, 0, bytes.len - rest.len);
    good = good && line_take(&rest, S("signature "), &value) && rest.len == 0 &&
           value.len == SIGNATURE_HEX && hex_decode(value, signature, SIGNATURE_HEX / 2);
    if (!good) return fail(c, ERR_SYNTAX, "backup.list");
    list.signature = (struct str){(const char *)signature, SIGNATURE_HEX / 2};
    *ret_list = list;
    return OK;
}

/* ---- the database ---- */

static enum err fail_store(struct call *c, sqlite3 *handle)
{
    (void)fail(c, ERR_IO, "backup.store"); /* the next line returns the same */
    return fail_arg(c, "detail", str_of(handle == NULL ? "?" : sqlite3_errmsg(handle)));
}

static enum err snapshot_copy(struct call *c, sqlite3 *from, sqlite3 *to,
                              const struct backup_progress *progress)
{
    /* a read transaction keeps the pages as they are while the office writes on */
    int code = sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema;", NULL, NULL, NULL);
    if (code != SQLITE_OK) return fail_store(c, from);
    code = sqlite3_exec(to, "PRAGMA synchronous=FULL;", NULL, NULL, NULL);
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (code != SQLITE_OK || backup == NULL) return fail_store(c, to);
    bool goes_on = true;
    code = SQLITE_OK;
    while (code == SQLITE_OK && goes_on) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        int64_t total = sqlite3_backup_pagecount(backup);
        goes_on = progress == NULL ||
                  progress->tell(progress->arg, total - sqlite3_backup_remaining(backup), total);
    }
    (void)sqlite3_backup_finish(backup); /* says the same as the last step */
    if (!goes_on) return fail(c, ERR_BUSY, "backup.stopped");
    return code == SQLITE_DONE ? OK : fail_store(c, to);
}

enum err backup_snapshot(struct call *c, const char *from_path, const char *to_path,
                         const struct backup_progress *progress)
{
    sqlite3 *from = NULL;
    sqlite3 *to = NULL;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(from_path, &from, flags, here_vfs());
    enum err e = code == SQLITE_OK ? OK : fail_store(c, from);
    if (e == OK) {
        (void)sqlite3_db_config(from, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        (void)sqlite3_busy_timeout(from, 5000);
        flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        code = sqlite3_open_v2(to_path, &to, flags, here_vfs());
        e = code == SQLITE_OK ? OK : fail_store(c, to);
    }
    if (e == OK) e = snapshot_copy(c, from, to, progress);
    (void)sqlite3_close(to);
    (void)sqlite3_close(from);
    return e;
}

/* ---- files ---- */

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

/* -1 when it cannot be opened; the call's arena closes it. */
static int file_open(struct call *c, const char *path, int flags)
{
    int *fd = arena_alloc(c->arena, sizeof *fd);
    *fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd >= 0) arena_defer(c->arena, fd_end, fd);
    return *fd;
}

static bool write_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = str_sub(bytes, (size_t)n, bytes.len);
    }
    return true;
}

/* Reads `from` to its end, copies it to `to` unless that is -1, and measures it. */
static enum err run_through(struct call *c, int from, int to, struct str name,
                            struct backup_item *ret_item)
{
    crypto_hash_sha256_state state;
    uint8_t hash[crypto_hash_sha256_BYTES];
    char *piece = arena_alloc(c->arena, PIECE_BYTES);
    int64_t size = 0;
    crypto_hash_sha256_init(&state);
    ssize_t n = read(from, piece, PIECE_BYTES);
    for (; n != 0; n = read(from, piece, PIECE_BYTES)) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_name(c, ERR_IO, "backup.file", name);
        crypto_hash_sha256_update(&state, (const uint8_t *)piece, (size_t)n);
        size += n;
        if (to < 0 || write_all(to, (struct str){piece, (size_t)n})) continue;
        return errno == ENOSPC ? fail(c, ERR_FULL, "store.full")
                               : fail_name(c, ERR_IO, "backup.file", name);
    }
    crypto_hash_sha256_final(&state, hash);
    *ret_item = (struct backup_item){
        .hash = hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash}),
        .size = size,
        .name = name,
    };
    return OK;
}

enum err backup_file(struct call *c, const char *from_path, const char *to_path, struct str name,
                     struct backup_item *ret_item)
{
    int from = file_open(c, from_path, O_RDONLY);
    int to = file_open(c, to_path, O_WRONLY | O_CREAT | O_EXCL);
    if (from < 0 || to < 0) return fail_name(c, ERR_IO, "backup.file", name);
    enum err e = run_through(c, from, to, name, ret_item);
    if (e == OK && fsync(to) != 0) e = fail_name(c, ERR_IO, "backup.file", name);
    return e;
}

enum err backup_measure(struct call *c, const char *path, struct str name,
                        struct backup_item *ret_item)
{
    int fd = file_open(c, path, O_RDONLY);
    if (fd < 0) return fail_name(c, ERR_IO, "backup.file", name);
    return run_through(c, fd, -1, name, ret_item);
}

enum err backup_check_file(struct call *c, const char *path, const struct backup_item *item)
{
    struct backup_item found = {};
    enum err e = backup_measure(c, path, item->name, &found);
    if (e != OK) return e;
    bool same = found.size == item->size && str_eq(found.hash, item->hash);
    return same ? OK : fail_name(c, ERR_CORRUPT, "backup.differs", item->name);
}

/* ---- blobs ---- */

static int names_compare(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

struct names {
    struct str *list;
    size_t count;
    size_t room;
};

static enum err folder_list(struct call *c, struct str dir, unsigned folder, struct names *names)
{
    struct str path = str_format(c->arena, "%.*s/blobs/%02x", STR_ARG(dir), folder);
    DIR *files = opendir(path.ptr);
    if (files == NULL) return errno == ENOENT ? OK : fail(c, ERR_IO, "blob.io");
    const struct dirent *entry = readdir(files);
    for (; entry != NULL; entry = readdir(files)) {
        if (!is_hex(str_of(entry->d_name), HASH_HEX)) continue;
        if (names->count == names->room) {
            size_t room = names->room * 2 + 64;
            struct str *grown = arena_array(c->arena, room, sizeof *grown);
            for (size_t i = 0; i < names->count; i++)
                grown[i] = names->list[i];
            names->list = grown;
            names->room = room;
        }
        names->list[names->count++] = str_copy(c->arena, str_of(entry->d_name));
    }
    (void)closedir(files);
    return OK;
}

enum err backup_blobs(struct call *c, struct str dir, struct str **ret_roots, size_t *ret_count)
{
    struct names names = {};
    enum err e = OK;
    for (unsigned folder = 0; e == OK && folder < 256; folder++)
        e = folder_list(c, dir, folder, &names);
    if (e != OK) return e;
    if (names.count > 0) qsort(names.list, names.count, sizeof *names.list, names_compare);
    *ret_roots = names.list;
    *ret_count = names.count;
    return OK;
}

static enum err blob_copy(struct call *c, struct str from, struct str to, struct str root,
                          struct backup_item *ret_item, bool *ret_copied)
{
    int fd = -1;
    int there = -1;
    int64_t size = 0;
    int64_t size_there = 0;
    struct str made = {};
    enum err e = blob_open(c, from, root, &fd, &size);
    if (e != OK) return e;
    ret_item->size = size;
    *ret_copied = false;
    e = blob_open(c, to, root, &there, &size_there);
    if (e == OK && size_there == size) e = blob_verify(c, to, root);
    if (e == OK && size_there == size) return OK;
    call_clear(c); /* not there, or spoiled there: once more */
    *ret_copied = true;
    e = blob_import(c, to, fd, 0, size, &made);
    if (e != OK) return e;
    return str_eq(made, root) ? OK : fail_name(c, ERR_CORRUPT, "blob.corrupt", root);
}

/* On an arena of its own: there may be a million. */
static enum err apart(struct call *c, struct call *child, enum err e)
{
    if (e != OK) {
        struct failure why = child->failure;
        (void)fail(c, why.err, why.reason);
        for (size_t i = 0; i < why.arg_count; i++)
            (void)fail_arg(c, why.args[i].name, str_copy(c->arena, why.args[i].value));
    }
    arena_close(child->arena);
    return e;
}

enum err backup_blob(struct call *c, struct str from, struct str to, struct str root,
                     struct backup_item *ret_item, bool *ret_copied)
{
    struct call child = *c;
    child.arena = arena_open(0);
    *ret_item = (struct backup_item){.blob = true, .hash = root};
    return apart(c, &child, blob_copy(&child, from, to, root, ret_item, ret_copied));
}

static enum err blob_check(struct call *c, struct str dir, const struct backup_item *item)
{
    int fd = -1;
    int64_t size = 0;
    enum err e = blob_open(c, dir, item->hash, &fd, &size);
    if (e == OK && size != item->size) {
        return fail_name(c, ERR_CORRUPT, "backup.differs", item->hash);
    }
    return e != OK ? e : blob_verify(c, dir, item->hash);
}

enum err backup_check_blob(struct call *c, struct str dir, const struct backup_item *item)
{
    struct call child = *c;
    child.arena = arena_open(0);
    return apart(c, &child, blob_check(&child, dir, item));
}

enum err backup_folder_sync(struct call *c, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) (void)close(fd);
    return synced ? OK : fail_name(c, ERR_IO, "backup.file", str_of(path));
}
