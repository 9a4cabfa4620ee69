#include "store/copy.h"

#include "store/inside.h"

enum {
    TABLES_MAX = 256,
    COLUMNS_MAX = 70,
    PAGE_ROWS = 200,
    PAGE_ROWS_BYTES = 32, /* where rows hold files or versions: they may be large */
    STATEMENT_ROWS = 8,   /* in one INSERT */
};

struct column {
    struct str name;
    bool bytes;
    bool generated; /* an ID */
};

struct table {
    struct str name;
    struct column columns[COLUMNS_MAX];
    size_t count;
    size_t key[COLUMNS_MAX]; /* columns of the primary key, in its order */
    size_t key_count;
};

struct copy {
    struct call *c; /* reads the source */
    struct call to;
    bool (*progress)(void *arg, const struct copy_step *step);
    void *arg;
    struct copy_step step;
};

/* A failure on the other side is told on this one. */
static enum err fail_as_there(struct copy *copy)
{
    const struct failure from = copy->to.failure;
    enum err e = fail(copy->c, from.err, from.reason);
    for (size_t i = 0; i < from.arg_count; i++)
        e = fail_arg(copy->c, from.args[i].name, from.args[i].value);
    return e;
}

static enum err fail_table(struct copy *copy, const char *reason, struct str table)
{
    (void)fail(copy->c, ERR_CONFLICT, reason);
    return fail_arg(copy->c, "table", table);
}

/* The store's own book-keeping is not copied: each side has its own. */
static bool is_own(struct str table)
{
    return str_eq(table, S("migration")) || str_eq(table, S("tx_mark"));
}

/* Reads a catalogue's rows: table, column, type, place in the key or 0. */
static size_t tables_of(const struct rows *rows, struct table *tables)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct str name = rows_text(rows, i, 0);
        if (is_own(name)) continue;
        if (count == 0 || !str_eq(tables[count - 1].name, name)) {
            ensure(count < TABLES_MAX);
            tables[count++].name = name;
        }
        struct table *table = &tables[count - 1];
        ensure(table->count < COLUMNS_MAX);
        struct str type = rows_text(rows, i, 2);
        size_t place = (size_t)rows_int(rows, i, 3);
        if (place > 0) table->key[place - 1] = table->count;
        if (place > 0) table->key_count++;
        table->columns[table->count++] = (struct column){
            .name = rows_text(rows, i, 1),
            .bytes = str_eq(type, S("bytes")),
            .generated = str_eq(type, S("id")),
        };
    }
    return count;
}

static const struct table *table_find(const struct table *tables, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(tables[i].name, name)) return &tables[i];
    }
    return NULL;
}

static bool has_column(const struct table *table, struct str name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (str_eq(table->columns[i].name, name)) return true;
    }
    return false;
}

/* The same columns, in whatever order they were added, and the same key. */
static bool tables_agree(const struct table *a, const struct table *b)
{
    bool same = b != NULL && a->count == b->count && a->key_count == b->key_count;
    for (size_t i = 0; same && i < a->count; i++)
        same = has_column(b, a->columns[i].name);
    for (size_t i = 0; same && i < a->key_count; i++)
        same = str_eq(a->columns[a->key[i]].name, b->columns[b->key[i]].name);
    return same && a->key_count > 0;
}

static enum err tables_load(struct copy *copy, struct table **ret_tables, size_t *ret_count)
{
    struct call *c = copy->c;
    struct rows here = {};
    struct rows there = {};
    enum err e = store_all(c, c->store->driver->catalogue, NO_ARGS, &here);
    if (e != OK) return e;
    e = store_all(&copy->to, copy->to.store->driver->catalogue, NO_ARGS, &there);
    if (e != OK) return fail_as_there(copy);
    struct table *tables = arena_array(c->arena, TABLES_MAX, sizeof *tables);
    struct table *others = arena_array(c->arena, TABLES_MAX, sizeof *others);
    size_t count = tables_of(&here, tables);
    size_t other_count = tables_of(&there, others);
    for (size_t i = 0; i < count; i++) {
        const struct table *other = table_find(others, other_count, tables[i].name);
        if (!tables_agree(&tables[i], other)) {
            return fail_table(copy, "copy.schema", tables[i].name);
        }
    }
    if (count != other_count) return fail_table(copy, "copy.schema", S("*"));
    *ret_tables = tables;
    *ret_count = count;
    return OK;
}

static void put_names(struct sb *sb, const struct table *table, bool key, const char *after)
{
    size_t count = key ? table->key_count : table->count;
    for (size_t i = 0; i < count; i++) {
        const struct column *column = &table->columns[key ? table->key[i] : i];
        sb_printf(sb, "%s\"%.*s\"%s", i == 0 ? "" : ", ", STR_ARG(column->name), after);
    }
}

/* The page behind a key; without one the first. */
static const char *sql_page(struct arena *arena, const struct table *table, bool first)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("SELECT "));
    put_names(&sb, table, false, "");
    sb_printf(&sb, " FROM \"%.*s\"", STR_ARG(table->name));
    if (!first) {
        sb_put(&sb, S(" WHERE ("));
        put_names(&sb, table, true, "");
        sb_put(&sb, S(") > ("));
        for (size_t i = 0; i < table->key_count; i++)
            sb_printf(&sb, "%s$%zu", i == 0 ? "" : ", ", i + 1);
        sb_char(&sb, ')');
    }
    sb_put(&sb, S(" ORDER BY "));
    put_names(&sb, table, true, "");
    sb_printf(&sb, " LIMIT $%zu", first ? 1 : table->key_count + 1);
    return str_zero(arena, sb_str(&sb));
}

static const char *sql_last_key(struct arena *arena, const struct table *table)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("SELECT "));
    put_names(&sb, table, true, "");
    sb_printf(&sb, " FROM \"%.*s\" ORDER BY ", STR_ARG(table->name));
    put_names(&sb, table, true, " DESC");
    sb_put(&sb, S(" LIMIT 1"));
    return str_zero(arena, sb_str(&sb));
}

static const char *sql_insert(struct arena *arena, const struct table *table, size_t rows)
{
    struct sb sb = sb_new(arena, 0);
    sb_printf(&sb, "INSERT INTO \"%.*s\" (", STR_ARG(table->name));
    put_names(&sb, table, false, "");
    sb_put(&sb, S(") VALUES "));
    for (size_t i = 0; i < rows * table->count; i++) {
        bool starts = i % table->count == 0;
        bool ends = (i + 1) % table->count == 0;
        sb_printf(&sb, "%s%s$%zu%s", i == 0 ? "" : ", ", starts ? "(" : "", i + 1, ends ? ")" : "");
    }
    return str_zero(arena, sb_str(&sb));
}

static const char *sql_count(struct arena *arena, const struct table *table)
{
    return str_format(arena, "SELECT count(*) FROM \"%.*s\"", STR_ARG(table->name)).ptr;
}

/* Where a walk through a table stands. */
struct cursor {
    struct arena *arena; /* of the key */
    struct value key[COLUMNS_MAX];
    bool first; /* no key yet */
};

static void cursor_move(struct cursor *cursor, const struct table *table, const struct rows *rows)
{
    arena_reset(cursor->arena);
    for (size_t i = 0; i < table->key_count; i++) {
        cursor->key[i] = *rows_cell(rows, rows->count - 1, table->key[i]);
        cursor->key[i].s = str_copy(cursor->arena, cursor->key[i].s);
    }
    cursor->first = false;
}

static enum err page_read(struct call *c, const struct table *table, const struct cursor *cursor,
                          struct rows *ret_rows)
{
    bool large = false;
    for (size_t i = 0; i < table->count; i++)
        large = large || table->columns[i].bytes;
    struct value args[COLUMNS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; !cursor->first && i < table->key_count; i++)
        args[count++] = cursor->key[i];
    args[count++] = INT(large ? PAGE_ROWS_BYTES : PAGE_ROWS);
    return store_all(c, sql_page(c->arena, table, cursor->first), args, count, ret_rows);
}

struct page {
    const struct table *table;
    const struct rows *rows;
};

static enum err page_write(struct call *c, void *arg)
{
    const struct page *page = arg;
    enum err e = OK;
    for (size_t at = 0; e == OK && at < page->rows->count; at += STATEMENT_ROWS) {
        size_t left = page->rows->count - at;
        size_t rows = left < STATEMENT_ROWS ? left : STATEMENT_ROWS;
        e = store_exec(c, sql_insert(c->arena, page->table, rows),
                       page->rows->cells + at * page->rows->columns, rows * page->rows->columns,
                       NULL);
    }
    return e;
}

static enum err tell(struct copy *copy, size_t rows)
{
    copy->step.rows += (int64_t)rows;
    if (copy->progress == NULL || copy->progress(copy->arg, &copy->step)) return OK;
    return fail(copy->c, ERR_BUSY, "copy.stopped");
}

static enum err page_copy(struct copy *copy, const struct table *table, struct cursor *cursor,
                          size_t *ret_rows)
{
    struct rows rows = {};
    enum err e = page_read(copy->c, table, cursor, &rows);
    if (e != OK) return e;
    *ret_rows = rows.count;
    if (rows.count == 0) return OK;
    struct page page = {table, &rows};
    e = store_tx(&copy->to, page_write, &page);
    if (e != OK) return fail_as_there(copy);
    cursor_move(cursor, table, &rows);
    return tell(copy, rows.count);
}

/* Runs what it does to each page on arenas that end with the page. */
static enum err each_page(struct copy *copy, const struct table *table, struct cursor *cursor,
                          enum err (*fn)(struct copy *copy, const struct table *table,
                                         struct cursor *cursor, size_t *ret_rows))
{
    struct arena *here = copy->c->arena;
    struct arena *there = copy->to.arena;
    size_t rows = 1;
    enum err e = OK;
    while (e == OK && rows > 0) {
        struct arena *page = arena_open(0);
        copy->c->arena = page;
        copy->to.arena = page;
        rows = 0;
        e = fn(copy, table, cursor, &rows);
        for (size_t i = 0; e != OK && i < copy->c->failure.arg_count; i++) {
            struct fail_arg *arg = &copy->c->failure.args[i];
            arg->value = str_copy(here, arg->value);
        }
        arena_close(page);
    }
    copy->c->arena = here;
    copy->to.arena = there;
    return e;
}

/* Goes on behind what an interrupted copy has left. */
static enum err cursor_resume(struct copy *copy, const struct table *table, struct cursor *cursor)
{
    struct rows last = {};
    struct rows count = {};
    struct call *to = &copy->to;
    enum err e = store_all(to, sql_last_key(to->arena, table), NO_ARGS, &last);
    if (e == OK) e = store_one(to, sql_count(to->arena, table), NO_ARGS, &count);
    if (e != OK) return fail_as_there(copy);
    for (size_t i = 0; last.count > 0 && i < table->key_count; i++) {
        cursor->key[i] = *rows_cell(&last, 0, i);
        cursor->key[i].s = str_copy(cursor->arena, cursor->key[i].s);
    }
    cursor->first = last.count == 0;
    copy->step.rows = rows_int(&count, 0, 0);
    return OK;
}

/* Numbers go on behind the highest that was copied. */
static enum err ids_move(struct call *c, void *arg)
{
    const struct table *table = arg;
    struct str column = table->columns[table->key[0]].name;
    return c->db->driver->ids_move(c, c->db, table->name, column);
}

static enum err table_copy(struct copy *copy, struct table *table, struct cursor *cursor)
{
    enum err e = cursor_resume(copy, table, cursor);
    if (e == OK) e = each_page(copy, table, cursor, page_copy);
    if (e != OK || !table->columns[table->key[0]].generated) return e;
    if (copy->to.store->driver->ids_move == NULL) return OK; /* it counts what it sees */
    e = store_tx(&copy->to, ids_move, table);
    return e == OK ? OK : fail_as_there(copy);
}

/* Compares a page of both sides, cell by cell. */
static enum err page_compare(struct copy *copy, const struct table *table, struct cursor *cursor,
                             size_t *ret_rows)
{
    struct rows here = {};
    struct rows there = {};
    enum err e = page_read(copy->c, table, cursor, &here);
    if (e != OK) return e;
    e = page_read(&copy->to, table, cursor, &there);
    if (e != OK) return fail_as_there(copy);
    bool same = here.count == there.count;
    for (size_t i = 0; same && i < here.count * here.columns; i++) {
        const struct value *a = &here.cells[i];
        const struct value *b = &there.cells[i];
        same = a->type == b->type && a->i == b->i && str_eq(a->s, b->s);
    }
    if (!same) return fail_table(copy, "copy.differs", table->name);
    *ret_rows = here.count;
    if (here.count > 0) cursor_move(cursor, table, &here);
    return tell(copy, here.count);
}

static enum err table_compare(struct copy *copy, struct table *table, struct cursor *cursor)
{
    cursor->first = true;
    copy->step.rows = 0;
    return each_page(copy, table, cursor, page_compare);
}

static enum err each_table(struct copy *copy, struct table *tables, size_t count,
                           enum err (*fn)(struct copy *copy, struct table *table,
                                          struct cursor *cursor))
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        struct rows total = {};
        e = store_one(copy->c, sql_count(copy->c->arena, &tables[i]), NO_ARGS, &total);
        if (e != OK) return e;
        copy->step = (struct copy_step){
            .table = tables[i].name,
            .table_index = i,
            .table_count = count,
            .rows_total = rows_int(&total, 0, 0),
            .verifying = fn == table_compare,
        };
        struct cursor cursor = {.arena = arena_open(0)};
        e = fn(copy, &tables[i], &cursor);
        arena_close(cursor.arena);
    }
    return e;
}

enum err store_copy(struct call *c, struct store *to,
                    bool (*progress)(void *arg, const struct copy_step *step), void *arg)
{
    ensure(to != c->store);
    struct copy copy = {.c = c, .to = call_begin(c->env, to, NULL)};
    copy.progress = progress;
    copy.arg = arg;
    struct table *tables = NULL;
    size_t count = 0;
    enum err e = tables_load(&copy, &tables, &count);
    if (e == OK) e = each_table(&copy, tables, count, table_copy);
    if (e == OK) e = each_table(&copy, tables, count, table_compare);
    call_end(&copy.to);
    return e;
}
