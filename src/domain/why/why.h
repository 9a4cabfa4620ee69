#pragma once
/* why.h: what the files of this folder share. */
#include "core/grant.h"
#include "core/record.h"

/* The record registered under that number that the actor may see, or, for `all`, any; empty when
 * there is none. */
enum err why_sql_number(struct call *c, struct str number, bool all, struct str *ret_record);
/* Whether the office holds the record; its audience parties. */
enum err why_sql_audience(struct call *c, struct str record, struct rows *ret_rows);
