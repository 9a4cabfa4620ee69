/*
 * limits.c: what this machine can do at best, measured in the same run as the product: syncs a
 * second, signatures a second, and a bare loop that writes the rows and the signature of one act in
 * groups of the same size, without HTTP, JSON, rights or rules.
 *
 * One figure of the product's own stands with them, because it needs no office: a deadline's date.
 *
 *     limits DIR SECONDS      prints one JSON object
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/time.h"
#include "base/workday_term.h"

enum { BODY_BYTES = 700, PATH_BYTES = 512 };

static double seconds_now(void)
{
    struct timespec now = {};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double syncs_a_second(const char *dir, double seconds)
{
    char path[PATH_BYTES];
    char page[4096] = {};
    (void)snprintf(path, sizeof path, "%s/sync", dir);
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    ensure(fd >= 0);
    double from = seconds_now();
    int64_t count = 0;
    while (seconds_now() - from < seconds) {
        ensure(write(fd, page, sizeof page) == (ssize_t)sizeof page);
        ensure(fdatasync(fd) == 0);
        count++;
    }
    double took = seconds_now() - from;
    (void)close(fd);
    (void)unlink(path);
    return (double)count / took;
}

static void crypto(double seconds, double *ret_signs, double *ret_verifies)
{
    uint8_t public_key[32];
    uint8_t secret_key[64];
    uint8_t signature[64];
    uint8_t text[51] = "phoihop-version-v1";
    ensure(crypto_sign_keypair(public_key, secret_key) == 0);
    int64_t count = 0;
    double from = seconds_now();
    for (; seconds_now() - from < seconds; count++) {
        ensure(crypto_sign_detached(signature, NULL, text, sizeof text, secret_key) == 0);
    }
    *ret_signs = (double)count / (seconds_now() - from);
    count = 0;
    from = seconds_now();
    for (; seconds_now() - from < seconds; count++) {
        ensure(crypto_sign_verify_detached(signature, text, sizeof text, public_key) == 0);
    }
    *ret_verifies = (double)count / (seconds_now() - from);
}

/* Nanoseconds of a deadline of up to 60 units without a receipt, the mean over every unit, six
 * years of days and an office that lets no term end on the last of the year. */
static double date_ns(double seconds)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    const struct workday_calendar *calendar = workday_calendar_vn(&c, c.arena);
    const struct workday_no_end no_end = {.dates = {1231}};
    int64_t first = time_day_of((struct date){2021, 1, 1});
    int64_t count = 0;
    int64_t sum = 0;
    double from = seconds_now();
    for (; seconds_now() - from < seconds; count += 60 * WORKDAY_UNIT_COUNT) {
        for (int64_t i = 0; i < 60 * WORKDAY_UNIT_COUNT; i++) {
            const struct workday_term term = {
                .from = first + (count + i * 37) % 2190,
                .minute = 9 * 60,
                .amount = 1 + i / WORKDAY_UNIT_COUNT,
                .unit = (enum workday_unit)(i % WORKDAY_UNIT_COUNT),
                .no_end = &no_end,
            };
            struct workday_due due = {};
            ensure(workday_term_end(calendar, &term, &due));
            sum += due.day;
        }
    }
    double took = seconds_now() - from;
    ensure(sum > 0);
    call_end(&c);
    return took * 1e9 / (double)count;
}

/* The rows of one act that makes one record: as core/core_sql.c and the kind's own table. */
static const char SCHEMA[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE version (record TEXT NOT NULL, n INTEGER NOT NULL, kind TEXT NOT NULL,"
    " hash TEXT NOT NULL, bytes BLOB NOT NULL, sig BLOB, key TEXT NOT NULL, home TEXT NOT NULL,"
    " received_ms INTEGER NOT NULL, PRIMARY KEY (record, n)) STRICT;"
    "CREATE TABLE head (record TEXT PRIMARY KEY, kind TEXT NOT NULL, home TEXT NOT NULL,"
    " n INTEGER NOT NULL, hash TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL, person TEXT NOT NULL) STRICT;"
    "CREATE INDEX head_kind ON head (kind, changed_ms, record);"
    "CREATE TABLE audience (record TEXT NOT NULL, party TEXT NOT NULL,"
    " PRIMARY KEY (record, party)) STRICT;"
    "CREATE TABLE leaf (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, hash TEXT NOT NULL,"
    " log_index INTEGER) STRICT;"
    "CREATE INDEX leaf_unnumbered ON leaf (id) WHERE log_index IS NULL;"
    "CREATE TABLE k_note_note (record TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,"
    " done INTEGER NOT NULL, PRIMARY KEY (record)) STRICT;";

static const char *const ROWS[] = {
    "INSERT INTO version VALUES ($1, 1, 'note.note', $2, $3, $4, 'key', 'home', 0)",
    "INSERT INTO head VALUES ($1, 'note.note', 'home', 1, $2, 0, 0, 'person')",
    "INSERT INTO audience VALUES ($1, 'o:home')",
    "INSERT INTO leaf (kind, hash) VALUES (1, $2)",
    "INSERT INTO k_note_note VALUES ($1, 'title', 'text', 0)",
};

static void bind_row(sqlite3_stmt *row, const char *record, const char *hash, const char *body,
                     const uint8_t *signature)
{
    int count = sqlite3_bind_parameter_count(row);
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(row, i);
        if (name[1] == '1') (void)sqlite3_bind_text(row, i, record, 53, SQLITE_STATIC);
        if (name[1] == '2') (void)sqlite3_bind_text(row, i, hash, 64, SQLITE_STATIC);
        if (name[1] == '3') (void)sqlite3_bind_blob(row, i, body, BODY_BYTES, SQLITE_STATIC);
        if (name[1] == '4') (void)sqlite3_bind_blob(row, i, signature, 64, SQLITE_STATIC);
    }
}

static double acts_a_second(const char *dir, double seconds, int group)
{
    char path[PATH_BYTES];
    sqlite3 *db = NULL;
    sqlite3_stmt *rows[ARRAY_LEN(ROWS)] = {};
    uint8_t public_key[32];
    uint8_t secret_key[64];
    (void)snprintf(path, sizeof path, "%s/bare-%d.db", dir, group);
    (void)unlink(path);
    ensure(crypto_sign_keypair(public_key, secret_key) == 0);
    ensure(sqlite3_open(path, &db) == SQLITE_OK);
    ensure(sqlite3_exec(db, SCHEMA, NULL, NULL, NULL) == SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        ensure(sqlite3_prepare_v2(db, ROWS[i], -1, &rows[i], NULL) == SQLITE_OK);
    }
    int64_t count = 0;
    double from = seconds_now();
    while (seconds_now() - from < seconds) {
        ensure(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
        for (int i = 0; i < group; i++, count++) {
            char body[BODY_BYTES];
            char record[54];
            char hash[65];
            uint8_t raw[32];
            uint8_t signature[64];
            memset(body, 'x', sizeof body);
            randombytes_buf(raw, sizeof raw);
            (void)sodium_bin2hex(hash, sizeof hash, raw, sizeof raw);
            memcpy(record, hash, 53);
            crypto_hash_sha256(raw, (const uint8_t *)body, sizeof body);
            ensure(crypto_sign_detached(signature, NULL, raw, sizeof raw, secret_key) == 0);
            for (size_t r = 0; r < ARRAY_LEN(ROWS); r++) {
                bind_row(rows[r], record, hash, body, signature);
                ensure(sqlite3_step(rows[r]) == SQLITE_DONE);
                (void)sqlite3_reset(rows[r]);
            }
        }
        ensure(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    }
    double rate = (double)count / (seconds_now() - from);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        (void)sqlite3_finalize(rows[i]);
    (void)sqlite3_close(db);
    (void)unlink(path);
    return rate;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: limits DIR SECONDS\n");
        return 2;
    }
    double seconds = strtod(argv[2], NULL);
    double signs = 0;
    double verifies = 0;
    ensure(sodium_init() >= 0);
    double syncs = syncs_a_second(argv[1], seconds);
    crypto(seconds, &signs, &verifies);
    printf("{\"fsync_s\":%.0f,\"ed25519_sign_s\":%.0f,\"ed25519_verify_s\":%.0f,\"date_ns\":%.0f",
           syncs, signs, verifies, date_ns(seconds));
    static const int GROUPS[] = {1, 8, 64};
    for (size_t i = 0; i < ARRAY_LEN(GROUPS); i++) {
        printf(",\"bare_acts_s_%d\":%.0f", GROUPS[i], acts_a_second(argv[1], seconds, GROUPS[i]));
    }
    printf("}\n");
    return 0;
}
