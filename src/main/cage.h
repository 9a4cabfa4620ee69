#pragma once
/*
 * cage.h: what a job of the parser process may still do: read the file it was given, write its
 * answer, use memory and time within limits, end. Built once, entered by each job after its fork.
 *
 *     CAGE_READ   our own readers: no file can be opened at all; anything else ends the process
 *     CAGE_TOOL   a tool of poppler: may become one of three programs, and open for reading what
 *                 those need: libraries, fonts; everything else is refused
 *
 * Seccomp lists what is allowed. Landlock closes the file system, and where the kernel can (from
 * 6.7 and 6.12 on) also TCP, abstract sockets and signals; an older kernel leaves that to seccomp,
 * which refuses it too. Limits bound memory, processor time, output and processes.
 */
#include "base/call.h"
#include "base/limits.h"

/* The largest answer: what pdftotext writes is cleaned and cut afterwards. */
enum { CAGE_OUTPUT_BYTES = 4 * LIMIT_PARSE_TEXT_BYTES };

enum cage { CAGE_READ, CAGE_TOOL, CAGE_COUNT };

enum cage_tool { TOOL_PDFINFO, TOOL_PDFTOTEXT, TOOL_PDFTOPPM, TOOL_COUNT };

/* Paths of the tools; the filter knows them by their address, so they are used as they stand. */
extern const char *const CAGE_TOOLS[TOOL_COUNT];

struct cage_plan {
    struct str filter;    /* of seccomp, as the kernel reads it */
    int ruleset_fd;       /* of landlock; -1: this kernel has none */
    int64_t output_bytes; /* the largest answer */
};

struct cages {
    struct cage_plan plan[CAGE_COUNT];
    int64_t memory_bytes; /* of address space */
    int64_t landlock;     /* version of the kernel's; 0: none */
};

/* Builds both. Shapes: the call's arena outlives the cages. Errors: ERR_IO "sandbox". */
enum err cages_build(struct call *c, struct cages *ret_cages);

/* Enters one, for ever, with standard input, output and error alone. False when it could not be:
 * then the process must end at once. */
bool cage_enter(const struct cages *cages, enum cage cage);
