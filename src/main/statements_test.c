#include "t.h"

#include "core/check_run.h"
#include "exchange/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXTS_BYTES = 1024 * 1024, STATEMENTS_LEAST = 80, PARAMETERS_MAX = 64 };

/* What tools/statements.py prints. Shapes: the tests run in the root of the checkout. */
static struct str statements(struct arena *arena)
{
    char *texts = arena_alloc(arena, TEXTS_BYTES);
    FILE *tool = popen("python3 tools/statements.py", "r");
    assert_non_null(tool);
    size_t len = fread(texts, 1, TEXTS_BYTES, tool);
    assert_int_equal(pclose(tool), 0);
    assert_true(len < TEXTS_BYTES);
    return (struct str){texts, len};
}

static size_t parameters_of(struct str text)
{
    int64_t most = 0;
    for (size_t at = str_find(text, S("$"), 0); at < text.len;
         at = str_find(text, S("$"), at + 1)) {
        size_t end = at + 1;
        while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
            end++;
        int64_t number = 0;
        assert_true(parse_int(str_sub(text, at + 1, end), 1, PARAMETERS_MAX, &number));
        if (number > most) most = number;
    }
    return (size_t)most;
}

/* The database parses and plans the statement; a text it does not understand ends the process. */
static enum err explain(struct call *c, void *arg)
{
    struct str text = *(struct str *)arg;
    struct value none[PARAMETERS_MAX] = {};
    struct rows rows = {};
    const char *sql = str_format(c->arena, "EXPLAIN %.*s", STR_ARG(text)).ptr;
    return store_all(c, sql, none, parameters_of(text), &rows);
}

static enum err scratch(struct call *c, void *arg)
{
    (void)arg;
    return check_scratch_schema(c);
}

static void every_statement_of_every_module_can_be_prepared(void **state)
{
    (void)state;
    struct t_office t = {};
    t_office_open(&t, "VPCP");
    struct call c = t_call(&t, NULL);
    assert_int_equal(exchange_migrate(&c), OK);
    assert_int_equal(store_tx(&c, scratch, NULL), OK);
    struct str rest = statements(c.arena);
    size_t count = 0;
    while (rest.len > 0) {
        struct str text = {};
        assert_true(str_cut(rest, '\0', &text, &rest));
        assert_int_equal(store_tx(&c, explain, &text), OK);
        count++;
    }
    assert_true(count >= STATEMENTS_LEAST);
    print_message("%zu statements\n", count);
    call_end(&c);
    t_office_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_of_every_module_can_be_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
