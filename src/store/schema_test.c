#include "store/schema.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct dialect PLAIN = {
    .id = {"<id>", 4},
    .integer = {"<int>", 5},
    .text = {"<text>", 6},
    .bytes = {"<bytes>", 7},
    .table_end = {" STRICT", 7},
};

static void becomes(const char *sql, const char *want)
{
    struct arena *arena = arena_open(0);
    struct str got = schema_translate(arena, str_of(sql), &PLAIN);
    assert_string_equal(str_zero(arena, got), want);
    arena_close(arena);
}

static void the_four_words_become_the_dialects(void **state)
{
    (void)state;
    becomes("ALTER TABLE a ADD b INT; ALTER TABLE a ADD c BYTES",
            "ALTER TABLE a ADD b <int>; ALTER TABLE a ADD c <bytes>");
    becomes("id ID, t TEXT", "id <id>, t <text>");
}

static void only_whole_words_in_capitals_are_types(void **state)
{
    (void)state;
    becomes("INTO id_INT int PRINT TEXT2 IDS", "INTO id_INT int PRINT TEXT2 IDS");
}

static void quotes_and_comments_stay(void **state)
{
    (void)state;
    becomes("CHECK (a <> 'INT'';ID') -- it's an ID\n, \"TEXT\" /* ' ID ; */ INT",
            "CHECK (a <> 'INT'';ID') -- it's an ID\n, \"TEXT\" /* ' ID ; */ <int>");
}

static void every_created_table_gets_its_end(void **state)
{
    (void)state;
    becomes("CREATE TABLE a (x INT);\nCREATE INDEX i ON a (x);\n-- last\nCREATE TABLE b (y TEXT)",
            "CREATE TABLE a (x <int>) STRICT;\nCREATE INDEX i ON a (x);\n-- last\n"
            "CREATE TABLE b (y <text>) STRICT");
    becomes("CREATE VIRTUAL TABLE f USING fts5 (t);", "CREATE VIRTUAL TABLE f USING fts5 (t);");
}

static void a_trigger_stays_whole(void **state)
{
    (void)state;
    becomes("CREATE TRIGGER t BEFORE UPDATE ON a BEGIN SELECT RAISE(ABORT, 'INT'); END;",
            "CREATE TRIGGER t BEFORE UPDATE ON a BEGIN SELECT RAISE(ABORT, 'INT'); END;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_words_become_the_dialects),
        cmocka_unit_test(only_whole_words_in_capitals_are_types),
        cmocka_unit_test(quotes_and_comments_stay),
        cmocka_unit_test(every_created_table_gets_its_end),
        cmocka_unit_test(a_trigger_stays_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
