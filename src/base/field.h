#pragma once
/*
 * field.h: describe a record once. A field table says what one kind of record, or the input of one
 * act, consists of. It generates columns, forms, JSON, the signed bytes, audit differences, CSV and
 * the data dictionary. Fields are only ever added at the end, never retyped.
 *
 * In C a record is a struct whose members the table names by offset:
 *
 *     struct note { struct str title; struct str text; struct list files; };
 *     static const struct field NOTE_FIELDS[] = {
 *         {.name = "title", .type = FIELD_TEXT, .offset = offsetof(struct note, title),
 *          .max = 200, .required = true},
 *         ...
 *     };
 *     const struct field_table NOTE_TABLE = FIELD_TABLE("note", struct note, NOTE_FIELDS);
 */
#include "base/call.h"

enum field_type {
    FIELD_TEXT,     /* struct str: one line; max in bytes */
    FIELD_LONG,     /* struct str: several lines; max in bytes */
    FIELD_PERSONAL, /* struct personal: signed as a salted hash, erasable */
    FIELD_INT,      /* int64_t; 0 to max */
    FIELD_BOOL,     /* bool */
    FIELD_DATE,     /* int64_t: day number, days since 1970-01-01; 0 is none; JSON "2026-11-25" */
    FIELD_INSTANT,  /* int64_t: ms UTC; 0 is none; JSON "2026-11-25T03:04:05.678Z" */
    FIELD_CHOICE,   /* int64_t: 1-based index into choices; 0 is none; JSON the word */
    FIELD_RECORD,   /* struct str: record id "home.random" */
    FIELD_OFFICE,   /* struct str: office id */
    FIELD_PERSON,   /* struct str: record id of a person of this office */
    FIELD_FILES,    /* struct list of struct file_ref; max files */
    FIELD_LIST,     /* struct list of rows described by `of`; one level only; max rows */
};

struct list {
    void *rows; /* array of the row struct */
    size_t count;
};

struct personal {
    struct str value; /* empty after erasure */
    struct str salt;  /* 16 raw bytes; empty until first written */
    struct str hash;  /* hex; what is signed */
};

/* A file as a record names it. The bytes lie in the blob store under `root`. */
struct file_ref {
    struct str root;  /* hex RFC 6962 root over 1 MiB chunks */
    struct str name;
    struct str media; /* media type */
    int64_t size;     /* bytes */
};

struct field_table;

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    int64_t max;                  /* unit by type; 0 means the type's own limit */
    bool required;
    const struct field_table *of; /* rows of FIELD_LIST */
    const char *const *choices;   /* words of FIELD_CHOICE, ended by NULL */
    const char *label;            /* word key; NULL means "field.<table>.<name>" */
    const char *source;           /* law that asks for it, NULL */
};

struct field_table {
    const char *name; /* "consultation.request" */
    size_t size;      /* of the C struct */
    const struct field *fields;
    size_t count;
};

#define FIELD_TABLE(table_name, c_struct, rows) \
    {.name = (table_name), .size = sizeof(c_struct), .fields = (rows), .count = ARRAY_LEN(rows)}

extern const struct field_table FILE_REF_TABLE;

/* How strict a reader is about names it does not know. */
enum unknown { UNKNOWN_REFUSE, UNKNOWN_IGNORE };

/* Reads one JSON object into a zeroed struct in the call's arena. Only strict JSON: UTF-8 in NFC,
 * no duplicate names, integers only, depth and size bounded.
 * Shapes: ret_struct points to table->size bytes.
 * Errors: ERR_SYNTAX "json" (arg "detail"); ERR_INVALID "form" with a problem per field:
 * "field.unknown", "field.type", "field.required", "field.too_long", "field.range", "field.choice",
 * "field.too_many". */
enum err fields_read(struct call *c, const struct field_table *table, struct str json,
                     enum unknown unknown, void *ret_struct);

/* Writes the struct as one JSON object, fields in table order, empty optional fields left out.
 * The same struct always gives the same bytes. Personal fields write their hash. */
void fields_write(struct sb *sb, const struct field_table *table, const void *from);

/* Checks required, length, range and choice of a struct filled in C or from a form; notes problems
 * (as fields_read) and does not fail by itself. */
void fields_check(struct call *c, const struct field_table *table, const void *from);

/* Sets one field from form text (dates dd/mm/yyyy or ISO, numbers, choice words, "on"/"1"/"true"
 * for booleans); notes a problem under `path` when it cannot. Not for lists and files. */
void field_set_text(struct call *c, const struct field *f, struct str path, struct str text,
                    void *to);

/* The field's value as form text; the reverse of field_set_text. */
struct str field_get_text(struct arena *arena, const struct field *f, const void *from);

/* The key of the field's label in the word catalogue. */
struct str field_label(struct arena *arena, const struct field_table *table, const struct field *f);

/* The field of that name, or NULL. */
const struct field *field_find(const struct field_table *table, struct str name);

/* The word of a choice; empty for 0. */
struct str field_choice_word(const struct field *f, int64_t value);
