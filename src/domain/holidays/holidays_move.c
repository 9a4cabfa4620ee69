/* Moving what a late decision sets on other days: one act of a named person, whose reason is the
 * decision's number. How a record counts its deadlines again is its own subject's affair
 * (kind.recount); each gets a new version, which tells every holder, and its obligations keep both
 * dates. */
#include "holidays.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"
#include "holidays_rules.h"

struct input {
    struct str number;
};

static const struct field MOVE_FIELDS[] = {
    {.name = "number",
     .type = FIELD_TEXT,
     .offset = offsetof(struct input, number),
     .max = 100,
     .required = true,
     .label = "field.holidays.decision.number"},
};
const struct field_table HOLIDAYS_MOVE =
    FIELD_TABLE("holidays.move_deadlines", struct input, MOVE_FIELDS);

/* Records that were looked at in this act; a record stands once in the list for each deadline. */
struct moving {
    struct str reason;
    struct str seen[HOLIDAYS_DATED];
    size_t seen_count;
    int64_t moved;
};

static bool is_new(struct moving *moving, struct str record)
{
    for (size_t i = 0; i < moving->seen_count; i++) {
        if (str_eq(moving->seen[i], record)) return false;
    }
    ensure(moving->seen_count < HOLIDAYS_DATED);
    moving->seen[moving->seen_count++] = record;
    return true;
}

static enum err move_one(struct call *c, struct moving *moving, const struct holidays_dated *dated)
{
    int64_t due = 0;
    bool moved = false;
    const struct kind *kind = module_kind(dated->kind);
    if (kind == NULL || kind->recount == NULL) return OK;
    if (!holidays_redate(c, c->office->calendar, dated->why, &due)) return OK;
    if (due == dated->due_day || !is_new(moving, dated->record)) return OK;
    enum err e = kind->recount(c, dated->record, moving->reason, &moved);
    if (e == OK && moved) moving->moved++;
    return e;
}

static bool number_is_known(const struct holidays_basis *basis, struct str number)
{
    for (size_t i = 0; i < basis->held_count; i++) {
        if (str_eq(basis->held[i].decision.number, number)) return true;
    }
    for (size_t i = 0; i < basis->kept_count; i++) {
        if (str_eq(holidays_kept_basis(&basis->kept[i]), number)) return true;
    }
    return false;
}

enum err holidays_run_move(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct holidays_basis basis = {};
    struct holidays_dated *dated = NULL;
    struct moving *moving = arena_alloc(c->arena, sizeof *moving);
    struct fail_arg args[] = {{"number", in->number}};
    size_t count = 0;
    *moving = (struct moving){
        .reason = words_fill(c->arena, c->lang, S("holidays.moved_reason"), args, ARRAY_LEN(args))};
    enum err e = holidays_sql_basis(c, &basis);
    if (e != OK) return e;
    if (!number_is_known(&basis, in->number)) problem(c, S("number"), "holidays.number_unknown");
    e = problems_fail(c);
    if (e == OK) {
        e = holidays_sql_dated(c, workday_calendar_version(c->office->calendar),
                               time_hanoi_day(c->now_ms), &dated, &count);
    }
    for (size_t i = 0; e == OK && i < count && moving->moved < HOLIDAYS_MOVED_AT_ONCE; i++)
        e = move_one(c, moving, &dated[i]);
    if (e == OK && moving->moved == 0) return fail(c, ERR_CONFLICT, "holidays.nothing_to_move");
    if (e != OK) return e;
    ret_result->more = node_map(c);
    node_int(c, ret_result->more, "moved", moving->moved);
    return OK;
}
