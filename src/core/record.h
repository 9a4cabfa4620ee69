#pragma once
/*
 * record.h: records and their versions. A version is strict JSON written once by fields_write,
 * under a header; the signature stands outside. What was signed is stored, hashed, sent and shown
 * as those very bytes and never serialised again.
 *
 *     {"phoihop":1,"kind":"note.note","schema":1,"record":"HOME.RANDOM","n":2,"prev":"HASH",
 *      "person":"HOME.RANDOM","time":"2026-11-25T03:04:05.678Z",
 *      "audience":[{"party":"o:HOME"}],"alg":"ed25519","key":"KEYID","body":{...}}
 *
 * hash = SHA-256(bytes); signature = Ed25519("phoihop-version-v1\0" || hash).
 *
 * Only the home office changes a record. `record_put` is called inside an act's transaction; the
 * group's signature is made once, before COMMIT (office_before_commit).
 */
#include "base/field.h"
#include "core/module.h"

struct head {
    struct str record;
    struct str kind;
    struct str home;    /* office id: who writes the next version */
    int64_t n;          /* newest version held here */
    struct str hash;    /* hex, of that version */
    int64_t created_ms; /* time of the first version held here */
    int64_t changed_ms; /* time written in the newest version */
    struct str person;  /* author of the newest version */
    int64_t passages;   /* how often it has passed to another home, core/passage.h */
    bool moving;        /* the newest version gives it away; `home` has not answered yet */
};

/* How a record came to its home: since version n the office `from` has given it to `to`. */
struct passage {
    int64_t n;
    struct str from;      /* office ids */
    struct str to;
    struct str key;       /* id of the key of `from` */
    struct str signature; /* 128 hex digits */
    struct str statement; /* record by which `from` left everything to `to`, core/heir.h: then
                             version n is the newest that `from` wrote; empty: it gave this one */
};

struct version {
    struct str record;
    struct str kind;
    struct str home; /* office id: who wrote and signed it */
    int64_t schema;
    int64_t n;
    struct str prev;   /* hex hash of version n-1; empty for 1 */
    struct str person; /* record id of the author */
    int64_t time_ms;
    struct str *audience;
    size_t audience_count;
    struct str key;       /* id of the signing key */
    struct passage *passages; /* up to this version, the oldest first */
    size_t passage_count;
    struct str bytes;     /* the exact signed bytes */
    struct str body;      /* the part of them that the kind's field table describes */
    struct str hash;      /* hex */
    struct str signature; /* 64 raw bytes; empty while it waits for the group */
};

enum priority { PRIORITY_CONTROL, PRIORITY_URGENT, PRIORITY_NORMAL, PRIORITY_BULK };

/* What record_put writes. Zero `record` makes a new record. */
struct put {
    const char *kind;
    struct str record;          /* empty: a new one */
    int64_t seen_n;             /* version the change was based on; 0: whatever is newest */
    const void *body;           /* the kind's C struct; personal fields are sealed in place */
    const struct str *audience; /* parties; NULL keeps the present ones. This office is always in */
    size_t audience_count;
    enum priority priority; /* of the outgoing entries */
    struct str give_to;     /* office that is the home after this version; empty: it stays */
    bool answers;           /* takes or declines a record that is moving */
};

/* Makes a version: checks the body by its field table and rules, writes the bytes, projects them,
 * notes the addressees and the log leaf. Only inside store_tx.
 * Errors: ERR_STALE "record.stale"; ERR_DENIED "record.not_home"; ERR_CONFLICT "record.moving";
 * "office.succeeded"; ERR_INVALID "form"; ERR_LIMIT "record.passages";
 * ERR_LIMIT "record.too_large"; ERR_NOT_FOUND "blob.missing" for a file not in the store,
 * ERR_INVALID "record.file_size" for one of another size. */
enum err record_put(struct call *c, const struct put *put, struct act_result *ret_result);

/* Loads the newest version's head. `_visible` answers as if it did not exist when the actor may
 * not see it. Errors: ERR_NOT_FOUND "record.not_found". */
enum err record_head(struct call *c, struct str record, struct head *ret_head);
enum err record_head_visible(struct call *c, struct str record, struct head *ret_head);

/* Loads the newest body into the kind's C struct. Errors: as record_head; ERR_CONFLICT
 * "record.kind" when the record is of another kind. */
enum err record_body(struct call *c, const char *kind, struct str record, void *ret_body);
enum err record_body_visible(struct call *c, const char *kind, struct str record, void *ret_body);

/* What a body is about, as its kind's title column says it; empty without one. Shapes: `body` is
 * the kind's C struct. */
struct str record_body_title(struct call *c, const struct kind *kind, const void *body);
/* The same of the newest version of a record; empty, too, when the actor may not see it. */
struct str record_title(struct call *c, struct str record);
/* The file of that root in the newest version of a record that the actor may see.
 * Errors: ERR_NOT_FOUND "record.not_found", "blob.missing". */
enum err record_file_visible(struct call *c, struct str record, struct str root,
                             const struct file_ref **ret_file);

/* Loads one stored version with its parsed header. */
enum err record_version(struct call *c, struct str record, int64_t n, struct version *ret_version);

/* Parses header and body. Shapes: ret_body points to the kind's struct or is NULL. The bytes must
 * be in the one written form of their header. Errors: ERR_SYNTAX "version.form",
 * ERR_INVALID "version.kind". */
enum err version_parse(struct call *c, struct str bytes, struct version *ret_version);
enum err version_body(struct call *c, const struct version *v, void *ret_body);
/* Says that the party stands in the version's audience. */
bool version_addresses(const struct version *v, struct str party);

/* A version that came from its home office. */
struct arrival {
    struct str bytes;
    struct str signature;                /* 64 raw bytes */
    struct str office;                   /* id of the peer that sends it and vouches for it */
    int64_t key_place; /* no older key of it counts any more, core/directory.h; 0: all do */
    const struct personal_row *personal; /* values of personal fields */
    size_t personal_count;
};
struct personal_row {
    struct str path; /* field name */
    struct str salt; /* 16 raw bytes */
    struct str value;
};

/* Verifies and takes in a received version, once: the same bytes again are OK and change nothing.
 * Only inside store_tx. Errors, all of which refuse the entry: ERR_INVALID "arrival.signature",
 * "arrival.old_key", "arrival.home", "arrival.person", "arrival.audience", "arrival.kind",
 * "arrival.local", "arrival.body", "arrival.secret", "arrival.passage"; ERR_CONFLICT "arrival.fork"
 * (another version n is held, n-1 is another, or another office was the home), "arrival.succeeded"
 * (the sender has ended: core/heir.h).
 *
 * After a record has passed, its versions come by the feeds of several offices, in any order: an
 * earlier one that comes late is put where it belongs. */
enum err record_arrive(struct call *c, const struct arrival *arrival, struct version *ret_version);

/* Applies a stored version to the projections: the generic columns, then the kind's apply. */
enum err record_apply(struct call *c, const struct version *v);

/* Every column made from field tables: CREATE TABLE texts, run at start-up for new kinds. */
enum err record_schema(struct call *c);

/* The page that shows a record, as a path. */
struct str record_link(struct call *c, const struct head *head);
/* Who has what of a record: one row an addressee with R1, R2, R-, R3 times, for the page. */
enum err record_deliveries(struct call *c, struct str record, struct node *ret_list);
/* All versions, newest first, for the history column. */
enum err record_history(struct call *c, struct str record, struct node *ret_list);
/* The acts this actor can do on the record now, and why the others are not possible. */
enum err record_acts(struct call *c, const struct head *head, struct node *ret_list);

/* Fills the map with the record's home: id, code, name; "passed" when it was another one before,
 * "moving" as text when the home has yet to take it. */
void record_home_show(struct call *c, const struct head *head, struct node *ret_map);
/* Adds to a record page what all of them show: home, deliveries, history, acts. */
enum err view_record_tail(struct call *c, struct view *view, const struct head *head);
