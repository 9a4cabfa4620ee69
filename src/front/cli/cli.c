#include "front/cli/cli.h"

#include "base/words.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

enum { GETOPT_FIRST = 256, GETOPT_HELP = 1, GETOPT_LANG = 2 };

static bool word_is(const char *word, struct str expected)
{
    return str_eq(str_of(word), expected);
}

/* Two-word verbs stand before the one-word ones they would hide: the longest match wins. */
static const struct cli_verb *verb_find(const struct cli_verb *verbs, size_t count, int argc,
                                        char **argv, int *ret_words)
{
    const struct cli_verb *found = NULL;
    for (size_t i = 0; i < count; i++) {
        struct str first = {};
        struct str second = {};
        bool two = str_cut(str_of(verbs[i].name), ' ', &first, &second);
        if (!word_is(argv[1], first)) continue;
        if (two && (argc < 3 || !word_is(argv[2], second))) continue;
        if (found != NULL && !two) continue;
        found = &verbs[i];
        *ret_words = two ? 2 : 1;
    }
    return found;
}

static void options_build(const struct cli_verb *verb, struct option *ret_options)
{
    size_t n = 0;
    for (size_t i = 0; i < verb->option_count; i++) {
        const struct cli_option *o = &verb->options[i];
        ret_options[n++] = (struct option){o->name, o->flag ? no_argument : required_argument, NULL,
                                           GETOPT_FIRST + (int)i};
    }
    ret_options[n++] = (struct option){"help", no_argument, NULL, GETOPT_HELP};
    ret_options[n++] = (struct option){"lang", required_argument, NULL, GETOPT_LANG};
    ret_options[n] = (struct option){};
}

static enum err usage_fail(struct call *c, const char *reason, const char *name, struct str value)
{
    (void)fail(c, ERR_SYNTAX, reason); /* the next line returns the same */
    return fail_arg(c, name, value);
}

static enum err lang_set(struct call *c, struct str lang)
{
    if (str_eq(lang, S("vi"))) {
        c->lang = LANG_VI;
    } else if (str_eq(lang, S("en"))) {
        c->lang = LANG_EN;
    } else {
        return usage_fail(c, "cli.option", "option", S("--lang"));
    }
    return OK;
}

static enum err options_read(struct call *c, int argc, char **argv, struct cli_args *args)
{
    struct option options[CLI_OPTIONS_MAX + 3] = {};
    ensure(args->verb->option_count <= CLI_OPTIONS_MAX);
    options_build(args->verb, options);
    opterr = 0;
    optind = 1;
    for (int i = 0; i < argc; i++) {
        int got = getopt_long(argc, argv, ":", options, NULL);
        if (got == -1) break;
        if (got == GETOPT_HELP) {
            args->help = true;
        } else if (got == GETOPT_LANG) {
            enum err e = lang_set(c, str_of(optarg));
            if (e != OK) return e;
        } else if (got >= GETOPT_FIRST) {
            args->value[got - GETOPT_FIRST] = optarg == NULL ? S("1") : str_of(optarg);
        } else {
            return usage_fail(c, "cli.option", "option", str_of(argv[optind - 1]));
        }
    }
    for (int i = optind; i < argc; i++) {
        if (args->rest_count == CLI_REST_MAX) return fail(c, ERR_SYNTAX, "cli.too_many");
        args->rest[args->rest_count++] = str_of(argv[i]);
    }
    return OK;
}

/* "cli.user_add" with an ending. */
static struct str verb_key(struct call *c, const char *prefix, const char *name, const char *end)
{
    struct str key = str_format(c->arena, "%s%s%s", prefix, name, end);
    char *copy = arena_copy(c->arena, key.ptr, key.len);
    for (size_t i = 0; i < key.len; i++) {
        if (copy[i] == ' ' || copy[i] == '-') copy[i] = '_';
    }
    return (struct str){copy, key.len};
}

static struct str verb_usage(struct call *c, const struct cli_verb *verb)
{
    struct str tail = words(c->lang, verb_key(c, "cli.", verb->name, ".usage"));
    return str_format(c->arena, "%s %.*s", verb->name, STR_ARG(tail));
}

static enum err args_complete(struct call *c, const struct cli_args *args)
{
    const struct cli_verb *verb = args->verb;
    for (size_t i = 0; i < verb->option_count; i++) {
        if (!verb->options[i].required || args->value[i].len > 0) continue;
        return usage_fail(c, "cli.missing", "option",
                          str_format(c->arena, "--%s", verb->options[i].name));
    }
    if (args->rest_count < verb->rest_min || args->rest_count > verb->rest_max) {
        return usage_fail(c, "cli.rest", "usage", verb_usage(c, verb));
    }
    return OK;
}

enum err cli_read(struct call *c, const struct cli_verb *verbs, size_t count, int argc, char **argv,
                  struct cli_args *ret_args)
{
    struct cli_args *args = arena_alloc(c->arena, sizeof *args);
    if (argc < 2) return fail(c, ERR_SYNTAX, "cli.no_verb");
    if (word_is(argv[1], S("--help")) || word_is(argv[1], S("help"))) {
        ret_args->help = true;
        for (int i = 2; i + 1 < argc; i++) {
            if (word_is(argv[i], S("--lang"))) return lang_set(c, str_of(argv[i + 1]));
        }
        return OK;
    }
    int verb_words = 0;
    args->verb = verb_find(verbs, count, argc, argv, &verb_words);
    if (args->verb == NULL) return usage_fail(c, "cli.verb", "verb", str_of(argv[1]));
    enum err e = options_read(c, argc - verb_words, argv + verb_words, args);
    if (e != OK) return e;
    if (!args->help) e = args_complete(c, args);
    if (e != OK) return e;
    *ret_args = *args;
    return OK;
}

struct str cli_value(const struct cli_args *args, const char *option)
{
    for (size_t i = 0; i < args->verb->option_count; i++) {
        if (word_is(args->verb->options[i].name, str_of(option))) return args->value[i];
    }
    ensure(false); /* the verb's table lacks an option that its function reads */
    return (struct str){};
}

enum err cli_number(struct call *c, const struct cli_args *args, const char *option, int64_t min,
                    int64_t max, int64_t *ret_value)
{
    struct str text = cli_value(args, option);
    if (text.len == 0) return OK;
    if (parse_int(text, min, max, ret_value)) return OK;
    (void)usage_fail(c, "cli.number", "option", str_format(c->arena, "--%s", option));
    (void)fail_arg(c, "min", str_format(c->arena, "%lld", (long long)min));
    return fail_arg(c, "max", str_format(c->arena, "%lld", (long long)max));
}

/* What an option means for this verb, else what it means everywhere. */
static struct str option_text(struct call *c, const struct cli_verb *verb, const char *option)
{
    struct str end = str_format(c->arena, ".%s", option);
    struct str own = verb_key(c, "cli.option.", verb->name, end.ptr);
    return words(c->lang, words_has(own) ? own : verb_key(c, "cli.option.", option, ""));
}

static void help_option(struct call *c, struct sb *sb, const struct cli_verb *verb,
                        const struct cli_option *option)
{
    struct str left = str_format(c->arena, "--%s%s", option->name, option->flag ? "" : " …");
    struct str text = option_text(c, verb, option->name);
    /* "…" is three bytes but one column */
    sb_printf(sb, "  %-*.*s  %.*s\n", option->flag ? 18 : 20, STR_ARG(left), STR_ARG(text));
}

static void help_verb(struct call *c, struct sb *sb, const struct cli_verb *verb)
{
    static const struct cli_option EVERYWHERE[] = {{"lang", false, false}, {"help", true, false}};
    struct str text = words(c->lang, verb_key(c, "cli.", verb->name, ""));
    sb_printf(sb, "phoihop %.*s\n\n%.*s\n\n", STR_ARG(verb_usage(c, verb)), STR_ARG(text));
    for (size_t i = 0; i < verb->option_count; i++)
        help_option(c, sb, verb, &verb->options[i]);
    for (size_t i = 0; i < ARRAY_LEN(EVERYWHERE); i++)
        help_option(c, sb, verb, &EVERYWHERE[i]);
    struct str example = verb_key(c, "cli.", verb->name, ".example");
    if (words_has(example)) sb_printf(sb, "\n%.*s\n", STR_ARG(words(c->lang, example)));
}

struct str cli_help(struct call *c, const struct cli_verb *verbs, size_t count,
                    const struct cli_verb *verb)
{
    struct sb sb = sb_new(c->arena, 0);
    if (verb != NULL) {
        help_verb(c, &sb, verb);
        return str_trim(sb_str(&sb));
    }
    sb_put(&sb, words(c->lang, S("cli.intro")));
    sb_put(&sb, S("\n\n"));
    for (size_t i = 0; i < count; i++) {
        if (verbs[i].hidden) continue;
        struct str text = words(c->lang, verb_key(c, "cli.", verbs[i].name, ""));
        sb_printf(&sb, "  %-12s %.*s\n", verbs[i].name, STR_ARG(text));
    }
    sb_put(&sb, S("\n"));
    sb_put(&sb, words(c->lang, S("cli.outro")));
    return sb_str(&sb);
}

void cli_print(int fd, struct str text)
{
    struct str parts[] = {text, S("\n")};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct str rest = parts[i];
        while (rest.len > 0) {
            ssize_t n = write(fd, rest.ptr, rest.len);
            if (n <= 0) return;
            rest = str_sub(rest, (size_t)n, rest.len);
        }
    }
}

int cli_exit_code(const struct call *c)
{
    if (c->failure.err == OK) return 0;
    return str_starts(str_of(c->failure.reason), S("cli.")) && c->failure.err == ERR_SYNTAX ? 2 : 1;
}
