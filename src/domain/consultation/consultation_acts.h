#pragma once
/* consultation_acts.h: what consultation_acts.c, consultation_ask.c and consultation_deadline.c
 * give each other. */
#include "consultation_case.h"

/* Whether the round's state allows the step. Errors: ERR_CONFLICT with the reason. */
enum err consultation_step_allowed(struct call *c, const struct head *head,
                                   enum consultation_step step);
/* Writes an opinion for the asker's and our own eyes. */
enum err consultation_opinion_put(struct call *c, const struct consultation_case *round,
                                  const struct consultation_opinion *opinion,
                                  struct act_result *ret_result);
/* Writes the next version of the request as it stands in the case. */
enum err consultation_request_put(struct call *c, const struct consultation_case *round,
                                  int64_t seen_n, struct act_result *ret_result);
/* Whether somebody still works in this office. */
enum err consultation_person_works_here(struct call *c, struct str person, bool *ret_known);

/* States and effects of the acts in consultation_ask.c and consultation_deadline.c; see struct act.
 */
enum err consultation_can_register_behalf(struct call *c, const struct head *head);
enum err consultation_can_answer_point(struct call *c, const struct head *head);
enum err consultation_can_extend(struct call *c, const struct head *head);
enum err consultation_can_pause(struct call *c, const struct head *head);
enum err consultation_can_resume(struct call *c, const struct head *head);
enum err consultation_can_close(struct call *c, const struct head *head);
enum err consultation_can_remind(struct call *c, const struct head *head);
enum err consultation_run_ask(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_register_behalf(struct call *c, const void *input,
                                          struct act_result *ret_result);
enum err consultation_run_answer_point(struct call *c, const void *input,
                                       struct act_result *ret_result);
enum err consultation_run_extend(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_pause(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_resume(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_close(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_remind(struct call *c, const void *input, struct act_result *ret_result);
