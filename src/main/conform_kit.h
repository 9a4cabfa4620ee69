#pragma once
/* conform_kit.h: what the files of the kit share. */
#include "exchange/batch.h"
#include "front/cli/cli_office.h"
#include "main/conform.h"

#include <sys/types.h>

enum kit_place { KIT_PROBE, KIT_ECHO, KIT_DOWN, KIT_SUBJECT, KIT_OFFICES };

struct kit_office {
    const char *folder; /* its code, too */
    int64_t wire_port;
    struct str id;
    struct str public_key; /* 32 raw bytes */
    uint8_t secret[KEY_SECRET_BYTES];
    int dir_fd;
    pid_t pid; /* 0: not running */
    int leash_fd;
};

/* Who speaks: an office id, and the key that vouches for it. */
struct kit_voice {
    struct str office;
    struct str cert; /* DER */
    struct evp_pkey_st *key;
};

struct kit {
    struct call *c; /* lives as long as the kit */
    int top_fd;
    int lib_fd;
    struct kit_office office[KIT_OFFICES];
    bool foreign; /* the subject is another server */
    struct str address;
    struct kit_voice probe;
    struct str chain; /* of the probe's feed, after what was acknowledged */
    struct str first; /* the batch that was acknowledged first, and what came back */
    struct str first_ack;
    struct batch pulled;
    struct str why; /* of the last story that failed: what came in place of what must */
};

/* ---- conform_kit.c: the offices ---- */

/* Founds them unless they are there, and enters them in each other's directories. */
enum err kit_found(struct kit *kit);
/* Starts those that are served and waits until they answer. */
enum err kit_start(struct kit *kit);
void kit_stop(struct kit *kit);
/* A certificate for that id by the key of an office. */
struct kit_voice kit_voice(struct call *c, struct str id, const uint8_t secret[KEY_SECRET_BYTES]);
/* Asks an office of the kit as its administrator. */
enum err kit_ask(struct kit *kit, enum kit_place place, const struct cli_request *request,
                 struct str *ret_json);

/* ---- conform_tls.c: one question over TLS ---- */

struct kit_question {
    const struct kit_voice *voice; /* NULL: no certificate is shown */
    bool old_tls;                  /* 1.2 at most */
    const char *method;
    const char *path;
    struct str body;
};
struct kit_answer {
    int status; /* 0: none came */
    struct str body;
    struct str cert; /* of the server */
    bool allow;      /* has a header Allow */
};
struct kit_answer kit_tls(struct kit *kit, const struct kit_question *question);

/* ---- conform_frame.c: what the probe sends, and what it may believe ---- */

struct kit_batch {
    int64_t seq;
    struct str prev;      /* hex chain */
    struct str object;    /* any bytes */
    bool other_object;    /* the entry names another one */
    bool other_chain;     /* the head says another end */
    bool other_signature; /* of the head */
    struct str from;      /* empty: the probe */
};
/* A batch of one entry about a record of the probe. Shapes: pure; ret_chain may be NULL. */
struct str kit_batch(struct kit *kit, const struct kit_batch *batch, struct str *ret_chain);
/* The subject's acknowledgement of that number and chain to the probe, well signed. */
bool kit_ack_holds(struct kit *kit, struct str frame, int64_t seq, struct str chain);
/* The probe's acknowledgement of what it pulled. */
struct str kit_ack(struct kit *kit, const struct batch *batch, bool other_chain);
/* A batch of the subject to the probe, well signed. */
bool kit_batch_holds(struct kit *kit, struct str frame, struct batch *ret_batch);
/* The probe's statement about its first entries; the subject's about the same, well signed. */
struct str kit_ledger(struct kit *kit, int64_t last);
bool kit_ledger_holds(struct kit *kit, struct str frame, int64_t last, int64_t aside);
/* The record and version of which the probe speaks. */
struct str kit_record(struct kit *kit);

/* ---- conform_story.c ---- */

struct kit_story {
    const char *number;
    const char *section; /* of docs/exchange.md */
    const char *words;
    bool (*run)(struct kit *kit);
};
extern const struct kit_story KIT_STORIES[];
extern const size_t KIT_STORIES_COUNT;
