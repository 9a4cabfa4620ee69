#include "calendar_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/env.h"

enum { LINE_BYTES = 4096 };

static struct call begin(void)
{
    return call_begin(env_real(), NULL, NULL);
}

static bool parses(const char *text)
{
    struct call c = begin();
    struct calendar_rule rule = {};
    enum err e = calendar_rule_parse(&c, str_of(text), &rule);
    call_end(&c);
    return e == OK;
}

static void one_rule(struct str line)
{
    struct call c = begin();
    struct calendar_rule rule = {};
    struct calendar_window w = {.max = 1000};
    struct str text = {}, part = {}, expected = {};
    int64_t *found = NULL;
    size_t count = 0;
    (void)str_cut(line, '\t', &text, &expected);
    int64_t *const NUMBERS[] = {&w.start_s, &w.from_s, &w.to_s};
    for (size_t i = 0; i < ARRAY_LEN(NUMBERS); i++) {
        (void)str_cut(expected, '\t', &part, &expected);
        assert_true(parse_int(part, 0, INT64_MAX, NUMBERS[i]));
    }
    enum err e = calendar_rule_parse(&c, text, &rule);
    if (e == OK) e = calendar_rule_expand(&c, &rule, &w, &found, &count);
    struct sb sb = sb_new(c.arena, 0);
    for (size_t i = 0; e == OK && i < count; i++)
        sb_printf(&sb, "%s%lld", i > 0 ? " " : "", (long long)found[i]);
    if (e != OK || !str_eq(sb_str(&sb), expected)) {
        printf("%.*s\n  found %.*s\n", STR_ARG(line), STR_ARG(sb_str(&sb)));
    }
    assert_int_equal(e, OK);
    assert_true(str_eq(sb_str(&sb), expected));
    call_end(&c);
}

/* Written by test/rules/rules.py with python3-dateutil; RULES names another file of that form. */
static void rules_expand_as_another_program_says(void **state)
{
    const char *path = getenv("RULES");
    FILE *file = fopen(path != NULL ? path : "test/golden/rules.tsv", "r");
    char line[LINE_BYTES];
    size_t rules = 0;
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct str text = str_of(line);
        assert_true(text.len > 0 && text.ptr[text.len - 1] == '\n');
        one_rule(str_sub(text, 0, text.len - 1));
        rules++;
    }
    (void)fclose(file);
    assert_true(rules >= 300);
}

static void what_the_rfc_forbids_is_refused(void **state)
{
    static const char *const WRONG[] = {"",
                                        "COUNT=2",
                                        "FREQ=FORTNIGHTLY",
                                        "FREQ=DAILY;FREQ=DAILY",
                                        "FREQ=DAILY;COUNT=2;UNTIL=20271231",
                                        "FREQ=DAILY;BYDAY=2MO",
                                        "FREQ=WEEKLY;BYMONTHDAY=1",
                                        "FREQ=MONTHLY;BYWEEKNO=1",
                                        "FREQ=MONTHLY;BYYEARDAY=1",
                                        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO",
                                        "FREQ=YEARLY;BYMONTHDAY=0",
                                        "FREQ=YEARLY;BYMONTHDAY=32",
                                        "FREQ=DAILY;INTERVAL=0",
                                        "FREQ=DAILY;BYSETPOS=1",
                                        "FREQ=DAILY;UNTIL=20270230",
                                        "FREQ=DAILY;X=1",
                                        "FREQ=DAILY;"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(WRONG); i++)
        assert_false(parses(WRONG[i]));
    assert_true(parses("FREQ=YEARLY;BYMONTHDAY=31;BYDAY=MO,TU;BYSETPOS=-1;UNTIL=20271231T000000Z"));
}

static enum err expands(const char *text, struct calendar_window w, size_t *ret_count)
{
    struct call c = begin();
    struct calendar_rule rule = {};
    int64_t *found = NULL;
    enum err e = calendar_rule_parse(&c, str_of(text), &rule);
    assert_int_equal(e, OK);
    e = calendar_rule_expand(&c, &rule, &w, &found, ret_count);
    call_end(&c);
    return e;
}

static void a_rule_that_gives_too_much_is_refused_and_not_cut(void **state)
{
    size_t count = 0;
    struct calendar_window w = {.to_s = 40LL * 365 * 86400, .max = 1000};
    (void)state;
    assert_int_equal(expands("FREQ=SECONDLY", w, &count), ERR_LIMIT);
    assert_int_equal(expands("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", w, &count), OK);
    assert_int_equal(count, 0);
    w.max = 100000;
    assert_int_equal(expands("FREQ=YEARLY;BYSETPOS=1;BYHOUR=1,2,3,4,5,6,7,8,9,10;BYDAY=MO,TU;"
                             "BYMINUTE=1,2,3,4,5,6,7,8,9;BYSECOND=1,2,3,4,5,6,7,8,9",
                             w, &count),
                     ERR_LIMIT);
}

static void a_window_years_later_is_reached_at_once(void **state)
{
    size_t count = 0;
    struct calendar_window w = {.start_s = 9 * 3600, .max = 10};
    (void)state;
    w.from_s = 47000LL * 86400;
    w.to_s = w.from_s + 7 * 86400;
    assert_int_equal(expands("FREQ=DAILY", w, &count), OK);
    assert_int_equal(count, 7);
    assert_int_equal(expands("FREQ=HOURLY;INTERVAL=24", w, &count), OK);
    assert_int_equal(count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_expand_as_another_program_says),
        cmocka_unit_test(what_the_rfc_forbids_is_refused),
        cmocka_unit_test(a_rule_that_gives_too_much_is_refused_and_not_cut),
        cmocka_unit_test(a_window_years_later_is_reached_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
