#pragma once
/*
 * t_store.h: where a test keeps its database: a SQLite file in the test's folder or, with STORE=pg
 * in the environment, a schema of its own on the server that test/pg/with-pg.sh has started.
 */
#include "base/str.h"

/* Says that the tests of this run use PostgreSQL. */
bool t_on_postgres(void);
/* The store_config.path of the test that owns the folder. */
const char *t_store_path(struct arena *arena, const char *dir);
/* The store_config.plugins of a test program: "lib" beside the folder of the tests. */
const char *t_store_plugins(struct arena *arena);
