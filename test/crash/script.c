/*
 * The scripted exchange that test/crash/crash.py breaks at every call: two offices on this disk, in
 * this process, with the production store and state machines.
 *
 *     script found DIR          founds both offices
 *     script run DIR ROUNDS     acts, sends, registers; says each promise once it was given
 *     script mend DIR           opens both again, sends until nothing waits, checks, tells
 *
 * Promises, one a line, written when the outside world could know of them:
 *
 *     file ROOT           office 0 stored a file
 *     put OFFICE RECORD   a person's act was answered
 *     took OFFICE SEQ     the other office got the acknowledgement of everything up to SEQ
 *     receipt RECORD      a person's registration was answered
 *
 * What `mend` tells: the same words for what is there, `check OFFICE equal|differs`, and
 * `number OFFICE NAME N` for what must not have gaps or doubles. Exit 3: a failure was told, as a
 * process that cannot go on would.
 */
#include "base/id.h"
#include "base/words.h"
#include "core/check.h"
#include "core/org.h"
#include "core/receipt.h"
#include "exchange/batch.h"
#include "exchange/exchange.h"
#include "exchange/feed.h"
#include "exchange/inbox.h"
#include "exchange/log_check.h"
#include "exchange/sequencer.h"
#include "store/blob.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDES = 2, FILE_BYTES = 3000, PUMPS_MAX = 200, EXIT_TOLD = 3 };

struct side {
    struct arena *arena;
    size_t index;
    char dir[4096];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    struct office office;
    struct store *store;
    struct sequencer sequencer;
    struct feed feed; /* to the other */
};

struct script {
    struct side sides[SIDES];
};

[[gnu::format(printf, 1, 2)]] static void say(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ensure(len > 0 && (size_t)len < sizeof line);
    if (write(STDOUT_FILENO, line, (size_t)len) != len) exit(EXIT_TOLD);
}

/* Whoever cannot go on says why and ends, as the worker does. */
static void must(struct call *c, enum err e)
{
    if (e == OK) return;
    struct str text = words_failure(c);
    (void)fprintf(stderr, "%s: %.*s\n", c->failure.reason, STR_ARG(text));
    exit(EXIT_TOLD);
}

static enum err sign(void *self, struct call *c, const char *purpose, const uint8_t (*hashes)[32],
                     size_t count, uint8_t (*ret_signatures)[64])
{
    const struct side *side = self;
    (void)c;
    for (size_t i = 0; i < count; i++)
        office_sign_with(side->secret, purpose, hashes[i], ret_signatures[i]);
    return OK;
}

static struct call call_of(struct side *side)
{
    struct call c = call_begin(env_real(), side->store, &side->office);
    c.who.person =
        str_format(c.arena, "%.*s.%.*s", STR_ARG(side->office.id), STR_ARG(side->office.id));
    c.who.roles = ROLE_OFFICER;
    return c;
}

/* Keys and ids are the same in every run: no secret is stored. */
static void side_make(struct side *side, size_t index, const char *dir)
{
    uint8_t seed[crypto_sign_SEEDBYTES] = {(uint8_t)(index + 1)};
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    side->arena = arena_open(0);
    side->index = index;
    (void)snprintf(side->dir, sizeof side->dir, "%s/%zu", dir, index);
    (void)crypto_sign_seed_keypair(public_key, side->secret, seed);
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str key = {(const char *)public_key, sizeof public_key};
    side->office = (struct office){
        .id = base32_encode(side->arena, str_sub(key, 0, ID_RANDOM_BYTES)),
        .code = str_format(side->arena, "VP%zu", index),
        .name = str_format(side->arena, "Văn phòng %zu", index),
        .dir = str_of(side->dir),
        .key = office_key_id(side->arena, key),
        .public_key = str_copy(side->arena, key),
        .calendar = workday_calendar_vn(&c, side->arena),
        .signer = {.sign = sign, .self = side},
    };
    call_end(&c);
}

static void side_open(struct side *side)
{
    struct call c = call_of(side);
    must(&c, blob_clean_tmp(&c, side->office.dir, INT64_MAX));
    struct store_config config = {
        .path = str_format(c.arena, "%s/office.db", side->dir).ptr,
        .inline_writer = true,
        .before_commit = office_before_commit,
        .after_commit = office_after_commit,
        .arg = &side->office,
    };
    must(&c, store_open(&c, &config, &side->store));
    c.store = side->store;
    must(&c, office_migrate(&c));
    must(&c, exchange_migrate(&c));
    must(&c, sequencer_take(&c, &side->sequencer));
    call_end(&c);
}

static struct side *other(struct script *s, const struct side *side)
{
    return &s->sides[1 - side->index];
}

static enum err put_one(struct call *c, const char *kind, struct str record, const void *body)
{
    struct act_result result = {};
    size_t count = 0;
    const struct str *audience = org_audience(c, &count);
    struct put put = {.kind = kind,
                      .record = record,
                      .body = body,
                      .audience = audience,
                      .audience_count = count};
    return record_put(c, &put, &result);
}

static enum err found_step(struct call *c, void *arg)
{
    const struct side *peer = arg;
    struct org_person person = {.login = S("officer"), .title = S("Chuyên viên")};
    struct org_office self = {.code = c->office->code,
                              .name = c->office->name,
                              .key = {.public_key = hex_encode(c->arena, c->office->public_key)}};
    struct org_peer known = {.office = peer->office.id,
                             .code = peer->office.code,
                             .name = peer->office.name,
                             .key = {.public_key =
                                         hex_encode(c->arena, peer->office.public_key)},
                             .address = S("127.0.0.1:1")};
    person.role[0] = true;
    enum err e = put_one(c, "office.person", c->who.person, &person);
    if (e == OK) e = put_one(c, "office.office", (struct str){}, &self);
    return e == OK ? put_one(c, "office.peer", (struct str){}, &known) : e;
}

static void found(struct script *s)
{
    static const char *const FOLDERS[] = {"", "/blobs", "/tmp"};
    for (size_t i = 0; i < SIDES; i++) {
        struct side *side = &s->sides[i];
        for (size_t k = 0; k < ARRAY_LEN(FOLDERS); k++) {
            char path[sizeof side->dir + 16];
            (void)snprintf(path, sizeof path, "%s%s", side->dir, FOLDERS[k]);
            ensure(mkdir(path, 0700) == 0);
        }
        side_open(side);
        struct call c = call_of(side);
        must(&c, store_tx(&c, found_step, other(s, side)));
        call_end(&c);
    }
}

/* Acts */

static void file_store(struct side *side)
{
    struct call c = call_of(side);
    struct blob_writer *writer = NULL;
    struct str root = {};
    char *bytes = arena_alloc(c.arena, FILE_BYTES);
    c.env->random(c.env->self, (uint8_t *)bytes, FILE_BYTES);
    must(&c, blob_create(&c, side->office.dir, FILE_BYTES, &writer));
    must(&c, blob_write(&c, writer, (struct str){bytes, FILE_BYTES}));
    must(&c, blob_finish(&c, writer, &root, NULL));
    say("file %.*s\n", STR_ARG(root));
    call_end(&c);
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

static void note_put(struct side *side, const struct side *peer)
{
    struct call c = call_of(side);
    const struct kind *kind = module_kind(S("note.note"));
    void *body = arena_alloc(c.arena, kind->table->size);
    must(&c, fields_read(&c, kind->table, S("{\"title\":\"Lời hứa\"}"), UNKNOWN_REFUSE, body));
    struct str audience[] = {
        str_format(c.arena, "o:%.*s", STR_ARG(side->office.id)),
        str_format(c.arena, "o:%.*s", STR_ARG(peer->office.id)),
    };
    struct noting noting = {.put = {.kind = "note.note",
                                    .body = body,
                                    .audience = audience,
                                    .audience_count = ARRAY_LEN(audience),
                                    .priority = PRIORITY_NORMAL}};
    must(&c, store_tx(&c, note_step, &noting));
    say("put %zu %.*s\n", side->index, STR_ARG(noting.result.record));
    call_end(&c);
}

/* What stands at the first place of the first row; empty when there is none. */
struct asking {
    const char *sql;
    struct value arg;
    struct rows rows;
};

static enum err ask_step(struct call *c, void *arg)
{
    struct asking *asking = arg;
    return store_all(c, asking->sql, &asking->arg, asking->arg.type == VALUE_NULL ? 0 : 1,
                     &asking->rows);
}

static void ask(struct call *c, struct asking *asking)
{
    must(c, store_read(c, ask_step, asking));
}

static enum err register_step(struct call *c, void *arg)
{
    return receipt_issue(c, arg);
}

/* A person registers everything that came and is not registered yet. */
static void register_all(struct side *side)
{
    struct call c = call_of(side);
    struct asking asking = {
        .sql = "SELECT h.record FROM head h WHERE h.kind = 'note.note' AND h.home <> $1 AND"
               " NOT EXISTS (SELECT 1 FROM receipt r WHERE r.record = h.record) ORDER BY h.record",
        .arg = TEXT(side->office.id),
    };
    ask(&c, &asking);
    for (size_t i = 0; i < asking.rows.count; i++) {
        struct receipt receipt = {
            .type = RECEIPT_R2, .record = rows_text(&asking.rows, i, 0), .number = S("15")};
        must(&c, store_tx(&c, register_step, &receipt));
        say("receipt %.*s\n", STR_ARG(receipt.record));
    }
    call_end(&c);
}

/* Exchange */

/* What both compare before the first batch of a run. */
static void greet(struct call *c, struct call *d, struct side *from)
{
    struct feed *feed = &from->feed;
    struct greet_request question = {};
    struct str answer = {};
    do {
        must(c, greet_next(c, feed, &question));
        if (question.kind == GREET_NOTHING) return;
        must(d, greet_receive(d, from->office.id, question.kind, question.body, &answer));
        must(c, greet_answer(c, feed, answer));
    } while (!feed->greet.done);
}

static bool send_one(struct script *s, struct side *from)
{
    struct side *to = other(s, from);
    struct call c = call_of(from);
    struct call d = call_of(to);
    struct str batch = {};
    struct str answer = {};
    struct ack ack = {};
    struct str bytes = {};
    struct str signature = {};
    feed_wake(&from->feed, c.now_ms, true);
    greet(&c, &d, from);
    must(&c, sequencer_run(&c, &from->sequencer));
    must(&c, feed_next(&c, &from->feed, &batch));
    bool any = batch.len > 0;
    if (any) {
        must(&d, inbox_receive(&d, from->office.id, batch, &answer));
        must(&d, ack_decode(&d, answer, &ack, &bytes, &signature));
        say("took %zu %lld\n", to->index, (long long)ack.seq);
        must(&c, feed_answer(&c, &from->feed, answer, NULL));
    }
    call_end(&d);
    call_end(&c);
    return any;
}

static void pump(struct script *s)
{
    bool any = true;
    for (int i = 0; any; i++) {
        ensure(i < PUMPS_MAX);
        any = send_one(s, &s->sides[0]);
        any = send_one(s, &s->sides[1]) || any;
    }
}

static void run(struct script *s, int64_t rounds)
{
    for (int64_t i = 0; i < rounds; i++) {
        file_store(&s->sides[0]);
        note_put(&s->sides[i % SIDES], &s->sides[(i + 1) % SIDES]);
        pump(s);
        register_all(&s->sides[(i + 1) % SIDES]);
        pump(s);
    }
}

/* Afterwards */

static void tell_list(struct side *side, const char *what, const char *sql)
{
    struct call c = call_of(side);
    struct asking asking = {.sql = sql};
    ask(&c, &asking);
    for (size_t i = 0; i < asking.rows.count; i++)
        say("%s %zu %.*s\n", what, side->index, STR_ARG(rows_text(&asking.rows, i, 0)));
    call_end(&c);
}

static void tell_numbers(struct side *side)
{
    static const struct {
        const char *name;
        const char *sql;
    } NUMBERS[] = {
        {"sent", "SELECT count(*) FROM feed_entry"},
        {"sent_max", "SELECT coalesce(max(seq), 0) FROM feed_entry"},
        {"taken", "SELECT coalesce(max(seq), 0) FROM feed_in"},
        {"waiting", "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"},
        {"leaves", "SELECT count(*) FROM leaf"},
        {"leaves_once", "SELECT count(DISTINCT hash) FROM leaf"},
        {"aside", "SELECT count(*) FROM quarantine"},
        {"alarms", "SELECT count(*) FROM alarm"},
    };
    struct call c = call_of(side);
    for (size_t i = 0; i < ARRAY_LEN(NUMBERS); i++) {
        struct asking asking = {.sql = NUMBERS[i].sql};
        ask(&c, &asking);
        say("number %zu %s %lld\n", side->index, NUMBERS[i].name,
            (long long)rows_int(&asking.rows, 0, 0));
    }
    call_end(&c);
}

static void tell_check(struct side *side)
{
    struct call c = call_of(side);
    struct node *report = node_map(&c);
    must(&c, check_office(&c, log_check, report));
    bool equal = node_number(report, "difference_count") == 0;
    say("check %zu %s\n", side->index, equal ? "equal" : "differs");
    if (!equal) {
        struct sb sb = sb_new(c.arena, 0);
        node_json(&sb, report);
        (void)fprintf(stderr, "%.*s\n", STR_ARG(sb_str(&sb)));
    }
    call_end(&c);
}

static void mend(struct script *s)
{
    pump(s);
    for (size_t i = 0; i < SIDES; i++) {
        struct side *side = &s->sides[i];
        tell_list(side, "has", "SELECT record FROM version WHERE kind = 'note.note'");
        tell_list(side, "registered", "SELECT record FROM receipt");
        tell_numbers(side);
        tell_check(side);
    }
}

int main(int argc, char **argv)
{
    int64_t rounds = 0;
    bool known = argc >= 3 && (strcmp(argv[1], "found") == 0 || strcmp(argv[1], "mend") == 0);
    bool runs =
        argc == 4 && strcmp(argv[1], "run") == 0 && parse_int(str_of(argv[3]), 1, 1000, &rounds);
    if ((!known && !runs) || sodium_init() < 0) {
        (void)fprintf(stderr, "usage: script found DIR | run DIR ROUNDS | mend DIR\n");
        return 2;
    }
    struct arena *arena = arena_open(0);
    struct script *s = arena_alloc(arena, sizeof *s);
    for (size_t i = 0; i < SIDES; i++)
        side_make(&s->sides[i], i, argv[2]);
    for (size_t i = 0; i < SIDES; i++)
        s->sides[i].feed.peer = s->sides[1 - i].office.id;
    if (strcmp(argv[1], "found") == 0) {
        found(s);
    } else {
        for (size_t i = 0; i < SIDES; i++)
            side_open(&s->sides[i]);
    }
    if (runs) run(s, rounds);
    if (strcmp(argv[1], "mend") == 0) mend(s);
    for (size_t i = 0; i < SIDES; i++) {
        store_close(s->sides[i].store);
        arena_close(s->sides[i].arena);
    }
    arena_close(arena);
    return 0;
}
