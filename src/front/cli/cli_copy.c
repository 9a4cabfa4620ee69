#include "front/cli/cli_copy.h"

#include "base/words.h"
#include "core/check.h"
#include "exchange/log_check.h"
#include "exchange/exchange.h"
#include "front/cli/cli_bar.h"
#include "front/cli/cli_office.h"
#include "front/cli/config.h"
#include "store/copy.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

struct copying {
    struct str from; /* address; empty: the folder's store */
    struct str to;   /* address; empty: the folder's file */
    struct str dir;
    sigset_t stops;
    bool terminal;
    int64_t rows;
    struct call *c;
};

static bool is_address(struct str text)
{
    return str_find(text, S("://"), 0) < text.len;
}

/* Sorts the two arguments. */
static enum err sides_read(struct call *c, const struct cli_args *args, struct copying *copying)
{
    struct str from = args->rest[0];
    struct str to = args->rest[1];
    copying->dir = is_address(from) ? to : from;
    if (is_address(copying->dir)) return fail(c, ERR_SYNTAX, "copy.folder");
    if (!is_address(to) && !str_eq(to, copying->dir)) return fail(c, ERR_SYNTAX, "copy.folder");
    enum err e = OK;
    if (is_address(from)) copying->from = from;
    if (is_address(to)) copying->to = to;
    if (copying->from.len > 0) e = config_store_check(c, copying->from);
    if (e == OK && copying->to.len > 0) e = config_store_check(c, copying->to);
    return e;
}

static void bar_write(const struct copying *copying, const struct copy_step *step)
{
    struct arena *arena = arena_open(0);
    int64_t total = step->rows_total > 0 ? step->rows_total : 1;
    int64_t share = step->rows < total ? step->rows * 100 / total : 100;
    int64_t done = ((int64_t)step->table_index * 100 + share) / (int64_t)step->table_count;
    struct str name = words(copying->c->lang, step->verifying ? S("copy.verify") : S("copy.copy"));
    cli_bar(true, done, str_format(arena, "%.*s %.*s", STR_ARG(name), STR_ARG(step->table)));
    arena_close(arena);
}

/* One line for each table that is whole. */
static void line_write(const struct copying *copying, const struct copy_step *step)
{
    struct arena *arena = arena_open(0);
    struct str verb = words(copying->c->lang, step->verifying ? S("copy.verify") : S("copy.copy"));
    cli_print(STDERR_FILENO, str_format(arena, "%.*s %.*s: %lld", STR_ARG(verb),
                                        STR_ARG(step->table), (long long)step->rows));
    arena_close(arena);
}

static bool progress(void *arg, const struct copy_step *step)
{
    struct copying *copying = arg;
    const struct timespec now = {};
    if (step->rows >= step->rows_total && !step->verifying) copying->rows += step->rows;
    if (copying->terminal) {
        bar_write(copying, step);
    } else if (step->rows >= step->rows_total) {
        line_write(copying, step);
    }
    return sigtimedwait(&copying->stops, NULL, &now) < 0;
}

static void store_end(void *arg)
{
    store_close(arg);
}

enum err cli_copy_target(struct call *c, struct str plugins, const char *path,
                         struct store **ret_store)
{
    const struct store_config config = {
        .path = path,
        .plugins = plugins.len > 0 ? plugins.ptr : NULL,
        .inline_writer = true,
    };
    struct store *store = NULL;
    enum err e = store_open(c, &config, &store);
    if (e != OK) return e;
    struct store *from = c->store;
    c->store = store;
    e = office_migrate(c);
    if (e == OK) e = exchange_migrate(c);
    c->store = from;
    if (e == OK) *ret_store = store;
    if (e != OK) store_close(store);
    return e;
}

/* The report of the new store, and what to write where. */
static enum err arrived(struct call *c, const struct copying *copying, struct store *to)
{
    struct node *answer = node_map(c);
    struct node *report = node_map(c);
    bool folder = copying->to.len == 0;
    c->store = to;
    enum err e = check_office(c, log_check, report);
    if (e != OK) return e;
    const struct fail_arg args[] = {{"url", copying->to}};
    node_int(c, answer, "rows", copying->rows);
    node_put(answer, "check", report);
    node_text(c, answer, "next",
              words_fill(c->arena, c->lang, folder ? S("copy.next_file") : S("copy.next_url"), args,
                         ARRAY_LEN(args)));
    struct sb sb = sb_new(c->arena, 0);
    node_json(&sb, answer);
    cli_print(STDOUT_FILENO, sb_str(&sb));
    return node_number(report, "difference_count") == 0 ? OK
                                                        : fail(c, ERR_CORRUPT, "check.differs");
}

static enum err copy(struct call *c, struct copying *copying)
{
    static const struct copy_step WHOLE = {
        .table_count = 1, .rows = 1, .rows_total = 1, .verifying = true};
    struct cli_office *o = arena_alloc(c->arena, sizeof *o);
    struct store *to = NULL;
    o->store = copying->from;
    o->plugins = cli_plugins(c);
    enum err e = cli_enter(c, copying->dir);
    if (e == OK) e = cli_drop(c);
    if (e == OK) e = cli_open(c, o);
    if (e != OK) return e;
    if (o->running) return fail(c, ERR_CONFLICT, "copy.running");
    if (str_eq(o->store, copying->to)) return fail(c, ERR_CONFLICT, "copy.same");
    e = cli_copy_target(c, o->plugins, config_store_path(c, copying->to), &to);
    if (e == OK) arena_defer(c->arena, store_end, to);
    if (e == OK) e = store_copy(c, to, progress, copying);
    if (e == OK && copying->terminal) bar_write(copying, &WHOLE); /* empty tables tell nothing */
    if (copying->terminal) cli_print(STDERR_FILENO, (struct str){});
    return e == OK ? arrived(c, copying, to) : e;
}

enum err cli_store_copy(struct call *c, const struct cli_args *args)
{
    struct copying copying = {.c = c, .terminal = isatty(STDERR_FILENO) == 1};
    (void)sigemptyset(&copying.stops);
    (void)sigaddset(&copying.stops, SIGINT);
    (void)sigaddset(&copying.stops, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &copying.stops, NULL);
    enum err e = sides_read(c, args, &copying);
    return e == OK ? copy(c, &copying) : e;
}
