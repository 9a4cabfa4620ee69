#include "front/cli/cli_join.h"

#include "base/json.h"
#include "base/limits.h"
#include "front/cli/cli_json.h"
#include "front/cli/cli_office.h"
#include "front/cli/cli_verbs.h"

#include <unistd.h>

enum { INVITE_DAYS = 7 };

static enum err ask(struct call *c, struct cli_office *office, const char *path, json_t *order,
                    struct str *ret_json)
{
    const struct cli_request request = {
        .method = "POST", .path = str_of(path), .body = cli_json_text(c, order)};
    return cli_ask(c, office, &request, ret_json);
}

enum err cli_invite(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct str json = {};
    int64_t days = INVITE_DAYS;
    json_t *order = cli_json_object(c);
    enum err e = cli_number(c, args, "days", 1, LIMIT_INVITE_DAYS, &days);
    if (e != OK) return e;
    cli_json_set(order, "login", cli_admin(args));
    cli_json_set(order, "name", cli_value(args, "name"));
    (void)json_object_set_new(order, "days", json_integer(days)); /* out of memory ends us */
    e = cli_reach(c, args->rest[0], &office);
    if (e == OK) e = ask(c, office, "/host/invite", order, &json);
    if (e == OK) cli_print(STDOUT_FILENO, json);
    return e;
}

enum err cli_invitations(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct str json = {};
    const struct cli_request request = {.method = "GET", .path = S("/host/invitations")};
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e == OK) e = cli_ask(c, office, &request, &json);
    if (e == OK) cli_print(STDOUT_FILENO, json);
    return e;
}

enum err cli_join(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct str card = {};
    struct str entered = {};
    json_t *order = cli_json_object(c);
    cli_json_set(order, "code", args->rest[1]);
    cli_json_set(order, "address", args->rest[2]);
    cli_json_set(order, "own", cli_value(args, "address"));
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e == OK) e = ask(c, office, "/host/join", order, &card);
    if (e != OK) return e;
    const struct cli_request request = {.method = "POST",
                                        .path = S("/api/act/office.add_peer"),
                                        .login = cli_admin(args),
                                        .body = card};
    e = cli_ask(c, office, &request, &entered);
    if (e == OK) cli_print(STDOUT_FILENO, card);
    return e;
}
