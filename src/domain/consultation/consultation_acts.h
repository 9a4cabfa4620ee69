#pragma once
/* consultation_acts.h: what consultation_acts.c, consultation_ask.c and consultation_deadline.c
 * give each other. */
#include "consultation_case.h"

/* Whether the round's state allows the step. Errors: ERR_CONFLICT with the reason. */
enum err consultation_step_allowed(struct call *c, const struct head *head,
                                   enum consultation_step step);
/* Writes the newest state of our own opinion while it is in work. */
enum err consultation_draft_put(struct call *c, const struct consultation_case *round,
                                const struct consultation_draft *draft,
                                struct act_result *ret_result);
/* Writes an opinion for the asker's and our own eyes; for all asked ones when the round says so and
 * the giver did not call it confidential. Shapes: sets opinion->shared. */
enum err consultation_opinion_put(struct call *c, const struct consultation_case *round,
                                  struct consultation_opinion *opinion,
                                  struct act_result *ret_result);
/* Writes the next version of the request as it stands in the case. */
enum err consultation_request_put(struct call *c, const struct consultation_case *round,
                                  int64_t seen_n, struct act_result *ret_result);
/* Writes the draft's text with the readers of the request and names it there; no text, no edition.
 * Shapes: r has subject, asked and round; `previous` is the edition of the round before. */
enum err consultation_edition_put(struct call *c, struct str text, struct str previous,
                                  struct consultation_request *r);
/* Takes the text of the draft from the first attached DOCX, ODT, PDF or text file when none was
 * typed; see `prepare` of struct act. A file whose text cannot be read stays an attachment. */
enum err consultation_ask_prepare(struct call *c, void *input);
enum err consultation_renew_prepare(struct call *c, void *input);
/* Sets term, deadline and the day of registering from today; notes problems under "days". */
void consultation_deadline_set(struct call *c, int64_t days, struct consultation_request *r);
/* Notes a problem "FIELD.N.office" for whoever is unknown here, is this office, or stands twice. */
enum err consultation_asked_check(struct call *c, const struct list *offices, const char *field);
/* This office and everybody asked. */
struct str *consultation_audience(struct call *c, const struct list *asked);
/* Whoever has neither answered nor refused nor was excused, as the closing version names them.
 * Shapes: the case has its givers. */
void consultation_silent_list(struct call *c, const struct consultation_case *round,
                              struct list *ret_list);
/* Their names in one line. */
struct str consultation_silent_names(struct call *c, const struct list *silent);
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
enum err consultation_can_renew(struct call *c, const struct head *head);
enum err consultation_can_keep(struct call *c, const struct head *head);
enum err consultation_can_consult(struct call *c, const struct head *head);
enum err consultation_can_comment(struct call *c, const struct head *head);
enum err consultation_can_add(struct call *c, const struct head *head);
enum err consultation_can_excuse(struct call *c, const struct head *head);
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
enum err consultation_run_renew(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_keep(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_consult(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_comment(struct call *c, const void *input, struct act_result *ret_result);
/* Releases the units that have not answered: the opinion goes without them. */
enum err consultation_inners_close(struct call *c, struct str request);
/* consultation_group.c */
enum err consultation_can_join(struct call *c, const struct head *head);
enum err consultation_can_object(struct call *c, const struct head *head);
enum err consultation_can_present(struct call *c, const struct head *head);
enum err consultation_run_join(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_part(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_object(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_present(struct call *c, const void *input, struct act_result *ret_result);
/* The round trip through Word, consultation_word.c. */
enum err consultation_can_take_word(struct call *c, const struct head *head);
enum err consultation_take_word_prepare(struct call *c, void *input);
enum err consultation_run_take_word(struct call *c, const void *input,
                                    struct act_result *ret_result);
enum err consultation_run_place(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_add(struct call *c, const void *input, struct act_result *ret_result);
enum err consultation_run_excuse(struct call *c, const void *input, struct act_result *ret_result);
