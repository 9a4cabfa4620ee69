/* The log of an office among its peers. */
#include "exchange/log.h"

#include "base/limits.h"
#include "core/check.h"
#include "exchange/log_check.h"
#include "exchange/tile.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "t_log.h"

static int open_logs(void **state)
{
    *state = t_logs_open();
    return 0;
}

static int close_logs(void **state)
{
    t_logs_close(*state);
    return 0;
}

static void run(void **state, void (*fn)(struct t_logs *logs, void *arg))
{
    t_logs_trial(*state, true, fn, NULL);
}

static void leaf_more(struct t_logs *logs, int64_t like)
{
    t_log_run(logs->ends[0].c,
              "INSERT INTO leaf (kind, hash) SELECT kind, substr(hash, 3) || '07' FROM leaf"
              " WHERE log_index = $1",
              like);
}

static int64_t signed_size(struct call *c)
{
    return t_log_number(c, "SELECT coalesce(max(size), $1) FROM log_head", 0);
}

static struct log_reply ask(struct t_logs *logs, size_t to, const char *method, struct str path,
                            struct str body)
{
    struct log_ask question = {str_of(method), path, body};
    struct log_reply reply = {};
    struct call *c = logs->ends[to].c;
    enum err e = log_serve(c, logs->ends[0].t.office.id, &question, &reply);
    if (e != OK) reply.status = err_info(e)->http_status;
    if (e != OK) call_clear(c);
    return reply;
}

static void one_a_minute(struct t_logs *logs, void *arg)
{
    (void)arg;
    struct t_end *a = &logs->ends[0];
    bool fresh = false;
    int64_t wake_ms = 0;
    assert_true(t_log_sign(logs, 0));
    int64_t size = signed_size(a->c);
    assert_true(size > 256);
    leaf_more(logs, 3);
    assert_int_equal(sequencer_run(a->c, &a->sequencer), OK);
    assert_int_equal(log_sign(a->c, &a->sequencer, &fresh, &wake_ms), OK);
    assert_false(fresh);
    assert_int_equal(wake_ms, a->c->now_ms + LOG_SIGN_EVERY_MS);
    assert_true(t_log_sign(logs, 0));
    assert_int_equal(signed_size(a->c), size + 1);
    assert_false(t_log_sign(logs, 0)); /* nothing new */
}

static void a_checkpoint_is_signed_at_most_once_a_minute(void **state)
{
    run(state, one_a_minute);
}

static void fenced(struct t_logs *logs, void *arg)
{
    (void)arg;
    struct t_end *a = &logs->ends[0];
    struct sequencer other = {.fence = a->sequencer.fence + 1};
    bool fresh = false;
    int64_t wake_ms = 0;
    assert_int_equal(log_sign(a->c, &other, &fresh, &wake_ms), ERR_STALE);
    call_clear(a->c);
    assert_int_equal(signed_size(a->c), 0);
}

static void who_has_lost_the_lease_signs_nothing(void **state)
{
    run(state, fenced);
}

/* A monitor that has nothing but the tiles makes the signed root out of them. */
static void tiles_give_the_root(struct t_logs *logs, void *arg)
{
    (void)arg;
    struct call *c = logs->ends[0].c;
    struct note note = {};
    struct tree_sum sum = {};
    struct tree_head made = {};
    assert_true(t_log_sign(logs, 0));
    struct log_reply reply = ask(logs, 0, "GET", S("/x1/log/checkpoint"), S(""));
    assert_int_equal(reply.status, 200);
    assert_int_equal(note_read(c, reply.body, &note), OK);
    for (int64_t n = 0; n * TILE_WIDTH < note.checkpoint.head.size; n++) {
        struct tile tile = {0, n, tile_width(0, n, note.checkpoint.head.size)};
        struct str path =
            str_format(c->arena, "/x1/log/tile/%.*s", STR_ARG(tile_path(c->arena, &tile)));
        reply = ask(logs, 0, "GET", path, S(""));
        assert_int_equal(reply.status, 200);
        assert_int_equal(reply.body.len, tile.width * 32);
        for (size_t at = 0; at < reply.body.len; at += 32)
            tree_add(&sum, (const uint8_t *)reply.body.ptr + at);
    }
    tree_sum_head(&sum, &made);
    assert_int_equal(made.size, note.checkpoint.head.size);
    assert_true(tree_same_root(&made, &note.checkpoint.head));
    assert_int_equal(ask(logs, 0, "GET", S("/x1/log/tile/0/001"), S("")).status, 404);
    assert_int_equal(ask(logs, 0, "GET", S("/x1/log/tile/1/000.p/1"), S("")).status, 200);
    assert_int_equal(ask(logs, 0, "GET", S("/x1/log/tile/entries/000"), S("")).status, 404);
    assert_int_equal(ask(logs, 0, "POST", S("/x1/log/checkpoint"), S("")).status, 405);
}

static void the_tiles_give_the_signed_root(void **state)
{
    run(state, tiles_give_the_root);
}

static void every_object_is_proven(struct t_logs *logs, void *arg)
{
    (void)arg;
    struct call *c = logs->ends[0].c;
    struct rows rows = {};
    struct str line = {};
    int64_t time_s = 0;
    assert_true(t_log_sign(logs, 0));
    t_log_talk(logs, 0, 1);
    leaf_more(logs, 3);
    assert_true(t_log_sign(logs, 0)); /* newer, but nobody has cosigned it */
    assert_int_equal(store_all(c, "SELECT hash FROM leaf ORDER BY log_index DESC", NO_ARGS, &rows),
                     OK);
    for (size_t i = 0; i < rows.count; i++) {
        struct log_proof proof = {};
        struct note note = {};
        struct str key = logs->ends[0].t.office.public_key;
        assert_int_equal(log_proof(c, rows_text(&rows, i, 0), &proof), OK);
        assert_int_equal(log_proof_verify(c, &proof, key, rows_text(&rows, i, 0), &note), OK);
        enum note_verdict seen = note_cosigned(c, &note, logs->ends[1].t.office.id,
                                               logs->ends[1].t.office.public_key, &line, &time_s);
        assert_int_equal(seen, i == 0 ? NOTE_NONE : NOTE_GOOD);
    }
    struct log_proof none = {};
    assert_int_equal(log_proof(c, S("00"), &none), ERR_NOT_FOUND);
    call_clear(c);
}

static void every_object_of_the_log_is_proven(void **state)
{
    run(state, every_object_is_proven);
}

/* Two offices hold the same version: nothing in the tiles shows that. */
static void leaves_tell_nothing(struct t_logs *logs, void *arg)
{
    (void)arg;
    struct rows a = {};
    struct rows b = {};
    assert_true(t_log_sign(logs, 0));
    assert_true(t_log_sign(logs, 1));
    const char *sql = "SELECT hashes FROM log_tile WHERE level = 0 ORDER BY n";
    assert_int_equal(store_all(logs->ends[0].c, sql, NO_ARGS, &a), OK);
    assert_int_equal(store_all(logs->ends[1].c, sql, NO_ARGS, &b), OK);
    for (size_t i = 0; i < b.count; i++) {
        struct str tile = rows_text(&b, i, 0);
        for (size_t at = 0; at < tile.len; at += 32) {
            for (size_t k = 0; k < a.count; k++) {
                struct str other = rows_text(&a, k, 0);
                assert_int_equal(str_find(other, str_sub(tile, at, at + 32), 0), other.len);
            }
        }
    }
    assert_true(t_log_number(logs->ends[0].c, "SELECT count(*) FROM version WHERE kind ="
                                              " 'note.note' AND n >= $1", 1) > T_LOG_NOTES);
}

static void the_tiles_do_not_tell_who_holds_the_same(void **state)
{
    run(state, leaves_tell_nothing);
}

/* The statuses of c2sp.org/tlog-witness. */
static void witness_statuses(struct t_logs *logs, void *arg)
{
    (void)arg;
    const struct str add = S("/x1/witness/add-checkpoint");
    struct call *a = logs->ends[0].c;
    struct str note = {};
    assert_true(t_log_sign(logs, 0));
    assert_int_equal(log_note(a, &note), OK);
    int64_t size = signed_size(a);
    struct submission s = {.note_bytes = note};
    struct str good = submission_write(a->arena, &s);
    assert_int_equal(ask(logs, 1, "POST", add, S("old 0\n")).status, 400);
    assert_int_equal(ask(logs, 1, "POST", add, S("")).status, 400);
    assert_int_equal(ask(logs, 0, "POST", add, good).status, 404); /* nobody is its own witness */
    char *changed = arena_copy(a->arena, good.ptr, good.len);
    changed[good.len - 20] = changed[good.len - 20] == 'A' ? 'B' : 'A';
    assert_int_equal(ask(logs, 1, "POST", add, (struct str){changed, good.len}).status, 403);
    s.old_size = size + 1;
    assert_int_equal(ask(logs, 1, "POST", add, submission_write(a->arena, &s)).status, 400);
    s.old_size = 3;
    struct log_reply reply = ask(logs, 1, "POST", add, submission_write(a->arena, &s));
    assert_int_equal(reply.status, 409);
    assert_true(str_eq(reply.body, S("0\n")));
    assert_string_equal(reply.media, "text/x.tlog.size");
    s.old_size = 0;
    s.path.count = 1;
    assert_int_equal(ask(logs, 1, "POST", add, submission_write(a->arena, &s)).status, 422);
    reply = ask(logs, 1, "POST", add, good);
    assert_int_equal(reply.status, 200);
    assert_true(str_starts(reply.body, S("\xe2\x80\x94 phoihop/")));
    reply = ask(logs, 1, "POST", add, good);
    assert_int_equal(reply.status, 409);
    assert_true(str_eq(reply.body, str_format(a->arena, "%lld\n", (long long)size)));
}

static void the_witness_answers_as_the_standard_says(void **state)
{
    run(state, witness_statuses);
}

static void debt(struct t_logs *logs, void *arg)
{
    (void)arg;
    struct call *a = logs->ends[0].c;
    struct node *map = node_map(a);
    assert_int_equal(log_debt(a, map), OK);
    assert_int_equal(node_number(map, "size"), 0);
    assert_true(node_number(map, "debt") > 256);
    assert_true(t_log_sign(logs, 0));
    t_log_talk(logs, 0, 1);
    leaf_more(logs, 3);
    assert_int_equal(sequencer_run(a, &logs->ends[0].sequencer), OK);
    map = node_map(a);
    assert_int_equal(log_debt(a, map), OK);
    assert_int_equal(node_number(map, "debt"), 1);
    assert_int_equal(node_number(map, "unsigned"), 1);
    assert_int_equal(node_number(map, "witnesses"), 2);
    assert_int_equal(node_number(map, "witnessed"), 1);
    assert_int_equal(node_number(map, "alarms"), 0);
}

static void what_is_not_yet_witnessed_is_a_debt(void **state)
{
    run(state, debt);
}

/* A peer that lies about our own head. */
static void lie(struct t_logs *logs, void *arg)
{
    (void)arg;
    struct call *a = logs->ends[0].c;
    assert_true(t_log_sign(logs, 0));
    struct gossip told = {.office = logs->ends[0].t.office.id, .size = 5, .root = S("00")};
    struct list heads = {.rows = &told, .count = 1};
    assert_int_equal(heads_heard(a, logs->ends[1].t.office.id, &heads), OK);
    assert_int_equal(t_log_alarms(a), 0); /* not even a root */
    told.root = S("0000000000000000000000000000000000000000000000000000000000000001");
    assert_int_equal(heads_heard(a, logs->ends[1].t.office.id, &heads), OK);
    assert_int_equal(t_log_alarms(a), 1);
    told.size = INT64_MAX;
    assert_int_equal(heads_heard(a, logs->ends[1].t.office.id, &heads), OK);
    assert_int_equal(t_log_alarms(a), 2); /* a fork, and more than we know */
    told.office = S("zzzzzzzzzzzzzzzzzzzzzzzzzz");
    assert_int_equal(heads_heard(a, logs->ends[1].t.office.id, &heads), OK);
    assert_int_equal(t_log_number(a, "SELECT count(*) FROM log_claim WHERE size > $1", 0), 0);
}

static void a_head_of_ours_that_we_never_signed_is_an_alarm(void **state)
{
    run(state, lie);
}

static void checked(struct t_logs *logs, void *arg)
{
    struct call *a = logs->ends[0].c;
    const char *sql = arg;
    struct node *report = node_map(a);
    if (sql != NULL) t_log_run(a, sql, 7);
    assert_int_equal(check_office(a, log_check, report), OK);
    bool log = false;
    for (const struct node *row = node_find(report, S("differences"))->first; row != NULL;
         row = row->next)
        log = log || str_starts(node_get(row, "what"), S("log"));
    assert_int_equal(log, sql != NULL);
}

static void sign(struct t_logs *logs, void *arg)
{
    (void)arg;
    assert_true(t_log_sign(logs, 0));
    t_log_talk(logs, 0, 1);
}

static void the_check_makes_the_whole_tree_anew(void **state)
{
    static const char *const CHANGES[] = {
        NULL,
        "UPDATE leaf SET kind = 3 - kind WHERE log_index = $1",
        "DELETE FROM leaf WHERE log_index >= 300 + $1",
        "DELETE FROM log_tile WHERE level + 8 > $1 AND n = 1",
        "UPDATE log_tile SET hashes = (SELECT hashes FROM log_tile WHERE level = 0 AND n = 1)"
        " WHERE level + 6 = $1",
        "UPDATE log_head SET line = substr(line, CAST($1 AS INTEGER))",
        "UPDATE log_cosign SET line = substr(line, 1, length(line) - 9) || 'AAAAAA==' ||"
        " substr(line, length(line), 1) WHERE size > $1",
        "UPDATE log_head SET size = size - 1 WHERE size > $1",
    };
    run(state, sign);
    for (size_t i = 0; i < ARRAY_LEN(CHANGES); i++) {
        char *sql = CHANGES[i] == NULL ? NULL : arena_copy(((struct t_logs *)*state)->arena,
                                                           CHANGES[i], strlen(CHANGES[i]));
        t_logs_trial(*state, false, checked, sql);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_logs, close_logs)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_checkpoint_is_signed_at_most_once_a_minute),
        TEST(who_has_lost_the_lease_signs_nothing),
        TEST(the_tiles_give_the_signed_root),
        TEST(every_object_of_the_log_is_proven),
        TEST(the_tiles_do_not_tell_who_holds_the_same),
        TEST(the_witness_answers_as_the_standard_says),
        TEST(what_is_not_yet_witnessed_is_a_debt),
        TEST(a_head_of_ours_that_we_never_signed_is_an_alarm),
        TEST(the_check_makes_the_whole_tree_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
