#include "core/grant.h"

#include "base/id.h"
#include "base/words.h"
#include "core/module.h"
#include "core/office.h"
#include "core/record_sql.h"
#include "core/substitute.h"

const char *const ROLE_WORDS[] = {"officer",   "registry", "leader", "chief",
                                  "secretary", "admin",    NULL};

struct parties grant_parties(struct call *c)
{
    struct parties p = {};
    for (size_t i = 0; i < READER_PARTIES; i++)
        p.party[i] = S("-");
    if (c->who.person.len == 0) return p;
    size_t count = 0;
    bool reader = (c->who.roles & ROLE_READERS) != 0;
    if (reader) p.party[count++] = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    p.party[count++] = str_format(c->arena, "p:%.*s", STR_ARG(c->who.person));
    if (reader && c->who.unit.len > 0)
        p.party[count++] = str_format(c->arena, "u:%.*s", STR_ARG(c->who.unit));
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++) {
        if ((c->who.roles & (1U << i)) == 0) continue;
        p.party[count++] = str_format(c->arena, "r:%s", ROLE_WORDS[i]);
    }
    ensure(count <= READER_PARTIES);
    for (size_t i = 0; i < c->who.stands_for_count && count < READER_PARTIES; i++)
        p.party[count++] = str_format(c->arena, "p:%.*s", STR_ARG(c->who.stands_for[i]));
    return p;
}

static struct str roles_text(struct call *c, uint32_t roles)
{
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++) {
        if ((roles & (1U << i)) == 0) continue;
        if (sb.len > 0) sb_put(&sb, S(", "));
        sb_put(&sb, words(c->lang, str_format(c->arena, "role.%s", ROLE_WORDS[i])));
    }
    return sb_str(&sb);
}

enum err grant_roles(struct call *c, uint32_t roles)
{
    if (c->who.person.len == 0) return fail(c, ERR_LOGIN, "login");
    if ((c->who.roles & roles) != 0) return OK;
    (void)!fail(c, ERR_DENIED, "grant.role");
    return fail_arg(c, "role", roles_text(c, roles));
}

enum err grant_act(struct call *c, const struct act *act, const struct head *head)
{
    if (c->who.person.len == 0) return fail(c, ERR_LOGIN, "login");
    if (head != NULL) {
        bool visible = false;
        enum err e = record_visible(c, head->record, &visible);
        if (e != OK) return e;
        if (!visible) return fail(c, ERR_NOT_FOUND, "record.not_found");
        if (act->assigned && grant_is_assigned(c, head->record, c->who.person)) {
            return act->home_only && !str_eq(head->home, c->office->id)
                       ? fail(c, ERR_DENIED, "grant.home")
                       : OK;
        }
    }
    enum err e = grant_roles(c, act->roles);
    if (e != OK) return e;
    if (head != NULL && act->home_only && !str_eq(head->home, c->office->id)) {
        return fail(c, ERR_DENIED, "grant.home");
    }
    return OK;
}

enum err grant_assign(struct call *c, struct str record, struct str person, struct str by_record)
{
    ensure(id_is_record(record));
    ensure(id_is_record(by_record));
    return assignment_put(c, record, person, by_record);
}

/* Whose work the record is: those it was assigned to, or who took over from them. */
static enum err assigned_now(struct call *c, struct str record, struct str party, bool *ret_is)
{
    struct rows rows = {};
    enum err e = assignment_list(c, record, &rows);
    for (size_t i = 0; e == OK && !*ret_is && i < rows.count; i++) {
        struct str named = str_format(c->arena, "p:%.*s", STR_ARG(rows_text(&rows, i, 0)));
        struct str owner = {};
        e = substitute_owner(c, record, named, 0, &owner);
        *ret_is = e == OK && str_eq(owner, party);
    }
    return e;
}

bool grant_is_assigned(struct call *c, struct str record, struct str person)
{
    bool assigned = false;
    enum err e =
        assigned_now(c, record, str_format(c->arena, "p:%.*s", STR_ARG(person)), &assigned);
    bool self = str_eq(person, c->who.person);
    for (size_t i = 0; self && e == OK && !assigned && i < c->who.stands_for_count; i++) {
        struct str absent = str_format(c->arena, "p:%.*s", STR_ARG(c->who.stands_for[i]));
        e = assigned_now(c, record, absent, &assigned);
    }
    if (e != OK) {
        call_clear(c); /* no answer is no grant */
        return false;
    }
    return assigned;
}
