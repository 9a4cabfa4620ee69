#pragma once
/*
 * sandbox.h: what each process may still do once it has started. Seccomp by libseccomp and
 * resource limits; no process of the office can ever win rights back.
 */
#include "base/call.h"

/* No core files, no new privileges, no tracing by others of the same user; dies with its parent.
 * Shapes: parent is the process id of the supervisor. */
void sandbox_common(int parent);

/* The keeper: read, write, memory, clock, end. Everything else ends the process.
 * Errors: ERR_IO "sandbox". */
enum err sandbox_keeper(struct call *c);

/* The courier: no program is started, no connection accepted, nobody traced, no large file written.
 * Errors: ERR_IO "sandbox". */
enum err sandbox_courier(struct call *c);
