#include "store/pg/pg.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* How long a server may be silent before somebody asks whether it has a successor. */
enum { SILENT_MS = 2000 };

/* The timeline: each promotion of a standby begins a higher one.
 * Source: postgresql.org/docs/15/continuous-archiving.html#BACKUP-TIMELINES */
static const char TERM[] = "SELECT CASE WHEN pg_is_in_recovery() THEN '00000000'"
                           " ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END";

static bool is_several(const struct line *line)
{
    return strchr(line->url, ',') != NULL;
}

/* Waits for the next answer; false when nothing comes or the connection is lost. */
static bool wait_for_answer(PGconn *conn, int timeout_ms)
{
    while (PQisBusy(conn) == 1) {
        struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
        int ready = poll(&fd, 1, timeout_ms);
        if (PQconsumeInput(conn) != 1) return false;
        if (ready == 0 && PQisBusy(conn) == 1) return false;
    }
    return true;
}

/* Whether the address leads to a server that came after this one. */
static bool is_followed(const struct line *line)
{
    if (line->term[0] == 0) return true; /* it has never answered: nothing is lost with it */
    struct line other = {.conn = pg_connect(line->url), .url = line->url};
    bool asked = PQstatus(other.conn) == CONNECTION_OK && PQsendQuery(other.conn, TERM) == 1;
    PGresult *result =
        asked && wait_for_answer(other.conn, SILENT_MS) ? PQgetResult(other.conn) : NULL;
    bool followed = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), line->term) > 0;
    PQclear(result);
    PQfinish(other.conn);
    return followed;
}

void line_wait(struct line *line)
{
    while (!wait_for_answer(line->conn, SILENT_MS)) {
        if (PQstatus(line->conn) == CONNECTION_BAD) return;
        /* No cancel is sent. Whoever waits for a COMMIT finds out at the successor how it ended. */
        if (is_several(line) && is_followed(line)) {
            (void)shutdown(PQsocket(line->conn), SHUT_RDWR);
        }
    }
}

PGresult *line_result(struct line *line)
{
    line_wait(line);
    return PQgetResult(line->conn);
}

/* The last result of what was sent; a failure ends the text, so it is the last one too. */
static PGresult *last_result(struct line *line)
{
    PGresult *last = NULL;
    PGresult *result = line_result(line);
    while (result != NULL) {
        PQclear(last);
        last = result;
        if (PQstatus(line->conn) == CONNECTION_BAD) break;
        result = line_result(line);
    }
    return last;
}

PGresult *line_run(struct line *line, const char *sql)
{
    return PQsendQuery(line->conn, sql) == 1 ? last_result(line) : NULL;
}

PGresult *line_run_with(struct line *line, const char *sql, const char *const *args, int count)
{
    int sent = PQsendQueryParams(line->conn, sql, count, NULL, args, NULL, NULL, 0);
    return sent == 1 ? last_result(line) : NULL;
}

bool line_ran(PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool line_begin_term(struct line *line)
{
    PGresult *result = line_run(line, TERM);
    const char *term = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";
    bool good = strlen(term) == TERM_BYTES - 1 && strcmp(term, line->term) >= 0;
    if (good) memcpy(line->term, term, TERM_BYTES);
    PQclear(result);
    return good;
}
