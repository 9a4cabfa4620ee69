#include "front/web/form.h"

#include <string.h>

void form_add(struct call *c, struct form *form, struct str name, struct str text)
{
    if (form->count == FORM_VALUES_MAX) return;
    if (form->count == form->cap) {
        size_t cap = form->cap == 0 ? 64 : form->cap * 2;
        struct form_value *values = arena_array(c->arena, cap, sizeof *values);
        if (form->count > 0) memcpy(values, form->values, form->count * sizeof *values);
        form->values = values;
        form->cap = cap;
    }
    form->values[form->count++] = (struct form_value){name, text};
}

static const struct form_value *value_find(const struct form *form, struct str name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (str_eq(form->values[i].name, name)) return &form->values[i];
    }
    return NULL;
}

void form_set(struct call *c, struct form *form, struct str name, struct str text)
{
    for (size_t i = 0; i < form->count; i++) {
        if (!str_eq(form->values[i].name, name)) continue;
        form->values[i].text = text;
        return;
    }
    form_add(c, form, name, text);
}

struct str form_get(const struct form *form, struct str name)
{
    const struct form_value *value = value_find(form, name);
    return value == NULL ? (struct str){} : value->text;
}

bool form_has(const struct form *form, struct str name)
{
    return value_find(form, name) != NULL;
}

/* Splits "list.7.member"; false when the name is not of that list. */
static bool row_name(struct str name, struct str list, size_t *ret_row, struct str *ret_member)
{
    struct str head = {};
    struct str rest = {};
    struct str index = {};
    int64_t row = 0;
    if (!str_cut(name, '.', &head, &rest) || !str_eq(head, list)) return false;
    if (!str_cut(rest, '.', &index, ret_member)) return false;
    if (!parse_int(index, 0, FORM_VALUES_MAX, &row)) return false;
    *ret_row = (size_t)row;
    return true;
}

size_t form_rows(const struct form *form, struct str list)
{
    size_t count = 0;
    for (size_t i = 0; i < form->count; i++) {
        size_t row = 0;
        struct str member = {};
        if (row_name(form->values[i].name, list, &row, &member) && row >= count) count = row + 1;
    }
    return count;
}

struct str form_row_get(struct call *c, const struct form *form, struct str list, size_t row,
                        struct str member)
{
    return form_get(form,
                    str_format(c->arena, "%.*s.%zu.%.*s", STR_ARG(list), row, STR_ARG(member)));
}

/* A choice may stand in an empty row from the beginning; it is no reason to keep the row. */
static bool member_preset(const struct field *list, struct str member)
{
    if (list->type != FIELD_LIST || list->of->count == 1) return false;
    const struct field *f = field_find(list->of, member);
    return f != NULL && f->type == FIELD_CHOICE;
}

static bool row_blank(const struct form *form, const struct field *field, size_t wanted)
{
    struct str list = str_of(field->name);
    for (size_t i = 0; i < form->count; i++) {
        size_t row = 0;
        struct str member = {};
        if (!row_name(form->values[i].name, list, &row, &member) || row != wanted) continue;
        if (member_preset(field, member)) continue;
        if (str_trim(form->values[i].text).len > 0) return false;
    }
    return true;
}

static void list_compact(struct call *c, const struct field *field, struct form *form)
{
    struct str list = str_of(field->name);
    size_t count = form_rows(form, list);
    size_t *places = arena_array(c->arena, count + 1, sizeof *places);
    size_t next = 0;
    for (size_t row = 0; row < count; row++) {
        places[row] = row_blank(form, field, row) ? SIZE_MAX : next++;
    }
    size_t kept = 0;
    for (size_t i = 0; i < form->count; i++) {
        struct form_value value = form->values[i];
        size_t row = 0;
        struct str member = {};
        if (row_name(value.name, list, &row, &member)) {
            if (places[row] == SIZE_MAX) continue;
            value.name =
                str_format(c->arena, "%.*s.%zu.%.*s", STR_ARG(list), places[row], STR_ARG(member));
        }
        form->values[kept++] = value;
    }
    form->count = kept;
}

void form_compact(struct call *c, const struct field_table *table, struct form *form)
{
    for (size_t i = 0; i < table->count; i++) {
        if (field_is_list(&table->fields[i])) list_compact(c, &table->fields[i], form);
    }
}

/* A choice list of many values may come as repeated names; the first counts. */
static void rows_fill(struct call *c, const struct field *list, const struct form *form, void *to)
{
    const struct field_table *of = list->of;
    struct str name = str_of(list->name);
    size_t count = form_rows(form, name);
    char *rows = arena_array(c->arena, count + 1, of->size);
    for (size_t row = 0; row < count; row++) {
        for (size_t i = 0; i < of->count; i++) {
            const struct field *f = &of->fields[i];
            if (field_is_list(f)) continue;
            struct str path = str_format(c->arena, "%s.%zu.%s", list->name, row, f->name);
            field_set_text(c, f, path, form_get(form, path), rows + row * of->size);
        }
    }
    *(struct list *)((char *)to + list->offset) = (struct list){.rows = rows, .count = count};
}

void form_fill(struct call *c, const struct field_table *table, const struct form *form, void *to)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (f->type == FIELD_FILES) continue;
        if (f->type == FIELD_LIST) {
            rows_fill(c, f, form, to);
        } else {
            struct str text = form_get(form, str_of(f->name));
            /* An optional number that the page does not show stays 0. */
            if (f->type == FIELD_INT && text.len == 0 && !f->required) continue;
            field_set_text(c, f, str_of(f->name), text, to);
        }
    }
}
