#include "core/core_sql.h"

/* Every table of core. What stands outside the log and outside `check` is marked LOCAL: sessions,
 * passwords, tokens, repeated calls. Everything else is made from stored versions and receipts. */
static const struct migration STEPS[] = {
    {.name = "core.1",
     .sql =
         /* the stored versions: exactly the signed bytes; sig is NULL until the group's signature
          */
     "CREATE TABLE version (record TEXT NOT NULL, n INT NOT NULL, kind TEXT NOT NULL,"
     " hash TEXT NOT NULL, bytes BYTES NOT NULL, sig BYTES, key TEXT NOT NULL, home TEXT NOT NULL,"
     " received_ms INT NOT NULL, PRIMARY KEY (record, n));"
     "CREATE INDEX version_unsigned ON version (record) WHERE sig IS NULL;"
     /* values of personal fields: erasable, outside the signed bytes */
     "CREATE TABLE personal (record TEXT NOT NULL, n INT NOT NULL, path TEXT NOT NULL,"
     " salt BYTES NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, n, path));"
     /* projection: the newest version of each record */
     "CREATE TABLE head (record TEXT PRIMARY KEY, kind TEXT NOT NULL, home TEXT NOT NULL,"
     " n INT NOT NULL, hash TEXT NOT NULL, created_ms INT NOT NULL, changed_ms INT NOT NULL,"
     " person TEXT NOT NULL);"
     "CREATE INDEX head_kind ON head (kind, changed_ms, record);"
     /* projection: who may see it */
     "CREATE TABLE audience (record TEXT NOT NULL, party TEXT NOT NULL,"
     " PRIMARY KEY (record, party));"
     /* projection: whose work it is */
     "CREATE TABLE assignment (record TEXT NOT NULL, person TEXT NOT NULL, by_record TEXT NOT NULL,"
     " PRIMARY KEY (record, person, by_record));"
     /* what leaves for other offices; numbered afterwards by the sequencer */
     "CREATE TABLE outbox (id ID, peer TEXT NOT NULL, object TEXT NOT NULL,"
     " object_kind INT NOT NULL, record TEXT NOT NULL, n INT NOT NULL, priority INT NOT NULL,"
     " created_ms INT NOT NULL, epoch INT, seq INT, acked_ms INT, UNIQUE (peer, object));"
     "CREATE INDEX outbox_unnumbered ON outbox (peer, priority, id) WHERE seq IS NULL;"
     "CREATE INDEX outbox_record ON outbox (record, n);"
     "CREATE UNIQUE INDEX outbox_seq ON outbox (peer, epoch, seq) WHERE seq IS NOT NULL;"
     /* leaves of the office's log, numbered afterwards */
     "CREATE TABLE leaf (id ID, kind INT NOT NULL, hash TEXT NOT NULL, log_index INT);"
     "CREATE INDEX leaf_unnumbered ON leaf (id) WHERE log_index IS NULL;"
     "CREATE UNIQUE INDEX leaf_index ON leaf (log_index) WHERE log_index IS NOT NULL;"
     /* receipts issued and received */
     "CREATE TABLE receipt (hash TEXT PRIMARY KEY, bytes BYTES NOT NULL, sig BYTES,"
     " record TEXT NOT NULL, n INT NOT NULL, type INT NOT NULL, office TEXT NOT NULL,"
     " person TEXT NOT NULL, time_ms INT NOT NULL, number TEXT NOT NULL, reason TEXT NOT NULL,"
     " key TEXT NOT NULL, received_ms INT NOT NULL, UNIQUE (record, n, type, office));"
     "CREATE INDEX receipt_unsigned ON receipt (hash) WHERE sig IS NULL;"
     /* projection: who owes what */
     "CREATE TABLE obligation (id ID, about TEXT NOT NULL, what TEXT NOT NULL, okey TEXT NOT NULL,"
     " by_record TEXT NOT NULL, by_n INT NOT NULL, owner TEXT NOT NULL, creditor TEXT NOT NULL,"
     " opened_ms INT NOT NULL, first_due_ms INT NOT NULL, due_day INT NOT NULL,"
     " due_ms INT NOT NULL, why TEXT NOT NULL, title TEXT NOT NULL, urgent INT NOT NULL,"
     " settled_ms INT, UNIQUE (about, what, okey));"
     "CREATE INDEX obligation_owner ON obligation (owner, due_ms, id) WHERE settled_ms IS NULL;"
     "CREATE INDEX obligation_creditor ON obligation (creditor, due_ms, id)"
     " WHERE settled_ms IS NULL;"
     "CREATE INDEX obligation_by ON obligation (by_record);"
     /* projection: what fulfils it; may come before the obligation */
     "CREATE TABLE settlement (about TEXT NOT NULL, what TEXT NOT NULL, okey TEXT NOT NULL,"
     " by_record TEXT NOT NULL, by_n INT NOT NULL, at_ms INT NOT NULL,"
     " PRIMARY KEY (about, what, okey, by_record));"
     "CREATE INDEX settlement_by ON settlement (by_record);"
     /* which columns the tables made from field tables have */
     "CREATE TABLE projection (name TEXT PRIMARY KEY, columns TEXT NOT NULL);"
     /* LOCAL: repeated calls get the first result */
     "CREATE TABLE once (okey TEXT PRIMARY KEY, person TEXT NOT NULL, act TEXT NOT NULL,"
     " record TEXT NOT NULL, n INT NOT NULL, at_ms INT NOT NULL);"
     /* LOCAL: logins */
     "CREATE TABLE credential (login TEXT PRIMARY KEY, hash TEXT NOT NULL, changed_ms INT NOT "
     "NULL);"
     "CREATE TABLE session (hash TEXT PRIMARY KEY, person TEXT NOT NULL, csrf TEXT NOT NULL,"
     " opened_ms INT NOT NULL, seen_ms INT NOT NULL);"
     "CREATE TABLE token (hash TEXT PRIMARY KEY, person TEXT NOT NULL, label TEXT NOT NULL,"
     " created_ms INT NOT NULL);"
     "CREATE TABLE attempt (akey TEXT PRIMARY KEY, count INT NOT NULL, until_ms INT NOT NULL);"},
    {.name = "core.upload",
     .sql = /* LOCAL: which files a person has brought, core/upload.h */
     "CREATE TABLE upload (root TEXT NOT NULL, person TEXT NOT NULL, at_ms INT NOT NULL,"
     " PRIMARY KEY (root, person));"},
    {.name = "core.leaf_hash", .sql = "CREATE INDEX leaf_hash ON leaf (hash);"},
    {.name = "core.job",
     .sql = /* LOCAL: work that falls due, core/job.h; at_ms is when to look at it next */
     "CREATE TABLE job (id ID, kind TEXT NOT NULL, jkey TEXT NOT NULL, due_ms INT NOT NULL,"
     " at_ms INT NOT NULL, span_ms INT NOT NULL, claim TEXT NOT NULL, attempts INT NOT NULL,"
     " dead INT NOT NULL, why TEXT NOT NULL, UNIQUE (kind, jkey));"
     "CREATE INDEX job_at ON job (at_ms, id) WHERE dead = 0;"
     "CREATE INDEX job_span ON job (at_ms) WHERE span_ms > 0 AND dead = 0;"
     "CREATE INDEX job_claim ON job (claim) WHERE claim <> '';"
     "CREATE INDEX job_why ON job (dead, id) WHERE why <> '';"},
    {.name = "core.notice",
     .sql = /* LOCAL: which step of the ladder an open obligation waits for, core/notice.h */
     "CREATE TABLE reminder (about TEXT NOT NULL, what TEXT NOT NULL, okey TEXT NOT NULL,"
     " due_ms INT NOT NULL, step INT NOT NULL, at_ms INT NOT NULL,"
     " PRIMARY KEY (about, what, okey));"
     "CREATE INDEX reminder_at ON reminder (at_ms, about);"
     "CREATE INDEX obligation_due ON obligation (due_ms, id) WHERE settled_ms IS NULL;"
     /* LOCAL: what a person was told, once for each step and date */
     "CREATE TABLE notice (id ID, person TEXT NOT NULL, about TEXT NOT NULL, what TEXT NOT NULL,"
     " okey TEXT NOT NULL, step TEXT NOT NULL, due_ms INT NOT NULL, title TEXT NOT NULL,"
     " urgent INT NOT NULL, made_ms INT NOT NULL, read_ms INT NOT NULL, mail TEXT NOT NULL,"
     " sms TEXT NOT NULL, UNIQUE (person, about, what, okey, step, due_ms));"
     "CREATE INDEX notice_person ON notice (person, id);"
     "CREATE INDEX notice_unread ON notice (person) WHERE read_ms = 0;"
     "CREATE INDEX notice_about ON notice (about, id);"
     "CREATE INDEX notice_mail ON notice (mail) WHERE mail <> '';"
     "CREATE INDEX notice_sms ON notice (sms) WHERE sms <> '';"
     /* LOCAL: what leaves for a person; day: of the person's limit */
     "CREATE TABLE post (pkey TEXT PRIMARY KEY, person TEXT NOT NULL, channel INT NOT NULL,"
     " bulletin INT NOT NULL, day INT NOT NULL, at_ms INT NOT NULL, sent_ms INT NOT NULL);"
     "CREATE INDEX post_person ON post (person, channel, day, bulletin);"
     /* projection: what the office and each person said of notices */
     "CREATE TABLE notice_rule (party TEXT NOT NULL, by_record TEXT NOT NULL, mail INT NOT NULL,"
     " sms INT NOT NULL, quiet_from INT NOT NULL, quiet_to INT NOT NULL, daily INT NOT NULL,"
     " passes INT NOT NULL, titles INT NOT NULL, PRIMARY KEY (party));"},
    {.name = "core.deadlines",
     .sql =
         /* projection: every limit of an obligation; may be stated before the obligation itself */
     "CREATE TABLE obligation_limit (about TEXT NOT NULL, what TEXT NOT NULL, okey TEXT NOT NULL,"
     " kind INT NOT NULL, by_record TEXT NOT NULL, by_n INT NOT NULL, first_due_ms INT NOT NULL,"
     " due_day INT NOT NULL, due_ms INT NOT NULL, paused_day INT NOT NULL, why TEXT NOT NULL,"
     " PRIMARY KEY (about, what, okey, kind, by_record));"
     "CREATE INDEX obligation_limit_by ON obligation_limit (by_record);"
     /* projection: each time a limit was moved, by the version that moved it; only ever added to */
     "CREATE TABLE obligation_move (about TEXT NOT NULL, what TEXT NOT NULL, okey TEXT NOT NULL,"
     " kind INT NOT NULL, by_record TEXT NOT NULL, by_n INT NOT NULL, at_ms INT NOT NULL,"
     " person TEXT NOT NULL, title TEXT NOT NULL, from_ms INT NOT NULL, to_ms INT NOT NULL,"
     " paused_day INT NOT NULL, reason TEXT NOT NULL,"
     " PRIMARY KEY (about, what, okey, kind, by_record, by_n));"
     /* the clock stands since this day: then due_ms is no date */
     "ALTER TABLE obligation ADD COLUMN paused_day INT NOT NULL DEFAULT 0;"},
    {.name = "core.substitute",
     .sql =
         /* projection: who took over whose work, core/substitute.h */
     "CREATE TABLE succession (record TEXT NOT NULL, giver TEXT NOT NULL, by_record TEXT NOT NULL,"
     " receiver TEXT NOT NULL, seq INT NOT NULL, at_ms INT NOT NULL,"
     " PRIMARY KEY (record, giver, by_record));"
     "CREATE INDEX succession_by ON succession (by_record);"
     "CREATE INDEX succession_receiver ON succession (receiver, record);"
     "CREATE INDEX succession_seq ON succession (seq);"
     /* projection: who stands in for whom, from day to day */
     "CREATE TABLE stand_in (by_record TEXT PRIMARY KEY, absent TEXT NOT NULL,"
     " delegate TEXT NOT NULL, from_day INT NOT NULL, to_day INT NOT NULL);"
     "CREATE INDEX stand_in_delegate ON stand_in (delegate, to_day);"
     "CREATE INDEX stand_in_until ON stand_in (to_day, from_day);"
     /* the owner as the module named it; `owner` is who owes it now */
     "ALTER TABLE obligation ADD COLUMN named TEXT NOT NULL DEFAULT '';"
     "UPDATE obligation SET named = owner;"
     "CREATE INDEX obligation_named ON obligation (named, about);"
     "CREATE INDEX obligation_urgent ON obligation (owner, urgent, due_ms, id)"
     " WHERE settled_ms IS NULL AND urgent > 0;"
     "CREATE INDEX obligation_open_due ON obligation (due_ms, id) WHERE settled_ms IS NULL;"
     "CREATE INDEX obligation_done ON obligation (owner, settled_ms, id)"
     " WHERE settled_ms IS NOT NULL;"
     /* every audience but whole offices: 'p:', 'r:' and 'u:' come after 'p' */
     "CREATE INDEX audience_inside ON audience (party, record) WHERE party > 'p';"},
    {.name = "core.changes",
     .sql = /* LOCAL: when a record's newest version came here, and who has seen which */
     "ALTER TABLE head ADD COLUMN moved_ms INT NOT NULL DEFAULT 0;"
     "CREATE INDEX head_moved ON head (moved_ms, record);"
     "CREATE TABLE seen (person TEXT NOT NULL, record TEXT NOT NULL, n INT NOT NULL,"
     " PRIMARY KEY (person, record));"
     "CREATE TABLE looked (person TEXT PRIMARY KEY, at_ms INT NOT NULL);"},
    {.name = "core.receipt_number",
     .sql = "CREATE INDEX receipt_number ON receipt (number) WHERE number <> '';"},
    {.name = "core.notice.2", .sql = "DROP INDEX obligation_due;" /* obligation_open_due is it */},
    {.name = "core.restore",
     .sql = /* LOCAL: why this office may not act, core/closed.h; and after a restore, what no peer
             * could give back, and register numbers that peers know, core/returned.h */
     "CREATE TABLE closed (why INT PRIMARY KEY, since_ms INT NOT NULL);"
     "CREATE TABLE lost (record TEXT NOT NULL, n INT NOT NULL, PRIMARY KEY (record, n));"
     "CREATE TABLE returned_number (year INT PRIMARY KEY, number INT NOT NULL);"},
    {.name = "core.once.2", .sql = "ALTER TABLE once ADD COLUMN more TEXT NOT NULL DEFAULT '';"},
    {.name = "core.tally",
     .sql = /* projection: counts of obligations by the month of their first deadline, core/tally.h
             */
     "CREATE TABLE tally (month INT NOT NULL, owner TEXT NOT NULL, what TEXT NOT NULL,"
     " total INT NOT NULL, done INT NOT NULL, late INT NOT NULL, late_first INT NOT NULL,"
     " PRIMARY KEY (month, owner, what));"
     "CREATE INDEX tally_owner ON tally (owner);"
     "CREATE INDEX tally_empty ON tally (month) WHERE total = 0;"
     /* 0: no deadline */
     "ALTER TABLE obligation ADD COLUMN month INT NOT NULL DEFAULT 0;"
     "CREATE INDEX obligation_open_month ON obligation (month, owner, what, due_ms, first_due_ms,"
     " settled_ms) WHERE settled_ms IS NULL;"
     /* holds all that a list behind a number asks, so that it looks up only what it shows */
     "CREATE INDEX obligation_first ON obligation (first_due_ms, id, settled_ms, due_ms, what,"
     " owner);"},
    {.name = "core.parse",
     .sql = /* LOCAL: what stands in a file, core/parse.h; text in UTF-8 */
     "CREATE TABLE parse (root TEXT PRIMARY KEY, edition INT NOT NULL, state INT NOT NULL,"
     " reason TEXT NOT NULL, format INT NOT NULL, encoding INT NOT NULL, pages INT NOT NULL,"
     " basis INT NOT NULL, chars INT NOT NULL, macros INT NOT NULL, cut INT NOT NULL,"
     " body BYTES NOT NULL);"},
    {.name = "core.receipt_hand",
     .sql = /* a person's refusal (hand 1) stands beside the server's own of the same version */
     "CREATE TABLE receipt_new (hash TEXT PRIMARY KEY, bytes BYTES NOT NULL, sig BYTES,"
     " record TEXT NOT NULL, n INT NOT NULL, type INT NOT NULL, office TEXT NOT NULL,"
     " person TEXT NOT NULL, time_ms INT NOT NULL, number TEXT NOT NULL, reason TEXT NOT NULL,"
     " key TEXT NOT NULL, received_ms INT NOT NULL, hand INT NOT NULL,"
     " UNIQUE (record, n, type, office, hand));"
     "INSERT INTO receipt_new (hash, bytes, sig, record, n, type, office, person, time_ms, number,"
     " reason, key, received_ms, hand) SELECT hash, bytes, sig, record, n, type, office, person,"
     " time_ms, number, reason, key, received_ms,"
     " CASE WHEN type = 2 AND person <> '' THEN 1 ELSE 0 END FROM receipt;"
     "DROP TABLE receipt;"
     "ALTER TABLE receipt_new RENAME TO receipt;"
     "CREATE INDEX receipt_unsigned ON receipt (hash) WHERE sig IS NULL;"
     "CREATE INDEX receipt_number ON receipt (number) WHERE number <> '';"},
    {.name = "core.passage",
     .sql = /* core/passage.h: how often a record has passed, and whether it waits for an answer */
     "ALTER TABLE head ADD COLUMN passages INT NOT NULL DEFAULT 0;"
     "ALTER TABLE head ADD COLUMN moving INT NOT NULL DEFAULT 0;"
     "CREATE INDEX head_moving ON head (home, record) WHERE moving > 0;"
     "CREATE INDEX obligation_move_by ON obligation_move (by_record);"},
    {.name = "core.parse_notes",
     .sql = /* what parse_notes_write wrote; NULL: read by an older edition */
     "ALTER TABLE parse ADD COLUMN notes BYTES;"},
    {.name = "core.odd",
     .sql = /* what is looked for at night: few rows, or few changes */
     "CREATE INDEX obligation_given_late ON obligation (first_due_ms, id)"
     " WHERE opened_ms >= first_due_ms;"
     "CREATE INDEX obligation_paused ON obligation (paused_day, id)"
     " WHERE settled_ms IS NULL AND paused_day > 0;"
     "CREATE INDEX obligation_move_at ON obligation_move (at_ms);"
     "CREATE INDEX receipt_time ON receipt (time_ms) WHERE type = 1;"},
    {.name = "core.notice.3",
     .sql = /* LOCAL: by which calendar a reminder's moment was counted */
     "ALTER TABLE reminder ADD COLUMN calendar TEXT NOT NULL DEFAULT '';"
     "CREATE INDEX reminder_calendar ON reminder (calendar, about);"},
    {.name = "core.awaited",
     .sql = /* instead of obligation_creditor: work inside, which is most, is passed over */
     "CREATE INDEX obligation_awaited ON obligation (creditor, due_ms, id)"
     " WHERE settled_ms IS NULL AND owner < 'p';"
     "DROP INDEX obligation_creditor;"},
    {.name = "core.tally.2",
     .sql = /* a breakdown and a party's list read nothing but an index */
     "CREATE INDEX tally_counts ON tally (month, owner, what, total, done, late, late_first);"
     "CREATE INDEX obligation_party ON obligation (owner, first_due_ms, id, settled_ms, due_ms,"
     " what);"},
    {.name = "core.device",
     .sql = /* LOCAL: passwords of calendar programs, one for each device */
     "CREATE TABLE device (hash TEXT PRIMARY KEY, person TEXT NOT NULL, label TEXT NOT NULL,"
     " created_ms INT NOT NULL, seen_ms INT NOT NULL);"
     "CREATE INDEX device_person ON device (person, created_ms);"},
};

const struct migration *core_migrations(size_t *ret_count)
{
    *ret_count = ARRAY_LEN(STEPS);
    return STEPS;
}
