#include "front/cli/cli_join.h"

#include "base/limits.h"
#include "base/words.h"
#include "front/cli/cli_json.h"
#include "front/cli/cli_office.h"
#include "front/cli/cli_verbs.h"

#include <poll.h>
#include <unistd.h>

enum { INVITE_DAYS = 7, TRIAL_TRIES = 50, TRIAL_PAUSE_MS = 100 };

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

/* What the other server is asked at once, over the new connection: stories of docs/conformance.md
 * that change nothing. */
static const struct trial {
    const char *story;
    const char *words;
    const char *method;
    const char *path;
    const char *body; /* hex */
    int64_t status;
} TRIALS[] = {
    {"C-001", "conform.certificate", "GET", "/x1/hello", "", 200},
    {"C-008", "conform.path", "GET", "/x1/no-such-thing", "", 404},
    {"C-013", "conform.rubbish", "POST", "/x1/feed", "70686f69686f70", 400},
    {"C-027", "conform.file", "GET", "/x1/blob/0", "", 404},
};

/* The other office takes a moment to let the new one in. */
static enum err trial_ask(struct call *c, struct cli_office *office, struct str peer,
                          const struct trial *trial, int64_t *ret_status)
{
    json_t *order = cli_json_object(c);
    cli_json_set(order, "office", peer);
    cli_json_set(order, "method", str_of(trial->method));
    cli_json_set(order, "path", str_of(trial->path));
    cli_json_set(order, "body", str_of(trial->body));
    for (int64_t i = 0; i < TRIAL_TRIES; i++) {
        struct str json = {};
        enum err e = ask(c, office, "/host/ask", order, &json);
        if (e != OK) return e;
        const json_t *answer = cli_json_read(c, json);
        *ret_status = json_integer_value(json_object_get(answer, "status"));
        if (*ret_status == trial->status) return OK;
        (void)poll(NULL, 0, TRIAL_PAUSE_MS);
    }
    return OK;
}

/* Every trial as a row {story, what, passed, status}. */
static enum err trials_run(struct call *c, struct cli_office *office, struct str peer,
                           json_t *report)
{
    json_t *rows = json_array();
    (void)json_object_set_new(report, "conformance", rows); /* out of memory ends us */
    for (size_t i = 0; i < ARRAY_LEN(TRIALS); i++) {
        int64_t status = 0;
        enum err e = trial_ask(c, office, peer, &TRIALS[i], &status);
        if (e != OK) return e;
        json_t *row = json_object();
        cli_json_set(row, "story", str_of(TRIALS[i].story));
        cli_json_set(row, "what", words(c->lang, str_of(TRIALS[i].words)));
        (void)json_object_set_new(row, "passed", json_boolean(status == TRIALS[i].status));
        (void)json_object_set_new(row, "status", json_integer(status));
        (void)json_array_append_new(rows, row);
    }
    return OK;
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
    if (e != OK) return e;
    json_t *report = cli_json_read(c, card);
    e = trials_run(c, office, cli_json_get(report, "office"), report);
    if (e == OK) cli_print(STDOUT_FILENO, cli_json_text(c, report));
    return e;
}
