/*
 * note_test.c: the first thing to read here. A test opens an office on a real SQLite file, adds
 * people, and does what they would do: by acts, as the web, the command line and programs do.
 */
#include "note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "t.h"

/* Every test gets an office of its own, with a desk officer named "minh". */
static int setup(void **state)
{
    struct t_office *t = calloc(1, sizeof *t);
    t_office_open(t, "VPCP");
    (void)t_person(t, "minh", ROLE_OFFICER);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    t_office_close(*state);
    free(*state);
    return 0;
}

/* An act is called by its name with its fields as JSON; it gives the record it made or changed. */
static struct act_result write_note(struct t_office *t)
{
    return t_act(t, "minh", "note.write",
                 "{\"title\":\"Chuẩn bị giao ban\",\"text\":\"Phòng họp số 2\"}");
}

static const char *about(struct t_office *t, struct str record, const char *more)
{
    return str_format(t->arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more).ptr;
}

/* A view is asked by its name with its arguments as JSON; what it gives is a small tree, the same
 * for every face. */
static struct str note_view(struct t_office *t, const char *name, const char *json)
{
    struct call c = t_call(t, "minh");
    const struct field_table *table = module_view(str_of(name))->args;
    void *args = arena_alloc(c.arena, table->size);
    struct view view = {};
    struct sb sb = sb_new(t->arena, 0);
    assert_int_equal(fields_read(&c, table, str_of(json), UNKNOWN_REFUSE, args), OK);
    assert_int_equal(view_run(&c, str_of(name), args, &view), OK);
    node_json(&sb, view.data);
    call_end(&c);
    return sb_str(&sb);
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void a_note_that_was_written_stands_in_the_list(void **state)
{
    struct act_result result = write_note(*state);
    assert_int_equal(result.n, 1);
    assert_true(contains(note_view(*state, "note.list", "{}"), "Chuẩn bị giao ban"));
}

static void a_note_without_a_title_is_refused(void **state)
{
    assert_string_equal(t_refused(*state, "minh", "note.write", "{\"text\":\"...\"}").ptr,
                        "field.required");
}

static void a_change_is_the_next_version(void **state)
{
    struct act_result result = write_note(*state);
    const char *json = about(*state, result.record, ",\"seen\":1,\"title\":\"Giao ban tháng 12\"");
    assert_int_equal(t_act(*state, "minh", "note.change", json).n, 2);
    assert_true(
        contains(note_view(*state, "note.show", about(*state, result.record, "")), "\"n\":2"));
}

static void a_change_based_on_an_older_version_is_refused(void **state)
{
    struct act_result result = write_note(*state);
    const char *json = about(*state, result.record, ",\"seen\":1,\"title\":\"Lần thứ hai\"");
    (void)t_act(*state, "minh", "note.change", json);
    assert_string_equal(t_refused(*state, "minh", "note.change", json).ptr, "record.stale");
}

static void a_finished_note_is_not_changed(void **state)
{
    struct act_result result = write_note(*state);
    const char *json = about(*state, result.record, ",\"title\":\"Muộn rồi\"");
    (void)t_act(*state, "minh", "note.finish", about(*state, result.record, ""));
    assert_string_equal(t_refused(*state, "minh", "note.change", json).ptr, "note.done");
    assert_string_equal(
        t_refused(*state, "minh", "note.finish", about(*state, result.record, "")).ptr,
        "note.done");
}

static void the_administrator_does_not_read_notes(void **state)
{
    struct act_result result = write_note(*state);
    assert_string_equal(
        t_refused(*state, "admin", "note.finish", about(*state, result.record, "")).ptr,
        "record.not_found");
}

static void a_note_survives_a_restart(void **state)
{
    (void)write_note(*state);
    t_office_restart(*state);
    assert_true(contains(note_view(*state, "note.list", "{}"), "Chuẩn bị giao ban"));
}

static void a_long_list_goes_on_after_the_last_line(void **state)
{
    struct t_office *t = *state;
    for (size_t i = 0; i < 51; i++) {
        t->now_ms += 1000;
        (void)write_note(t);
    }
    assert_true(contains(note_view(t, "note.list", "{}"), "\"next\":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_note_that_was_written_stands_in_the_list, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_note_without_a_title_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_is_the_next_version, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_based_on_an_older_version_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_finished_note_is_not_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_administrator_does_not_read_notes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_note_survives_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_list_goes_on_after_the_last_line, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
