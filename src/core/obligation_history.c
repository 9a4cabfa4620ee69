/* What a record's page tells of the deadlines of what is owed about it. */
#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "core/obligation_sql.h"
#include "core/office.h"

enum { LIMIT_WHAT, LIMIT_OWNER, LIMIT_KIND, LIMIT_DUE, LIMIT_FIRST, LIMIT_PAUSED, LIMIT_WHY };
enum {
    MOVE_WHAT,
    MOVE_OWNER,
    MOVE_COUNT,
    MOVE_KIND,
    MOVE_AT,
    MOVE_PERSON,
    MOVE_TITLE,
    MOVE_FROM,
    MOVE_TO,
    MOVE_PAUSED,
    MOVE_REASON,
    MOVE_BY
};

static const char *const KIND_KEYS[] = {
    [DUE_ASSIGNED] = "deadlines.assigned",
    [DUE_INTERNAL] = "deadlines.internal",
    [DUE_LEGAL] = "deadlines.legal",
};
static_assert(ARRAY_LEN(KIND_KEYS) == DUE_KIND_COUNT);

struct str party_name(struct call *c, struct str party)
{
    struct str id = str_sub(party, 2, party.len);
    if (str_starts(party, S("o:"))) return office_code(c, id);
    if (str_starts(party, S("p:"))) return person_title(c, id);
    if (str_starts(party, S("u:"))) return unit_name(c, id);
    return words(c->lang, str_format(c->arena, "role.%.*s", STR_ARG(id)));
}

static struct str kind_text(struct call *c, int64_t kind)
{
    ensure(kind >= 0);
    ensure(kind < DUE_KIND_COUNT);
    return words(c->lang, str_of(KIND_KEYS[kind]));
}

static struct str what_text(struct call *c, struct str what)
{
    return words(c->lang, str_format(c->arena, "obligation.%.*s", STR_ARG(what)));
}

/* "Trả lời ý kiến (VPQH)", "Trả lời ý kiến (3 nơi)". */
static struct str moved_what_text(struct call *c, const struct rows *rows, size_t i)
{
    int64_t count = rows_int(rows, i, MOVE_COUNT);
    struct str owner = rows_text(rows, i, MOVE_OWNER);
    struct str text = what_text(c, rows_text(rows, i, MOVE_WHAT));
    if (count == 1 && owner.len == 0) return text;
    struct fail_arg args[] = {{"what", text},
                              {"owner", count == 1 ? party_name(c, owner) : (struct str){}},
                              {"count", str_format(c->arena, "%lld", (long long)count)}};
    return words_fill(c->arena, c->lang,
                      count == 1 ? S("deadlines.of_one") : S("deadlines.of_several"), args,
                      ARRAY_LEN(args));
}

static struct str due_text(struct call *c, int64_t due_ms, int64_t paused_day)
{
    struct fail_arg args[] = {{"day", time_format_day_vn(c->arena, paused_day)}};
    if (paused_day > 0) {
        return words_fill(c->arena, c->lang, S("due.paused"), args, ARRAY_LEN(args));
    }
    return time_hanoi_format(c->arena, due_ms, c->lang);
}

/* Says that there is more than one date to be told: several limits of one obligation, or one that
 * was moved or stands still. */
static bool limits_tell(const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        bool moved = rows_int(rows, i, LIMIT_DUE) != rows_int(rows, i, LIMIT_FIRST);
        if (moved || rows_int(rows, i, LIMIT_PAUSED) > 0) return true;
        if (rows_int(rows, i, LIMIT_KIND) != DUE_ASSIGNED) return true;
    }
    return false;
}

static void limits_put(struct call *c, struct view *view, const struct rows *rows)
{
    struct view section = view_section(c, view, "deadlines.limits");
    view_column(c, &section, "what", "deadlines.what");
    view_column(c, &section, "owner", "deadlines.owner");
    view_column(c, &section, "kind", "deadlines.kind");
    view_column(c, &section, "due", "deadlines.due");
    view_column(c, &section, "first", "deadlines.first");
    for (size_t i = 0; i < rows->count; i++) {
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        int64_t paused_day = rows_int(rows, i, LIMIT_PAUSED);
        int64_t due_ms = rows_int(rows, i, LIMIT_DUE);
        view_cell(c, row, what_text(c, rows_text(rows, i, LIMIT_WHAT)));
        view_cell(c, row, party_name(c, rows_text(rows, i, LIMIT_OWNER)));
        view_cell(c, row, kind_text(c, rows_int(rows, i, LIMIT_KIND)));
        view_cell_state(c, row, due_text(c, due_ms, paused_day), "neutral");
        view_cell_instant(c, row, rows_int(rows, i, LIMIT_FIRST));
    }
}

/* The person as the record names it, else as this office knows it; always with the office. */
static struct str mover_text(struct call *c, const struct rows *rows, size_t i)
{
    struct str title = rows_text(rows, i, MOVE_TITLE);
    struct str office = office_code(c, id_home(rows_text(rows, i, MOVE_BY)));
    bool ours = str_eq(id_home(rows_text(rows, i, MOVE_PERSON)), c->office->id);
    if (title.len == 0 && ours) title = person_title(c, rows_text(rows, i, MOVE_PERSON));
    if (title.len == 0) return office;
    return str_format(c->arena, "%.*s (%.*s)", STR_ARG(title), STR_ARG(office));
}

static void moves_put(struct call *c, struct view *view, const struct rows *rows)
{
    struct view section = view_section(c, view, "deadlines.moves");
    view_column(c, &section, "at", "deadlines.at");
    view_column(c, &section, "what", "deadlines.what");
    view_column(c, &section, "from", "deadlines.from");
    view_column(c, &section, "to", "deadlines.to");
    view_column(c, &section, "by", "deadlines.by");
    view_column(c, &section, "reason", "deadlines.reason");
    for (size_t i = 0; i < rows->count; i++) {
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        int64_t paused_day = rows_int(rows, i, MOVE_PAUSED);
        view_cell_instant(c, row, rows_int(rows, i, MOVE_AT));
        view_cell(c, row, moved_what_text(c, rows, i));
        view_cell_instant(c, row, rows_int(rows, i, MOVE_FROM));
        view_cell(c, row, due_text(c, rows_int(rows, i, MOVE_TO), paused_day));
        view_cell(c, row, mover_text(c, rows, i));
        view_cell(c, row, rows_text(rows, i, MOVE_REASON));
    }
}

enum err obligation_deadlines_put(struct call *c, struct view *view, struct str about)
{
    struct rows limits = {};
    struct rows moves = {};
    enum err e = obligation_limits_of(c, about, &limits);
    if (e == OK) e = obligation_moves_of(c, about, &moves);
    if (e != OK) return e;
    if (limits_tell(&limits)) limits_put(c, view, &limits);
    if (moves.count > 0) moves_put(c, view, &moves);
    return OK;
}
