#pragma once
/*
 * grant.h: who may do what and who sees what. One table-driven decision, nothing granted by
 * default. Rights never cross offices: another office sees a record only because the record's home
 * sent it. The administrator manages accounts and cannot read records.
 *
 * A record has exactly one audience: parties "o:<office>", "u:<unit>", "p:<person>", "r:<role>".
 * A reader of this office matches the parties it holds; READER is the filter every query of
 * records carries inside, before count, rank and paging.
 */
#include "base/call.h"

enum role {
    ROLE_OFFICER = 1 << 0,   /* chuyên viên */
    ROLE_REGISTRY = 1 << 1,  /* văn thư */
    ROLE_LEADER = 1 << 2,    /* lãnh đạo */
    ROLE_CHIEF = 1 << 3,     /* chánh văn phòng */
    ROLE_SECRETARY = 1 << 4, /* thư ký lãnh đạo */
    ROLE_ADMIN = 1 << 5,     /* quản trị */
    ROLE_READERS = ROLE_OFFICER | ROLE_REGISTRY | ROLE_LEADER | ROLE_CHIEF | ROLE_SECRETARY,
    ROLE_ANY = ROLE_READERS | ROLE_ADMIN,
};

enum { READER_PARTIES = 9 };

/* The words of the role bits, in bit order, ended by NULL: for field tables and acts. */
extern const char *const ROLE_WORDS[];

/* SQL: the record `column` is visible to the reader whose parties are $1..$9. Use:
 *     "SELECT ... FROM head h WHERE " READER("h.record") " AND h.kind = $10 ..."
 * with READER_ARGS(parties) as the first arguments. */
#define READER(column)                                                                             \
    "EXISTS (SELECT 1 FROM audience au WHERE au.record = " column                                  \
    " AND au.party IN ($1, $2, $3, $4, $5, $6, $7, $8, $9))"
#define READER_ARGS(p)                                                                             \
    TEXT((p).party[0]), TEXT((p).party[1]), TEXT((p).party[2]), TEXT((p).party[3]),                \
        TEXT((p).party[4]), TEXT((p).party[5]), TEXT((p).party[6]), TEXT((p).party[7]),            \
        TEXT((p).party[8])

struct parties {
    struct str party[READER_PARTIES]; /* unused ones are "-", which no audience holds */
};

/* The parties the call's actor holds: office, unit, person, up to six roles, and the absent persons
 * it stands in for today as far as there is room. Somebody who is not logged in, or only an
 * administrator, holds neither office nor unit. */
struct parties grant_parties(struct call *c);

struct act;
struct head;

/* Decides whether the actor may do the act on the record (NULL: on none). Only grants; the record's
 * state is asked elsewhere.
 * Errors: ERR_LOGIN "login"; ERR_DENIED "grant.role" (arg "role"), "grant.home";
 * ERR_NOT_FOUND "record.not_found" when the actor may not even know of it. */
enum err grant_act(struct call *c, const struct act *act, const struct head *head);

/* Whether the actor holds any of the roles. Errors: ERR_LOGIN "login"; ERR_DENIED "grant.role". */
enum err grant_roles(struct call *c, uint32_t roles);

/* Names the person to whom a record is assigned for `assigned` acts: local rows made by apply. */
enum err grant_assign(struct call *c, struct str record, struct str person, struct str by_record);
/* Says that it is this person's work now: assigned, taken over (core/substitute.h) or, for the
 * actor, that of somebody it stands in for. */
bool grant_is_assigned(struct call *c, struct str record, struct str person);
