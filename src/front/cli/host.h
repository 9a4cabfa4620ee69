#pragma once
/*
 * host.h: what the administrator of the host may ask of an office, over DIR/control.sock while it
 * runs and inside the command line's own process while it is stopped:
 *
 *     /api/...           acts and views on behalf of the login in Phoihop-As (front/api/api.h)
 *     GET  /host/office  this office's card: id, code, name, public key
 *     GET  /host/offices code and id of this office and of its peers
 *     GET  /host/people  this office's people: record, login, title, unit
 *     POST /host/token   {"login", "label"}: a bearer token for a program, shown once
 *     GET  /host/check   the report of core/check.h
 *     GET  /host/exchange  how things stand with every peer
 *     POST /host/evidence  {"record"}: its signed objects as lines, who signed, what files it names
 *     POST /host/seal    {"digest"}: the office's seal on a SHA-256 digest
 *          /host/...     host_join.h
 *     GET  /host/events  server-sent events: something changed
 */
#include "front/web/web.h"

extern const struct http_handler host_handler; /* arg: struct web * */
