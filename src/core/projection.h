#pragma once
/*
 * projection.h: the columns that field tables generate. A kind "note.note" has the table
 * k_note_note(record, one column a field); each of its lists and file fields a child table
 * k_note_note__files(record, i, one column a field of the row). SQL text is made once per kind from
 * the const tables; values always travel as parameters.
 */
#include "core/record.h"

/* Creates or widens the tables of a kind. Only inside store_tx. */
enum err projection_schema(struct call *c, const struct kind *kind);
/* Writes the newest version's columns in place of the older one's. Only inside store_tx. */
enum err projection_put(struct call *c, const struct kind *kind, const struct version *v,
                        const void *body);
/* Deletes the record's columns. Only inside store_tx. */
enum err projection_clear(struct call *c, const struct kind *kind, struct str record);
/* Name of the kind's table. */
struct str projection_table(struct arena *arena, const struct field_table *table);
/* Adds how many files the newest versions of this office's records name, and their bytes. */
enum err projection_files(struct call *c, const struct kind *kind, int64_t *io_count,
                          int64_t *io_bytes);
