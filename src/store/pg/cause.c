#include "store/pg/pg.h"

struct cause {
    const char *state; /* an SQLSTATE or its class */
    enum err err;
    const char *reason;
    bool again; /* run anew it may go well */
    bool gone;  /* on another connection */
};

/* The first row that fits counts. Source: postgresql.org/docs/15/errcodes-appendix.html */
static const struct cause CAUSES[] = {
    {"40001", ERR_BUSY, "store.busy", true, false}, /* serialisation */
    {"40P01", ERR_BUSY, "store.busy", true, false}, /* deadlock */
    {"55P03", ERR_BUSY, "store.busy", true, false}, /* a lock was not to be had */
    {"57014", ERR_BUSY, "store.busy", true, false}, /* somebody cancelled the statement */
    {"25P02", ERR_BUSY, "store.busy", true, false}, /* the transaction is over already */
    {"25P03", ERR_BUSY, "store.busy", true, true},  /* we were too long silent */
    {"25006", ERR_BUSY, "store.busy", true, true},  /* a standby now */
    {"26000", ERR_BUSY, "store.busy", true, true},  /* our prepared statements are gone */
    {"53100", ERR_FULL, "store.full", false, false},
    {"53", ERR_BUSY, "store.busy", true, true},
    {"57", ERR_BUSY, "store.busy", true, true}, /* shut down, crashed, starting */
    {"08", ERR_BUSY, "store.busy", true, true},
    {"23", ERR_CONFLICT, "store.conflict", false, false},
    {"22", ERR_INVALID, "store.statement", false, false},
    {"21", ERR_INVALID, "store.statement", false, false},
    {"54", ERR_LIMIT, "store.too_large", false, false},
    {"XX001", ERR_CORRUPT, "store.corrupt", false, false},
    {"XX002", ERR_CORRUPT, "store.corrupt", false, false},
};

static const struct cause OTHER = {"", ERR_IO, "store.io", false, false};
static const struct cause GONE = {"", ERR_BUSY, "store.busy", true, true};

static struct cause cause_of(const PGresult *result, struct str state)
{
    for (size_t i = 0; i < ARRAY_LEN(CAUSES); i++) {
        if (str_starts(state, str_of(CAUSES[i].state))) return CAUSES[i];
    }
    /* another process has changed the schema under a prepared statement */
    struct str place = str_of(PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION));
    if (str_eq(place, S("RevalidateCachedQuery"))) return GONE;
    return OTHER;
}

/* A text that the server does not understand is our own bug and ends the process. */
static bool is_our_bug(const struct pg *self, struct str state)
{
    if (str_eq(state, S("25006"))) return !self->base.writes;
    return str_starts(state, S("42")) && !str_eq(state, S("42501"));
}

static void note(struct pg *self, const struct cause *cause)
{
    if (cause->again) self->base.again = true;
    if (cause->gone) self->base.gone = true;
    if (self->base.lost != OK) return;
    self->base.lost = cause->err;
    self->base.lost_reason = cause->reason;
}

enum err pg_fail_gone(struct call *c, struct pg *self)
{
    note(self, &GONE);
    return fail(c, ERR_BUSY, "store.busy");
}

/* The server lives on; FATAL and PANIC end the connection. */
static bool is_plain_error(const PGresult *result)
{
    return str_eq(str_of(PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED)), S("ERROR"));
}

enum err pg_fail(struct call *c, struct pg *self, const PGresult *result)
{
    struct str state = str_of(PQresultErrorField(result, PG_DIAG_SQLSTATE));
    if (state.len == 0) return pg_fail_gone(c, self); /* libpq's own word: the connection is lost */
    struct str detail = str_of(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    if (is_our_bug(self, state)) {
        struct str text =
            str_format(c->arena, "%.*s %.*s: %s", STR_ARG(state), STR_ARG(detail), self->running);
        ensure_failed(text.ptr, __FILE__, __LINE__);
    }
    struct cause cause = cause_of(result, state);
    if (!is_plain_error(result)) cause = GONE;
    note(self, &cause);
    (void)fail(c, cause.err, cause.reason);
    return fail_arg(c, "detail", detail);
}
