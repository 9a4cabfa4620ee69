/* What stands in a file of a record, in the page: the images of a PDF, the text of the others. */
#include "base/words.h"
#include "core/parse.h"
#include "core/record.h"
#include "front/web/page.h"

enum {
    PART_BYTES = 48 * 1024, /* of a text without pages, shown at a time */
    PAGES_MAX = 10 * 1000 * 1000,
};

struct preview {
    struct str record;
    struct str root;
    const struct file_ref *file;
    struct parse parse;
    int64_t part; /* which page, or piece of the text, from 1 */
    int64_t parts;
    struct str text; /* of that part */
};

static enum err file_step(struct call *c, void *arg)
{
    struct preview *preview = arg;
    return record_file_visible(c, preview->record, preview->root, &preview->file);
}

/* ---- parts ---- */

/* Where the part that begins at `from` ends: behind a form feed, or behind a line. */
static size_t part_end(const struct parse *parse, size_t from)
{
    struct str text = parse->text;
    if (parse->format == PARSE_PDF) {
        size_t feed = str_find(text, S("\f"), from);
        return feed < text.len ? feed + 1 : text.len;
    }
    if (text.len - from <= PART_BYTES) return text.len;
    size_t line = str_find(text, S("\n"), from + PART_BYTES);
    return line < text.len ? line + 1 : text.len;
}

static void part_find(struct preview *preview)
{
    size_t from = 0;
    int64_t parts = 0;
    while (from < preview->parse.text.len) {
        size_t end = part_end(&preview->parse, from);
        if (++parts == preview->part) preview->text = str_sub(preview->parse.text, from, end);
        from = end;
    }
    preview->parts = preview->parse.format == PARSE_PDF ? preview->parse.pages : parts;
}

/* ---- the page ---- */

static struct str number_word(struct call *c, const char *key, int64_t number)
{
    const struct fail_arg args[] = {
        {"count", str_format(c->arena, "%lld", (long long)number)},
    };
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

static void facts_put(struct call *c, const struct parse *parse, struct node *root)
{
    static const char *const BASIS[] = {
        [PARSE_COUNTED] = "preview.pages_counted",
        [PARSE_CLAIMED] = "preview.pages_claimed",
        [PARSE_ESTIMATED] = "preview.pages_estimated",
    };
    struct node *facts = node_put_list(c, root, "remarks");
    node_add_text(c, facts, number_word(c, BASIS[parse->basis], parse->pages));
    node_add_text(c, facts, number_word(c, "preview.letters", parse->chars));
    if (parse->macros) node_add_text(c, facts, words(c->lang, S("preview.macros")));
    if (parse->cut) node_add_text(c, facts, words(c->lang, S("preview.cut")));
}

static void row_put(struct call *c, struct node *rows, struct str line)
{
    struct node *cells = node_put_list(c, node_add_map(c, rows), "boxes");
    struct str cell = {};
    while (str_cut(line, '\t', &cell, &line))
        node_add_text(c, cells, cell);
    node_add_text(c, cells, cell);
}

/* Says that a clause of the text begins there that has a heading of its own. */
static bool heads(const struct preview *preview, const char *at, size_t *next)
{
    const struct clauses *clauses = &preview->parse.clauses;
    size_t offset = (size_t)(at - preview->parse.text.ptr);
    while (*next < clauses->count && clauses->rows[*next].offset < offset)
        (*next)++;
    if (*next >= clauses->count || clauses->rows[*next].offset != offset) return false;
    enum clause_level level = clauses->rows[*next].level;
    return level > CLAUSE_OPENING && level <= CLAUSE_ARTICLE;
}

/* Lines as paragraphs, neighbouring rows as one table. */
static void text_put(struct call *c, const struct preview *preview, struct node *root)
{
    struct node *blocks = node_put_list(c, root, "blocks");
    struct node *rows = NULL;
    struct str rest = preview->text;
    size_t next = 0;
    while (rest.len > 0) {
        struct str line = {};
        (void)str_cut(rest, '\n', &line, &rest);
        bool row = str_find(line, S("\t"), 0) < line.len;
        if (!row) rows = NULL;
        if (row && rows == NULL) rows = node_put_list(c, node_add_map(c, blocks), "lines");
        if (row) row_put(c, rows, line);
        if (row || str_trim(line).len == 0) continue;
        bool head = heads(preview, line.ptr, &next);
        node_text(c, node_add_map(c, blocks), head ? "head" : "paragraph", str_trim(line));
    }
}

static void link_put(struct call *c, const struct preview *preview, struct node *root,
                     const char *name, int64_t part)
{
    if (part < 1 || part > preview->parts) return;
    node_text(c, root, name,
              str_format(c->arena, "/preview/%.*s/%.*s?part=%lld", STR_ARG(preview->record),
                         STR_ARG(preview->root), (long long)part));
}

static void preview_put(struct call *c, const struct preview *preview, struct node *root)
{
    bool pdf = preview->parse.format == PARSE_PDF;
    facts_put(c, &preview->parse, root);
    struct node *map = node_put_map(c, root, "shown");
    const struct fail_arg args[] = {
        {"part", str_format(c->arena, "%lld", (long long)preview->part)},
        {"parts", str_format(c->arena, "%lld", (long long)preview->parts)},
    };
    struct str place = words_fill(c->arena, c->lang, pdf ? S("preview.page") : S("preview.part"),
                                  args, ARRAY_LEN(args));
    node_text(c, map, "place", place);
    link_put(c, preview, map, "before", preview->part - 1);
    link_put(c, preview, map, "after", preview->part + 1);
    if (pdf) {
        node_text(c, map, "image",
                  str_format(c->arena, "/image/%.*s/%.*s/%lld", STR_ARG(preview->record),
                             STR_ARG(preview->root), (long long)preview->part));
    }
    text_put(c, preview, map);
}

/* Why it cannot be shown, and for an old text file the way to say how it is written. */
static void refused_put(struct call *c, const struct preview *preview, struct node *root)
{
    struct str reason = preview->parse.reason;
    node_text(c, root, "refused",
              words(c->lang, str_format(c->arena, "reason.%.*s", STR_ARG(reason))));
}

static void preview_load(struct page *page, struct preview *preview)
{
    struct call *c = &page->c;
    struct str part = http_query(page->rq, S("part"));
    (void)str_cut(page->rest, '/', &preview->record, &preview->root);
    enum err e = store_read(c, file_step, preview);
    if (e == OK) e = parse_now(c, preview->root, &preview->parse);
    if (e != OK) return; /* told by the page */
    if (!parse_int(part, 1, PAGES_MAX, &preview->part)) preview->part = 1;
    part_find(preview);
}

void page_preview(struct page *page)
{
    struct call *c = &page->c;
    struct preview preview = {};
    preview_load(page, &preview);
    if (c->failure.err != OK) {
        page_fail(page);
        return;
    }
    struct node *root = page_root(page, preview.file->name);
    const struct parse *parse = &preview.parse;
    node_text(c, root, "back", str_format(c->arena, "/record/%.*s", STR_ARG(preview.record)));
    node_text(
        c, root, "file",
        str_format(c->arena, "/file/%.*s/%.*s", STR_ARG(preview.record), STR_ARG(preview.root)));
    bool old = parse->format == PARSE_TEXT && parse->encoding != PARSE_UTF8;
    bool choose = old || str_eq(parse->reason, S("parse.encoding"));
    if (choose) {
        struct node *choice = node_put_map(c, root, "choice");
        node_text(c, choice, "record", preview.record);
        node_text(c, choice, "content", preview.root);
        node_text(c, choice, "once", call_random_id(c, ID_RANDOM_BYTES));
    }
    if (parse->state == PARSE_DONE) {
        preview_put(c, &preview, root);
    } else {
        refused_put(c, &preview, root);
    }
    page_send(page, 200, S("front/web/file"), root);
}

void page_image(struct page *page)
{
    struct call *c = &page->c;
    struct preview preview = {};
    struct str rest = {};
    struct str number = {};
    struct str png = {};
    (void)str_cut(page->rest, '/', &preview.record, &rest);
    (void)str_cut(rest, '/', &preview.root, &number);
    enum err e = store_read(c, file_step, &preview);
    if (e == OK && !parse_int(number, 1, PAGES_MAX, &preview.part))
        e = fail(c, ERR_NOT_FOUND, "blob.missing");
    if (e == OK) e = parse_image(c, preview.root, preview.part, &png);
    if (e != OK) {
        page_fail(page);
        return;
    }
    page_headers(page);
    http_reply_text(page->reply, 200, S("image/png"), str_copy(page->rq->arena, png));
}
