/*
 * ballot_fields.c: what the records and the acts consist of. The list of fields is the contract
 * with every other office: fields are only ever added at the end, never retyped.
 */
#include "ballot.h"

#include "base/limits.h"

#define ROW(owner, json_name, member, field_type, ...)                                             \
    {                                                                                              \
        .name = (json_name), .type = (field_type), .offset = offsetof(struct owner, member),       \
        __VA_ARGS__                                                                                \
    }

enum { PAPERS_MAX = 1000, TITLE_BYTES = 200, AFTER_BYTES = 120, HASH_LEN = 64 };

static const char *const STATES[] = {"open", "vote_closed", "vote_decided", NULL};
static const char *const CHOICES[] = {"vote_agree", "vote_disagree", "vote_other", NULL};
static const char *const MARKS[] = {"vote_agree",    "vote_disagree", "vote_other", "vote_none",
                                    "vote_unopened", "vote_broken",   NULL};
static_assert(ARRAY_LEN(MARKS) == MARK_COUNT);
static const char *const BASES[] = {"all_members", "voters", NULL};
static const char *const SHARES[] = {"over_half", "two_thirds", "three_quarters", "every", NULL};
static const char *const TIES[] = {"chair_decides", "tie_fails", NULL};
static const char *const LATES[] = {"late_shown", "late_counts", NULL};
static const char *const OUTCOMES[] = {"adopted",      "not_adopted", "adopted_chair",
                                       "failed_chair", "no_quorum",   NULL};

static const struct field MEMBER_FIELDS[] = {
    ROW(ballot_member, "name", name, FIELD_TEXT, .max = BALLOT_NAME_BYTES, .required = true),
    ROW(ballot_member, "office", office, FIELD_OFFICE),
    ROW(ballot_member, "chair", chair, FIELD_BOOL),
};
static const struct field_table MEMBER_TABLE =
    FIELD_TABLE("ballot.member", struct ballot_member, MEMBER_FIELDS);

static const struct field ROW_FIELDS[] = {
    ROW(ballot_row, "mark", mark, FIELD_CHOICE, .choices = MARKS, .required = true),
    ROW(ballot_row, "at", at_ms, FIELD_INSTANT),
    ROW(ballot_row, "late", late, FIELD_BOOL),
    ROW(ballot_row, "text", text, FIELD_LONG, .max = BALLOT_TEXT_BYTES),
};
static const struct field_table ROW_TABLE =
    FIELD_TABLE("ballot.row", struct ballot_row, ROW_FIELDS);

/* The rule, in the record and in the form. */
#define RULE_ROWS(owner)                                                                           \
    ROW(owner, "base", rule.base, FIELD_CHOICE, .choices = BASES, .required = true,                \
        .label = "field.ballot.ballot.base"),                                                      \
        ROW(owner, "majority", rule.majority, FIELD_CHOICE, .choices = SHARES, .required = true,   \
            .label = "field.ballot.ballot.majority"),                                              \
        ROW(owner, "quorum", rule.quorum, FIELD_CHOICE, .choices = SHARES,                         \
            .label = "field.ballot.ballot.quorum"),                                                \
        ROW(owner, "tie", rule.tie, FIELD_CHOICE, .choices = TIES,                                 \
            .label = "field.ballot.ballot.tie"),                                                   \
        ROW(owner, "late", rule.late, FIELD_CHOICE, .choices = LATES,                              \
            .label = "field.ballot.ballot.late"),                                                  \
        ROW(owner, "source", rule.source, FIELD_TEXT, .max = BALLOT_SOURCE_BYTES,                  \
            .required = true, .label = "field.ballot.ballot.source")

#define COUNT(member) .max = PAPERS_MAX, .label = "field.ballot.ballot." member

static const struct field BALLOT_FIELDS[] = {
    ROW(ballot, "subject", subject, FIELD_TEXT, .max = BALLOT_SUBJECT_BYTES, .required = true),
    ROW(ballot, "question", question, FIELD_LONG, .max = BALLOT_LONG_BYTES, .required = true),
    ROW(ballot, "files", files, FIELD_FILES, .max = LIMIT_FILES),
    ROW(ballot, "members", members, FIELD_LIST, .of = &MEMBER_TABLE, .max = BALLOT_MEMBERS),
    RULE_ROWS(ballot),
    ROW(ballot, "secret", secret, FIELD_BOOL),
    ROW(ballot, "open", open, FIELD_BOOL),
    ROW(ballot, "days", days, FIELD_INT, .max = BALLOT_DAYS, .required = true),
    ROW(ballot, "from_date", from_day, FIELD_DATE, .required = true),
    ROW(ballot, "due_date", due_day, FIELD_DATE, .required = true),
    ROW(ballot, "due", due_ms, FIELD_INSTANT, .required = true),
    ROW(ballot, "why", why, FIELD_LONG, .max = BALLOT_LONG_BYTES, .required = true),
    ROW(ballot, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(ballot, "state", state, FIELD_CHOICE, .choices = STATES, .required = true),
    ROW(ballot, "closed", closed_ms, FIELD_INSTANT),
    ROW(ballot, "decided", decided_ms, FIELD_INSTANT),
    ROW(ballot, "rows", rows, FIELD_LIST, .of = &ROW_TABLE, .max = BALLOT_MEMBERS),
    ROW(ballot, "voters", count.voters, FIELD_INT, COUNT("voters")),
    ROW(ballot, "agree", count.agree, FIELD_INT, COUNT("agree")),
    ROW(ballot, "disagree", count.disagree, FIELD_INT, COUNT("disagree")),
    ROW(ballot, "other", count.other, FIELD_INT, COUNT("other")),
    ROW(ballot, "invalid", count.invalid, FIELD_INT, COUNT("invalid")),
    ROW(ballot, "outcome", outcome, FIELD_CHOICE, .choices = OUTCOMES),
    ROW(ballot, "issued", issued, FIELD_INT, COUNT("issued")),
    ROW(ballot, "tally_by", tally_by, FIELD_TEXT, .max = BALLOT_SOURCE_BYTES),
    ROW(ballot, "tally_date", tally_day, FIELD_DATE),
    ROW(ballot, "tally_files", tally_files, FIELD_FILES, .max = LIMIT_FILES),
    ROW(ballot, "note", note, FIELD_LONG, .max = BALLOT_TEXT_BYTES),
};
static const struct field SEAT_FIELDS[] = {
    ROW(ballot_seat, "ballot", ballot, FIELD_RECORD, .required = true),
    ROW(ballot_seat, "member", member, FIELD_INT, .max = BALLOT_MEMBERS, .required = true),
    ROW(ballot_seat, "person", person, FIELD_PERSON, .required = true),
    ROW(ballot_seat, "subject", subject, FIELD_TEXT, .max = BALLOT_SUBJECT_BYTES),
    ROW(ballot_seat, "due_date", due_day, FIELD_DATE),
    ROW(ballot_seat, "due", due_ms, FIELD_INSTANT),
    ROW(ballot_seat, "why", why, FIELD_LONG, .max = BALLOT_LONG_BYTES),
};
static const struct field VOTE_FIELDS[] = {
    ROW(ballot_vote, "ballot", ballot, FIELD_RECORD, .required = true),
    ROW(ballot_vote, "member", member, FIELD_INT, .max = BALLOT_MEMBERS, .required = true),
    ROW(ballot_vote, "choice", choice, FIELD_CHOICE, .choices = CHOICES, .required = true),
    ROW(ballot_vote, "text", text, FIELD_LONG, .max = BALLOT_TEXT_BYTES),
    ROW(ballot_vote, "cast_at", cast_ms, FIELD_INSTANT, .required = true),
    ROW(ballot_vote, "salt", salt, FIELD_TEXT, .max = HASH_LEN, .required = true),
};
static const struct field CAST_FIELDS[] = {
    ROW(ballot_cast, "ballot", ballot, FIELD_RECORD, .required = true),
    ROW(ballot_cast, "member", member, FIELD_INT, .max = BALLOT_MEMBERS, .required = true),
    ROW(ballot_cast, "cast_at", cast_ms, FIELD_INSTANT, .required = true),
    ROW(ballot_cast, "seal", seal, FIELD_TEXT, .max = HASH_LEN, .required = true),
};

const struct field_table BALLOT = FIELD_TABLE("ballot.ballot", struct ballot, BALLOT_FIELDS);
const struct field_table BALLOT_SEAT = FIELD_TABLE("ballot.seat", struct ballot_seat, SEAT_FIELDS);
const struct field_table BALLOT_VOTE = FIELD_TABLE("ballot.vote", struct ballot_vote, VOTE_FIELDS);
const struct field_table BALLOT_CAST = FIELD_TABLE("ballot.cast", struct ballot_cast, CAST_FIELDS);

/* Inputs of acts and arguments of views. */

#define RECORD_ROW(owner)                                                                          \
    ROW(owner, "record", record, FIELD_RECORD, .required = true, .label = "field.ballot.record")
#define SEEN_ROW(owner) ROW(owner, "seen", seen, FIELD_INT, .label = "field.ballot.seen")

static const struct field ASK_FIELDS[] = {
    ROW(ballot_ask_input, "subject", subject, FIELD_TEXT, .max = BALLOT_SUBJECT_BYTES,
        .required = true, .label = "field.ballot.ballot.subject"),
    ROW(ballot_ask_input, "question", question, FIELD_LONG, .max = BALLOT_LONG_BYTES,
        .required = true, .label = "field.ballot.ballot.question"),
    ROW(ballot_ask_input, "files", files, FIELD_FILES, .max = LIMIT_FILES,
        .label = "field.ballot.ballot.files"),
    ROW(ballot_ask_input, "members", members, FIELD_LIST, .of = &MEMBER_TABLE,
        .max = BALLOT_MEMBERS, .label = "field.ballot.ballot.members"),
    ROW(ballot_ask_input, "days", days, FIELD_INT, .max = BALLOT_DAYS, .required = true,
        .label = "field.ballot.ballot.days"),
    RULE_ROWS(ballot_ask_input),
    ROW(ballot_ask_input, "secret", secret, FIELD_BOOL, .label = "field.ballot.ballot.secret"),
    ROW(ballot_ask_input, "open", open, FIELD_BOOL, .label = "field.ballot.ballot.open"),
};
static const struct field SEAT_ACT_FIELDS[] = {
    RECORD_ROW(ballot_seat_input),
    ROW(ballot_seat_input, "member", member, FIELD_INT, .max = BALLOT_MEMBERS, .required = true,
        .label = "field.ballot.seat.member"),
    ROW(ballot_seat_input, "person", person, FIELD_PERSON, .required = true,
        .label = "field.ballot.seat.person"),
};
static const struct field VOTE_ACT_FIELDS[] = {
    RECORD_ROW(ballot_vote_input),
    ROW(ballot_vote_input, "choice", choice, FIELD_CHOICE, .choices = CHOICES, .required = true,
        .label = "field.ballot.vote.choice"),
    ROW(ballot_vote_input, "text", text, FIELD_LONG, .max = BALLOT_TEXT_BYTES,
        .label = "field.ballot.vote.text"),
};
static const struct field CLOSE_FIELDS[] = {
    RECORD_ROW(ballot_end_input),
    SEEN_ROW(ballot_end_input),
};
static const struct field DECIDE_FIELDS[] = {
    RECORD_ROW(ballot_end_input),
    SEEN_ROW(ballot_end_input),
    ROW(ballot_end_input, "without", without, FIELD_BOOL),
    ROW(ballot_end_input, "note", note, FIELD_LONG, .max = BALLOT_TEXT_BYTES,
        .label = "field.ballot.ballot.note"),
};
static const struct field TALLY_FIELDS[] = {
    RECORD_ROW(ballot_tally_input),
    SEEN_ROW(ballot_tally_input),
    ROW(ballot_tally_input, "issued", issued, FIELD_INT, .required = true, COUNT("issued")),
    ROW(ballot_tally_input, "collected", collected, FIELD_INT, .required = true, COUNT("voters")),
    ROW(ballot_tally_input, "agree", agree, FIELD_INT, .required = true, COUNT("agree")),
    ROW(ballot_tally_input, "disagree", disagree, FIELD_INT, .required = true, COUNT("disagree")),
    ROW(ballot_tally_input, "other", other, FIELD_INT, .required = true, COUNT("other")),
    ROW(ballot_tally_input, "invalid", invalid, FIELD_INT, .required = true, COUNT("invalid")),
    ROW(ballot_tally_input, "by", by, FIELD_TEXT, .max = BALLOT_SOURCE_BYTES, .required = true,
        .label = "field.ballot.ballot.tally_by"),
    ROW(ballot_tally_input, "date", day, FIELD_DATE, .required = true,
        .label = "field.ballot.ballot.tally_date"),
    ROW(ballot_tally_input, "files", files, FIELD_FILES, .max = LIMIT_FILES, .required = true,
        .label = "field.ballot.ballot.tally_files"),
};
static const struct field LIST_FIELDS[] = {
    ROW(ballot_list_args, "state", state, FIELD_CHOICE, .choices = STATES,
        .label = "field.ballot.ballot.state"),
    ROW(ballot_list_args, "after", after, FIELD_TEXT, .max = AFTER_BYTES),
};
static const struct field SHOW_FIELDS[] = {
    RECORD_ROW(ballot_record_args),
};

#define TABLE(variable, table_name, c_struct, rows)                                                \
    const struct field_table variable = FIELD_TABLE(table_name, struct c_struct, rows)

TABLE(BALLOT_ASK, "ballot.ask", ballot_ask_input, ASK_FIELDS);
TABLE(BALLOT_SEAT_ACT, "ballot.name_voter", ballot_seat_input, SEAT_ACT_FIELDS);
TABLE(BALLOT_VOTE_ACT, "ballot.cast_vote", ballot_vote_input, VOTE_ACT_FIELDS);
TABLE(BALLOT_CLOSE, "ballot.close", ballot_end_input, CLOSE_FIELDS);
TABLE(BALLOT_DECIDE, "ballot.decide", ballot_end_input, DECIDE_FIELDS);
TABLE(BALLOT_TALLY, "ballot.tally", ballot_tally_input, TALLY_FIELDS);
TABLE(BALLOT_LIST_ARGS, "ballot.list", ballot_list_args, LIST_FIELDS);
TABLE(BALLOT_SHOW_ARGS, "ballot.show", ballot_record_args, SHOW_FIELDS);
