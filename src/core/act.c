/* Running acts and views. */
#include "core/act.h"

#include "base/json.h"
#include "base/words.h"
#include "core/closed.h"
#include "core/changes.h"
#include "core/login.h"
#include "core/org.h"
#include "core/org_sql.h"
#include "core/record.h"

struct run {
    const struct act *act;
    const void *input;
    struct str once;
    struct act_result result;
};

/* The record an act is about: its input field "record". */
static struct str act_record(const struct act *act, const void *input)
{
    const struct field *f = field_find(act->input, S("record"));
    if (act->kind == NULL || f == NULL) return (struct str){};
    ensure(f->type == FIELD_RECORD);
    return *(const struct str *)(const void *)((const char *)input + f->offset);
}

/* The first result of the same call, if it was made. */
static enum err once_known(struct call *c, struct run *run, bool *ret_known)
{
    struct rows rows = {};
    if (run->once.len == 0) return OK;
    enum err e = once_get(c, run->once, &rows);
    if (e != OK || rows.count == 0) return e;
    bool same = str_eq(rows_text(&rows, 0, 0), c->who.person) &&
                str_eq(rows_text(&rows, 0, 1), str_of(run->act->name));
    if (!same) return fail(c, ERR_CONFLICT, "act.once");
    run->result.record = rows_text(&rows, 0, 2);
    run->result.n = rows_int(&rows, 0, 3);
    run->result.again = rows_text(&rows, 0, 4);
    *ret_known = true;
    return OK;
}

enum err act_state(struct call *c, const struct act *act, const struct head *head)
{
    bool home_acts = act->home_only || act->answers;
    if (home_acts && head->moving != act->answers) {
        return fail(c, ERR_CONFLICT, head->moving ? "record.moving" : "record.not_moving");
    }
    return act->state != NULL ? act->state(c, head) : OK;
}

/* Everything of an act that happens inside the transaction. */
static enum err run_step(struct call *c, void *arg)
{
    struct run *run = arg;
    const struct act *act = run->act;
    struct head head = {};
    bool known = false;
    struct str record = act_record(act, run->input);
    enum err e = actor_load(c, c->who.person); /* the roles of this moment */
    if (e == OK) e = once_known(c, run, &known);
    if (e != OK || known) return e;
    e = closed_refuse(c);
    if (e != OK) return e;
    if (record.len > 0) e = record_head_visible(c, record, &head);
    if (e == OK && record.len > 0 && !module_act_fits(act, head.kind)) {
        e = fail(c, ERR_CONFLICT, "record.kind");
    }
    if (e == OK) e = grant_act(c, act, record.len > 0 ? &head : NULL);
    if (e == OK) e = act_state(c, act, &head);
    if (e == OK) e = act->run(c, run->input, &run->result);
    if (e == OK && run->once.len > 0) {
        e = once_put(c, run->once, str_of(act->name), &run->result);
    }
    return e;
}

enum err act_run(struct call *c, const struct act *act, const void *input, struct str once,
                 struct act_result *ret_result)
{
    void *copy = arena_copy(c->arena, input, act->input->size);
    struct run run = {.act = act, .input = copy, .once = once};
    fields_check(c, act->input, copy);
    enum err e = problems_fail(c);
    if (e != OK) return e;
    if (c->who.person.len == 0) return fail(c, ERR_LOGIN, "login");
    if (act->prepare != NULL) e = act->prepare(c, copy);
    if (e == OK) e = store_tx(c, run_step, &run);
    if (e == OK) *ret_result = run.result;
    return e;
}

enum err act_run_json(struct call *c, struct str name, struct str json, struct str once,
                      struct act_result *ret_result)
{
    const struct act *act = module_act(name);
    if (act == NULL) {
        (void)!fail(c, ERR_NOT_FOUND, "act.unknown");
        return fail_arg(c, "act", name);
    }
    void *input = arena_alloc(c->arena, act->input->size);
    enum err e = fields_read(c, act->input, json, UNKNOWN_REFUSE, input);
    return e != OK ? e : act_run(c, act, input, once, ret_result);
}

struct look {
    const struct view_def *def;
    const void *args;
    struct view *view;
    struct paper *paper;
    struct str record; /* that the page shows, when the actor had not seen its newest version */
    int64_t n;
};

/* Whether the page shows a record that is news to the actor. */
static enum err look_news(struct call *c, struct look *look)
{
    const struct field_table *args = look->def->args;
    const struct field *f = args != NULL ? field_find(args, S("record")) : NULL;
    if (look->view->kind != VIEW_RECORD || f == NULL || f->type != FIELD_RECORD) return OK;
    look->record = *(const struct str *)(const void *)((const char *)look->args + f->offset);
    if (look->record.len == 0) return OK; /* it may show one and does not */
    return changes_unseen(c, look->record, &look->n);
}

static enum err look_step(struct call *c, void *arg)
{
    struct look *look = arg;
    enum err e = grant_roles(c, look->def->roles);
    if (e != OK) return e;
    if (look->paper != NULL) return look->def->paper(c, look->args, look->paper);
    e = look->def->run(c, look->args, look->view);
    return e != OK ? e : look_news(c, look);
}

static enum err look(struct call *c, struct str name, struct look *look)
{
    look->def = module_view(name);
    bool known = look->def != NULL && (look->paper == NULL || look->def->paper != NULL);
    if (!known) {
        (void)!fail(c, ERR_NOT_FOUND, "view.unknown");
        return fail_arg(c, "view", name);
    }
    if (look->def->args != NULL) {
        fields_check(c, look->def->args, look->args);
        enum err e = problems_fail(c);
        if (e != OK) return e;
    }
    return store_read(c, look_step, look);
}

enum err view_run(struct call *c, struct str name, const void *args, struct view *ret_view)
{
    struct view view = {};
    struct look l = {.args = args, .view = &view};
    enum err e = look(c, name, &l);
    if (e != OK) return e;
    if (l.n > 0) e = changes_see(c, l.record, l.n);
    if (e != OK) call_clear(c); /* the page is read even when its mark cannot be written */
    view.name = l.def->name;
    if (view.title.len == 0)
        view.title = words(c->lang, str_format(c->arena, "view.%s", view.name));
    *ret_view = view;
    return OK;
}

enum err view_paper(struct call *c, struct str name, const void *args, struct paper *ret_paper)
{
    struct look l = {.args = args, .paper = ret_paper};
    return look(c, name, &l);
}

struct str act_result_json(struct call *c, const struct act_result *result)
{
    struct sb sb = sb_new(c->arena, 0);
    bool first = true;
    sb_char(&sb, '{');
    json_name(&sb, &first, "record");
    json_text(&sb, result->record);
    json_name(&sb, &first, "n");
    sb_printf(&sb, "%lld", (long long)result->n);
    if (result->more != NULL || result->again.len > 0) {
        json_name(&sb, &first, "more");
        if (result->more != NULL) node_json(&sb, result->more);
        if (result->more == NULL) sb_put(&sb, result->again);
    }
    sb_char(&sb, '}');
    return sb_str(&sb);
}

struct str failure_json(struct call *c)
{
    struct sb sb = sb_new(c->arena, 0);
    bool first = true;
    bool first_field = true;
    ensure(c->failure.err != OK);
    sb_char(&sb, '{');
    json_name(&sb, &first, "error");
    json_text(&sb, str_of(err_info(c->failure.err)->code));
    json_name(&sb, &first, "reason");
    json_text(&sb, str_of(c->failure.reason));
    json_name(&sb, &first, "text");
    json_text(&sb, words_failure(c));
    json_name(&sb, &first, "fields");
    sb_char(&sb, '{');
    for (size_t i = 0; i < c->failure.problem_count; i++) {
        const struct problem *p = &c->failure.problems[i];
        if (!first_field) sb_char(&sb, ',');
        first_field = false;
        json_text(&sb, p->field);
        sb_char(&sb, ':');
        json_text(&sb, words(c->lang, str_format(c->arena, "reason.%s", p->reason)));
    }
    sb_put(&sb, S("}}"));
    return sb_str(&sb);
}

static const char *type_word(enum field_type type)
{
    static const char *const WORDS_OF_TYPE[] = {
        [FIELD_TEXT] = "text",       [FIELD_LONG] = "long",     [FIELD_PERSONAL] = "personal",
        [FIELD_INT] = "integer",     [FIELD_BOOL] = "boolean",  [FIELD_DATE] = "date",
        [FIELD_INSTANT] = "instant", [FIELD_CHOICE] = "choice", [FIELD_RECORD] = "record",
        [FIELD_OFFICE] = "office",   [FIELD_PERSON] = "person", [FIELD_FILES] = "files",
        [FIELD_LIST] = "list",
    };
    return WORDS_OF_TYPE[type];
}

static void describe_field(struct call *c, struct node *row, const struct field_table *table,
                           const struct field *f)
{
    node_text(c, row, "name", str_of(f->name));
    node_text(c, row, "label", words(c->lang, field_label(c->arena, table, f)));
    node_text(c, row, "type", str_of(type_word(f->type)));
    node_bool(c, row, "required", f->required);
    if (f->max > 0) node_int(c, row, "max", f->max);
    if (f->choices == NULL) return;
    struct node *choices = node_put_list(c, row, "choices");
    for (size_t i = 0; f->choices[i] != NULL; i++)
        node_add_text(c, choices, str_of(f->choices[i]));
}

static void describe_act(struct call *c, struct node *list, const struct act *act)
{
    struct node *row = node_add_map(c, list);
    node_text(c, row, "act", str_of(act->name));
    node_text(c, row, "label", words(c->lang, str_format(c->arena, "act.%s", act->name)));
    node_text(c, row, "help", words(c->lang, str_format(c->arena, "act.%s.help", act->name)));
    struct node *roles = node_put_list(c, row, "roles");
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++) {
        if ((act->roles & (1U << i)) != 0) node_add_text(c, roles, str_of(ROLE_WORDS[i]));
    }
    if (act->assigned) node_add_text(c, roles, S("assigned"));
    struct node *fields = node_put_list(c, row, "fields");
    for (size_t i = 0; i < act->input->count; i++) {
        const struct field *f = &act->input->fields[i];
        struct node *field = node_add_map(c, fields);
        describe_field(c, field, act->input, f);
        if (f->type != FIELD_LIST) continue;
        struct node *rows = node_put_list(c, field, "of");
        for (size_t k = 0; k < f->of->count; k++) {
            describe_field(c, node_add_map(c, rows), f->of, &f->of->fields[k]);
        }
    }
}

struct str acts_json(struct call *c)
{
    struct node *list = node_list(c);
    for (size_t m = 0; m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; i < module->act_count; i++)
            describe_act(c, list, &module->acts[i]);
    }
    struct sb sb = sb_new(c->arena, 0);
    node_json(&sb, list);
    return sb_str(&sb);
}
