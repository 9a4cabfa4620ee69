#pragma once
/*
 * office.h: this office as a node: its identity, its keys' door, its registry of persons, units
 * and peers (all of them records of the built-in module), and logins.
 */
#include "base/workday.h"
#include "core/record.h"

/* The door to the process that holds the office's keys: it can only sign well-formed statements. */
struct signer {
    /* Signs each 32-byte hash under the given purpose. Shapes: hashes of 32 bytes, signatures
     * of 64. Errors: ERR_IO "keeper.gone". */
    enum err (*sign)(void *self, struct call *c, const char *purpose, const uint8_t (*hashes)[32],
                     size_t count, uint8_t (*ret_signatures)[64]);
    /* Puts the office's seal (front/tls/seal.h) on a SHA-256 digest. NULL where none is asked for.
     * Errors: ERR_IO "keeper.gone". */
    enum err (*seal)(void *self, struct call *c, const uint8_t digest[32], struct str *ret_der);
    /* Signs a text as it is: the checkpoint of this office's log, or a cosignature of another
     * office's (exchange/checkpoint.h); the keeper reads it and signs nothing else this way.
     * Errors: ERR_IO "keeper.gone"; ERR_INVALID "keeper.refused". */
    enum err (*sign_note)(void *self, struct call *c, struct str text, uint8_t ret_signature[64]);
    void *self;
};

struct post_door;  /* core/post.h */
struct parse_door; /* core/parse.h */

struct office {
    struct str id;         /* 26 base32 characters, for ever */
    struct str code;       /* "VPCP" */
    struct str name;       /* "Văn phòng Chính phủ" */
    struct str dir;        /* its folder */
    struct str key;        /* id of the signing key: first 16 hex digits of SHA-256(public key) */
    struct str public_key; /* 32 raw bytes */
    int64_t key_n;         /* statement that named it, core/directory.h; 0: none did */
    struct str next_key;   /* key_promise of the one after it; empty: none was promised */
    struct signer signer;
    /* The working days it counts by. A calendar never changes; when a decision comes, a new one
     * takes its place here and the old one stays until the office ends, for whoever reads it. */
    const struct workday_calendar *_Atomic calendar;
    const struct post_door *door; /* core/post.h; NULL: nothing leaves for its people */
    const struct parse_door *parser; /* core/parse.h; NULL: no file is read here */
    uint8_t pass_key[32]; /* marks every pass given to a browser or a program */
    void (*changed)(void *arg, const struct str *topics, size_t count); /* NULL: nobody listens */
    void *changed_arg;
    struct arena *memory; /* of what modules keep (module.refresh); NULL: nothing is refreshed */
    struct store *store;  /* read for it, with this clock */
    const struct env *env;
};

/* Purposes the keeper knows; the signed text is purpose || 0 byte || hash. */
#define PURPOSE_VERSION "phoihop-version-v1"
#define PURPOSE_RECEIPT "phoihop-receipt-v1"
#define PURPOSE_ACK "phoihop-ack-v1"
#define PURPOSE_FEED "phoihop-feed-v1"
#define PURPOSE_EPOCH "phoihop-epoch-v1"
#define PURPOSE_LEDGER "phoihop-ledger-v1"
#define PURPOSE_KEY "phoihop-key-v1" /* core/key_statement.h; signed while the office is stopped */
#define PURPOSE_BACKUP "phoihop-backup-v1" /* the list of a backup's files: store/backup.h */
#define PURPOSE_HOME "phoihop-home-v1" /* a record passes to another home: core/passage.h */
#define PURPOSE_PASS "phoihop-pass-v1" /* never leaves the office: office_pass_key */

/* Verifies a signature made under a purpose. */
bool office_verify(struct str public_key, const char *purpose, const uint8_t hash[32],
                   struct str signature);

/* Signs with a secret key held in this process: tools while the office is stopped, tests, the
 * keeper itself. Shapes: secret_key is libsodium's 64 bytes. */
void office_sign_with(const uint8_t secret_key[64], const char *purpose, const uint8_t hash[32],
                      uint8_t ret_signature[64]);

/* The same for signer.sign_note. */
void office_sign_note_with(const uint8_t secret_key[64], struct str text,
                           uint8_t ret_signature[64]);

/* First 16 hex digits of SHA-256(public key): names a key in versions, receipts and feeds. */
struct str office_key_id(struct arena *arena, struct str public_key);

/* store_config.before_commit: makes anew what replay_owe asked for, and signs every version and
 * receipt that waits, in one call. */
enum err office_before_commit(void *office, struct call *group);
void office_after_commit(void *office, const struct str *topics, size_t count);

/* All tables of core and of every module. */
enum err office_migrate(struct call *c);

/* Writes the office's own record and its first administrator. Errors: ERR_CONFLICT
 * "office.exists". */
enum err office_found(struct call *c, struct str admin_login, struct str admin_password);

/* Makes obligations anew when they were made by an older edition of the program; once. After
 * office_migrate, by office_load. */
enum err office_remake(struct call *c);

/* Loads id, code, name and public key from the office's own record, and refreshes. */
enum err office_load(struct call *c, struct office *office);

/* Lets every module rebuild what it keeps in memory, now and after the commits that touch its
 * records (office_after_commit). Shapes: memory outlives the office's use of the store and is no
 * other thread's. */
enum err office_refresh(struct call *c, struct office *office, struct arena *memory);

/* Makes the office's pass_key out of a signature that only the keeper can give, so that it is the
 * same in every process and lies in no file. Errors: those of the signer. */
enum err office_pass_key(struct call *c, struct office *office);

struct peer {
    struct str office; /* id */
    struct str code;
    struct str name;
    struct str public_key; /* 32 raw bytes */
    struct str key;        /* id */
    int64_t key_n;         /* statement that named it, core/directory.h; 0: none did */
    struct str next_key;   /* hex: the one after it, as promised; empty: none was */
    struct str address;    /* "host:port" of its exchange door; empty: it calls us */
};

/* Finds a peer by its id; lists all in their order. Errors: ERR_NOT_FOUND "peer.unknown". */
enum err peer_find(struct call *c, struct str office, struct peer *ret_peer);
enum err peer_list(struct call *c, struct peer **ret_peers, size_t *ret_count);
/* peer_find in a read of its own. */
enum err peer_look(struct call *c, struct str office, struct peer *ret_peer);
/* Code and name of an office, this one or a peer; the id itself when unknown. */
struct str office_code(struct call *c, struct str office);
struct str office_name(struct call *c, struct str office);
/* Title (chức danh) of a person of this office, or of its record id when unknown. */
struct str person_title(struct call *c, struct str person);

/* Working days after `from_day` up to and including `to_day`; 0 when to <= from. */
int64_t office_workdays_between(struct call *c, int64_t from_day, int64_t to_day);
/* Minutes that the office is open between two instants, none when they run backwards. */
int64_t office_work_minutes(struct call *c, int64_t from_ms, int64_t to_ms);
/* Name of a unit of this office. */
struct str unit_name(struct call *c, struct str unit);
/* Persons still in the office who hold any of the roles, by title, as maps {record, title, unit,
 * login}; units as {record, name}. For choices in forms and for pages. */
enum err person_list(struct call *c, uint32_t roles, struct node *ret_list);
enum err unit_list(struct call *c, struct node *ret_list);

/* Checks login and password (argon2id), with lockout by account and by address, and makes the
 * person the call's actor. Errors: ERR_LOGIN "login.wrong"; ERR_BUSY "login.locked" (arg "until").
 */
enum err login_password(struct call *c, struct str login, struct str password, struct str address);
enum err login_set_password(struct call *c, struct str login, struct str password);
/* Makes the actor from a login without a password: the command line of the office's own host. */
enum err login_as(struct call *c, struct str login);
/* Sessions of the web: a secret pass goes to the browser, its hash stays. */
enum err session_open(struct call *c, struct str *ret_secret, struct str *ret_csrf);
enum err session_resume(struct call *c, struct str secret, struct str *ret_csrf);
enum err session_close(struct call *c, struct str secret);
/* Bearer tokens of programs. */
enum err token_add(struct call *c, struct str login, struct str label, struct str *ret_token);
enum err token_login(struct call *c, struct str token);

/* Passwords of calendar programs, one for each device of the actor. Such a password opens the
 * calendars and nothing else; it is told once, its hash stays. Wrong tries are counted by account
 * and by address, apart from those of login_password, and make further wrong ones wait. The right
 * one is taken at any time: nobody can guess it, and a telephone that goes on with a withdrawn one
 * must lock out neither the pages nor the person's other telephone. Shapes: spaces, dashes and
 * capitals of `password` are no matter.
 * Errors: of _add ERR_INVALID "form", ERR_CONFLICT "device.many"; of _remove ERR_NOT_FOUND
 * "device.gone"; of _login ERR_LOGIN "device.wrong", ERR_BUSY "login.locked". */
enum err device_add(struct call *c, struct str label, struct str *ret_password);
/* Maps {id, label, created, seen}, times as text, `seen` empty when it was never used. */
enum err device_list(struct call *c, struct node *ret_list);
enum err device_remove(struct call *c, struct str id);
enum err device_login(struct call *c, struct str login, struct str password, struct str address);

/* Says that the text is a pass, of a session or a token, that this office once gave out: whoever
 * shows it has logged in. Whether it still holds is asked of the store. Touches neither store nor
 * memory of a call, so the HTTP loop may ask it before a large body is read. */
bool pass_is_ours(const struct office *office, struct str pass);
/* A mark that only this office can make for the text: 32 hex digits. */
struct str pass_mark(struct arena *arena, const struct office *office, struct str text);
