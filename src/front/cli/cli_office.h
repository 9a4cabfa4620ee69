#pragma once
/*
 * cli_office.h: how the command line reaches an office. While the office runs, the supervisor
 * holds DIR/lock and requests go over DIR/control.sock as HTTP, on behalf of a login. While it is
 * stopped, this process takes the lock and the very same request goes to the same handler
 * (front/cli/host.h) inside this process, with the key in its memory.
 *
 * Every process of an office works inside its folder (paths stay short, and folders above may be
 * closed to the office's user) and as the folder's owner, so that all files have one owner.
 */
#include "front/cli/key_file.h"
#include "front/web/web.h"

struct cli_office {
    struct str store;   /* address of the store; empty: as office.ini says */
    struct str blobs;   /* [store] blobs of office.ini */
    struct str plugins; /* folder of the plugins, by cli_plugins; empty: lib beside the program */
    bool running;       /* reached over control.sock; the members below are not filled */
    struct office office;
    struct web web;
    uint8_t secret[KEY_SECRET_BYTES];
    uint8_t pass[KEY_PASS_BYTES]; /* key_file.h */
    bool pass_kept;
    bool lost; /* the key file is gone, and the office is opened to get another one: cli_key.c */
};

/* Enters the office's folder; new files are the owner's alone from here.
 * Errors: ERR_NOT_FOUND "cli.dir", ERR_DENIED "cli.closed" (both with arg "dir"). */
enum err cli_enter(struct call *c, struct str dir);
/* Opens the folder lib/ beside the program, with its plugins; to be done before the rights to reach
 * it may go. -1 when there is none. Shapes: the descriptor is closed on exec. */
int cli_lib(struct call *c);
/* Its path by that descriptor, which the call's arena closes; empty when there is none. */
struct str cli_plugins(struct call *c);
/* For root: becomes the owner of the present folder, for good. Does nothing for other users.
 * Errors: ERR_DENIED "cli.owner" when the folder belongs to root. */
enum err cli_drop(struct call *c);

/* Waits until the office either answers or is stopped; when stopped, opens it inline and makes it
 * the call's. Shapes: cli_enter came before; ret_office outlives the call.
 * Errors: ERR_NOT_FOUND "cli.no_office"; ERR_BUSY "cli.locked"; ERR_CONFLICT
 * "config.other_office"; those of config_read and store_open. */
enum err cli_open(struct call *c, struct cli_office *ret_office);

/* All of the above: enters the folder and opens its office. Shapes: ret_office lives in the call's
 * arena. */
enum err cli_reach(struct call *c, struct str dir, struct cli_office **ret_office);

/* The same for a stopped office whose key file is lost. Shapes: `secret` and the office's key are
 * not those of the office yet. Errors: ERR_CONFLICT "key.not_lost". */
enum err cli_reach_lost(struct call *c, struct str dir, struct cli_office **ret_office);

/* Takes the start-up lock of the present folder; -1 when somebody holds it.
 * Owns: the lock goes when the last copy of the descriptor is closed. */
int cli_lock(void);

/* Opens the office's database inline, with migrations and the key in this process.
 * Shapes: the lock is held; store, blobs and plugins are filled. */
enum err cli_open_inline(struct call *c, struct cli_office *ret_office);

/* A request to the office. */
struct cli_request {
    const char *method;
    struct str path;  /* with query */
    struct str login; /* on whose behalf; may be empty */
    struct str body;  /* JSON; may be empty */
    struct str once;  /* makes a repeated act return its first result; may be empty */
};

/* Asks the office and returns the body of its answer, JSON.
 * Errors: ERR_IO "cli.control"; the office's own refusal as its kind with reason "cli.refused" and
 * its JSON in arg "json". */
enum err cli_ask(struct call *c, struct cli_office *office, const struct cli_request *request,
                 struct str *ret_json);
