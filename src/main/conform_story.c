#include "base/limits.h"
#include "core/receipt.h"
#include "front/tls/cert.h"
#include "front/cli/cli_json.h"
#include "main/conform_kit.h"

#include <poll.h>
#include <string.h>

enum { SENT = 2, /* by the probe in the end */
       BACK_TRIES = 4,
       ECHO_WAIT_MS = 60 * 1000, ECHO_PAUSE_MS = 200, LONG_BYTES = 64 };

static const char ZEROS[] = "0000000000000000000000000000000000000000000000000000000000000000";

static struct kit_answer asked(struct kit *kit, const char *method, const char *path,
                               struct str body)
{
    return kit_tls(kit, &(struct kit_question){
                            .voice = &kit->probe, .method = method, .path = path, .body = body});
}

/* Whether that status came; else says what did. */
static bool came(struct kit *kit, const struct kit_answer *answer, int status)
{
    if (answer->status == status) return true;
    kit->why = str_format(kit->c->arena, "%d, %d: %.*s", answer->status, status,
                          (int)(answer->body.len < LONG_BYTES ? answer->body.len : LONG_BYTES),
                          answer->body.ptr);
    return false;
}

static bool comes(struct kit *kit, const char *method, const char *path, struct str body,
                  int status)
{
    struct kit_answer answer = asked(kit, method, path, body);
    return came(kit, &answer, status);
}

/* ---- connections ---- */

static bool shows_its_certificate(struct kit *kit)
{
    struct kit_answer answer = asked(kit, "GET", "/x1/hello", (struct str){});
    const struct kit_office *subject = &kit->office[KIT_SUBJECT];
    enum err e = cert_verify(kit->c, answer.cert, subject->id, subject->public_key);
    if (e != OK) kit->why = str_of(kit->c->failure.reason);
    call_clear(kit->c);
    return e == OK;
}

static bool refuses_old_tls(struct kit *kit)
{
    const struct kit_question q = {
        .voice = &kit->probe, .old_tls = true, .method = "GET", .path = "/x1/hello"};
    struct kit_answer answer = kit_tls(kit, &q);
    return came(kit, &answer, 0);
}

static bool refuses_no_certificate(struct kit *kit)
{
    const struct kit_question q = {.method = "GET", .path = "/x1/hello"};
    struct kit_answer answer = kit_tls(kit, &q);
    return answer.status == 0 || came(kit, &answer, 403);
}

/* The probe's id, vouched for by another key. */
static bool refuses_a_forged_certificate(struct kit *kit)
{
    struct kit_voice forged =
        kit_voice(kit->c, kit->probe.office, kit->office[KIT_DOWN].secret);
    const struct kit_question q = {.voice = &forged, .method = "GET", .path = "/x1/hello"};
    struct kit_answer answer = kit_tls(kit, &q);
    return came(kit, &answer, 403);
}

static struct kit_voice stranger(struct kit *kit)
{
    return kit_voice(kit->c, S("zzzzzzzzzzzzzzzzzzzzzzzzzz"), kit->office[KIT_DOWN].secret);
}

static bool refuses_a_stranger(struct kit *kit)
{
    struct kit_voice voice = stranger(kit);
    const struct kit_question q = {.voice = &voice, .method = "GET", .path = "/x1/hello"};
    struct kit_answer answer = kit_tls(kit, &q);
    return came(kit, &answer, 403);
}

static bool reads_no_strangers_body(struct kit *kit)
{
    struct kit_voice voice = stranger(kit);
    const struct kit_question q = {
        .voice = &voice, .method = "POST", .path = "/x1/feed", .body = S("phoihop")};
    struct kit_answer answer = kit_tls(kit, &q);
    return answer.status == 413 || came(kit, &answer, 403);
}

static bool invites_nobody(struct kit *kit)
{
    struct kit_voice voice = stranger(kit);
    const struct kit_question q = {
        .voice = &voice, .method = "POST", .path = "/x1/join", .body = S("{\"phoihop\":1}")};
    struct kit_answer answer = kit_tls(kit, &q);
    return answer.status == 413 || answer.status == 404 || came(kit, &answer, 403);
}

static bool knows_no_other_path(struct kit *kit)
{
    return comes(kit, "GET", "/x1/no-such-thing", (struct str){}, 404);
}

static bool names_the_methods(struct kit *kit)
{
    struct kit_answer answer = asked(kit, "DELETE", "/x1/feed", (struct str){});
    if (came(kit, &answer, 405) && answer.allow) return true;
    if (kit->why.len == 0) kit->why = S("Allow");
    return false;
}

/* ---- hello ---- */

static struct str hello(struct kit *kit)
{
    struct str id = kit->probe.office;
    struct str chain = kit->chain.len > 0 ? kit->chain : str_of(ZEROS);
    return str_format(kit->c->arena,
                      "{\"phoihop\":1,\"office\":\"%.*s\",\"time\":\"2026-01-01T00:00:00.000Z\","
                      "\"in_epoch\":1,\"in_seq\":0,\"in_chain\":\"%s\",\"out_epoch\":1,"
                      "\"out_seq\":%d,\"out_chain\":\"%.*s\"}",
                      STR_ARG(id), ZEROS, kit->chain.len > 0 ? SENT : 0, STR_ARG(chain));
}

static bool says_where_it_stands(struct kit *kit)
{
    struct kit_answer answer = asked(kit, "GET", "/x1/hello", (struct str){});
    if (!came(kit, &answer, 200)) return false;
    struct str in = str_format(kit->c->arena, "\"in_epoch\":1,\"in_seq\":0,\"in_chain\":\"%s\"",
                               ZEROS);
    kit->why = answer.body;
    return str_find(answer.body, kit->office[KIT_SUBJECT].id, 0) < answer.body.len &&
           str_find(answer.body, in, 0) < answer.body.len;
}

static bool compares(struct kit *kit)
{
    return comes(kit, "POST", "/x1/hello", hello(kit), 200);
}

static bool hears_no_other_office(struct kit *kit)
{
    struct str text = str_copy(kit->c->arena, hello(kit));
    size_t at = str_find(text, kit->probe.office, 0);
    memcpy((char *)(uintptr_t)text.ptr + at, kit->office[KIT_DOWN].id.ptr, text.len > at ? 26 : 0);
    struct kit_answer answer = asked(kit, "POST", "/x1/hello", text);
    bool refused = answer.status >= 400;
    if (!refused) (void)came(kit, &answer, 400);
    return refused;
}

/* ---- batches ---- */

static bool refuses_rubbish(struct kit *kit)
{
    return comes(kit, "POST", "/x1/feed", S("phoihop\x01"
                                            "B and no batch"),
                 400);
}

static bool refuses_a_batch(struct kit *kit, struct kit_batch batch, int status)
{
    batch.seq = 1;
    batch.prev = str_of(ZEROS);
    batch.object = S("{}");
    return comes(kit, "POST", "/x1/feed", kit_batch(kit, &batch, NULL), status);
}

static bool refuses_another_signature(struct kit *kit)
{
    return refuses_a_batch(kit, (struct kit_batch){.other_signature = true}, 403);
}

static bool refuses_another_sender(struct kit *kit)
{
    return refuses_a_batch(kit, (struct kit_batch){.from = kit->office[KIT_DOWN].id}, 403);
}

static bool refuses_another_chain(struct kit *kit)
{
    return refuses_a_batch(kit, (struct kit_batch){.other_chain = true}, 400);
}

static bool takes_no_long_body(struct kit *kit)
{
    char *bytes = arena_alloc(kit->c->arena, LIMIT_STATEMENT_BYTES + 1);
    memset(bytes, ' ', LIMIT_STATEMENT_BYTES + 1);
    return comes(kit, "POST", "/x1/ack", (struct str){bytes, LIMIT_STATEMENT_BYTES + 1}, 413);
}

/* A batch is acknowledged up to that number with that chain. */
static bool acknowledges(struct kit *kit, struct str batch, int64_t seq, struct str chain,
                         struct str *ret_ack)
{
    struct kit_answer answer = asked(kit, "POST", "/x1/feed", batch);
    if (!came(kit, &answer, 200)) return false;
    if (ret_ack != NULL) *ret_ack = answer.body;
    if (kit_ack_holds(kit, answer.body, seq, chain)) return true;
    kit->why = answer.body;
    return false;
}

/* The object is of no kind that anybody knows: acknowledged all the same, and set aside. */
static bool acknowledges_what_is_durable(struct kit *kit)
{
    const struct kit_batch batch = {.seq = 1, .prev = str_of(ZEROS), .object = S("{}")};
    kit->first = kit_batch(kit, &batch, &kit->chain);
    return acknowledges(kit, kit->first, 1, kit->chain, &kit->first_ack);
}

static bool answers_a_repeat_alike(struct kit *kit)
{
    struct str again = {};
    if (!acknowledges(kit, kit->first, 1, kit->chain, &again)) return false;
    if (str_eq(again, kit->first_ack)) return true;
    kit->why = S("another acknowledgement");
    return false;
}

static bool takes_nothing_beyond_a_gap(struct kit *kit)
{
    const struct kit_batch batch = {.seq = 3, .prev = kit->chain, .object = S("{}")};
    return acknowledges(kit, kit_batch(kit, &batch, NULL), 1, kit->chain, NULL);
}

static bool takes_nothing_of_a_fork(struct kit *kit)
{
    const struct kit_batch batch = {.seq = 2, .prev = str_of(ZEROS), .object = S("{}")};
    return acknowledges(kit, kit_batch(kit, &batch, NULL), 1, kit->chain, NULL);
}

static bool sets_aside_another_object(struct kit *kit)
{
    struct str chain = {};
    const struct kit_batch batch = {
        .seq = 2, .prev = kit->chain, .object = S("{\"x\":1}"), .other_object = true};
    struct str frame = kit_batch(kit, &batch, &chain);
    bool holds = acknowledges(kit, frame, 2, chain, NULL);
    if (holds) kit->chain = chain;
    return holds;
}

/* ---- the other direction ---- */

/* What it would ask an office that it cannot reach, it asks when that one comes. */
static bool asks_back(struct kit *kit)
{
    for (size_t i = 0; i < BACK_TRIES; i++) {
        struct kit_answer answer = asked(kit, "GET", "/x1/back?wait=20", (struct str){});
        if (!came(kit, &answer, 200)) return false;
        const json_t *question = cli_json_read(kit->c, answer.body);
        int64_t id = json_integer_value(json_object_get(question, "id"));
        bool greets = str_eq(cli_json_get(question, "path"), S("/x1/hello"));
        struct str path = str_format(kit->c->arena, "/x1/back/%lld?status=%d%c", (long long)id,
                                     greets ? 200 : 404, 0);
        struct str body = greets ? hello(kit) : S("{}");
        if (!comes(kit, "POST", path.ptr, body, 204)) return false;
        if (greets) return true;
    }
    kit->why = S("/x1/hello");
    return false;
}

static bool refusal_of(struct kit *kit, const struct batch_entry *entry)
{
    struct receipt r = {};
    if (entry->entry.kind != ENTRY_RECEIPT) return false;
    if (receipt_parse(kit->c, entry->object, &r) != OK) {
        call_clear(kit->c);
        return false;
    }
    return r.type == RECEIPT_REFUSED && r.reason.len > 0 && str_eq(r.record, kit_record(kit)) &&
           str_eq(r.office, kit->office[KIT_SUBJECT].id);
}

static bool says_what_it_refused(struct kit *kit)
{
    struct kit_answer answer =
        asked(kit, "GET", "/x1/feed?after=1.0&wait=20", (struct str){});
    if (!came(kit, &answer, 200)) return false;
    if (!kit_batch_holds(kit, answer.body, &kit->pulled)) {
        kit->why = S("batch");
        return false;
    }
    for (size_t i = 0; i < kit->pulled.count; i++) {
        if (refusal_of(kit, &kit->pulled.entries[i])) return true;
    }
    kit->why = S("R-");
    return false;
}

static bool hears_no_false_acknowledgement(struct kit *kit)
{
    if (kit->pulled.count == 0) return false;
    return comes(kit, "POST", "/x1/ack", kit_ack(kit, &kit->pulled, true), 409);
}

static bool hears_an_acknowledgement(struct kit *kit)
{
    if (kit->pulled.count == 0) return false;
    return comes(kit, "POST", "/x1/ack", kit_ack(kit, &kit->pulled, false), 204);
}

static bool gives_no_unknown_file(struct kit *kit)
{
    struct str path = str_format(kit->c->arena, "/x1/blob/%s%c", ZEROS, 0);
    return comes(kit, "GET", path.ptr, (struct str){}, 404);
}

static bool states_its_ledger(struct kit *kit)
{
    struct kit_answer answer = asked(kit, "POST", "/x1/ledger", kit_ledger(kit, 2));
    if (!came(kit, &answer, 200)) return false;
    kit->why = S("ledger");
    return kit_ledger_holds(kit, answer.body, 2, 2);
}

/* ---- with others beside it ---- */

/* The subject's row in what the echo office knows of its peers. */
static int64_t echo_number(struct kit *kit, const char *name)
{
    struct str json = {};
    const struct cli_request look = {.method = "GET", .path = S("/host/exchange")};
    if (kit_ask(kit, KIT_ECHO, &look, &json) != OK) return -1;
    const json_t *peers = json_object_get(cli_json_read(kit->c, json), "peers");
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *row = json_array_get(peers, i);
        if (!str_eq(cli_json_get(row, "peer"), kit->office[KIT_SUBJECT].id)) continue;
        return json_integer_value(json_object_get(row, name));
    }
    return -1;
}

/* The echo office asks the subject and the one that is always down. */
static bool takes_what_the_echo_sends(struct kit *kit)
{
    struct str json = {};
    struct str body = str_format(
        kit->c->arena,
        "{\"subject\":\"Conformance\",\"summary\":\"C\",\"days\":5,\"urgency\":\"normal\","
        "\"asked\":[{\"office\":\"%.*s\"},{\"office\":\"%.*s\"}]}",
        STR_ARG(kit->office[KIT_SUBJECT].id), STR_ARG(kit->office[KIT_DOWN].id));
    const struct cli_request say = {.method = "POST",
                                    .path = S("/api/act/consultation.ask"),
                                    .login = S("echo"),
                                    .body = body};
    enum err e = kit_ask(kit, KIT_ECHO, &say, &json);
    if (e != OK) {
        kit->why = str_of(kit->c->failure.reason);
        call_clear(kit->c);
        return false;
    }
    for (int64_t waited_ms = 0; waited_ms < ECHO_WAIT_MS; waited_ms += ECHO_PAUSE_MS) {
        if (echo_number(kit, "acked") > 0) return true;
        (void)poll(NULL, 0, ECHO_PAUSE_MS);
    }
    kit->why = S("R1");
    return false;
}

/* At the end it stands where the probe left it. */
static bool stands_where_it_was_left(struct kit *kit)
{
    struct kit_answer answer = asked(kit, "GET", "/x1/hello", (struct str){});
    if (!came(kit, &answer, 200)) return false;
    struct str in = str_format(kit->c->arena, "\"in_epoch\":1,\"in_seq\":2,\"in_chain\":\"%.*s\"",
                               STR_ARG(kit->chain));
    kit->why = answer.body;
    return kit->chain.len > 0 && str_find(answer.body, in, 0) < answer.body.len;
}

const struct kit_story KIT_STORIES[] = {
    {"C-001", "6", "conform.certificate", shows_its_certificate},
    {"C-002", "6", "conform.old_tls", refuses_old_tls},
    {"C-003", "6", "conform.no_certificate", refuses_no_certificate},
    {"C-004", "6", "conform.forged", refuses_a_forged_certificate},
    {"C-005", "6", "conform.stranger", refuses_a_stranger},
    {"C-006", "6", "conform.strangers_body", reads_no_strangers_body},
    {"C-007", "14", "conform.join", invites_nobody},
    {"C-008", "6", "conform.path", knows_no_other_path},
    {"C-009", "6", "conform.method", names_the_methods},
    {"C-010", "6", "conform.hello", says_where_it_stands},
    {"C-011", "10", "conform.compare", compares},
    {"C-012", "10", "conform.hello_other", hears_no_other_office},
    {"C-013", "4", "conform.rubbish", refuses_rubbish},
    {"C-014", "4", "conform.signature", refuses_another_signature},
    {"C-015", "4", "conform.sender", refuses_another_sender},
    {"C-016", "3", "conform.chain", refuses_another_chain},
    {"C-017", "5", "conform.long", takes_no_long_body},
    {"C-018", "5", "conform.acknowledge", acknowledges_what_is_durable},
    {"C-019", "1", "conform.repeat", answers_a_repeat_alike},
    {"C-020", "1", "conform.gap", takes_nothing_beyond_a_gap},
    {"C-021", "3", "conform.fork", takes_nothing_of_a_fork},
    {"C-022", "3", "conform.object", sets_aside_another_object},
    {"C-023", "6", "conform.back", asks_back},
    {"C-024", "6", "conform.refusal", says_what_it_refused},
    {"C-025", "5", "conform.false_ack", hears_no_false_acknowledgement},
    {"C-026", "6", "conform.ack", hears_an_acknowledgement},
    {"C-027", "8", "conform.file", gives_no_unknown_file},
    {"C-028", "11", "conform.ledger", states_its_ledger},
    {"C-029", "1", "conform.echo", takes_what_the_echo_sends},
    {"C-030", "6", "conform.end", stands_where_it_was_left},
};
const size_t KIT_STORIES_COUNT = ARRAY_LEN(KIT_STORIES);
