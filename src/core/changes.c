#include "core/changes.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/changes_sql.h"
#include "core/office.h"

enum { LOOK_AT = 100, NAMED_FIELDS = 4 };

/* The record as it was and as it is; `old` is NULL when the actor never saw it. */
struct pair {
    const struct kind *kind;
    const void *old;
    const void *now;
};

static struct str list_text(struct call *c, const struct field *f, const void *body)
{
    const struct list *list = (const void *)((const char *)body + f->offset);
    const struct field_table *rows = field_rows_table(f);
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; i < list->count; i++)
        fields_write(&sb, rows, (const char *)list->rows + i * rows->size);
    return sb_str(&sb);
}

static bool field_differs(struct call *c, const struct field *f, const struct pair *pair)
{
    if (field_is_list(f)) return !str_eq(list_text(c, f, pair->old), list_text(c, f, pair->now));
    if (f->type == FIELD_PERSONAL) {
        const struct personal *a = (const void *)((const char *)pair->old + f->offset);
        const struct personal *b = (const void *)((const char *)pair->now + f->offset);
        return !str_eq(a->hash, b->hash);
    }
    return !str_eq(field_get_text(c->arena, f, pair->old), field_get_text(c->arena, f, pair->now));
}

/* "Mới", or "Đổi: Hạn trả lời, Nơi nhận ý kiến", from the labels of the record's own form. */
static struct str what_changed(struct call *c, const struct pair *pair)
{
    const struct field_table *table = pair->kind->table;
    struct sb sb = sb_new(c->arena, 0);
    size_t count = 0;
    if (pair->old == NULL) return words(c->lang, S("changes.new"));
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        struct str label = field_label(c->arena, table, f);
        if (!words_has(label) || !field_differs(c, f, pair)) continue;
        if (count > 0 && count <= NAMED_FIELDS) sb_put(&sb, S(", "));
        if (count < NAMED_FIELDS) sb_put(&sb, words(c->lang, label));
        if (count == NAMED_FIELDS) sb_put(&sb, S("…"));
        count++;
    }
    struct fail_arg args[] = {{"fields", sb_str(&sb)}};
    if (count == 0) return words(c->lang, S("changes.again"));
    return words_fill(c->arena, c->lang, S("changes.fields"), args, ARRAY_LEN(args));
}

static enum err body_of(struct call *c, const struct kind *kind, struct str record, int64_t n,
                        const void **ret_body)
{
    struct version v = {};
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = record_version(c, record, n, &v);
    if (e == OK) e = version_body(c, &v, body);
    if (e == OK) *ret_body = body;
    return e;
}

static struct str title_of(struct call *c, const struct pair *pair)
{
    struct str kind = words(c->lang, str_format(c->arena, "kind.%s", pair->kind->table->name));
    const struct field *f =
        pair->kind->title == NULL ? NULL : field_find(pair->kind->table, str_of(pair->kind->title));
    if (f == NULL || f->type == FIELD_PERSONAL) return kind;
    struct str title = field_get_text(c->arena, f, pair->now);
    if (f->type == FIELD_PERSON) title = person_title(c, title);
    return title.len > 0 ? title : kind;
}

static enum err change_row(struct call *c, const struct rows *rows, size_t i, int64_t base_ms,
                           struct node *list)
{
    struct str record = rows_text(rows, i, 0);
    int64_t n = rows_int(rows, i, 2);
    int64_t seen = rows_int(rows, i, 5);
    struct pair pair = {.kind = module_kind(rows_text(rows, i, 1))};
    if (pair.kind == NULL) return OK; /* of a module that was taken out */
    enum err e = OK;
    if (seen == 0 && n > 1) e = version_held_at(c, record, base_ms, &seen);
    if (e == OK) e = body_of(c, pair.kind, record, n, &pair.now);
    if (e == OK && seen > 0) e = body_of(c, pair.kind, record, seen, &pair.old);
    if (e != OK) return e;
    struct head head = {.record = record, .kind = rows_text(rows, i, 1)};
    struct node *row = node_add_map(c, list);
    node_text(c, row, "record", record);
    node_text(c, row, "href", record_link(c, &head));
    node_text(c, row, "kind",
              words(c->lang, str_format(c->arena, "kind.%s", pair.kind->table->name)));
    node_text(c, row, "title", title_of(c, &pair));
    node_text(c, row, "what", what_changed(c, &pair));
    node_text(c, row, "who", person_title(c, rows_text(rows, i, 4)));
    node_text(c, row, "when", time_hanoi_format(c->arena, rows_int(rows, i, 3), c->lang));
    return OK;
}

static bool is_news(struct call *c, const struct rows *rows, size_t i)
{
    bool unseen = rows_int(rows, i, 2) > rows_int(rows, i, 5);
    bool own = str_eq(rows_text(rows, i, 4), c->who.person);
    return unseen && !own && !str_starts(rows_text(rows, i, 1), S("office."));
}

enum err changes_list(struct call *c, const struct changes_after *after, int64_t limit,
                      struct node *ret_list, struct changes_after *ret_next)
{
    ensure(limit > 0 && limit <= LIMIT_ROWS);
    struct rows rows = {};
    int64_t base_ms = 0;
    int64_t taken = 0;
    size_t i = 0;
    if (c->who.person.len == 0) return OK;
    enum err e = looked_get(c, &base_ms);
    if (e == OK) e = changes_rows(c, base_ms, after, LOOK_AT, &rows);
    for (; e == OK && i < rows.count && taken < limit; i++) {
        if (!is_news(c, &rows, i)) continue;
        e = change_row(c, &rows, i, base_ms, ret_list);
        taken++;
    }
    if (e != OK) return e;
    bool more = rows.count == LOOK_AT;
    for (size_t k = i; !more && k < rows.count; k++)
        more = is_news(c, &rows, k);
    if (more && i > 0) {
        *ret_next = (struct changes_after){.moved_ms = rows_int(&rows, i - 1, 3),
                                           .record = rows_text(&rows, i - 1, 0)};
    }
    return OK;
}

enum err changes_unseen(struct call *c, struct str record, int64_t *ret_n)
{
    struct head head = {};
    int64_t seen = 0;
    *ret_n = 0;
    if (c->who.person.len == 0) return OK;
    enum err e = record_head_visible(c, record, &head);
    if (e == OK) e = seen_get(c, record, &seen);
    if (e == OK && head.n > seen) *ret_n = head.n;
    return e;
}

struct sight {
    struct str record;
    int64_t n;
};

static enum err see_step(struct call *c, void *arg)
{
    const struct sight *sight = arg;
    enum err e = seen_put(c, sight->record, sight->n);
    for (size_t i = 0; e == OK && i < modules_count(); i++) {
        const struct module *module = modules_at(i);
        if (module->seen != NULL) e = module->seen(c, sight->record, sight->n);
    }
    return e;
}

enum err changes_see(struct call *c, struct str record, int64_t n)
{
    struct sight sight = {record, n};
    ensure(n > 0);
    return store_tx(c, see_step, &sight);
}

enum err changes_see_all(struct call *c, int64_t until_ms)
{
    return looked_put(c, until_ms < c->now_ms ? until_ms : c->now_ms);
}
