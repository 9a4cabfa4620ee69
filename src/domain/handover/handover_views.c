/* The list of hand-overs, one of them, and what an offer would hand over. */
#include "handover.h"

#include "base/words.h"
#include "core/office.h"

struct args {
    struct str record;
    struct str person;
    struct str receiver;
    struct str only;
    struct str after; /* changed_ms and record of the last line */
};
#define AT(member) .offset = offsetof(struct args, member)
static const struct field SHOW_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(record), .required = true},
};
static const struct field LIST_FIELDS[] = {
    {.name = "after", .type = FIELD_TEXT, AT(after), .max = 80},
};
static const struct field PREVIEW_FIELDS[] = {
    {.name = "person", .type = FIELD_PERSON, AT(person)},
    {.name = "receiver", .type = FIELD_PERSON, AT(receiver)},
    {.name = "only", .type = FIELD_RECORD, AT(only)},
};
static const struct field_table SHOW_ARGS = FIELD_TABLE("handover.show", struct args, SHOW_FIELDS);
static const struct field_table LIST_ARGS = FIELD_TABLE("handover.list", struct args, LIST_FIELDS);
static const struct field_table PREVIEW_ARGS =
    FIELD_TABLE("handover.preview", struct args, PREVIEW_FIELDS);

static struct str state_text(struct call *c, int64_t state)
{
    const struct field *f = field_find(&HANDOVER_TABLE, S("state"));
    ensure(f != NULL);
    struct str word = field_choice_word(f, state);
    return words(c->lang,
                 str_format(c->arena, "choice.handover.handover.state.%.*s", STR_ARG(word)));
}

static const char *state_tone(int64_t state)
{
    if (state == HANDOVER_OFFERED) return "warn";
    return state == HANDOVER_ACCEPTED ? "good" : "neutral";
}

/* Titles that the reader may see, and how many more there are. */
static void items_section(struct call *c, struct view *view, const struct rows *rows, size_t count)
{
    struct view section = {.data = node_add_map(c, node_put_list(c, view->data, "sections"))};
    struct fail_arg counts[] = {{"count", str_format(c->arena, "%zu", count)},
                                {"hidden", str_format(c->arena, "%zu", count - rows->count)}};
    bool hidden = count > rows->count;
    node_text(c, section.data, "title",
              words_fill(c->arena, c->lang, S("handover.items"), counts, ARRAY_LEN(counts)));
    if (hidden) {
        node_text(c, section.data, "text",
                  words_fill(c->arena, c->lang, S("handover.hidden"), counts, ARRAY_LEN(counts)));
    }
    if (rows->count == 0) return;
    view_column(c, &section, "title", "handover.item_title");
    view_column(c, &section, "kind", "handover.item_kind");
    for (size_t i = 0; i < rows->count; i++) {
        struct head head = {.record = rows_text(rows, i, 0), .kind = rows_text(rows, i, 1)};
        struct str kind = words(c->lang, str_format(c->arena, "kind.%.*s", STR_ARG(head.kind)));
        struct str title = rows_text(rows, i, 2);
        struct node *row = view_row(c, &section, head.record, record_link(c, &head));
        view_cell(c, row, title.len > 0 ? title : kind);
        view_cell(c, row, kind);
    }
}

static enum err show(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct handover h = {};
    struct head head = {};
    struct rows rows = {};
    enum err e = record_body_visible(c, "handover.handover", in->record, &h);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e == OK) e = handover_sql_listed(c, in->record, &rows);
    if (e != OK) return e;
    struct fail_arg who[] = {{"giver", h.giver_title}, {"receiver", person_title(c, h.receiver)}};
    view_start(c, ret_view, VIEW_RECORD,
               words_fill(c->arena, c->lang, S("handover.title"), who, ARRAY_LEN(who)));
    struct node *state = node_put_map(c, ret_view->data, "state");
    node_text(c, state, "text", state_text(c, h.state));
    node_text(c, state, "tone", str_of(state_tone(h.state)));
    view_fact(c, ret_view, "field.handover.handover.giver", h.giver_title);
    view_fact(c, ret_view, "field.handover.handover.receiver", person_title(c, h.receiver));
    view_fact(c, ret_view, "field.handover.handover.offered_by", person_title(c, h.offered_by));
    view_fact(c, ret_view, "field.handover.handover.note", h.note);
    view_fact(c, ret_view, "field.handover.handover.reason", h.reason);
    if (h.whole)
        view_fact(c, ret_view, "field.handover.handover.whole",
                  words(c->lang, S("handover.whole")));
    items_section(c, ret_view, &rows, h.items.count);
    return view_record_tail(c, ret_view, &head);
}

static enum err list(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct rows rows = {};
    struct str ms = {};
    struct str after = {};
    int64_t after_ms = 0;
    (void)str_cut(in->after, ' ', &ms, &after);
    if (!parse_int(ms, 0, INT64_MAX, &after_ms)) after = (struct str){};
    enum err e = handover_sql_list(c, after_ms, after, HANDOVER_PAGE + 1, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "giver", "field.handover.handover.giver");
    view_column(c, ret_view, "receiver", "field.handover.handover.receiver");
    view_column(c, ret_view, "count", "field.handover.handover.items");
    view_column(c, ret_view, "state", "field.handover.handover.state");
    view_column(c, ret_view, "changed", "handover.changed");
    for (size_t i = 0; i < rows.count && i < HANDOVER_PAGE; i++) {
        struct str record = rows_text(&rows, i, 0);
        int64_t state =
            field_choice_find(field_find(&HANDOVER_TABLE, S("state")), rows_text(&rows, i, 3));
        struct node *row =
            view_row(c, ret_view, record,
                     str_format(c->arena, "/view/handover.show?record=%.*s", STR_ARG(record)));
        view_cell(c, row, person_title(c, rows_text(&rows, i, 1)));
        view_cell(c, row, person_title(c, rows_text(&rows, i, 2)));
        view_cell(c, row, str_format(c->arena, "%lld", (long long)rows_int(&rows, i, 4)));
        view_cell_state(c, row, state_text(c, state), state_tone(state));
        view_cell_instant(c, row, rows_int(&rows, i, 5));
    }
    if (rows.count > HANDOVER_PAGE) {
        size_t last = HANDOVER_PAGE - 1;
        node_text(c, ret_view->data, "next",
                  str_format(c->arena, "%lld %.*s", (long long)rows_int(&rows, last, 5),
                             STR_ARG(rows_text(&rows, last, 0))));
    }
    node_text(c, ret_view->data, "empty", words(c->lang, S("handover.none")));
    return OK;
}

static enum err preview(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct rows all = {};
    struct rows open = {};
    struct str person = in->person.len > 0 ? in->person : c->who.person;
    enum err e = handover_for_others(c, person) ? OK : handover_may_take(c, person);
    if (e == OK) e = handover_sql_items(c, person, in->only, &all);
    if (e == OK) e = handover_sql_open(c, person, in->only, &open);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_RECORD, (struct str){});
    view_fact(c, ret_view, "field.handover.handover.giver", person_title(c, person));
    items_section(c, ret_view, &open, all.count);
    return OK;
}

const struct view_def HANDOVER_VIEWS[HANDOVER_VIEW_COUNT] = {
    {.name = "handover.list", .args = &LIST_ARGS, .roles = ROLE_ANY, .rail = true, .run = list},
    {.name = "handover.show", .args = &SHOW_ARGS, .roles = ROLE_ANY, .run = show},
    {.name = "handover.preview", .args = &PREVIEW_ARGS, .roles = ROLE_ANY, .run = preview},
};
