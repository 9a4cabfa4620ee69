#include "base/id.h"
#include "base/limits.h"
#include "core/office.h"
#include "core/version.h"
#include "exchange/ledger_form.h"
#include "main/conform_kit.h"

#include <sodium.h>
#include <string.h>

struct str kit_record(struct kit *kit)
{
    struct str id = kit->office[KIT_PROBE].id;
    return str_format(kit->c->arena, "%.*s.%.*s", STR_ARG(id), STR_ARG(id));
}

static struct str sign(struct kit *kit, const char *purpose, struct str bytes)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)bytes.ptr, bytes.len);
    office_sign_with(kit->office[KIT_PROBE].secret, purpose, hash, signature);
    return str_copy(kit->c->arena, (struct str){(const char *)signature, sizeof signature});
}

static bool signed_by_subject(struct kit *kit, const char *purpose, struct str bytes,
                              struct str signature)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)bytes.ptr, bytes.len);
    return office_verify(kit->office[KIT_SUBJECT].public_key, purpose, hash, signature);
}

static struct str probe_key(struct kit *kit)
{
    return office_key_id(kit->c->arena, kit->office[KIT_PROBE].public_key);
}

struct str kit_batch(struct kit *kit, const struct kit_batch *b, struct str *ret_chain)
{
    struct call *c = kit->c;
    struct batch_entry entry = {.object = b->object, .signature = sign(kit, "none", b->object)};
    struct batch batch = {.entries = &entry, .count = 1};
    struct str named = b->other_object ? S("another") : b->object;
    entry.entry = (struct entry){.format = ENTRY_FORMAT,
                                 .from = kit->office[KIT_PROBE].id,
                                 .to = kit->office[KIT_SUBJECT].id,
                                 .epoch = 1,
                                 .seq = b->seq,
                                 .kind = ENTRY_VERSION,
                                 .priority = PRIORITY_NORMAL,
                                 .record = kit_record(kit),
                                 .n = b->seq,
                                 .object = version_hash(c, named),
                                 .size = (int64_t)b->object.len};
    if (b->from.len > 0) entry.entry.from = b->from;
    entry.bytes = entry_write(c, &entry.entry);
    struct str chain = chain_next(c, b->prev, entry.bytes);
    batch.head = (struct batch_head){.format = ENTRY_FORMAT,
                                     .from = entry.entry.from,
                                     .to = entry.entry.to,
                                     .epoch = 1,
                                     .seq = b->seq,
                                     .count = 1,
                                     .prev = b->prev,
                                     .chain = b->other_chain ? b->prev : chain,
                                     .time_ms = c->now_ms,
                                     .key = probe_key(kit)};
    batch.head_bytes = batch_head_write(c, &batch.head);
    batch.signature = sign(kit, b->other_signature ? PURPOSE_ACK : PURPOSE_FEED, batch.head_bytes);
    if (ret_chain != NULL) *ret_chain = chain;
    return batch_encode(c, &batch);
}

bool kit_ack_holds(struct kit *kit, struct str frame, int64_t seq, struct str chain)
{
    struct ack ack = {};
    struct str bytes = {};
    struct str signature = {};
    if (ack_decode(kit->c, frame, &ack, &bytes, &signature) != OK) {
        call_clear(kit->c);
        return false;
    }
    return str_eq(ack.from, kit->office[KIT_SUBJECT].id) &&
           str_eq(ack.to, kit->office[KIT_PROBE].id) && ack.epoch == 1 && ack.seq == seq &&
           str_eq(ack.chain, chain) && signed_by_subject(kit, PURPOSE_ACK, bytes, signature);
}

struct str kit_ack(struct kit *kit, const struct batch *batch, bool other_chain)
{
    const struct batch_head *head = &batch->head;
    const struct ack ack = {.format = ENTRY_FORMAT,
                            .from = kit->office[KIT_PROBE].id,
                            .to = kit->office[KIT_SUBJECT].id,
                            .epoch = head->epoch,
                            .seq = head->seq + head->count - 1,
                            .chain = other_chain ? version_hash(kit->c, S("another")) : head->chain,
                            .time_ms = kit->c->now_ms,
                            .key = probe_key(kit)};
    struct str bytes = ack_write(kit->c, &ack);
    return ack_encode(kit->c, bytes, sign(kit, PURPOSE_ACK, bytes));
}

bool kit_batch_holds(struct kit *kit, struct str frame, struct batch *ret_batch)
{
    if (batch_decode(kit->c, frame, ret_batch) != OK) {
        call_clear(kit->c);
        return false;
    }
    const struct batch_head *head = &ret_batch->head;
    return str_eq(head->from, kit->office[KIT_SUBJECT].id) &&
           str_eq(head->to, kit->office[KIT_PROBE].id) &&
           signed_by_subject(kit, PURPOSE_FEED, ret_batch->head_bytes, ret_batch->signature);
}

struct str kit_ledger(struct kit *kit, int64_t last)
{
    struct call *c = kit->c;
    struct ledger_line *lines = arena_array(c->arena, (size_t)last, sizeof *lines);
    struct ledger_statement statement = {.format = ENTRY_FORMAT,
                                         .from = kit->office[KIT_PROBE].id,
                                         .to = kit->office[KIT_SUBJECT].id,
                                         .side = LEDGER_SENT,
                                         .epoch = 1,
                                         .first = 1,
                                         .last = last,
                                         .time_ms = c->now_ms,
                                         .key = probe_key(kit)};
    for (int64_t i = 0; i < last; i++)
        lines[i] = (struct ledger_line){.state = LEDGER_UNKNOWN};
    struct ledger_frame frame = {.lines = lines, .count = (size_t)last};
    frame.bytes = ledger_write(c, &statement, lines);
    frame.signature = sign(kit, PURPOSE_LEDGER, frame.bytes);
    return ledger_encode(c, &frame, true);
}

bool kit_ledger_holds(struct kit *kit, struct str bytes, int64_t last, int64_t aside)
{
    struct ledger_frame frame = {};
    const struct ledger_statement *s = &frame.statement;
    if (ledger_decode(kit->c, bytes, &frame) != OK) {
        call_clear(kit->c);
        return false;
    }
    return str_eq(s->from, kit->office[KIT_SUBJECT].id) && s->side == LEDGER_TOOK &&
           s->epoch == 1 && s->first == 1 && s->last == last && s->counts[LEDGER_ASIDE] == aside &&
           signed_by_subject(kit, PURPOSE_LEDGER, frame.bytes, frame.signature);
}
