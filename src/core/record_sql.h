#pragma once
/* record_sql.h: the statements of records; meaning is in record.h. */
#include "core/record.h"

enum err record_visible(struct call *c, struct str record, bool *ret_visible);
enum err head_load(struct call *c, struct str record, struct head *ret_head);
enum err head_store(struct call *c, const struct version *v);
enum err version_insert(struct call *c, const struct version *v);
/* The hash of a version that is held; empty when it is not. */
enum err version_held(struct call *c, struct str record, int64_t n, struct str *ret_hash);
enum err version_load(struct call *c, struct str record, int64_t n, struct version *ret_version);
enum err version_unsigned_list(struct call *c, struct rows *ret_rows);
enum err version_sign(struct call *c, struct str record, int64_t n, struct str signature);
enum err personal_insert(struct call *c, const struct version *v, struct str path,
                         const struct personal *p);
enum err personal_load(struct call *c, struct str record, int64_t n, struct rows *ret_rows);
enum err audience_store(struct call *c, const struct version *v);
enum err audience_load(struct call *c, struct str record, struct rows *ret_rows);
enum err moving_list(struct call *c, int64_t limit, struct rows *ret_rows);
enum err leaf_insert(struct call *c, int64_t kind, struct str hash);
enum err outbox_insert(struct call *c, struct str peer, struct str object, int64_t object_kind,
                       const struct version *about, enum priority priority);
enum err delivery_list(struct call *c, struct str record, struct rows *ret_rows);
enum err delivery_receipts(struct call *c, struct str record, struct rows *ret_rows);
enum err history_list(struct call *c, struct str record, struct rows *ret_rows);
enum err assignment_put(struct call *c, struct str record, struct str person, struct str by_record);
enum err assignment_clear(struct call *c, struct str by_record);
enum err assignment_list(struct call *c, struct str record, struct rows *ret_rows);
enum err projection_columns(struct call *c, struct str name, struct str *ret_columns);
enum err projection_remember(struct call *c, struct str name, struct str columns);

/* Kinds of log leaves and outgoing objects. */
enum object_kind {
    OBJECT_VERSION = 1,
    OBJECT_RECEIPT = 2,
    OBJECT_EPOCH = 3, /* of leaves only */
    OUTBOX_KEY = 3,   /* of outgoing objects only: the version that names the key is the leaf */
};
