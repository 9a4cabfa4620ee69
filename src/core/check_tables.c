/* The projections of the office against those made anew from the stored bytes. */
#include "core/check_run.h"

#include "core/projection.h"

/* Projections of core. An obligation's own number says when it was written, not what it is. */
static const struct check_table CORE_TABLES[] = {
    {.name = S("head"),
     .columns = S("record, kind, home, n, hash, created_ms, changed_ms, person,"
                  " passages, moving"),
     .key_count = 1,
     .cut = "record"},
    {.name = S("audience"), .columns = S("record, party"), .key_count = 2, .cut = "record"},
    {.name = S("assignment"),
     .columns = S("record, person, by_record"),
     .key_count = 3,
     .cut = "record"},
    {.name = S("obligation"),
     .columns = S("about, what, okey, by_record, by_n, owner, creditor, opened_ms, first_due_ms,"
                  " due_day, due_ms, why, title, urgent, settled_ms, paused_day, named, month"),
     .key_count = 3,
     .cut = "about"},
    {.name = S("obligation_limit"),
     .columns = S("about, what, okey, kind, by_record, by_n, first_due_ms, due_day, due_ms,"
                  " paused_day, why"),
     .key_count = 5,
     .cut = "about"},
    {.name = S("obligation_move"),
     .columns = S("about, what, okey, kind, by_record, by_n, at_ms, person, title, from_ms, to_ms,"
                  " paused_day, reason"),
     .key_count = 6,
     .cut = "about"},
    {.name = S("settlement"),
     .columns = S("about, what, okey, by_record, by_n, at_ms"),
     .key_count = 4,
     .cut = "about"},
    {.name = S("tally"),
     .columns = S("month, owner, what, total, done, late, late_first"),
     .key_count = 3,
     .cut = "owner"},
    {.name = S("notice_rule"),
     .columns = S("party, by_record, mail, sms, quiet_from, quiet_to, daily, passes, titles"),
     .key_count = 1,
     .cut = "party"},
    {.name = S("succession"),
     .columns = S("record, giver, by_record, receiver, seq, at_ms"),
     .key_count = 3,
     .cut = "record"},
    {.name = S("office_key"),
     .columns = S("office, public_key, by_record, by_n, n, at_ms, revoked_ms, revoked_size"),
     .key_count = 2,
     .cut = "by_record"},
    {.name = S("stand_in"),
     .columns = S("by_record, absent, delegate, from_day, to_day"),
     .key_count = 1,
     .cut = "by_record"},
};

static int cell_compare(const struct value *a, const struct value *b)
{
    if (a->type != b->type) return a->type < b->type ? -1 : 1;
    if (a->type == VALUE_INT) return a->i < b->i ? -1 : a->i > b->i ? 1 : 0;
    return str_compare(a->s, b->s);
}

static int row_compare(const struct rows *a, size_t i, const struct rows *b, size_t k, size_t count)
{
    int order = 0;
    for (size_t column = 0; order == 0 && column < count; column++)
        order = cell_compare(rows_cell(a, i, column), rows_cell(b, k, column));
    return order;
}

static void row_differs(struct check *k, const struct check_table *table, const char *what,
                        const struct rows *rows, size_t i)
{
    struct sb sb = sb_new(k->c->arena, 0);
    sb_put(&sb, table->name);
    for (size_t column = 0; column < table->key_count; column++) {
        const struct value *cell = rows_cell(rows, i, column);
        sb_char(&sb, ' ');
        if (cell->type == VALUE_INT) {
            sb_printf(&sb, "%lld", (long long)cell->i);
        } else {
            sb_put(&sb, cell->s);
        }
    }
    check_differs(k, what, sb_str(&sb));
}

/* Both lists are in the order of the key. */
static void rows_merge(struct check *k, const struct check_table *table, const struct rows *held,
                       const struct rows *made)
{
    size_t i = 0;
    size_t m = 0;
    while (i < held->count || m < made->count) {
        int order = i == held->count   ? 1
                    : m == made->count ? -1
                                       : row_compare(held, i, made, m, table->key_count);
        if (order < 0) {
            row_differs(k, table, "row_extra", held, i++);
        } else if (order > 0) {
            row_differs(k, table, "row_missing", made, m++);
        } else {
            if (row_compare(held, i, made, m, held->columns) != 0) {
                row_differs(k, table, "row", held, i);
            }
            i++;
            m++;
        }
    }
    k->rows += (int64_t)made->count;
}

struct making {
    const struct check_table *table;
    struct str after;
    struct str last;
    struct rows rows;
};

static enum err made_page(struct call *scratch, void *arg)
{
    struct making *making = arg;
    return check_table_page(scratch, making->table, making->after, making->last, &making->rows);
}

/* One page of one table, with arenas of its own. */
static enum err page_compare(struct check *k, const struct check_table *table, struct str after,
                             struct str last)
{
    struct rows held = {};
    struct call reader = check_child(k);
    struct call scratch = call_begin(k->c->env, k->scratch, k->c->office);
    struct making making = {.table = table, .after = after, .last = last};
    enum err e = check_table_page(&reader, table, after, last, &held);
    if (e != OK) (void)fail(k->c, e, reader.failure.reason);
    if (e == OK) {
        e = store_read(&scratch, made_page, &making);
        if (e != OK) (void)fail(k->c, e, scratch.failure.reason);
    }
    if (e == OK) rows_merge(k, table, &held, &making.rows);
    call_end(&scratch);
    check_child_end(&reader);
    return e;
}

static enum err table_compare(struct check *k, const struct check_table *table)
{
    struct check_table own = *table;
    struct str after = {};
    struct str last = {};
    enum err e = OK;
    check_table_sql(k->c, &own);
    k->tables++;
    while (e == OK && !str_eq(last, CHECK_LAST_KEY)) {
        e = check_boundary(k->c, after, &last);
        if (e == OK) e = page_compare(k, &own, after, last);
        after = last;
    }
    return e;
}

/* The plain columns of a field table, after those of its key. */
static struct str columns_of(struct call *c, const struct field_table *table, const char *key)
{
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, str_of(key));
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (!field_is_list(f)) sb_printf(&sb, ", \"%s\"", f->name);
    }
    return sb_str(&sb);
}

static enum err kind_compare(struct check *k, const struct kind *kind)
{
    struct call *c = k->c;
    struct str name = projection_table(c->arena, kind->table);
    const struct check_table own = {.name = name,
                                    .columns = columns_of(c, kind->table, "record"),
                                    .key_count = 1,
                                    .cut = "record"};
    enum err e = table_compare(k, &own);
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (!field_is_list(f)) continue;
        const struct check_table child = {
            .name = str_format(c->arena, "%.*s__%s", STR_ARG(name), f->name),
            .columns = columns_of(c, field_rows_table(f), "record, i"),
            .key_count = 2,
            .cut = "record"};
        e = table_compare(k, &child);
    }
    return e;
}

enum err check_projections(struct check *k)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(CORE_TABLES); i++)
        e = table_compare(k, &CORE_TABLES[i]);
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; e == OK && i < module->kind_count; i++)
            e = kind_compare(k, &module->kinds[i]);
        for (size_t i = 0; e == OK && i < module->table_count; i++)
            e = table_compare(k, &module->tables[i]);
    }
    return e;
}
