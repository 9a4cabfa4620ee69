#pragma once
/*
 * t_store.h: where a test keeps its database: a SQLite file in the test's folder or, with STORE=pg
 * in the environment, a schema of its own on the server that test/pg/with-pg.sh has started. Making
 * the tables costs PostgreSQL more than most tests do, so a schema is handed on: what one office
 * gave back the next one takes, emptied, under a name of its own.
 */
#include "base/call.h"

/* Says that the tests of this run use PostgreSQL. */
bool t_on_postgres(void);
/* The store_config.path of the test that owns the folder. */
const char *t_store_path(struct arena *arena, const char *dir);
/* The store_config.plugins of a test program: "lib" beside the folder of the tests. */
const char *t_store_plugins(struct arena *arena);
/* Before the first opening of that path: takes a schema that was given back, if there is one. Its
 * tables are there and empty. Shapes: a call without a store. Errors: the store's. */
enum err t_store_take(struct call *c, const char *dir);
/* Before the last closing: gives the schema of the call's store back. Errors: the store's. */
enum err t_store_give(struct call *c, const char *dir);
