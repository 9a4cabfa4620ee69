#pragma once
/* invite_sql.h: the statements of invitations; meaning is in invite.h. */
#include "core/invite.h"
#include "store/store.h"

struct invite_row {
    struct str hash; /* hex SHA-256 of the secret */
    struct str name;
    struct str person; /* who invited */
    int64_t until_ms;
    int64_t used_ms;   /* 0: not yet */
    struct str office; /* that used it */
};

/* person, admin of a login that is still here. */
enum err invite_sql_person(struct call *c, struct str login, struct rows *ret_rows);
enum err invite_sql_insert(struct call *c, const struct invite_row *row);
enum err invite_sql_find(struct call *c, struct str hash, struct invite_row *ret_row,
                         bool *ret_found);
enum err invite_sql_use(struct call *c, struct str hash, struct str office);
/* How many are open; until when the last of them is. */
enum err invite_sql_open(struct call *c, int64_t *ret_count);
enum err invite_sql_until(struct call *c, int64_t *ret_until_ms);
/* name, login, made_ms, until_ms, used_ms, office, code, name, public_key, address. */
enum err invite_sql_list(struct call *c, struct rows *ret_rows);
