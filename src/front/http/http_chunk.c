#include "front/http/http_parse.h"

/*
 * The chunked coding, byte by byte but for the content itself. Sizes, extensions and trailers are
 * bounded: an attacker can make chunks small, but not make us remember anything.
 */

static int digit_value(char ch)
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    if (ch >= 'A' && ch <= 'F') return ch - 'A' + 10;
    return -1;
}

static bool is_control(char ch)
{
    return ((uint8_t)ch < 0x20 && ch != '\t') || ch == 0x7f;
}

static int take_size(struct http_chunks *chunks, char ch)
{
    int digit = digit_value(ch);
    if (digit >= 0) {
        chunks->left = chunks->left * 16 + digit;
        chunks->digits++;
        return chunks->digits > LIMIT_HTTP_CHUNK_DIGITS ? 400 : 0;
    }
    if (chunks->digits == 0) return 400;
    if (ch == ';') {
        chunks->state = HTTP_CHUNK_EXTENSION;
        return 0;
    }
    chunks->state = HTTP_CHUNK_SIZE_LF;
    return ch == '\r' ? 0 : 400;
}

static int take_extension(struct http_chunks *chunks, char ch)
{
    if (ch == '\r') {
        chunks->state = HTTP_CHUNK_SIZE_LF;
        return 0;
    }
    chunks->extension_bytes++;
    if (chunks->extension_bytes > LIMIT_HTTP_CHUNK_EXTENSION_BYTES) return 400;
    return is_control(ch) ? 400 : 0;
}

static int take_size_lf(struct http_chunks *chunks, char ch)
{
    chunks->state = chunks->left > 0 ? HTTP_CHUNK_DATA : HTTP_CHUNK_TRAILER;
    chunks->digits = 0;
    return ch == '\n' ? 0 : 400;
}

/* A trailer line is "token: value"; its end is told from the end of all by being not empty. */
static int take_trailer(struct http_chunks *chunks, char ch)
{
    chunks->trailer_bytes++;
    if (chunks->trailer_bytes > LIMIT_HTTP_TRAILER_BYTES) return 431;
    if (ch == '\r') {
        chunks->state = HTTP_CHUNK_TRAILER_LF;
        return chunks->name_bytes > 0 && !chunks->in_value ? 400 : 0;
    }
    if (chunks->in_value) return is_control(ch) ? 400 : 0;
    if (ch == ':') {
        chunks->in_value = true;
        return chunks->name_bytes > 0 ? 0 : 400;
    }
    chunks->name_bytes++;
    return http_token((struct str){&ch, 1}) ? 0 : 400;
}

static int take_trailer_lf(struct http_chunks *chunks, char ch)
{
    chunks->state = chunks->name_bytes > 0 ? HTTP_CHUNK_TRAILER : HTTP_CHUNK_DONE;
    chunks->name_bytes = 0;
    chunks->in_value = false;
    return ch == '\n' ? 0 : 400;
}

static int take_byte(struct http_chunks *chunks, char ch)
{
    switch (chunks->state) {
    case HTTP_CHUNK_SIZE: return take_size(chunks, ch);
    case HTTP_CHUNK_EXTENSION: return take_extension(chunks, ch);
    case HTTP_CHUNK_SIZE_LF: return take_size_lf(chunks, ch);
    case HTTP_CHUNK_DATA_CR: chunks->state = HTTP_CHUNK_DATA_LF; return ch == '\r' ? 0 : 400;
    case HTTP_CHUNK_DATA_LF: chunks->state = HTTP_CHUNK_SIZE; return ch == '\n' ? 0 : 400;
    case HTTP_CHUNK_TRAILER: return take_trailer(chunks, ch);
    case HTTP_CHUNK_TRAILER_LF: return take_trailer_lf(chunks, ch);
    case HTTP_CHUNK_DATA:
    case HTTP_CHUNK_DONE: break;
    }
    ensure(false); /* content is taken in one piece, and nothing follows the end */
    return 400;
}

static struct str take_data(struct http_chunks *chunks, struct str in)
{
    struct str data =
        str_sub(in, 0, (uint64_t)chunks->left < in.len ? (size_t)chunks->left : in.len);
    ensure(data.len > 0);
    chunks->left -= (int64_t)data.len;
    if (chunks->left == 0) chunks->state = HTTP_CHUNK_DATA_CR;
    return data;
}

enum http_step http_chunk_feed(struct http_chunks *chunks, struct str in, size_t *ret_used,
                               struct str *ret_data)
{
    ensure(chunks->left >= 0);
    *ret_data = (struct str){};
    size_t used = 0;
    while (used < in.len && chunks->status == 0 && chunks->state != HTTP_CHUNK_DONE) {
        if (chunks->state == HTTP_CHUNK_DATA) {
            *ret_data = take_data(chunks, str_sub(in, used, in.len));
            used += ret_data->len;
            break;
        }
        chunks->status = take_byte(chunks, in.ptr[used++]);
    }
    *ret_used = used;
    if (chunks->status != 0) return HTTP_REFUSED;
    return chunks->state == HTTP_CHUNK_DONE ? HTTP_DONE : HTTP_MORE;
}
