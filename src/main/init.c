#include "main/init.h"

#include "base/id.h"
#include "core/key_statement.h"
#include "front/cli/cli_verbs.h"
#include "front/cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PORT_USUAL = 8801, WIRE_AFTER = 10 };

static enum err named_fail(struct call *c, enum err e, const char *reason, const char *name,
                           struct str value)
{
    (void)fail(c, e, reason); /* the next line returns the same */
    return fail_arg(c, name, value);
}

/* The user that owns an office when root founds it. */
static enum err owner_find(struct call *c, struct str user, const struct passwd **ret_owner)
{
    static const char *const USUAL[] = {"phoihop", "nobody"};
    const struct passwd *owner = NULL;
    if (user.len > 0) {
        owner = getpwnam(str_zero(c->arena, user));
        if (owner == NULL || owner->pw_uid == 0) {
            return named_fail(c, ERR_NOT_FOUND, "init.user", "user", user);
        }
    }
    for (size_t i = 0; owner == NULL && i < ARRAY_LEN(USUAL); i++)
        owner = getpwnam(USUAL[i]);
    if (owner == NULL) return named_fail(c, ERR_NOT_FOUND, "init.user", "user", S("nobody"));
    *ret_owner = owner;
    return OK;
}

/* mkdir -p: the folders above stay as open as the caller's umask makes them. */
static void parents_make(struct call *c, struct str dir)
{
    for (size_t i = 1; i < dir.len; i++) {
        if (dir.ptr[i] != '/') continue;
        (void)mkdir(str_zero(c->arena, str_sub(dir, 0, i)), 0777); /* the last one tells */
    }
}

enum err init_dir(struct call *c, struct str dir, struct str user)
{
    const char *path = str_zero(c->arena, dir);
    const struct passwd *owner = NULL;
    struct stat st = {};
    if (geteuid() == 0) {
        enum err e = owner_find(c, user, &owner);
        if (e != OK) return e;
    }
    parents_make(c, dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return named_fail(c, ERR_IO, "init.dir", "dir", dir);
    }
    bool fine = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    bool give = fine && owner != NULL && st.st_uid == 0;
    if (give) fine = chown(path, owner->pw_uid, owner->pw_gid) == 0;
    if (fine && (st.st_mode & 077) != 0) fine = chmod(path, 0700) == 0;
    return fine ? OK : named_fail(c, ERR_IO, "init.dir", "dir", dir);
}

static enum err folders_make(struct call *c)
{
    static const char *const FOLDERS[] = {"keys", "blobs", "tmp"};
    for (size_t i = 0; i < ARRAY_LEN(FOLDERS); i++) {
        if (mkdir(FOLDERS[i], 0700) == 0 || errno == EEXIST) continue;
        return named_fail(c, ERR_IO, "init.dir", "dir", str_of(FOLDERS[i]));
    }
    return OK;
}

/* The files of a new office must survive a power cut together. */
static void folders_sync(void)
{
    static const char *const FOLDERS[] = {"keys", "."};
    for (size_t i = 0; i < ARRAY_LEN(FOLDERS); i++) {
        int fd = open(FOLDERS[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) continue;
        (void)fsync(fd);
        (void)close(fd);
    }
}

/* The first card already promises the second key. */
static enum err key_promised(struct call *c, struct str *ret_next)
{
    uint8_t seed[KEY_SEED_BYTES];
    uint8_t secret[KEY_SECRET_BYTES];
    enum err e = key_seed_create(c);
    if (e == OK) e = key_seed_read(c, (struct str){}, seed);
    if (e != OK) return e;
    key_seed_key(seed, 1, secret);
    *ret_next = key_promise(c->arena, key_public(c, secret));
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(secret, sizeof secret);
    return OK;
}

enum err init_here(struct call *c, const struct founding *founding, struct str password,
                   struct cli_office *ret_office)
{
    struct cli_office *o = ret_office;
    uint8_t secret[KEY_SECRET_BYTES];
    enum err e = folders_make(c);
    if (e == OK) e = key_file_create(c, secret);
    if (e == OK) e = key_promised(c, &o->office.next_key);
    if (e != OK) return e;
    o->office.id = call_random_id(c, ID_RANDOM_BYTES);
    o->office.code = founding->code;
    o->office.name = founding->name;
    o->store = founding->store;
    o->plugins = founding->plugins;
    e = cli_open_inline(c, o);
    if (e == OK) e = office_found(c, S("admin"), password);
    if (e == ERR_CONFLICT || (e != OK && c->store == NULL)) key_file_remove(); /* signed nothing */
    if (e != OK) return e;
    const struct config config = {
        .id = o->office.id,
        .address = founding->address,
        .port = founding->port,
        .wire_address = founding->wire_address,
        .wire_port = founding->wire_port,
        .store = founding->store,
    };
    e = config_write(c, &config); /* last: without it there is no office */
    folders_sync();
    return e;
}

static enum err founding_read(struct call *c, const struct cli_args *args,
                              struct founding *ret_founding)
{
    struct founding f = {
        .code = cli_value(args, "office"),
        .name = cli_value(args, "name"),
        .address = cli_value(args, "address"),
        .wire_address = cli_value(args, "wire-address"),
        .store = cli_value(args, "store"),
        .plugins = cli_plugins(c),
    };
    if (f.address.len == 0) f.address = S("127.0.0.1");
    if (f.wire_address.len == 0) f.wire_address = S("0.0.0.0");
    f.port = PORT_USUAL;
    enum err e = cli_number(c, args, "port", 1, 65535, &f.port);
    f.wire_port = f.port + WIRE_AFTER;
    if (e == OK) e = cli_number(c, args, "wire-port", 1, 65535, &f.wire_port);
    if (e == OK && f.store.len > 0) e = config_store_check(c, f.store);
    *ret_founding = f;
    return e;
}

enum err init_run(struct call *c, const struct cli_args *args)
{
    struct founding founding = {};
    struct cli_office *office = arena_alloc(c->arena, sizeof *office);
    struct str password = cli_password(c);
    enum err e = founding_read(c, args, &founding);
    if (e == OK) e = init_dir(c, args->rest[0], cli_value(args, "user"));
    if (e == OK) e = cli_enter(c, args->rest[0]);
    if (e == OK) e = cli_drop(c);
    if (e == OK && access("office.ini", F_OK) == 0) e = fail(c, ERR_CONFLICT, "office.exists");
    if (e == OK) e = init_here(c, &founding, password, office);
    if (e != OK) return e;
    struct sb sb = sb_new(c->arena, 0);
    struct str key = hex_encode(c->arena, c->office->public_key);
    sb_printf(&sb, "{\"office\":\"%.*s\",\"code\":\"%.*s\",\"public_key\":\"%.*s\",",
              STR_ARG(c->office->id), STR_ARG(c->office->code), STR_ARG(key));
    sb_printf(&sb, "\"login\":\"admin\",\"password\":\"%.*s\"}", STR_ARG(password));
    cli_print(STDOUT_FILENO, sb_str(&sb));
    return OK;
}
