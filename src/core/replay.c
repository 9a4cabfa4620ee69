#include "core/replay.h"

#include "core/obligation_sql.h"
#include "core/projection.h"
#include "core/record_sql.h"
#include "core/returned_sql.h"
#include "core/substitute.h"

static const char LIST[] = "record.replay";

void replay_owe(struct call *c, struct str record)
{
    store_owe(c, LIST, ARGS(TEXT(record)));
}

/* Everything that the record's versions have made. */
static enum err forget(struct call *c, struct str record)
{
    struct head head = {};
    enum err e = record_head(c, record, &head);
    const struct kind *kind = e == OK ? module_kind(head.kind) : NULL;
    if (e == OK) e = head_delete(c, record);
    if (e == OK) e = assignment_clear(c, record);
    if (e == OK) e = substitute_clear(c, record);
    if (e == OK) e = obligation_forget_by(c, record);
    return e == OK && kind != NULL ? projection_clear(c, kind, record) : e;
}

/* One version, in memory of its own: a record may have many. */
static enum err version_replay(struct call *c, struct str record, int64_t n)
{
    struct call one = *c;
    struct version v = {};
    one.arena = arena_open(0);
    enum err e = version_load(&one, record, n, &v);
    if (e == OK) e = record_apply(&one, &v);
    if (e != OK) (void)fail(c, e, one.failure.reason);
    arena_close(one.arena);
    return e;
}

static enum err replay(struct call *c, struct str record)
{
    struct rows rows = {};
    enum err e = returned_versions(c, record, &rows);
    if (e == OK) e = forget(c, record);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = version_replay(c, record, rows_int(&rows, i, 0));
    return e;
}

enum err replay_owed(struct call *group)
{
    struct rows rows = store_owed(group, LIST, 1);
    enum err e = OK;
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        bool done = false;
        for (size_t k = 0; k < i && !done; k++)
            done = str_eq(rows_text(&rows, k, 0), rows_text(&rows, i, 0));
        if (!done) e = replay(group, rows_text(&rows, i, 0));
    }
    return e;
}
