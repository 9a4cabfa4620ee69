#pragma once
/*
 * guard.h: a handler around a handler, which notes what is being worked on (main/slots.h) and
 * refuses what was set aside.
 */
#include "front/http/http.h"
#include "main/slots.h"

struct guard {
    const struct http_handler *inner;
    void *arg; /* of inner */
    const struct env *env;
    struct slots *slots;
};

extern const struct http_handler guard_handler; /* arg: struct guard * */
