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
    LIMIT_HTTP_MEMORY_BODY_BYTES = 64 * 1024, /* a larger body is spooled to a file */
    LIMIT_HTTP_CONNECTIONS = 4096,          /* at one time, then the listener waits */
    LIMIT_HTTP_CONNECTIONS_ADDRESS = 512,   /* at one time from one address */
    LIMIT_HTTP_HEAD_MS = 10 * 1000,         /* from the first byte to the end of the head */
    LIMIT_HTTP_IDLE_MS = 60 * 1000,         /* between requests */
    LIMIT_HTTP_BODY_BYTES_S = 1024,         /* a body must come at least this fast */
    LIMIT_FORM_PARTS = 256,                 /* multipart parts in one form */
    LIMIT_PART_HEAD_BYTES = 4 * 1024,

    /* records */
    LIMIT_VERSION_BYTES = 512 * 1024,       /* signed bytes of one version */
    LIMIT_JSON_DEPTH = 8,
    LIMIT_JSON_BYTES = 1024 * 1024,         /* an act or a version from outside */
    LIMIT_AUDIENCE = 64,                    /* parties of one record */
    LIMIT_FILES = 50,                       /* files of one record */
    LIMIT_ROWS = 500,                       /* rows of a list page */
    LIMIT_NAME_BYTES = 400,
    LIMIT_LOGIN_BYTES = 64,
    LIMIT_PASSWORD_BYTES = 256,
    LIMIT_PASSWORD_MIN_BYTES = 8,
    LIMIT_PAPER_BYTES = 32 * 1024 * 1024,   /* one exported document */

    /* exchange */
    LIMIT_BATCH_ENTRIES = 256,
    LIMIT_BATCH_BYTES = 4 * 1024 * 1024,
    LIMIT_PEERS = 4096,
    CHUNK_BYTES = 1024 * 1024               /* leaf of a file's Merkle tree */
};

#define LIMIT_FILE_BYTES ((int64_t)2 * 1024 * 1024 * 1024) /* one uploaded file */
