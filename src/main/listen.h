#pragma once
/* listen.h: the sockets on which an office answers. */
#include "base/call.h"

/* Binds a TCP address given in digits. Shapes: the descriptor is closed on exec.
 * Errors: ERR_INVALID "listen.address"; ERR_CONFLICT "listen.taken", ERR_IO "listen.failed", all
 * with arg "address". */
enum err listen_tcp(struct call *c, struct str address, int64_t port, int *ret_fd);
/* Binds control.sock of the present folder, for its owner alone. Errors: ERR_IO "listen.failed". */
enum err listen_control(struct call *c, int *ret_fd);
