#include "base/field.h"

#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"

#include <sodium.h>
#include <string.h>

static const int64_t INT_MAX_JSON = ((int64_t)1 << 53) - 1;

static const struct field FILE_REF_FIELDS[] = {
    {.name = "root",
     .type = FIELD_TEXT,
     .offset = offsetof(struct file_ref, root),
     .max = 64,
     .required = true},
    {.name = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(struct file_ref, name),
     .max = LIMIT_NAME_BYTES,
     .required = true},
    {.name = "media",
     .type = FIELD_TEXT,
     .offset = offsetof(struct file_ref, media),
     .max = 100,
     .required = true},
    {.name = "size",
     .type = FIELD_INT,
     .offset = offsetof(struct file_ref, size),
     .max = LIMIT_FILE_BYTES,
     .required = true},
};
const struct field_table FILE_REF_TABLE = FIELD_TABLE("file", struct file_ref, FILE_REF_FIELDS);

/* Names */

const struct field *field_find(const struct field_table *table, struct str name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (str_eq(str_of(table->fields[i].name), name)) return &table->fields[i];
    }
    return NULL;
}

struct str field_label(struct arena *arena, const struct field_table *table, const struct field *f)
{
    if (f->label != NULL) return str_of(f->label);
    return str_format(arena, "field.%s.%s", table->name, f->name);
}

bool field_is_list(const struct field *f)
{
    return f->type == FIELD_FILES || f->type == FIELD_LIST;
}

const struct field_table *field_rows_table(const struct field *f)
{
    ensure(field_is_list(f));
    if (f->type == FIELD_FILES) return &FILE_REF_TABLE;
    ensure(f->of != NULL);
    return f->of;
}

size_t field_rows_max(const struct field *f)
{
    ensure(field_is_list(f));
    if (f->max > 0) return (size_t)f->max;
    return f->type == FIELD_FILES ? LIMIT_FILES : LIMIT_LIST_ROWS;
}

static int64_t choice_count(const struct field *f)
{
    ensure(f->choices != NULL);
    int64_t count = 0;
    while (f->choices[count] != NULL)
        count++;
    return count;
}

struct str field_choice_word(const struct field *f, int64_t value)
{
    ensure(value >= 0);
    ensure(value <= choice_count(f));
    return value == 0 ? (struct str){} : str_of(f->choices[value - 1]);
}

int64_t field_choice_find(const struct field *f, struct str word)
{
    int64_t count = choice_count(f);
    for (int64_t i = 0; i < count; i++) {
        if (str_eq(str_of(f->choices[i]), word)) return i + 1;
    }
    return 0;
}

/* Checking */

static bool is_blank(struct str text)
{
    return str_trim(text).len == 0;
}

static bool is_empty(const struct field *f, const void *at)
{
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON: return is_blank(*(const struct str *)at);
    case FIELD_PERSONAL: {
        const struct personal *p = at;
        return is_blank(p->value) && p->hash.len == 0;
    }
    case FIELD_INT:
    case FIELD_DATE:
    case FIELD_INSTANT:
    case FIELD_CHOICE: return *(const int64_t *)at == 0;
    case FIELD_BOOL: return !*(const bool *)at;
    case FIELD_FILES:
    case FIELD_LIST: return ((const struct list *)at)->count == 0;
    }
    ensure(false); /* the switch names all types */
    return true;
}

/* Whether zero is a value like any other, which required cannot exclude. */
static bool zero_is_value(const struct field *f)
{
    return f->type == FIELD_INT || f->type == FIELD_BOOL;
}

static bool has_control(struct str text, bool many_lines)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t ch = (uint8_t)text.ptr[i];
        if (many_lines && (ch == '\n' || ch == '\t')) continue;
        if (ch < 0x20 || ch == 0x7f) return true;
        bool c1 = ch == 0xc2 && i + 1 < text.len && (uint8_t)text.ptr[i + 1] < 0xa0;
        if (c1) return true; /* U+0080 to U+009F */
    }
    return false;
}

static const char *text_problem(const struct field *f, struct str text)
{
    bool many_lines = f->type == FIELD_LONG;
    int64_t max = f->max > 0 ? f->max : many_lines ? LIMIT_LONG_BYTES : LIMIT_TEXT_BYTES;
    if (text.len > (size_t)max) return "field.too_long";
    if (!utf8_valid(text) || has_control(text, many_lines)) return "field.characters";
    return utf8_is_nfc(text) ? NULL : "field.characters";
}

static const char *range_problem(int64_t value, int64_t min, int64_t max)
{
    return value >= min && value <= max ? NULL : "field.range";
}

static bool is_hash(struct str text)
{
    uint8_t bytes[PERSONAL_HASH_LEN / 2];
    return hex_decode(text, bytes, sizeof bytes);
}

/* What is wrong with one value, lists aside; NULL when nothing is. */
static const char *scalar_problem(const struct field *f, const void *at)
{
    if (is_empty(f, at)) return f->required && !zero_is_value(f) ? "field.required" : NULL;
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG: return text_problem(f, *(const struct str *)at);
    case FIELD_PERSONAL: {
        const struct personal *p = at;
        if (p->hash.len > 0 && !is_hash(p->hash)) return "field.type";
        return text_problem(f, p->value);
    }
    case FIELD_INT:
        return range_problem(*(const int64_t *)at, 0, f->max > 0 ? f->max : INT_MAX_JSON);
    case FIELD_BOOL: return NULL;
    case FIELD_DATE: return range_problem(*(const int64_t *)at, TIME_DAY_MIN, TIME_DAY_MAX);
    case FIELD_INSTANT:
        return range_problem(*(const int64_t *)at, TIME_DAY_MIN * TIME_DAY_MS,
                             (TIME_DAY_MAX + 1) * TIME_DAY_MS - 1);
    case FIELD_CHOICE:
        return range_problem(*(const int64_t *)at, 1, choice_count(f)) == NULL ? NULL
                                                                               : "field.choice";
    case FIELD_RECORD:
    case FIELD_PERSON: return id_is_record(*(const struct str *)at) ? NULL : "field.type";
    case FIELD_OFFICE: return id_is_office(*(const struct str *)at) ? NULL : "field.type";
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    ensure(false); /* lists are the caller's */
    return NULL;
}

/* Notes a problem unless the reader has noted one there already. */
static void problem_once(struct call *c, struct str path, const char *reason)
{
    for (size_t i = 0; i < c->failure.problem_count; i++) {
        if (str_eq(c->failure.problems[i].field, path)) return;
    }
    problem(c, path, reason);
}

static void row_check(struct call *c, const struct field *list, size_t index, const void *row)
{
    const struct field_table *table = field_rows_table(list);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        ensure(!field_is_list(f)); /* one level only */
        const void *at = (const char *)row + f->offset;
        const char *reason = scalar_problem(f, at);
        bool is_root = table == &FILE_REF_TABLE && f == &FILE_REF_FIELDS[0];
        if (reason == NULL && is_root && !is_hash(*(const struct str *)at)) reason = "field.type";
        if (reason == NULL) continue;
        problem_once(c, str_format(c->arena, "%s.%zu.%s", list->name, index, f->name), reason);
    }
}

static void list_check(struct call *c, const struct field *f, const struct list *list)
{
    struct str path = str_of(f->name);
    if (list->count == 0 && f->required) problem_once(c, path, "field.required");
    if (list->count > field_rows_max(f)) {
        problem_once(c, path, "field.too_many");
        return;
    }
    size_t size = field_rows_table(f)->size;
    for (size_t i = 0; i < list->count; i++) {
        row_check(c, f, i, (const char *)list->rows + i * size);
    }
}

void fields_check(struct call *c, const struct field_table *table, const void *from)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        const void *at = (const char *)from + f->offset;
        if (field_is_list(f)) {
            list_check(c, f, at);
            continue;
        }
        const char *reason = scalar_problem(f, at);
        if (reason != NULL) problem_once(c, str_of(f->name), reason);
    }
}

/* Writing */

static void scalar_write(struct sb *sb, const struct field *f, const void *at)
{
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON: json_text(sb, *(const struct str *)at); return;
    case FIELD_PERSONAL: {
        struct str hash = ((const struct personal *)at)->hash;
        ensure(hash.len == PERSONAL_HASH_LEN); /* sealed before it is signed */
        sb_put(sb, S("{\"hash\":"));
        json_text(sb, hash);
        sb_char(sb, '}');
        return;
    }
    case FIELD_INT: sb_printf(sb, "%lld", (long long)*(const int64_t *)at); return;
    case FIELD_BOOL: sb_put(sb, *(const bool *)at ? S("true") : S("false")); return;
    case FIELD_DATE: json_text(sb, time_format_day(sb->arena, *(const int64_t *)at)); return;
    case FIELD_INSTANT:
        json_text(sb, time_format_instant(sb->arena, *(const int64_t *)at));
        return;
    case FIELD_CHOICE: json_text(sb, field_choice_word(f, *(const int64_t *)at)); return;
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    ensure(false); /* lists are the caller's */
}

static bool is_written(const struct field *f, const void *at)
{
    return !is_empty(f, at) || (f->required && zero_is_value(f));
}

static void row_write(struct sb *sb, const struct field_table *table, const void *row)
{
    bool first = true;
    sb_char(sb, '{');
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        ensure(!field_is_list(f)); /* one level only */
        const void *at = (const char *)row + f->offset;
        if (!is_written(f, at)) continue;
        json_name(sb, &first, f->name);
        scalar_write(sb, f, at);
    }
    sb_char(sb, '}');
}

static void list_write(struct sb *sb, const struct field *f, const struct list *list)
{
    const struct field_table *table = field_rows_table(f);
    sb_char(sb, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) sb_char(sb, ',');
        row_write(sb, table, (const char *)list->rows + i * table->size);
    }
    sb_char(sb, ']');
}

void fields_write(struct sb *sb, const struct field_table *table, const void *from)
{
    bool first = true;
    sb_char(sb, '{');
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        const void *at = (const char *)from + f->offset;
        if (!is_written(f, at)) continue;
        json_name(sb, &first, f->name);
        if (field_is_list(f)) {
            list_write(sb, f, at);
        } else {
            scalar_write(sb, f, at);
        }
    }
    sb_char(sb, '}');
}

/* Personal values */

static void personal_hash(const struct personal *p, uint8_t ret_hash[crypto_hash_sha256_BYTES])
{
    static const char DOMAIN[] = "phoihop-personal-v1"; /* hashed with its zero byte */
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)DOMAIN, sizeof DOMAIN);
    crypto_hash_sha256_update(&state, (const uint8_t *)p->salt.ptr, p->salt.len);
    crypto_hash_sha256_update(&state, (const uint8_t *)p->value.ptr, p->value.len);
    crypto_hash_sha256_final(&state, ret_hash);
}

void personal_seal(struct call *c, struct personal *p)
{
    if (is_blank(p->value)) return;
    if (p->salt.len == 0) {
        char salt[PERSONAL_SALT_BYTES];
        c->env->random(c->env->self, (uint8_t *)salt, sizeof salt);
        p->salt = str_copy(c->arena, (struct str){salt, sizeof salt});
    }
    ensure(p->salt.len == PERSONAL_SALT_BYTES);
    char hash[crypto_hash_sha256_BYTES];
    personal_hash(p, (uint8_t *)hash);
    p->hash = hex_encode(c->arena, (struct str){hash, sizeof hash});
}

bool personal_opens(const struct personal *p)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t signed_hash[crypto_hash_sha256_BYTES];
    if (p->value.len == 0 || p->salt.len != PERSONAL_SALT_BYTES) return false;
    if (!hex_decode(p->hash, signed_hash, sizeof signed_hash)) return false;
    personal_hash(p, hash);
    return memcmp(hash, signed_hash, sizeof hash) == 0;
}
