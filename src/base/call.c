#include "base/call.h"

struct call call_begin(const struct env *env, struct store *store, struct office *office)
{
    ensure(env != NULL);
    return (struct call){
        .arena = arena_open(0),
        .env = env,
        .now_ms = env->now_ms(env->self),
        .store = store,
        .office = office,
    };
}

void call_end(struct call *c)
{
    arena_close(c->arena);
    *c = (struct call){};
}

enum err fail(struct call *c, enum err e, const char *reason)
{
    ensure(e != OK);
    ensure(reason != NULL);
    ensure(c->failure.err == OK);
    c->failure.err = e;
    c->failure.reason = reason;
    return e;
}

enum err fail_arg(struct call *c, const char *name, struct str value)
{
    ensure(c->failure.err != OK);
    ensure(c->failure.arg_count < FAIL_ARGS_MAX);
    c->failure.args[c->failure.arg_count++] = (struct fail_arg){name, str_copy(c->arena, value)};
    return c->failure.err;
}

void problem(struct call *c, struct str field, const char *reason)
{
    ensure(reason != NULL);
    if (c->failure.problem_count == PROBLEMS_MAX) return;
    c->failure.problems[c->failure.problem_count++] =
        (struct problem){str_copy(c->arena, field), reason};
}

enum err problems_fail(struct call *c)
{
    if (c->failure.problem_count == 0) return OK;
    return fail(c, ERR_INVALID, "form");
}

void call_clear(struct call *c)
{
    c->failure = (struct failure){};
}

struct str call_random_id(struct call *c, size_t bytes)
{
    char raw[64];
    ensure(bytes <= sizeof raw);
    c->env->random(c->env->self, (uint8_t *)raw, bytes);
    return base32_encode(c->arena, (struct str){raw, bytes});
}
