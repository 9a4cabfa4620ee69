/*
 * note.c: notes of the office. The smallest whole module: copy this folder to begin a new one.
 *
 * Read it from the end: `note_module` is the table of contents. A module describes its records
 * (kinds), what people do (acts) and what they look at (views). The web page, the JSON call, the
 * command line, the signed bytes, the columns and the check of stored bytes come from these tables.
 */
#include "note.h"

#include "base/words.h"

/* The record, as C sees it. Zero is an empty note. */
struct note {
    struct str title;
    struct str text;
    bool done;
};

/* The record, as everybody else sees it: form, JSON, column, signed bytes. Fields are only ever
 * added at the end; labels are the words "field.note.note.title" and so on. */
static const struct field NOTE_FIELDS[] = {
    {.name = "title",
     .type = FIELD_TEXT,
     .offset = offsetof(struct note, title),
     .max = 200,
     .required = true},
    {.name = "text", .type = FIELD_LONG, .offset = offsetof(struct note, text), .max = 4000},
    {.name = "done", .type = FIELD_BOOL, .offset = offsetof(struct note, done)},
};
static const struct field_table NOTE_TABLE = FIELD_TABLE("note.note", struct note, NOTE_FIELDS);

/* What the acts are told. `record` names the note they act on; `seen` is the version the person had
 * before them: a change based on an older one is refused instead of undoing somebody's work. */
struct note_input {
    struct str record;
    int64_t seen;
    struct str title;
    struct str text;
};

static const struct field WRITE_FIELDS[] = {
    {.name = "title",
     .type = FIELD_TEXT,
     .offset = offsetof(struct note_input, title),
     .max = 200,
     .required = true,
     .label = "field.note.note.title"},
    {.name = "text",
     .type = FIELD_LONG,
     .offset = offsetof(struct note_input, text),
     .max = 4000,
     .label = "field.note.note.text"},
};
static const struct field CHANGE_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct note_input, record),
     .required = true,
     .label = "field.note.record"},
    {.name = "seen",
     .type = FIELD_INT,
     .offset = offsetof(struct note_input, seen),
     .label = "field.note.seen"},
    {.name = "title",
     .type = FIELD_TEXT,
     .offset = offsetof(struct note_input, title),
     .max = 200,
     .required = true,
     .label = "field.note.note.title"},
    {.name = "text",
     .type = FIELD_LONG,
     .offset = offsetof(struct note_input, text),
     .max = 4000,
     .label = "field.note.note.text"},
};
static const struct field FINISH_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct note_input, record),
     .required = true,
     .label = "field.note.record"},
    {.name = "seen",
     .type = FIELD_INT,
     .offset = offsetof(struct note_input, seen),
     .label = "field.note.seen"},
};
static const struct field_table WRITE_TABLE =
    FIELD_TABLE("note.write", struct note_input, WRITE_FIELDS);
static const struct field_table CHANGE_TABLE =
    FIELD_TABLE("note.change", struct note_input, CHANGE_FIELDS);
static const struct field_table FINISH_TABLE =
    FIELD_TABLE("note.finish", struct note_input, FINISH_FIELDS);

/* Stores the next version of a note. An empty record makes a new one; without an audience it stays
 * in this office. */
static enum err note_put(struct call *c, const struct note_input *in, const struct note *note,
                         struct act_result *ret_result)
{
    struct put put = {.kind = "note.note", .record = in->record, .seen_n = in->seen, .body = note};
    return record_put(c, &put, ret_result);
}

/* Whether the note's state allows the act. The page asks too, to say why a button is not there. */
static enum err note_state(struct call *c, const struct head *head)
{
    struct note note = {};
    enum err e = record_body(c, "note.note", head->record, &note);
    if (e != OK) return e;
    return note.done ? fail(c, ERR_CONFLICT, "note.done") : OK;
}

/* Fields, login, grant and state were checked before an act runs; only rule and effect are left. */
static enum err note_write(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct note_input *in = input;
    struct note note = {.title = in->title, .text = in->text};
    return note_put(c, in, &note, ret_result);
}

static enum err note_change(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct note_input *in = input;
    struct note note = {};
    enum err e = record_body(c, "note.note", in->record, &note);
    if (e != OK) return e;
    note.title = in->title;
    note.text = in->text;
    return note_put(c, in, &note, ret_result);
}

static enum err note_finish(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct note_input *in = input;
    struct note note = {};
    enum err e = record_body(c, "note.note", in->record, &note);
    if (e != OK) return e;
    note.done = true;
    return note_put(c, in, &note, ret_result);
}

static const struct act ACTS[] = {
    {.name = "note.write",
     .input = &WRITE_TABLE,
     .roles = ROLE_READERS,
     .main = true,
     .run = note_write},
    {.name = "note.change",
     .input = &CHANGE_TABLE,
     .kind = "note.note",
     .roles = ROLE_READERS,
     .home_only = true,
     .state = note_state,
     .run = note_change},
    {.name = "note.finish",
     .input = &FINISH_TABLE,
     .kind = "note.note",
     .roles = ROLE_READERS,
     .home_only = true,
     .main = true,
     .state = note_state,
     .run = note_finish},
};

/* What a page is asked for: one note, or the list after a line. */
struct note_args {
    struct str record;
    struct str after; /* changed_ms and record of the last line seen: "1764000000000 HOME.RANDOM" */
};
static const struct field SHOW_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct note_args, record),
     .required = true},
};
static const struct field LIST_FIELDS[] = {
    {.name = "after", .type = FIELD_TEXT, .offset = offsetof(struct note_args, after), .max = 80},
};
static const struct field_table SHOW_TABLE =
    FIELD_TABLE("note.show", struct note_args, SHOW_FIELDS);
static const struct field_table LIST_TABLE =
    FIELD_TABLE("note.list", struct note_args, LIST_FIELDS);

enum { NOTE_PAGE = 50 }; /* lines of a page */

static void note_cell_state(struct call *c, struct node *row, bool done)
{
    struct str key = done ? S("note.state.done") : S("note.state.open");
    view_cell_state(c, row, words(c->lang, key), done ? "good" : "neutral");
}

static enum err note_list(struct call *c, const void *args, struct view *ret_view)
{
    const struct note_args *in = args;
    struct note_line after = {}, *lines = NULL;
    struct str ms = {};
    size_t count = 0;
    str_cut(in->after, ' ', &ms, &after.record);
    if (!parse_int(ms, 0, INT64_MAX, &after.changed_ms)) after = (struct note_line){};
    enum err e = note_sql_list(c, &after, NOTE_PAGE + 1, &lines, &count);
    if (e != OK) return e;

    struct view view = {};
    view_start(c, &view, VIEW_LIST, (struct str){});
    view_column(c, &view, "title", "field.note.note.title");
    view_column(c, &view, "state", "field.note.state");
    view_column(c, &view, "changed", "field.note.changed");
    size_t shown = count > NOTE_PAGE ? NOTE_PAGE : count;
    for (size_t i = 0; i < shown; i++) {
        struct str href = str_format(c->arena, "note.show?record=%.*s", STR_ARG(lines[i].record));
        struct node *row = view_row(c, &view, lines[i].record, href);
        view_cell(c, row, lines[i].title);
        note_cell_state(c, row, lines[i].done);
        view_cell_instant(c, row, lines[i].changed_ms);
    }
    if (count > NOTE_PAGE) {
        const struct note_line *last = &lines[shown - 1];
        node_text(
            c, view.data, "next",
            str_format(c->arena, "%lld %.*s", (long long)last->changed_ms, STR_ARG(last->record)));
    }
    node_text(c, view.data, "empty", words(c->lang, S("note.empty")));
    *ret_view = view;
    return OK;
}

static enum err note_show(struct call *c, const void *args, struct view *ret_view)
{
    const struct note_args *in = args;
    struct note note = {};
    struct head head = {};
    enum err e = record_body_visible(c, "note.note", in->record, &note);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e != OK) return e;

    struct view view = {};
    view_start(c, &view, VIEW_RECORD, note.title);
    node_int(c, view.data, "n", head.n);
    view_fact(c, &view, "field.note.note.text", note.text);
    struct str state = words(c->lang, note.done ? S("note.state.done") : S("note.state.open"));
    node_text(c, node_put_map(c, view.data, "state"), "text", state);
    e = record_history(c, in->record, node_put_list(c, view.data, "history"));
    if (e == OK) e = record_acts(c, &head, node_put_list(c, view.data, "acts"));
    if (e != OK) return e;
    *ret_view = view;
    return OK;
}

static const struct view_def VIEWS[] = {
    {.name = "note.list",
     .args = &LIST_TABLE,
     .roles = ROLE_READERS,
     .rail = true,
     .run = note_list},
    {.name = "note.show", .args = &SHOW_TABLE, .roles = ROLE_READERS, .run = note_show},
};

static const struct kind KINDS[] = {
    {.table = &NOTE_TABLE, .schema = 1, .view = "note.show", .title = "title", .passes = true},
};

const struct module note_module = {
    .name = "note",
    .order = 900,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = ACTS,
    .act_count = ARRAY_LEN(ACTS),
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
