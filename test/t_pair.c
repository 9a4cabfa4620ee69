#include "t_pair.h"

#include "exchange/exchange.h"
#include "exchange/inbox.h"
#include "exchange/sequencer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

static void side_open(struct t_side *side, const char *code)
{
    t_office_open(&side->t, code);
    struct call c = t_call(&side->t, "admin");
    must(&c, exchange_migrate(&c));
    must(&c, sequencer_take(&c, &side->sequencer));
    call_end(&c);
}

static void meet(struct t_side *from, struct t_side *to)
{
    struct call c = t_call(&from->t, NULL);
    struct call there = t_call(&to->t, NULL);
    struct greet_request rq = {};
    struct str answer = {};
    from->feed.peer = to->t.office.id;
    do {
        from->feed.wake_ms = 0;
        must(&c, greet_next(&c, &from->feed, &rq));
        must(&there, greet_receive(&there, from->t.office.id, rq.kind, rq.body, &answer));
        must(&c, greet_answer(&c, &from->feed, answer));
    } while (!from->feed.greet.done);
    call_end(&there);
    call_end(&c);
}

int t_pair_open(void **state)
{
    struct arena *arena = arena_open(0);
    struct t_pair *p = arena_alloc(arena, sizeof *p);
    p->arena = arena;
    side_open(&p->a, "VPA");
    side_open(&p->b, "VPB");
    t_peers(&p->a.t, &p->b.t);
    meet(&p->a, &p->b);
    meet(&p->b, &p->a);
    *state = p;
    return 0;
}

int t_pair_close(void **state)
{
    struct t_pair *p = *state;
    t_office_close(&p->a.t);
    t_office_close(&p->b.t);
    arena_close(p->arena);
    return 0;
}

struct noting {
    struct put put;
    int64_t count;
    struct act_result result;
};

static enum err put_step(struct call *c, void *arg)
{
    struct noting *noting = arg;
    enum err e = OK;
    for (int64_t i = 0; e == OK && i < noting->count; i++)
        e = record_put(c, &noting->put, &noting->result);
    return e;
}

static struct str put_notes(struct t_pair *p, struct t_side *from, struct str record, int64_t count)
{
    const struct kind *kind = module_kind(S("note.note"));
    struct call c = t_call(&from->t, "admin");
    void *body = arena_alloc(c.arena, kind->table->size);
    struct str audience[] = {
        str_format(c.arena, "o:%.*s", STR_ARG(p->a.t.office.id)),
        str_format(c.arena, "o:%.*s", STR_ARG(p->b.t.office.id)),
    };
    must(&c, fields_read(&c, kind->table, S("{\"title\":\"Phân công\"}"), UNKNOWN_REFUSE, body));
    struct noting noting = {.put = {.kind = "note.note",
                                    .record = record,
                                    .body = body,
                                    .audience = audience,
                                    .audience_count = ARRAY_LEN(audience),
                                    .priority = PRIORITY_NORMAL},
                            .count = count};
    must(&c, store_tx(&c, put_step, &noting));
    struct str made = str_copy(from->t.arena, noting.result.record);
    call_end(&c);
    return made;
}

struct str t_pair_note(struct t_pair *p, struct t_side *from, struct str record)
{
    return put_notes(p, from, record, 1);
}

void t_pair_notes(struct t_pair *p, struct t_side *from, int64_t count)
{
    (void)put_notes(p, from, (struct str){}, count);
}

static bool carry_one(struct t_side *from, struct t_side *to)
{
    struct call c = t_call(&from->t, NULL);
    struct call there = t_call(&to->t, NULL);
    struct str bytes = {};
    struct str ack = {};
    from->feed.wake_ms = 0;
    must(&c, sequencer_run(&c, &from->sequencer));
    must(&c, feed_next(&c, &from->feed, &bytes));
    bool any = bytes.len > 0;
    if (any) {
        must(&there, inbox_receive(&there, from->t.office.id, bytes, &ack));
        must(&c, feed_answer(&c, &from->feed, ack, NULL));
    }
    call_end(&there);
    call_end(&c);
    return any;
}

void t_pair_carry(struct t_side *from, struct t_side *to)
{
    while (carry_one(from, to)) {
    }
}

struct asking {
    const char *sql;
    int64_t number;
};

static enum err ask_step(struct call *c, void *arg)
{
    struct asking *asking = arg;
    struct rows rows = {};
    enum err e = store_one(c, asking->sql, NO_ARGS, &rows);
    if (e == OK) asking->number = rows_int(&rows, 0, 0);
    return e;
}

int64_t t_ask(struct t_office *t, const char *sql)
{
    struct call c = t_call(t, NULL);
    struct asking asking = {.sql = sql};
    must(&c, store_read(&c, ask_step, &asking));
    call_end(&c);
    return asking.number;
}

static enum err script_step(struct call *c, void *arg)
{
    return store_script(c, str_of(arg));
}

void t_script(struct t_office *t, const char *sql)
{
    struct call c = t_call(t, NULL);
    char *text = arena_copy(c.arena, sql, str_of(sql).len);
    must(&c, store_tx(&c, script_step, text));
    call_end(&c);
}
