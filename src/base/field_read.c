#include "base/field.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/words.h"

#include <jansson.h>
#include <string.h>

enum { UNKNOWN_NAME_BYTES = 64 }; /* of a foreign name, as a problem repeats it */

/* What makes a text no JSON of ours: a word key and where. NULL when nothing was found. */
struct flaw {
    const char *key;
    size_t byte;
};

/* Finds in one pass what the parser would take: too many levels, and numbers that are not written
 * as integers. All the rest of the grammar is the parser's. */
static struct flaw flaw_find(struct str json)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < json.len; i++) {
        char ch = json.ptr[i];
        if (in_string) {
            if (ch == '\\') i++;
            if (ch == '"') in_string = false;
            continue;
        }
        if (ch == '"') in_string = true;
        if (ch == '{' || ch == '[') depth++;
        if ((ch == '}' || ch == ']') && depth > 0) depth--;
        if (depth > LIMIT_JSON_DEPTH) return (struct flaw){"json.depth", i};
        bool after_digit = i > 0 && json.ptr[i - 1] >= '0' && json.ptr[i - 1] <= '9';
        bool real = ch == '.' || ch == 'e' || ch == 'E';
        if (after_digit && real) return (struct flaw){"json.real", i};
    }
    return (struct flaw){};
}

static enum err flaw_fail(struct call *c, struct flaw flaw)
{
    struct fail_arg args[] = {{"byte", str_format(c->arena, "%zu", flaw.byte)}};
    struct str detail = words_fill(c->arena, c->lang, str_of(flaw.key), args, ARRAY_LEN(args));
    (void)fail(c, ERR_SYNTAX, "json"); /* the next line returns the same */
    return fail_arg(c, "detail", detail);
}

static void tree_free(void *tree)
{
    json_decref(tree);
}

/* Once, before anything is parsed; other users of the library share it. */
[[gnu::constructor]] static void library_start(void)
{
    json_set_alloc_funcs(arena_library_alloc, arena_library_free);
}

/* Parses strictly. Owns: the tree goes with the call's arena. */
static enum err tree_parse(struct call *c, struct str json, json_t **ret_tree)
{
    if (json.len > LIMIT_JSON_BYTES) return fail(c, ERR_LIMIT, "json_size");
    struct flaw flaw = flaw_find(json);
    if (flaw.key != NULL) return flaw_fail(c, flaw);
    if (!utf8_valid(json)) return flaw_fail(c, (struct flaw){"json.encoding", 0});
    json_error_t error = {};
    json_t *tree =
        json_loadb(json.len > 0 ? json.ptr : "", json.len, JSON_REJECT_DUPLICATES, &error);
    if (tree == NULL) {
        size_t byte = error.position > 0 ? (size_t)error.position : 0;
        return flaw_fail(c, (struct flaw){"json.syntax", byte});
    }
    arena_defer(c->arena, tree_free, tree);
    if (!json_is_object(tree)) return flaw_fail(c, (struct flaw){"json.object", 0});
    *ret_tree = tree;
    return OK;
}

static struct str tree_text(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static const char *personal_read(struct arena *arena, json_t *value, struct personal *to)
{
    if (json_is_string(value)) {
        to->value = str_copy(arena, tree_text(value));
        return NULL;
    }
    json_t *hash = json_object_get(value, "hash");
    if (!json_is_string(hash) || json_object_size(value) != 1) return "field.type";
    if (json_string_length(hash) != PERSONAL_HASH_LEN) return "field.type";
    to->hash = str_copy(arena, tree_text(hash));
    return NULL;
}

/* Reads what JSON has as text. */
static const char *text_read(struct arena *arena, const struct field *f, struct str text, void *at)
{
    bool read = true;
    switch (f->type) {
    case FIELD_DATE:
    case FIELD_INSTANT: {
        int64_t *number = at;
        read =
            f->type == FIELD_DATE ? time_parse_day(text, number) : time_parse_instant(text, number);
        if (!read) return "field.type";
        return *number == 0 ? "field.range" : NULL; /* 0 means none */
    }
    case FIELD_CHOICE:
        *(int64_t *)at = field_choice_find(f, text);
        return *(int64_t *)at == 0 ? "field.choice" : NULL;
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON:
        if (str_trim(text).len > 0) *(struct str *)at = str_copy(arena, text);
        return NULL;
    case FIELD_PERSONAL:
    case FIELD_INT:
    case FIELD_BOOL:
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    return "field.type";
}

/* Reads one value, lists aside. Returns what is wrong with it, or NULL. */
static const char *scalar_read(struct arena *arena, const struct field *f, json_t *value, void *at)
{
    if (f->type == FIELD_PERSONAL) return personal_read(arena, value, at);
    if (f->type == FIELD_INT && json_is_integer(value)) {
        *(int64_t *)at = json_integer_value(value);
        return NULL;
    }
    if (f->type == FIELD_BOOL && json_is_boolean(value)) {
        *(bool *)at = json_is_true(value);
        return NULL;
    }
    if (!json_is_string(value)) return "field.type";
    return text_read(arena, f, tree_text(value), at);
}

/* One object: the struct at `to`, whose paths begin with `prefix`. */
struct reading {
    const struct field_table *table;
    struct str prefix; /* "points.2." or empty */
    enum unknown unknown;
    void *to;
};

static void reading_problem(struct call *c, const struct reading *r, struct str name,
                            const char *reason)
{
    problem(c, str_format(c->arena, "%.*s%.*s", STR_ARG(r->prefix), STR_ARG(name)), reason);
}

static void unknown_refuse(struct call *c, const struct reading *r, json_t *object)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        struct str name = str_of(key); /* the parser refuses zero bytes in names */
        if (field_find(r->table, name) != NULL) continue;
        name = str_sub(name, 0, utf8_cut(name, UNKNOWN_NAME_BYTES));
        reading_problem(c, r, name, "field.unknown");
    }
}

/* Reads all members of an object that are not lists. */
static void object_read(struct call *c, const struct reading *r, json_t *object)
{
    if (r->unknown == UNKNOWN_REFUSE) unknown_refuse(c, r, object);
    for (size_t i = 0; i < r->table->count; i++) {
        const struct field *f = &r->table->fields[i];
        if (field_is_list(f)) continue;
        json_t *value = json_object_get(object, f->name);
        const char *reason = NULL;
        if (value != NULL) {
            reason = scalar_read(c->arena, f, value, (char *)r->to + f->offset);
        } else if (f->required) {
            reason = "field.required";
        }
        if (reason != NULL) reading_problem(c, r, str_of(f->name), reason);
    }
}

static void list_read(struct call *c, const struct field *f, json_t *array, enum unknown unknown,
                      struct list *to)
{
    const struct field_table *table = field_rows_table(f);
    if (!json_is_array(array)) {
        problem(c, str_of(f->name), "field.type");
        return;
    }
    size_t count = json_array_size(array);
    if (count > field_rows_max(f)) {
        problem(c, str_of(f->name), "field.too_many");
        return;
    }
    *to = (struct list){.rows = arena_array(c->arena, count, table->size), .count = count};
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_array_get(array, i);
        struct reading r = {
            .table = table,
            .prefix = str_format(c->arena, "%s.%zu.", f->name, i),
            .unknown = unknown,
            .to = (char *)to->rows + i * table->size,
        };
        if (json_is_object(row)) {
            object_read(c, &r, row);
        } else {
            problem(c, str_sub(r.prefix, 0, r.prefix.len - 1), "field.type");
        }
    }
}

enum err fields_read(struct call *c, const struct field_table *table, struct str json,
                     enum unknown unknown, void *ret_struct)
{
    json_t *tree = NULL;
    enum err e = tree_parse(c, json, &tree);
    if (e != OK) return e;
    void *to = arena_alloc(c->arena, table->size);
    struct reading r = {.table = table, .unknown = unknown, .to = to};
    object_read(c, &r, tree);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (!field_is_list(f)) continue;
        json_t *value = json_object_get(tree, f->name);
        void *list = (char *)to + f->offset;
        if (value != NULL) list_read(c, f, value, unknown, list);
    }
    fields_check(c, table, to);
    e = problems_fail(c);
    if (e != OK) return e;
    memcpy(ret_struct, to, table->size);
    return OK;
}
