/* Files from whoever has them: an office that wants one, the office that named it, and another
 * office that got the same record. */
#include "exchange/fetch.h"

#include "base/limits.h"
#include "core/view.h"
#include "exchange/chunk_frame.h"
#include "exchange/exchange.h"
#include "exchange/exchange_sql.h"
#include "exchange/feed.h"
#include "exchange/repair.h"
#include "store/blob.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "t_pair.h"

enum { CHUNKS = 3, FILE_BYTES = 2 * CHUNK_BYTES + 5 };

struct scene {
    struct arena *arena;
    struct t_office home;  /* named the file */
    struct t_office wants; /* is to get it */
    struct t_office other; /* got the same record */
    struct str root;
    struct fetch *from_home;
    struct fetch *from_other;
    struct call c; /* of `wants` */
};

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

static enum err script_step(struct call *c, void *arg)
{
    return store_script(c, str_of(arg));
}

static void script(struct t_office *t, struct str sql)
{
    struct call c = t_call(t, NULL);
    must(&c, store_tx(&c, script_step, arena_copy(c.arena, sql.ptr, sql.len)));
    call_end(&c);
}

static struct str file_make(struct scene *s, struct t_office *t, size_t bytes)
{
    struct call c = t_call(t, NULL);
    struct blob_writer *writer = NULL;
    struct str root = {};
    char *content = arena_alloc(c.arena, bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        content[i] = (char)(i * 31 + i / 977);
    must(&c, blob_create(&c, t->office.dir, LIMIT_FILE_BYTES, &writer));
    must(&c, blob_write(&c, writer, (struct str){content, bytes}));
    must(&c, blob_finish(&c, writer, &root, NULL));
    root = str_copy(s->arena, root);
    call_end(&c);
    return root;
}

static void office_open(struct t_office *t, const char *code)
{
    t_office_open(t, code);
    struct call c = t_call(t, NULL);
    must(&c, exchange_migrate(&c));
    call_end(&c);
}

/* Who a record is for, as its home says. */
static void audience(struct scene *s, struct t_office *t, const char *record, bool with_other)
{
    struct sb sql = sb_new(s->arena, 0);
    const struct t_office *parties[] = {&s->home, &s->wants, &s->other};
    for (size_t i = 0; i < (with_other ? 3U : 2U); i++) {
        sb_printf(&sql, "INSERT INTO audience (record, party) VALUES ('%s', 'o:%.*s');", record,
                  STR_ARG(parties[i]->office.id));
    }
    script(t, sb_str(&sql));
}

/* What an arrived version leads to. */
static void want(struct scene *s, struct t_office *t, const char *record, struct str root,
                 int64_t size)
{
    script(t, str_format(s->arena,
                         "INSERT INTO wanted (root, peer, record, n, size, state, failures,"
                         " wake_ms, reason) VALUES ('%.*s', '%.*s', '%s', 1, %lld, 1, 0, 0, '');",
                         STR_ARG(root), STR_ARG(s->home.office.id), record, (long long)size));
}

static int setup(void **state)
{
    struct arena *arena = arena_open(0);
    struct scene *s = arena_alloc(arena, sizeof *s);
    s->arena = arena;
    office_open(&s->home, "VPA");
    office_open(&s->wants, "VPB");
    office_open(&s->other, "VPC");
    s->root = file_make(s, &s->home, FILE_BYTES);
    audience(s, &s->home, "r", true);
    audience(s, &s->wants, "r", true);
    audience(s, &s->other, "r", true);
    script(&s->home, str_format(arena,
                                "INSERT INTO shared (peer, root, record) VALUES"
                                " ('%.*s', '%.*s', 'r'), ('%.*s', '%.*s', 'r');",
                                STR_ARG(s->wants.office.id), STR_ARG(s->root),
                                STR_ARG(s->other.office.id), STR_ARG(s->root)));
    want(s, &s->wants, "r", s->root, FILE_BYTES);
    s->c = t_call(&s->wants, NULL);
    s->from_home = fetch_open(&s->wants.env, s->wants.store, &s->wants.office, s->home.office.id);
    s->from_other = fetch_open(&s->wants.env, s->wants.store, &s->wants.office, s->other.office.id);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    fetch_close(s->from_home);
    fetch_close(s->from_other);
    call_end(&s->c);
    t_office_close(&s->home);
    t_office_close(&s->wants);
    t_office_close(&s->other);
    arena_close(s->arena);
    return 0;
}

static void later(struct scene *s, int64_t ms)
{
    s->wants.now_ms += ms;
    s->c.now_ms = s->wants.now_ms;
}

/* What to ask for now; -1: nothing. */
static int64_t next(struct scene *s, struct fetch *fetch)
{
    struct fetch_request wanted = {};
    must(&s->c, fetch_next(&s->c, fetch, &wanted));
    return wanted.bytes > 0 ? wanted.index : -1;
}

/* The frame that an office gives to the one that wants it. */
static enum err given(struct scene *s, struct t_office *by, int64_t index, struct str *ret_frame)
{
    struct call c = t_call(by, NULL);
    struct str frame = {};
    enum err e = fetch_chunk(&c, s->wants.office.id, s->root, index, &frame);
    if (e == OK) *ret_frame = str_copy(s->arena, frame);
    call_end(&c);
    return e;
}

/* Asks one office until it has nothing more to be asked for. */
static void fetch_all(struct scene *s, struct fetch *fetch, struct t_office *by)
{
    for (int64_t i = next(s, fetch); i >= 0; i = next(s, fetch)) {
        struct str frame = {};
        assert_int_equal(given(s, by, i, &frame), OK);
        must(&s->c, fetch_take(&s->c, fetch, frame));
    }
}

static bool here(struct scene *s)
{
    return blob_has(&s->c, s->wants.office.dir, s->root);
}

/* The other office has the file by the way every office gets it. */
static void other_gets_it(struct scene *s)
{
    struct call c = t_call(&s->other, NULL);
    want(s, &s->other, "r", s->root, FILE_BYTES);
    struct fetch *fetch =
        fetch_open(&s->other.env, s->other.store, &s->other.office, s->home.office.id);
    struct fetch_request wanted = {};
    must(&c, fetch_next(&c, fetch, &wanted));
    while (wanted.bytes > 0) {
        struct call h = t_call(&s->home, NULL);
        struct str frame = {};
        must(&h, fetch_chunk(&h, s->other.office.id, s->root, wanted.index, &frame));
        must(&c, fetch_take(&c, fetch, frame));
        must(&c, fetch_next(&c, fetch, &wanted));
        call_end(&h);
    }
    fetch_close(fetch);
    call_end(&c);
}

/* The disk of an office changes a byte of the file. */
static void spoil(struct scene *s, struct t_office *t, int64_t offset)
{
    const char *path =
        str_format(s->arena, "%s/blobs/%.2s/%.*s", t->dir, s->root.ptr, STR_ARG(s->root)).ptr;
    assert_int_equal(chmod(path, 0600), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "!", 1, offset), 1);
    assert_int_equal(close(fd), 0);
}

static struct str flipped(struct scene *s, struct str frame, size_t at)
{
    char *changed = arena_copy(s->arena, frame.ptr, frame.len);
    changed[at] = (char)(changed[at] ^ 1);
    return (struct str){changed, frame.len};
}

static void a_frame_is_read_back_as_it_was(void **state)
{
    struct scene *s = *state;
    struct str frame = {};
    struct chunk chunk = {};
    uint8_t leaf[CHUNK_HASH_BYTES];
    assert_int_equal(given(s, &s->home, 2, &frame), OK);
    must(&s->c, chunk_decode(&s->c, frame, &chunk));
    assert_true(str_eq(chunk.root, s->root));
    assert_int_equal(chunk.size, FILE_BYTES);
    assert_int_equal(chunk.index, 2);
    assert_int_equal(chunk.bytes.len, 5);
    assert_true(chunk_holds(&chunk, leaf));
    assert_true(str_eq(chunk_encode(&s->c, &chunk), frame));
}

static void what_is_no_frame_is_refused(void **state)
{
    struct scene *s = *state;
    struct str frame = {};
    struct chunk chunk = {};
    assert_int_equal(given(s, &s->home, 2, &frame), OK);
    for (size_t len = 0; len < CHUNK_FRAME_HEAD_BYTES + CHUNK_HASH_BYTES; len++) {
        assert_int_equal(chunk_decode(&s->c, str_sub(frame, 0, len), &chunk), ERR_PEER);
        call_clear(&s->c);
    }
    struct str longer = {arena_alloc(s->arena, CHUNK_FRAME_BYTES_MAX + 1),
                         CHUNK_FRAME_BYTES_MAX + 1};
    assert_int_equal(chunk_decode(&s->c, longer, &chunk), ERR_PEER);
    call_clear(&s->c);
    assert_int_equal(chunk_decode(&s->c, flipped(s, frame, 7), &chunk), ERR_PEER);
    call_clear(&s->c);
}

static void a_cut_costs_the_chunk_under_way_only(void **state)
{
    struct scene *s = *state;
    struct str frame = {};
    assert_int_equal(next(s, s->from_home), 0);
    assert_int_equal(given(s, &s->home, 0, &frame), OK);
    must(&s->c, fetch_take(&s->c, s->from_home, frame));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(next(s, s->from_home), 1);
        must(&s->c, fetch_fail(&s->c, s->from_home, "wire.refused", false));
        assert_int_equal(next(s, s->from_home), -1); /* it waits */
        later(s, FEED_BACKOFF_MAX_MS);
    }
    fetch_close(s->from_home);
    s->from_home = fetch_open(&s->wants.env, s->wants.store, &s->wants.office, s->home.office.id);
    assert_int_equal(next(s, s->from_home), 1);
    fetch_all(s, s->from_home, &s->home);
    assert_true(here(s));
    assert_int_equal(t_ask(&s->wants, "SELECT state FROM wanted"), WANTED_HERE);
}

/* A source that gives this frame is named and left alone. */
static void is_named(struct scene *s, struct str frame)
{
    assert_int_equal(fetch_take(&s->c, s->from_home, frame), ERR_PEER);
    const char *reason = s->c.failure.reason;
    call_clear(&s->c);
    must(&s->c, fetch_fail(&s->c, s->from_home, reason, false));
    assert_int_equal(t_ask(&s->wants, "SELECT count(*) FROM alarm WHERE reason = 'fetch.lied'"), 1);
    assert_int_equal(next(s, s->from_home), -1);
}

static void who_gives_wrong_bytes_is_named_and_another_is_asked(void **state)
{
    struct scene *s = *state;
    struct str frame = {};
    other_gets_it(s);
    assert_int_equal(next(s, s->from_other), -1); /* the one that named it comes first */
    assert_int_equal(next(s, s->from_home), 0);
    assert_int_equal(given(s, &s->home, 0, &frame), OK);
    is_named(s, flipped(s, frame, frame.len - 1));
    assert_int_equal(next(s, s->from_other), 0);
    fetch_all(s, s->from_other, &s->other);
    assert_true(here(s));
    must(&s->c, blob_verify(&s->c, s->wants.office.dir, s->root));
}

/* Which offices the driver looks at: bit 0 the home, bit 1 the other. */
static int waiting(struct scene *s)
{
    struct call c = t_call(&s->wants, NULL);
    struct str *peers = NULL;
    size_t count = 0;
    int found = 0;
    must(&c, fetch_waiting(&c, &peers, &count));
    for (size_t i = 0; i < count; i++) {
        if (str_eq(peers[i], s->home.office.id)) found |= 1;
        if (str_eq(peers[i], s->other.office.id)) found |= 2;
    }
    call_end(&c);
    return found;
}

static void others_are_looked_at_once_the_home_has_failed(void **state)
{
    struct scene *s = *state;
    assert_int_equal(waiting(s), 1);
    assert_int_equal(next(s, s->from_home), 0);
    must(&s->c, fetch_fail(&s->c, s->from_home, "wire.missing", true));
    assert_int_equal(waiting(s), 2);
    assert_int_equal(next(s, s->from_other), 0);
    must(&s->c, fetch_fail(&s->c, s->from_other, "wire.missing", true));
    assert_int_equal(waiting(s), 0);
    later(s, FEED_BACKOFF_MAX_MS);
    assert_int_equal(waiting(s), 3);
}

static void another_chunk_than_the_one_asked_for_is_no_answer(void **state)
{
    struct scene *s = *state;
    struct str frame = {};
    assert_int_equal(next(s, s->from_home), 0);
    assert_int_equal(given(s, &s->home, 1, &frame), OK);
    is_named(s, frame);
    later(s, FEED_BACKOFF_MAX_MS);
    assert_int_equal(next(s, s->from_home), 0); /* and it is asked again, for ever */
}

static void two_sources_make_one_file_which_is_not_given_on(void **state)
{
    struct scene *s = *state;
    struct str frame = {};
    struct call c = t_call(&s->wants, NULL);
    other_gets_it(s);
    assert_int_equal(next(s, s->from_home), 0);
    assert_int_equal(given(s, &s->home, 0, &frame), OK);
    must(&s->c, fetch_take(&s->c, s->from_home, frame));
    must(&s->c, fetch_fail(&s->c, s->from_home, "wire.missing", true));
    assert_int_equal(next(s, s->from_other), 1);
    fetch_all(s, s->from_other, &s->other);
    assert_true(here(s));
    assert_int_equal(t_ask(&s->wants, "SELECT state FROM wanted"), WANTED_HELD);
    assert_int_equal(fetch_chunk(&c, s->other.office.id, s->root, 0, &frame), ERR_NOT_FOUND);
    call_end(&c);
}

static void two_do_not_fetch_the_same_file_at_one_time(void **state)
{
    struct scene *s = *state;
    script(&s->wants, S("UPDATE wanted SET failures = 1;"));
    assert_int_equal(next(s, s->from_home), 0);
    assert_int_equal(next(s, s->from_other), -1);
    int64_t wake_ms = 0;
    must(&s->c, fetch_wake(&s->c, s->from_other, &wake_ms));
    assert_true(wake_ms > s->c.now_ms);
    assert_true(wake_ms < INT64_MAX);
}

static void an_office_outside_the_audience_is_neither_asked_nor_answered(void **state)
{
    struct scene *s = *state;
    struct str frame = {};
    other_gets_it(s);
    script(&s->wants, str_format(s->arena,
                                 "UPDATE wanted SET failures = 1; DELETE FROM audience"
                                 " WHERE party = 'o:%.*s';",
                                 STR_ARG(s->other.office.id)));
    assert_int_equal(next(s, s->from_other), -1);
    script(&s->other, str_format(s->arena, "DELETE FROM audience WHERE party = 'o:%.*s';",
                                 STR_ARG(s->wants.office.id)));
    assert_int_equal(given(s, &s->other, 0, &frame), ERR_NOT_FOUND);
}

/* Who knows the name of a file sends a record that names it, and asks for it. */
static void naming_a_file_does_not_open_it(void **state)
{
    struct scene *s = *state;
    struct call c = t_call(&s->wants, NULL);
    struct str secret = file_make(s, &s->wants, 1000); /* nobody was sent this */
    struct str frame = {};
    struct str map = {};
    int64_t size = 0;
    want(s, &s->wants, "r", secret, 1000);
    for (int64_t i = next(s, s->from_home); i == 0; i = next(s, s->from_home)) {
        must(&s->c, fetch_fail(&s->c, s->from_home, "wire.missing", true));
    }
    assert_int_equal(
        t_ask(&s->wants, "SELECT count(*) FROM wanted WHERE size = 1000 AND state = 4"), 1);
    assert_int_equal(fetch_chunk(&c, s->home.office.id, secret, 0, &frame), ERR_NOT_FOUND);
    call_clear(&c);
    assert_int_equal(fetch_held(&c, s->home.office.id, secret, &size, &map), ERR_NOT_FOUND);
    call_clear(&c);
    assert_int_equal(fetch_push(&c, s->home.office.id, secret, S("x"), &size), ERR_NOT_FOUND);
    call_end(&c);
}

struct proving {
    struct str root;
    bool unproven;
};

static enum err proving_step(struct call *c, void *arg)
{
    struct proving *p = arg;
    struct rows rows = {};
    enum err e = store_one(c, "SELECT record FROM wanted WHERE root = $1", ARGS(TEXT(p->root)),
                           &rows);
    return e != OK ? e : wanted_unproven(c, rows_text(&rows, 0, 0), p->root, &p->unproven);
}

/* ... or gives the record away with it, so that its new home gives the file on. */
static void giving_a_record_does_not_open_the_file_it_names(void **state)
{
    struct scene *s = *state;
    struct call c = t_call(&s->wants, NULL);
    struct proving p = {.root = file_make(s, &s->wants, 1000)};
    want(s, &s->wants, "r", p.root, 1000);
    script(&s->wants, S("UPDATE wanted SET state = 4 WHERE size = 1000;"));
    must(&c, store_read(&c, proving_step, &p));
    assert_true(p.unproven);
    script(&s->wants, S("UPDATE wanted SET state = 2 WHERE size = 1000;"));
    must(&c, store_read(&c, proving_step, &p));
    assert_false(p.unproven);
    script(&s->wants, S("UPDATE wanted SET state = 4 WHERE size = 1000;"
                        "INSERT INTO shared SELECT 'x', root, record FROM wanted;"));
    must(&c, store_read(&c, proving_step, &p));
    assert_false(p.unproven); /* it was this office's own before */
    call_end(&c);
}

static void an_empty_file_comes_without_a_question(void **state)
{
    struct scene *s = *state;
    script(&s->wants, S("DELETE FROM wanted;"));
    s->root = file_make(s, &s->home, 0);
    want(s, &s->wants, "r", s->root, 0);
    assert_int_equal(next(s, s->from_home), -1);
    assert_true(here(s));
}

static void an_empty_file_under_another_name_stops_nothing(void **state)
{
    struct scene *s = *state;
    script(&s->wants, S("UPDATE wanted SET wake_ms = 1;"));
    static const char NO_SUCH[] =
        "ffb0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    want(s, &s->wants, "r", str_of(NO_SUCH), 0);
    want(s, &s->wants, "r", S("../../x"), 5);
    assert_int_equal(next(s, s->from_home), 0);
    assert_int_equal(t_ask(&s->wants, "SELECT count(*) FROM wanted WHERE failures = 1"), 2);
}

static enum err push(struct scene *s, struct t_office *by, struct str frame, int64_t *ret_next)
{
    struct call c = t_call(&s->wants, NULL);
    enum err e = fetch_push(&c, by->office.id, s->root, frame, ret_next);
    call_end(&c);
    return e;
}

static void an_office_that_nobody_can_call_pushes(void **state)
{
    struct scene *s = *state;
    struct str frames[CHUNKS] = {};
    struct str map = {};
    int64_t size = 0;
    int64_t after = 0;
    for (int64_t i = 0; i < CHUNKS; i++)
        assert_int_equal(given(s, &s->home, i, &frames[i]), OK);
    assert_int_equal(push(s, &s->home, frames[1], &after), OK);
    assert_int_equal(after, 0);
    struct call c = t_call(&s->wants, NULL);
    must(&c, fetch_held(&c, s->home.office.id, s->root, &size, &map));
    assert_int_equal(size, FILE_BYTES);
    assert_int_equal((uint8_t)map.ptr[0], 0x40);
    call_end(&c);
    assert_int_equal(push(s, &s->home, flipped(s, frames[0], 300), &after), ERR_INVALID);
    assert_int_equal(push(s, &s->other, frames[0], &after), ERR_NOT_FOUND); /* not wanted from it */
    assert_int_equal(push(s, &s->home, frames[0], &after), OK);
    assert_int_equal(push(s, &s->home, frames[2], &after), OK);
    assert_int_equal(after, -1);
    assert_true(here(s));
    assert_int_equal(push(s, &s->home, frames[2], &after), ERR_NOT_FOUND);
    assert_int_equal(t_ask(&s->wants, "SELECT count(*) FROM alarm WHERE reason = 'fetch.lied'"), 1);
}

static void a_chunk_that_the_disk_has_changed_comes_again_and_no_other(void **state)
{
    struct scene *s = *state;
    struct call c = t_call(&s->wants, NULL);
    struct str frame = {};
    fetch_all(s, s->from_home, &s->home);
    spoil(s, &s->wants, CHUNK_BYTES + 9);
    assert_int_equal(fetch_chunk(&c, s->other.office.id, s->root, 0, &frame), OK);
    assert_int_equal(fetch_chunk(&c, s->other.office.id, s->root, 1, &frame), ERR_CORRUPT);
    call_end(&c);
    assert_int_equal(t_ask(&s->wants, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"), 1);
    assert_int_equal(next(s, s->from_home), 1);
    assert_false(here(s)); /* nobody reads what is not the file */
    assert_int_equal(given(s, &s->home, 1, &frame), OK);
    must(&s->c, fetch_take(&s->c, s->from_home, frame));
    assert_int_equal(next(s, s->from_home), -1);
    must(&s->c, blob_verify(&s->c, s->wants.office.dir, s->root));
    assert_int_equal(t_ask(&s->wants, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"), 0);
    c = t_call(&s->wants, NULL);
    assert_int_equal(fetch_chunk(&c, s->other.office.id, s->root, 1, &frame), OK);
    call_end(&c);
}

static void what_check_finds_is_repaired(void **state)
{
    struct scene *s = *state;
    fetch_all(s, s->from_home, &s->home);
    spoil(s, &s->wants, 3);
    struct node *report = node_map(&s->c);
    struct node *row = node_add_map(&s->c, node_put_list(&s->c, report, "differences"));
    node_text(&s->c, row, "what", S("file"));
    node_text(&s->c, row, "where", str_format(s->arena, "r/1 %.*s", STR_ARG(s->root)));
    must(&s->c, repair_found(&s->c, report));
    assert_int_equal(next(s, s->from_home), 0);
    fetch_all(s, s->from_home, &s->home);
    must(&s->c, blob_verify(&s->c, s->wants.office.dir, s->root));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_frame_is_read_back_as_it_was),
        TEST(what_is_no_frame_is_refused),
        TEST(a_cut_costs_the_chunk_under_way_only),
        TEST(who_gives_wrong_bytes_is_named_and_another_is_asked),
        TEST(others_are_looked_at_once_the_home_has_failed),
        TEST(another_chunk_than_the_one_asked_for_is_no_answer),
        TEST(two_sources_make_one_file_which_is_not_given_on),
        TEST(two_do_not_fetch_the_same_file_at_one_time),
        TEST(an_office_outside_the_audience_is_neither_asked_nor_answered),
        TEST(naming_a_file_does_not_open_it),
        TEST(giving_a_record_does_not_open_the_file_it_names),
        TEST(an_empty_file_comes_without_a_question),
        TEST(an_empty_file_under_another_name_stops_nothing),
        TEST(an_office_that_nobody_can_call_pushes),
        TEST(a_chunk_that_the_disk_has_changed_comes_again_and_no_other),
        TEST(what_check_finds_is_repaired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
