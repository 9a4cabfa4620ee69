#pragma once
/* cli_join.h: the verbs by which two offices come to know each other. */
#include "front/cli/cli.h"

/* invite DIR --name NAME [--days N] [--as LOGIN]: prints a code, once. */
enum err cli_invite(struct call *c, const struct cli_args *args);
/* invitations DIR: who was invited, and what was entered by it. */
enum err cli_invitations(struct call *c, const struct cli_args *args);
/* join DIR CODE ADDRESS [--address OWN] [--as LOGIN]: both offices enter each other; prints the
 * card that was entered here, and how the other server answered what it was asked at once
 * (docs/conformance.md). The office runs. Errors: those of wire_join. */
enum err cli_join(struct call *c, const struct cli_args *args);
