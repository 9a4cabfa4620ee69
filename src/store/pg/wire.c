#include "store/pg/pg.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    PROBES = 4, /* places one statement may lie in */
    VALUE_BYTES_MAX = 64 * 1024 * 1024,
    ROWS_FIRST = 16,
    NAME_BYTES = 16,
    BINARY = 1, /* format of parameters and results */
};

/* Type numbers of parameters. Source: src/include/catalog/pg_type.dat */
static const Oid TYPES[] = {
    [VALUE_NULL] = 0, /* the server finds it out */
    [VALUE_INT] = 20,
    [VALUE_TEXT] = 25,
    [VALUE_BYTES] = 17,
};

static struct step *step_add(struct packet *packet, enum step_kind kind)
{
    ensure(packet->count < STEPS_MAX);
    struct step *step = &packet->steps[packet->count++];
    *step = (struct step){.kind = kind};
    return step;
}

void pg_send_command(struct pg *self, struct packet *packet, const char *sql)
{
    (void)step_add(packet, STEP_COMMAND);
    if (!packet->sent) return;
    packet->sent = PQsendQueryParams(self->line.conn, sql, 0, NULL, NULL, NULL, NULL, BINARY) == 1;
}

/* The end of a quote or comment that starts at `at`, or `at` itself. */
static size_t quote_end(struct str sql, size_t at)
{
    struct str rest = str_sub(sql, at, sql.len);
    struct str close = {};
    if (rest.ptr[0] == '\'') close = S("'");
    if (rest.ptr[0] == '"') close = S("\"");
    if (str_starts(rest, S("--"))) close = S("\n");
    if (str_starts(rest, S("/*"))) close = S("*/");
    if (close.len == 0) return at;
    size_t end = str_find(sql, close, at + 1);
    return end == sql.len ? end : end + close.len;
}

static int64_t number_at(struct str sql, size_t *at)
{
    int64_t number = 0;
    while (*at < sql.len && sql.ptr[*at] >= '0' && sql.ptr[*at] <= '9' && number < INT16_MAX)
        number = number * 10 + (sql.ptr[(*at)++] - '0');
    return number;
}

void pg_prove_parameters(const char *text, size_t count)
{
    struct str sql = str_of(text);
    int64_t seen = 0;
    size_t at = 0;
    while (at < sql.len) {
        size_t end = quote_end(sql, at);
        if (end > at) {
            at = end;
            continue;
        }
        ensure(sql.ptr[at] != '?');
        if (sql.ptr[at++] != '$') continue;
        int64_t number = number_at(sql, &at);
        ensure(number > 0);
        ensure(number <= seen + 1);
        if (number > seen) seen = number;
    }
    ensure((size_t)seen == count);
}

/* The text itself is the key, with the types: a parameter that is NULL once has no type then. */
static void key_of(const struct statement *statement, uint8_t ret_key[KEY_BYTES])
{
    crypto_generichash_state state;
    int code = crypto_generichash_init(&state, NULL, 0, KEY_BYTES);
    for (size_t i = 0; i < statement->count; i++) {
        uint8_t type = (uint8_t)('0' + statement->args[i].type);
        code |= crypto_generichash_update(&state, &type, 1);
    }
    code |=
        crypto_generichash_update(&state, (const uint8_t *)statement->sql, strlen(statement->sql));
    code |= crypto_generichash_final(&state, ret_key, KEY_BYTES);
    ensure(code == 0);
}

static bool place_is(const struct place *place, const uint8_t key[KEY_BYTES])
{
    return place->number != 0 && memcmp(place->key, key, KEY_BYTES) == 0;
}

/* The statement's place, a free one, or the one to be given up. */
static struct place *place_of(struct pg *self, const uint8_t key[KEY_BYTES])
{
    size_t start = key[0] | (size_t)key[1] << 8;
    struct place *free_place = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        struct place *place = &self->places[(start + i) % PLACES];
        if (place_is(place, key)) return place;
        if (place->number == 0 && free_place == NULL) free_place = place;
    }
    if (free_place != NULL) return free_place;
    return &self->places[(start + self->turn++ % PROBES) % PLACES];
}

static void name_of(uint32_t number, char ret_name[NAME_BYTES])
{
    (void)snprintf(ret_name, NAME_BYTES, "s%u", number);
}

static void send_drop(struct pg *self, struct packet *packet, struct place *place)
{
    char sql[NAME_BYTES + 16];
    (void)snprintf(sql, sizeof sql, "DEALLOCATE s%u", place->number);
    struct step *step = step_add(packet, STEP_DROP);
    step->place = place;
    if (!packet->sent) return;
    packet->sent = PQsendQueryParams(self->line.conn, sql, 0, NULL, NULL, NULL, NULL, BINARY) == 1;
}

/* Prepares the statement in a place, whose name counts once the server has agreed. */
static uint32_t send_prepare(struct call *c, struct pg *self, struct packet *packet,
                             const struct statement *statement, struct place *place)
{
    pg_prove_parameters(statement->sql, statement->count);
    if (place->number != 0) send_drop(self, packet, place);
    struct step *step = step_add(packet, STEP_PREPARE);
    step->place = place;
    step->prepared.number = ++self->numbers;
    key_of(statement, step->prepared.key);
    char name[NAME_BYTES];
    name_of(step->prepared.number, name);
    Oid *types = arena_array(c->arena, statement->count + 1, sizeof *types);
    for (size_t i = 0; i < statement->count; i++)
        types[i] = TYPES[statement->args[i].type];
    if (packet->sent) {
        packet->sent =
            PQsendPrepare(self->line.conn, name, statement->sql, (int)statement->count, types) == 1;
    }
    return step->prepared.number;
}

/* Parameters in the shape libpq takes them. */
struct binding {
    const char **values;
    int *lengths;
    int *formats;
};

static struct binding bind(struct arena *arena, const struct statement *statement)
{
    size_t count = statement->count;
    struct binding b = {
        .values = arena_array(arena, count + 1, sizeof *b.values),
        .lengths = arena_array(arena, count + 1, sizeof *b.lengths),
        .formats = arena_array(arena, count + 1, sizeof *b.formats),
    };
    for (size_t i = 0; i < count; i++) {
        const struct value *value = &statement->args[i];
        b.formats[i] = BINARY;
        if (value->type == VALUE_NULL) continue;
        b.values[i] = value->s.ptr != NULL ? value->s.ptr : ""; /* NULL would bind a NULL */
        b.lengths[i] = (int)value->s.len;
        if (value->type != VALUE_INT) continue;
        uint64_t number = htobe64((uint64_t)value->i);
        b.values[i] = arena_copy(arena, &number, sizeof number);
        b.lengths[i] = sizeof number;
    }
    return b;
}

static bool values_fit(const struct value *args, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (args[i].s.len > VALUE_BYTES_MAX) return false;
    }
    return true;
}

enum err pg_send_statement(struct call *c, struct pg *self, struct packet *packet,
                           const struct statement *statement)
{
    if (!values_fit(statement->args, statement->count)) {
        return fail(c, ERR_LIMIT, "store.too_large");
    }
    uint8_t key[KEY_BYTES];
    key_of(statement, key);
    struct place *place = place_of(self, key);
    uint32_t number = place->number;
    if (!place_is(place, key)) {
        number = send_prepare(c, self, packet, statement, place);
    }
    char name[NAME_BYTES];
    name_of(number, name);
    struct binding b = bind(c->arena, statement);
    (void)step_add(packet, STEP_RUN);
    if (!packet->sent) return OK;
    packet->sent = PQsendQueryPrepared(self->line.conn, name, (int)statement->count, b.values,
                                       b.lengths, b.formats, BINARY) == 1;
    return OK;
}

/* What a packet's answers add up to. */
struct answer {
    struct db_result result;
    size_t room;   /* in rows */
    enum err over; /* the reason why rows are no longer kept */
};

/* Adds the one row of a result. */
static enum err rows_add(struct call *c, const PGresult *result, struct answer *answer)
{
    struct rows *rows = &answer->result.rows;
    if (rows->count == STORE_ROWS_MAX || arena_over(c->arena)) {
        return fail(c, ERR_LIMIT, "store.rows");
    }
    if (rows->count == answer->room) {
        answer->room = answer->room == 0 ? ROWS_FIRST : answer->room * 2;
        struct value *larger = arena_array(c->arena, answer->room * rows->columns, sizeof *larger);
        size_t cells = rows->count * rows->columns;
        if (cells > 0) memcpy(larger, rows->cells, cells * sizeof *larger);
        rows->cells = larger;
    }
    struct value *row = rows->cells + rows->count * rows->columns;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < rows->columns; i++)
        e = pg_cell(c, result, 0, (int)i, &row[i]);
    rows->count++;
    return e;
}

/* Takes in one result of the packet's statement. */
static enum err result_take(struct call *c, struct pg *self, PGresult *result,
                            struct answer *answer)
{
    int64_t changed = 0;
    answer->result.rows.columns = (size_t)PQnfields(result);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE) {
        if (answer->over == OK) answer->over = rows_add(c, result, answer);
        return OK; /* the rest of the rows is read and dropped, the transaction goes on */
    }
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return pg_fail(c, self, result);
    bool select = str_starts(str_of(PQcmdStatus(result)), S("SELECT"));
    bool counted = parse_int(str_of(PQcmdTuples(result)), 0, INT64_MAX, &changed);
    if (counted && !select) answer->result.changed = changed;
    return OK;
}

static enum err step_take(struct call *c, struct pg *self, const struct step *step,
                          PGresult *result, struct answer *answer)
{
    ExecStatusType status = PQresultStatus(result);
    if (step->kind == STEP_RUN) return result_take(c, self, result, answer);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return pg_fail(c, self, result);
    if (step->kind == STEP_PREPARE) *step->place = step->prepared;
    if (step->kind == STEP_DROP) *step->place = (struct place){};
    return OK;
}

/* Reads the answers of one step; all of them, also when the first is a failure. */
static enum err step_receive(struct call *c, struct pg *self, const struct step *step,
                             struct answer *answer)
{
    enum err e = OK;
    if (step->kind == STEP_RUN) (void)PQsetSingleRowMode(self->line.conn);
    PGresult *result = line_result(&self->line);
    while (result != NULL) {
        bool skipped = PQresultStatus(result) == PGRES_PIPELINE_ABORTED; /* told before */
        if (!skipped && e == OK && answer->over == OK && c->failure.err == OK) {
            e = step_take(c, self, step, result, answer);
        }
        PQclear(result);
        if (PQstatus(self->line.conn) == CONNECTION_BAD) break;
        result = line_result(&self->line);
    }
    return e;
}

static bool sync_receive(struct pg *self)
{
    PGresult *result = line_result(&self->line);
    bool good = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    PQclear(result);
    return good;
}

enum err pg_receive(struct call *c, struct pg *self, const struct packet *packet,
                    struct db_result *ret)
{
    bool sent = packet->sent && PQpipelineSync(self->line.conn) == 1;
    if (!sent) return pg_fail_gone(c, self);
    struct answer answer = {};
    enum err first = OK;
    for (size_t i = 0; i < packet->count; i++) {
        if (PQstatus(self->line.conn) == CONNECTION_BAD) break;
        enum err e = step_receive(c, self, &packet->steps[i], &answer);
        if (first == OK) first = e;
    }
    if (first == OK) first = answer.over;
    bool synced = PQstatus(self->line.conn) != CONNECTION_BAD && sync_receive(self);
    if (!synced) {
        self->base.gone = true;
        if (first == OK) return pg_fail_gone(c, self);
    }
    if (first == OK) *ret = answer.result;
    return first;
}

void pg_finish_read(struct pg *self)
{
    if (!self->end_due) return;
    self->end_due = false;
    struct call quiet = call_begin(env_real(), NULL, NULL);
    struct answer answer = {};
    struct step step = {.kind = STEP_COMMAND};
    enum err e = step_receive(&quiet, self, &step, &answer);
    bool lost = e != OK || PQstatus(self->line.conn) == CONNECTION_BAD || !sync_receive(self);
    if (lost) pg_disconnect(self);
    self->base.lost = OK;
    call_end(&quiet);
}
