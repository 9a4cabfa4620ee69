#pragma once
/*
 * org.h: the built-in module: this office, its units, persons and peers. They are records like all
 * others, seen inside the office only.
 */
#include "core/module.h"

/* An office's present key, in its own record and in those that others keep of it: directory.h. */
struct org_key {
    struct str public_key; /* hex */
    struct str next;       /* hex: key_promise of the one after it; empty: none promised */
    int64_t n;             /* statement that named it; 0: none did */
    struct str statement;  /* hex of its frame, core/key_statement.h */
};

struct org_office {
    struct str code;
    struct str name;
    struct org_key key;
};

struct org_unit {
    struct str name;
    struct str head; /* the person named to answer for it; may be empty */
    struct str merged_into; /* unit that has its people and its work now; empty: it is there */
    int64_t merge_seq;      /* core/substitute.h */
};

struct org_person {
    struct str login;
    struct str title;     /* chức danh: what others see */
    struct personal name; /* may be empty */
    struct str unit;
    bool role[6];          /* in the order of ROLE_WORDS */
    bool left;             /* no longer in the office */
    struct personal email; /* where notices go; may be empty */
    struct personal phone;
    int64_t left_ms; /* since when it is no longer there */
};

struct org_peer {
    struct str office;
    struct str code;
    struct str name;
    struct org_key key;
    struct str address;    /* "host:port", empty when it calls us */
    int64_t rank; /* place in lists: offices stand in order of protocol, not of the alphabet */
    struct str reason; /* why the key was replaced by hand, core/directory.h */
};

/* The six role fields of a person or of the form that makes one. */
#define ORG_ROLE_FIELD(owner, member, i, word)                                                     \
    {                                                                                              \
        .name = word, .type = FIELD_BOOL, .offset = offsetof(owner, member[i]),                    \
        .label = "role." word                                                                      \
    }
#define ORG_PERSON_ROLES(owner, member)                                                            \
    ORG_ROLE_FIELD(owner, member, 0, "officer"), ORG_ROLE_FIELD(owner, member, 1, "registry"),     \
        ORG_ROLE_FIELD(owner, member, 2, "leader"), ORG_ROLE_FIELD(owner, member, 3, "chief"),     \
        ORG_ROLE_FIELD(owner, member, 4, "secretary"), ORG_ROLE_FIELD(owner, member, 5, "admin")

extern const struct module org_module;
extern const struct module today_module;

/* Parties that see the office's own registry: everybody here, the administrator too. */
const struct str *org_audience(struct call *c, size_t *ret_count);
