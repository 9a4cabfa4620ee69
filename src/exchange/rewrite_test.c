/*
 * Somebody with root on the node rewrites the log of office a, in every way we could think of, at
 * POSITIONS places each. Every rewriting must be caught: by a's own comparison before the next
 * checkpoint, by a witness or by gossip between peers, or by `check`.
 */
#include "exchange/log.h"

#include "core/check.h"
#include "exchange/log_check.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "t_log.h"

enum { POSITIONS = 100, CHECKED_AT_A_TIME = 25 };

/* Who has to notice. */
enum catcher { OWN, WITNESS, GOSSIP, CHECK };

struct rewriting {
    const char *name;
    enum catcher catcher;
    void (*rewrite)(struct call *c, int64_t at); /* position 0 .. POSITIONS - 1 */
};

static int64_t leaves(struct call *c)
{
    return t_log_number(c, "SELECT max(log_index) + $1 FROM leaf", 1);
}

/* The leaf at a position, spread over the whole log. */
static int64_t leaf_at(struct call *c, int64_t at)
{
    return at * leaves(c) / POSITIONS;
}

/* Moves all leaves from `first` on by one place. */
static void shift(struct call *c, int64_t first, bool up)
{
    const char *away = "UPDATE leaf SET log_index = -1 - log_index WHERE log_index >= $1";
    const char *back = up ? "UPDATE leaf SET log_index = -log_index WHERE log_index < $1"
                          : "UPDATE leaf SET log_index = -2 - log_index WHERE log_index < $1";
    t_log_run(c, away, first);
    t_log_run(c, back, 0);
}

static void leaf_bit(struct call *c, int64_t at)
{
    t_log_run(c,
              "UPDATE leaf SET hash = CASE WHEN substr(hash, 1, 1) = '0' THEN '1' ELSE '0' END"
              " || substr(hash, 2) WHERE log_index = $1",
              leaf_at(c, at));
}

static void cut_off(struct call *c, int64_t at)
{
    t_log_run(c, "DELETE FROM leaf WHERE log_index >= $1", leaves(c) - 1 - at);
}

static void take_out(struct call *c, int64_t at)
{
    int64_t leaf = leaf_at(c, at);
    t_log_run(c, "DELETE FROM leaf WHERE log_index = $1", leaf);
    shift(c, leaf + 1, false);
}

static void swap_two(struct call *c, int64_t at)
{
    int64_t leaf = leaf_at(c, at) == 0 ? 1 : leaf_at(c, at);
    t_log_run(c, "UPDATE leaf SET log_index = -1 WHERE log_index = $1", leaf);
    t_log_run(c, "UPDATE leaf SET log_index = log_index + 1 WHERE log_index = $1 - 1", leaf);
    t_log_run(c, "UPDATE leaf SET log_index = $1 - 1 WHERE log_index = -1", leaf);
}

static void put_in(struct call *c, int64_t at)
{
    int64_t leaf = leaf_at(c, at);
    shift(c, leaf, true);
    t_log_run(c,
              "INSERT INTO leaf (kind, hash, log_index) SELECT kind, substr(hash, 33) ||"
              " substr(hash, 1, 32), $1 FROM leaf WHERE log_index = 0 OR log_index = 1"
              " ORDER BY log_index LIMIT 1",
              leaf);
}

static void renumber(struct call *c, int64_t at)
{
    t_log_run(c, "UPDATE leaf SET log_index = 1000000 WHERE log_index = $1", leaf_at(c, at));
}

static void another_kind(struct call *c, int64_t at)
{
    t_log_run(c, "UPDATE leaf SET kind = 3 - kind WHERE log_index = $1", leaf_at(c, at));
}

/* A tile is what is served: rows and signature are left as they are. */
static void tile_byte(struct call *c, int64_t at)
{
    struct rows rows = {};
    int64_t leaf = leaf_at(c, at);
    enum err e = store_one(c, "SELECT hashes FROM log_tile WHERE level = 0 AND n = $1",
                           ARGS(INT(leaf / 256)), &rows);
    assert_int_equal(e, OK);
    struct str held = rows_text(&rows, 0, 0);
    char *bytes = arena_copy(c->arena, held.ptr, held.len);
    bytes[leaf % 256 * 32 + at % 32] ^= 4;
    e = store_exec(c, "UPDATE log_tile SET hashes = $1 WHERE level = 0 AND n = $2",
                   ARGS(BYTES(((struct str){bytes, held.len})), INT(leaf / 256)), NULL);
    assert_int_equal(e, OK);
}

static void head_root(struct call *c, int64_t at)
{
    t_log_run(c,
              "UPDATE log_head SET root = substr(root, 1, CAST($1 AS INTEGER)) ||"
              " CASE WHEN substr(root, CAST($1 AS INTEGER) + 1, 1) = '0' THEN '1' ELSE '0' END ||"
              " substr(root, CAST($1 AS INTEGER) + 2)",
              at % 64);
}

/* The n-th of the notes that a holds, in the order of their records. */
static void version_at(struct call *c, int64_t at, struct rows *ret_rows)
{
    enum err e = store_one(c,
                           "SELECT record, bytes, hash FROM version WHERE kind = 'note.note'"
                           " ORDER BY record LIMIT 1 OFFSET $1",
                           ARGS(INT(at)), ret_rows);
    assert_int_equal(e, OK);
}

/* Another text over the office's true signature, the log adapted to it. */
static void version_signed_anew(struct call *c, int64_t at)
{
    struct rows rows = {};
    uint8_t hash[32];
    uint8_t signature[1][64];
    version_at(c, at, &rows);
    struct str held = rows_text(&rows, 0, 1);
    char *bytes = arena_copy(c->arena, held.ptr, held.len);
    size_t title = str_find(held, S("\"title\":\""), 0) + 9;
    assert_true(title < held.len);
    bytes[title] = 'X';
    struct str changed = {bytes, held.len};
    crypto_hash_sha256(hash, (const uint8_t *)bytes, held.len);
    const struct signer *signer = &c->office->signer;
    enum err e = signer->sign(signer->self, c, PURPOSE_VERSION,
                              (const uint8_t(*)[32])(void *)hash, 1, signature);
    assert_int_equal(e, OK);
    struct str hex = hex_encode(c->arena, (struct str){(const char *)hash, 32});
    e = store_exec(c, "UPDATE leaf SET hash = $1 WHERE hash = $2",
                   ARGS(TEXT(hex), TEXT(rows_text(&rows, 0, 2))), NULL);
    assert_int_equal(e, OK);
    e = store_exec(c, "UPDATE version SET bytes = $1, hash = $2, sig = $3 WHERE record = $4",
                   ARGS(BYTES(changed), TEXT(hex),
                        BYTES(((struct str){(const char *)signature[0], 64})),
                        TEXT(rows_text(&rows, 0, 0))),
                   NULL);
    assert_int_equal(e, OK);
}

static void version_bit(struct call *c, int64_t at)
{
    struct rows rows = {};
    version_at(c, at, &rows);
    struct str held = rows_text(&rows, 0, 1);
    char *bytes = arena_copy(c->arena, held.ptr, held.len);
    bytes[(size_t)at * 7 % held.len] ^= (char)(1 << (at % 7));
    enum err e = store_exec(c, "UPDATE version SET bytes = $1 WHERE record = $2",
                            ARGS(BYTES(((struct str){bytes, held.len})),
                                 TEXT(rows_text(&rows, 0, 0))),
                            NULL);
    assert_int_equal(e, OK);
}

static void receipt_bit(struct call *c, int64_t at)
{
    struct rows rows = {};
    enum err e = store_one(c, "SELECT hash, bytes FROM receipt ORDER BY hash LIMIT 1 OFFSET $1",
                           ARGS(INT(at)), &rows);
    assert_int_equal(e, OK);
    struct str held = rows_text(&rows, 0, 1);
    char *bytes = arena_copy(c->arena, held.ptr, held.len);
    bytes[(size_t)at * 5 % held.len] ^= (char)(1 << (at % 7));
    e = store_exec(c, "UPDATE receipt SET bytes = $1 WHERE hash = $2",
                   ARGS(BYTES(((struct str){bytes, held.len})), TEXT(rows_text(&rows, 0, 0))),
                   NULL);
    assert_int_equal(e, OK);
}

static void receipt_time(struct call *c, int64_t at)
{
    t_log_run(c,
              "UPDATE receipt SET time_ms = time_ms - 86400000 WHERE hash ="
              " (SELECT hash FROM receipt ORDER BY hash LIMIT 1 OFFSET $1)",
              at);
}

static const struct rewriting REWRITINGS[] = {
    {"a bit of a leaf", OWN, leaf_bit},
    {"the last leaves are cut off", OWN, cut_off},
    {"a leaf is taken out, the others move up", OWN, take_out},
    {"two leaves are swapped", OWN, swap_two},
    {"a leaf is put in, the others move on", OWN, put_in},
    {"a leaf gets another number", OWN, renumber},
    {"a leaf is of another kind", OWN, another_kind},
    {"a byte of a tile", OWN, tile_byte},
    {"a digit of the signed head", OWN, head_root},
    {"a version is signed anew with another text", OWN, version_signed_anew},
    {"the tree is changed and signed again", WITNESS, leaf_bit},
    {"the database goes back to an older copy, and on", WITNESS, cut_off},
    {"a second peer is shown another log", GOSSIP, leaf_bit},
    {"a bit of a version", CHECK, version_bit},
    {"a bit of a receipt", CHECK, receipt_bit},
    {"the time of a receipt", CHECK, receipt_time},
};

struct trying {
    const struct rewriting *rewriting;
    int64_t at;
    bool caught;
};

/* The rewriter has the key and all tables: makes the tree of what is there now and signs it. */
static void sign_again(struct t_logs *logs)
{
    struct call *a = logs->ends[0].c;
    t_log_run(a, "DELETE FROM log_tile WHERE level >= $1", 0);
    t_log_run(a, "DELETE FROM log_head WHERE size >= $1", 0);
    t_log_run(a, "DELETE FROM log_cosign WHERE size >= $1", 0);
    assert_true(t_log_sign(logs, 0));
}

static void leaf_more(struct t_logs *logs)
{
    t_log_run(logs->ends[0].c,
              "INSERT INTO leaf (kind, hash) SELECT kind, substr(hash, 3) || '07' FROM leaf"
              " WHERE log_index = $1",
              5);
}

static void try_own(struct t_logs *logs, void *arg)
{
    struct trying *trying = arg;
    struct call *a = logs->ends[0].c;
    trying->rewriting->rewrite(a, trying->at);
    leaf_more(logs); /* something happens afterwards that has to be signed */
    trying->caught = !t_log_sign(logs, 0) && t_log_alarms(a) == 1;
}

/* Alarms at the witness and at home. */
static void try_witness(struct t_logs *logs, void *arg)
{
    struct trying *trying = arg;
    trying->rewriting->rewrite(logs->ends[0].c, trying->at);
    sign_again(logs);
    if (trying->at % 2 == 1) {
        leaf_more(logs);
        assert_true(t_log_sign(logs, 0));
    }
    assert_int_equal(t_log_alarms(logs->ends[0].c), 0); /* at home nothing is to be seen */
    t_log_talk(logs, 0, 1);
    t_log_talk(logs, 1, 0);
    int64_t at_home = t_log_alarms(logs->ends[0].c);
    trying->caught = t_log_alarms(logs->ends[1].c) == 1 && at_home == 1;
}

/* b has cosigned the true log; c is shown the other, of the same size or longer. */
static void try_gossip(struct t_logs *logs, void *arg)
{
    struct trying *trying = arg;
    trying->rewriting->rewrite(logs->ends[0].c, trying->at);
    if (trying->at % 2 == 1) leaf_more(logs);
    sign_again(logs);
    t_log_talk(logs, 0, 2);
    assert_int_equal(t_log_alarms(logs->ends[2].c), 0);
    t_log_gossip(logs, 1, 2);
    t_log_talk(logs, 2, 0);
    trying->caught = t_log_alarms(logs->ends[2].c) == 1;
}

/* Where a checked row is named in the report. */
static void checked_name(struct call *c, const struct rewriting *rewriting, int64_t at,
                         struct str *ret_name)
{
    struct rows rows = {};
    if (rewriting->rewrite == version_bit) {
        version_at(c, at, &rows);
    } else {
        enum err e = store_one(c, "SELECT hash FROM receipt ORDER BY hash LIMIT 1 OFFSET $1",
                               ARGS(INT(at)), &rows);
        assert_int_equal(e, OK);
    }
    *ret_name = rows_text(&rows, 0, 0);
}

struct checking {
    const struct rewriting *rewriting;
    int64_t from;
    int64_t caught;
};

/* Rows are checked one by one, so several are changed at a time; each must be named. */
static void try_check(struct t_logs *logs, void *arg)
{
    struct checking *checking = arg;
    struct call *a = logs->ends[0].c;
    struct str names[CHECKED_AT_A_TIME];
    for (int64_t i = 0; i < CHECKED_AT_A_TIME; i++) {
        checked_name(a, checking->rewriting, checking->from + i, &names[i]);
        checking->rewriting->rewrite(a, checking->from + i);
    }
    struct node *report = node_map(a);
    assert_int_equal(check_office(a, log_check, report), OK);
    for (size_t i = 0; i < CHECKED_AT_A_TIME; i++) {
        const struct node *row = node_find(report, S("differences"))->first;
        while (row != NULL && !str_starts(node_get(row, "where"), names[i]))
            row = row->next;
        if (row != NULL) checking->caught++;
    }
}

static int64_t check_all(struct t_logs *logs, const struct rewriting *rewriting)
{
    int64_t caught = 0;
    for (int64_t from = 0; from < POSITIONS; from += CHECKED_AT_A_TIME) {
        struct checking checking = {.rewriting = rewriting, .from = from};
        t_logs_trial(logs, false, try_check, &checking);
        caught += checking.caught;
    }
    return caught;
}

static int64_t try_all(struct t_logs *logs, const struct rewriting *rewriting)
{
    static void (*const TRIES[])(struct t_logs *logs, void *arg) = {
        [OWN] = try_own, [WITNESS] = try_witness, [GOSSIP] = try_gossip};
    int64_t caught = 0;
    if (rewriting->catcher == CHECK) return check_all(logs, rewriting);
    for (int64_t at = 0; at < POSITIONS; at++) {
        struct trying trying = {.rewriting = rewriting, .at = at};
        t_logs_trial(logs, false, TRIES[rewriting->catcher], &trying);
        if (trying.caught) caught++;
    }
    return caught;
}

/* Signed, and cosigned by b. */
static void begin(struct t_logs *logs, void *arg)
{
    (void)arg;
    assert_true(t_log_sign(logs, 0));
    t_log_talk(logs, 0, 1);
    assert_int_equal(t_log_number(logs->ends[0].c, "SELECT count(*) FROM log_cosign"
                                                   " WHERE size > $1", 256), 1);
}

static void every_rewriting_is_caught_everywhere(void **state)
{
    (void)state;
    struct t_logs *logs = t_logs_open();
    t_logs_trial(logs, true, begin, NULL);
    for (size_t i = 0; i < ARRAY_LEN(REWRITINGS); i++) {
        int64_t caught = try_all(logs, &REWRITINGS[i]);
        print_message("%3d of %d caught: %s\n", (int)caught, POSITIONS, REWRITINGS[i].name);
        assert_int_equal(caught, POSITIONS);
    }
    t_logs_close(logs);
}

/* The other half of the proof: what nobody rewrote alarms nobody. */
static void honest(struct t_logs *logs, void *arg)
{
    (void)arg;
    for (int round = 0; round < 5; round++) {
        leaf_more(logs);
        assert_true(t_log_sign(logs, 0));
        t_log_talk(logs, 0, 1);
        t_log_talk(logs, 0, 2);
        t_log_gossip(logs, 0, 1);
        t_log_gossip(logs, 1, 2);
        t_log_gossip(logs, 2, 0);
        t_log_gossip(logs, 1, 0);
        t_log_talk(logs, 2, 0);
        t_log_talk(logs, 1, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        struct call *c = logs->ends[i].c;
        assert_int_equal(t_log_number(c, "SELECT count(*) FROM alarm WHERE count >= $1", 0), 0);
        assert_int_equal(t_log_number(c, "SELECT count(*) FROM log_claim WHERE state <> 2"
                                         " AND size > $1", 0), 0);
    }
}

static void an_honest_log_alarms_nobody(void **state)
{
    (void)state;
    struct t_logs *logs = t_logs_open();
    t_logs_trial(logs, true, begin, NULL);
    t_logs_trial(logs, true, honest, NULL);
    t_logs_close(logs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_log_alarms_nobody),
        cmocka_unit_test(every_rewriting_is_caught_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
