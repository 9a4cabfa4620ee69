#pragma once
/*
 * conform.h: does a server keep to docs/exchange.md? The kit founds offices of its own in a folder
 * that goes afterwards, and asks the server under test numbered questions, one after another:
 *
 *     probe     the kit speaks for it, byte by byte, also wrongly; nobody can connect to it
 *     echo      a served office of this program, which answers
 *     down      an office in the directory where nobody ever answers
 *     subject   under test: one of this program, unless an address names another server
 *
 * docs/conformance.md has every story.
 */
#include "front/cli/cli.h"

/* conformance [--dir DIR] [--address A --card FILE] [--cards] [--json]. Errors: ERR_CORRUPT
 * "conform.failed" when a story failed. */
enum err conform_run(struct call *c, const struct cli_args *args);
