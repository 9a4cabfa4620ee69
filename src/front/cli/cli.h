#pragma once
/*
 * cli.h: the command line as a front: verbs, their options, their help, what goes to standard
 * output (JSON; only `deadline` speaks in sentences unless asked for JSON) and to standard error
 * (the failure, as every front prints it).
 *
 * The table of verbs is in main/main.c. Words: "cli.<verb>" one sentence, "cli.<verb>.usage" what
 * follows the name, "cli.option.<option>" one line, or "cli.option.<verb>.<option>" where it means
 * something of its own; spaces and dashes of a name are written "_".
 */
#include "base/call.h"

enum { CLI_OPTIONS_MAX = 12, CLI_REST_MAX = 512 };

struct cli_option {
    const char *name; /* without dashes */
    bool flag;        /* takes no value */
    bool required;
};

struct cli_verb;

/* A command line that was read. */
struct cli_args {
    const struct cli_verb *verb;
    struct str value[CLI_OPTIONS_MAX]; /* by place in the verb's table; flags hold "1" */
    struct str rest[CLI_REST_MAX];     /* what is not an option, in order */
    size_t rest_count;
    bool help; /* --help: nothing else counts */
};

struct cli_verb {
    const char *name; /* one word or two: "user add" */
    size_t rest_min;
    size_t rest_max;
    const struct cli_option *options;
    size_t option_count;
    bool hidden; /* a process of the office, not for people */
    enum err (*run)(struct call *c, const struct cli_args *args);
};

/* Finds the verb and reads its options; --lang sets the call's language.
 * Shapes: argv is the program's, argc at least 1; getopt_long may reorder it.
 * Errors, all ERR_SYNTAX: "cli.no_verb"; "cli.verb" (arg "verb"); "cli.option" (arg "option");
 * "cli.missing" (arg "option"); "cli.rest" (arg "usage"). */
enum err cli_read(struct call *c, const struct cli_verb *verbs, size_t count, int argc, char **argv,
                  struct cli_args *ret_args);
/* The option's value; empty when it was not given. Shapes: the verb has the option. */
struct str cli_value(const struct cli_args *args, const char *option);
/* The option's value as a number; `*ret_value` stays when it was not given.
 * Errors: ERR_SYNTAX "cli.number" (arg "option"). */
enum err cli_number(struct call *c, const struct cli_args *args, const char *option, int64_t min,
                    int64_t max, int64_t *ret_value);

/* The help of one verb, or of all of them when verb is NULL. */
struct str cli_help(struct call *c, const struct cli_verb *verbs, size_t count,
                    const struct cli_verb *verb);

/* Writes text and a line end to a descriptor, wholly. Nobody is left to hear of a failure. */
void cli_print(int fd, struct str text);
/* 2 when the command line itself was wrong, else 1. */
int cli_exit_code(const struct call *c);
