#pragma once
/* directory_sql.h: the statements of the directory; meaning is in directory.h. */
#include "core/directory.h"

/* public_key, by_n, n, at_ms, revoked_ms, revoked_size; the newest first. */
enum err directory_key_rows(struct call *c, struct str office, struct rows *ret_rows);
enum err directory_key_insert(struct call *c, const struct version *v, struct str office,
                              const struct org_key *key);
enum err directory_key_revoke(struct call *c, struct str office, const struct key_statement *by,
                              const struct key_revoked *row);
/* record of a peer; n, bytes of the versions of a record that name a key, the newest first. */
enum err directory_peer_record(struct call *c, struct str office, struct rows *ret_rows);
enum err directory_self_record(struct call *c, struct rows *ret_rows);
enum err directory_versions(struct call *c, struct str record, struct rows *ret_rows);
enum err directory_leaves(struct call *c, int64_t *ret_count);
