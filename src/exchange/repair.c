#include "exchange/repair.h"

#include "base/limits.h"
#include "core/office.h"
#include "core/view.h"
#include "exchange/exchange_sql.h"
#include "exchange/files.h"

/* The size that the record's newest version gives the file; -1: it does not name it any more. */
static enum err size_of(struct call *c, struct str record, struct str root, int64_t *ret_size)
{
    struct head head = {};
    struct version v = {};
    struct file_ref *files = NULL;
    size_t count = 0;
    enum err e = record_head(c, record, &head);
    if (e == OK) e = record_version(c, record, head.n, &v);
    if (e == OK) e = version_files(c, &v, &files, &count);
    if (e != OK) return e;
    *ret_size = -1;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(files[i].root, root)) *ret_size = files[i].size;
    }
    return OK;
}

/* Asks the offices that a record of ours took the file to. */
static enum err ask_addressees(struct call *c, struct str root)
{
    struct rows rows = {};
    enum err e = shared_list(c, root, LIMIT_AUDIENCE, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct file_ref file = {.root = root};
        struct entry entry = {.record = rows_text(&rows, i, 1)};
        e = size_of(c, entry.record, root, &file.size);
        if (e == OK && file.size > 0) {
            e = wanted_insert(c, rows_text(&rows, i, 0), &entry, &file, WANTED_OPEN);
        }
    }
    return e;
}

static enum err damage_note(struct call *c, void *arg)
{
    const struct str *root = arg;
    store_note(c, S("wanted"));
    enum err e = alarm_raise(c, c->office->id, "blob.corrupt", *root);
    if (e == OK) e = ask_addressees(c, *root);
    return e == OK ? wanted_damaged(c, *root) : e;
}

enum err repair_file(struct call *c, struct str root)
{
    return store_tx(c, damage_note, &root);
}

enum err repair_found(struct call *c, const struct node *report)
{
    enum { ROOT_LEN = 64 };
    enum err e = OK;
    const struct node *row = node_find(report, S("differences"));
    for (row = row == NULL ? NULL : row->first; e == OK && row != NULL; row = row->next) {
        struct str where = node_get(row, "where"); /* "RECORD/N ROOT" */
        bool file = str_eq(node_get(row, "what"), S("file")) && where.len > ROOT_LEN;
        if (file) e = repair_file(c, str_sub(where, where.len - ROOT_LEN, where.len));
    }
    return e;
}
