#pragma once
/*
 * cli_input.h: "field=value" words into the JSON input of an act, driven by its field table:
 *
 *     subject=Góp ý dự thảo        text; dates as 25/11/2026 or 2026-11-25
 *     text=@draft.txt              the file's text, for a field of text
 *     files=@draft.docx            a file: stored first, then named by root; may stand repeatedly
 *     asked=VPQH,VPCTN             a list whose rows begin with one scalar field
 *     points.0.clause=Điều 5       a field of one row
 *     points:=[{"clause":"Điều 5"}]  JSON as it stands
 *
 * It translates and decides nothing: what is wrong with a value is said by the act.
 */
#include "base/field.h"

#include <sys/types.h>

/* A file named by @, opened before the process gives up its rights. */
struct cli_file {
    struct str path;
    int fd;
};

struct cli_files {
    struct cli_file *files;
    size_t count;
};

/* Opens every file that the words name. Owns: the call's arena closes them.
 * Errors: ERR_NOT_FOUND "cli.file" (arg "file"); ERR_LIMIT "cli.files". */
enum err cli_files_open(struct call *c, const struct str *pairs, size_t count,
                        struct cli_files *ret_files);

struct cli_input {
    const struct field_table *table; /* of the act's input */
    struct cli_files files;
    struct str dir; /* of the office: files are stored under it */
    /* The id of an office by its code; the text itself when unknown. NULL: texts stay. */
    struct str (*office_id)(void *arg, struct call *c, struct str code);
    void *arg;
};

/* Builds the JSON. Errors: ERR_SYNTAX "cli.pair" (arg "pair"); ERR_NOT_FOUND "cli.file"; those of
 * blob_import. */
enum err cli_input_json(struct call *c, const struct cli_input *in, const struct str *pairs,
                        size_t count, struct str *ret_json);

/* Builds the query "a=b&c=d" of a view from "arg=value" words. Errors: ERR_SYNTAX "cli.pair". */
enum err cli_input_query(struct call *c, const struct str *pairs, size_t count,
                         struct str *ret_query);

/* The media type of a file by the ending of its name. */
struct str cli_media(struct str name);
