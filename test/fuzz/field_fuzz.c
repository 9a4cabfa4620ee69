/*
 * Any bytes are given to fields_read. What it accepts must be written, read again and written as
 * the same bytes; what it refuses must have a reason.
 */
#include "base/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct row {
    struct str text;
    int64_t number;
    bool flag;
};

struct record {
    struct str title;
    struct str body;
    struct personal name;
    int64_t number;
    int64_t day;
    int64_t at_ms;
    int64_t choice;
    struct str record;
    struct str office;
    struct list files;
    struct list rows;
};

static const char *const CHOICES[] = {"a", "b", NULL};

static const struct field ROW_FIELDS[] = {
    {.name = "text", .type = FIELD_TEXT, .offset = offsetof(struct row, text), .required = true},
    {.name = "number", .type = FIELD_INT, .offset = offsetof(struct row, number)},
    {.name = "flag", .type = FIELD_BOOL, .offset = offsetof(struct row, flag)},
};
static const struct field_table ROW_TABLE = FIELD_TABLE("row", struct row, ROW_FIELDS);

static const struct field RECORD_FIELDS[] = {
    {.name = "title", .type = FIELD_TEXT, .offset = offsetof(struct record, title)},
    {.name = "body", .type = FIELD_LONG, .offset = offsetof(struct record, body)},
    {.name = "name", .type = FIELD_PERSONAL, .offset = offsetof(struct record, name)},
    {.name = "number", .type = FIELD_INT, .offset = offsetof(struct record, number)},
    {.name = "day", .type = FIELD_DATE, .offset = offsetof(struct record, day)},
    {.name = "at", .type = FIELD_INSTANT, .offset = offsetof(struct record, at_ms)},
    {.name = "choice",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct record, choice),
     .choices = CHOICES},
    {.name = "record", .type = FIELD_RECORD, .offset = offsetof(struct record, record)},
    {.name = "office", .type = FIELD_OFFICE, .offset = offsetof(struct record, office)},
    {.name = "files", .type = FIELD_FILES, .offset = offsetof(struct record, files)},
    {.name = "rows", .type = FIELD_LIST, .offset = offsetof(struct record, rows), .of = &ROW_TABLE},
};
static const struct field_table RECORD_TABLE = FIELD_TABLE("record", struct record, RECORD_FIELDS);

static struct str record_write(struct call *c, const struct record *record)
{
    struct sb sb = sb_new(c->arena, 0);
    fields_write(&sb, &RECORD_TABLE, record);
    ensure(!sb.over);
    return sb_str(&sb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str json = {(const char *)data, size};
    struct record first = {};
    enum err e = fields_read(&c, &RECORD_TABLE, json, UNKNOWN_IGNORE, &first);
    if (e == OK) {
        personal_seal(&c, &first.name);
        struct str written = record_write(&c, &first);
        struct record second = {};
        e = fields_read(&c, &RECORD_TABLE, written, UNKNOWN_REFUSE, &second);
        ensure(e == OK);
        ensure(str_eq(record_write(&c, &second), written));
    } else {
        ensure(c.failure.err == e);
        ensure(c.failure.reason != NULL);
    }
    call_end(&c);
    return 0;
}
