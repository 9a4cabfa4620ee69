#pragma once
/* org_sql.h: the statements of the registry of persons, units and peers, and of logins. */
#include "core/office.h"

enum { ORG_STEP_COUNT = 3 };
extern const struct migration ORG_STEPS[ORG_STEP_COUNT];

/* Persons still here: record, login, title, unit record, unit name, name, roles as six columns. */
enum err org_person_rows(struct call *c, struct rows *ret_rows);
/* Login, unit and the six roles of one person who is still here; no row otherwise. */
enum err org_person_row(struct call *c, struct str person, struct rows *ret_rows);
/* record, name, merged_into. */
enum err org_unit_rows(struct call *c, struct rows *ret_rows);
/* Persons of a unit who are still here. */
enum err org_members(struct call *c, struct str unit, struct rows *ret_rows);
/* How much a party has open. */
enum err org_open_items(struct call *c, struct str owner, int64_t *ret_count);
/* How many hold each role, in the order of ROLE_WORDS; units without anybody who reads. */
enum { ORG_EMPTY_UNITS = 64 };
enum err org_roles_held(struct call *c, struct rows *ret_rows);
enum err org_empty_units(struct call *c, struct rows *ret_rows);
/* office, code, name, public key hex, address; of all, or of one. */
enum err org_peer_rows(struct call *c, struct rows *ret_rows);
enum err org_peer_row(struct call *c, struct str office, struct rows *ret_rows);
enum err org_person_by_login(struct call *c, struct str login, struct rows *ret_rows);
enum err org_self(struct call *c, struct rows *ret_rows);
enum err org_text(struct call *c, const char *sql, struct str key, struct str *ret_text);
extern const char ORG_PERSON_TITLE[];
extern const char ORG_UNIT_NAME[];
extern const char ORG_PEER_CODE[];
extern const char ORG_PEER_NAME[];

enum err credential_get(struct call *c, struct str login, struct str *ret_hash);
enum err credential_put(struct call *c, struct str login, struct str hash);
enum err session_put(struct call *c, struct str hash, struct str csrf);
enum err session_get(struct call *c, struct str hash, struct rows *ret_rows);
enum err session_touch(struct call *c, struct str hash);
enum err session_drop(struct call *c, struct str hash);
enum err session_drop_person(struct call *c, struct str person);
enum err session_sweep(struct call *c, int64_t opened_before_ms, int64_t seen_before_ms);
enum err token_put(struct call *c, struct str hash, struct str person, struct str label);
enum err token_get(struct call *c, struct str hash, struct str *ret_person);
/* Passwords of calendar programs; a list has hash, label, created_ms, seen_ms. */
enum err device_put(struct call *c, struct str hash, struct str label);
enum err device_get(struct call *c, struct str hash, struct rows *ret_rows); /* person, seen_ms */
enum err device_rows(struct call *c, struct rows *ret_rows);
enum err device_touch(struct call *c, struct str hash);
enum err device_drop(struct call *c, struct str hash, bool *ret_dropped);
enum err attempt_get(struct call *c, struct str key, int64_t *ret_count, int64_t *ret_until_ms);
enum err attempt_put(struct call *c, struct str key, int64_t count, int64_t until_ms);
enum err attempt_drop(struct call *c, struct str key);
enum err attempt_sweep(struct call *c, int64_t until_before_ms);
/* Files that the actor brought, core/upload.h. */
enum err upload_put(struct call *c, struct str root);
enum err upload_has(struct call *c, struct str root, bool *ret_has);
enum err once_get(struct call *c, struct str key, struct rows *ret_rows);
enum err once_put(struct call *c, struct str key, struct str act, const struct act_result *result);
