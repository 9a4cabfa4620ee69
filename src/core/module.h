#pragma once
/*
 * module.h: the contract between a subject of the office (a folder under src/domain) and the rest.
 * A module is one const struct: the table of contents of its folder. The list of modules is made
 * from the folder names at build time, so adding or deleting a folder edits nothing else.
 *
 * A module knows no HTTP, no HTML, no iCalendar, no XML and no other module.
 */
#include "base/field.h"
#include "core/grant.h"
#include "core/view.h"
#include "store/store.h"

struct version; /* core/record.h */
struct head;    /* core/record.h */
struct paper;   /* core/paper.h */
struct job_kind; /* core/job.h */
struct check_table; /* core/check_run.h */
struct collection_def; /* core/collection.h */

/* One kind of record. Kind names are "module.noun"; the table's name is the kind's name. */
struct kind {
    const struct field_table *table;
    int64_t schema;    /* number of the field table's edition; only grows */
    bool local;        /* of one office alone: never taken in from another one */
    const char *view;  /* view that shows one record: arg "record"; NULL: the generic page */
    const char *title; /* field that names the record in lists; NULL: the kind's word */
    bool passes;       /* a record may pass to another home, core/passage.h: its rules ask who the
                          author of a version is, never which office stands in an id */
    bool follows;      /* not one by one, but with its office when that ends (core/succession.h);
                          what passes does so, too */
    bool open;         /* speaks of whole offices: whoever gets it may hold it, and its apply comes
                          before all others when projections are made anew */
    /* Rules a version must keep whoever made it, from its bytes alone. NULL: none. Pure. */
    enum err (*valid)(struct call *c, const struct version *v, const void *body);
    /* Projects a version beyond its own columns: obligations and their settlements. Pure: the same
     * version gives the same rows. NULL: none. */
    enum err (*apply)(struct call *c, const struct version *v, const void *body);
    /* Tells people of a version that has just come here, written or received: notices; and what
     * follows from it for records of this office, as their next versions. Once, in its transaction;
     * a rebuild of the projections tells nobody anything. NULL: none. */
    enum err (*tell)(struct call *c, const struct version *v, const void *body);
    /* Counts the deadlines of a record of this office again by its present calendar and writes a
     * new version, with the reason, when any falls on another day. NULL: it has none that the
     * calendar moves. */
    enum err (*recount)(struct call *c, struct str record, struct str reason, bool *ret_moved);
    /* Lists what a form offers where a field asks for a record of this kind, as maps {record,
     * name}, of what the actor may see. NULL: none does. */
    enum err (*choices)(struct call *c, struct node *list);
};

/* What an act gives back. */
struct act_result {
    struct str record; /* the record made or changed */
    int64_t n;         /* its version */
    struct node *more; /* further answers, a map; NULL: none */
    struct str again;  /* of a repeated call: the first one's further answers, as JSON */
};

/* In place of a kind: acts on every record that may pass to another home (kind.passes). */
#define KIND_ANY "*"

/* What a person does, declared once: web form, JSON call, command-line verb, test step. */
struct act {
    const char *name;                /* "consultation.ask"; words "act.<name>" (the button),
                                        "act.<name>.help" (one sentence) */
    const struct field_table *input; /* its fields; field "record" names what it acts on */
    const char *kind;                /* kind of that record; NULL: acts on none; KIND_ANY */
    uint32_t roles;                  /* any of these roles may; bits of enum role */
    bool assigned;                   /* ... or whoever the record is assigned to (grant.h) */
    bool home_only;                  /* the record's home must be this office */
    bool main;                       /* the page's main act, Ctrl+Enter */
    const char *preview;             /* view fed with the form's values so far that says what the
                                        act would mean (a deadline with its reason); NULL: none */
    bool program; /* of programs alone: no page offers it */
    bool answers; /* for a record that is moving, which no other act may touch */
    /* Whether the record's state allows it now; also asked by the page that offers the act.
     * NULL: always. Errors: ERR_CONFLICT with the reason a person reads. */
    enum err (*state)(struct call *c, const struct head *head);
    /* Costly work on the input that needs no store (hashing a password), before the transaction.
     * NULL: none. */
    enum err (*prepare)(struct call *c, void *input);
    /* Rule and effect, inside the transaction. */
    enum err (*run)(struct call *c, const void *input, struct act_result *ret_result);
};

/* A page, as data. */
struct view_def {
    const char *name;               /* "consultation.list"; words "view.<name>" is its title */
    const struct field_table *args; /* NULL: none */
    uint32_t roles;                 /* any of these roles may look */
    bool rail;                      /* stands in the left rail */
    /* Builds the page; record visibility is decided in its SQL (grant.h READER). */
    enum err (*run)(struct call *c, const void *args, struct view *ret_view);
    /* The same as an official paper for DOCX, XLSX and print; NULL: none. */
    enum err (*paper)(struct call *c, const void *args, struct paper *ret_paper);
};

struct module {
    const char *name; /* folder name; word "module.<name>" stands in the rail */
    int64_t order; /* place in the rail: Hôm nay 10, Lịch 20, Xin ý kiến 30, Văn bản 40 ... */
    const struct kind *kinds;
    size_t kind_count;
    const struct act *acts;
    size_t act_count;
    const struct view_def *views;
    size_t view_count;
    const struct migration *migrations; /* constraints, indexes, projections of its own */
    size_t migration_count;
    const struct check_table *tables; /* those projections, for `check` */
    size_t table_count;
    /* Statements for check's scratch database, where versions come record by record: takes away
     * what refuses states that are there for a while only. NULL: none. */
    const char *scratch;
    const struct job_kind *jobs; /* work that falls due, core/job.h */
    size_t job_count;
    const struct collection_def *collection; /* for programs that keep a copy; NULL: none */
    /* Rebuilds what the office keeps in memory of this module's records, such as its working-day
     * calendar: at the start, and after each commit that touched one of the module's kinds. Runs
     * in a read snapshot, for nobody; `memory` lives as long as the office. NULL: none. */
    enum err (*refresh)(struct call *c, struct office *office, struct arena *memory);
    /* What the module asks of the actor today that no record owes, computed anew for each look:
     * adds maps {text, href} to the list. NULL: nothing. */
    enum err (*asks)(struct call *c, struct node *list);
    /* What stands beside the urgent lane of "Hôm nay": a map {title, href, empty, lines: [{text,
     * more, href}]}; nothing shows while title is missing. NULL: nothing. */
    enum err (*beside)(struct call *c, struct node *ret_block);
    /* What the first look of a person of this office at a version means, in the transaction that
     * notes it; called again for each further person. NULL: nothing. */
    enum err (*seen)(struct call *c, struct str record, int64_t n);
    /* Another office ended and `to` has its place: what this office still wants of the one is
     * wanted of the other, as next versions of records of this office. In the transaction that
     * learns of it, for nobody. NULL: nothing. */
    enum err (*succeeded)(struct call *c, struct str from, struct str to);
};

/* All modules: the built-in ones of core (today; office, units, persons, peers), that of the
 * exchange (exchange/oversight.h), then the folders of src/domain. Shapes: index < modules_count().
 */
size_t modules_count(void);
const struct module *modules_at(size_t index);

/* Look-ups by name; NULL when there is none. */
const struct kind *module_kind(struct str kind);
const struct act *module_act(struct str name);
const struct view_def *module_view(struct str name);
/* Says that its records are the heir's when their office ends. */
bool kind_follows(const struct kind *kind);
/* Says that the act is one for records of that kind. */
bool module_act_fits(const struct act *act, struct str kind);

/* Those above core, generated from the folder names. */
extern const struct module *const MODULES_ABOVE[];
extern const size_t MODULES_ABOVE_COUNT;
