#include "main/restore.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"
#include "exchange/restore.h"
#include "front/cli/cli_backup.h"
#include "front/cli/cli_office.h"
#include "main/init.h"
#include "store/blob.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct restoring_office {
    struct call *c;
    struct str from; /* absolute */
    struct backup_list list;
    struct cli_office *office;
    size_t peers;
};

static enum err fail_dir(struct call *c, enum err err, const char *reason, struct str dir)
{
    (void)fail(c, err, reason); /* the next line returns the same */
    return fail_arg(c, "dir", dir);
}

static enum err folder_is_empty(struct call *c, struct str dir)
{
    size_t entries = 0;
    DIR *folder = opendir(str_zero(c->arena, dir));
    if (folder == NULL) {
        return errno == ENOENT ? OK : fail_dir(c, ERR_CONFLICT, "restore.not_empty", dir);
    }
    while (readdir(folder) != NULL)
        entries++;
    (void)closedir(folder);
    return entries <= 2 ? OK : fail_dir(c, ERR_CONFLICT, "restore.not_empty", dir);
}

static const char *source_of(const struct restoring_office *r, struct str name)
{
    return str_format(r->c->arena, "%.*s/%.*s/%.*s", STR_ARG(r->from), STR_ARG(r->list.folder),
                      STR_ARG(name))
        .ptr;
}

static enum err file_fetch(struct restoring_office *r, const struct backup_item *item)
{
    struct call *c = r->c;
    bool settings = str_eq(item->name, S("office.ini")); /* gets its name last */
    const char *to = settings ? "office.ini.new" : str_zero(c->arena, item->name);
    struct backup_item copied = {};
    enum err e = backup_file(c, source_of(r, item->name), to, item->name, &copied);
    if (e != OK) return e;
    if (copied.size == item->size && str_eq(copied.hash, item->hash)) return OK;
    (void)fail(c, ERR_CORRUPT, "backup.differs"); /* the next line returns the same */
    return fail_arg(c, "name", item->name);
}

static enum err everything_fetch(struct restoring_office *r)
{
    struct call *c = r->c;
    enum err e = OK;
    static const char *const FOLDERS[] = {"keys", "blobs", "tmp"};
    for (size_t i = 0; i < ARRAY_LEN(FOLDERS); i++) {
        if (mkdir(FOLDERS[i], 0700) == 0) continue;
        return fail_dir(c, ERR_IO, "init.dir", str_of(FOLDERS[i]));
    }
    for (size_t i = 0; e == OK && i < r->list.count; i++) {
        struct backup_item *item = &r->list.items[i];
        struct backup_item copied = {};
        bool fresh = false;
        e = item->blob ? backup_blob(c, r->from, S("."), item->hash, &copied, &fresh)
                       : file_fetch(r, item);
    }
    if (e == OK) e = backup_folder_sync(c, "keys");
    return e;
}

static enum err mark_step(struct call *c, void *arg)
{
    struct restoring_office *r = arg;
    struct peer *peers = NULL;
    enum err e = peer_list(c, &peers, &r->peers);
    return e != OK ? e : restore_begin(c);
}

/* From here on the office knows that it is older than what it has said. */
static enum err mark(struct restoring_office *r)
{
    struct call *c = r->c;
    enum err e = cli_open_inline(c, r->office);
    if (e == OK) e = office_load(c, &r->office->office);
    if (e != OK) return e;
    if (!str_eq(c->office->id, r->list.office)) return fail(c, ERR_CONFLICT, "config.other_office");
    return store_tx(c, mark_step, r);
}

static void report(const struct restoring_office *r)
{
    struct call *c = r->c;
    struct str time = time_format_instant(c->arena, r->list.time_ms);
    const struct fail_arg args[] = {{"time", time}};
    struct node *answer = node_map(c);
    node_text(c, answer, "office", r->list.office);
    node_text(c, answer, "code", c->office->code);
    node_text(c, answer, "public_key", r->list.key);
    node_text(c, answer, "time", time);
    node_int(c, answer, "files", (int64_t)r->list.count);
    node_int(c, answer, "peers", (int64_t)r->peers);
    node_text(c, answer, "next",
              words_fill(c->arena, c->lang, S("restore.next"), args, ARRAY_LEN(args)));
    struct sb sb = sb_new(c->arena, 0);
    node_json(&sb, answer);
    cli_print(STDOUT_FILENO, sb_str(&sb));
}

enum err restore_run(struct call *c, const struct cli_args *args)
{
    char path[PATH_MAX];
    struct restoring_office r = {.c = c};
    struct str dir = args->rest[1];
    if (realpath(str_zero(c->arena, args->rest[0]), path) == NULL) {
        return fail(c, ERR_NOT_FOUND, "backup.none");
    }
    r.from = str_copy(c->arena, str_of(path));
    r.office = arena_alloc(c->arena, sizeof *r.office);
    r.office->plugins = cli_plugins(c); /* before the rights to reach them may go */
    enum err e = folder_is_empty(c, dir);
    if (e == OK) e = init_dir(c, dir, cli_value(args, "user"));
    if (e == OK) e = cli_enter(c, dir);
    if (e == OK) e = cli_drop(c);
    if (e == OK) e = cli_backup_read(c, r.from, &r.list);
    if (e == OK) e = cli_backup_check(c, r.from, &r.list, "backup.verify");
    if (e == OK) e = everything_fetch(&r);
    if (e == OK) e = mark(&r);
    if (e != OK) return e;
    if (rename("office.ini.new", "office.ini") != 0) return fail(c, ERR_IO, "config.write");
    e = backup_folder_sync(c, ".");
    if (e == OK) report(&r);
    return e;
}
