#pragma once
/* consultation_pages.h: what the pages and the paper of the subject share. */
#include "consultation_case.h"

/* The word of a choice of a field; empty for 0. */
struct str consultation_choice_text(struct call *c, const struct field_table *table,
                                    const char *field, int64_t value);
/* The kind of an answer with what became of its condition. */
struct str consultation_answer_text(struct call *c, const struct consultation_giver *giver);
/* The word of a level or an outcome; of a point without outcome, that it is not answered yet. */
struct str consultation_level_text(struct call *c, int64_t level);
struct str consultation_outcome_text(struct call *c, int64_t outcome);
/* What became of the question at a giver, in words: the answer itself, or why there is none. */
struct str consultation_standing_text(struct call *c, const struct consultation_giver *giver,
                                      enum consultation_standing standing);
const char *consultation_standing_tone(enum consultation_standing standing, int64_t answer);
/* "2/3 đã trả lời", "2/3 đã trả lời, 1 từ chối". */
struct str consultation_progress_text(struct call *c, const struct consultation_count *count);
/* The text of a key with one place filled. */
struct str consultation_words(struct call *c, const char *key, const char *name, struct str value);

/* Sorts points by clause; points of one clause stay in the order of the opinions. */
void consultation_lines_sort(struct call *c, struct consultation_line *lines, size_t count);
/* What a point asks for: its text and the wording it proposes. */
struct str consultation_line_text(struct call *c, const struct consultation_line *line);
/* What became of it: reason and new wording. */
struct str consultation_line_reply(struct call *c, const struct consultation_line *line);
/* "7 ý: 5 tiếp thu, 2 giải trình"; empty: there is no point. */
struct str consultation_sum_text(struct call *c, const struct consultation_line *lines,
                                 size_t count);
/* Its clause, or that it speaks of the whole draft. */
struct str consultation_line_clause(struct call *c, const struct consultation_line *line);

/* Adds a section with a text, or one whose rows are filled through the returned view. */
void consultation_section_text(struct call *c, struct view *view, const char *title_key,
                               struct str text);
struct view consultation_section(struct call *c, struct view *view, const char *title_key);
/* Adds the table of points to a section. Shapes: `answers` shows the link to answer each. */
void consultation_lines_put(struct call *c, struct view *section,
                            const struct consultation_line *lines, size_t count, bool answers);
/* Adds files, home and state as every record page shows them. */
/* Adds a fact whose text leads to another page. */
void consultation_fact_link(struct call *c, struct view *view, const char *label_key,
                            struct str text, struct str href);
void consultation_files_put(struct call *c, struct view *view, const struct list *files);
void consultation_home_put(struct call *c, struct view *view, struct str office);

/* Adds round, draft, and the ways to the rounds before and after and to what changed. */
void consultation_rounds_put(struct call *c, struct view *view,
                             const struct consultation_case *round);
/* Adds what this office said in the round before, what became of it, and whether the clauses it
 * spoke of have changed. */
enum err consultation_before_put(struct call *c, struct view *view,
                                 const struct consultation_case *round);

/* Adds what a returned Word file says and nobody could place, each with the way to place it. */
void consultation_unplaced_put(struct call *c, struct view *view,
                               const struct consultation_case *round);

/* Adds what units of this office were asked and what was said inside about the opinion. */
enum err consultation_inners_put(struct call *c, struct view *view, struct str request);

/* The pages themselves; see struct view_def. */
enum err consultation_list_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_show_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_opinion_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_replying_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_table_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_deadline_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_changes_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_cover_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_renewing_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_text_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_placing_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_similar_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_joining_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_writing_view(struct call *c, const void *args, struct view *ret_view);
/* Who was urged, when, with what words and whether it has arrived; nothing when nobody was. */
enum err consultation_reminders_put(struct call *c, struct view *view, struct str request);
