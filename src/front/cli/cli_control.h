#pragma once
/*
 * cli_control.h: HTTP over DIR/control.sock, as much of it as the office's own server speaks to
 * its own host: one request a connection, answers with a length, in pieces or until the end; and
 * the stream of events, read line by line.
 */
#include "front/cli/cli_office.h"

struct control_answer {
    int status;
    struct str body;
};

struct control {
    int fd;
    char *buffer; /* what has been read and not yet used */
    size_t len;
    size_t cap;
};

/* Says that somebody accepts connections on the socket of the present folder. */
bool control_answers(void);

/* The bytes of a request. */
struct str control_request(struct call *c, const struct cli_request *request);
/* Takes apart a whole answer that lies in memory. Errors: as control_answer. */
enum err control_parse(struct call *c, struct str bytes, struct control_answer *ret_answer);

/* Connects and sends. Owns: the call's arena closes. Errors: ERR_IO "cli.control". */
enum err control_send(struct call *c, const struct cli_request *request,
                      struct control *ret_control);
/* Reads the whole answer. Errors: ERR_IO "cli.control"; ERR_LIMIT "cli.answer". */
enum err control_answer(struct call *c, struct control *control, struct control_answer *ret_answer);

/* Reads the head only; then events line by line. Errors: ERR_IO "cli.control". */
enum err control_head(struct call *c, struct control *control, struct control_answer *ret_head);
/* Waits for the next line of a stream. Returns false when the time is over or the stream ended;
 * `ret_line` then is empty. Shapes: the line lies in the call's arena, without its end. */
bool control_line(struct call *c, struct control *control, int64_t wait_ms, struct str *ret_line);
