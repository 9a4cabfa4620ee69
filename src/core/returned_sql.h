#pragma once
/* returned_sql.h: the statements of returned.h. */
#include "core/record.h"

enum err returned_versions(struct call *c, struct str record, struct rows *ret_rows);
/* A row without a number, unless the peer has one for this version. */
enum err returned_outbox_insert(struct call *c, struct str peer, const struct version *v,
                                enum priority priority);
enum err head_delete(struct call *c, struct str record);
enum err lost_insert(struct call *c, struct str record, int64_t n);
/* The greatest register number of a year that a peer gave back. */
enum err returned_number_raise(struct call *c, int64_t year, int64_t number);
enum err returned_number_get(struct call *c, int64_t year, struct rows *ret_rows);
