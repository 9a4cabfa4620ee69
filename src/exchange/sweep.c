#include "exchange/sweep.h"

#include "base/time.h"
#include "core/office.h"
#include "exchange/sweep_sql.h"
#include "store/blob.h"
#include "store/part.h"

enum { PAGE_VERSIONS = 200, FOLDERS = 256, ROOT_LEN = 64, ROWS_A_RUN = 10000 };

/* One page of versions, read and noted in one transaction. */
struct paging {
    struct sweep_row row;
    size_t count;
};

static bool is_hex(char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f');
}

/* Notes every text of 64 hexadecimal digits that is the name of a file here. */
static enum err names_note(struct call *c, struct str bytes)
{
    size_t len = 0;
    enum err e = OK;
    for (size_t i = 0; e == OK && i <= bytes.len; i++) {
        if (i < bytes.len && is_hex(bytes.ptr[i])) {
            len++;
            continue;
        }
        struct str text = str_sub(bytes, i - len, i);
        if (len == ROOT_LEN && blob_has(c, c->office->dir, text)) e = sweep_named(c, text);
        len = 0;
    }
    return e;
}

static enum err page_read(struct call *c, void *arg)
{
    struct paging *paging = arg;
    struct rows rows = {};
    struct sweep_row after = {};
    enum err e = sweep_load(c, &after);
    if (e == OK && after.began_ms == 0) after.began_ms = c->now_ms;
    if (e == OK) e = sweep_versions(c, &after, PAGE_VERSIONS, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = names_note(c, rows_text(&rows, i, 2));
    if (e != OK) return e;
    if (rows.count > 0) {
        after.record = rows_text(&rows, rows.count - 1, 0);
        after.n = rows_int(&rows, rows.count - 1, 1);
    } else {
        after.folder = 0; /* all versions are read */
    }
    paging->row = after;
    paging->count = rows.count;
    return sweep_store(c, &after);
}

/* Reads versions in transactions of their own, so that nobody waits long. */
static enum err versions_read(struct call *c, struct sweep_row *ret_row)
{
    for (size_t done = 0; done < SWEEP_VERSIONS;) {
        struct call page = call_begin(c->env, c->store, c->office);
        struct paging paging = {};
        enum err e = store_tx(&page, page_read, &paging);
        if (e != OK) (void)fail(c, e, page.failure.reason);
        ret_row->began_ms = paging.row.began_ms;
        ret_row->folder = paging.row.folder;
        call_end(&page);
        if (e != OK || paging.count == 0) return e;
        done += paging.count;
    }
    return OK;
}

struct asking {
    struct str root;
    bool needed;
    enum err (*ask)(struct call *c, struct str root, bool *ret_needed);
};

static enum err ask(struct call *c, void *arg)
{
    struct asking *asking = arg;
    return asking->ask(c, asking->root, &asking->needed);
}

static enum err is_needed(struct call *c, struct str root, bool *ret_needed)
{
    struct asking asking = {.root = root, .ask = sweep_is_needed};
    enum err e = store_read(c, ask, &asking);
    *ret_needed = e != OK || asking.needed;
    return e;
}

static enum err is_wanted(struct call *c, struct str root, bool *ret_wanted)
{
    struct asking asking = {.root = root, .ask = sweep_is_wanted};
    enum err e = store_read(c, ask, &asking);
    *ret_wanted = e != OK || asking.needed;
    return e;
}

static enum err row_keep(struct call *c, void *arg)
{
    return sweep_store(c, arg);
}

/* Looks at the files, folder by folder. After the last one the round is over. */
static enum err files_look(struct call *c, struct sweep_row *row)
{
    int64_t before_ms = row->began_ms - SWEEP_DAYS * TIME_DAY_MS;
    size_t seen = 0;
    enum err e = OK;
    while (e == OK && row->folder < FOLDERS && seen < SWEEP_FILES) {
        e = blob_sweep(c, c->office->dir, (int)row->folder, before_ms, is_needed, &seen);
        row->folder++;
    }
    if (e != OK) return e;
    if (row->folder == FOLDERS) *row = (struct sweep_row){.folder = -1};
    return store_tx(c, row_keep, row);
}

static enum err rows_forget(struct call *c, void *arg)
{
    (void)arg;
    int64_t before_ms = c->now_ms - SWEEP_DAYS * TIME_DAY_MS;
    enum err e = sweep_once(c, before_ms, ROWS_A_RUN);
    return e == OK ? sweep_uploads(c, before_ms, ROWS_A_RUN) : e;
}

static enum err row_load(struct call *c, void *arg)
{
    return sweep_load(c, arg);
}

enum err sweep_run(struct call *c)
{
    struct sweep_row row = {};
    struct str dir = c->office->dir;
    enum err e = blob_clean_tmp(c, dir, c->now_ms - TIME_DAY_MS);
    if (e == OK) e = part_sweep(c, dir, c->now_ms - TIME_DAY_MS, is_wanted);
    if (e == OK) e = store_read(c, row_load, &row);
    if (e == OK && row.folder < 0) e = versions_read(c, &row);
    /* who brought a file is forgotten only after a round has seen all that names it */
    if (e == OK && row.folder == 0) e = store_tx(c, rows_forget, NULL);
    if (e == OK && row.folder >= 0) e = files_look(c, &row);
    return e;
}
