#include "front/cli/cli_verbs.h"

#include "base/id.h"
#include "core/module.h"
#include "front/cli/cli_input.h"
#include "front/cli/cli_json.h"
#include "front/cli/cli_office.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CARD_BYTES_MAX = 16 * 1024, PASSWORD_GROUP = 4, PASSWORD_BYTES = 13 };

static enum err ask_print(struct call *c, struct cli_office *office,
                          const struct cli_request *request)
{
    struct str json = {};
    enum err e = cli_ask(c, office, request, &json);
    if (e == OK) cli_print(STDOUT_FILENO, json);
    return e;
}

static enum err get_print(struct call *c, const struct cli_args *args, struct str login,
                          struct str path)
{
    struct cli_office *office = NULL;
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e != OK) return e;
    return ask_print(c, office, &(struct cli_request){"GET", path, login, {}, {}});
}

/* The row of a list in which `name` has this text, or NULL. */
static const json_t *row_with(const json_t *list, const char *name, struct str text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (str_eq(cli_json_get(row, name), text)) return row;
    }
    return NULL;
}

/* Codes of offices, asked once and only when an act needs them. */
struct directory {
    struct cli_office *office;
    const json_t *offices; /* NULL: not asked yet */
};

static struct str office_id(void *arg, struct call *c, struct str code)
{
    struct directory *d = arg;
    struct str json = {};
    if (id_is_office(code)) return code;
    if (d->offices == NULL) {
        const struct cli_request request = {"GET", S("/host/offices"), {}, {}, {}};
        if (cli_ask(c, d->office, &request, &json) != OK) {
            call_clear(c); /* the act says that it does not know the office */
            return code;
        }
        d->offices = json_object_get(cli_json_read(c, json), "offices");
    }
    const json_t *row = row_with(d->offices, "code", code);
    return row == NULL ? code : str_copy(c->arena, cli_json_get(row, "office"));
}

enum err cli_act(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct cli_input in = {.dir = S("."), .office_id = office_id};
    const struct str *pairs = args->rest + 2;
    size_t count = args->rest_count - 2;
    const struct act *act = module_act(args->rest[1]);
    if (act == NULL) {
        (void)fail(c, ERR_NOT_FOUND, "act.unknown"); /* the next line returns the same */
        return fail_arg(c, "act", args->rest[1]);
    }
    enum err e = cli_files_open(c, pairs, count, &in.files);
    if (e == OK) e = cli_reach(c, args->rest[0], &office);
    if (e != OK) return e;
    struct directory directory = {.office = office};
    in.table = act->input;
    in.arg = &directory;
    struct cli_request request = {.method = "POST", .login = cli_value(args, "as")};
    e = cli_input_json(c, &in, pairs, count, &request.body);
    if (e != OK) return e;
    request.path = str_format(c->arena, "/api/act/%s", act->name);
    request.once = cli_value(args, "once");
    return ask_print(c, office, &request);
}

enum err cli_view(struct call *c, const struct cli_args *args)
{
    struct str query = {};
    enum err e = cli_input_query(c, args->rest + 2, args->rest_count - 2, &query);
    if (e != OK) return e;
    const struct view_def *view = module_view(args->rest[1]);
    if (view == NULL) {
        (void)fail(c, ERR_NOT_FOUND, "view.unknown"); /* the next line returns the same */
        return fail_arg(c, "view", args->rest[1]);
    }
    struct str path = str_format(c->arena, "/api/view/%s%s%.*s", view->name,
                                 query.len > 0 ? "?" : "", STR_ARG(query));
    return get_print(c, args, cli_value(args, "as"), path);
}

enum err cli_acts(struct call *c, const struct cli_args *args)
{
    return get_print(c, args, (struct str){}, S("/api/acts"));
}

enum err cli_card(struct call *c, const struct cli_args *args)
{
    return get_print(c, args, (struct str){}, S("/host/office"));
}

enum err cli_exchange(struct call *c, const struct cli_args *args)
{
    return get_print(c, args, (struct str){}, S("/host/exchange"));
}

struct str cli_password(struct call *c)
{
    struct sb sb = sb_new(c->arena, 0);
    struct str id = call_random_id(c, PASSWORD_BYTES);
    for (size_t i = 0; i + PASSWORD_GROUP <= id.len; i += PASSWORD_GROUP) {
        if (i > 0) sb_char(&sb, '-');
        sb_put(&sb, str_sub(id, i, i + PASSWORD_GROUP));
    }
    return sb_str(&sb);
}

struct pair {
    const char *name;
    struct str text; /* empty: left out */
};

static json_t *object_new(struct call *c, const struct pair *pairs, size_t count)
{
    json_t *object = cli_json_object(c);
    for (size_t i = 0; i < count; i++)
        cli_json_set(object, pairs[i].name, pairs[i].text);
    return object;
}

static struct str object_of(struct call *c, const struct pair *pairs, size_t count)
{
    return cli_json_text(c, object_new(c, pairs, count));
}

/* Prints one member of an answer; the whole of it when member is NULL. */
static enum err text_print(struct call *c, const struct cli_args *args,
                           const struct cli_request *request, const char *member)
{
    struct cli_office *office = NULL;
    struct str json = {};
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e == OK) e = cli_ask(c, office, request, &json);
    if (e != OK) return e;
    bool whole = member == NULL;
    cli_print(STDOUT_FILENO, whole ? json : cli_json_get(cli_json_read(c, json), member));
    return OK;
}

static const char *text_or_all(const struct cli_args *args)
{
    return cli_value(args, "json").len > 0 ? NULL : "text";
}

enum err cli_status(struct call *c, const struct cli_args *args)
{
    return text_print(c, args, &(struct cli_request){"GET", S("/host/status"), {}, {}, {}},
                      text_or_all(args));
}

enum err cli_metrics(struct call *c, const struct cli_args *args)
{
    bool token = cli_value(args, "token").len > 0;
    return text_print(c, args, &(struct cli_request){"GET", S("/host/metrics"), {}, {}, {}},
                      token ? "token" : "text");
}

enum err cli_track(struct call *c, const struct cli_args *args)
{
    const struct pair pairs[] = {{"number", args->rest[1]}};
    struct str body = object_of(c, pairs, ARRAY_LEN(pairs));
    return text_print(c, args, &(struct cli_request){"POST", S("/host/track"), {}, body, {}},
                      text_or_all(args));
}

struct str cli_admin(const struct cli_args *args)
{
    struct str login = cli_value(args, "as");
    return login.len > 0 ? login : S("admin");
}

/* Prints the act's answer, with the password that was made. */
static void print_with_password(struct call *c, struct str json, struct str password)
{
    if (password.len > 0 && str_ends(json, S("}"))) {
        json = str_format(c->arena, "%.*s,\"password\":\"%.*s\"}", (int)json.len - 1, json.ptr,
                          STR_ARG(password));
    }
    cli_print(STDOUT_FILENO, json);
}

/* "officer,chief" sets the fields of that name. */
static void roles_set(json_t *object, struct str roles)
{
    struct str part = {};
    for (bool more = roles.len > 0; more;) {
        more = str_cut(roles, ',', &part, &roles);
        part = str_trim(part);
        (void)json_object_setn_new(object, part.ptr, part.len, json_true());
    }
}

enum err cli_user_add(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct str given = cli_value(args, "password");
    struct str made = given.len > 0 ? (struct str){} : cli_password(c);
    const struct pair pairs[] = {
        {"login", cli_value(args, "login")},        {"title", cli_value(args, "title")},
        {"name", cli_value(args, "name")},          {"unit", cli_value(args, "unit")},
        {"password", given.len > 0 ? given : made},
    };
    json_t *input = object_new(c, pairs, ARRAY_LEN(pairs));
    roles_set(input, cli_value(args, "roles"));
    struct str json = {};
    struct cli_request request = {
        "POST", S("/api/act/office.add_person"), cli_admin(args), cli_json_text(c, input), {}};
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e == OK) e = cli_ask(c, office, &request, &json);
    if (e == OK) print_with_password(c, json, made);
    return e;
}

static enum err person_record(struct call *c, struct cli_office *office, struct str login,
                              struct str *ret_record)
{
    struct str json = {};
    const struct cli_request request = {"GET", S("/host/people"), {}, {}, {}};
    enum err e = cli_ask(c, office, &request, &json);
    if (e != OK) return e;
    const json_t *people = json_object_get(cli_json_read(c, json), "people");
    const json_t *row = row_with(people, "login", login);
    if (row == NULL) {
        (void)fail(c, ERR_NOT_FOUND, "cli.person"); /* the next line returns the same */
        return fail_arg(c, "login", login);
    }
    *ret_record = str_copy(c->arena, cli_json_get(row, "record"));
    return OK;
}

enum err cli_user_passwd(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct str given = cli_value(args, "password");
    struct str made = given.len > 0 ? (struct str){} : cli_password(c);
    struct str record = {};
    struct str json = {};
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e == OK) e = person_record(c, office, cli_value(args, "login"), &record);
    if (e != OK) return e;
    const struct pair pairs[] = {{"record", record}, {"password", given.len > 0 ? given : made}};
    struct cli_request request = {"POST",
                                  S("/api/act/office.set_password"),
                                  cli_admin(args),
                                  object_of(c, pairs, ARRAY_LEN(pairs)),
                                  {}};
    e = cli_ask(c, office, &request, &json);
    if (e == OK) print_with_password(c, json, made);
    return e;
}

enum err cli_user_list(struct call *c, const struct cli_args *args)
{
    return get_print(c, args, (struct str){}, S("/host/people"));
}

static enum err card_read(struct call *c, struct str path, const json_t **ret_card)
{
    char *bytes = arena_alloc(c->arena, CARD_BYTES_MAX);
    int fd = open(str_zero(c->arena, path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, CARD_BYTES_MAX);
    if (fd >= 0) (void)close(fd);
    const json_t *card = n <= 0 ? NULL : cli_json_read(c, (struct str){bytes, (size_t)n});
    if (card == NULL) {
        (void)fail(c, ERR_NOT_FOUND, "cli.card"); /* the next line returns the same */
        return fail_arg(c, "file", path);
    }
    *ret_card = card;
    return OK;
}

enum err cli_peer_add(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    const json_t *card = NULL;
    enum err e = card_read(c, cli_value(args, "card"), &card);
    if (e == OK) e = cli_reach(c, args->rest[0], &office);
    if (e != OK) return e;
    const struct pair pairs[] = {
        {"office", cli_json_get(card, "office")}, {"code", cli_json_get(card, "code")},
        {"name", cli_json_get(card, "name")},     {"public_key", cli_json_get(card, "public_key")},
        {"next_key", cli_json_get(card, "next_key")}, {"address", cli_value(args, "address")},
    };
    json_t *input = object_new(c, pairs, ARRAY_LEN(pairs));
    json_t *key_n = json_object_get(card, "key_n");
    if (key_n != NULL) (void)json_object_set(input, "key_n", key_n); /* out of memory ends us */
    return ask_print(c, office,
                     &(struct cli_request){"POST",
                                           S("/api/act/office.add_peer"),
                                           cli_admin(args),
                                           cli_json_text(c, input),
                                           {}});
}

enum err cli_peer_list(struct call *c, const struct cli_args *args)
{
    return get_print(c, args, cli_admin(args), S("/api/view/office.peers"));
}

enum err cli_succeed(struct call *c, const struct cli_args *args)
{
    bool accept = cli_value(args, "accept").len > 0;
    bool dry = cli_value(args, "dry-run").len > 0;
    struct str other = cli_value(args, accept ? "from" : "to");
    struct cli_office *office = NULL;
    if (accept == (cli_value(args, "to").len > 0)) return fail(c, ERR_SYNTAX, "cli.succeed");
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e != OK) return e;
    struct directory directory = {.office = office};
    const struct pair pairs[] = {
        {accept ? "from" : "to", other.len > 0 ? office_id(&directory, c, other) : other}};
    json_t *input = object_new(c, pairs, ARRAY_LEN(pairs));
    if (dry) (void)json_object_set_new(input, "dry_run", json_true());
    struct str path =
        accept ? S("/api/act/office.accept_succession") : S("/api/act/office.succeed");
    return ask_print(
        c, office,
        &(struct cli_request){"POST", path, cli_admin(args), cli_json_text(c, input), {}});
}

enum err cli_resume(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e != OK) return e;
    return ask_print(c, office, &(struct cli_request){"POST", S("/host/resume"), {}, {}, {}});
}

enum err cli_token_add(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    const struct pair pairs[] = {{"login", cli_value(args, "login")},
                                 {"label", cli_value(args, "label")}};
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e != OK) return e;
    return ask_print(c, office,
                     &(struct cli_request){
                         "POST", S("/host/token"), {}, object_of(c, pairs, ARRAY_LEN(pairs)), {}});
}

enum err cli_check(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct str json = {};
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e == OK)
        e = cli_ask(c, office, &(struct cli_request){"GET", S("/host/check"), {}, {}, {}}, &json);
    if (e != OK) return e;
    cli_print(STDOUT_FILENO, json);
    bool equal = json_is_true(json_object_get(cli_json_read(c, json), "equal"));
    return equal ? OK : fail(c, ERR_CORRUPT, "check.differs");
}
