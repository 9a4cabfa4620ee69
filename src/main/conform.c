#include "main/conform.h"

#include "base/words.h"
#include "front/cli/cli_json.h"
#include "main/conform_kit.h"
#include "main/init.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CARD_BYTES_MAX = 64 * 1024, REMOVE_FDS = 16 };

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

/* Into the folder of the kit, as the user who owns it. */
static enum err prepare(struct kit *kit, struct str dir)
{
    struct call *c = kit->c;
    kit->lib_fd = cli_lib(c);
    if (kit->lib_fd < 0) return fail(c, ERR_IO, "serve.lib");
    enum err e = init_dir(c, dir, (struct str){});
    if (e == OK) e = cli_enter(c, dir);
    if (e == OK) e = cli_drop(c);
    if (e != OK) return e;
    kit->top_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return kit->top_fd >= 0 ? OK : fail(c, ERR_IO, "serve.start");
}

/* Whom another server's administrator vouches for. */
static enum err card_read(struct kit *kit, struct str path)
{
    struct call *c = kit->c;
    struct kit_office *subject = &kit->office[KIT_SUBJECT];
    uint8_t raw[32];
    char *bytes = arena_alloc(c->arena, CARD_BYTES_MAX);
    int fd = open(str_zero(c->arena, path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, CARD_BYTES_MAX);
    if (fd >= 0) (void)close(fd);
    const json_t *card = n <= 0 ? NULL : cli_json_read(c, (struct str){bytes, (size_t)n});
    if (card == NULL || !hex_decode(cli_json_get(card, "public_key"), raw, sizeof raw)) {
        (void)fail(c, ERR_NOT_FOUND, "cli.card"); /* the next line returns the same */
        return fail_arg(c, "file", path);
    }
    subject->id = cli_json_get(card, "office");
    subject->public_key = str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
    return OK;
}

/* For the administrator of another server, a line each: to be entered there without an address. */
static void cards_print(struct kit *kit)
{
    struct call *c = kit->c;
    for (enum kit_place place = KIT_PROBE; place < KIT_SUBJECT; place++) {
        const struct kit_office *o = &kit->office[place];
        struct node *card = node_map(c);
        struct sb sb = sb_new(c->arena, 0);
        node_text(c, card, "office", o->id);
        node_text(c, card, "code", str_of(o->folder));
        node_text(c, card, "name", str_of(o->folder));
        node_text(c, card, "public_key", hex_encode(c->arena, o->public_key));
        node_json(&sb, card);
        cli_print(STDOUT_FILENO, sb_str(&sb));
    }
}

static void story_print(struct kit *kit, const struct kit_story *story, bool passed)
{
    struct call *c = kit->c;
    struct str what = words(c->lang, str_of(story->words));
    struct str line = str_format(c->arena, "%s  %-6s  %-3s %.*s", story->number,
                                 passed ? "ok" : "FAILED", story->section, STR_ARG(what));
    cli_print(STDOUT_FILENO, line);
    if (!passed && kit->why.len > 0) {
        cli_print(STDOUT_FILENO, str_format(c->arena, "               %.*s", STR_ARG(kit->why)));
    }
}

/* Every story, whatever became of the one before it. */
static size_t stories_run(struct kit *kit, struct node *list)
{
    struct call *c = kit->c;
    size_t failed = 0;
    for (size_t i = 0; i < KIT_STORIES_COUNT; i++) {
        const struct kit_story *story = &KIT_STORIES[i];
        kit->why = (struct str){};
        bool passed = story->run(kit);
        if (!passed) failed++;
        if (list == NULL) {
            story_print(kit, story, passed);
            continue;
        }
        struct node *row = node_add_map(c, list);
        node_text(c, row, "story", str_of(story->number));
        node_text(c, row, "section", str_of(story->section));
        node_text(c, row, "what", words(c->lang, str_of(story->words)));
        node_bool(c, row, "passed", passed);
        if (!passed && kit->why.len > 0) node_text(c, row, "why", kit->why);
    }
    return failed;
}

static enum err report(struct kit *kit, bool json)
{
    struct call *c = kit->c;
    struct node *answer = node_map(c);
    size_t failed = stories_run(kit, json ? node_put_list(c, answer, "stories") : NULL);
    size_t passed = KIT_STORIES_COUNT - failed;
    if (json) {
        struct sb sb = sb_new(c->arena, 0);
        node_int(c, answer, "passed", (int64_t)passed);
        node_int(c, answer, "failed", (int64_t)failed);
        node_json(&sb, answer);
        cli_print(STDOUT_FILENO, sb_str(&sb));
    } else {
        cli_print(STDOUT_FILENO, str_format(c->arena, "%zu passed, %zu failed", passed, failed));
    }
    return failed == 0 ? OK : fail(c, ERR_CORRUPT, "conform.failed");
}

static enum err run(struct kit *kit, const struct cli_args *args, struct str dir)
{
    struct str card = cli_value(args, "card");
    kit->address = cli_value(args, "address");
    kit->foreign = kit->address.len > 0;
    bool cards = cli_value(args, "cards").len > 0;
    if (kit->foreign != (card.len > 0)) return fail(kit->c, ERR_SYNTAX, "conform.card");
    enum err e = kit->foreign ? card_read(kit, card) : OK;
    if (e == OK) e = prepare(kit, dir);
    if (e == OK) e = kit_found(kit);
    if (e != OK) return e;
    if (cards) {
        cards_print(kit);
        return OK;
    }
    e = kit_start(kit);
    if (e == OK) e = report(kit, cli_value(args, "json").len > 0);
    kit_stop(kit);
    return e;
}

enum err conform_run(struct call *c, const struct cli_args *args)
{
    struct kit *kit = arena_alloc(c->arena, sizeof *kit);
    char made[] = "/tmp/phoihop-conformance-XXXXXX";
    struct str dir = cli_value(args, "dir");
    bool own = dir.len == 0;
    kit->c = c;
    if (own && mkdtemp(made) == NULL) return fail(c, ERR_IO, "serve.start");
    enum err e = run(kit, args, own ? str_of(made) : dir);
    if (own) (void)nftw(made, remove_one, REMOVE_FDS, FTW_DEPTH | FTW_PHYS);
    return e;
}
