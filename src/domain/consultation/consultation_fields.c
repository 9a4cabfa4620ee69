/*
 * consultation_fields.c: what the records and the acts consist of. The list of fields is the
 * contract with every other office: fields are only ever added at the end, never retyped.
 */
#include "consultation.h"

#include "base/limits.h"
#include "consultation_load.h"

/* One row: the name in JSON, the member, its type, and the rest as designated members. */
#define ROW(owner, json_name, member, field_type, ...)                                             \
    {                                                                                              \
        .name = (json_name), .type = (field_type), .offset = offsetof(struct owner, member),       \
        __VA_ARGS__                                                                                \
    }

enum {
    TITLE_BYTES = 200,
    BODY_NAME_BYTES = 300,
    CLAUSE_BYTES = 200,
    BASIS_BYTES = 300,
    WHY_BYTES = 500, /* as in consultation_load_fields.c */
    YEAR_MAX = 2199,
    AFTER_BYTES = 120
};

static const char *const URGENCIES[] = {"normal", "khan", "thuong_khan", "hoa_toc", NULL};
static const char *const ROUNDS[] = {"open", "closed", NULL};
static const char *const INTAKES[] = {"registered", "refused", NULL};
static const char *const DRAFTS[] = {"drafting", "submitted", "returned", "approved", NULL};
static const char *const ANSWERS[] = {"agree",      "agree_with_points", "disagree",
                                      "no_opinion", "agree_if",          NULL};
static const char *const LEVELS[] = {"condition", "should", "reference", "technical", NULL};
static const char *const OUTCOMES[] = {"accepted", "partly", "explained", NULL};
static const char *const GATES[] = {"proceed", "wait_all", NULL};
static const char *const SHARINGS[] = {"asker_only", "all_asked", NULL};
static const char *const CAPACITIES[] = {"tm", "q", "kt", "tl", "tuq", NULL};
static const char *const PLACES[] = {"clause", "whole", "nowhere", NULL};
static const char *const BASES[] = {"pages_counted", "pages_claimed", "pages_estimated", "by_hand",
                                    NULL};
static const char *const BOXES[] = {"all", "sent", "received", NULL};

/* Rows of lists. */

static const struct field ASKED_FIELDS[] = {
    ROW(consultation_asked, "office", office, FIELD_OFFICE, .required = true),
    ROW(consultation_asked, "due_date", due_day, FIELD_DATE, .max = 0),
    ROW(consultation_asked, "due", due_ms, FIELD_INSTANT, .max = 0),
    ROW(consultation_asked, "why", why, FIELD_LONG, .max = CONSULTATION_LONG_BYTES),
    ROW(consultation_asked, "added", added_ms, FIELD_INSTANT, .max = 0),
    ROW(consultation_asked, "added_reason", added_reason, FIELD_LONG,
        .max = CONSULTATION_REFUSAL_BYTES),
    ROW(consultation_asked, "register_date", register_day, FIELD_DATE, .max = 0),
};
static const struct field_table ASKED_TABLE =
    FIELD_TABLE("consultation.asked", struct consultation_asked, ASKED_FIELDS);

/* Offices as an act names them: their deadlines are not the caller's to write. */
static const struct field NAMED_FIELDS[] = {
    ROW(consultation_asked, "office", office, FIELD_OFFICE, .required = true,
        .label = "field.consultation.asked.office"),
};
static const struct field_table NAMED_TABLE =
    FIELD_TABLE("consultation.office", struct consultation_asked, NAMED_FIELDS);

static const struct field BODY_FIELDS[] = {
    ROW(consultation_body, "name", name, FIELD_TEXT, .max = BODY_NAME_BYTES, .required = true),
};
static const struct field_table BODY_TABLE =
    FIELD_TABLE("consultation.body", struct consultation_body, BODY_FIELDS);

static const struct field SILENT_FIELDS[] = {
    ROW(consultation_silent, "office", office, FIELD_OFFICE, .max = 0),
    ROW(consultation_silent, "name", name, FIELD_TEXT, .max = LIMIT_NAME_BYTES, .required = true),
};
static const struct field_table SILENT_TABLE =
    FIELD_TABLE("consultation.silent", struct consultation_silent, SILENT_FIELDS);

static const struct field EXCUSED_FIELDS[] = {
    ROW(consultation_excused, "office", office, FIELD_OFFICE, .max = 0),
    ROW(consultation_excused, "name", name, FIELD_TEXT, .max = LIMIT_NAME_BYTES, .required = true),
    ROW(consultation_excused, "reason", reason, FIELD_LONG, .max = CONSULTATION_REFUSAL_BYTES,
        .required = true),
    ROW(consultation_excused, "at", at_ms, FIELD_INSTANT, .required = true),
};
static const struct field_table EXCUSED_TABLE =
    FIELD_TABLE("consultation.excused", struct consultation_excused, EXCUSED_FIELDS);

static const struct field POINT_FIELDS[] = {
    ROW(consultation_point, "clause", clause, FIELD_TEXT, .max = CLAUSE_BYTES),
    ROW(consultation_point, "level", level, FIELD_CHOICE, .choices = LEVELS, .required = true),
    ROW(consultation_point, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
    ROW(consultation_point, "wording", wording, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
};
static const struct field_table POINT_TABLE =
    FIELD_TABLE("consultation.point", struct consultation_point, POINT_FIELDS);

static const struct field OUTCOME_FIELDS[] = {
    ROW(consultation_outcome_row, "point", point, FIELD_INT, .max = CONSULTATION_POINTS),
    ROW(consultation_outcome_row, "outcome", outcome, FIELD_CHOICE, .choices = OUTCOMES,
        .required = true),
    ROW(consultation_outcome_row, "reason", reason, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_outcome_row, "wording", wording, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_outcome_row, "times", times, FIELD_INT, .max = INT32_MAX),
};
static const struct field_table OUTCOME_TABLE =
    FIELD_TABLE("consultation.outcome", struct consultation_outcome_row, OUTCOME_FIELDS);

/* Records. */

#define CONDITION_ROWS(owner)                                                                      \
    ROW(owner, "condition_office", condition_office, FIELD_OFFICE,                                 \
        .label = "field.consultation.opinion.condition_office"),                                   \
        ROW(owner, "condition_body", condition_body, FIELD_TEXT, .max = BODY_NAME_BYTES,           \
            .label = "field.consultation.opinion.condition_body")
#define CONFIDENTIAL_ROW(owner)                                                                    \
    ROW(owner, "confidential", confidential, FIELD_BOOL,                                           \
        .label = "field.consultation.opinion.confidential")
#define CAPACITY_ROW(owner)                                                                        \
    ROW(owner, "capacity", capacity, FIELD_CHOICE, .choices = CAPACITIES,                          \
        .label = "field.consultation.opinion.capacity", .source = "Decree 30/2020/ND-CP art. 13")

static const struct field REQUEST_FIELDS[] = {
    ROW(consultation_request, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_request, "summary", summary, FIELD_LONG, .max = CONSULTATION_LONG_BYTES),
    ROW(consultation_request, "files", files, FIELD_FILES, .max = LIMIT_FILES),
    ROW(consultation_request, "asked", asked, FIELD_LIST, .of = &ASKED_TABLE,
        .max = CONSULTATION_ASKED),
    ROW(consultation_request, "asked_bodies", asked_bodies, FIELD_LIST, .of = &BODY_TABLE,
        .max = CONSULTATION_BODIES),
    ROW(consultation_request, "days", days, FIELD_INT, .max = CONSULTATION_DAYS, .required = true),
    ROW(consultation_request, "from_date", from_day, FIELD_DATE, .required = true),
    ROW(consultation_request, "due_date", due_day, FIELD_DATE, .required = true),
    ROW(consultation_request, "due", due_ms, FIELD_INSTANT, .required = true),
    ROW(consultation_request, "why", why, FIELD_LONG, .max = CONSULTATION_LONG_BYTES,
        .required = true),
    ROW(consultation_request, "urgency", urgency, FIELD_CHOICE, .choices = URGENCIES,
        .required = true),
    ROW(consultation_request, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_request, "officer", officer, FIELD_PERSON, .required = true),
    ROW(consultation_request, "state", state, FIELD_CHOICE, .choices = ROUNDS, .required = true),
    ROW(consultation_request, "first_due_date", first_due_day, FIELD_DATE, .max = 0),
    ROW(consultation_request, "moved_reason", moved_reason, FIELD_LONG,
        .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_request, "closed", closed_ms, FIELD_INSTANT, .max = 0),
    ROW(consultation_request, "close_note", close_note, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_request, "silent", silent, FIELD_LIST, .of = &SILENT_TABLE,
        .max = CONSULTATION_ASKED + CONSULTATION_BODIES),
    ROW(consultation_request, "register_date", register_day, FIELD_DATE, .required = true,
        .source = "Decree 30/2020/ND-CP art. 22"),
    ROW(consultation_request, "register_why", register_why, FIELD_LONG,
        .max = CONSULTATION_LONG_BYTES),
    ROW(consultation_request, "moved_by", moved_by, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_request, "pauses", pauses, FIELD_LIST, .of = &PAUSE_TABLE,
        .max = WORKDAY_PAUSES_MAX),
    ROW(consultation_request, "legal_date", legal_day, FIELD_DATE, .max = 0),
    ROW(consultation_request, "legal_basis", legal_basis, FIELD_TEXT, .max = BASIS_BYTES),
    ROW(consultation_request, "edition", edition, FIELD_RECORD, .max = 0),
    ROW(consultation_request, "draft_hash", draft_hash, FIELD_TEXT, .max = 64),
    ROW(consultation_request, "round", round, FIELD_INT, .max = CONSULTATION_ROUNDS),
    ROW(consultation_request, "previous", previous, FIELD_RECORD, .max = 0),
    ROW(consultation_request, "next", next, FIELD_RECORD, .max = 0),
    ROW(consultation_request, "changes", changes, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_request, "gate", gate, FIELD_CHOICE, .choices = GATES),
    ROW(consultation_request, "sharing", sharing, FIELD_CHOICE, .choices = SHARINGS),
    ROW(consultation_request, "excused", excused, FIELD_LIST, .of = &EXCUSED_TABLE,
        .max = CONSULTATION_ASKED + CONSULTATION_BODIES),
    ROW(consultation_request, "pages", pages, FIELD_INT, .max = CONSULTATION_PAGES),
    ROW(consultation_request, "pages_basis", pages_basis, FIELD_CHOICE, .choices = BASES),
    ROW(consultation_request, "pages_counted", pages_counted, FIELD_INT, .max = CONSULTATION_PAGES),
    ROW(consultation_request, "pages_reason", pages_reason, FIELD_TEXT, .max = WHY_BYTES),
    ROW(consultation_request, "rate", rate, FIELD_INT, .max = CONSULTATION_RATE),
    ROW(consultation_request, "rate_source", rate_source, FIELD_TEXT, .max = WHY_BYTES),
    ROW(consultation_request, "short_by", short_by, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_request, "earliest_date", earliest_day, FIELD_DATE, .max = 0),
    ROW(consultation_request, "presented", presented_ms, FIELD_INSTANT, .max = 0),
    ROW(consultation_request, "presented_open", presented_open, FIELD_INT, .max = INT32_MAX),
};

static const struct field EDITION_FIELDS[] = {
    ROW(consultation_edition, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_edition, "text", text, FIELD_LONG, .max = LIMIT_DRAFT_BYTES, .required = true),
    ROW(consultation_edition, "round", round, FIELD_INT, .max = CONSULTATION_ROUNDS),
    ROW(consultation_edition, "previous", previous, FIELD_RECORD, .max = 0),
};

static const struct field INTAKE_FIELDS[] = {
    ROW(consultation_intake, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_intake, "received", received_ms, FIELD_INSTANT, .required = true,
        .source = "Decree 30/2020/ND-CP art. 22"),
    ROW(consultation_intake, "year", year, FIELD_INT, .max = YEAR_MAX),
    ROW(consultation_intake, "number", number, FIELD_INT, .max = 9999999,
        .source = "Decree 30/2020/ND-CP art. 22.2"),
    ROW(consultation_intake, "state", state, FIELD_CHOICE, .choices = INTAKES, .required = true),
    ROW(consultation_intake, "reason", reason, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_intake, "officer", officer, FIELD_PERSON, .max = 0),
    ROW(consultation_intake, "unit", unit, FIELD_RECORD, .max = 0),
    ROW(consultation_intake, "instruction", instruction, FIELD_LONG,
        .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_intake, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_intake, "urgency", urgency, FIELD_CHOICE, .choices = URGENCIES,
        .required = true),
    ROW(consultation_intake, "due_date", due_day, FIELD_DATE, .required = true),
    ROW(consultation_intake, "due", due_ms, FIELD_INSTANT, .required = true),
    ROW(consultation_intake, "why", why, FIELD_LONG, .max = CONSULTATION_LONG_BYTES),
};

static const struct field REFUSAL_FIELDS[] = {
    ROW(consultation_refusal, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_refusal, "request_n", request_n, FIELD_INT, .max = 0, .required = true),
    ROW(consultation_refusal, "reason", reason, FIELD_LONG, .max = CONSULTATION_REFUSAL_BYTES,
        .required = true),
    ROW(consultation_refusal, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
};

static const struct field UNPLACED_FIELDS[] = {
    ROW(consultation_unplaced, "near", near, FIELD_TEXT, .max = CLAUSE_BYTES),
    ROW(consultation_unplaced, "author", author, FIELD_TEXT, .max = LIMIT_NAME_BYTES),
    ROW(consultation_unplaced, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
    ROW(consultation_unplaced, "wording", wording, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
};
static const struct field_table UNPLACED_TABLE =
    FIELD_TABLE("consultation.unplaced", struct consultation_unplaced, UNPLACED_FIELDS);

static const struct field DRAFT_FIELDS[] = {
    ROW(consultation_draft, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_draft, "answer", answer, FIELD_CHOICE, .choices = ANSWERS, .required = true),
    ROW(consultation_draft, "general", general, FIELD_LONG, .max = CONSULTATION_LONG_BYTES),
    ROW(consultation_draft, "points", points, FIELD_LIST, .of = &POINT_TABLE,
        .max = CONSULTATION_POINTS),
    ROW(consultation_draft, "state", state, FIELD_CHOICE, .choices = DRAFTS, .required = true),
    ROW(consultation_draft, "comment", comment, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_draft, "officer", officer, FIELD_PERSON, .required = true),
    ROW(consultation_draft, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_draft, "urgency", urgency, FIELD_CHOICE, .choices = URGENCIES,
        .required = true),
    ROW(consultation_draft, "due_date", due_day, FIELD_DATE, .required = true),
    ROW(consultation_draft, "due", due_ms, FIELD_INSTANT, .required = true),
    ROW(consultation_draft, "why", why, FIELD_LONG, .max = CONSULTATION_LONG_BYTES),
    CONDITION_ROWS(consultation_draft),
    CONFIDENTIAL_ROW(consultation_draft),
    CAPACITY_ROW(consultation_draft),
    ROW(consultation_draft, "unplaced", unplaced, FIELD_LIST, .of = &UNPLACED_TABLE,
        .max = CONSULTATION_POINTS),
    ROW(consultation_draft, "files", files, FIELD_FILES, .max = LIMIT_FILES),
};

static const struct field OPINION_FIELDS[] = {
    ROW(consultation_opinion, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_opinion, "request_n", request_n, FIELD_INT, .max = 0, .required = true),
    ROW(consultation_opinion, "request_hash", request_hash, FIELD_TEXT, .max = 64,
        .required = true),
    ROW(consultation_opinion, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_opinion, "answer", answer, FIELD_CHOICE, .choices = ANSWERS, .required = true),
    ROW(consultation_opinion, "general", general, FIELD_LONG, .max = CONSULTATION_LONG_BYTES),
    ROW(consultation_opinion, "points", points, FIELD_LIST, .of = &POINT_TABLE,
        .max = CONSULTATION_POINTS),
    ROW(consultation_opinion, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_opinion, "signed", signed_ms, FIELD_INSTANT, .required = true),
    ROW(consultation_opinion, "behalf", behalf, FIELD_TEXT, .max = BODY_NAME_BYTES),
    ROW(consultation_opinion, "paper_number", paper_number, FIELD_TEXT, .max = 100),
    ROW(consultation_opinion, "paper_date", paper_day, FIELD_DATE, .max = 0),
    ROW(consultation_opinion, "files", files, FIELD_FILES, .max = LIMIT_FILES),
    ROW(consultation_opinion, "draft_hash", draft_hash, FIELD_TEXT, .max = 64),
    ROW(consultation_opinion, "kept", kept, FIELD_RECORD, .max = 0),
    CONDITION_ROWS(consultation_opinion),
    CONFIDENTIAL_ROW(consultation_opinion),
    ROW(consultation_opinion, "shared", shared, FIELD_BOOL),
    CAPACITY_ROW(consultation_opinion),
};

static const struct field REPLY_FIELDS[] = {
    ROW(consultation_reply, "opinion", opinion, FIELD_RECORD, .required = true),
    ROW(consultation_reply, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_reply, "total", total, FIELD_INT, .max = CONSULTATION_POINTS + 1),
    ROW(consultation_reply, "replies", replies, FIELD_LIST, .of = &OUTCOME_TABLE,
        .max = CONSULTATION_POINTS + 1),
    ROW(consultation_reply, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES),
};

static const struct field REMINDER_FIELDS[] = {
    ROW(consultation_reminder, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_reminder, "office", office, FIELD_OFFICE, .required = true),
    ROW(consultation_reminder, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_reminder, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_reminder, "urgency", urgency, FIELD_CHOICE, .choices = URGENCIES,
        .required = true),
    ROW(consultation_reminder, "due", due_ms, FIELD_INSTANT, .required = true),
    ROW(consultation_reminder, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_reminder, "sent", sent_ms, FIELD_INSTANT, .required = true),
};

const struct field_table CONSULTATION_REQUEST =
    FIELD_TABLE("consultation.request", struct consultation_request, REQUEST_FIELDS);
const struct field_table CONSULTATION_INTAKE =
    FIELD_TABLE("consultation.intake", struct consultation_intake, INTAKE_FIELDS);
const struct field_table CONSULTATION_REFUSAL =
    FIELD_TABLE("consultation.refusal", struct consultation_refusal, REFUSAL_FIELDS);
const struct field_table CONSULTATION_DRAFT =
    FIELD_TABLE("consultation.draft", struct consultation_draft, DRAFT_FIELDS);
const struct field_table CONSULTATION_OPINION =
    FIELD_TABLE("consultation.opinion", struct consultation_opinion, OPINION_FIELDS);
const struct field_table CONSULTATION_REPLY =
    FIELD_TABLE("consultation.reply", struct consultation_reply, REPLY_FIELDS);
static const struct field INNER_FIELDS[] = {
    ROW(consultation_inner, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_inner, "unit", unit, FIELD_RECORD, .required = true),
    ROW(consultation_inner, "question", question, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_inner, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_inner, "urgency", urgency, FIELD_CHOICE, .choices = URGENCIES,
        .required = true),
    ROW(consultation_inner, "due_date", due_day, FIELD_DATE, .max = 0),
    ROW(consultation_inner, "due", due_ms, FIELD_INSTANT, .max = 0),
    ROW(consultation_inner, "asked_by", asked_by, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_inner, "closed", closed_ms, FIELD_INSTANT, .max = 0),
};
static const struct field COMMENT_FIELDS[] = {
    ROW(consultation_comment, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_comment, "unit", unit, FIELD_RECORD, .max = 0),
    ROW(consultation_comment, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
    ROW(consultation_comment, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_comment, "at", at_ms, FIELD_INSTANT, .required = true),
};

static const struct field MEMBER_FIELDS[] = {
    ROW(consultation_member, "opinion", opinion, FIELD_RECORD, .required = true),
    ROW(consultation_member, "point", point, FIELD_INT, .max = CONSULTATION_POINTS),
};
static const struct field_table MEMBER_TABLE =
    FIELD_TABLE("consultation.member", struct consultation_member, MEMBER_FIELDS);
static const struct field GROUP_FIELDS[] = {
    ROW(consultation_group, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_group, "members", members, FIELD_LIST, .of = &MEMBER_TABLE,
        .max = CONSULTATION_GROUP_POINTS),
};
static const struct field OBJECTION_FIELDS[] = {
    ROW(consultation_objection, "request", request, FIELD_RECORD, .required = true),
    ROW(consultation_objection, "opinion", opinion, FIELD_RECORD, .required = true),
    ROW(consultation_objection, "point", point, FIELD_INT, .max = CONSULTATION_POINTS),
    ROW(consultation_objection, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
    ROW(consultation_objection, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
    ROW(consultation_objection, "at", at_ms, FIELD_INSTANT, .required = true),
};

const struct field_table CONSULTATION_GROUP =
    FIELD_TABLE("consultation.group", struct consultation_group, GROUP_FIELDS);
const struct field_table CONSULTATION_OBJECTION =
    FIELD_TABLE("consultation.objection", struct consultation_objection, OBJECTION_FIELDS);
const struct field_table CONSULTATION_INNER =
    FIELD_TABLE("consultation.inner", struct consultation_inner, INNER_FIELDS);
const struct field_table CONSULTATION_COMMENT =
    FIELD_TABLE("consultation.comment", struct consultation_comment, COMMENT_FIELDS);
const struct field_table CONSULTATION_EDITION =
    FIELD_TABLE("consultation.edition", struct consultation_edition, EDITION_FIELDS);
const struct field_table CONSULTATION_REMINDER =
    FIELD_TABLE("consultation.reminder", struct consultation_reminder, REMINDER_FIELDS);

/* Inputs of acts and arguments of views. */

#define RECORD_ROW(owner)                                                                          \
    ROW(owner, "record", record, FIELD_RECORD, .required = true,                                   \
        .label = "field.consultation.record")
#define SEEN_ROW(owner) ROW(owner, "seen", seen, FIELD_INT, .label = "field.consultation.seen")
#define POINTS_ROW(owner)                                                                          \
    ROW(owner, "points", points, FIELD_LIST, .of = &POINT_TABLE, .max = CONSULTATION_POINTS,       \
        .label = "field.consultation.opinion.points")
#define ANSWER_ROW(owner)                                                                          \
    ROW(owner, "answer", answer, FIELD_CHOICE, .choices = ANSWERS, .required = true,               \
        .label = "field.consultation.opinion.answer")
#define GENERAL_ROW(owner)                                                                         \
    ROW(owner, "general", general, FIELD_LONG, .max = CONSULTATION_LONG_BYTES,                     \
        .label = "field.consultation.opinion.general")

/* Pages corrected by hand, and who approves less time than agreed. */
#define WEIGHT_ROWS(owner)                                                                         \
    ROW(owner, "pages", pages, FIELD_INT, .max = CONSULTATION_PAGES,                               \
        .label = "field.consultation.ask.pages"),                                                  \
        ROW(owner, "pages_reason", pages_reason, FIELD_TEXT, .max = WHY_BYTES,                     \
            .label = "field.consultation.ask.pages_reason"),                                       \
        ROW(owner, "approved_by", approved_by, FIELD_TEXT, .max = TITLE_BYTES,                     \
            .label = "field.consultation.ask.approved_by")

static const struct field ASK_FIELDS[] = {
    ROW(consultation_ask_input, "subject", subject, FIELD_TEXT, .max = CONSULTATION_SUBJECT_BYTES,
        .required = true),
    ROW(consultation_ask_input, "summary", summary, FIELD_LONG, .max = CONSULTATION_LONG_BYTES),
    ROW(consultation_ask_input, "files", files, FIELD_FILES, .max = LIMIT_FILES),
    ROW(consultation_ask_input, "draft", draft, FIELD_LONG, .max = LIMIT_DRAFT_BYTES),
    ROW(consultation_ask_input, "asked", asked, FIELD_LIST, .of = &NAMED_TABLE,
        .max = CONSULTATION_ASKED),
    ROW(consultation_ask_input, "asked_bodies", asked_bodies, FIELD_LIST, .of = &BODY_TABLE,
        .max = CONSULTATION_BODIES),
    ROW(consultation_ask_input, "days", days, FIELD_INT, .max = CONSULTATION_DAYS,
        .required = true),
    ROW(consultation_ask_input, "urgency", urgency, FIELD_CHOICE, .choices = URGENCIES),
    ROW(consultation_ask_input, "legal_date", legal_day, FIELD_DATE, .max = 0,
        .label = "field.consultation.request.legal_date"),
    ROW(consultation_ask_input, "legal_basis", legal_basis, FIELD_TEXT, .max = BASIS_BYTES,
        .label = "field.consultation.request.legal_basis"),
    ROW(consultation_ask_input, "gate", gate, FIELD_CHOICE, .choices = GATES,
        .label = "field.consultation.request.gate"),
    ROW(consultation_ask_input, "sharing", sharing, FIELD_CHOICE, .choices = SHARINGS,
        .label = "field.consultation.request.sharing"),
    WEIGHT_ROWS(consultation_ask_input),
};
static const struct field RENEW_FIELDS[] = {
    RECORD_ROW(consultation_renew_input),
    SEEN_ROW(consultation_renew_input),
    ROW(consultation_renew_input, "draft", draft, FIELD_LONG, .max = LIMIT_DRAFT_BYTES,
        .label = "field.consultation.ask.draft"),
    ROW(consultation_renew_input, "files", files, FIELD_FILES, .max = LIMIT_FILES,
        .label = "field.consultation.ask.files"),
    ROW(consultation_renew_input, "changes", changes, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .label = "field.consultation.request.changes"),
    ROW(consultation_renew_input, "days", days, FIELD_INT, .max = CONSULTATION_DAYS,
        .required = true, .label = "field.consultation.ask.days"),
    WEIGHT_ROWS(consultation_renew_input),
};
static const struct field ADD_FIELDS[] = {
    RECORD_ROW(consultation_add_input),
    SEEN_ROW(consultation_add_input),
    ROW(consultation_add_input, "offices", offices, FIELD_LIST, .of = &NAMED_TABLE,
        .max = CONSULTATION_ASKED, .label = "field.consultation.ask.asked"),
    ROW(consultation_add_input, "bodies", bodies, FIELD_LIST, .of = &BODY_TABLE,
        .max = CONSULTATION_BODIES, .label = "field.consultation.ask.asked_bodies"),
    ROW(consultation_add_input, "days", days, FIELD_INT, .max = CONSULTATION_DAYS, .required = true,
        .label = "field.consultation.ask.days"),
    ROW(consultation_add_input, "reason", reason, FIELD_LONG, .max = CONSULTATION_REFUSAL_BYTES,
        .required = true),
};
static const struct field EXCUSE_FIELDS[] = {
    RECORD_ROW(consultation_excuse_input),
    SEEN_ROW(consultation_excuse_input),
    ROW(consultation_excuse_input, "office", office, FIELD_OFFICE, .max = 0),
    ROW(consultation_excuse_input, "body", body, FIELD_TEXT, .max = BODY_NAME_BYTES),
    ROW(consultation_excuse_input, "reason", reason, FIELD_LONG, .max = CONSULTATION_REFUSAL_BYTES,
        .required = true),
};
static const struct field RECORD_FIELDS[] = {RECORD_ROW(consultation_record_input)};
static const struct field APPROVE_FIELDS[] = {
    RECORD_ROW(consultation_approve_input),
    SEEN_ROW(consultation_approve_input),
};
static const struct field REFUSE_FIELDS[] = {
    RECORD_ROW(consultation_text_input),
    ROW(consultation_text_input, "reason", text, FIELD_LONG, .max = CONSULTATION_REFUSAL_BYTES,
        .required = true),
};
static const struct field RETURN_FIELDS[] = {
    RECORD_ROW(consultation_text_input),
    ROW(consultation_text_input, "comment", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
};
static const struct field CLOSE_FIELDS[] = {
    RECORD_ROW(consultation_text_input),
    SEEN_ROW(consultation_text_input),
    ROW(consultation_text_input, "note", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
};
static const struct field ASSIGN_FIELDS[] = {
    RECORD_ROW(consultation_assign_input),
    ROW(consultation_assign_input, "officer", officer, FIELD_PERSON, .required = true),
    ROW(consultation_assign_input, "unit", unit, FIELD_RECORD, .max = 0),
    ROW(consultation_assign_input, "due_date", due_day, FIELD_DATE, .max = 0),
    ROW(consultation_assign_input, "instruction", instruction, FIELD_LONG,
        .max = CONSULTATION_TEXT_BYTES),
};
static const struct field CONSULT_FIELDS[] = {
    RECORD_ROW(consultation_consult_input),
    ROW(consultation_consult_input, "unit", unit, FIELD_RECORD, .required = true),
    ROW(consultation_consult_input, "due_date", due_day, FIELD_DATE, .max = 0),
    ROW(consultation_consult_input, "question", question, FIELD_LONG,
        .max = CONSULTATION_TEXT_BYTES),
};
static const struct field COMMENT_ACT_FIELDS[] = {
    RECORD_ROW(consultation_text_input),
    ROW(consultation_text_input, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
};
static const struct field DRAFT_ACT_FIELDS[] = {
    RECORD_ROW(consultation_draft_input),
    SEEN_ROW(consultation_draft_input),
    ANSWER_ROW(consultation_draft_input),
    CONDITION_ROWS(consultation_draft_input),
    GENERAL_ROW(consultation_draft_input),
    POINTS_ROW(consultation_draft_input),
    CONFIDENTIAL_ROW(consultation_draft_input),
    CAPACITY_ROW(consultation_draft_input),
    ROW(consultation_draft_input, "submit", submit, FIELD_BOOL),
};
static const struct field TAKE_WORD_FIELDS[] = {
    RECORD_ROW(consultation_word_input),
    SEEN_ROW(consultation_word_input),
    ROW(consultation_word_input, "files", files, FIELD_FILES, .max = 1, .required = true),
};
static const struct field PLACE_FIELDS[] = {
    RECORD_ROW(consultation_place_input),
    SEEN_ROW(consultation_place_input),
    ROW(consultation_place_input, "item", item, FIELD_INT, .max = CONSULTATION_POINTS,
        .required = true),
    ROW(consultation_place_input, "where", where, FIELD_CHOICE, .choices = PLACES,
        .required = true),
    ROW(consultation_place_input, "clause", clause, FIELD_TEXT, .max = CLAUSE_BYTES,
        .label = "field.consultation.point.clause"),
    ROW(consultation_place_input, "level", level, FIELD_CHOICE, .choices = LEVELS,
        .label = "field.consultation.point.level"),
};
static const struct field BEHALF_FIELDS[] = {
    RECORD_ROW(consultation_behalf_input),
    ROW(consultation_behalf_input, "behalf", behalf, FIELD_TEXT, .max = BODY_NAME_BYTES,
        .required = true),
    ROW(consultation_behalf_input, "paper_number", paper_number, FIELD_TEXT, .max = 100),
    ROW(consultation_behalf_input, "paper_date", paper_day, FIELD_DATE, .max = 0),
    ROW(consultation_behalf_input, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
    ANSWER_ROW(consultation_behalf_input),
    CONDITION_ROWS(consultation_behalf_input),
    GENERAL_ROW(consultation_behalf_input),
    POINTS_ROW(consultation_behalf_input),
    CONFIDENTIAL_ROW(consultation_behalf_input),
    ROW(consultation_behalf_input, "files", files, FIELD_FILES, .max = LIMIT_FILES,
        .required = true),
};
static const struct field ANSWER_POINT_FIELDS[] = {
    RECORD_ROW(consultation_point_input),
    ROW(consultation_point_input, "point", point, FIELD_INT, .max = CONSULTATION_POINTS,
        .required = true),
    ROW(consultation_point_input, "outcome", outcome, FIELD_CHOICE, .choices = OUTCOMES,
        .required = true),
    ROW(consultation_point_input, "reason", reason, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    ROW(consultation_point_input, "wording", wording, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
    SEEN_ROW(consultation_point_input),
    ROW(consultation_point_input, "anyway", anyway, FIELD_BOOL),
};
static const struct field GROUP_ACT_FIELDS[] = {
    RECORD_ROW(consultation_group_input),
    ROW(consultation_group_input, "members", members, FIELD_LIST, .of = &MEMBER_TABLE,
        .max = CONSULTATION_GROUP_POINTS, .required = true,
        .label = "field.consultation.group.members"),
};
static const struct field OBJECT_FIELDS[] = {
    RECORD_ROW(consultation_object_input),
    ROW(consultation_object_input, "point", point, FIELD_INT, .max = CONSULTATION_POINTS,
        .label = "field.consultation.answer_point.point"),
    ROW(consultation_object_input, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
};
static const struct field REMIND_FIELDS[] = {
    RECORD_ROW(consultation_remind_input),
    ROW(consultation_remind_input, "office", office, FIELD_OFFICE, .max = 0),
    ROW(consultation_remind_input, "text", text, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES),
};
static const struct field EXTEND_FIELDS[] = {
    RECORD_ROW(consultation_extend_input),
    SEEN_ROW(consultation_extend_input),
    ROW(consultation_extend_input, "due_date", due_day, FIELD_DATE, .max = 0),
    ROW(consultation_extend_input, "days", days, FIELD_INT, .max = CONSULTATION_DAYS),
    ROW(consultation_extend_input, "offices", offices, FIELD_LIST, .of = &NAMED_TABLE,
        .max = CONSULTATION_ASKED),
    ROW(consultation_extend_input, "reason", reason, FIELD_LONG, .max = CONSULTATION_TEXT_BYTES,
        .required = true),
};
static const struct field PAUSE_ACT_FIELDS[] = {
    RECORD_ROW(consultation_pause_input),
    SEEN_ROW(consultation_pause_input),
    ROW(consultation_pause_input, "category", pause.category, FIELD_CHOICE,
        .choices = PAUSE_CATEGORIES, .required = true, .label = "field.core.pause.category"),
    ROW(consultation_pause_input, "reason", pause.reason, FIELD_LONG,
        .max = CONSULTATION_REFUSAL_BYTES, .required = true, .label = "field.core.pause.reason"),
    ROW(consultation_pause_input, "from_date", pause.from_day, FIELD_DATE,
        .label = "field.core.pause.from_date"),
};
static const struct field RESUME_FIELDS[] = {
    RECORD_ROW(consultation_pause_input),
    SEEN_ROW(consultation_pause_input),
    ROW(consultation_pause_input, "to_date", pause.to_day, FIELD_DATE,
        .label = "field.core.pause.to_date"),
};
static const struct field LIST_FIELDS[] = {
    ROW(consultation_list_args, "box", box, FIELD_CHOICE, .choices = BOXES),
    ROW(consultation_list_args, "state", state, FIELD_CHOICE, .choices = ROUNDS),
    ROW(consultation_list_args, "after", after, FIELD_TEXT, .max = AFTER_BYTES),
};
static const struct field PLACE_ARGS_FIELDS[] = {
    RECORD_ROW(consultation_place_input),
    ROW(consultation_place_input, "item", item, FIELD_INT, .max = CONSULTATION_POINTS,
        .label = "field.consultation.place.item"),
};
static const struct field POINT_ARGS_FIELDS[] = {
    RECORD_ROW(consultation_point_input),
    ROW(consultation_point_input, "point", point, FIELD_INT, .max = CONSULTATION_POINTS,
        .label = "field.consultation.answer_point.point"),
};
static const struct field DEADLINE_FIELDS[] = {
    ROW(consultation_deadline_args, "days", days, FIELD_INT, .max = CONSULTATION_DAYS),
    ROW(consultation_deadline_args, "from", from_day, FIELD_DATE, .max = 0),
    ROW(consultation_deadline_args, "record", record, FIELD_RECORD, .max = 0,
        .label = "field.consultation.record"),
    ROW(consultation_deadline_args, "asked", asked, FIELD_LIST, .of = &NAMED_TABLE,
        .max = CONSULTATION_ASKED, .label = "field.consultation.ask.asked"),
    ROW(consultation_deadline_args, "files", files, FIELD_FILES, .max = LIMIT_FILES,
        .label = "field.consultation.ask.files"),
    ROW(consultation_deadline_args, "draft", draft, FIELD_LONG, .max = LIMIT_DRAFT_BYTES,
        .label = "field.consultation.ask.draft"),
    ROW(consultation_deadline_args, "pages", pages, FIELD_INT, .max = CONSULTATION_PAGES,
        .label = "field.consultation.ask.pages"),
};

#define TABLE(variable, table_name, c_struct, rows)                                                \
    const struct field_table variable = FIELD_TABLE(table_name, struct c_struct, rows)

TABLE(CONSULTATION_ASK, "consultation.ask", consultation_ask_input, ASK_FIELDS);
TABLE(CONSULTATION_REGISTER, "consultation.register", consultation_record_input, RECORD_FIELDS);
TABLE(CONSULTATION_REFUSE, "consultation.refuse", consultation_text_input, REFUSE_FIELDS);
TABLE(CONSULTATION_ASSIGN, "consultation.assign", consultation_assign_input, ASSIGN_FIELDS);
TABLE(CONSULTATION_DRAFT_ACT, "consultation.draft", consultation_draft_input, DRAFT_ACT_FIELDS);
TABLE(CONSULTATION_TAKE_WORD, "consultation.take_word", consultation_word_input, TAKE_WORD_FIELDS);
TABLE(CONSULTATION_PLACE, "consultation.place", consultation_place_input, PLACE_FIELDS);
TABLE(CONSULTATION_SUBMIT, "consultation.submit", consultation_record_input, RECORD_FIELDS);
TABLE(CONSULTATION_RETURN, "consultation.return", consultation_text_input, RETURN_FIELDS);
TABLE(CONSULTATION_APPROVE, "consultation.approve", consultation_approve_input, APPROVE_FIELDS);
TABLE(CONSULTATION_BEHALF, "consultation.register_behalf", consultation_behalf_input,
      BEHALF_FIELDS);
TABLE(CONSULTATION_ANSWER_POINT, "consultation.answer_point", consultation_point_input,
      ANSWER_POINT_FIELDS);
TABLE(CONSULTATION_GROUP_ACT, "consultation.join", consultation_group_input, GROUP_ACT_FIELDS);
TABLE(CONSULTATION_UNGROUP, "consultation.part", consultation_record_input, RECORD_FIELDS);
TABLE(CONSULTATION_OBJECT, "consultation.object", consultation_object_input, OBJECT_FIELDS);
TABLE(CONSULTATION_PRESENT, "consultation.present", consultation_record_input, RECORD_FIELDS);
TABLE(CONSULTATION_CONSULT, "consultation.consult", consultation_consult_input, CONSULT_FIELDS);
TABLE(CONSULTATION_COMMENT_ACT, "consultation.comment", consultation_text_input,
      COMMENT_ACT_FIELDS);
TABLE(CONSULTATION_RENEW, "consultation.renew", consultation_renew_input, RENEW_FIELDS);
TABLE(CONSULTATION_KEEP, "consultation.keep", consultation_approve_input, APPROVE_FIELDS);
TABLE(CONSULTATION_ADD, "consultation.add", consultation_add_input, ADD_FIELDS);
TABLE(CONSULTATION_EXCUSE, "consultation.excuse", consultation_excuse_input, EXCUSE_FIELDS);
TABLE(CONSULTATION_REMIND, "consultation.remind", consultation_remind_input, REMIND_FIELDS);
TABLE(CONSULTATION_EXTEND, "consultation.extend", consultation_extend_input, EXTEND_FIELDS);
TABLE(CONSULTATION_PAUSE, "consultation.pause", consultation_pause_input, PAUSE_ACT_FIELDS);
TABLE(CONSULTATION_RESUME, "consultation.resume", consultation_pause_input, RESUME_FIELDS);
TABLE(CONSULTATION_CLOSE, "consultation.close", consultation_text_input, CLOSE_FIELDS);
TABLE(CONSULTATION_LIST_ARGS, "consultation.list", consultation_list_args, LIST_FIELDS);
TABLE(CONSULTATION_SHOW_ARGS, "consultation.show", consultation_record_input, RECORD_FIELDS);
TABLE(CONSULTATION_PLACE_ARGS, "consultation.placing", consultation_place_input, PLACE_ARGS_FIELDS);
TABLE(CONSULTATION_POINT_ARGS, "consultation.replying", consultation_point_input,
      POINT_ARGS_FIELDS);
TABLE(CONSULTATION_DEADLINE_ARGS, "consultation.deadline", consultation_deadline_args,
      DEADLINE_FIELDS);
