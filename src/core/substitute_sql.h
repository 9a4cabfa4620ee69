#pragma once
/* substitute_sql.h: the statements of substitution; meaning is in substitute.h. */
#include "core/substitute.h"

enum err succession_insert(struct call *c, const struct version *v, const struct succession *s);
enum err succession_last(struct call *c, int64_t *ret_seq);
/* giver, receiver, at_ms of the successions about one record, in their order. */
enum err succession_about(struct call *c, struct str record, struct rows *ret_rows);
/* receiver, at_ms of the newest one about everything. */
enum err succession_whole(struct call *c, struct str giver, struct rows *ret_rows);
/* Givers of everything to that party, and, of a unit, those who left it without handing over. */
enum err succession_givers(struct call *c, struct str receiver, struct rows *ret_rows);
enum err succession_drop(struct call *c, struct str by_record);
enum err stand_in_insert(struct call *c, const struct version *v, const struct stand_in *s);
enum err stand_in_drop(struct call *c, struct str by_record);
/* Who is away on that day in the care of the person; who is away in the care of somebody who has
 * left meanwhile, as absent, delegate. */
enum err stand_in_of(struct call *c, struct str delegate, int64_t day, struct rows *ret_rows);
enum err stand_in_lost(struct call *c, int64_t day, struct rows *ret_rows);
/* left, how many roles that read, unit, when it left, of a person. */
enum err person_state(struct call *c, struct str person, struct rows *ret_rows);
/* what, okey, named, owner, settled_ms of the obligations about a record that may move. */
enum err obligation_movable(struct call *c, struct str about, struct rows *ret_rows);
enum err obligation_move(struct call *c, struct str about, struct str what, struct str key,
                         struct str owner);
/* Records whose obligations or audience a change of that party can touch. */
enum err records_touched(struct call *c, struct str party, struct rows *ret_rows);
enum err records_seen_by(struct call *c, struct str party, struct rows *ret_rows);
enum err audience_inside(struct call *c, struct str record, struct rows *ret_rows);
enum err audience_add(struct call *c, struct str record, struct str party);
