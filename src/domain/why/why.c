/*
 * why.c: "Vì sao tôi không thấy?". Says which rule shows a record to a person. Whoever has no right
 * to it hears one and the same answer for a record that does not exist and for one that is not for
 * them. The administrator may ask for somebody else and sees the rule, never the record.
 */
#include "why.h"

#include "base/id.h"
#include "base/words.h"
#include "core/login.h"
#include "core/obligation.h"
#include "core/office.h"

struct args {
    struct str what; /* record, address of a page, or number it was registered under */
    struct str person;
};
static const struct field ARG_FIELDS[] = {
    {.name = "what", .type = FIELD_TEXT, .offset = offsetof(struct args, what), .max = 400},
    {.name = "person", .type = FIELD_PERSON, .offset = offsetof(struct args, person)},
};
static const struct field_table ARGUMENTS = FIELD_TABLE("why.see", struct args, ARG_FIELDS);

/* Longest run of characters of an id from there on. */
static struct str id_at(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len) {
        char ch = text.ptr[end];
        bool part = (ch >= 'a' && ch <= 'z') || (ch >= '2' && ch <= '7') || ch == '.';
        if (!part) break;
        end++;
    }
    return str_sub(text, at, end);
}

/* The record that a text names: itself, or inside the address of its page. */
static struct str record_in(struct str text)
{
    static const char *const BEFORE[] = {"record=", "/record/"};
    struct str whole = str_trim(text);
    if (id_is_record(whole)) return whole;
    for (size_t i = 0; i < ARRAY_LEN(BEFORE); i++) {
        size_t at = str_find(whole, str_of(BEFORE[i]), 0);
        if (at == whole.len) continue;
        struct str id = id_at(whole, at + str_of(BEFORE[i]).len);
        if (id_is_record(id)) return id;
    }
    return (struct str){};
}

static enum err record_of(struct call *c, struct str what, bool all, struct str *ret_record)
{
    struct str record = record_in(what);
    if (record.len == 0) return why_sql_number(c, str_trim(what), all, ret_record);
    *ret_record = record;
    return OK;
}

/* ---- the answer ---- */

static void verdict(struct call *c, struct view *view, const char *key, const char *tone)
{
    node_text(c, view->data, "verdict", words(c->lang, str_of(key)));
    node_text(c, view->data, "tone", str_of(tone));
}

static void line(struct call *c, struct node *lines, const char *key, struct str party, bool held)
{
    struct fail_arg args[] = {{"party", party}};
    struct node *row = node_add_map(c, lines);
    node_text(c, row, "text", words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args)));
    node_text(c, row, "tone", held ? S("good") : S("neutral"));
}

static bool holds(const struct parties *p, struct str party)
{
    for (size_t i = 0; i < READER_PARTIES; i++) {
        if (str_eq(p->party[i], party)) return true;
    }
    return false;
}

/* Party by party of the audience; then absence and assignment. The asker's language, the rights of
 * `who`. */
static enum err rules(struct call *c, struct view *view, struct str record, struct str person,
                      bool *ret_sees)
{
    struct rows rows = {};
    struct parties p = grant_parties(c);
    struct node *lines = node_put_list(c, view->data, "lines");
    enum err e = why_sql_audience(c, record, &rows);
    *ret_sees = false;
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct str party = rows_text(&rows, i, 0);
        struct str id = str_sub(party, 2, party.len);
        bool held = holds(&p, party);
        bool stands = held && str_starts(party, S("p:")) && !str_eq(id, person);
        const char *key = held ? "why.party_held" : "why.party_not";
        line(c, lines, stands ? "why.party_behalf" : key, party_name(c, party), held);
        *ret_sees = *ret_sees || held;
    }
    if (e == OK && grant_is_assigned(c, record, person))
        line(c, lines, "why.assigned", (struct str){}, true);
    return e;
}

/* The rules as they are for another person, told to the administrator. */
static enum err rules_of(struct call *c, struct view *view, struct str record, struct str person)
{
    struct actor self = c->who;
    struct head head = {};
    bool sees = false;
    enum err e = record_head(c, record, &head);
    if (e == ERR_NOT_FOUND) {
        call_clear(c);
        verdict(c, view, "why.none", "neutral");
        return OK;
    }
    if (e == OK) e = actor_load(c, person);
    if (e == ERR_LOGIN) {
        call_clear(c);
        c->who = self;
        verdict(c, view, "why.gone", "neutral");
        return OK;
    }
    if (e == OK) e = rules(c, view, record, person, &sees);
    c->who = self;
    if (e == OK) verdict(c, view, sees ? "why.sees" : "why.sees_not", sees ? "good" : "warn");
    return e;
}

/* Whom to ask: the chief of office and the administrator, whatever was asked about. */
static enum err whom_to_ask(struct call *c, struct view *view)
{
    struct node *people = node_list(c);
    struct node *ask = node_put_list(c, view->data, "ask");
    enum err e = person_list(c, ROLE_CHIEF | ROLE_ADMIN, people);
    for (const struct node *p = people->first; e == OK && p != NULL; p = p->next)
        node_add_text(c, ask, node_get(p, "title"));
    return e;
}

/* The same few steps for what does not exist and for what is not for this person. */
static enum err rules_own(struct call *c, struct view *view, struct str record)
{
    struct head head = {};
    bool sees = false;
    enum err e = record_head_visible(c, record, &head);
    if (e == ERR_NOT_FOUND) {
        call_clear(c);
        verdict(c, view, "why.hidden", "neutral");
        return whom_to_ask(c, view);
    }
    if (e == OK) e = rules(c, view, record, c->who.person, &sees);
    if (e != OK) return e;
    verdict(c, view, "why.you_see", "good");
    node_text(c, view->data, "href", record_link(c, &head));
    return OK;
}

static enum err choices(struct call *c, struct view *view, struct str chosen)
{
    struct node *people = node_list(c);
    struct node *list = node_put_list(c, view->data, "people");
    enum err e = person_list(c, ROLE_ANY, people);
    for (const struct node *p = people->first; e == OK && p != NULL; p = p->next) {
        struct node *row = node_add_map(c, list);
        node_text(c, row, "value", node_get(p, "record"));
        node_text(c, row, "label", node_get(p, "title"));
        node_bool(c, row, "selected", str_eq(node_get(p, "record"), chosen));
    }
    return e;
}

static enum err see(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct str record = {};
    bool admin = (c->who.roles & ROLE_ADMIN) != 0;
    bool other = in->person.len > 0 && !str_eq(in->person, c->who.person);
    if (other && !admin) return fail(c, ERR_DENIED, "why.not_yours");
    view_start(c, ret_view, VIEW_TODAY, (struct str){});
    enum err e = admin ? choices(c, ret_view, in->person) : OK;
    if (e != OK || str_trim(in->what).len == 0) return e;
    e = record_of(c, in->what, other, &record);
    if (e != OK) return e;
    return other ? rules_of(c, ret_view, record, in->person) : rules_own(c, ret_view, record);
}

static const struct view_def VIEWS[] = {
    {.name = "why.see", .args = &ARGUMENTS, .roles = ROLE_ANY, .rail = true, .run = see},
};

const struct module why_module = {
    .name = "why",
    .order = 980,
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
