#include "front/cli/cli_backup.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "front/cli/cli_bar.h"
#include "front/cli/cli_copy.h"
#include "front/cli/cli_office.h"
#include "front/cli/config.h"
#include "store/blob.h"
#include "store/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_RANDOM_BYTES = 5, FILES_MAX = 64 };

#define FOLDER_PREFIX "backup-"

/* One backup that is being made. */
struct making {
    struct call *c;
    struct str to; /* absolute */
    struct config config;
    struct str blobs;  /* folder that holds the office's blobs/ */
    struct str folder; /* name under `to` */
    struct backup_item *items;
    size_t count;
    bool terminal;
    const char *label;
    int64_t copied; /* blobs that were not there yet */
    int64_t bytes;  /* of them */
    int64_t damaged;
};

static enum err fail_target(struct call *c, struct str to)
{
    (void)fail(c, ERR_IO, "backup.target"); /* the next line returns the same */
    return fail_arg(c, "dir", to);
}

static const char *path_in(const struct making *m, const char *name)
{
    return str_format(m->c->arena, "%.*s/%s", STR_ARG(m->to), name).ptr;
}

static const char *path_in_folder(const struct making *m, const char *name)
{
    return str_format(m->c->arena, "%.*s/%.*s/%s", STR_ARG(m->to), STR_ARG(m->folder), name).ptr;
}

static bool tell(void *arg, int64_t done, int64_t total)
{
    const struct making *m = arg;
    int64_t percent = total > 0 ? done * 100 / total : 100;
    cli_bar(m->terminal, percent, words(m->c->lang, str_of(m->label)));
    return true;
}

/* ---- the target ---- */

/* Makes the folder; for root it belongs to the office's user. */
static enum err target_make(struct call *c, struct str dir, struct str given, struct str *ret_to)
{
    char path[PATH_MAX];
    struct stat st = {};
    const char *to = str_zero(c->arena, given);
    bool made = mkdir(to, 0700) == 0;
    if (!made && errno != EEXIST) return fail_target(c, given);
    bool owned = geteuid() != 0 || !made || (stat(str_zero(c->arena, dir), &st) == 0 &&
                                             chown(to, st.st_uid, st.st_gid) == 0);
    if (!owned || realpath(to, path) == NULL) return fail_target(c, given);
    *ret_to = str_copy(c->arena, str_of(path));
    return OK;
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

/* Two backups into one folder would take each other's files away. */
static enum err target_lock(struct making *m)
{
    struct call *c = m->c;
    int *fd = arena_alloc(c->arena, sizeof *fd);
    *fd = open(path_in(m, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0) return fail_target(c, m->to);
    arena_defer(c->arena, fd_end, fd);
    return flock(*fd, LOCK_EX | LOCK_NB) == 0 ? OK : fail(c, ERR_BUSY, "backup.locked");
}

static enum err folder_make(struct making *m)
{
    struct call *c = m->c;
    m->folder = str_format(c->arena, FOLDER_PREFIX "%lld-%.*s", (long long)c->now_ms,
                           STR_ARG(call_random_id(c, FOLDER_RANDOM_BYTES)));
    bool made = mkdir(path_in_folder(m, ""), 0700) == 0 &&
                mkdir(path_in_folder(m, "keys"), 0700) == 0;
    return made ? OK : fail_target(c, m->to);
}

/* ---- the database ---- */

struct pouring {
    struct store *to;
};

static enum err pour(struct call *c, void *arg)
{
    const struct pouring *pouring = arg;
    return store_copy(c, pouring->to, NULL, NULL);
}

static void store_end(void *arg)
{
    store_close(arg);
}

/* From PostgreSQL: all rows of one moment, into a file as SQLite has it. */
static enum err database_pour(struct making *m, struct str plugins, const char *to)
{
    struct call *c = m->c;
    const struct store_config config = {
        .path = config_store_path(c, m->config.store),
        .plugins = plugins.len > 0 ? plugins.ptr : NULL,
        .inline_writer = true,
    };
    struct store *store = NULL;
    struct pouring pouring = {};
    enum err e = store_open(c, &config, &store);
    if (e != OK) return e;
    arena_defer(c->arena, store_end, store);
    c->store = store;
    e = cli_copy_target(c, plugins, to, &pouring.to);
    if (e == OK) e = store_read(c, pour, &pouring);
    store_close(pouring.to);
    c->store = NULL;
    return e;
}

static enum err database_copy(struct making *m, struct str plugins)
{
    struct call *c = m->c;
    const char *to = path_in_folder(m, "office.db");
    const struct backup_progress progress = {tell, m};
    m->label = "backup.database";
    enum err e = m->config.store.len > 0 ? database_pour(m, plugins, to)
                                         : backup_snapshot(c, "office.db", to, &progress);
    if (e == OK) e = backup_measure(c, to, S("office.db"), &m->items[m->count]);
    if (e == OK) m->count++;
    return e;
}

/* ---- the small files ---- */

/* Where the office goes on after a restore is its own folder. */
static enum err settings_copy(struct making *m)
{
    struct call *c = m->c;
    struct config config = m->config;
    config.store = (struct str){};
    config.blobs = (struct str){};
    const char *to = path_in_folder(m, "office.ini");
    enum err e = config_write_to(c, &config, to);
    if (e == OK) e = backup_measure(c, to, S("office.ini"), &m->items[m->count]);
    if (e == OK) m->count++;
    return e;
}

static enum err keys_copy(struct making *m)
{
    struct call *c = m->c;
    enum err e = OK;
    DIR *folder = opendir("keys");
    if (folder == NULL) return fail(c, ERR_NOT_FOUND, "key.missing");
    const struct dirent *entry = readdir(folder);
    for (; e == OK && entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') continue;
        if (m->count == FILES_MAX) {
            e = fail(c, ERR_LIMIT, "backup.list");
            break;
        }
        struct str name = str_format(c->arena, "keys/%s", entry->d_name);
        e = backup_file(c, name.ptr, path_in_folder(m, name.ptr), name, &m->items[m->count]);
        if (e == OK) m->count++;
    }
    (void)closedir(folder);
    return e;
}

/* ---- files by content ---- */

static enum err blob_take(struct making *m, struct str root)
{
    struct call *c = m->c;
    bool copied = false;
    struct backup_item item = {};
    enum err e = backup_blob(c, m->blobs, m->to, root, &item, &copied);
    if (e == ERR_NOT_FOUND) {
        call_clear(c); /* the nightly sweep has taken it: no record names it */
        return OK;
    }
    if (e == ERR_CORRUPT) {
        call_clear(c); /* told at the end; the others are worth as much as before */
        m->damaged++;
        return OK;
    }
    if (e != OK) return e;
    m->items[m->count++] = item;
    if (copied) m->bytes += item.size;
    m->copied += copied;
    return OK;
}

static enum err blobs_copy(struct making *m)
{
    struct str *roots = NULL;
    size_t count = 0;
    m->label = "backup.files";
    enum err e = backup_blobs(m->c, m->blobs, &roots, &count);
    if (e != OK) return e;
    struct backup_item *items = arena_array(m->c->arena, m->count + count, sizeof *items);
    memcpy(items, m->items, m->count * sizeof *items);
    m->items = items;
    for (size_t i = 0; e == OK && i < count; i++) {
        (void)tell(m, (int64_t)i, (int64_t)count);
        e = blob_take(m, roots[i]);
    }
    return e;
}

/* ---- the list ---- */

static enum err list_sign(struct making *m, struct backup_list *list)
{
    struct call *c = m->c;
    uint8_t secret[KEY_SECRET_BYTES];
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t *signature = arena_alloc(c->arena, crypto_sign_BYTES);
    enum err e = key_file_read(c, secret);
    if (e != OK) return e;
    list->key = hex_encode(c->arena, key_public(c, secret));
    list->text = backup_list_text(c->arena, list);
    crypto_hash_sha256(hash, (const uint8_t *)list->text.ptr, list->text.len);
    office_sign_with(secret, PURPOSE_BACKUP, hash, signature);
    sodium_memzero(secret, sizeof secret);
    list->signature = (struct str){(const char *)signature, crypto_sign_BYTES};
    return OK;
}

static bool file_put(const char *path, struct str bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0;
    while (good && bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        good = n > 0;
        if (good) bytes = str_sub(bytes, (size_t)n, bytes.len);
    }
    good = good && fsync(fd) == 0;
    if (fd >= 0) (void)close(fd);
    return good;
}

/* From the rename on this is the backup; until then it is the one before. */
static enum err list_put(struct making *m)
{
    struct call *c = m->c;
    struct backup_list list = {
        .office = m->config.id,
        .time_ms = c->now_ms,
        .folder = m->folder,
        .items = m->items,
        .count = m->count,
    };
    enum err e = list_sign(m, &list);
    if (e == OK) e = backup_folder_sync(c, path_in_folder(m, "keys"));
    if (e == OK) e = backup_folder_sync(c, path_in_folder(m, ""));
    if (e == OK) e = backup_folder_sync(c, str_zero(c->arena, m->to));
    if (e != OK) return e;
    const char *made = path_in(m, "list.new");
    bool put = file_put(made, backup_list_write(c->arena, &list)) &&
               rename(made, path_in(m, "list")) == 0;
    return put ? backup_folder_sync(c, str_zero(c->arena, m->to)) : fail_target(c, m->to);
}

/* ---- what nobody needs any more ---- */

static void folder_empty(struct call *c, const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) return;
    const struct dirent *entry = readdir(folder);
    for (; entry != NULL; entry = readdir(folder))
        (void)unlink(str_format(c->arena, "%s/%s", path, entry->d_name).ptr);
    (void)closedir(folder);
    (void)rmdir(path);
}

/* Folders that the list does not name: of earlier backups, and of one that was broken off. */
static void folders_remove(struct making *m)
{
    struct call *c = m->c;
    DIR *folder = opendir(str_zero(c->arena, m->to));
    if (folder == NULL) return;
    const struct dirent *entry = readdir(folder);
    for (; entry != NULL; entry = readdir(folder)) {
        struct str name = str_of(entry->d_name);
        if (!str_starts(name, S(FOLDER_PREFIX)) || str_eq(name, m->folder)) continue;
        const char *path = path_in(m, entry->d_name);
        folder_empty(c, str_format(c->arena, "%s/keys", path).ptr);
        folder_empty(c, path);
    }
    (void)closedir(folder);
}

/* Files that the office itself no longer has: they were erased. */
static enum err blobs_remove(struct making *m)
{
    struct str *roots = NULL;
    size_t count = 0;
    enum err e = backup_blobs(m->c, m->to, &roots, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        if (blob_has(m->c, m->blobs, roots[i])) continue;
        struct str name = str_format(m->c->arena, "blobs/%.2s/%.*s", roots[i].ptr,
                                     STR_ARG(roots[i]));
        (void)unlink(path_in(m, name.ptr));
    }
    return e;
}

static enum err report(const struct making *m)
{
    struct call *c = m->c;
    struct sb sb = sb_new(c->arena, 0);
    if (m->terminal) cli_print(STDERR_FILENO, (struct str){});
    sb_printf(&sb, "{\"backup\":\"%.*s\",\"files\":%zu,\"copied\":%lld,\"bytes\":%lld,",
              STR_ARG(m->to), m->count, (long long)m->copied, (long long)m->bytes);
    sb_printf(&sb, "\"damaged\":%lld}", (long long)m->damaged);
    cli_print(STDOUT_FILENO, sb_str(&sb));
    return m->damaged == 0 ? OK : fail(c, ERR_CORRUPT, "backup.damaged");
}

static enum err make(struct making *m, struct str plugins)
{
    struct call *c = m->c;
    m->items = arena_array(c->arena, FILES_MAX, sizeof *m->items);
    enum err e = target_lock(m);
    if (e == OK) e = blob_clean_tmp(c, m->to, INT64_MAX);
    if (e == OK) e = folder_make(m);
    if (e == OK) e = database_copy(m, plugins); /* first: what it names lies in blobs/ by now */
    if (e == OK) e = settings_copy(m);
    if (e == OK) e = keys_copy(m);
    if (e == OK) e = blobs_copy(m);
    if (e == OK) e = list_put(m);
    if (e != OK) return e;
    folders_remove(m);
    e = blobs_remove(m);
    return e != OK ? e : report(m);
}

/* ---- reading one ---- */

enum err cli_backup_read(struct call *c, struct str dir, struct backup_list *ret_list)
{
    struct str path = str_format(c->arena, "%.*s/list", STR_ARG(dir));
    struct stat st = {};
    uint8_t key[KEY_PUBLIC_BYTES];
    uint8_t hash[crypto_hash_sha256_BYTES];
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(c, ERR_NOT_FOUND, "backup.none");
    bool sized = fstat(fd, &st) == 0 && st.st_size <= LIMIT_BACKUP_LIST_BYTES;
    char *bytes = arena_alloc(c->arena, sized ? (size_t)st.st_size + 1 : 1);
    ssize_t n = sized ? pread(fd, bytes, (size_t)st.st_size, 0) : -1;
    (void)close(fd);
    if (n < 0 || n != st.st_size) return fail(c, ERR_LIMIT, "backup.list");
    enum err e = backup_list_read(c, (struct str){bytes, (size_t)n}, ret_list);
    if (e != OK) return e;
    bool hex = hex_decode(ret_list->key, key, sizeof key);
    ensure(hex); /* backup_list_read has looked */
    crypto_hash_sha256(hash, (const uint8_t *)ret_list->text.ptr, ret_list->text.len);
    bool good = office_verify((struct str){(const char *)key, sizeof key}, PURPOSE_BACKUP, hash,
                              ret_list->signature);
    return good ? OK : fail(c, ERR_CORRUPT, "backup.signature");
}

enum err cli_backup_check(struct call *c, struct str dir, const struct backup_list *list,
                          const char *label)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < list->count; i++) {
        const struct backup_item *item = &list->items[i];
        cli_bar(terminal, (int64_t)(i * 100 / list->count), words(c->lang, str_of(label)));
        struct str path = str_format(c->arena, "%.*s/%.*s/%.*s", STR_ARG(dir),
                                     STR_ARG(list->folder), STR_ARG(item->name));
        e = item->blob ? backup_check_blob(c, dir, item) : backup_check_file(c, path.ptr, item);
    }
    if (terminal) cli_print(STDERR_FILENO, (struct str){});
    return e;
}

/* The backup of this very office, whole and as it was. */
static enum err verify(struct making *m)
{
    struct call *c = m->c;
    struct backup_list list = {};
    uint8_t secret[KEY_SECRET_BYTES];
    enum err e = key_file_read(c, secret);
    struct str key = e == OK ? hex_encode(c->arena, key_public(c, secret)) : (struct str){};
    sodium_memzero(secret, sizeof secret);
    if (e == OK) e = cli_backup_read(c, m->to, &list);
    if (e != OK) return e;
    if (!str_eq(list.key, key)) return fail(c, ERR_CORRUPT, "backup.signature");
    e = cli_backup_check(c, m->to, &list, "backup.verify");
    if (e != OK) return e;
    cli_print(STDOUT_FILENO,
              str_format(c->arena, "{\"backup\":\"%.*s\",\"files\":%zu,\"time\":\"%.*s\"}",
                         STR_ARG(m->to), list.count,
                         STR_ARG(time_format_instant(c->arena, list.time_ms))));
    return OK;
}

enum err cli_backup(struct call *c, const struct cli_args *args)
{
    struct making m = {.c = c, .terminal = isatty(STDERR_FILENO) == 1};
    struct str dir = args->rest[0];
    struct str plugins = cli_plugins(c); /* before the rights to reach them may go */
    bool reads = cli_value(args, "verify").len > 0;
    enum err e = target_make(c, dir, args->rest[1], &m.to);
    if (e == OK) e = cli_enter(c, dir);
    if (e == OK) e = cli_drop(c);
    if (e == OK) e = config_read(c, &m.config);
    if (e != OK) return e;
    m.blobs = m.config.blobs.len > 0 ? m.config.blobs : S(".");
    return reads ? verify(&m) : make(&m, plugins);
}
