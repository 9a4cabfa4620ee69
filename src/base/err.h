#pragma once
/*
 * err.h: the one error convention. A function that can fail returns `enum err`; the type is
 * nodiscard, so an ignored error does not compile. The reason (a key of the word catalogue) is
 * left in the call by fail(), see base/call.h.
 */
#include "base/base.h"

#define ERR_ROW(name, code, http, fault, retry) name,
enum [[nodiscard]] err {
    OK = 0,
#include "base/err.def"
    ERR_COUNT
};
#undef ERR_ROW

enum fault { FAULT_CALLER, FAULT_PEER, FAULT_OURS };

/* What is known of a code without knowing where it happened. */
struct err_info {
    const char *code; /* the word in JSON answers */
    int http_status;
    enum fault fault;
    bool retry; /* the same request may succeed later */
};

/* Returns the row of `e`. Shapes: e is any code but OK. */
const struct err_info *err_info(enum err e);
