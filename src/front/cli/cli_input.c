#include "front/cli/cli_input.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"
#include "front/cli/cli_json.h"
#include "store/blob.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fd_close(void *arg)
{
    (void)close(*(int *)arg);
}

static enum err pair_fail(struct call *c, struct str pair)
{
    (void)fail(c, ERR_SYNTAX, "cli.pair"); /* the next line returns the same */
    return fail_arg(c, "pair", pair);
}

static enum err file_fail(struct call *c, struct str path)
{
    (void)fail(c, ERR_NOT_FOUND, "cli.file"); /* the next line returns the same */
    return fail_arg(c, "file", path);
}

/* Files */

enum err cli_files_open(struct call *c, const struct str *pairs, size_t count,
                        struct cli_files *ret_files)
{
    struct cli_file *files = arena_array(c->arena, count + 1, sizeof *files);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct str name = {};
        struct str value = {};
        if (!str_cut(pairs[i], '=', &name, &value)) continue;
        if (str_ends(name, S(":")) || !str_starts(value, S("@"))) continue;
        struct cli_file *f = &files[found++];
        f->path = str_sub(value, 1, value.len);
        f->fd = open(str_zero(c->arena, f->path), O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (f->fd < 0) return file_fail(c, f->path);
        arena_defer(c->arena, fd_close, &f->fd);
    }
    *ret_files = (struct cli_files){files, found};
    return OK;
}

static const struct cli_file *file_find(const struct cli_files *files, struct str path)
{
    for (size_t i = 0; i < files->count; i++) {
        if (str_eq(files->files[i].path, path)) return &files->files[i];
    }
    return NULL;
}

struct str cli_media(struct str name)
{
    static const struct {
        struct str ending;
        struct str media;
    } MEDIA[] = {
        {S(".txt"), S("text/plain; charset=utf-8")},
        {S(".pdf"), S("application/pdf")},
        {S(".docx"), S("application/vnd.openxmlformats-officedocument.wordprocessingml.document")},
        {S(".xlsx"), S("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")},
        {S(".odt"), S("application/vnd.oasis.opendocument.text")},
        {S(".png"), S("image/png")},
        {S(".jpg"), S("image/jpeg")},
        {S(".zip"), S("application/zip")},
    };
    for (size_t i = 0; i < ARRAY_LEN(MEDIA); i++) {
        if (str_ends(name, MEDIA[i].ending)) return MEDIA[i].media;
    }
    return S("application/octet-stream");
}

static struct str base_name(struct str path)
{
    struct str head = {};
    struct str rest = path;
    while (str_cut(rest, '/', &head, &rest)) {
    }
    return head;
}

static json_t *json_text(struct call *c, struct str text)
{
    struct str nfc = utf8_valid(text) ? utf8_nfc(c->arena, text) : text;
    return json_stringn(nfc.ptr, nfc.len); /* NULL when it is not UTF-8 */
}

/* A value that jansson refuses is left out: the act says that the field is missing. */
static void json_put(json_t *object, struct str name, json_t *value)
{
    if (value == NULL) return;
    (void)json_object_setn_new(object, name.ptr, name.len, value);
}

static enum err file_ref(struct call *c, const struct cli_input *in, struct str path,
                         json_t **ret_ref)
{
    const struct cli_file *file = file_find(&in->files, path);
    struct stat st = {};
    if (file == NULL || fstat(file->fd, &st) != 0) return file_fail(c, path);
    struct str root = {};
    enum err e = blob_import(c, in->dir, file->fd, 0, st.st_size, &root);
    if (e != OK) return e;
    struct str name = base_name(path);
    json_t *ref = json_object();
    json_put(ref, S("root"), json_text(c, root));
    json_put(ref, S("name"), json_text(c, name));
    json_put(ref, S("media"), json_text(c, cli_media(name)));
    json_put(ref, S("size"), json_integer(st.st_size));
    *ret_ref = ref;
    return OK;
}

static enum err file_text(struct call *c, const struct cli_input *in, struct str path,
                          struct str *ret_text)
{
    const struct cli_file *file = file_find(&in->files, path);
    if (file == NULL) return file_fail(c, path);
    char *bytes = arena_alloc(c->arena, LIMIT_LONG_BYTES + 1);
    ssize_t n = pread(file->fd, bytes, LIMIT_LONG_BYTES + 1, 0);
    if (n < 0) return file_fail(c, path);
    *ret_text = (struct str){bytes, (size_t)n}; /* one byte too many is refused by the field */
    return OK;
}

/* Values */

static json_t *value_number(struct call *c, struct str text)
{
    int64_t number = 0;
    if (parse_int(text, INT64_MIN, INT64_MAX, &number)) return json_integer(number);
    return json_text(c, text);
}

static json_t *value_bool(struct call *c, struct str text)
{
    if (str_eq(text, S("true")) || str_eq(text, S("1"))) return json_true();
    if (str_eq(text, S("false")) || str_eq(text, S("0"))) return json_false();
    return json_text(c, text);
}

static json_t *value_date(struct call *c, struct str text)
{
    int64_t day = 0;
    if (time_parse_day_vn(text, &day)) text = time_format_day(c->arena, day);
    return json_text(c, text);
}

static json_t *value_instant(struct call *c, struct str text)
{
    int64_t ms = 0;
    if (time_hanoi_parse(text, &ms)) text = time_format_instant(c->arena, ms);
    return json_text(c, text);
}

static json_t *value_office(struct call *c, const struct cli_input *in, struct str text)
{
    if (in->office_id != NULL) text = in->office_id(in->arg, c, text);
    return json_text(c, text);
}

/* The JSON of one scalar; NULL when the text is not UTF-8. */
static json_t *value_scalar(struct call *c, const struct cli_input *in, const struct field *f,
                            struct str text)
{
    if (f == NULL) return json_text(c, text);
    switch (f->type) {
    case FIELD_INT: return value_number(c, text);
    case FIELD_BOOL: return value_bool(c, text);
    case FIELD_DATE: return value_date(c, text);
    case FIELD_INSTANT: return value_instant(c, text);
    case FIELD_OFFICE: return value_office(c, in, text);
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_PERSONAL:
    case FIELD_CHOICE:
    case FIELD_RECORD:
    case FIELD_PERSON:
    case FIELD_FILES:
    case FIELD_LIST: return json_text(c, text);
    }
    ensure(false); /* the switch is whole */
    return NULL;
}

/* The array under a name, made when it is not there. */
static json_t *array_of(json_t *object, struct str name)
{
    json_t *array = json_object_getn(object, name.ptr, name.len);
    if (json_is_array(array)) return array;
    array = json_array();
    json_put(object, name, array);
    return array;
}

/* "VPQH,VPCTN": one row each, holding the row's first field. */
static void value_rows(struct call *c, const struct cli_input *in, const struct field *f,
                       struct str text, json_t *array)
{
    const struct field *first = &field_rows_table(f)->fields[0];
    struct str rest = text;
    struct str part = {};
    bool more = true;
    while (more) {
        more = str_cut(rest, ',', &part, &rest);
        json_t *row = json_object();
        json_put(row, str_of(first->name), value_scalar(c, in, first, str_trim(part)));
        (void)json_array_append_new(array, row);
    }
}

static enum err value_files(struct call *c, const struct cli_input *in, struct str text,
                            json_t *array)
{
    json_t *ref = NULL;
    if (!str_starts(text, S("@"))) return pair_fail(c, text);
    enum err e = file_ref(c, in, str_sub(text, 1, text.len), &ref);
    if (e != OK) return e;
    (void)json_array_append_new(array, ref);
    return OK;
}

static enum err value_set(struct call *c, const struct cli_input *in,
                          const struct field_table *table, struct str name, struct str text,
                          json_t *object)
{
    const struct field *f = field_find(table, name);
    if (f != NULL && f->type == FIELD_FILES)
        return value_files(c, in, text, array_of(object, name));
    if (f != NULL && f->type == FIELD_LIST) {
        value_rows(c, in, f, text, array_of(object, name));
        return OK;
    }
    if (str_starts(text, S("@"))) {
        enum err e = file_text(c, in, str_sub(text, 1, text.len), &text);
        if (e != OK) return e;
    }
    json_put(object, name, value_scalar(c, in, f, text));
    return OK;
}

/* "points.2": the row, made with the empty ones before it. */
static json_t *row_of(const struct field *f, json_t *object, struct str name, struct str index)
{
    int64_t row = 0;
    if (f == NULL || f->type != FIELD_LIST) return NULL;
    if (!parse_int(index, 0, LIMIT_LIST_ROWS - 1, &row)) return NULL;
    json_t *array = array_of(object, name);
    while (json_array_size(array) <= (size_t)row)
        (void)json_array_append_new(array, json_object());
    return json_array_get(array, (size_t)row);
}

static enum err pair_set(struct call *c, const struct cli_input *in, struct str pair,
                         json_t *object)
{
    struct str name = {};
    struct str text = {};
    if (!str_cut(pair, '=', &name, &text) || name.len == 0) return pair_fail(c, pair);
    if (str_ends(name, S(":"))) {
        json_t *value =
            json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        if (value == NULL) return pair_fail(c, pair);
        json_put(object, str_sub(name, 0, name.len - 1), value);
        return OK;
    }
    struct str list = {};
    struct str index = {};
    struct str column = {};
    if (!str_cut(name, '.', &list, &index)) {
        return value_set(c, in, in->table, name, text, object);
    }
    if (!str_cut(index, '.', &index, &column)) return pair_fail(c, pair);
    const struct field *f = field_find(in->table, list);
    json_t *row = row_of(f, object, list, index);
    if (row == NULL) return pair_fail(c, pair);
    return value_set(c, in, field_rows_table(f), column, text, row);
}

enum err cli_input_json(struct call *c, const struct cli_input *in, const struct str *pairs,
                        size_t count, struct str *ret_json)
{
    json_t *object = cli_json_object(c);
    for (size_t i = 0; i < count; i++) {
        enum err e = pair_set(c, in, pairs[i], object);
        if (e != OK) return e;
    }
    *ret_json = cli_json_text(c, object);
    return OK;
}

static void query_part(struct sb *sb, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t ch = (uint8_t)text.ptr[i];
        bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= '0' && ch <= '9') || ch == '-' || ch == '.' || ch == '_';
        if (plain) {
            sb_char(sb, (char)ch);
        } else {
            sb_printf(sb, "%%%02X", ch);
        }
    }
}

enum err cli_input_query(struct call *c, const struct str *pairs, size_t count,
                         struct str *ret_query)
{
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; i < count; i++) {
        struct str name = {};
        struct str text = {};
        if (!str_cut(pairs[i], '=', &name, &text)) return pair_fail(c, pairs[i]);
        if (i > 0) sb_char(&sb, '&');
        query_part(&sb, name);
        sb_char(&sb, '=');
        query_part(&sb, text);
    }
    *ret_query = sb_str(&sb);
    return OK;
}
