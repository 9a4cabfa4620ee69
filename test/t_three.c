#include "t_three.h"

#include "core/check.h"
#include "core/receipt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

int three_open(void **state)
{
    static const char *const CODES[OFFICES] = {"VPTU", "VPHD", "VPUB"};
    struct three *t = test_calloc(1, sizeof *t);
    for (size_t i = 0; i < OFFICES; i++) {
        t_office_open(&t->o[i], CODES[i]);
        (void)t_person(&t->o[i], "vanthu", ROLE_REGISTRY);
        for (size_t k = 0; k < i; k++)
            t_peers(&t->o[k], &t->o[i]);
    }
    *state = t;
    return 0;
}

int three_close(void **state)
{
    struct three *t = *state;
    for (size_t i = 0; i < OFFICES; i++)
        t_office_close(&t->o[i]);
    test_free(t);
    return 0;
}

/* ---- what people do ---- */

struct str three_party(struct three *t, size_t office)
{
    return str_format(t->o[A].arena, "o:%.*s", STR_ARG(t->o[office].office.id));
}

struct noting {
    struct put put;
    struct act_result result;
};

static enum err note_step(struct call *c, void *arg)
{
    struct noting *noting = arg;
    return record_put(c, &noting->put, &noting->result);
}

struct str three_note(struct three *t, unsigned audience, struct str record)
{
    struct call c = t_call(&t->o[A], "vanthu");
    const struct kind *kind = module_kind(S("note.note"));
    void *body = arena_alloc(c.arena, kind->table->size);
    struct str parties[OFFICES];
    struct noting noting = {.put = {.kind = "note.note", .record = record, .audience = parties}};
    for (size_t i = 0; i < OFFICES; i++) {
        if ((audience & 1U << i) != 0) parties[noting.put.audience_count++] = three_party(t, i);
    }
    assert_int_equal(fields_read(&c, kind->table, S("{\"title\":\"Hồ sơ\"}"), UNKNOWN_REFUSE, body),
                     OK);
    noting.put.body = body;
    assert_int_equal(store_tx(&c, note_step, &noting), OK);
    struct str made = str_copy(t->o[A].arena, noting.result.record);
    call_end(&c);
    return made;
}

struct str three_try(struct three *t, size_t office, const char *act, struct str record,
                     const char *more)
{
    struct call c = t_call(&t->o[office], "vanthu");
    struct act_result result = {};
    struct str json = str_format(c.arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more);
    enum err e = act_run_json(&c, str_of(act), json, (struct str){}, &result);
    struct str why = e == OK ? (struct str){} : str_of(c.failure.reason);
    call_end(&c);
    return why;
}

void three_do(struct three *t, size_t office, const char *act, struct str record, const char *more)
{
    struct str why = three_try(t, office, act, record, more);
    if (why.len > 0) fail_msg("%s: %.*s", act, STR_ARG(why));
}

void three_refused(struct three *t, size_t office, const char *act, struct str record,
                   const char *reason)
{
    struct str why = three_try(t, office, act, record, "");
    assert_true(str_eq(why, str_of(reason)));
}

void three_give(struct three *t, size_t from, size_t to, struct str record)
{
    struct str more =
        str_format(t->o[A].arena, ",\"office\":\"%.*s\"%c", STR_ARG(t->o[to].office.id), 0);
    three_do(t, from, "record.give_home", record, more.ptr);
}

/* ---- feeds, one entry at a time ---- */

struct arriving {
    struct arrival arrival;
    bool receipt;
};

static enum err arrive_step(struct call *c, void *arg)
{
    const struct arriving *a = arg;
    struct version v = {};
    struct receipt r = {};
    return a->receipt ? receipt_arrive(c, &a->arrival, &r) : record_arrive(c, &a->arrival, &v);
}

struct arrival three_arrival(const struct t_office *from, struct str bytes, struct str signature)
{
    return (struct arrival){
        .bytes = bytes,
        .signature = signature,
        .office = from->office.id,
    };
}

struct str three_arrive(struct t_office *to, const struct arrival *arrival, bool receipt)
{
    struct call c = t_call(to, NULL);
    struct arriving arriving = {*arrival, receipt};
    enum err e = store_tx(&c, arrive_step, &arriving);
    struct str why = e == OK ? (struct str){} : str_of(c.failure.reason);
    call_end(&c);
    return why;
}

struct waiting {
    struct str peer;
    int64_t after;
    struct rows rows;
};

static enum err waiting_step(struct call *c, void *arg)
{
    struct waiting *w = arg;
    return store_all(
        c,
        "SELECT o.id, o.object_kind, coalesce(v.bytes, r.bytes), coalesce(v.sig, r.sig)"
        " FROM outbox o LEFT JOIN version v ON v.record = o.record AND v.n = o.n"
        " AND o.object_kind = 1 LEFT JOIN receipt r ON r.hash = o.object"
        " WHERE o.peer = $1 AND o.id > $2 AND o.object_kind < 3 ORDER BY o.id LIMIT 1",
        ARGS(TEXT(w->peer), INT(w->after)), &w->rows);
}

bool three_hand_over(struct t_office *from, struct t_office *to, int64_t *io_carried, bool look)
{
    struct call c = t_call(from, NULL);
    struct waiting w = {.peer = to->office.id, .after = *io_carried};
    assert_int_equal(store_read(&c, waiting_step, &w), OK);
    bool any = w.rows.count > 0;
    if (any && !look) {
        struct arrival arrival =
            three_arrival(from, rows_text(&w.rows, 0, 2), rows_text(&w.rows, 0, 3));
        struct str why = three_arrive(to, &arrival, rows_int(&w.rows, 0, 1) == 2);
        if (why.len > 0) {
            fail_msg("%.*s to %.*s: %.*s", STR_ARG(from->office.code), STR_ARG(to->office.code),
                     STR_ARG(why));
        }
        *io_carried = rows_int(&w.rows, 0, 0);
    }
    call_end(&c);
    return any;
}

bool three_deliver(struct three *t, size_t from, size_t to, bool look)
{
    return three_hand_over(&t->o[from], &t->o[to], &t->carried[from][to], look);
}

void three_deliver_all(struct three *t)
{
    bool any = true;
    while (any) {
        any = false;
        for (size_t i = 0; i < (size_t)OFFICES * OFFICES; i++) {
            bool pair = i / OFFICES != i % OFFICES;
            if (pair) any = three_deliver(t, i / OFFICES, i % OFFICES, false) || any;
        }
    }
}

struct head three_head(struct three *t, size_t office, struct str record)
{
    struct call c = t_call(&t->o[office], NULL);
    struct head head = {};
    if (record_head(&c, record, &head) != OK) head = (struct head){};
    head.home = str_copy(t->o[office].arena, head.home);
    head.hash = str_copy(t->o[office].arena, head.hash);
    call_end(&c);
    return head;
}

bool three_is_home(struct three *t, size_t office, struct str record)
{
    return str_eq(three_head(t, office, record).home, t->o[office].office.id);
}

void three_check(struct three *t, size_t office)
{
    struct call c = t_call(&t->o[office], NULL);
    struct node *report = node_map(&c);
    assert_int_equal(check_office(&c, NULL, report), OK);
    assert_int_equal(node_number(report, "difference_count"), 0);
    call_end(&c);
}
