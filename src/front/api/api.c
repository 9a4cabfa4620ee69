#include "front/api/api.h"

#include "base/json.h"
#include "base/limits.h"
#include "core/act.h"
#include "core/upload.h"
#include "front/web/form.h"
#include "front/web/page.h"
#include "store/blob.h"

/* One call of a program while it is answered. */
struct api {
    struct call c;
    struct web *web;
    struct http_request *rq;
    struct str rest;   /* what follows the route in the path */
    bool host;         /* over the control socket: who may open it may read every file */
    struct str answer; /* JSON */
};

struct api_route {
    const char *method;
    const char *path; /* ends in '/': everything below it */
    enum err (*run)(struct api *api);
};

static enum err api_acts(struct api *api)
{
    struct sb sb = sb_new(api->c.arena, 0);
    sb_put(&sb, S("{\"acts\":"));
    sb_put(&sb, acts_json(&api->c));
    sb_char(&sb, '}');
    api->answer = sb_str(&sb);
    return OK;
}

/* Runs the act with files that the actor may name. */
static enum err act_with_files(struct api *api, struct str json, struct str once,
                               struct act_result *ret_result)
{
    struct call *c = &api->c;
    const struct act *act = module_act(api->rest);
    if (act == NULL || api->host) return act_run_json(c, api->rest, json, once, ret_result);
    void *input = arena_alloc(c->arena, act->input->size);
    enum err e = fields_read(c, act->input, json, UNKNOWN_REFUSE, input);
    if (e == OK) e = upload_check(c, act->input, input);
    return e != OK ? e : act_run(c, act, input, once, ret_result);
}

static enum err api_act(struct api *api)
{
    struct call *c = &api->c;
    struct str once = http_header(api->rq, S("Idempotency-Key"));
    struct str json = {};
    struct act_result result = {};
    if (once.len > LIMIT_ONCE_BYTES) return fail(c, ERR_LIMIT, "web.key");
    enum err e = form_body_bytes(c, api->rq, &json);
    if (e == OK) e = act_with_files(api, json, once, &result);
    if (e == OK) api->answer = act_result_json(c, &result);
    return e;
}

static const char *kind_word(enum view_kind kind)
{
    switch (kind) {
    case VIEW_LIST: return "list";
    case VIEW_RECORD: return "record";
    case VIEW_FORM: return "form";
    case VIEW_BOARD: return "board";
    case VIEW_TODAY: return "today";
    case VIEW_FIGURES: return "figures";
    }
    ensure(false); /* all kinds are above */
    return NULL;
}

static enum err api_view(struct api *api)
{
    struct call *c = &api->c;
    const struct view_def *def = module_view(api->rest);
    struct form form = {};
    struct view view = {};
    void *args = NULL;
    enum err e = form_read_query(c, api->rq->query, &form);
    if (e == OK && def != NULL) e = view_args(c, def, &form, &args);
    if (e == OK) e = view_run(c, api->rest, args, &view);
    if (e != OK) return e;
    struct sb sb = sb_new(c->arena, 0);
    bool first = true;
    sb_char(&sb, '{');
    json_name(&sb, &first, "name");
    json_text(&sb, str_of(view.name));
    json_name(&sb, &first, "kind");
    json_text(&sb, str_of(kind_word(view.kind)));
    json_name(&sb, &first, "title");
    json_text(&sb, view.title);
    json_name(&sb, &first, "data");
    node_json(&sb, view.data);
    sb_char(&sb, '}');
    api->answer = sb_str(&sb);
    return sb.over ? fail(c, ERR_LIMIT, "web.answer") : OK;
}

static enum err api_file(struct api *api)
{
    struct call *c = &api->c;
    const struct http_body *body = &api->rq->body;
    struct str dir = api->web->office->dir;
    struct str root = {};
    struct blob_writer *writer = NULL;
    int64_t size = body->size;
    if (c->who.person.len == 0) return fail(c, ERR_LOGIN, "login");
    enum err e = OK;
    if (body->spooled) {
        e = blob_import(c, dir, body->fd, 0, size, &root);
    } else {
        e = blob_create(c, dir, LIMIT_FILE_BYTES, &writer);
        if (e == OK) e = blob_write(c, writer, body->bytes);
        if (e == OK) e = blob_finish(c, writer, &root, &size);
    }
    if (e == OK && !api->host) e = upload_note(c, root);
    if (e != OK) return e;
    api->answer =
        str_format(c->arena, "{\"root\":\"%.*s\",\"size\":%lld}", STR_ARG(root), (long long)size);
    return OK;
}

static const struct api_route ROUTES[] = {
    {"GET", "/api/acts", api_acts},
    {"POST", "/api/act/", api_act},
    {"GET", "/api/view/", api_view},
    {"POST", "/api/file", api_file},
};

static enum err api_run(struct api *api)
{
    struct str path = api->rq->path;
    for (size_t i = 0; i < ARRAY_LEN(ROUTES); i++) {
        struct str own = str_of(ROUTES[i].path);
        bool below = str_ends(own, S("/"));
        bool fits = below ? str_starts(path, own) : str_eq(path, own);
        if (!fits || !str_eq(api->rq->method, str_of(ROUTES[i].method))) continue;
        api->rest = below ? str_sub(path, own.len, path.len) : (struct str){};
        return ROUTES[i].run(api);
    }
    return fail(&api->c, ERR_NOT_FOUND, "web.page");
}

/* Replies; the bytes outlive the call. */
static void api_answer(struct api *api, enum err e, struct http_reply *reply)
{
    int status = e == OK ? 200 : err_info(e)->http_status;
    struct str body = e == OK ? api->answer : failure_json(&api->c);
    http_reply_header(reply, S("Cache-Control"), S("no-store"));
    http_reply_header(reply, S("X-Content-Type-Options"), S("nosniff"));
    http_reply_header(reply, S("Content-Security-Policy"), S("default-src 'none'; sandbox"));
    if (e == ERR_LOGIN) http_reply_header(reply, S("WWW-Authenticate"), S("Bearer"));
    http_reply_text(reply, status, S("application/json"), str_copy(api->rq->arena, body));
}

static struct api api_begin(struct web *web, struct http_request *rq)
{
    struct api api = {.c = call_begin(web->env, web->store, web->office), .web = web, .rq = rq};
    struct str lang = http_header(rq, S("Accept-Language"));
    if (str_starts(lang, S("en"))) api.c.lang = LANG_EN;
    return api;
}

void api_handle(struct web *web, struct http_request *rq, struct http_reply *reply)
{
    struct api api = api_begin(web, rq);
    struct str pass = http_header(rq, S("Authorization"));
    struct str scheme = {};
    struct str token = {};
    bool bearer = str_cut(pass, ' ', &scheme, &token) && http_name_eq(scheme, S("Bearer"));
    enum err e = bearer ? token_login(&api.c, str_trim(token)) : fail(&api.c, ERR_LOGIN, "login");
    if (e == OK) e = api_run(&api);
    api_answer(&api, e, reply);
    call_end(&api.c);
}

static void control_handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    struct api api = api_begin(arg, rq);
    api.host = true;
    struct str login = http_header(rq, S("Phoihop-As"));
    enum err e = login.len > 0 ? login_as(&api.c, login) : OK;
    if (e == OK) e = api_run(&api);
    api_answer(&api, e, reply);
    call_end(&api.c);
}

static int64_t control_plan(void *arg, const struct http_request *rq)
{
    (void)arg;
    return str_eq(rq->path, S("/api/file")) ? LIMIT_FILE_BYTES : 0;
}

const struct http_handler control_handler = {.plan = control_plan, .handle = control_handle};
