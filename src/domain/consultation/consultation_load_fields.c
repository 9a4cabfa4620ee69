/* consultation_load_fields.c: the agreed rate, and the inputs of acts and views about the load. */
#include "consultation_load.h"

#include "base/time.h"

#define ROW(owner, json_name, member, field_type, ...)                                             \
    {                                                                                              \
        .name = (json_name), .type = (field_type), .offset = offsetof(struct owner, member),       \
        __VA_ARGS__                                                                                \
    }

enum { SOURCE_BYTES = 500, TITLE_BYTES = 200, PARTY_BYTES = 80, AFTER_BYTES = 120 };

static const char *const CELLS[] = {"time_all",    "time_answered", "time_late",
                                    "time_silent", "time_short",    NULL};

static const struct field RATE_FIELDS[] = {
    ROW(consultation_rate, "pages", pages, FIELD_INT, .max = CONSULTATION_RATE, .required = true),
    ROW(consultation_rate, "source", source, FIELD_TEXT, .max = SOURCE_BYTES, .required = true),
    ROW(consultation_rate, "from_date", from_day, FIELD_DATE, .required = true),
    ROW(consultation_rate, "signer_title", signer_title, FIELD_TEXT, .max = TITLE_BYTES),
};
static const struct field SET_RATE_FIELDS[] = {
    ROW(consultation_rate_input, "pages", pages, FIELD_INT, .max = CONSULTATION_RATE,
        .required = true, .label = "field.consultation.rate.pages"),
    ROW(consultation_rate_input, "source", source, FIELD_TEXT, .max = SOURCE_BYTES,
        .required = true, .label = "field.consultation.rate.source"),
};
static const struct field PAGES_FIELDS[] = {
    ROW(consultation_pages_input, "record", record, FIELD_RECORD, .required = true,
        .label = "field.consultation.record"),
    ROW(consultation_pages_input, "seen", seen, FIELD_INT, .label = "field.consultation.seen"),
    ROW(consultation_pages_input, "pages", pages, FIELD_INT, .max = CONSULTATION_PAGES,
        .required = true, .label = "field.consultation.request.pages"),
    ROW(consultation_pages_input, "reason", reason, FIELD_TEXT, .max = SOURCE_BYTES,
        .required = true, .label = "field.consultation.request.pages_reason"),
};
static const struct field LOAD_FIELDS[] = {
    ROW(consultation_load_args, "party", party, FIELD_TEXT, .max = PARTY_BYTES),
    ROW(consultation_load_args, "year", year, FIELD_INT, .max = TIME_YEAR_MAX),
    ROW(consultation_load_args, "cell", cell, FIELD_CHOICE, .choices = CELLS),
    ROW(consultation_load_args, "after", after, FIELD_TEXT, .max = AFTER_BYTES),
};

#define TABLE(variable, table_name, c_struct, rows)                                                \
    const struct field_table variable = FIELD_TABLE(table_name, struct c_struct, rows)

TABLE(CONSULTATION_RATE_RECORD, "consultation.rate", consultation_rate, RATE_FIELDS);
TABLE(CONSULTATION_SET_RATE, "consultation.set_rate", consultation_rate_input, SET_RATE_FIELDS);
TABLE(CONSULTATION_COUNT_PAGES, "consultation.count_pages", consultation_pages_input, PAGES_FIELDS);
TABLE(CONSULTATION_LOAD_ARGS, "consultation.load", consultation_load_args, LOAD_FIELDS);
