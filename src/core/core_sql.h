#pragma once
/* core_sql.h: the tables of core. */
#include "store/store.h"

/* The schema steps of core, in order. */
const struct migration *core_migrations(size_t *ret_count);
