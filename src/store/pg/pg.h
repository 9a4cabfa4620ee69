#pragma once
/*
 * pg.h: what the files of the PostgreSQL driver share. It is a plugin of its own, build/lib/pg.so:
 * libpq brings two dozen libraries along that an office on SQLite never loads.
 *
 * A connection stays in libpq's pipeline mode: BEGIN, PREPARE and the first statement go out in one
 * packet, and so do the mark and COMMIT. Source: postgresql.org/docs/15/libpq-pipeline-mode.html
 */
#include "store/driver.h"

#include <postgresql/libpq-fe.h>

enum {
    PLACES = 256,    /* prepared statements of one connection; a power of two */
    KEY_BYTES = 16,  /* hash of a statement's text and the types of its parameters */
    MARK_BYTES = 16, /* chance in the name of a transaction */
    TERM_BYTES = 9,  /* eight digits */
    STEPS_MAX = 8,   /* in one packet */
};

/* A prepared statement. */
struct place {
    uint8_t key[KEY_BYTES];
    uint32_t number; /* its name at the server is "s<number>"; 0: the place is free */
};

/* A connection, and what tells whether its server still is the one that the address means. */
struct line {
    PGconn *conn; /* NULL: not connected */
    const char *url;
    char term[TERM_BYTES]; /* the highest timeline that was met; "" at first */
};

struct pg {
    struct db base;
    struct line line;
    const char *running; /* the text that is told when it is our own bug */
    bool sync_off;
    bool open;      /* the server runs a transaction for us */
    bool begin_due; /* BEGIN goes out with the first statement */
    bool end_due;   /* the end of a read is sent, its answer not yet read */
    bool locked;    /* holds the lock of the schema */
    bool warned;    /* the server warned since this was cleared */
    struct place places[PLACES];
    uint32_t turn;    /* which of the places is given up next */
    uint32_t numbers; /* given so far */
};

/* One packet: what was sent and whose answers come in that order. */
enum step_kind { STEP_COMMAND, STEP_PREPARE, STEP_DROP, STEP_RUN };

struct step {
    enum step_kind kind;
    struct place *place;   /* of STEP_PREPARE and STEP_DROP */
    struct place prepared; /* of STEP_PREPARE: what the place holds once the server has agreed */
};

struct packet {
    struct step steps[STEPS_MAX];
    size_t count;
    bool sent; /* everything so far was taken by libpq */
};

/* A statement with its parameters. */
struct statement {
    const char *sql;
    const struct value *args;
    size_t count;
};

/* line.c: waiting. A frozen machine keeps its connections open for ever, and its kernel even
 * answers for it. So where the address names several machines, a server that says nothing for two
 * seconds is given up as soon as another one has become the primary. While there is no other, or
 * the address names one machine, there is no limit: what the server works on is waited for. */

/* Waits until PQgetResult() would return without waiting, or the connection is lost. */
void line_wait(struct line *line);
/* Waits for the next result. */
PGresult *line_result(struct line *line);
/* Runs a text outside of pipeline mode; the last of its results. Shapes: NULL when not sent. */
PGresult *line_run(struct line *line, const char *sql);
/* The same with one statement and parameters as text. */
PGresult *line_run_with(struct line *line, const char *sql, const char *const *args, int count);
/* Whether it went well. Owns: clears the result. */
bool line_ran(PGresult *result);
/* Learns the timeline of a new connection; false when it is lower than one met before: then this
 * is a former primary that does not know of it yet. */
bool line_begin_term(struct line *line);

/* connect.c */

/* Opens a plain connection with our settings; not in pipeline mode. Shapes: the result is never
 * NULL; PQstatus() tells. */
PGconn *pg_connect(const char *url);
/* Connects, configures and enters pipeline mode. Errors: ERR_IO "store.open". */
enum err pg_reconnect(struct call *c, struct pg *self);
void pg_disconnect(struct pg *self);
/* Makes the schema and the table of marks if need be. Errors: ERR_IO "store.open". */
enum err pg_found(struct call *c, struct pg *self);

/* wire.c */

/* Sends a command without parameters or result. */
void pg_send_command(struct pg *self, struct packet *packet, const char *sql);
/* Sends a statement, prepared before or now. Errors: ERR_LIMIT "store.too_large". */
enum err pg_send_statement(struct call *c, struct pg *self, struct packet *packet,
                           const struct statement *statement);
/* Reads all answers; the rows are those of STEP_RUN. A failure is noted in the connection. */
enum err pg_receive(struct call *c, struct pg *self, const struct packet *packet,
                    struct db_result *ret);
/* Reads the answer of a read's end, if one is due. */
void pg_finish_read(struct pg *self);
/* Proves that parameters stand in ascending order of first use, as SQLite numbers them. */
void pg_prove_parameters(const char *sql, size_t count);

/* value.c */

/* The cell as a value. Errors: ERR_INVALID "store.statement" for a number above 64 bits. */
enum err pg_cell(struct call *c, const PGresult *result, int row, int column,
                 struct value *ret_value);

/* cause.c */

/* Fails with what the result, or the lost connection, means to us, and notes in the connection
 * what it means for the transaction. */
enum err pg_fail(struct call *c, struct pg *self, const PGresult *result);
/* The transaction failed because the connection is lost. */
enum err pg_fail_gone(struct call *c, struct pg *self);

/* mark.c */

/* Ends the transaction durably, and when the answer gets lost finds out how it ended. */
enum err pg_commit(struct call *c, struct db *db);

/* bus.c */
enum err pg_bus_open(struct call *c, const struct store_config *config,
                     void (*hear)(void *arg, const struct str *topics, size_t count), void *arg,
                     struct bus **ret_bus);
void pg_bus_tell(struct bus *bus, const struct str *topics, size_t count);
void pg_bus_close(struct bus *bus);
