#include "exchange/note_key.h"

#include "core/directory.h"
#include "core/office.h"

static enum err keys_try(struct call *c, const struct note *note, struct str office, bool cosigned,
                         struct note_key *ret_key)
{
    struct office_key *keys = NULL;
    size_t count = 0;
    struct note_key found = {.verdict = NOTE_NONE};
    bool own = str_eq(office, c->office->id);
    enum err e = directory_keys(c, office, &keys, &count);
    for (size_t i = 0; e == OK && i < count && found.verdict != NOTE_GOOD; i++) {
        struct note_key tried = {.public_key = keys[i].public_key};
        if (keys[i].revoked && !own) continue;
        tried.verdict = cosigned ? note_cosigned(c, note, office, keys[i].public_key, &tried.line,
                                                 &tried.time_s)
                                 : note_signed(c, note, keys[i].public_key);
        if (tried.verdict != NOTE_NONE) found = tried;
    }
    if (e == OK) *ret_key = found;
    return e;
}

enum err note_signed_office(struct call *c, const struct note *note, struct str office,
                            struct note_key *ret_key)
{
    return keys_try(c, note, office, false, ret_key);
}

enum err note_cosigned_office(struct call *c, const struct note *note, struct str office,
                              struct note_key *ret_key)
{
    return keys_try(c, note, office, true, ret_key);
}
