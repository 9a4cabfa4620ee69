#pragma once
/*
 * form.h: what a browser sent, as names and texts, and from there into the struct of a field table.
 * Rows of a list are named as in problems: "points.0.text". The same texts fill the page again when
 * the form is refused, so nothing typed is lost.
 */
#include "base/field.h"
#include "front/http/http_form.h"

struct form_value {
    struct str name;
    struct str text;
};

enum { FORM_VALUES_MAX = 4096 };

/* Zero is an empty form. */
struct form {
    struct form_value *values;
    size_t count;
    size_t cap;
    struct http_part *uploads; /* files, in the order sent */
    size_t upload_count;
};

/* Adds a value; beyond FORM_VALUES_MAX it is dropped. */
void form_add(struct call *c, struct form *form, struct str name, struct str text);
/* Puts a value in the place of the one of that name, or adds it. */
void form_set(struct call *c, struct form *form, struct str name, struct str text);
/* The first value of that name; empty when there is none. */
struct str form_get(const struct form *form, struct str name);
bool form_has(const struct form *form, struct str name);
/* How many rows of a list the form names: the greatest index and one. */
size_t form_rows(const struct form *form, struct str list);
/* The first value "list.N.member" of a row. */
struct str form_row_get(struct call *c, const struct form *form, struct str list, size_t row,
                        struct str member);

/* Reads "a=b&c=d". Errors: ERR_SYNTAX "http.form"; ERR_LIMIT "http.form_parts". */
enum err form_read_query(struct call *c, struct str query, struct form *form);
/* Reads the request's body as a form. Errors: those of http_form_read. */
enum err form_read_body(struct call *c, const struct http_request *rq, struct form *form);

/* The request's whole body, wherever it lies. Owns: a spooled one stays mapped until the call ends.
 * Errors: ERR_IO "web.form_body". */
enum err form_body_bytes(struct call *c, const struct http_request *rq, struct str *ret_bytes);

/* Leaves out rows in which nothing but a choice stands and counts the others from 0. */
void form_compact(struct call *c, const struct field_table *table, struct form *form);

/* Fills the table's struct; files are filled by form_files. Problems are noted in the call. */
void form_fill(struct call *c, const struct field_table *table, const struct form *form, void *to);

/* Where uploads go, and whose they are. */
struct form_store {
    struct str dir; /* the office's folder */
    const struct http_request *rq;
    struct str session; /* what no other session has; empty: none */
};

/* Puts uploaded files into the blob store and fills the FIELD_FILES of the struct with them and
 * with those that an earlier sending of the same form had left there. All are then named in the
 * form as "files.0.keep", sealed by the office for this session, so that the page can carry them
 * on and nobody can name a file he has not uploaded himself. Errors: those of store/blob.h. */
enum err form_files(struct call *c, const struct field_table *table, const struct form_store *store,
                    struct form *form, void *to);

/* Reads what "files.0.keep" says. False: it was not sealed for this session. */
bool form_kept_read(struct call *c, struct str session, struct str text, struct file_ref *ret_file);
/* Writes it. */
struct str form_kept_write(struct call *c, struct str session, const struct file_ref *file);
