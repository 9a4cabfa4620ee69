#pragma once
/*
 * collection.h: what a module offers to programs that keep a copy of their own and ask what
 * changed, such as calendars on telephones (front/caldav). The front knows the protocol and its
 * text; the module knows rights, clashes and records. Reading goes through the functions below,
 * inside store_read; writing through two acts, so that no door goes round the rules.
 *
 * `data` of an item has these fields by the same names, and further `current`: whether `original`
 * still says when it is, for what was moved on a page since has to be told anew; `known`: the actor
 * may know what it is about; `changed`: instant of the newest version; `lunar`.
 *
 * The act `put` takes, as JSON: record (the collection), href (the item's name), uid, etag (what
 * the program saw; empty: it knows of none), title, place, content, day, minute, length (minutes),
 * all_day, zone, rule, exceptions [{day, minute, cancelled, to_day, to_minute, to_length}], free,
 * tentative, private, original (the program's own text, given back unchanged by `find`). The act
 * `remove` takes record (the item's), seen (its n) and reason.
 */
#include "core/record.h"

struct collection {
    struct str id; /* record */
    struct str title;
    bool writable; /* by the actor */
    int64_t token; /* of its newest change */
};

struct item {
    struct str name;   /* last part of its address, unique in the collection */
    struct str record;
    int64_t n;         /* version of that record */
    struct str etag;   /* another one whenever what `find` gives is another */
    bool gone;         /* taken out; or never seen by who asks */
    struct node *data; /* the fields of `put`, by the same names; NULL in lists of changes */
};

/* When a collection is not free. */
struct busy_span {
    int64_t from_ms;
    int64_t to_ms;
    bool tentative;
};

struct items {
    struct item *rows;
    size_t count;
    int64_t token; /* what to ask from the next time */
    bool more;     /* ask again at once */
    bool unsure;   /* of a span: it reaches further than series were expanded */
};

struct items_wanted {
    struct str collection;
    int64_t from_ms;
    int64_t to_ms;
    int64_t token;
    int64_t limit;
};

struct collection_def {
    const char *name; /* "calendar" */
    const char *put;  /* act */
    const char *remove;
    /* The collections the actor may see. */
    enum err (*list)(struct call *c, struct collection **ret_list, size_t *ret_count);
    /* What changed after the token, in the order in which it was committed; 0 gives all. A change
     * is never skipped, on no store: numbers of one collection are given one at a time. */
    enum err (*changes)(struct call *c, struct str collection, int64_t token, int64_t limit,
                        struct items *ret_items);
    /* Items that touch a span of time, in the order of the token, which works as above. An index
     * answers; a series that was not expanded as far as the span reaches is given too. */
    enum err (*between)(struct call *c, const struct items_wanted *wanted,
                        struct items *ret_items);
    /* When it is busy within a span, in order, no two of a kind touching; what the actor may not
     * know more about is among it. Errors: ERR_LIMIT "store.rows". */
    enum err (*busy)(struct call *c, struct str collection, const struct busy_span *span,
                     struct busy_span **ret_spans, size_t *ret_count);
    /* One item with its data. Errors: ERR_NOT_FOUND "record.not_found". */
    enum err (*find)(struct call *c, struct str collection, struct str name,
                     struct item *ret_item);
};
