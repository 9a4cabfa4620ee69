#pragma once
/* notices.h: what the files of this folder share. */
#include "core/record.h"

/* The record that holds the office's choice, or a person's when `person` is not empty; empty when
 * nobody chose yet. Only inside store_read or store_tx. */
enum err notices_sql_office(struct call *c, struct str *ret_record);
enum err notices_sql_person(struct call *c, struct str person, struct str *ret_record);
