#pragma once
/*
 * wire_back.h: questions to a peer that nobody can reach. They wait here until the peer comes and
 * asks what this office would like to have (GET /x1/back); it answers each as if it had been asked
 * directly, and brings the answer (POST /x1/back/ID?status=S). So files of such an office, and what
 * both compare before a feed begins, travel by the same questions as all others.
 *
 *     driver    wire_back_begin ............................ wire_back_end
 *     peer                       GET -> the question   POST the answer
 *
 * For the files of this folder only.
 */
#include "front/wire/wire.h"

/* Puts a question there; its file becomes readable when the answer is there. Errors: ERR_IO
 * "wire.back". Owns: all of it goes with the call. */
enum err wire_back_begin(struct call *c, struct wire *wire, const struct wire_request *rq,
                         struct wire_question *ret_question);
/* Takes the answer. Errors: ERR_PEER "wire.address" when none has come. */
enum err wire_back_end(struct call *c, struct wire *wire, const struct wire_question *question,
                       struct wire_answer *ret_answer);

/* Gives the peer the oldest question that it has not been given yet, as JSON; empty when there is
 * none. */
struct str wire_back_give(struct call *c, struct wire *wire, struct str peer);
/* Takes the peer's answer; one that nobody waits for any more is forgotten. */
void wire_back_take(struct wire *wire, struct str peer, int64_t id, int status, struct str body);

/* What a peer without an address is asked. */
enum { BACK_PATH_BYTES = 256, BACK_BODY_BYTES = 1024 };

struct back_question {
    int64_t id; /* not 0 */
    struct str path;
    struct str body; /* of a comparison; empty: a file is asked for. In the JSON as hex */
};

/* Reads what wire_back_give has written. Errors: those of fields_read. */
enum err wire_back_read(struct call *c, struct str json, struct back_question *ret_question);
/* Answers it as this office answers at its door. Only files and
 * comparisons (exchange/greet.h) may be asked for. */
void wire_back_answer(struct call *c, struct wire *wire, struct str peer,
                      const struct back_question *question, struct wire_answer *ret_answer);
