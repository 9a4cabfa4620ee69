#pragma once
/*
 * demo_office.h: what the files of the demo share: the four offices, and asking them as people
 * would, over their control sockets.
 */
#include "front/cli/cli_json.h"
#include "front/cli/cli_office.h"

enum demo_place { VPTW, VPCTN, VPQH, VPCP, DEMO_OFFICES };

struct demo_office {
    const char *code;
    const char *folder;
    const char *name_key; /* word */
    int64_t port;
    int64_t wire_port;
    struct str id;         /* known while it is made */
    struct str public_key; /* hex; the same */
    int dir_fd;            /* of its folder */
    pid_t pid;             /* of its supervisor; 0: not running */
    int ready_fd;
    int leash_fd;          /* closed when the demo ends, however it ends */
    struct cli_office cli; /* running, or open inline while it is made */
};

struct demo {
    struct call *c;      /* lives as long as the demo */
    int top_fd;          /* the folder of the folders */
    int signal_fd;       /* SIGINT, SIGTERM */
    int lib_fd;          /* the plugins */
    struct str store;    /* PostgreSQL, a schema for each office; empty: SQLite */
    int progress_fd;     /* standard error with --once, else standard output */
    struct str password; /* of all accounts */
    struct env past;     /* DEMO_PAST_DAYS ago: so that some work is late already */
    struct demo_office office[DEMO_OFFICES];
};

enum { DEMO_PAST_DAYS = 9 };

/* People of every demo office. */
struct demo_person {
    const char *login;
    const char *title_key;
    const char *role; /* its field; NULL: made by init */
    int unit;         /* 1-based among the units; 0: none */
};
extern const struct demo_person DEMO_PEOPLE[];
extern const size_t DEMO_PEOPLE_COUNT;

/* A line of progress, words with one place {name}. */
void demo_say(struct demo *demo, const char *key, struct str name);

/* demo_found.c: makes the offices unless they are there, and reads the password. */
enum err demo_found(struct demo *demo);

/* Starts all four and waits until each answers. Errors: ERR_IO "demo.start" (arg "name"). */
enum err demo_start(struct demo *demo);
/* Stops them and waits for their end. */
void demo_stop(struct demo *demo);
/* Says that Ctrl-C was pressed. */
bool demo_stopping(struct demo *demo);

/* One request to an office; `*ret_json` may be NULL. Errors: those of cli_ask. */
enum err demo_ask(struct call *c, struct demo *demo, enum demo_place place,
                  const struct cli_request *request, const json_t **ret_json);

/* An act of a person. Shapes: `once` (may be NULL) makes it happen once however often it is asked;
 * ret_record may be NULL. */
struct demo_act {
    enum demo_place place;
    const char *login;
    const char *act;
    const char *once;
    const json_t *input;
};
enum err demo_do(struct call *c, struct demo *demo, const struct demo_act *act,
                 struct str *ret_record);

/* What a person sees. Shapes: query "a=b" or empty; ret_data is the view's data. */
struct demo_look {
    enum demo_place place;
    const char *login;
    const char *view;
    struct str query;
};
enum err demo_see(struct call *c, struct demo *demo, const struct demo_look *look,
                  const json_t **ret_data);

/* Waits, woken by the office's own events, until there is something.
 * Errors: ERR_BUSY "demo.waited" (arg "name"); those of `there`. */
struct round;
struct demo_wait {
    enum demo_place place;
    const struct round *round; /* what the scene plays */
    const char *name;          /* for the error */
    /* Sets *ret_there once it is. */
    enum err (*there)(struct call *c, struct demo *demo, struct demo_wait *wait, bool *ret_there);
    struct str record;
    int64_t count;
    const json_t *found; /* what `there` saw last */
};
enum err demo_until(struct call *c, struct demo *demo, struct demo_wait *wait);

/* demo_scene.c: steps 2 to 4 of a round between the four offices. `close` plays it to its end and
 * fills the table. */
enum err demo_content(struct call *c, struct demo *demo);
/* demo_calendar.c: calendars of all four, and a meeting that asks for them. Repeats change
 * nothing. */
enum err demo_calendars(struct call *c, struct demo *demo);
/* A round of the past, asked while the office is made; others owe an answer since days. */
enum err demo_past(struct call *c, struct demo *demo, enum demo_place place);
enum err demo_scene(struct call *c, struct demo *demo, struct str *ret_table);
