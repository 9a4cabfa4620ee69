/* Two offices that speak through the wire's handler and driver; the connection between them is the
 * loopback, which hands over the certificate that TLS would have proven. */
#include "front/wire/wire.h"

#include "base/limits.h"
#include "core/invite.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/feed.h"
#include "exchange/sequencer.h"
#include "front/http/loopback.h"
#include "front/tls/cert.h"
#include "front/wire/wire_back.h"
#include "store/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "t_pair.h"
#include "t_store.h"

enum { QUESTIONS_MAX = 200, DAY_MS = 24 * 60 * 60 * 1000 };

/* A question under way, in the arena of its call. */
struct asked {
    struct asked *next;
    struct wire_request rq;
    int fd;
};

/* One end: an office, its door, and the certificate it shows. */
struct end {
    struct t_office t;
    struct wire wire;
    struct str cert;
    struct end *other;
    struct wire_driver *driver;
    struct wire_transport transport;
    struct asked *asked;
    int questions;  /* asked so far, but for hello and logs */
    int stop_after; /* questions, then the driver ends */
    int down;       /* that many questions get no answer */
    int silent;     /* questions to a third office, which says nothing */
};

struct ends {
    struct arena *arena;
    struct end a;
    struct end b;
};

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

/* A certificate of `end`'s office, vouched for by the key of `by`. */
static struct str certificate(struct end *end, const struct end *by)
{
    struct call c = t_call(&end->t, NULL);
    struct str der = {};
    struct cert_order order = {
        .office = end->t.office.id,
        .key = cert_key_public(c.arena, cert_key_new(c.arena)),
        .not_before_ms = end->t.now_ms,
        .not_after_ms = end->t.now_ms + DAY_MS,
    };
    must(&c, cert_issue(&c, &order, by->t.secret_key, &der));
    der = str_copy(end->t.arena, der);
    call_end(&c);
    return der;
}

/* A clock on which every wait is over at once: it moves when it is looked at. */
static int64_t hurried_now(void *self)
{
    struct t_office *t = self;
    t->now_ms += FEED_BACKOFF_MAX_MS;
    return t->now_ms;
}

/* What TLS does for the handler. */
struct shown {
    struct wire *wire;
    struct str cert;
};

static void shown_handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    const struct shown *shown = arg;
    rq->peer_cert = shown->cert;
    rq->secure = true;
    wire_handler.handle(shown->wire, rq, reply);
}

static int64_t shown_plan(void *arg, const struct http_request *rq)
{
    const struct shown *shown = arg;
    struct http_request with = *rq;
    with.peer_cert = shown->cert;
    return wire_handler.plan(shown->wire, &with);
}

static const struct http_handler SHOWN = {.plan = shown_plan, .handle = shown_handle};

static struct str question(struct arena *arena, struct end *to, struct str cert, struct str request)
{
    struct shown shown = {.wire = &to->wire, .cert = cert};
    return http_loopback(arena, &to->t.env, &SHOWN, &shown, request);
}

static int status_of(struct str reply)
{
    int64_t status = 0;
    bool read = parse_int(str_sub(reply, 9, 12), 100, 599, &status);
    assert_true(read);
    return (int)status;
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

/* A file that goes with the call; readable at once, or never. */
static int told_fd(struct call *c, bool readable)
{
    int *fd = arena_alloc(c->arena, sizeof *fd);
    *fd = eventfd(readable ? 1 : 0, EFD_CLOEXEC);
    arena_defer(c->arena, fd_end, fd);
    return *fd;
}

/* The connection of a driver: straight to the other end's handler, when the answer is taken. */
static enum err begin(void *self, struct call *c, const struct wire_request *rq,
                      struct wire_question *ret_question)
{
    struct end *from = self;
    struct asked *asked = arena_alloc(c->arena, sizeof *asked);
    bool silent = !str_eq(rq->office, from->other->t.office.id);
    assert_true(rq->wait_ms > 0);
    if (silent) from->silent++;
    *asked = (struct asked){.next = from->asked, .rq = *rq, .fd = told_fd(c, !silent)};
    from->asked = asked;
    *ret_question = (struct wire_question){
        .fd = asked->fd, .answer_fd = -1, .answer_bytes_max = rq->answer_bytes_max};
    return OK;
}

static enum err end_question(void *self, struct call *c, const struct wire_question *under_way,
                             struct wire_answer *ret_answer)
{
    struct end *from = self;
    struct asked **at = &from->asked;
    while ((*at)->fd != under_way->fd)
        at = &(*at)->next;
    const struct wire_request *rq = &(*at)->rq;
    *at = (*at)->next;
    bool aside = str_eq(rq->path, S("/x1/hello")) || str_starts(rq->path, S("/x1/log/")) ||
                 str_starts(rq->path, S("/x1/witness/"));
    if (!aside) from->questions++;
    if (from->questions >= from->stop_after) wire_driver_stop(&from->wire);
    if (from->down > 0 && !aside) {
        from->down--;
        return (fail)(c, ERR_PEER, "wire.refused"); /* ours, not the macro of cmocka */
    }
    struct str target = str_format(c->arena, "%.*s %.*s", STR_ARG(rq->method), STR_ARG(rq->path));
    struct str request = http_loopback_request(c->arena, target, (struct str){}, rq->body);
    struct str reply = question(c->arena, from->other, from->cert, request);
    ret_answer->status = status_of(reply);
    ret_answer->body = http_loopback_body(reply);
    return OK;
}

static void end_open(struct end *end, struct end *other, const char *code)
{
    t_office_open(&end->t, code);
    end->other = other;
    end->stop_after = QUESTIONS_MAX;
    end->wire = (struct wire){
        .store = end->t.store, .office = &end->t.office, .env = &end->t.env, .wake_fd = -1};
    end->transport = (struct wire_transport){.begin = begin, .end = end_question, .self = end};
    end->cert = certificate(end, end);
    struct call c = t_call(&end->t, NULL);
    must(&c, exchange_migrate(&c));
    call_end(&c);
}

static void end_learn(struct end *end)
{
    struct call c = t_call(&end->t, NULL);
    must(&c, wire_learn(&c, &end->wire));
    call_end(&c);
}

static int ends_open(void **state)
{
    struct arena *arena = arena_open(0);
    struct ends *ends = arena_alloc(arena, sizeof *ends);
    ends->arena = arena;
    end_open(&ends->a, &ends->b, "VPA");
    end_open(&ends->b, &ends->a, "VPB");
    t_peers(&ends->a.t, &ends->b.t);
    t_script(&ends->a.t, "UPDATE k_office_peer SET address = '127.0.0.1:1';");
    t_script(&ends->b.t, "UPDATE k_office_peer SET address = '127.0.0.1:1';");
    end_learn(&ends->a);
    end_learn(&ends->b);
    *state = ends;
    return 0;
}

static int ends_close(void **state)
{
    struct ends *ends = *state;
    wire_driver_close(ends->a.driver);
    wire_driver_close(ends->b.driver);
    wire_forget(&ends->a.wire);
    wire_forget(&ends->b.wire);
    t_office_close(&ends->a.t);
    t_office_close(&ends->b.t);
    arena_close(ends->arena);
    return 0;
}

struct noting {
    struct put put;
    struct act_result result;
};

static enum err put_step(struct call *c, void *arg)
{
    struct noting *noting = arg;
    return record_put(c, &noting->put, &noting->result);
}

static void note_of(struct end *end)
{
    const struct kind *kind = module_kind(S("note.note"));
    struct call c = t_call(&end->t, "admin");
    void *body = arena_alloc(c.arena, kind->table->size);
    must(&c, fields_read(&c, kind->table, S("{\"title\":\"Giao ban\"}"), UNKNOWN_REFUSE, body));
    struct str audience[2] = {
        str_format(c.arena, "o:%.*s", STR_ARG(end->t.office.id)),
        str_format(c.arena, "o:%.*s", STR_ARG(end->other->t.office.id)),
    };
    struct noting noting = {.put = {.kind = "note.note",
                                    .body = body,
                                    .audience = audience,
                                    .audience_count = 2,
                                    .priority = PRIORITY_NORMAL}};
    must(&c, store_tx(&c, put_step, &noting));
    call_end(&c);
}

static void note(struct ends *ends)
{
    note_of(&ends->a);
}

static void drive(struct end *end, int questions)
{
    struct call c = t_call(&end->t, NULL);
    if (end->driver == NULL)
        must(&c, wire_driver_open(&c, &end->wire, &end->transport, &end->driver));
    end->stop_after = end->questions + questions;
    must(&c, wire_driver_run(&c, end->driver));
    call_end(&c);
}

/* One turn of the driver, whatever it finds. */
static void turn_once(struct end *end)
{
    struct call c = t_call(&end->t, NULL);
    if (end->driver == NULL)
        must(&c, wire_driver_open(&c, &end->wire, &end->transport, &end->driver));
    wire_driver_stop(&end->wire);
    must(&c, wire_driver_run(&c, end->driver));
    call_end(&c);
}

static void the_driver_signs_the_log_and_has_it_witnessed(void **state)
{
    struct ends *ends = *state;
    note(ends);
    for (int i = 0; i < 6; i++)
        turn_once(&ends->a);
    assert_true(t_ask(&ends->a.t, "SELECT count(*) FROM log_head") > 0);
    assert_true(t_ask(&ends->a.t, "SELECT count(*) FROM log_cosign") > 0);
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM log_seen"), 1);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM alarm"), 0);
}

static void a_peer_reads_the_log_over_http(void **state)
{
    struct ends *ends = *state;
    static const struct {
        const char *target;
        const char *body;
        int status;
    } ROWS[] = {
        {"GET /x1/log/checkpoint", "", 200},
        {"GET /x1/log/tile/0/000.p/1", "", 200},
        {"GET /x1/log/since/0", "", 200},
        {"GET /x1/log/tile/entries/000", "", 404},
        {"GET /x1/log/tile/0/000.p/255", "", 404},
        {"GET /x1/log/since/99999", "", 404},
        {"GET /x1/log/proof/2/1", "", 404},
        {"GET /x1/log/else", "", 404},
        {"GET /x1/witness/ab/checkpoint", "", 404},
        {"POST /x1/log/checkpoint", "", 405},
        {"POST /x1/witness/add-checkpoint", "old 0\n", 400},
    };
    note(ends);
    for (int i = 0; i < 6; i++)
        turn_once(&ends->a);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct str request =
            http_loopback_request(ends->arena, str_of(ROWS[i].target), S(""), str_of(ROWS[i].body));
        struct str reply = question(ends->arena, &ends->a, ends->b.cert, request);
        assert_int_equal(status_of(reply), ROWS[i].status);
    }
}

static void the_driver_delivers_and_hears_the_acknowledgement(void **state)
{
    struct ends *ends = *state;
    note(ends);
    drive(&ends->a, 1);
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM outbox WHERE acked_ms IS NOT NULL"),
                     1);
}

static void the_driver_tries_again_until_the_peer_is_up(void **state)
{
    struct ends *ends = *state;
    note(ends);
    ends->a.down = 4;
    ends->a.t.env.now_ms = hurried_now;
    drive(&ends->a, 5);
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(t_ask(&ends->a.t, "SELECT down_ms IS NULL FROM feed_out"), 1);
}

static void a_clock_that_is_set_back_delays_nothing(void **state)
{
    struct ends *ends = *state;
    ends->a.t.now_ms += DAY_MS;
    note(ends);
    ends->a.down = 1;
    turn_once(&ends->a);
    turn_once(&ends->a);
    assert_int_equal(t_ask(&ends->a.t, "SELECT down_ms IS NULL FROM feed_out"), 0);
    ends->a.t.now_ms -= DAY_MS;
    for (int i = 0; i < 6; i++)
        turn_once(&ends->a);
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM k_note_note"), 1);
}

static void a_file_that_failed_before_the_clock_was_set_back_is_asked_for(void **state)
{
    struct ends *ends = *state;
    t_script(&ends->a.t, "INSERT INTO wanted (root, peer, record, n, size, state, failures,"
                         " wake_ms, reason)"
                         " VALUES ('x', 'y', 'z', 1, 1, 1, 1, 99999999999999, '');");
    turn_once(&ends->a);
    assert_int_equal(t_ask(&ends->a.t, "SELECT wake_ms > 9999999999999 FROM wanted"), 0);
}

/* A third office to which the same waits; nobody answers there. */
static void silent_peer(struct ends *ends)
{
    t_script(&ends->a.t, "INSERT INTO k_office_peer (office, code, name, public_key, address,"
                         " record) SELECT 'cccccccccccccccccccccccccc', 'VPC', name, public_key,"
                         " address, record || 'c' FROM k_office_peer;"
                         "INSERT INTO outbox (peer, object, object_kind, record, n, priority,"
                         " created_ms) SELECT 'cccccccccccccccccccccccccc', object, object_kind,"
                         " record, n, priority, created_ms FROM outbox;");
}

static void a_peer_that_says_nothing_holds_up_nobody_else(void **state)
{
    struct ends *ends = *state;
    note(ends);
    silent_peer(ends);
    drive(&ends->a, 1);
    note(ends);
    drive(&ends->a, 1); /* its question is still under way */
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM k_note_note"), 2);
    assert_true(ends->a.silent > 0);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM outbox WHERE acked_ms IS NOT NULL"),
                     2);
}

static void an_office_without_an_address_fetches_what_is_for_it(void **state)
{
    struct ends *ends = *state;
    t_script(&ends->a.t, "UPDATE k_office_peer SET address = '';");
    note(ends);
    note_of(&ends->b);
    ends->a.t.env.now_ms = hurried_now; /* its greeting is due at once */
    ends->b.t.env.now_ms = hurried_now;
    struct call c = t_call(&ends->a.t, NULL);
    struct sequencer sequencer = {};
    must(&c, sequencer_take(&c, &sequencer));
    drive(&ends->b, 2); /* what both compare comes first; then there is nothing for it yet */
    must(&c, sequencer_run(&c, &sequencer));
    call_end(&c);
    for (int i = 0; i < 4; i++)
        drive(&ends->b, 2); /* a batch out; a batch in and its acknowledgement, in some order */
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM k_note_note"), 2);
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM k_note_note"), 2);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"), 0);
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"), 0);
    assert_int_equal(ends->a.questions, 0);
}

static void nobody_is_called_who_has_no_address(void **state)
{
    struct ends *ends = *state;
    t_script(&ends->a.t, "UPDATE k_office_peer SET address = '';");
    note(ends);
    turn_once(&ends->a);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM outbox WHERE seq IS NULL"), 1);
    assert_null(ends->a.asked);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM feed_out WHERE down <> ''"), 0);
}

static void what_a_peer_refuses_for_good_goes_to_a_person(void **state)
{
    struct ends *ends = *state;
    note(ends);
    t_script(&ends->b.t, "DELETE FROM k_office_peer;"); /* a is a stranger there */
    turn_once(&ends->a);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM alarm WHERE reason = 'feed.refused'"
                                     " AND detail = 'wire.stranger'"),
                     1);
}

/* A file of several chunks at one end, named by a note that the other end has. */
static struct str shared_file_of(struct end *from, struct end *to, size_t bytes)
{
    struct call c = t_call(&from->t, NULL);
    struct blob_writer *writer = NULL;
    struct str root = {};
    char *content = arena_alloc(c.arena, bytes);
    for (size_t i = 0; i < bytes; i++)
        content[i] = (char)(i * 7 % 251);
    must(&c, blob_create(&c, from->t.office.dir, (int64_t)bytes, &writer));
    must(&c, blob_write(&c, writer, (struct str){content, bytes}));
    must(&c, blob_finish(&c, writer, &root, NULL));
    root = str_copy(from->t.arena, root);
    t_script(&from->t, str_format(c.arena,
                                "INSERT INTO shared (peer, root, record) SELECT '%.*s', '%.*s',"
                                " record FROM k_note_note;",
                                STR_ARG(to->t.office.id), STR_ARG(root))
                         .ptr);
    t_script(&to->t, str_format(c.arena,
                              "INSERT INTO wanted (root, peer, record, n, size, state,"
                              " failures, wake_ms, reason) SELECT '%.*s', '%.*s', record, 1,"
                              " %zu, 1, 0, 0, '' FROM k_note_note;",
                              STR_ARG(root), STR_ARG(from->t.office.id), bytes)
                       .ptr);
    call_end(&c);
    return root;
}

static struct str shared_file(struct ends *ends, size_t bytes)
{
    return shared_file_of(&ends->a, &ends->b, bytes);
}

static bool has_file(struct end *end, struct str root)
{
    struct call c = t_call(&end->t, NULL);
    bool has = blob_has(&c, end->t.office.dir, root);
    call_end(&c);
    return has;
}

static void a_file_follows_in_pieces_and_goes_on_after_a_failure(void **state)
{
    struct ends *ends = *state;
    note(ends);
    drive(&ends->a, 1);
    struct str root = shared_file(ends, 2 * CHUNK_BYTES + 5);
    ends->b.t.env.now_ms = hurried_now;
    drive(&ends->b, 1);
    assert_false(has_file(&ends->b, root));
    ends->b.down = 1;
    wire_driver_close(ends->b.driver); /* after a restart it goes on where it was */
    ends->b.driver = NULL;
    for (int i = 0; i < QUESTIONS_MAX && !has_file(&ends->b, root); i++)
        turn_once(&ends->b);
    assert_true(has_file(&ends->b, root));
    assert_int_equal(ends->b.questions, 3 + 1); /* three chunks, and one without an answer */
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM wanted WHERE state = 1"), 0);
}

static void an_office_without_an_address_is_asked_for_its_files(void **state)
{
    struct ends *ends = *state;
    t_script(&ends->a.t, "UPDATE k_office_peer SET address = '';");
    note_of(&ends->b);
    drive(&ends->b, 1); /* hears that it has to come */
    struct str root = shared_file_of(&ends->b, &ends->a, CHUNK_BYTES + 5);
    assert_false(has_file(&ends->a, root));
    for (int i = 0; i < QUESTIONS_MAX && !has_file(&ends->a, root); i++) {
        turn_once(&ends->a); /* its question waits, or its answer has come */
        ends->b.t.now_ms += FEED_BACKOFF_MIN_MS;
        drive(&ends->b, 1);
    }
    assert_true(has_file(&ends->a, root));
    assert_int_equal(ends->a.questions, 0);
}

static void only_files_are_given_to_a_question_that_was_fetched(void **state)
{
    struct ends *ends = *state;
    struct call c = t_call(&ends->a.t, NULL);
    struct wire_answer answer = {};
    struct back_question asked[] = {
        {.id = 1, .path = S("/x1/hello")},
        {.id = 1, .path = S("/x1/feed?after=1.0")},
        {.id = 1, .path = S("/x1/blob/../hello")},
        {.id = 1, .path = S("/x1/blob/0000/0")},
    };
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        wire_back_answer(&c, &ends->a.wire, ends->b.t.office.id, &asked[i], &answer);
        assert_true(answer.status == 404 || answer.status == 400);
    }
    call_end(&c);
}

static void answers_that_nobody_waits_for_are_forgotten(void **state)
{
    struct ends *ends = *state;
    struct wire *wire = &ends->a.wire;
    struct str b = ends->b.t.office.id;
    struct call c = t_call(&ends->a.t, NULL);
    struct wire_request rq = {.office = b, .path = S("/x1/blob/1/0"), .answer_bytes_max = 5};
    struct wire_question question = {};
    struct wire_answer answer = {};
    struct back_question given = {};
    must(&c, wire_back_begin(&c, wire, &rq, &question));
    assert_int_equal(wire_back_give(&c, wire, ends->a.t.office.id).len, 0); /* not for others */
    must(&c, wire_back_read(&c, wire_back_give(&c, wire, b), &given));
    assert_int_equal(wire_back_give(&c, wire, b).len, 0); /* once */
    wire_back_take(wire, b, given.id + 1, 200, S("other"));
    wire_back_take(wire, ends->a.t.office.id, given.id, 200, S("other"));
    wire_back_take(wire, b, given.id, 200, S("too long"));
    assert_int_equal(wire_back_end(&c, wire, &question, &answer), ERR_PEER);
    call_clear(&c);
    wire_back_take(wire, b, given.id, 206, S("piece"));
    wire_back_take(wire, b, given.id, 206, S("again"));
    must(&c, wire_back_end(&c, wire, &question, &answer));
    assert_true(answer.status == 206 && str_eq(answer.body, S("piece")));
    call_end(&c);
    wire_back_take(wire, b, given.id, 206, S("late"));
}

static void a_file_that_the_disk_has_changed_is_not_given(void **state)
{
    struct ends *ends = *state;
    note(ends);
    drive(&ends->a, 1);
    struct str root = shared_file(ends, 100);
    struct call c = t_call(&ends->a.t, NULL);
    int fd = -1;
    int64_t size = 0;
    must(&c, blob_open(&c, ends->a.t.office.dir, root, &fd, &size));
    struct str path = str_format(c.arena, "/proc/self/fd/%d", fd);
    char real[512];
    ssize_t length = readlink(path.ptr, real, sizeof real - 1);
    assert_true(length > 0);
    real[length] = 0;
    assert_int_equal(chmod(real, 0600), 0);
    int other = open(real, O_WRONLY | O_CLOEXEC);
    assert_true(other >= 0);
    assert_int_equal(pwrite(other, "x", 1, 50), 1);
    assert_int_equal(close(other), 0);
    drive(&ends->b, 1);
    call_end(&c);
    assert_false(has_file(&ends->b, root));
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM wanted WHERE state = 1"
                                     " AND reason = 'wire.refused' AND failures = 1"),
                     1);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM alarm WHERE reason = 'blob.corrupt'"),
                     1);
}

static struct str get(struct ends *ends, struct str cert, const char *target, const char *headers)
{
    struct str request =
        http_loopback_request(ends->arena, str_of(target), str_of(headers), (struct str){});
    return question(ends->arena, &ends->a, cert, request);
}

static void a_file_is_only_for_those_it_was_sent_to(void **state)
{
    struct ends *ends = *state;
    note(ends);
    drive(&ends->a, 1);
    struct str root = shared_file(ends, 100);
    const char *target = str_format(ends->arena, "GET /x1/blob/%.*s", STR_ARG(root)).ptr;
    assert_int_equal(status_of(get(ends, ends->b.cert, target, "")), 200);
    t_script(&ends->a.t, "DELETE FROM audience WHERE record IN (SELECT record FROM k_note_note);");
    assert_int_equal(status_of(get(ends, ends->b.cert, target, "")), 404);
}

static void a_range_gives_that_part(void **state)
{
    struct ends *ends = *state;
    note(ends);
    drive(&ends->a, 1);
    struct str root = shared_file(ends, 100);
    const char *target = str_format(ends->arena, "GET /x1/blob/%.*s", STR_ARG(root)).ptr;
    struct str part = get(ends, ends->b.cert, target, "Range: bytes=98-500\r\n");
    assert_int_equal(status_of(part), 206);
    assert_int_equal(http_loopback_body(part).len, 2);
    struct str past = get(ends, ends->b.cert, target, "Range: bytes=100-\r\n");
    assert_int_equal(status_of(past), 200); /* a form we do not serve: the whole file */
    past = get(ends, ends->b.cert, target, "Range: bytes=100-101\r\n");
    assert_int_equal(status_of(past), 416);
}

static struct str put(struct ends *ends, const char *target, struct str frame)
{
    struct str request = http_loopback_request(ends->arena, str_of(target), (struct str){}, frame);
    return question(ends->arena, &ends->b, ends->a.cert, request);
}

static void chunks_are_pushed_to_an_office_that_wants_them(void **state)
{
    struct ends *ends = *state;
    note(ends);
    drive(&ends->a, 1);
    struct str root = shared_file(ends, CHUNK_BYTES + 5);
    const char *head = str_format(ends->arena, "HEAD /x1/blob/%.*s", STR_ARG(root)).ptr;
    struct str request = http_loopback_request(ends->arena, str_of(head), S(""), S(""));
    struct str held = question(ends->arena, &ends->b, ends->a.cert, request);
    assert_int_equal(status_of(held), 200);
    assert_true(str_find(held, S("Phoihop-Size: 1048581\r\n"), 0) < held.len);
    assert_true(str_find(held, S("Phoihop-Chunks: 00\r\n"), 0) < held.len);
    static const char *const NEXT[] = {"{\"next\":0}", "{\"next\":-1}"};
    for (int i = 1; i >= 0; i--) {
        const char *name = str_format(ends->arena, "/x1/blob/%.*s/%d", STR_ARG(root), i).ptr;
        const char *target = str_format(ends->arena, "GET %s", name).ptr;
        struct str frame = http_loopback_body(get(ends, ends->b.cert, target, ""));
        target = str_format(ends->arena, "PUT %s", name).ptr;
        struct str answer = put(ends, target, frame);
        assert_int_equal(status_of(answer), 200);
        assert_true(str_eq(http_loopback_body(answer), str_of(NEXT[1 - i])));
    }
    assert_true(has_file(&ends->b, root));
    assert_int_equal(t_ask(&ends->b.t, "SELECT count(*) FROM wanted WHERE state = 2"), 1);
    request = http_loopback_request(ends->arena, S("PUT /x1/blob/00/1"), S(""), S("x"));
    assert_int_equal(status_of(question(ends->arena, &ends->b, ends->a.cert, request)), 404);
}

static void only_offices_of_the_directory_come_in(void **state)
{
    struct ends *ends = *state;
    struct end stranger = {};
    end_open(&stranger, &ends->a, "VPX");
    struct str forged = certificate(&ends->b, &stranger); /* b's id, but not b's key */
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/hello", "")), 200);
    assert_int_equal(status_of(get(ends, stranger.cert, "GET /x1/hello", "")), 403);
    assert_int_equal(status_of(get(ends, forged, "GET /x1/hello", "")), 403);
    assert_int_equal(status_of(get(ends, (struct str){}, "GET /x1/hello", "")), 403);
    assert_int_equal(status_of(get(ends, S("no certificate"), "GET /x1/hello", "")), 403);
    t_office_close(&stranger.t);
}

static struct str post(struct ends *ends, struct str cert, const char *target, size_t bytes)
{
    char *body = arena_alloc(ends->arena, bytes);
    memset(body, 'x', bytes);
    struct str request = http_loopback_request(ends->arena, str_of(target), (struct str){},
                                               (struct str){body, bytes});
    return question(ends->arena, &ends->a, cert, request);
}

static void a_strangers_body_is_not_read(void **state)
{
    struct ends *ends = *state;
    struct end stranger = {};
    end_open(&stranger, &ends->a, "VPX");
    struct str forged = certificate(&ends->b, &stranger);
    assert_int_equal(status_of(post(ends, stranger.cert, "POST /x1/feed", 100)), 413);
    assert_int_equal(status_of(post(ends, forged, "POST /x1/feed", 100)), 413);
    assert_int_equal(status_of(post(ends, (struct str){}, "POST /x1/feed", 100)), 413);
    assert_int_equal(status_of(post(ends, ends->b.cert, "POST /x1/feed", 100)), 400);
    assert_int_equal(status_of(post(ends, ends->b.cert, "POST /x1/ack", 100)), 400);
    assert_int_equal(status_of(post(ends, ends->b.cert, "POST /x1/ack", LIMIT_STATEMENT_BYTES + 1)),
                     413);
    assert_int_equal(status_of(post(ends, ends->b.cert, "POST /x1/hello", 100)), 400);
    assert_int_equal(
        status_of(post(ends, ends->b.cert, "POST /x1/hello", LIMIT_STATEMENT_BYTES + 1)), 413);
    assert_int_equal(status_of(post(ends, stranger.cert, "POST /x1/epoch", 100)), 413);
    t_office_close(&stranger.t);
}

static void learn(struct end *end)
{
    struct call c = t_call(&end->t, NULL);
    must(&c, wire_learn(&c, &end->wire));
    call_end(&c);
}

/* a invites; its door opens for strangers. Gives the secret of the code. */
static struct str invited(struct ends *ends)
{
    struct call c = t_call(&ends->a.t, NULL);
    const struct invite_order order = {.login = S("admin"), .name = S("VPX"), .days = 1};
    struct str code = {};
    struct str secret = {};
    struct str fingerprint = {};
    must(&c, invite_make(&c, &order, &code));
    must(&c, invite_code_read(&c, code, &secret, &fingerprint));
    secret = str_copy(ends->arena, secret);
    call_end(&c);
    learn(&ends->a);
    return secret;
}

/* What a answers to a card that `by` brings over a connection that proved `cert`. */
static struct str joined(struct ends *ends, const struct end *by, struct str cert,
                         struct str secret)
{
    const struct office *office = &by->t.office;
    struct str body = str_format(
        ends->arena,
        "{\"phoihop\":1,\"secret\":\"%.*s\",\"office\":\"%.*s\",\"code\":\"%.*s\","
        "\"name\":\"X\",\"public_key\":\"%.*s\"}",
        STR_ARG(secret), STR_ARG(office->id), STR_ARG(office->code),
        STR_ARG(hex_encode(ends->arena, office->public_key)));
    struct str request =
        http_loopback_request(ends->arena, S("POST /x1/join"), (struct str){}, body);
    return question(ends->arena, &ends->a, cert, request);
}

static void an_invited_office_comes_in_once(void **state)
{
    struct ends *ends = *state;
    struct end stranger = {};
    end_open(&stranger, &ends->a, "VPX");
    struct str secret = S("aaaaaaaaaaaaaaaa");
    assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, secret)), 413);
    secret = invited(ends);
    assert_int_equal(status_of(get(ends, stranger.cert, "GET /x1/hello", "")), 403);
    assert_int_equal(status_of(get(ends, stranger.cert, "GET /x1/join", "")), 403);
    assert_int_equal(status_of(post(ends, stranger.cert, "POST /x1/join", 100)), 400);
    assert_int_equal(
        status_of(post(ends, stranger.cert, "POST /x1/join", LIMIT_JOIN_BYTES + 1)), 413);
    /* somebody else's card, or a certificate that is not by the card's key */
    assert_int_equal(status_of(joined(ends, &ends->b, stranger.cert, secret)), 403);
    struct str forged = certificate(&stranger, &ends->b);
    assert_int_equal(status_of(joined(ends, &stranger, forged, secret)), 403);
    assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, S("bbbbbbbbbbbbbbbb"))), 403);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM k_office_peer"), 1);
    struct str answer = joined(ends, &stranger, stranger.cert, secret);
    assert_int_equal(status_of(answer), 200);
    struct str body = http_loopback_body(answer);
    assert_true(str_find(body, ends->a.t.office.id, 0) < body.len);
    assert_true(str_find(body, secret, 0) == body.len);
    learn(&ends->a);
    assert_int_equal(status_of(get(ends, stranger.cert, "GET /x1/hello", "")), 200);
    assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, secret)), 200);
    assert_int_equal(t_ask(&ends->a.t, "SELECT count(*) FROM k_office_peer"), 2);
    t_office_close(&stranger.t);
}

static void guessing_secrets_is_slowed_down(void **state)
{
    enum { FREE = 10, BUSY = 503 };
    struct ends *ends = *state;
    struct end stranger = {};
    end_open(&stranger, &ends->a, "VPX");
    struct str secret = invited(ends);
    for (size_t i = 0; i <= FREE; i++)
        assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, S("cccccccccccccccc"))),
                         403);
    assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, secret)), BUSY);
    ends->a.t.now_ms += 60 * 1000;
    assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, secret)), 200);
    t_office_close(&stranger.t);
}

static void an_invitation_ends_with_its_days(void **state)
{
    struct ends *ends = *state;
    struct end stranger = {};
    end_open(&stranger, &ends->a, "VPX");
    struct str secret = invited(ends);
    ends->a.t.now_ms += DAY_MS - 60 * 1000;
    assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, S("dddddddddddddddd"))), 403);
    ends->a.t.now_ms += 60 * 1000;
    assert_int_equal(status_of(joined(ends, &stranger, stranger.cert, secret)), 413);
    t_office_close(&stranger.t);
}

static void an_old_certificate_is_refused(void **state)
{
    struct ends *ends = *state;
    ends->a.t.now_ms += 3 * (int64_t)DAY_MS;
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/hello", "")), 403);
}

static void hello_tells_where_the_feeds_stand(void **state)
{
    struct ends *ends = *state;
    note(ends);
    drive(&ends->a, 1);
    struct str body = http_loopback_body(get(ends, ends->b.cert, "GET /x1/hello", ""));
    assert_true(str_find(body, S("\"out_epoch\":1,\"out_seq\":1"), 0) < body.len);
    assert_true(str_find(body, S("\"in_epoch\":1,\"in_seq\":0"), 0) < body.len);
}

static void other_questions_are_refused(void **state)
{
    struct ends *ends = *state;
    assert_int_equal(status_of(get(ends, ends->b.cert, "PUT /x1/feed", "")), 405);
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/ack", "")), 405);
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/feed", "")), 400);
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/feed?after=0.1", "")), 400);
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/feed?after=2.0", "")), 409);
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/feed?after=1.9", "")), 409);
    assert_int_equal(status_of(get(ends, ends->b.cert, "DELETE /x1/hello", "")), 405);
    assert_int_equal(status_of(get(ends, ends->b.cert, "GET /x1/other", "")), 404);
    struct str rubbish =
        http_loopback_request(ends->arena, S("POST /x1/feed"), (struct str){}, S("rubbish"));
    assert_int_equal(status_of(question(ends->arena, &ends->a, ends->b.cert, rubbish)), 400);
}

int main(void)
{
#define ENDS_TEST(test) cmocka_unit_test_setup_teardown(test, ends_open, ends_close)
    const struct CMUnitTest tests[] = {
        ENDS_TEST(the_driver_signs_the_log_and_has_it_witnessed),
        ENDS_TEST(a_peer_reads_the_log_over_http),
        ENDS_TEST(the_driver_delivers_and_hears_the_acknowledgement),
        ENDS_TEST(the_driver_tries_again_until_the_peer_is_up),
        ENDS_TEST(a_clock_that_is_set_back_delays_nothing),
        ENDS_TEST(a_file_that_failed_before_the_clock_was_set_back_is_asked_for),
        ENDS_TEST(a_peer_that_says_nothing_holds_up_nobody_else),
        ENDS_TEST(an_office_without_an_address_fetches_what_is_for_it),
        ENDS_TEST(nobody_is_called_who_has_no_address),
        ENDS_TEST(what_a_peer_refuses_for_good_goes_to_a_person),
        ENDS_TEST(a_strangers_body_is_not_read),
        ENDS_TEST(an_invited_office_comes_in_once),
        ENDS_TEST(guessing_secrets_is_slowed_down),
        ENDS_TEST(an_invitation_ends_with_its_days),
        ENDS_TEST(an_office_without_an_address_is_asked_for_its_files),
        ENDS_TEST(only_files_are_given_to_a_question_that_was_fetched),
        ENDS_TEST(answers_that_nobody_waits_for_are_forgotten),
        ENDS_TEST(a_file_follows_in_pieces_and_goes_on_after_a_failure),
        ENDS_TEST(a_file_that_the_disk_has_changed_is_not_given),
        ENDS_TEST(a_file_is_only_for_those_it_was_sent_to),
        ENDS_TEST(a_range_gives_that_part),
        ENDS_TEST(chunks_are_pushed_to_an_office_that_wants_them),
        ENDS_TEST(only_offices_of_the_directory_come_in),
        ENDS_TEST(an_old_certificate_is_refused),
        ENDS_TEST(hello_tells_where_the_feeds_stand),
        ENDS_TEST(other_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
