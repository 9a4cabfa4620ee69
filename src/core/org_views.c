#include "core/org_views.h"

#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "core/office.h"
#include "core/org.h"
#include "core/org_sql.h"

/* Offers acts that need no record at the head of a list. */
static void list_act(struct call *c, struct view *view, const char *name)
{
    const struct act *act = module_act(str_of(name));
    ensure(act != NULL);
    enum err e = grant_act(c, act, NULL);
    if (e != OK) {
        call_clear(c); /* not this person's work: the page does not advertise it */
        return;
    }
    view_act(c, view, name, true);
}

static struct str roles_held(struct call *c, const struct rows *rows, size_t i)
{
    struct sb sb = sb_new(c->arena, 0);
    for (size_t k = 0; ROLE_WORDS[k] != NULL; k++) {
        if (rows_int(rows, i, 6 + k) == 0) continue;
        if (sb.len > 0) sb_put(&sb, S(", "));
        sb_put(&sb, words(c->lang, str_format(c->arena, "role.%s", ROLE_WORDS[k])));
    }
    return sb_str(&sb);
}

static struct str page_of(struct call *c, const char *view, struct str record)
{
    return str_format(c->arena, "/view/%s?record=%.*s", view, STR_ARG(record));
}

static enum err people(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    (void)args;
    enum err e = org_person_rows(c, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "title", "field.office.person.title");
    view_column(c, ret_view, "login", "field.office.person.login");
    view_column(c, ret_view, "unit", "field.office.person.unit");
    view_column(c, ret_view, "roles", "column.roles");
    for (size_t i = 0; i < rows.count; i++) {
        struct str record = rows_text(&rows, i, 0);
        struct node *row = view_row(c, ret_view, record, page_of(c, "office.person", record));
        view_cell(c, row, rows_text(&rows, i, 2));
        view_cell(c, row, rows_text(&rows, i, 1));
        view_cell(c, row, rows_text(&rows, i, 4));
        view_cell(c, row, roles_held(c, &rows, i));
    }
    list_act(c, ret_view, "office.add_person");
    return OK;
}

static enum err units(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    (void)args;
    enum err e = org_unit_rows(c, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "name", "field.office.unit.name");
    view_column(c, ret_view, "merged_into", "field.office.unit.merged_into");
    for (size_t i = 0; i < rows.count; i++) {
        struct str record = rows_text(&rows, i, 0);
        struct node *row = view_row(c, ret_view, record, page_of(c, "office.record", record));
        view_cell(c, row, rows_text(&rows, i, 1));
        view_cell(c, row, unit_name(c, rows_text(&rows, i, 2)));
    }
    list_act(c, ret_view, "office.add_unit");
    return OK;
}

static enum err peers(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    (void)args;
    enum err e = org_peer_rows(c, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "code", "field.office.peer.code");
    view_column(c, ret_view, "name", "field.office.peer.name");
    view_column(c, ret_view, "address", "field.office.peer.address");
    view_column(c, ret_view, "office", "field.office.peer.office");
    for (size_t i = 0; i < rows.count; i++) {
        struct str record = rows_text(&rows, i, 5);
        struct node *row = view_row(c, ret_view, record, page_of(c, "office.record", record));
        view_cell(c, row, rows_text(&rows, i, 1));
        view_cell(c, row, rows_text(&rows, i, 2));
        view_cell(c, row, rows_text(&rows, i, 4));
        view_cell(c, row, rows_text(&rows, i, 0));
    }
    list_act(c, ret_view, "office.add_peer");
    return OK;
}

struct record_args {
    struct str record;
};
static const struct field RECORD_ARG_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct record_args, record),
     .required = true},
};
static const struct field_table RECORD_ARGS =
    FIELD_TABLE("office.record_args", struct record_args, RECORD_ARG_FIELDS);

/* The value of a plain field as a page shows it. */
static struct str shown(struct call *c, const struct field *f, const void *body)
{
    if (f->type == FIELD_BOOL) {
        bool yes = *(const bool *)(const void *)((const char *)body + f->offset);
        return yes ? words(c->lang, S("yes")) : (struct str){};
    }
    struct str text = field_get_text(c->arena, f, body);
    if (text.len == 0) return text;
    if (f->type == FIELD_OFFICE) return office_name(c, text);
    if (f->type == FIELD_PERSON) return person_title(c, text);
    bool unit = str_eq(str_of(f->name), S("unit")) || str_eq(str_of(f->name), S("merged_into"));
    if (f->type == FIELD_RECORD && unit) return unit_name(c, text);
    if (f->type == FIELD_CHOICE) {
        struct str key = str_format(c->arena, "choice.%.*s", STR_ARG(text));
        return words(c->lang, key);
    }
    return text;
}

/* The generic record page: every plain field, the history, the acts. */
static enum err record_page(struct call *c, const void *args, struct view *ret_view)
{
    const struct record_args *in = args;
    struct head head = {};
    enum err e = record_head_visible(c, in->record, &head);
    if (e != OK) return e;
    const struct kind *kind = module_kind(head.kind);
    if (kind == NULL) return fail(c, ERR_INVALID, "version.kind");
    void *body = arena_alloc(c->arena, kind->table->size);
    e = record_body(c, kind->table->name, in->record, body);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_RECORD,
               words(c->lang, str_format(c->arena, "kind.%s", kind->table->name)));
    for (size_t i = 0; i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type == FIELD_LIST || f->type == FIELD_FILES) continue;
        struct str label = field_label(c->arena, kind->table, f);
        view_fact(c, ret_view, label.ptr, shown(c, f, body));
    }
    return view_record_tail(c, ret_view, &head);
}

const struct view_def ORG_VIEWS[] = {
    {.name = "office.people", .roles = ROLE_ADMIN | ROLE_CHIEF, .rail = true, .run = people},
    {.name = "office.units", .roles = ROLE_ADMIN | ROLE_CHIEF, .rail = true, .run = units},
    {.name = "office.peers", .roles = ROLE_ADMIN | ROLE_CHIEF, .rail = true, .run = peers},
    {.name = "office.person", .args = &RECORD_ARGS, .roles = ROLE_ANY, .run = record_page},
    {.name = "office.record", .args = &RECORD_ARGS, .roles = ROLE_ANY, .run = record_page},
};
static_assert(ARRAY_LEN(ORG_VIEWS) == ORG_VIEWS_COUNT);
