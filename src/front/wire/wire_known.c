#include "core/office.h"
#include "front/tls/cert.h"
#include "front/wire/wire.h"

#include <string.h>

enum { KEY_BYTES = 32 };

struct wire_key {
    struct str office;
    uint8_t public_key[KEY_BYTES];
};

struct peers {
    struct peer *list;
    size_t count;
};

static enum err peers_read(struct call *c, void *arg)
{
    struct peers *peers = arg;
    return peer_list(c, &peers->list, &peers->count);
}

/* Puts the new list in the place of the old one. */
static void known_set(struct wire_known *known, struct arena *arena, struct wire_key *keys,
                      size_t count)
{
    int failed = pthread_mutex_lock(&known->lock);
    ensure(failed == 0);
    struct arena *old = known->arena;
    known->arena = arena;
    known->keys = keys;
    known->count = count;
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
    }
    known_set(&wire->known, arena, keys, peers.count);
    return OK;
}

void wire_forget(struct wire *wire)
{
    known_set(&wire->known, NULL, NULL, 0);
}

static bool key_find(struct wire_known *known, struct str office, uint8_t ret_key[KEY_BYTES])
{
    bool found = false;
    int failed = pthread_mutex_lock(&known->lock);
    ensure(failed == 0);
    for (size_t i = 0; i < known->count && !found; i++) {
        found = str_eq(known->keys[i].office, office);
        if (found) memcpy(ret_key, known->keys[i].public_key, KEY_BYTES);
    }
    failed = pthread_mutex_unlock(&known->lock);
    ensure(failed == 0);
    return found;
}

bool wire_knows(struct wire *wire, struct str peer_cert)
{
    uint8_t key[KEY_BYTES];
    struct call c = call_begin(wire->env, NULL, NULL);
    struct str office = peer_cert.len > 0 ? cert_office(&c, peer_cert) : (struct str){};
    bool known = office.len > 0 && key_find(&wire->known, office, key);
    struct str public_key = {(const char *)key, sizeof key};
    if (known) known = cert_verify(&c, peer_cert, office, public_key) == OK;
    call_end(&c);
    return known;
}
