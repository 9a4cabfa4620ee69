#include "core/obligation.h"

#include "base/words.h"
#include "core/obligation_sql.h"
#include "core/office.h"

enum {
    COLUMN_ABOUT = 1,
    COLUMN_WHAT,
    COLUMN_KEY,
    COLUMN_OWNER,
    COLUMN_CREDITOR,
    COLUMN_DUE,
    COLUMN_WHY,
    COLUMN_TITLE,
    COLUMN_URGENT
};

/* A party as people read it: code of an office, title of a person, name of a unit, a role. */
static struct str party_name(struct call *c, struct str party)
{
    struct str id = str_sub(party, 2, party.len);
    if (str_starts(party, S("o:"))) return office_code(c, id);
    if (str_starts(party, S("p:"))) return person_title(c, id);
    if (str_starts(party, S("u:"))) return unit_name(c, id);
    return words(c->lang, str_format(c->arena, "role.%.*s", STR_ARG(id)));
}

static struct str record_href(struct call *c, struct str about)
{
    struct head head = {};
    enum err e = record_head(c, about, &head);
    if (e != OK) {
        call_clear(c); /* the line stays readable without its link */
        return (struct str){};
    }
    return record_link(c, &head);
}

static void obligation_row(struct call *c, struct node *list, const struct rows *rows, size_t i)
{
    struct node *row = node_add_map(c, list);
    int64_t stored_ms = rows_int(rows, i, COLUMN_DUE);
    int64_t due_ms = stored_ms == OBLIGATION_UNDATED_MS ? 0 : stored_ms;
    struct str about = rows_text(rows, i, COLUMN_ABOUT);
    struct str what = rows_text(rows, i, COLUMN_WHAT);
    node_text(c, row, "about", about);
    node_text(c, row, "href", record_href(c, about));
    node_text(c, row, "what", what);
    node_text(c, row, "act",
              words(c->lang, str_format(c->arena, "obligation.%.*s", STR_ARG(what))));
    node_text(c, row, "title", rows_text(rows, i, COLUMN_TITLE));
    node_text(c, row, "owner", party_name(c, rows_text(rows, i, COLUMN_OWNER)));
    node_text(c, row, "creditor", party_name(c, rows_text(rows, i, COLUMN_CREDITOR)));
    node_int(c, row, "urgent", rows_int(rows, i, COLUMN_URGENT));
    node_bool(c, row, "late", due_ms > 0 && due_ms < c->now_ms);
    (void)view_due(c, row, "due", due_ms, rows_text(rows, i, COLUMN_WHY), false);
}

/* Earlier due first; no date last; urgent before normal within a day. */
static bool comes_before(const struct rows *a, size_t i, const struct rows *b, size_t k)
{
    int64_t due_a = rows_int(a, i, COLUMN_DUE);
    int64_t due_b = rows_int(b, k, COLUMN_DUE);
    if (due_a != due_b) return due_a < due_b;
    return rows_int(a, i, 0) < rows_int(b, k, 0);
}

enum err obligation_mine(struct call *c, int64_t limit, struct node *ret_list)
{
    struct parties p = grant_parties(c);
    struct rows rows[READER_PARTIES] = {};
    size_t at[READER_PARTIES] = {};
    for (size_t i = 0; i < READER_PARTIES; i++) {
        if (str_eq(p.party[i], S("-"))) continue;
        enum err e = obligation_by_owner(c, p.party[i], limit, &rows[i]);
        if (e != OK) return e;
    }
    for (int64_t taken = 0; taken < limit; taken++) {
        size_t best = READER_PARTIES;
        for (size_t i = 0; i < READER_PARTIES; i++) {
            if (at[i] >= rows[i].count) continue;
            if (best == READER_PARTIES || comes_before(&rows[i], at[i], &rows[best], at[best]))
                best = i;
        }
        if (best == READER_PARTIES) break;
        obligation_row(c, ret_list, &rows[best], at[best]++);
    }
    return OK;
}

enum err obligation_awaited(struct call *c, int64_t limit, struct node *ret_list)
{
    struct rows rows = {};
    struct str own = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    enum err e = obligation_by_creditor(c, own, limit, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        obligation_row(c, ret_list, &rows, i);
    return e;
}
