#include "exchange/oversight.h"

#include "base/id.h"
#include "core/office.h"
#include "core/receipt.h"
#include "exchange/exchange_sql.h"
#include "exchange/inbox.h"
#include "exchange/oversight_sql.h"

struct str aside_name(struct call *c, struct str peer, int64_t epoch, int64_t seq)
{
    return str_format(c->arena, "%.*s-%lld-%lld", STR_ARG(peer), (long long)epoch, (long long)seq);
}

static bool name_read(struct str name, struct aside *ret_aside)
{
    struct str epoch = {};
    struct str seq = {};
    return str_cut(name, '-', &ret_aside->peer, &epoch) && str_cut(epoch, '-', &epoch, &seq) &&
           id_is_office(ret_aside->peer) && parse_int(epoch, 1, INT64_MAX, &ret_aside->epoch) &&
           parse_int(seq, 1, INT64_MAX, &ret_aside->seq);
}

enum err aside_load(struct call *c, struct str name, struct aside *ret_aside)
{
    struct aside aside = {};
    if (!name_read(name, &aside)) return fail(c, ERR_NOT_FOUND, "exchange.aside_unknown");
    enum err e = aside_sql_load(c, &aside);
    if (e == OK) e = entry_read(c, aside.entry.bytes, &aside.entry.entry);
    if (e == OK) *ret_aside = aside;
    return e;
}

static enum err open_load(struct call *c, struct str name, struct aside *ret_aside)
{
    enum err e = aside_load(c, name, ret_aside);
    if (e != OK || ret_aside->done == ASIDE_OPEN) return e;
    return fail(c, ERR_CONFLICT, "exchange.aside_done");
}

/* The alarm goes with the last entry of that office that waits for a decision. */
static enum err decided(struct call *c, const struct aside *aside, enum aside_done done,
                        struct str why)
{
    int64_t open = 0;
    enum err e = aside_sql_done(c, aside, done, why);
    if (e == OK) e = aside_sql_count(c, aside->peer, &open);
    return e == OK && open == 0 ? alarm_end(c, aside->peer, "inbox.set_aside") : e;
}

enum err aside_retry(struct call *c, struct str name)
{
    struct aside aside = {};
    struct peer peer = {};
    enum err e = open_load(c, name, &aside);
    if (e == OK && aside.entry.object.len == 0) e = fail(c, ERR_CONFLICT, "exchange.aside_cut");
    if (e == OK) e = peer_find(c, aside.peer, &peer);
    if (e == OK) e = inbox_entry(c, &aside.entry, &peer, &aside.key_place);
    if (e == OK && aside.entry.entry.kind == ENTRY_KEY) {
        e = cursor_key(c, aside.peer, aside.key_place);
    }
    if (e == OK) e = decided(c, &aside, ASIDE_RETRIED, (struct str){});
    if (e == OK) store_note(c, S("wanted")); /* the files that it names */
    return e;
}

enum err aside_refuse(struct call *c, struct str name, struct str why)
{
    struct aside aside = {};
    enum err e = open_load(c, name, &aside);
    if (e == OK) e = decided(c, &aside, ASIDE_REFUSED, why);
    if (e != OK) return e;
    const struct entry *entry = &aside.entry.entry;
    bool home = str_eq(id_home(entry->record), entry->from);
    struct version v = {
        .record = entry->record, .n = entry->n, .hash = entry->object, .home = entry->from};
    return entry->kind == ENTRY_VERSION && home ? receipt_refuse(c, &v, why) : OK;
}

enum err alarm_close(struct call *c, struct str peer, struct str reason, struct str why)
{
    bool found = false;
    enum err e = alarm_sql_close(c, peer, reason, why, &found);
    if (e != OK || found) return e;
    return fail(c, ERR_NOT_FOUND, "exchange.alarm_unknown");
}

enum err opened_is_told(struct call *c, bool *ret_told)
{
    struct str record = {};
    return rule_sql_load(c, &record, ret_told);
}
