#include "core/directory.h"
#include "core/invite.h"
#include "core/office.h"
#include "front/tls/cert.h"
#include "front/wire/wire_join.h"

#include <string.h>

enum { KEY_BYTES = 32 };

struct wire_key {
    struct str office;
    uint8_t public_key[KEY_BYTES];
    int64_t n;
    char next[KEY_HEX_LEN]; /* promised: hex, or empty */
};

struct peers {
    struct peer *list;
    size_t count;
    int64_t join_until_ms;
};

static enum err peers_read(struct call *c, void *arg)
{
    struct peers *peers = arg;
    enum err e = peer_list(c, &peers->list, &peers->count);
    return e == OK ? invite_open_until(c, &peers->join_until_ms) : e;
}

/* Puts the new list in the place of the old one. */
static void known_set(struct wire_known *known, const struct wire_known *now)
{
    int failed = pthread_mutex_lock(&known->lock);
    ensure(failed == 0);
    struct arena *old = known->arena;
    known->arena = now->arena;
    known->keys = now->keys;
    known->count = now->count;
    known->join_until_ms = now->join_until_ms;
    failed = pthread_mutex_unlock(&known->lock);
    ensure(failed == 0);
    arena_close(old);
}

enum err wire_learn(struct call *c, struct wire *wire)
{
    struct peers peers = {};
    enum err e = store_read(c, peers_read, &peers);
    if (e != OK) return e;
    struct arena *arena = arena_open(0);
    struct wire_key *keys = arena_array(arena, peers.count, sizeof *keys);
    for (size_t i = 0; i < peers.count; i++) {
        ensure(peers.list[i].public_key.len == KEY_BYTES);
        keys[i].office = str_copy(arena, peers.list[i].office);
        memcpy(keys[i].public_key, peers.list[i].public_key.ptr, KEY_BYTES);
        keys[i].n = peers.list[i].key_n;
        bool promised = peers.list[i].next_key.len == sizeof keys[i].next;
        if (promised) memcpy(keys[i].next, peers.list[i].next_key.ptr, sizeof keys[i].next);
    }
    known_set(&wire->known, &(struct wire_known){.arena = arena,
                                                 .keys = keys,
                                                 .count = peers.count,
                                                 .join_until_ms = peers.join_until_ms});
    return OK;
}

void wire_forget(struct wire *wire)
{
    known_set(&wire->known, &(struct wire_known){});
}

static bool key_find(struct wire_known *known, struct str office, struct wire_key *ret_key)
{
    bool found = false;
    int failed = pthread_mutex_lock(&known->lock);
    ensure(failed == 0);
    for (size_t i = 0; i < known->count && !found; i++) {
        found = str_eq(known->keys[i].office, office);
        if (found) *ret_key = known->keys[i];
    }
    failed = pthread_mutex_unlock(&known->lock);
    ensure(failed == 0);
    return found;
}

static bool vouched(struct call *c, struct str cert, struct str office, const struct wire_key *key)
{
    struct str public_key = {(const char *)key->public_key, KEY_BYTES};
    if (cert_verify(c, cert, office, public_key) == OK) return true;
    call_clear(c);
    return false;
}

/* The certificate is by a later key, to which its chain leads from the one that is known. */
static bool shows(struct call *c, struct str cert, struct str office, const struct wire_key *key)
{
    struct key_frame frames[LIMIT_KEY_CHAIN];
    size_t count = 0;
    const struct key_state known = {
        .office = office,
        .public_key = {(const char *)key->public_key, KEY_BYTES},
        .n = key->n,
        .next = {key->next, key->next[0] == '\0' ? 0 : sizeof key->next},
    };
    if (key_chain_follow(c, &known, cert_chain(c, cert), frames, &count) != OK) {
        call_clear(c);
        return false;
    }
    struct key_state last = key_after(c, &frames[count - 1]);
    return cert_verify(c, cert, office, last.public_key) == OK;
}

bool wire_meet(struct call *c, struct str office, struct str cert)
{
    struct call looking = call_begin(c->env, c->store, c->office);
    struct str chain = cert_chain(&looking, cert);
    bool met = chain.len > 0 && str_eq(cert_office(&looking, cert), office) &&
               directory_meet(&looking, office, chain) == OK;
    call_end(&looking);
    if (met) call_clear(c); /* what failed is to be asked again, with the new key */
    return met;
}

bool wire_knows(struct wire *wire, struct str peer_cert)
{
    struct wire_key key = {};
    struct call c = call_begin(wire->env, NULL, NULL);
    struct str office = peer_cert.len > 0 ? cert_office(&c, peer_cert) : (struct str){};
    bool known = office.len > 0 && key_find(&wire->known, office, &key);
    known = known && (vouched(&c, peer_cert, office, &key) || shows(&c, peer_cert, office, &key));
    call_end(&c);
    return known;
}

bool wire_join_open(struct wire *wire)
{
    int failed = pthread_mutex_lock(&wire->known.lock);
    ensure(failed == 0);
    int64_t until_ms = wire->known.join_until_ms;
    failed = pthread_mutex_unlock(&wire->known.lock);
    ensure(failed == 0);
    return until_ms > wire->env->now_ms(wire->env->self);
}
