#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "front/http/http_core.h"

/* One connection may send this much before the others get their turn. */
enum { TURN_BYTES = 512 * 1024, EVENTS_CAP_START = 2048, CHUNK_BYTES_MAX = 1024 * 1024 };

/* A reader must keep up: each piece moves the deadline, but on average not slower than the least
 * rate. */
static void note_progress(struct http_conn *conn, size_t bytes)
{
    const struct http_limits *limits = &conn->server->limits;
    int64_t now_ms = http_server_now_ms(conn->server);
    conn->phase_bytes += (int64_t)bytes;
    int64_t rate_ms =
        conn->phase_ms + limits->stall_ms + conn->phase_bytes / limits->bytes_s * 1000;
    int64_t stall_ms = now_ms + limits->stall_ms;
    http_timer_set(&conn->server->wheel, conn, rate_ms < stall_ms ? rate_ms : stall_ms);
}

static void phase_begin(struct http_conn *conn)
{
    conn->phase_ms = http_server_now_ms(conn->server);
    conn->phase_bytes = 0;
    note_progress(conn, 0);
}

/* Takes `sent` bytes off the outbox. */
static void outbox_advance(struct http_outbox *out, size_t sent)
{
    if (out->at < out->bytes.len) {
        out->at += sent;
        ensure(out->at <= out->bytes.len);
        return;
    }
    out->file_at += (int64_t)sent;
    out->file_left -= (int64_t)sent;
    ensure(out->file_left >= 0);
}

bool http_send_outbox(struct http_conn *conn)
{
    struct http_outbox *out = &conn->out;
    size_t turn = 0;
    while (out->at < out->bytes.len || out->file_left > 0) {
        size_t sent = 0;
        enum http_wire wire = HTTP_WIRE_AGAIN;
        if (out->at < out->bytes.len) {
            struct str rest = str_sub(out->bytes, out->at, out->bytes.len);
            wire = http_wire_write(conn, rest, out->more || out->file_left > 0, &sent);
        } else if (turn < TURN_BYTES) {
            wire = http_wire_file(conn, out->fd, out->file_at, out->file_left, &sent);
        }
        if (wire == HTTP_WIRE_END) {
            http_conn_close(conn);
            return false;
        }
        if (wire == HTTP_WIRE_AGAIN) {
            http_wire_interest(conn, EPOLLOUT);
            return false;
        }
        outbox_advance(out, sent);
        note_progress(conn, sent);
        turn += sent;
    }
    return true;
}

/* Puts the next frame of a reply of unknown length into the outbox. False: nothing to send yet, or
 * the end was written. */
static bool next_chunk(struct http_conn *conn)
{
    struct http_exchange *exchange = conn->exchange;
    int64_t bytes = conn->ready_bytes - conn->framed_bytes;
    ensure(bytes >= 0);
    const char *line = conn->between_chunks ? "\r\n" : "";
    conn->between_chunks = false;
    int len = 0;
    if (bytes > CHUNK_BYTES_MAX) bytes = CHUNK_BYTES_MAX;
    if (bytes > 0) {
        len = snprintf(conn->frame, sizeof conn->frame, "%s%llx\r\n", line, (long long)bytes);
        conn->between_chunks = true;
    } else if (conn->reply_done && !conn->reply_ended) {
        len = snprintf(conn->frame, sizeof conn->frame, "%s0\r\n\r\n", line);
        conn->reply_ended = true;
    } else {
        conn->between_chunks = line[0] != '\0';
        return false;
    }
    ensure(len > 0);
    if (!exchange->framed) len = 0;
    conn->out = (struct http_outbox){
        .bytes = {conn->frame, (size_t)len},
        .fd = exchange->reply.fd,
        .file_at = conn->framed_bytes,
        .file_left = bytes,
    };
    conn->framed_bytes += bytes;
    return true;
}

static void send_chunks(struct http_conn *conn)
{
    bool sent = http_send_outbox(conn);
    while (sent && next_chunk(conn))
        sent = http_send_outbox(conn);
    if (!sent) return;
    if (conn->reply_ended) {
        http_conn_reply_sent(conn);
        return;
    }
    /* The handler is still writing: no deadline, nothing to wait for on the socket. */
    http_timer_set(&conn->server->wheel, conn, 0);
    http_wire_interest(conn, 0);
}

static void stream_begin(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    ensure(conn->state == HTTP_CONN_SEND);
    conn->state = HTTP_CONN_STREAM;
    conn->out = (struct http_outbox){};
    http_list_add(&server->streams, conn);
    conn->address->streams++;
    atomic_fetch_add(&server->figures.streams, 1);
    http_timer_set(&server->wheel, conn, http_server_now_ms(server) + server->limits.beat_ms);
    http_wire_interest(conn, EPOLLIN);
}

void http_stream_leave(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    ensure(conn->state == HTTP_CONN_STREAM);
    http_list_remove(conn);
    ensure(conn->address->streams > 0);
    conn->address->streams--;
    atomic_fetch_sub(&server->figures.streams, 1);
}

static void send_stream(struct http_conn *conn)
{
    if (!http_send_outbox(conn)) return;
    if (conn->state != HTTP_CONN_STREAM) {
        stream_begin(conn);
        return;
    }
    conn->events_len = 0;
    conn->out = (struct http_outbox){};
    http_timer_set(&conn->server->wheel, conn,
                   http_server_now_ms(conn->server) + conn->server->limits.beat_ms);
    http_wire_interest(conn, EPOLLIN);
}

/* Makes room for `bytes` more; false when the reader has fallen too far behind. */
static bool events_reserve(struct http_conn *conn, size_t bytes)
{
    if (conn->events_len + bytes <= conn->events_cap) return true;
    ensure(conn->out.at <= conn->events_len);
    size_t unsent = conn->events_len - conn->out.at;
    if (unsent + bytes > conn->server->limits.stream_bytes) return false;
    if (unsent + bytes <= conn->events_cap) {
        memmove(conn->events, conn->events + conn->out.at, unsent);
    } else {
        size_t cap = conn->events_cap == 0 ? EVENTS_CAP_START : conn->events_cap;
        while (cap < unsent + bytes)
            cap *= 2;
        char *events = arena_alloc(conn->rq_arena, cap);
        if (unsent > 0) memcpy(events, conn->events + conn->out.at, unsent);
        conn->events = events;
        conn->events_cap = cap;
    }
    conn->events_len = unsent;
    conn->out.at = 0;
    return true;
}

void http_send_event(struct http_conn *conn, struct str event)
{
    ensure(conn->state == HTTP_CONN_STREAM);
    if (!events_reserve(conn, event.len)) {
        atomic_fetch_add(&conn->server->figures.dropped, 1);
        http_conn_close(conn);
        return;
    }
    if (conn->out.at == conn->events_len) phase_begin(conn);
    memcpy(conn->events + conn->events_len, event.ptr, event.len);
    conn->events_len += event.len;
    conn->out.bytes = (struct str){conn->events, conn->events_len};
    note_progress(conn, 0);
    send_stream(conn);
}

void http_send_start(struct http_conn *conn)
{
    struct http_exchange *exchange = conn->exchange;
    const struct http_reply *reply = &exchange->reply;
    ensure(exchange->head_ready);
    conn->state = HTTP_CONN_SEND;
    conn->close_after = reply->close || conn->server->draining;
    phase_begin(conn);
    conn->framed_bytes = 0;
    conn->reply_ended = false;
    conn->between_chunks = false;
    conn->out = (struct http_outbox){.bytes = exchange->head};
    bool body = http_reply_has_body(exchange);
    if (reply->kind == HTTP_REPLY_FILE && body) {
        conn->out.fd = reply->fd;
        conn->out.file_at = reply->offset;
        conn->out.file_left = reply->size;
    }
    conn->out.more = reply->kind == HTTP_REPLY_TEXT && body && !exchange->body_in_head;
    http_send_some(conn);
}

static void send_text(struct http_conn *conn)
{
    if (!http_send_outbox(conn)) return;
    if (conn->out.more) {
        conn->out = (struct http_outbox){.bytes = conn->exchange->reply.body};
        if (!http_send_outbox(conn)) return;
    }
    http_conn_reply_sent(conn);
}

void http_send_resume(struct http_conn *conn)
{
    if (conn->deadline_ms == 0) phase_begin(conn); /* the wait was not the client's */
    http_send_some(conn);
}

void http_send_some(struct http_conn *conn)
{
    struct http_exchange *exchange = conn->exchange;
    bool body = http_reply_has_body(exchange);
    switch (exchange->reply.kind) {
    case HTTP_REPLY_TEXT:
    case HTTP_REPLY_FILE: send_text(conn); return;
    case HTTP_REPLY_CHUNKS:
        if (!body) {
            conn->reply_ended = conn->reply_done;
            conn->ready_bytes = 0;
        }
        send_chunks(conn);
        return;
    case HTTP_REPLY_STREAM:
        if (body) {
            send_stream(conn);
        } else {
            send_text(conn);
        }
        return;
    case HTTP_REPLY_PARK: break;
    }
    ensure(false); /* a parked request is not answered yet */
}
