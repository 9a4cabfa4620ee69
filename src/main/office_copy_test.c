/* A whole office moves to a SQLite file and back to the store of this run, and works on there. */
#include "core/check.h"
#include "exchange/log_check.h"
#include "exchange/exchange.h"
#include "store/copy.h"
#include "t.h"
#include "t_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

static void office_fill(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    assert_int_equal(exchange_migrate(&c), OK);
    call_end(&c);
    (void)t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Tổng hợp\"}");
    (void)t_person(t, "cv", 1);
    for (int i = 0; i < 40; i++) {
        struct str note = str_format(t->arena, "{\"title\":\"Việc số %d\"}", i);
        (void)t_act(t, "cv", "note.write", note.ptr);
    }
}

/* A store with the office's tables and nothing in them. */
static struct store *store_empty(struct t_office *t, const char *path)
{
    struct call c = call_begin(&t->env, NULL, &t->office);
    struct store_config config = {
        .path = path,
        .plugins = t_store_plugins(t->arena),
        .inline_writer = true,
        .before_commit = office_before_commit,
        .after_commit = office_after_commit,
        .arg = &t->office,
    };
    struct store *store = NULL;
    assert_int_equal(store_open(&c, &config, &store), OK);
    call_end(&c);
    c = call_begin(&t->env, store, &t->office);
    assert_int_equal(office_migrate(&c), OK);
    assert_int_equal(exchange_migrate(&c), OK);
    call_end(&c);
    return store;
}

/* The office's store becomes the other one. */
static void office_move(struct t_office *t, const char *path)
{
    struct store *to = store_empty(t, path);
    struct call c = t_call(t, NULL);
    assert_int_equal(store_copy(&c, to, NULL, NULL), OK);
    call_end(&c);
    store_close(t->store);
    t->store = to;
}

static void office_is_whole(struct t_office *t, int64_t versions)
{
    struct call c = t_call(t, NULL);
    struct node *report = node_map(&c);
    assert_int_equal(check_office(&c, log_check, report), OK);
    assert_int_equal(node_number(report, "difference_count"), 0);
    assert_int_equal(node_number(report, "versions"), versions);
    call_end(&c);
}

static void an_office_moves_to_a_file_and_back_and_works_on(void **state)
{
    (void)state;
    struct t_office t = {};
    t_office_open(&t, "VPCP");
    office_fill(&t);
    office_is_whole(&t, 44);
    office_move(&t, str_format(t.arena, "%s/moved.db", t.dir).ptr);
    office_is_whole(&t, 44);
    (void)t_act(&t, "cv", "note.write", "{\"title\":\"Việc trên tệp\"}");
    const char *back = str_format(t.arena, "%s_back", t.dir).ptr;
    office_move(&t, t_on_postgres() ? t_store_path(t.arena, back)
                                    : str_format(t.arena, "%s/back.db", t.dir).ptr);
    (void)t_act(&t, "cv", "note.write", "{\"title\":\"Việc ở nơi cũ\"}");
    office_is_whole(&t, 46);
    t_office_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_office_moves_to_a_file_and_back_and_works_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
