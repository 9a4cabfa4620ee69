#include "core/projection.h"

#include "base/time.h"
#include "core/office.h"
#include "core/record_sql.h"

enum { COLUMNS_MAX = 64 };

static bool has_rows(const struct field *f)
{
    return f->type == FIELD_LIST || f->type == FIELD_FILES;
}

static const struct field_table *row_table(const struct field *f)
{
    return f->type == FIELD_FILES ? &FILE_REF_TABLE : f->of;
}

struct str projection_table(struct arena *arena, const struct field_table *table)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("k_"));
    for (const char *at = table->name; *at != 0; at++)
        sb_char(&sb, *at == '.' ? '_' : *at);
    return sb_str(&sb);
}

static struct str child_table(struct arena *arena, const struct field_table *table,
                              const struct field *f)
{
    struct str parent = projection_table(arena, table);
    return str_format(arena, "%.*s__%s", STR_ARG(parent), f->name);
}

static const char *column_type(enum field_type type)
{
    switch (type) {
    case FIELD_INT:
    case FIELD_BOOL:
    case FIELD_DATE:
    case FIELD_INSTANT: return "INT";
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_PERSONAL:
    case FIELD_CHOICE:
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON:
    case FIELD_FILES:
    case FIELD_LIST: return "TEXT";
    }
    ensure(false); /* every type is above */
}

static struct value column_value(const struct field *f, const void *from)
{
    const char *at = (const char *)from + f->offset;
    switch (f->type) {
    case FIELD_BOOL: return INT(*(const bool *)(const void *)at ? 1 : 0);
    case FIELD_INT:
    case FIELD_DATE:
    case FIELD_INSTANT: return INT(*(const int64_t *)(const void *)at);
    case FIELD_CHOICE: return TEXT(field_choice_word(f, *(const int64_t *)(const void *)at));
    case FIELD_PERSONAL: return TEXT(((const struct personal *)(const void *)at)->value);
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON: return TEXT(*(const struct str *)(const void *)at);
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    ensure(false); /* lists have tables of their own */
}

/* The names of the plain columns, comma separated: what `projection` remembers. */
static struct str column_names(struct arena *arena, const struct field_table *table)
{
    struct sb sb = sb_new(arena, 0);
    for (size_t i = 0; i < table->count; i++) {
        if (has_rows(&table->fields[i])) continue;
        if (sb.len > 0) sb_char(&sb, ',');
        sb_put(&sb, str_of(table->fields[i].name));
    }
    return sb_str(&sb);
}

static bool names_hold(struct str names, const char *name)
{
    struct str head = {};
    while (names.len > 0) {
        (void)str_cut(names, ',', &head, &names);
        if (str_eq(head, str_of(name))) return true;
    }
    return false;
}

static void column_definition(struct sb *sb, const struct field *f)
{
    const char *type = column_type(f->type);
    bool number = type[0] == 'I';
    sb_printf(sb, "\"%s\" %s NOT NULL DEFAULT %s", f->name, type, number ? "0" : "''");
}

static enum err table_create(struct call *c, struct str name, const struct field_table *table,
                             bool child)
{
    struct sb sb = sb_new(c->arena, 0);
    sb_printf(&sb, "CREATE TABLE %.*s (record TEXT NOT NULL", STR_ARG(name));
    if (child) sb_put(&sb, S(", i INT NOT NULL"));
    for (size_t i = 0; i < table->count; i++) {
        if (has_rows(&table->fields[i])) continue;
        sb_put(&sb, S(", "));
        column_definition(&sb, &table->fields[i]);
    }
    sb_put(&sb, child ? S(", PRIMARY KEY (record, i));") : S(", PRIMARY KEY (record));"));
    ensure(!sb.over);
    return store_script(c, sb_str(&sb));
}

static enum err table_widen(struct call *c, struct str name, const struct field_table *table,
                            struct str known)
{
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (has_rows(f) || names_hold(known, f->name)) continue;
        sb_printf(&sb, "ALTER TABLE %.*s ADD COLUMN ", STR_ARG(name));
        column_definition(&sb, f);
        sb_char(&sb, ';');
    }
    return sb.len == 0 ? OK : store_script(c, sb_str(&sb));
}

static enum err table_schema(struct call *c, struct str name, const struct field_table *table,
                             bool child)
{
    struct str known = {};
    struct str wanted = column_names(c->arena, table);
    ensure(table->count < COLUMNS_MAX);
    enum err e = projection_columns(c, name, &known);
    if (e != OK || str_eq(known, wanted)) return e;
    e = known.len == 0 ? table_create(c, name, table, child) : table_widen(c, name, table, known);
    if (e != OK) return e;
    return projection_remember(c, name, wanted);
}

enum err projection_schema(struct call *c, const struct kind *kind)
{
    enum err e = table_schema(c, projection_table(c->arena, kind->table), kind->table, false);
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (has_rows(f))
            e = table_schema(c, child_table(c->arena, kind->table, f), row_table(f), true);
    }
    return e;
}

/* Builds and runs one INSERT whose columns come from a const table. */
static enum err row_insert(struct call *c, struct str name, const struct field_table *table,
                           const struct version *v, int64_t index, const void *from)
{
    struct value args[COLUMNS_MAX + 2];
    size_t count = 0;
    struct sb names = sb_new(c->arena, 0);
    struct sb marks = sb_new(c->arena, 0);
    args[count++] = TEXT(v->record);
    if (index >= 0) args[count++] = INT(index);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (has_rows(f)) continue;
        args[count++] = column_value(f, from);
        sb_printf(&names, ", \"%s\"", f->name);
    }
    for (size_t i = 0; i < count; i++)
        sb_printf(&marks, "%s$%zu", i == 0 ? "" : ", ", i + 1);
    struct str sql =
        str_format(c->arena, "INSERT INTO %.*s (record%s%.*s) VALUES (%.*s)", STR_ARG(name),
                   index >= 0 ? ", i" : "", STR_ARG(sb_str(&names)), STR_ARG(sb_str(&marks)));
    return store_exec(c, sql.ptr, args, count, NULL);
}

static enum err rows_clear(struct call *c, struct str name, struct str record)
{
    struct str sql = str_format(c->arena, "DELETE FROM %.*s WHERE record = $1", STR_ARG(name));
    return store_exec(c, sql.ptr, ARGS(TEXT(record)), NULL);
}

static enum err list_put(struct call *c, const struct kind *kind, const struct field *f,
                         const struct version *v, const void *body)
{
    struct str name = child_table(c->arena, kind->table, f);
    const struct list *list = (const void *)((const char *)body + f->offset);
    const struct field_table *rows = row_table(f);
    enum err e = v->n > 1 ? rows_clear(c, name, v->record) : OK;
    for (size_t i = 0; e == OK && i < list->count; i++) {
        e = row_insert(c, name, rows, v, (int64_t)i, (const char *)list->rows + i * rows->size);
    }
    return e;
}

enum err projection_clear(struct call *c, const struct kind *kind, struct str record)
{
    enum err e = rows_clear(c, projection_table(c->arena, kind->table), record);
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (has_rows(f)) e = rows_clear(c, child_table(c->arena, kind->table, f), record);
    }
    return e;
}

enum err projection_put(struct call *c, const struct kind *kind, const struct version *v,
                        const void *body)
{
    struct str name = projection_table(c->arena, kind->table);
    enum err e = v->n > 1 ? rows_clear(c, name, v->record) : OK;
    if (e == OK) e = row_insert(c, name, kind->table, v, -1, body);
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (has_rows(f)) e = list_put(c, kind, f, v, body);
    }
    return e;
}

enum err projection_files(struct call *c, const struct kind *kind, int64_t *io_count,
                          int64_t *io_bytes)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        struct rows rows = {};
        if (f->type != FIELD_FILES) continue;
        struct str name = child_table(c->arena, kind->table, f);
        struct str sql = str_format(c->arena,
                                    "SELECT count(*), CAST(coalesce(sum(f.size), 0) AS BIGINT)"
                                    " FROM %.*s f JOIN head h ON h.record = f.record"
                                    " WHERE h.home = $1",
                                    STR_ARG(name));
        e = store_all(c, sql.ptr, ARGS(TEXT(c->office->id)), &rows);
        if (e != OK) return e;
        *io_count += rows_int(&rows, 0, 0);
        *io_bytes += rows_int(&rows, 0, 1);
    }
    return e;
}
