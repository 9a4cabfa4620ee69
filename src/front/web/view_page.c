/* Views of the modules as pages, papers and event streams. */
#include "base/limits.h"
#include "base/words.h"
#include "core/notice.h"
#include "core/paper.h"
#include "core/record.h"
#include "front/papers/papers.h"
#include "front/papers/tables.h"
#include "front/web/escape.h"
#include "front/web/form_page.h"
#include "front/web/page.h"

static const char *const KIND_TEMPLATES[] = {
    [VIEW_LIST] = "front/web/list",   [VIEW_RECORD] = "front/web/record",
    [VIEW_FORM] = "front/web/form",   [VIEW_BOARD] = "front/web/board",
    [VIEW_TODAY] = "front/web/today", [VIEW_FIGURES] = "front/web/figures",
};

enum err view_args(struct call *c, const struct view_def *def, const struct form *form,
                   void **ret_args)
{
    if (def->args == NULL) return OK;
    void *args = arena_alloc(c->arena, def->args->size);
    form_fill(c, def->args, form, args);
    fields_check(c, def->args, args);
    enum err e = problems_fail(c);
    if (e != OK) return e;
    *ret_args = args;
    return OK;
}

/* "consultation.table" has its own page when the module brings consultation/table.html. */
static struct str view_template(struct call *c, const struct view *view)
{
    struct str module = {};
    struct str rest = {};
    (void)str_cut(str_of(view->name), '.', &module, &rest);
    struct str own = str_format(c->arena, "domain/%.*s/%.*s", STR_ARG(module), STR_ARG(rest));
    return template_find(own) != NULL ? own : str_of(KIND_TEMPLATES[view->kind]);
}

/* The query of this page without `leave_out`, ended by '&' unless empty. */
static struct str query_without(struct page *page, struct str leave_out)
{
    struct sb sb = sb_new(page->c.arena, LIMIT_HTTP_LINE_BYTES);
    for (size_t i = 0; i < page->form.count; i++) {
        const struct form_value *value = &page->form.values[i];
        if (str_eq(value->name, leave_out) || value->text.len == 0) continue;
        url_part(&sb, value->name);
        sb_char(&sb, '=');
        url_part(&sb, value->text);
        sb_char(&sb, '&');
    }
    return sb_str(&sb);
}

/* Says that the page's tables are what it is about, so that they can be taken along as a file. */
static bool listed(enum view_kind kind, const struct node *data)
{
    return (kind == VIEW_LIST || kind == VIEW_BOARD || kind == VIEW_FIGURES) && tables_any(data);
}

/* Links to the next page and to the papers of this one. */
static void view_links(struct page *page, const struct view_def *def, struct node *root,
                       const struct view *view)
{
    struct call *c = &page->c;
    const struct node *data = view->data;
    enum view_kind kind = view->kind;
    struct str next = node_get(data, "next");
    struct str query = query_without(page, S("after"));
    if (next.len > 0) {
        struct sb sb = sb_new(c->arena, LIMIT_HTTP_LINE_BYTES);
        sb_printf(&sb, "/view/%s?%.*safter=", def->name, STR_ARG(query));
        url_part(&sb, next);
        node_text(c, root, "next_href", sb_str(&sb));
    }
    if (form_has(&page->form, S("after"))) {
        node_text(c, root, "first_href",
                  str_format(c->arena, "/view/%s?%.*s", def->name, STR_ARG(query)));
    }
    if (def->paper == NULL && !listed(kind, data)) return;
    for (size_t i = 0; i < PAPER_FORMAT_COUNT; i++) {
        struct str ending = papers_ending((enum paper_format)i);
        node_text(c, root, ending.ptr,
                  str_format(c->arena, "/paper/%s.%.*s?%.*s", def->name, STR_ARG(ending),
                             STR_ARG(query)));
    }
}

/* Where the page's script listens: the kinds of the view's module, and the record it shows. */
static void view_events(struct page *page, const struct view_def *def, const struct view *view,
                        struct node *root)
{
    struct call *c = &page->c;
    struct str record = form_get(&page->form, S("record"));
    bool one = view->kind == VIEW_RECORD && record.len > 0;
    struct str url = str_format(c->arena, "/events?view=%s", def->name);
    if (one) url = str_format(c->arena, "%.*s&record=%.*s", STR_ARG(url), STR_ARG(record));
    node_text(c, root, "events", url);
}

static struct str view_title(struct call *c, const struct view *view)
{
    if (view->title.len > 0) return view->title;
    return words(c->lang, str_format(c->arena, "view.%s", view->name));
}

/* A list whose module says nothing else offers the module's acts that begin something new. */
static void list_acts(struct page *page, const struct view_def *def, struct node *data)
{
    struct call *c = &page->c;
    struct str name = {};
    struct str rest = {};
    struct node *acts = node_put_list(c, data, "acts");
    (void)str_cut(str_of(def->name), '.', &name, &rest);
    for (size_t m = 0; m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        if (!str_eq(str_of(module->name), name)) continue;
        for (size_t i = 0; i < module->act_count; i++) {
            const struct act *act = &module->acts[i];
            bool offered = act->kind == NULL && (act->roles & c->who.roles) != 0;
            if (offered) node_text(c, node_add_map(c, acts), "act", str_of(act->name));
        }
    }
}

struct home {
    struct str record;
    struct node *node;
};

static enum err home_step(struct call *c, void *arg)
{
    const struct home *home = arg;
    struct head head = {};
    enum err e = record_head(c, home->record, &head);
    if (e != OK) return e;
    record_home_show(c, &head, home->node);
    return OK;
}

/* Where the record lives stands on every record's page, whether its module says so or not. */
static void record_home(struct page *page, struct str record, struct node *data)
{
    struct call *c = &page->c;
    if (!id_is_record(record) || node_find(data, S("home")) != NULL) return;
    struct home home = {record, node_put_map(c, data, "home")};
    enum err e = store_read(c, home_step, &home);
    if (e != OK) call_clear(c); /* the page stands without the name */
}

static void view_show(struct page *page, const struct view_def *def, const struct view *view)
{
    struct call *c = &page->c;
    struct node *root = page_root(page, view_title(c, view));
    view_links(page, def, root, view);
    view_events(page, def, view, root);
    node_text(c, root, "view_name", str_of(def->name));
    node_text(c, root, "record", form_get(&page->form, S("record")));
    bool many = view->kind == VIEW_LIST || view->kind == VIEW_BOARD;
    if (many) form_page_filter(page, def, root);
    bool offers = def->rail && node_find(view->data, S("acts")) == NULL;
    if (many && offers) list_acts(page, def, view->data);
    if (view->kind == VIEW_RECORD)
        record_home(page, form_get(&page->form, S("record")), view->data);
    node_put(root, "view", view->data);
    page_send(page, 200, view_template(c, view), root);
}

void page_view(struct page *page)
{
    struct call *c = &page->c;
    const struct view_def *def = module_view(page->rest);
    void *args = NULL;
    struct view view = {};
    enum err e = def == NULL ? fail(c, ERR_NOT_FOUND, "web.page") : OK;
    if (e == OK) e = form_read_query(c, page->rq->query, &page->form);
    if (e == OK) e = view_args(c, def, &page->form, &args);
    if (e == OK) e = view_run(c, page->rest, args, &view);
    if (e != OK) {
        page_fail(page);
    } else if (view.kind == VIEW_FORM) {
        form_page_view(page, &view);
    } else {
        view_show(page, def, &view);
    }
}

/* ---- papers ---- */

/* Splits "consultation.list.docx". */
static bool paper_name(struct str rest, struct str *ret_view, enum paper_format *ret_format)
{
    size_t dot = rest.len;
    while (dot > 0 && rest.ptr[dot - 1] != '.')
        dot--;
    if (dot == 0) return false;
    *ret_view = str_sub(rest, 0, dot - 1);
    return papers_format(str_sub(rest, dot, rest.len), ret_format);
}

/* A list page after page into one paper, each as the reader's rights are then. */
static enum err tables_paper(struct page *page, const struct view_def *def, struct paper *ret_paper)
{
    struct call *c = &page->c;
    struct str next = {};
    size_t rows = 0;
    for (bool first = true; first || next.len > 0; first = false) {
        void *args = NULL;
        struct view view = {};
        if (rows >= LIMIT_EXPORT_ROWS) {
            tables_cut(c, ret_paper);
            return OK;
        }
        if (!first) form_set(c, &page->form, S("after"), next);
        enum err e = view_args(c, def, &page->form, &args);
        if (e == OK) e = view_run(c, str_of(def->name), args, &view);
        if (e != OK) return e;
        if (!listed(view.kind, view.data)) return fail(c, ERR_NOT_FOUND, "web.page");
        if (first) tables_start(c, view_title(c, &view), ret_paper);
        rows += tables_add(c, view.data, ret_paper);
        next = node_get(view.data, "next");
    }
    return OK;
}

static enum err paper_fill(struct page *page, const struct view_def *def, struct paper *ret_paper)
{
    struct call *c = &page->c;
    void *args = NULL;
    if (def->paper == NULL) return tables_paper(page, def, ret_paper);
    enum err e = view_args(c, def, &page->form, &args);
    return e != OK ? e : view_paper(c, str_of(def->name), args, ret_paper);
}

void page_paper(struct page *page)
{
    struct call *c = &page->c;
    struct str name = {};
    struct str bytes = {};
    enum paper_format format = PAPER_DOCX;
    struct paper paper = {};
    const struct view_def *def = NULL;
    if (paper_name(page->rest, &name, &format)) def = module_view(name);
    enum err e = def != NULL ? OK : fail(c, ERR_NOT_FOUND, "web.page");
    paper_start(c, &paper, PAPER_PORTRAIT);
    if (e == OK) e = form_read_query(c, page->rq->query, &page->form);
    if (e == OK) e = paper_fill(page, def, &paper);
    if (e == OK) e = papers_write(c, page->web->plugins, format, &paper, &bytes);
    if (e != OK) {
        page_fail(page);
        return;
    }
    struct str ending = papers_ending(format);
    page_headers(page);
    http_reply_header(page->reply, S("Content-Disposition"),
                      str_format(page->rq->arena, "attachment; filename=\"%s.%.*s\"", def->name,
                                 STR_ARG(ending)));
    http_reply_text(page->reply, 200, papers_media(format), str_copy(page->rq->arena, bytes));
}

/* ---- events ---- */

static enum err record_may_see(struct call *c, void *arg)
{
    struct head head = {};
    return record_head_visible(c, *(struct str *)arg, &head);
}

/* The topics of a view: the kinds of its module, with two places left; a module without kinds
 * listens to everything. */
static size_t view_topics(struct call *c, struct str view, struct str *topics)
{
    struct str name = {};
    struct str rest = {};
    size_t count = 0;
    (void)str_cut(view, '.', &name, &rest);
    for (size_t m = 0; m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        if (!str_eq(str_of(module->name), name)) continue;
        for (size_t i = 0; i < module->kind_count && count + 2 < HTTP_TOPICS_MAX; i++) {
            topics[count++] = str_format(c->arena, "kind:%s", module->kinds[i].table->name);
        }
    }
    if (count == 0) topics[count++] = S("any");
    return count;
}

void page_events(struct page *page)
{
    struct call *c = &page->c;
    struct str topics[HTTP_TOPICS_MAX] = {};
    size_t count = 0;
    struct str record = http_query(page->rq, S("record"));
    struct str view = http_query(page->rq, S("view"));
    const struct view_def *def = module_view(view);
    enum err e = def != NULL ? grant_roles(c, def->roles) : fail(c, ERR_NOT_FOUND, "web.page");
    if (e == OK) count = view_topics(c, view, topics);
    if (e == OK && record.len > 0) {
        e = store_read(c, record_may_see, &record);
        topics[count++] = str_format(c->arena, "record:%.*s", STR_ARG(record));
    }
    if (e != OK) {
        page_fail(page);
        return;
    }
    topics[count++] = notice_topic(c, c->who.person);
    page_headers(page);
    for (size_t i = 0; i < count; i++)
        topics[i] = str_copy(page->rq->arena, topics[i]);
    http_reply_stream(page->reply, topics, count);
}
