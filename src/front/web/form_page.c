/* The form of an act: shown, filled again, done. */
#include "front/web/form_page.h"

#include "base/limits.h"
#include "base/words.h"
#include "core/record.h"

struct show {
    struct page *page;
    const struct act *act;
    const struct failure *failure; /* NULL: none */
    struct str error;              /* what it says, empty: nothing */
    struct str title;              /* empty: the act's word */
    struct node *root;
    struct node *fields;
};

/* ---- showing ---- */

static enum err fields_step(struct call *c, void *arg)
{
    struct show *show = arg;
    (void)c;
    struct form_build build = {.page = show->page,
                               .table = show->act->input,
                               .form = &show->page->form,
                               .failure = show->failure};
    return form_build_fields(&build, show->fields);
}

/* "Nội dung xin ý kiến 2: Câu hỏi" for "points.1.text". */
static struct str path_label(struct call *c, const struct field_table *table, struct str path)
{
    struct str head = {};
    struct str rest = {};
    struct str index = {};
    struct str member = {};
    int64_t row = 0;
    (void)str_cut(path, '.', &head, &rest);
    const struct field *f = field_find(table, head);
    if (f == NULL) return path;
    struct str label = words(c->lang, field_label(c->arena, table, f));
    (void)str_cut(rest, '.', &index, &member);
    if (!parse_int(index, 0, INT32_MAX, &row) || !field_is_list(f)) return label;
    const struct field_table *of = field_rows_table(f);
    const struct field *inner = field_find(of, member);
    if (inner == NULL) return label;
    struct str inner_label = words(c->lang, field_label(c->arena, of, inner));
    return str_format(c->arena, "%.*s %lld: %.*s", STR_ARG(label), (long long)row + 1,
                      STR_ARG(inner_label));
}

/* The problems summed up on top, each leading to its field. */
static void problems_put(struct show *show)
{
    struct call *c = &show->page->c;
    struct node *list = node_put_list(c, show->root, "problems");
    for (size_t i = 0; i < show->failure->problem_count; i++) {
        const struct problem *p = &show->failure->problems[i];
        struct node *row = node_add_map(c, list);
        node_text(c, row, "to", str_format(c->arena, "#f-%.*s", STR_ARG(p->field)));
        node_text(c, row, "label", path_label(c, show->act->input, p->field));
        node_text(c, row, "text", form_problem_text(c, show->act->input, p));
    }
}

/* What the act would mean with the values so far. Values that are not good yet preview nothing. */
static void preview_put(struct show *show)
{
    struct page *page = show->page;
    struct call *c = &page->c;
    const struct act *act = show->act;
    node_bool(c, show->root, "previews", act->preview != NULL);
    if (act->preview == NULL) return;
    const struct view_def *def = module_view(str_of(act->preview));
    ensure(def != NULL);
    void *args = NULL;
    struct view view = {};
    enum err e = view_args(c, def, &page->form, &args);
    if (e == OK) e = view_run(c, str_of(act->preview), args, &view);
    if (e != OK) {
        call_clear(c);
        return;
    }
    node_put(show->root, "preview", view.data);
}

static void act_show(struct page *page, int status, struct show *show)
{
    struct call *c = &page->c;
    const struct act *act = show->act;
    struct str name = words(c->lang, str_format(c->arena, "act.%s", act->name));
    struct str help = str_format(c->arena, "act.%s.help", act->name);
    struct str once = form_get(&page->form, S("once"));
    struct str record = form_get(&page->form, S("record"));
    show->page = page;
    show->root = page_root(page, show->title.len > 0 ? show->title : name);
    show->fields = node_put_list(c, show->root, "fields");
    enum err e = store_read(c, fields_step, show);
    if (e != OK) {
        page_fail(page);
        return;
    }
    node_text(c, show->root, "act", str_of(act->name));
    node_text(c, show->root, "act_label", name);
    node_text(c, show->root, "act_help", words_has(help) ? words(c->lang, help) : (struct str){});
    node_text(c, show->root, "once", once.len > 0 ? once : call_random_id(c, ID_RANDOM_BYTES));
    node_text(c, show->root, "back",
              record.len > 0 ? str_format(c->arena, "/record/%.*s", STR_ARG(record)) : S("/"));
    node_text(c, show->root, "error", show->error);
    if (show->failure != NULL) problems_put(show);
    preview_put(show);
    page_send(page, status, S("front/web/form"), show->root);
}

/* ---- opening ---- */

struct opening {
    struct page *page;
    const struct act *act;
    struct str record;
};

/* A field of the act that carries the record's own label is that field of the record: it shows
 * what the record holds now. */
static void prefill(struct call *c, const struct act *act, const struct field_table *table,
                    const void *body, struct form *form)
{
    for (size_t i = 0; i < act->input->count; i++) {
        const struct field *f = &act->input->fields[i];
        const struct field *own = field_find(table, str_of(f->name));
        if (own == NULL || own->type != f->type || field_is_list(f)) continue;
        struct str label = field_label(c->arena, act->input, f);
        if (!str_eq(label, field_label(c->arena, table, own))) continue;
        if (form_has(form, str_of(f->name))) continue;
        form_add(c, form, str_of(f->name), field_get_text(c->arena, own, body));
    }
}

/* Asks what the act itself will ask, so that nobody fills a form in vain. */
static enum err opening_step(struct call *c, void *arg)
{
    struct opening *opening = arg;
    const struct act *act = opening->act;
    struct form *form = &opening->page->form;
    struct head head = {};
    bool on_record = act->kind != NULL && opening->record.len > 0;
    if (!on_record) return grant_act(c, act, NULL);
    enum err e = record_head_visible(c, opening->record, &head);
    if (e == OK && !module_act_fits(act, head.kind)) e = fail(c, ERR_CONFLICT, "record.kind");
    if (e == OK) e = grant_act(c, act, &head);
    if (e == OK) e = act_state(c, act, &head);
    if (e != OK) return e;
    const struct kind *kind = module_kind(head.kind);
    ensure(kind != NULL);
    void *body = arena_alloc(c->arena, kind->table->size);
    e = record_body_visible(c, kind->table->name, opening->record, body);
    if (e != OK) return e;
    prefill(c, act, kind->table, body, form);
    /* only an act that changes this very record goes by its version */
    if (act->home_only && !form_has(form, S("seen"))) {
        form_add(c, form, S("seen"), str_format(c->arena, "%lld", (long long)head.n));
    }
    return OK;
}

static void act_open(struct page *page, const struct act *act, struct str title)
{
    struct call *c = &page->c;
    struct opening opening = {page, act, form_get(&page->form, S("record"))};
    struct show show = {.act = act, .title = title};
    enum err e = store_read(c, opening_step, &opening);
    if (e != OK) {
        page_fail(page);
    } else {
        act_show(page, 200, &show);
    }
}

static const struct act *act_find(struct page *page, struct str name)
{
    const struct act *act = module_act(name);
    if (act != NULL) return act;
    enum err e = fail(&page->c, ERR_NOT_FOUND, "act.unknown");
    e = fail_arg(&page->c, "act", name);
    ensure(e != OK);
    page_fail(page);
    return NULL;
}

void page_act(struct page *page)
{
    struct call *c = &page->c;
    const struct act *act = act_find(page, page->rest);
    if (act == NULL) return;
    enum err e = form_read_query(c, page->rq->query, &page->form);
    if (e != OK) {
        page_fail(page);
    } else {
        act_open(page, act, (struct str){});
    }
}

void page_act_resume(struct page *page)
{
    struct str empty = {};
    const struct act *act = act_find(page, page->rest);
    if (act != NULL) act_open(page, act, empty);
}

void form_page_view(struct page *page, const struct view *view)
{
    const struct act *act = act_find(page, node_get(view->data, "act"));
    const struct node *values = node_find(view->data, S("values"));
    if (act == NULL) return;
    if (values != NULL) form_from_node(&page->c, values, &page->form);
    act_open(page, act, view->title);
}

/* ---- doing ---- */

/* "add:points" and "drop:points.2": what the buttons of a list do without the script. */
static void rows_edit(struct page *page, const struct act *act, struct str what)
{
    struct call *c = &page->c;
    struct str verb = {};
    struct str list = {};
    (void)str_cut(what, ':', &verb, &list);
    if (str_eq(verb, S("drop"))) {
        struct str prefix = str_format(c->arena, "%.*s.", STR_ARG(list));
        for (size_t i = 0; i < page->form.count; i++) {
            if (str_starts(page->form.values[i].name, prefix)) page->form.values[i].text = S("");
        }
        form_compact(c, act->input, &page->form);
        return;
    }
    const struct field *f = field_find(act->input, list);
    if (!str_eq(verb, S("add")) || f == NULL || f->type != FIELD_LIST) return;
    size_t rows = form_rows(&page->form, list);
    size_t next = rows == 0 ? 1 : rows; /* without rows the page shows an empty one already */
    struct str path = str_format(c->arena, "%s.%zu.%s", f->name, next, f->of->fields[0].name);
    if (next < field_rows_max(f)) form_add(c, &page->form, path, S(""));
}

static void act_refused(struct page *page, const struct act *act)
{
    struct call *c = &page->c;
    struct failure failure = c->failure;
    struct str text = words_failure(c);
    struct show show = {.act = act, .failure = &failure, .error = text};
    int status = err_info(failure.err)->http_status;
    /* What the person may not know of or may not do gets no form. */
    bool form =
        failure.err != ERR_LOGIN && failure.err != ERR_DENIED && failure.err != ERR_NOT_FOUND;
    if (!form) {
        page_fail(page);
        return;
    }
    call_clear(c);
    page->flash = (struct str){};
    act_show(page, status, &show);
}

/* Back to the record that was acted on, where the next act is; else to the one that was made. */
static void act_done(struct page *page, const struct act *act, const struct act_result *result)
{
    struct str about = act->kind != NULL ? form_get(&page->form, S("record")) : (struct str){};
    if (about.len == 0) about = result->record;
    struct str url = about.len > 0 ? page_record_url(page, about) : S("/");
    session_cookie(page, "flash", str_of(act->name), 60);
    page_redirect(page, url);
}

void page_act_post(struct page *page)
{
    struct call *c = &page->c;
    const struct act *act = act_find(page, page->rest);
    if (act == NULL) return;
    struct str what = form_get(&page->form, S("do"));
    bool run = what.len == 0 || str_eq(what, S("run"));
    struct form_store store = {page->web->office->dir, page->rq, page->csrf};
    struct show show = {.act = act};
    struct act_result result = {};
    void *input = arena_alloc(c->arena, act->input->size);
    struct str once = str_sub(form_get(&page->form, S("once")), 0, LIMIT_ONCE_BYTES);
    if (run) form_compact(c, act->input, &page->form);
    enum err e = form_files(c, act->input, &store, &page->form, input);
    if (e == OK && !run) {
        rows_edit(page, act, what);
        act_show(page, 200, &show);
        return;
    }
    if (e == OK) {
        form_fill(c, act->input, &page->form, input);
        e = act_run(c, act, input, once, &result);
    }
    if (e != OK) {
        act_refused(page, act);
    } else {
        act_done(page, act, &result);
    }
}

/* ---- filters ---- */

struct filter {
    struct form_build build;
    struct node *fields;
};

static enum err filter_step(struct call *c, void *arg)
{
    struct filter *filter = arg;
    (void)c;
    return form_build_fields(&filter->build, filter->fields);
}

void form_page_filter(struct page *page, const struct view_def *def, struct node *root)
{
    struct call *c = &page->c;
    if (def->args == NULL) return;
    struct filter filter = {
        .build = {.page = page, .table = def->args, .form = &page->form, .filter = true},
        .fields = node_list(c)};
    enum err e = store_read(c, filter_step, &filter);
    if (e != OK) {
        call_clear(c); /* the list stands without its filter */
        return;
    }
    node_put(root, "filter", filter.fields);
}
