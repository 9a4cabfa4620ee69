#include "front/cli/cli_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct point {
    struct str clause;
    struct str text;
};
static const struct field POINT_FIELDS[] = {
    {.name = "clause", .type = FIELD_TEXT, .offset = offsetof(struct point, clause)},
    {.name = "text", .type = FIELD_LONG, .offset = offsetof(struct point, text)},
};
static const struct field_table POINT_TABLE = FIELD_TABLE("point", struct point, POINT_FIELDS);

struct asked {
    struct str office;
};
static const struct field ASKED_FIELDS[] = {
    {.name = "office", .type = FIELD_OFFICE, .offset = offsetof(struct asked, office)},
};
static const struct field_table ASKED_TABLE = FIELD_TABLE("asked", struct asked, ASKED_FIELDS);

struct form {
    struct str subject;
    int64_t days;
    bool urgent;
    int64_t day;
    int64_t at_ms;
    struct list points;
    struct list asked;
};
static const struct field FORM_FIELDS[] = {
    {.name = "subject", .type = FIELD_TEXT, .offset = offsetof(struct form, subject)},
    {.name = "days", .type = FIELD_INT, .offset = offsetof(struct form, days)},
    {.name = "urgent", .type = FIELD_BOOL, .offset = offsetof(struct form, urgent)},
    {.name = "day", .type = FIELD_DATE, .offset = offsetof(struct form, day)},
    {.name = "at", .type = FIELD_INSTANT, .offset = offsetof(struct form, at_ms)},
    {.name = "points",
     .type = FIELD_LIST,
     .offset = offsetof(struct form, points),
     .of = &POINT_TABLE},
    {.name = "asked",
     .type = FIELD_LIST,
     .offset = offsetof(struct form, asked),
     .of = &ASKED_TABLE},
};
static const struct field_table FORM_TABLE = FIELD_TABLE("form", struct form, FORM_FIELDS);

static struct str code_to_id(void *arg, struct call *c, struct str code)
{
    (void)arg;
    return str_format(c->arena, "id-of-%.*s", STR_ARG(code));
}

static struct str built(struct call *c, const struct str *pairs, size_t count)
{
    struct cli_input in = {.table = &FORM_TABLE, .dir = S("."), .office_id = code_to_id};
    struct str json = {};
    enum err e = cli_input_json(c, &in, pairs, count, &json);
    assert_int_equal(e, OK);
    return json;
}

static void assert_json(struct str got, const char *expected)
{
    assert_int_equal(got.len, str_of(expected).len);
    assert_memory_equal(got.ptr, expected, got.len);
}

static void values_take_the_type_of_their_field(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("subject=12"), S("days=12"), S("urgent=true"),
                                S("day=25/11/2026"), S("at=25/11/2026 10:04")};
    assert_json(built(c, pairs, ARRAY_LEN(pairs)),
                "{\"subject\":\"12\",\"days\":12,\"urgent\":true,\"day\":\"2026-11-25\","
                "\"at\":\"2026-11-25T03:04:00.000Z\"}");
}

static void a_value_may_hold_an_equals_sign(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("subject=a=b")};
    assert_json(built(c, pairs, 1), "{\"subject\":\"a=b\"}");
}

static void decomposed_text_is_composed(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("subject=e\xcc\x81")};
    assert_json(built(c, pairs, 1), "{\"subject\":\"\xc3\xa9\"}");
}

static void rows_are_named_by_their_number(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("points.1.text=b"), S("points.0.clause=a")};
    assert_json(built(c, pairs, 2), "{\"points\":[{\"clause\":\"a\"},{\"text\":\"b\"}]}");
}

static void a_list_of_codes_becomes_rows_of_ids(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("asked=VPQH, VPCTN")};
    assert_json(built(c, pairs, 1),
                "{\"asked\":[{\"office\":\"id-of-VPQH\"},{\"office\":\"id-of-VPCTN\"}]}");
}

static void json_stands_as_it_is(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("points:=[{\"text\":\"x\"}]")};
    assert_json(built(c, pairs, 1), "{\"points\":[{\"text\":\"x\"}]}");
}

static void unknown_fields_are_left_to_the_act(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("nothing=x")};
    assert_json(built(c, pairs, 1), "{\"nothing\":\"x\"}");
}

static void malformed_pairs_are_refused(void **state)
{
    struct call *c = *state;
    static const struct str BAD[] = {S("subject"),           S("=x"),
                                     S("points.x.text=1"),   S("points.0=1"),
                                     S("points.500.text=1"), S("days.0.text=1"),
                                     S("points:=["),         S("points:={\"a\":1,\"a\":2}")};
    struct cli_input in = {.table = &FORM_TABLE, .dir = S(".")};
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct str json = {};
        enum err e = cli_input_json(c, &in, &BAD[i], 1, &json);
        assert_int_equal(e, ERR_SYNTAX);
        assert_string_equal(c->failure.reason, "cli.pair");
        call_clear(c);
    }
}

static void a_missing_file_is_named(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("subject=@/nowhere/at/all")};
    struct cli_files files = {};
    enum err e = cli_files_open(c, pairs, 1, &files);
    assert_int_equal(e, ERR_NOT_FOUND);
    assert_true(str_eq(c->failure.args[0].value, S("/nowhere/at/all")));
}

static void a_query_is_escaped(void **state)
{
    struct call *c = *state;
    const struct str pairs[] = {S("state=open"), S("q=a&b c")};
    struct str query = {};
    enum err e = cli_input_query(c, pairs, 2, &query);
    assert_int_equal(e, OK);
    assert_json(query, "state=open&q=a%26b%20c");
}

static int setup(void **state)
{
    struct arena *arena = arena_open(0);
    struct call *c = arena_alloc(arena, sizeof *c);
    *c = (struct call){.arena = arena, .env = env_real()};
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    struct call *c = *state;
    arena_close(c->arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_take_the_type_of_their_field),
        TEST(a_value_may_hold_an_equals_sign),
        TEST(decomposed_text_is_composed),
        TEST(rows_are_named_by_their_number),
        TEST(a_list_of_codes_becomes_rows_of_ids),
        TEST(json_stands_as_it_is),
        TEST(unknown_fields_are_left_to_the_act),
        TEST(malformed_pairs_are_refused),
        TEST(a_missing_file_is_named),
        TEST(a_query_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
