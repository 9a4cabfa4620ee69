/* What a dishonest peer may try with versions and receipts, and what becomes of it. */
#include "core/receipt.h"
#include "core/record_sql.h"
#include "core/version.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h> /* after ours: it takes the name fail */

struct pair {
    struct t_office us;
    struct t_office peer;
};

static int open_pair(void **state)
{
    struct pair *p = test_malloc(sizeof *p);
    t_office_open(&p->us, "VPCP");
    t_office_open(&p->peer, "VPQH");
    t_peers(&p->us, &p->peer);
    *state = p;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *p = *state;
    t_office_close(&p->us);
    t_office_close(&p->peer);
    test_free(p);
    return 0;
}

static struct str party(struct arena *arena, char letter, struct str id)
{
    return str_format(arena, "%c:%.*s", letter, STR_ARG(id));
}

/* A note of the peer as its program would never write it; signed by the peer's own key. */
struct forged {
    struct str person;
    struct str more; /* a third party of the audience; empty: none */
};

static struct arrival forge(struct pair *p, const struct forged *forged)
{
    struct t_office *peer = &p->peer;
    struct call c = t_call(peer, NULL);
    const struct kind *kind = module_kind(S("note.note"));
    struct str audience[] = {party(peer->arena, 'o', p->us.office.id),
                             party(peer->arena, 'o', peer->office.id), forged->more};
    struct version v = {
        .record = str_format(peer->arena, "%.*s.%.*s", STR_ARG(peer->office.id),
                             STR_ARG(call_random_id(&c, 16))),
        .kind = S("note.note"),
        .schema = kind->schema,
        .n = 1,
        .person = forged->person,
        .time_ms = peer->now_ms,
        .audience = audience,
        .audience_count = forged->more.len > 0 ? 3 : 2,
        .key = peer->office.key,
    };
    void *body = arena_alloc(c.arena, kind->table->size);
    uint8_t hash[32];
    uint8_t signature[64];
    assert_int_equal(fields_read(&c, kind->table, S("{\"title\":\"Thử\"}"), UNKNOWN_REFUSE, body),
                     OK);
    assert_int_equal(version_write(&c, &v, kind, body), OK);
    assert_true(hex_decode(v.hash, hash, sizeof hash));
    office_sign_with(peer->secret_key, PURPOSE_VERSION, hash, signature);
    struct arrival arrival = {
        .bytes = str_copy(peer->arena, v.bytes),
        .signature = str_copy(peer->arena, (struct str){(const char *)signature, 64}),
        .office = peer->office.id,
    };
    call_end(&c);
    return arrival;
}

struct arriving {
    const struct arrival *arrival;
    struct version version;
};

static enum err arrive_step(struct call *c, void *arg)
{
    struct arriving *arriving = arg;
    return record_arrive(c, arriving->arrival, &arriving->version);
}

static void nobody_of_another_office_is_made_an_author(void **state)
{
    struct pair *p = *state;
    struct forged forged = {.person = t_person(&p->us, "lanh-dao", ROLE_LEADER)};
    struct arrival arrival = forge(p, &forged);
    struct arriving arriving = {.arrival = &arrival};
    struct call c = t_call(&p->us, NULL);
    assert_int_equal(store_tx(&c, arrive_step, &arriving), ERR_INVALID);
    assert_string_equal(c.failure.reason, "arrival.person");
    call_end(&c);
}

static void a_peer_shows_nothing_to_our_administrator(void **state)
{
    struct pair *p = *state;
    struct forged forged = {.more = S("r:admin")};
    struct arrival arrival = forge(p, &forged);
    struct arriving arriving = {.arrival = &arrival};
    struct head head = {};
    struct call c = t_call(&p->us, "admin");
    assert_int_equal(store_tx(&c, arrive_step, &arriving), OK);
    assert_int_equal(record_head_visible(&c, arriving.version.record, &head), ERR_NOT_FOUND);
    call_end(&c);
}

/* ---- receipts ---- */

static enum err put_step(struct call *c, void *arg)
{
    const struct kind *kind = module_kind(S("note.note"));
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = fields_read(c, kind->table, S("{\"title\":\"Riêng\"}"), UNKNOWN_REFUSE, body);
    struct put put = {.kind = "note.note", .body = body};
    return e != OK ? e : record_put(c, &put, arg);
}

static enum err receipt_step(struct call *c, void *arg)
{
    struct receipt receipt = {};
    return receipt_arrive(c, arg, &receipt);
}

static void a_receipt_comes_only_from_an_addressee(void **state)
{
    struct pair *p = *state;
    struct act_result made = {};
    struct version v = {};
    uint8_t hash[32];
    uint8_t signature[64];
    struct call c = t_call(&p->us, "admin");
    assert_int_equal(store_tx(&c, put_step, &made), OK);
    assert_int_equal(record_version(&c, made.record, 1, &v), OK);
    struct str bytes = str_format(
        c.arena,
        "{\"phoihop\":1,\"receipt\":\"R2\",\"record\":\"%.*s\",\"n\":1,\"hash\":\"%.*s\","
        "\"office\":\"%.*s\",\"time\":\"2026-11-25T03:00:00.000Z\",\"key\":\"%.*s\"}",
        STR_ARG(v.record), STR_ARG(v.hash), STR_ARG(p->peer.office.id),
        STR_ARG(p->peer.office.key));
    assert_true(hex_decode(version_hash(&c, bytes), hash, sizeof hash));
    office_sign_with(p->peer.secret_key, PURPOSE_RECEIPT, hash, signature);
    struct arrival arrival = {
        .bytes = bytes,
        .signature = {(const char *)signature, 64},
        .office = p->peer.office.id,
    };
    assert_int_equal(store_tx(&c, receipt_step, &arrival), ERR_INVALID);
    assert_string_equal(c.failure.reason, "receipt.unknown");
    call_end(&c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)
    const struct CMUnitTest tests[] = {
        T(nobody_of_another_office_is_made_an_author),
        T(a_peer_shows_nothing_to_our_administrator),
        T(a_receipt_comes_only_from_an_addressee),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
