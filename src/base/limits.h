#pragma once
/*
 * limits.h: every limit on what comes from outside, with a name. What exceeds one gets a clear
 * error (413, 431, or 422 with the field) and nothing half-written stays.
 */
enum {
    /* HTTP */
    LIMIT_HTTP_LINE_BYTES = 8 * 1024,       /* request line, then 414 */
    LIMIT_HTTP_HEAD_BYTES = 16 * 1024,      /* whole head, then 431 */
    LIMIT_HTTP_HEADERS = 64,                /* header lines, then 431 */
    LIMIT_HTTP_METHOD_BYTES = 32,           /* then 501 */
    LIMIT_HTTP_CHUNK_DIGITS = 8,            /* of a chunk size, then 400 */
    LIMIT_HTTP_CHUNK_EXTENSION_BYTES = 4096, /* in one body, then 400 */
    LIMIT_HTTP_TRAILER_BYTES = 4096,        /* behind one body, then 431 */
    LIMIT_HTTP_BODY_BYTES = 1024 * 1024,    /* where a handler plans no other, then 413 */
    LIMIT_HTTP_MEMORY_BODY_BYTES = 64 * 1024, /* a larger body is spooled to a file */
    LIMIT_HTTP_CONNECTIONS = 4096,          /* at one time, then the listener waits */
    LIMIT_HTTP_CONNECTIONS_ADDRESS = 512,   /* at one time from one address */
    LIMIT_HTTP_HEAD_MS = 10 * 1000,         /* from the first byte to the end of the head */
    LIMIT_HTTP_IDLE_MS = 60 * 1000,         /* between requests */
    LIMIT_HTTP_BODY_BYTES_S = 1024,         /* a body must come at least this fast */
    LIMIT_HTTP_STALL_MS = 20 * 1000,        /* grace before the least rate counts */
    LIMIT_HTTP_QUEUE = 1024,                /* complete requests waiting, then 503 */
    LIMIT_HTTP_STREAMS_ADDRESS = 256,       /* event streams from one address, then 429 */
    LIMIT_HTTP_PARKED = 2048,               /* requests that wait for news, then 503 */
    LIMIT_HTTP_STREAM_BYTES = 64 * 1024,    /* unsent events, then the reader is dropped */
    LIMIT_HTTP_BEAT_MS = 15 * 1000,         /* comment on a silent event stream */
    LIMIT_HTTP_DRAIN_MS = 10 * 1000,        /* for requests under way when the server stops */
    LIMIT_FORM_PARTS = 2048,                /* multipart parts in one form */
    LIMIT_PART_HEAD_BYTES = 4 * 1024,

    /* records */
    LIMIT_VERSION_BYTES = 512 * 1024,       /* signed bytes of one version */
    LIMIT_JSON_DEPTH = 8,
    LIMIT_JSON_BYTES = 1024 * 1024,         /* an act or a version from outside */
    LIMIT_AUDIENCE = 64,                    /* parties of one record */
    LIMIT_PASSAGES = 32,                    /* times that one record passes to another home */
    LIMIT_FILES = 50,                       /* files of one record */
    LIMIT_ROWS = 500,                       /* rows of a list page */
    LIMIT_NAME_BYTES = 400,
    LIMIT_ONCE_BYTES = 64,                  /* the text that makes a repeated act known */
    LIMIT_TEXT_BYTES = 1000,                /* a one-line field that names no limit */
    LIMIT_LONG_BYTES = 64 * 1024,           /* a field of several lines that names no limit */
    LIMIT_LIST_ROWS = 500,                  /* rows of one list inside a record */
    LIMIT_RECEIPT_DAYS = 16384,             /* days that the receipt of a deadline left out */
    LIMIT_DRAFT_BYTES = 400 * 1024,         /* text of a draft inside a record: about 120 pages */
    LIMIT_CLAUSES = 10000,                  /* clauses of one text; the last one keeps the rest */
    LIMIT_CLAUSE_EDITS = 500,               /* words that differ in one clause; more: rewritten */
    LIMIT_LOGIN_BYTES = 64,
    LIMIT_DEVICES = 20,                     /* passwords of one person's calendar programs */
    LIMIT_PASSWORD_BYTES = 256,
    LIMIT_PASSWORD_MIN_BYTES = 8,
    LIMIT_PAPER_BYTES = 32 * 1024 * 1024,   /* one exported document */
    LIMIT_EXPORT_ROWS = 10000,              /* of a list in it */

    /* calendar */
    LIMIT_RULE_BYTES = 500,                 /* a recurrence rule */
    LIMIT_RULE_STEPS = 400000,              /* days and times looked at to expand one */
    LIMIT_OCCURRENCES = 2000,               /* of one booking, up to the day it is checked to */
    LIMIT_BOOKING_DAYS = 400,               /* length of one occurrence */

    /* calendar programs */
    LIMIT_DAV_ELEMENTS = 20000,             /* of one request's XML */
    LIMIT_DAV_DEPTH = 24,
    LIMIT_DAV_ATTRIBUTES = 16,              /* of one element */
    LIMIT_DAV_HREFS = 5000,                 /* that one multiget names */
    LIMIT_DAV_PAGE = 500,                   /* items in memory while an answer is made */
    LIMIT_DAV_MEMORY_BYTES = 1024 * 1024,   /* of an answer; more goes out as it is made */
    LIMIT_DAV_EXPANDED = 4000,              /* instances of one item in one answer */
    LIMIT_ICAL_BYTES = 60 * 1024,           /* of one event; what is signed about it adds to that */
    LIMIT_ICAL_COMPONENTS = 1024,           /* of one text: overrides, alarms, rules of zones */
    LIMIT_ICAL_DEPTH = 4,
    LIMIT_ICAL_LINES = 8192,
    LIMIT_ICAL_STEPS = 40000,               /* instances looked at to expand one event */

    /* exchange */
    LIMIT_BATCH_ENTRIES = 256,
    LIMIT_BATCH_BYTES = 4 * 1024 * 1024,
    LIMIT_ENTRY_BYTES = 1024 * 1024,        /* that a frame may hold beyond, for its last one */
    LIMIT_PEERS = 4096,
    LIMIT_KEY_STATEMENT_BYTES = 1536,       /* the change of an office's key */
    LIMIT_KEY_REVOKED = 8,                  /* keys that one change takes back */
    LIMIT_KEY_CHAIN = 16,                   /* changes shown to who has missed them */
    LIMIT_KEY_CHAIN_BYTES = 8 * 1024,       /* of them together */
    LIMIT_OFFICE_KEYS = 64,                 /* keys of one office, the newest */
    LIMIT_INVITE_DAYS = 30,                 /* the longest life of an invitation */
    LIMIT_INVITES_OPEN = 64,                /* invitations open at one time */
    LIMIT_INVITES_SHOWN = 256,              /* the newest ones */
    LIMIT_JOIN_BYTES = 4 * 1024,            /* the card that an invited office brings */
    LIMIT_BACKUP_LIST_BYTES = 256 * 1024 * 1024, /* two million files */
    LIMIT_EVIDENCE_BYTES = 48 * 1024 * 1024, /* the signed objects of one record, as lines */
    LIMIT_EVIDENCE_OBJECTS = 10000,
    LIMIT_EVIDENCE_PARTS = 1000,             /* files of one container */
    LIMIT_WIRE_QUESTIONS = 512,             /* under way to all peers at one time */
    LIMIT_WIRE_ACTIVE = 64,                 /* of them not yet slow: more peers wait their turn */
    LIMIT_WIRE_PROBES = 32,                 /* of them to peers that did not answer the last time */
    LIMIT_WIRE_PULLS = 256,                 /* of them long polls */
    LIMIT_WIRE_PULL_S = 55,                 /* the longest long poll */
    LIMIT_STATEMENT_BYTES = 16 * 1024,      /* an acknowledgement, the answer to hello */
    LIMIT_WIRE_PAUSE_MS = 60 * 60 * 1000,   /* the longest pause that a peer may ask for */
    LIMIT_NOTE_BYTES = 8 * 1024,            /* a log's checkpoint with its signatures */
    LIMIT_SUBMISSION_BYTES = 16 * 1024,     /* a checkpoint with a proof in front of it */
    LIMIT_ACK_HEADS = 16,                   /* heads of logs in one acknowledgement */
    LIMIT_LEDGER_LINES = 1024,              /* entries that one comparison of ledgers speaks of */
    LIMIT_LEDGER_BYTES = 40 * 1024,         /* its frame */
    LIMIT_LEDGER_DIFFERENCES = 1000,        /* kept of one peer */
    LIMIT_ASIDE_WHOLE = 256,                /* refused entries of one peer kept with their bytes */
    /* free disk in percent at which an office takes in less, and says so in what it acknowledges */
    LIMIT_DISK_LOW = 15,                    /* no files of bulk entries */
    LIMIT_DISK_TIGHT = 10,                  /* no files */
    LIMIT_DISK_FULL = 5,                    /* receipts and control only */
    LIMIT_DISK_STOP = 2,                    /* nothing for a while */

    /* what stands in a file, read by the parser process */
    LIMIT_PARSE_FILE_BYTES = 128 * 1024 * 1024, /* of a file that is read at all */
    LIMIT_PARSE_TEXT_BYTES = 8 * 1024 * 1024,   /* of its text; the rest is cut off, and said so */
    LIMIT_PARSE_NOTES = 5000,                   /* comments, changes and marks of a file */
    LIMIT_PARSE_NOTES_BYTES = 2 * 1024 * 1024,  /* of their words */
    LIMIT_PARSE_PAGES = 2000,                   /* of a PDF whose text is taken */
    LIMIT_PARSE_IMAGE_BYTES = 16 * 1024 * 1024, /* of a page's image */
    LIMIT_PARSE_WAIT_MS = 20 * 1000,            /* for one job, then it is ended */
    LIMIT_PARSE_CPU_S = 15,                     /* of one job */
    LIMIT_PARSE_MEMORY_BYTES = 768 * 1024 * 1024, /* of one job */
    LIMIT_PARSE_JOBS = 8,                       /* at one time, then others wait */
    LIMIT_ZIP_ENTRIES = 4096,
    LIMIT_ZIP_PART_BYTES = 64 * 1024 * 1024,    /* unfolded, of each part that is read */
    LIMIT_ZIP_TOTAL_BYTES = 128 * 1024 * 1024,  /* of all of them */
    LIMIT_ZIP_RATIO = 500,                      /* unfolded over folded, above 1 MiB */
    LIMIT_XML_DEPTH = 256,
    LIMIT_XML_NAME_BYTES = 512,
    LIMIT_XML_CELLS = 256,                      /* of one row of a table */
    LIMIT_SHARED_TEXTS = 1000000,               /* of a spreadsheet */
    CHUNK_BYTES = 1024 * 1024               /* leaf of a file's Merkle tree */
};

#define LIMIT_FILE_BYTES ((int64_t)10 * 1024 * 1024 * 1024) /* one file, from whom it may be */
/* Files that are on their way from one office, by the sizes it has declared. */
#define LIMIT_WANTED_BYTES ((int64_t)100 * 1024 * 1024 * 1024)
/* All spooled bodies at one time, then 503. Strangers at the browsers' door cannot fill it: they
 * send at most LIMIT_HTTP_BODY_BYTES on each of LIMIT_HTTP_CONNECTIONS, a quarter of it. */
#define LIMIT_HTTP_SPOOL_BYTES ((int64_t)16 * 1024 * 1024 * 1024)
