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
    FIELD_TEXT,     /* struct str: one line; max in bytes; only spaces count as empty */
    FIELD_LONG,     /* struct str: several lines; max in bytes */
    FIELD_PERSONAL, /* struct personal: one line, signed as a salted hash, erasable; JSON the text
                       itself in the input of an act, {"hash":"<64 hex>"} in signed bytes */
    FIELD_INT,      /* int64_t; 0 to max, at most 2^53 - 1, which every JSON reader keeps */
    FIELD_BOOL,     /* bool */
    FIELD_DATE,     /* int64_t: day number, base/time.h; 0 is none; JSON "2026-11-25" */
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

enum { PERSONAL_SALT_BYTES = 16, PERSONAL_HASH_LEN = 64 };

/* A file as a record names it. The bytes lie in the blob store under `root`. */
struct file_ref {
    struct str root; /* hex RFC 6962 root over 1 MiB chunks */
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
    bool required;                /* FIELD_INT and FIELD_BOOL: the name must stand in the JSON */
    const struct field_table *of; /* rows of FIELD_LIST */
    const char *const *choices;   /* words of FIELD_CHOICE, ended by NULL */
    const char *label;            /* word key; NULL means "field.<table>.<name>" */
    const char *source;           /* law that asks for it, NULL */
    const char *kind; /* FIELD_RECORD that a person chooses: of this kind; NULL: the page's own */
};

struct field_table {
    const char *name; /* "consultation.request" */
    size_t size;      /* of the C struct */
    const struct field *fields;
    size_t count;
};

#define FIELD_TABLE(table_name, c_struct, rows)                                                    \
    {                                                                                              \
        .name = (table_name), .size = sizeof(c_struct), .fields = (rows), .count = ARRAY_LEN(rows) \
    }

extern const struct field_table FILE_REF_TABLE;

/* How strict a reader is about names it does not know. */
enum unknown { UNKNOWN_REFUSE, UNKNOWN_IGNORE };

/* Reads one JSON object into a zeroed struct in the call's arena. Only strict JSON: UTF-8, no
 * duplicate names, integers only, depth and size bounded. NFC is asked of every text as decoded,
 * not of the bytes around it: an escape such as \n may stand before a combining mark.
 * A problem's path counts rows from 0: "points.2.text".
 * Shapes: ret_struct points to table->size bytes.
 * Errors: ERR_LIMIT "json_size"; ERR_SYNTAX "json" (arg "detail"); ERR_INVALID "form" with a
 * problem per field: "field.unknown", "field.type" (also a malformed date or id),
 * "field.required", "field.too_long", "field.characters" (control characters, text not in NFC),
 * "field.range", "field.choice", "field.too_many".
 * Source: RFC 8259; RFC 7493 section 2. */
enum err fields_read(struct call *c, const struct field_table *table, struct str json,
                     enum unknown unknown, void *ret_struct);

/* Writes the struct as one JSON object, fields in table order, empty optional fields left out.
 * The same struct always gives the same bytes. Shapes: passes fields_check; personal fields are
 * sealed (personal_seal) and write their hash. */
void fields_write(struct sb *sb, const struct field_table *table, const void *from);

/* Checks required, length, range and choice of a struct filled in C or from a form; notes problems
 * (as fields_read) and does not fail by itself. A field that has a problem gets no second one. */
void fields_check(struct call *c, const struct field_table *table, const void *from);

/* Sets one field from form text (dates dd/mm/yyyy or ISO, instants as time_hanoi_parse or RFC 3339,
 * numbers, choice words, "on"/"1"/"true" for booleans); brings text to NFC and line ends to \n;
 * notes a problem under `path` when it cannot. The rest is asked by fields_check. Not for lists
 * and files. Shapes: `to` is the struct, not the member. */
void field_set_text(struct call *c, const struct field *f, struct str path, struct str text,
                    void *to);

/* The field's value as form text; the reverse of field_set_text. An instant on a full minute is
 * shown in Ha Noi time. */
struct str field_get_text(struct arena *arena, const struct field *f, const void *from);

/* The key of the field's label in the word catalogue. */
struct str field_label(struct arena *arena, const struct field_table *table, const struct field *f);

/* Says that the field is FIELD_FILES or FIELD_LIST: a struct list of rows. */
bool field_is_list(const struct field *f);
/* What a row of such a field consists of. */
const struct field_table *field_rows_table(const struct field *f);
/* How many rows it may have. */
size_t field_rows_max(const struct field *f);

/* The field of that name, or NULL. */
const struct field *field_find(const struct field_table *table, struct str name);

/* The word of a choice; empty for 0. */
struct str field_choice_word(const struct field *f, int64_t value);
/* The 1-based index of a word; 0 when it is no choice. */
int64_t field_choice_find(const struct field *f, struct str word);

/* Fills the salt, if there is none yet, and the hash: what is signed instead of the value, so that
 * the value can be erased later. A value that is empty stays unsealed.
 * Hash: SHA-256("phoihop-personal-v1" 0x00, salt, value) in hex. */
void personal_seal(struct call *c, struct personal *p);
/* Says that value and salt belong to the hash. */
bool personal_opens(const struct personal *p);
