#pragma once
/*
 * demo.h: four offices on one machine, to try everything with: VPTW, VPCTN, VPQH and VPCP, each a
 * folder of its own, made at the first use, each served by its own processes.
 */
#include "front/cli/cli.h"

/* demo [--dir DIR] [--port N] [--once]. Runs until Ctrl-C; with --once it plays a whole round of
 * written opinions between the four, prints its table as JSON and ends.
 * Errors: those of init_dir and serving; ERR_BUSY "demo.waited" when something did not arrive. */
enum err demo_run(struct call *c, const struct cli_args *args);
