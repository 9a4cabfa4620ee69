#pragma once
/*
 * parser.h: the process that reads hostile files. It never looks at one itself: for each job it
 * forks a child, which enters a cage (main/cage.h), reads, answers and ends. A job has an open
 * file, an empty one for its answer, and nothing else: no network, no other file, no second
 * process. PDF is read by poppler's tools, which the child becomes; the rest by our own readers
 * (src/front/parser, a plugin), which were loaded before, so a job costs no more than a fork.
 *
 * On its connection to the worker (SOCK_SEQPACKET) every message is an order with three open files;
 * the result goes over the order's own socket when the job has ended, however it ended.
 */
#include "base/call.h"
#include "front/cli/cli.h"
#include "main/cage.h"

#include <sys/types.h>

enum { PARSER_MAGIC = 0x50484b35 };

enum parser_task { PARSER_READ, PARSER_PDF_PAGES, PARSER_PDF_TEXT, PARSER_PDF_IMAGE, PARSER_TASKS };

/* The files that go with an order. */
enum { PARSER_RESULT_FD, PARSER_ANSWER_FD, PARSER_FILE_FD };

struct parser_order {
    uint32_t magic;
    uint32_t task;     /* enum parser_task */
    uint32_t encoding; /* enum parse_encoding, of text */
    int32_t page;      /* of an image, from 1 */
};

enum parser_ended { PARSER_EXITED, PARSER_KILLED, PARSER_LATE };

/* Codes of a job that did not come to read: no cage, no tool. */
enum { PARSER_EXIT_CAGE = 126, PARSER_EXIT_TOOL = 127 };

struct parser_result {
    uint32_t magic;
    uint32_t ended; /* enum parser_ended */
    int32_t code;   /* of the exit, or the signal */
};

struct parser_plugin; /* front/parser/parser.h */

struct parser_job {
    pid_t pid; /* 0: none */
    int result_fd;
    int64_t end_ms; /* then it is ended */
    bool late;
};

struct parser {
    const struct env *env;
    const struct parser_plugin *plugin;
    struct cages cages;
    int conn_fd;
    int null_fd;
    int signal_fd;   /* a job has ended */
    int64_t wait_ms; /* for one job */
    struct parser_job jobs[LIMIT_PARSE_JOBS];
};

/* Builds the cages and takes SIGCHLD. Shapes: the plugin is loaded; conn_fd is open.
 * Errors: ERR_IO "sandbox". */
enum err parser_prepare(struct call *c, const struct parser_plugin *plugin, int conn_fd,
                        struct parser *ret_parser);
/* Serves the connection until it is closed. */
void parser_serve(struct parser *parser);

/* The hidden verb; descriptors as in main/supervise.h. Errors: ERR_IO "parser.load". */
enum err parser_run(struct call *c, const struct cli_args *args);
