/* Laying out the fields of a form as data for its template. */
#include "base/words.h"
#include "front/web/form_page.h"

enum { RADIOS_MAX = 5, LONG_ROWS = 5 };

/* One field in its place: at the top, or in a row of a list. */
struct place {
    const struct field_table *table;
    const struct field *f;
    struct str path;
};

bool form_field_hidden(const struct field *f)
{
    struct str name = str_of(f->name);
    if (f->type == FIELD_RECORD) return f->kind == NULL && !str_ends(name, S("unit"));
    return str_eq(name, S("seen"));
}

/* What a new row begins with: "points.new". */
static void pattern_from_node(struct call *c, const struct node *map, struct form *form)
{
    for (const struct node *m = map->first; m != NULL; m = m->next) {
        form_add(c, form, str_format(c->arena, "%s.%s", map->name, m->name), m->text);
    }
}

void form_from_node(struct call *c, const struct node *values, struct form *form)
{
    for (const struct node *v = values->first; v != NULL; v = v->next) {
        struct str name = str_of(v->name);
        if (v->type == NODE_TEXT) form_add(c, form, name, v->text);
        if (v->type == NODE_INT || v->type == NODE_BOOL) {
            form_add(c, form, name, str_format(c->arena, "%lld", (long long)v->number));
        }
        if (v->type == NODE_MAP) {
            pattern_from_node(c, v, form);
            continue;
        }
        size_t row = 0;
        for (const struct node *map = v->first; map != NULL; map = map->next, row++) {
            for (const struct node *m = map->first; m != NULL; m = m->next) {
                struct str path = str_format(c->arena, "%s.%zu.%s", v->name, row, m->name);
                bool number = m->type == NODE_INT || m->type == NODE_BOOL;
                struct str text =
                    number ? str_format(c->arena, "%lld", (long long)m->number) : m->text;
                form_add(c, form, path, text);
            }
        }
    }
}

/* The field of a path: "subject", "points.2.text". */
static const struct field *path_field(const struct field_table *table, struct str path)
{
    struct str list = {};
    struct str index = {};
    struct str member = {};
    if (!str_cut(path, '.', &list, &index)) return field_find(table, path);
    const struct field *f = field_find(table, list);
    bool inner = f != NULL && f->type == FIELD_LIST && str_cut(index, '.', &index, &member);
    return inner ? field_find(f->of, member) : f;
}

struct str form_problem_text(struct call *c, const struct field_table *table,
                             const struct problem *problem)
{
    const struct field *f = path_field(table, problem->field);
    bool limit = f != NULL && str_eq(str_of(problem->reason), S("field.too_long"));
    if (!limit || f->max <= 0) {
        return words(c->lang, str_format(c->arena, "reason.%s", problem->reason));
    }
    struct fail_arg args[] = {{"max", str_format(c->arena, "%lld", (long long)f->max)}};
    return words_fill(c->arena, c->lang, S("web.too_long"), args, ARRAY_LEN(args));
}

static struct str problem_of(struct form_build *b, struct str path)
{
    struct call *c = &b->page->c;
    for (size_t i = 0; b->failure != NULL && i < b->failure->problem_count; i++) {
        const struct problem *p = &b->failure->problems[i];
        if (!str_eq(p->field, path)) continue;
        return form_problem_text(c, b->table, p);
    }
    return (struct str){};
}

/* ---- choices ---- */

static void option(struct call *c, struct node *options, struct str value, struct str label,
                   bool selected)
{
    struct node *row = node_add_map(c, options);
    node_text(c, row, "value", value);
    node_text(c, row, "label", label);
    node_bool(c, row, "selected", selected);
    node_int(c, row, "index", (int64_t)node_count(options) - 1);
}

static struct str choice_label(struct call *c, const struct place *place, const char *word)
{
    struct str own =
        str_format(c->arena, "choice.%s.%s.%s", place->table->name, place->f->name, word);
    return words(c->lang, words_has(own) ? own : str_format(c->arena, "choice.%s", word));
}

static void choice_options(struct form_build *b, const struct place *place, struct str value,
                           struct node *options)
{
    struct call *c = &b->page->c;
    for (size_t i = 0; place->f->choices[i] != NULL; i++) {
        struct str word = str_of(place->f->choices[i]);
        option(c, options, word, choice_label(c, place, place->f->choices[i]), str_eq(word, value));
    }
}

/* Rows {record, NAME} as options. */
static void record_options(struct call *c, const struct node *list, const char *name,
                           struct str value, struct node *options)
{
    for (const struct node *row = list->first; row != NULL; row = row->next) {
        struct str record = node_get(row, "record");
        struct str unit = node_get(row, "unit");
        struct str label = node_get(row, name);
        if (unit.len > 0 && !str_eq(unit, label)) {
            struct str where = unit_name(c, unit);
            label = str_format(c->arena, "%.*s · %.*s", STR_ARG(label), STR_ARG(where));
        }
        option(c, options, record, label, str_eq(record, value));
    }
}

static enum err offices_load(struct form_build *b)
{
    struct call *c = &b->page->c;
    struct peer *peers = NULL;
    size_t count = 0;
    enum err e = peer_list(c, &peers, &count);
    if (e != OK) return e;
    struct node *list = node_list(c);
    for (size_t i = 0; i < count; i++) {
        struct node *row = node_add_map(c, list);
        node_text(c, row, "record", peers[i].office);
        node_text(
            c, row, "name",
            str_format(c->arena, "%.*s (%.*s)", STR_ARG(peers[i].name), STR_ARG(peers[i].code)));
    }
    b->offices = list;
    return OK;
}

/* Loads a list of choices when the first field asks for it. */
static enum err choices_load(struct form_build *b, enum field_type type)
{
    struct call *c = &b->page->c;
    struct node *list = node_list(c);
    enum err e = OK;
    if (type == FIELD_OFFICE && b->offices == NULL) return offices_load(b);
    if (type == FIELD_PERSON && b->persons == NULL) {
        e = person_list(c, ROLE_READERS, list);
        b->persons = list;
    }
    if (type == FIELD_RECORD && b->units == NULL) {
        e = unit_list(c, list);
        b->units = list;
    }
    return e;
}

/* Records of the kind that the field names. */
static enum err kind_options(struct form_build *b, const struct place *place, struct str value,
                             struct node *options)
{
    struct call *c = &b->page->c;
    struct node *list = node_list(c);
    const struct kind *kind = module_kind(str_of(place->f->kind));
    ensure(kind != NULL);
    ensure(kind->choices != NULL);
    enum err e = kind->choices(c, list);
    if (e == OK) record_options(c, list, "name", value, options);
    return e;
}

static enum err options_put(struct form_build *b, const struct place *place, struct str value,
                            struct node *node)
{
    struct call *c = &b->page->c;
    struct node *options = node_put_list(c, node, "options");
    if (place->f->type == FIELD_CHOICE) {
        choice_options(b, place, value, options);
        return OK;
    }
    if (place->f->kind != NULL) return kind_options(b, place, value, options);
    enum err e = choices_load(b, place->f->type);
    if (e != OK) return e;
    if (place->f->type == FIELD_PERSON) record_options(c, b->persons, "title", value, options);
    if (place->f->type == FIELD_RECORD) record_options(c, b->units, "name", value, options);
    if (place->f->type == FIELD_OFFICE) record_options(c, b->offices, "name", value, options);
    return OK;
}

/* ---- fields ---- */

/* Which part of the template shows the field. */
static const char *widget(const struct form_build *b, const struct field *f)
{
    size_t choices = 0;
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_PERSONAL:
    case FIELD_INT:
    case FIELD_DATE:
    case FIELD_INSTANT: return "line";
    case FIELD_LONG: return "long";
    case FIELD_BOOL: return "tick";
    case FIELD_CHOICE:
        while (f->choices[choices] != NULL)
            choices++;
        return choices <= RADIOS_MAX && !b->filter ? "radios" : "select";
    case FIELD_OFFICE:
    case FIELD_PERSON: return "select";
    case FIELD_RECORD: return "select"; /* a unit, a kind's choice; the others are hidden */
    case FIELD_FILES: return "files";
    case FIELD_LIST:
        return f->of->count == 1 && f->of->fields[0].type == FIELD_OFFICE ? "checks" : "rows";
    }
    ensure(false); /* all types are above */
    return NULL;
}

/* What stands in an empty line to show the form of the answer. */
static struct str line_hint(struct call *c, const struct field *f)
{
    if (f->type == FIELD_DATE) return words(c->lang, S("web.hint_date"));
    if (f->type == FIELD_FILES) return words(c->lang, S("web.files_help"));
    if (f->type == FIELD_INSTANT) return words(c->lang, S("web.hint_instant"));
    return (struct str){};
}

static struct str help_text(struct call *c, const struct place *place, struct str label_key)
{
    struct str key = str_format(c->arena, "%.*s.help", STR_ARG(label_key));
    return words_has(key) ? words(c->lang, key) : line_hint(c, place->f);
}

/* Everything the template reads is set, so that no field finds a name of the one around it. */
static struct node *field_put(struct form_build *b, const struct place *place, struct node *list)
{
    struct call *c = &b->page->c;
    const struct field *f = place->f;
    struct node *node = node_add_map(c, list);
    struct str key = field_label(c->arena, place->table, f);
    struct str error = problem_of(b, place->path);
    struct str help = help_text(c, place, key);
    node_text(c, node, "name", place->path);
    node_text(c, node, "id", str_format(c->arena, "f-%.*s", STR_ARG(place->path)));
    node_text(c, node, "label", words(c->lang, key));
    node_text(c, node, "help", help);
    node_text(c, node, "error", error);
    node_bool(c, node, "described", help.len > 0 || error.len > 0);
    bool lone = place->table != b->table && place->table->count == 1; /* a row is its field */
    node_bool(c, node, "required", f->required && !b->filter && !lone);
    node_text(c, node, "value", form_get(b->form, place->path));
    node_text(c, node, "hint", line_hint(c, f));
    bool secret = str_eq(str_of(f->name), S("password"));
    node_text(c, node, "input", secret ? S("password") : S("text"));
    node_text(c, node, "complete", secret ? S("new-password") : S("off"));
    node_bool(c, node, "numeric", f->type == FIELD_INT);
    node_bool(c, node, "date", f->type == FIELD_DATE);
    node_int(c, node, "lines", LONG_ROWS);
    node_bool(c, node, "hidden", form_field_hidden(f));
    node_bool(c, node, "open", b->filter);
    struct node *kinds = node_put_map(c, node, "is");
    if (!form_field_hidden(f)) node_bool(c, kinds, widget(b, f), true);
    return node;
}

static bool tick_value(struct str text)
{
    return str_eq(text, S("on")) || str_eq(text, S("1")) || str_eq(text, S("true"));
}

static enum err plain_put(struct form_build *b, const struct place *place, struct node *list)
{
    struct call *c = &b->page->c;
    struct node *node = field_put(b, place, list);
    struct str value = form_get(b->form, place->path);
    enum field_type type = place->f->type;
    bool choice = type == FIELD_CHOICE || type == FIELD_OFFICE || type == FIELD_PERSON ||
                  type == FIELD_RECORD;
    node_bool(c, node, "ticked", type == FIELD_BOOL && tick_value(value));
    if (!choice || form_field_hidden(place->f)) return OK;
    return options_put(b, place, value, node);
}

static bool checked_in(struct form_build *b, const struct field *f, struct str office)
{
    struct str name = str_of(f->name);
    size_t rows = form_rows(b->form, name);
    for (size_t row = 0; row < rows; row++) {
        struct str value =
            form_row_get(&b->page->c, b->form, name, row, str_of(f->of->fields[0].name));
        if (str_eq(value, office)) return true;
    }
    return false;
}

/* A list of offices is a row of boxes to tick. */
static enum err checks_put(struct form_build *b, const struct place *place, struct node *node)
{
    struct call *c = &b->page->c;
    enum err e = choices_load(b, FIELD_OFFICE);
    if (e != OK) return e;
    struct node *options = node_put_list(c, node, "options");
    node_text(c, node, "member", str_of(place->f->of->fields[0].name));
    for (const struct node *row = b->offices->first; row != NULL; row = row->next) {
        struct str office = node_get(row, "record");
        option(c, options, office, node_get(row, "name"), checked_in(b, place->f, office));
    }
    return OK;
}

static enum err row_put(struct form_build *b, const struct place *place, struct str index,
                        struct node *rows)
{
    struct call *c = &b->page->c;
    const struct field_table *of = place->f->of;
    struct node *row = node_add_map(c, rows);
    struct str label_path = str_format(c->arena, "%s.%.*s.label", place->f->name, STR_ARG(index));
    node_text(c, row, "index", index);
    node_int(c, row, "number", (int64_t)node_count(rows));
    node_text(c, row, "row_label", form_get(b->form, label_path));
    node_text(c, row, "label_path", label_path);
    struct node *fields = node_put_list(c, row, "fields");
    for (size_t i = 0; i < of->count; i++) {
        if (field_is_list(&of->fields[i])) continue;
        struct str path =
            str_format(c->arena, "%s.%.*s.%s", place->f->name, STR_ARG(index), of->fields[i].name);
        enum err e = plain_put(b, &(struct place){of, &of->fields[i], path}, fields);
        if (e != OK) return e;
    }
    return OK;
}

/* Rows as they stand, at least one, and an empty pattern that the script copies. */
static enum err rows_put(struct form_build *b, const struct place *place, struct node *node)
{
    struct call *c = &b->page->c;
    size_t count = form_rows(b->form, place->path);
    size_t max = field_rows_max(place->f);
    if (count == 0) count = 1;
    struct node *rows = node_put_list(c, node, "rows");
    enum err e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        e = row_put(b, place, str_format(c->arena, "%zu", i), rows);
    }
    struct node *pattern = node_put_list(c, node, "pattern");
    if (e == OK) e = row_put(b, place, S("new"), pattern);
    /* Rows that the module labelled are the ones asked for; nobody adds others. */
    struct str label = form_row_get(c, b->form, place->path, 0, S("label"));
    node_bool(c, node, "grows", count < max && label.len == 0);
    return e;
}

static void files_put(struct form_build *b, const struct place *place, struct node *node)
{
    struct call *c = &b->page->c;
    struct node *kept = node_put_list(c, node, "kept");
    size_t rows = form_rows(b->form, place->path);
    for (size_t row = 0; row < rows; row++) {
        struct file_ref file = {};
        struct str text = form_row_get(c, b->form, place->path, row, S("keep"));
        if (!form_kept_read(c, b->page->csrf, text, &file)) continue;
        struct node *line = node_add_map(c, kept);
        node_int(c, line, "index", (int64_t)row);
        node_text(c, line, "keep", text);
        node_text(c, line, "file", file.name);
        node_text(c, line, "size", page_size_text(c, file.size));
    }
}

enum err form_build_fields(struct form_build *b, struct node *ret_list)
{
    struct call *c = &b->page->c;
    for (size_t i = 0; i < b->table->count; i++) {
        const struct field *f = &b->table->fields[i];
        struct place place = {b->table, f, str_of(f->name)};
        enum err e = OK;
        if (b->filter && (field_is_list(f) || form_field_hidden(f))) continue;
        if (b->filter && str_eq(place.path, S("after"))) continue;
        if (!field_is_list(f)) {
            e = plain_put(b, &place, ret_list);
        } else {
            struct node *node = field_put(b, &place, ret_list);
            node_bool(c, node, "ticked", false);
            bool checks = node_find(node_find(node, S("is")), S("checks")) != NULL;
            if (f->type == FIELD_FILES) {
                files_put(b, &place, node);
            } else {
                e = checks ? checks_put(b, &place, node) : rows_put(b, &place, node);
            }
        }
        if (e != OK) return e;
    }
    return OK;
}
