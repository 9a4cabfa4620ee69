#pragma once
/*
 * act.h: running an act. The order never changes: fields, login, grant, state, rule, then the
 * effect and its record versions, all inside one transaction.
 */
#include "core/module.h"

/* Runs an act from its JSON input. `once` (may be empty) makes a repeated call return the first
 * result without acting again: a form sent twice, a retried request.
 * Errors: ERR_NOT_FOUND "act.unknown" (arg "act"); ERR_INVALID "form"; grant_act's; the act's. */
enum err act_run_json(struct call *c, struct str name, struct str json, struct str once,
                      struct act_result *ret_result);
/* The same from a struct filled by a form. */
enum err act_run(struct call *c, const struct act *act, const void *input, struct str once,
                 struct act_result *ret_result);

/* Whether the record's state allows the act: it moves and the act answers that, or neither;
 * then what the act itself asks. Errors: ERR_CONFLICT "record.moving", "record.not_moving"; the
 * act's. */
enum err act_state(struct call *c, const struct act *act, const struct head *head);

/* Runs a view for the actor in one read snapshot. Errors: ERR_NOT_FOUND "view.unknown";
 * ERR_LOGIN; ERR_DENIED "grant.role"; the view's. */
enum err view_run(struct call *c, struct str name, const void *args, struct view *ret_view);

/* The same for the view's official paper. Shapes: ret_paper was started by the caller. */
enum err view_paper(struct call *c, struct str name, const void *args, struct paper *ret_paper);

/* The result, and the failure, as every face prints them. */
struct str act_result_json(struct call *c, const struct act_result *result);
struct str failure_json(struct call *c);
/* Every act with its fields, limits and who may do it. */
struct str acts_json(struct call *c);
