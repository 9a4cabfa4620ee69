#pragma once
/* check_run.h: what the files of the check share. */
#include "core/check.h"
#include "store/store.h"

/* A check that runs. */
struct check {
    struct call *c;        /* reads the office; its arena lives as long as the check */
    struct store *scratch; /* where the projections are made anew */
    struct str scratch_path;
    struct node *list; /* of differences */
    enum err (*more)(struct check *k);
    int64_t versions;
    int64_t receipts;
    int64_t files;
    int64_t tables;
    int64_t rows;
    int64_t differences;
};

/* Notes a difference: "check.<what>" is its sentence. */
void check_differs(struct check *k, const char *what, struct str where);

/* A call that reads in the check's snapshot with an arena of its own. Owns: check_child_end. */
struct call check_child(const struct check *k);
void check_child_end(struct call *child);

/* check_bytes.c: versions and receipts as they are stored; fills the scratch database. */
enum err check_versions(struct check *k);
enum err check_receipts(struct check *k);
enum err check_leaves(struct check *k);

/* check_tables.c: the projections against those made anew. */
enum err check_projections(struct check *k);

/* check_sql.c */
enum err check_version_page(struct call *c, struct str after_record, int64_t after_n,
                            struct rows *ret_rows);
enum err check_receipt_page(struct call *c, struct str after_hash, struct rows *ret_rows);
/* Whether the object's leaf is one of the first `size` of the log. */
enum err check_leaf_below(struct call *c, struct str hash, int64_t size, bool *ret_below);
/* record, n: the newest versions of a kind. */
enum err check_newest(struct call *c, struct str kind, struct rows *ret_rows);
/* Whether a restore has lost version n for good. */
enum err check_lost(struct call *c, struct str record, int64_t n, bool *ret_lost);
enum err check_registered(struct call *c, struct str record, int64_t n, struct str office,
                          bool *ret_registered);
enum err check_personal(struct call *c, struct str record, int64_t n, struct rows *ret_rows);
enum err check_without_leaf(struct call *c, struct rows *ret_rows);
/* Ends the last page: letters, digits and the dot of an id come before it. */
#define CHECK_LAST_KEY S("~")
/* The record that ends the next page of heads; CHECK_LAST_KEY for the last page. */
enum err check_boundary(struct call *c, struct str after, struct str *ret_record);
/* Whether a file was read in this check already, noting that it now was. */
enum err check_file_seen(struct call *scratch, struct str root, bool *ret_seen);
enum err check_scratch_schema(struct call *scratch);
/* Takes a stored row over: of `version` as check_version_page gives it, of `personal`. */
enum err check_version_copy(struct call *scratch, const struct rows *rows, size_t i);
enum err check_personal_copy(struct call *scratch, struct str record, int64_t n,
                             const struct rows *rows);

/* A projection: its columns in the order of its key, how many of them are the key, and the column
 * of the key by which pages are cut. */
struct check_table {
    struct str name;
    struct str columns;
    size_t key_count;
    const char *cut;
    const char *sql; /* filled by check_table_sql */
};
/* Builds the table's query. Shapes: c's arena outlives the table. */
void check_table_sql(struct call *c, struct check_table *table);
/* The rows with after < cut <= last. */
enum err check_table_page(struct call *c, const struct check_table *table, struct str after,
                          struct str last, struct rows *ret_rows);
