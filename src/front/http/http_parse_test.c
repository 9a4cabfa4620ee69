#include "front/http/http_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* One request head and what must become of it. */
struct head_case {
    const char *name; /* the behaviour, with its section */
    const char *bytes;
    int status; /* 0: accepted */
};

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a.vn\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a.vn\r\n"
#define END "\r\n"

static const struct head_case HEADS[] = {
    {"RFC 9112 2.1 a plain request is accepted", GET HOST END, 0},
    {"RFC 9112 2.2 one empty line before the request is ignored", END GET HOST END, 0},
    {"RFC 9112 2.2 two empty lines before the request are refused", END END GET HOST END, 400},
    {"RFC 9112 2.2 a bare LF in the request line is refused", "GET / HTTP/1.1\nHost: a\r\n\r\n",
     400},
    {"RFC 9112 2.2 a bare LF in a header is refused", GET "Host: a\nX: b\r\n\r\n", 400},
    {"RFC 9112 2.2 a bare CR in a value is refused", GET HOST "X: a\rb\r\n\r\n", 400},
    {"RFC 9112 2.2 a bare CR in the request line is refused", "GET /\r HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 2.2 white space before the first header is refused", GET " X: a\r\n" HOST END, 400},
    {"RFC 9112 2.3 a lower-case version is refused", "GET / http/1.1\r\n" HOST END, 400},
    {"RFC 9112 2.3 a version with two minor digits is refused", "GET / HTTP/1.10\r\n" HOST END,
     400},
    {"RFC 9112 2.3 a version without dot is refused", "GET / HTTP/11\r\n" HOST END, 400},
    {"RFC 9110 2.5 HTTP/2.0 is not supported", "GET / HTTP/2.0\r\n" HOST END, 505},
    {"RFC 9110 2.5 HTTP/1.2 is not supported", "GET / HTTP/1.2\r\n" HOST END, 505},
    {"RFC 9110 2.5 HTTP/0.9 by its number is not supported", "GET / HTTP/0.9\r\n" HOST END, 505},
    {"RFC 9112 3 HTTP/0.9 without version is refused", "GET /\r\n\r\n", 400},
    {"RFC 9112 3 two spaces behind the method are refused", "GET  / HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3 two spaces behind the target are refused", "GET /  HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3 a space at the end of the request line is refused", "GET / HTTP/1.1 \r\n" HOST END,
     400},
    {"RFC 9112 3 a tab instead of a space is refused", "GET\t/ HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3 a space before the method is refused", " GET / HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9110 9.1 a method that is no token is refused", "G(T / HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9110 9.1 a method of 33 letters is not implemented",
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" HOST END, 501},
    {"RFC 4918 9.1 PROPFIND is accepted", "PROPFIND /dav/ HTTP/1.1\r\n" HOST END, 0},
    {"RFC 9112 3.2 a target without slash is refused", "GET x HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3.2 a fragment in the target is refused", "GET /a#b HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3.2 an unescaped non-ASCII byte is refused", "GET /\xc4\x91 HTTP/1.1\r\n" HOST END,
     400},
    {"RFC 3986 2.1 an escape with one digit is refused", "GET /%4 HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 2.1 an escape with other letters is refused", "GET /%zz HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 2.1 a broken escape in the query is refused", "GET /?a=%4 HTTP/1.1\r\n" HOST END,
     400},
    {"RFC 3986 3.3 an escaped NUL in the path is refused", "GET /a%00 HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 3.3 an escaped line feed in the path is refused", "GET /a%0a HTTP/1.1\r\n" HOST END,
     400},
    {"RFC 3986 3.3 an escaped slash in the path is refused", "GET /a%2Fb HTTP/1.1\r\n" HOST END,
     400},
    {"RFC 3986 3.3 an escaped slash at the end is refused", "GET /a%2f HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 3.3 an escaped backslash in the path is refused", "GET /a%5cb HTTP/1.1\r\n" HOST END,
     400},
    {"RFC 3986 3.3 a path that is not UTF-8 is refused", "GET /%ff HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 6.2.2.3 a dot segment is refused", "GET /a/./b HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 6.2.2.3 a climbing segment is refused", "GET /a/../b HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 6.2.2.3 a climbing segment at the end is refused", "GET /a/.. HTTP/1.1\r\n" HOST END,
     400},
    {"RFC 3986 6.2.2.3 an escaped climbing segment is refused",
     "GET /%2e%2E/b HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 3.3 an empty segment is refused", "GET //evil.vn/ HTTP/1.1\r\n" HOST END, 400},
    {"RFC 3986 3.3 three dots are a name", "GET /.../.a HTTP/1.1\r\n" HOST END, 0},
    {"RFC 9112 3.2.2 absolute form with the same host is accepted",
     "GET http://a.vn/x?y HTTP/1.1\r\n" HOST END, 0},
    {"RFC 9112 3.2.2 absolute form without path is accepted",
     "GET http://A.VN HTTP/1.1\r\n" HOST END, 0},
    {"RFC 9112 3.2.2 absolute form with another host is refused",
     "GET http://b.vn/ HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9110 4.2.4 user information in the target is refused",
     "GET http://x@a.vn/ HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3.2.2 another scheme is refused", "GET ftp://a.vn/ HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3.2.3 CONNECT is not implemented", "CONNECT a.vn:443 HTTP/1.1\r\n" HOST END, 501},
    {"RFC 9112 3.2.4 OPTIONS * is accepted", "OPTIONS * HTTP/1.1\r\n" HOST END, 0},
    {"RFC 9112 3.2.4 GET * is refused", "GET * HTTP/1.1\r\n" HOST END, 400},
    {"RFC 9112 3.2 a missing Host is refused", GET END, 400},
    {"RFC 9112 3.2 two Host headers are refused", GET HOST HOST END, 400},
    {"RFC 9112 3.2 an empty Host is refused", GET "Host:\r\n\r\n", 400},
    {"RFC 9112 3.2 a Host with a path is refused", GET "Host: a/b\r\n\r\n", 400},
    {"RFC 9112 3.2 a Host with a space is refused", GET "Host: a b\r\n\r\n", 400},
    {"RFC 9112 3.2 a Host with user information is refused", GET "Host: x@a\r\n\r\n", 400},
    {"RFC 9112 3.2 a Host with a large port is refused", GET "Host: a:65536\r\n\r\n", 400},
    {"RFC 9112 3.2 a Host with letters as port is refused", GET "Host: a:b\r\n\r\n", 400},
    {"RFC 9112 3.2 a list of hosts is refused as port", GET "Host: a:1, b:2\r\n\r\n", 400},
    {"RFC 3986 3.2.2 an IPv6 Host with port is accepted", GET "Host: [::1]:80\r\n\r\n", 0},
    {"RFC 3986 3.2.2 an open IPv6 bracket is refused", GET "Host: [::1\r\n\r\n", 400},
    {"RFC 9112 3.2 HTTP/1.0 may lack Host", "GET / HTTP/1.0\r\n\r\n", 0},
    {"RFC 9112 5.1 a space before the colon is refused", GET "Host : a\r\n\r\n", 400},
    {"RFC 9112 5.1 a tab before the colon is refused", GET HOST "X\t: a\r\n\r\n", 400},
    {"RFC 9112 5 a header without colon is refused", GET HOST "Xa\r\n\r\n", 400},
    {"RFC 9112 5 a header without name is refused", GET HOST ": a\r\n\r\n", 400},
    {"RFC 9110 5.1 a header name that is no token is refused", GET HOST "X(y): a\r\n\r\n", 400},
    {"RFC 9112 5.2 a folded header is refused", GET HOST "X: a\r\n b\r\n\r\n", 400},
    {"RFC 9110 5.5 a control in a value is refused", GET HOST "X: a\x01\r\n\r\n", 400},
    {"RFC 9110 5.5 DEL in a value is refused", GET HOST "X: a\x7f\r\n\r\n", 400},
    {"RFC 9110 5.5 bytes above 127 in a value are kept", GET HOST "X: \xc4\x91\r\n\r\n", 0},
    {"RFC 9110 5.5 an empty value is accepted", GET HOST "X:\r\n\r\n", 0},
    {"RFC 9110 8.6 a plain length is accepted", POST "Content-Length: 5\r\n\r\n", 0},
    {"RFC 9110 8.6 a plus sign in the length is refused", POST "Content-Length: +5\r\n\r\n", 400},
    {"RFC 9110 8.6 a negative length is refused", POST "Content-Length: -5\r\n\r\n", 400},
    {"RFC 9110 8.6 a hexadecimal length is refused", POST "Content-Length: 0x5\r\n\r\n", 400},
    {"RFC 9110 8.6 a list of equal lengths is refused", POST "Content-Length: 5,5\r\n\r\n", 400},
    {"RFC 9110 8.6 a length with a space inside is refused", POST "Content-Length: 5 5\r\n\r\n",
     400},
    {"RFC 9110 8.6 an empty length is refused", POST "Content-Length:\r\n\r\n", 400},
    {"RFC 9110 8.6 a length beyond all numbers is too large",
     POST "Content-Length: 99999999999999999999\r\n\r\n", 413},
    {"RFC 9112 6.3 two different lengths are refused",
     POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
    {"RFC 9112 6.3 two equal lengths are refused",
     POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
    {"RFC 9112 6.1 chunked is accepted", POST "Transfer-Encoding: Chunked\r\n\r\n", 0},
    {"RFC 9112 6.1 chunked with a length is refused",
     POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"RFC 9112 6.1 chunked in HTTP/1.0 is refused",
     "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"RFC 9112 6.1 chunked twice is refused", POST "Transfer-Encoding: chunked, chunked\r\n\r\n",
     400},
    {"RFC 9112 6.1 chunked on two lines is refused",
     POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"RFC 9112 6.3 chunked that is not last is refused",
     POST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
    {"RFC 9112 6.1 gzip before chunked is not implemented",
     POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"RFC 9112 6.1 an unknown coding is not implemented",
     POST "Transfer-Encoding: xchunked\r\n\r\n", 501},
    {"RFC 9112 7 identity is not implemented", POST "Transfer-Encoding: identity\r\n\r\n", 501},
    {"RFC 9112 6.1 an empty coding is refused", POST "Transfer-Encoding:\r\n\r\n", 400},
    {"RFC 9112 6.1 a quoted coding is refused", POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 400},
    {"RFC 9112 7 parameters of chunked are refused", POST "Transfer-Encoding: chunked;a=b\r\n\r\n",
     400},
    {"RFC 9112 6.1 an empty element beside chunked is refused",
     POST "Transfer-Encoding: ,chunked\r\n\r\n", 400},
    {"RFC 9112 6.1 a vertical tab before chunked is refused",
     POST "Transfer-Encoding: \x0b"
          "chunked\r\n\r\n",
     400},
    {"RFC 9110 10.1.1 Expect 100-continue is accepted", POST "Expect: 100-Continue\r\n\r\n", 0},
    {"RFC 9110 10.1.1 another expectation fails", POST "Expect: tea\r\n\r\n", 417},
    {"RFC 9110 10.1.1 HTTP/1.0 expectations are ignored", "GET / HTTP/1.0\r\nExpect: tea\r\n\r\n",
     0},
};

/* Feeds the head in pieces and reads it; gives the status. */
static int head_status(struct arena *arena, struct str bytes, size_t piece, struct http_head *ret)
{
    struct http_scan scan = {};
    enum http_step step = HTTP_MORE;
    for (size_t to = piece; step == HTTP_MORE && to < bytes.len + piece; to += piece) {
        step = http_head_scan(&scan, str_sub(bytes, 0, to));
    }
    if (step == HTTP_REFUSED) return scan.status;
    if (step == HTTP_MORE) return -1;
    return http_head_parse(arena, str_sub(bytes, 0, scan.at), ret);
}

static void the_head_gets_its_verdict(void **state)
{
    const struct head_case *row = *state;
    struct arena *arena = arena_open(0);
    struct http_head head = {};
    assert_int_equal(head_status(arena, str_of(row->bytes), 1000000, &head), row->status);
    for (size_t piece = 1; piece < 8; piece++) {
        assert_int_equal(head_status(arena, str_of(row->bytes), piece, &head), row->status);
    }
    arena_close(arena);
}

/* One chunked body and what must become of it. */
struct chunk_case {
    const char *name;
    const char *bytes;
    const char *content;
    int status; /* 0: complete; -1: more is needed */
};

static const struct chunk_case BODIES[] = {
    {"RFC 9112 7.1 an empty body is one last chunk", "0\r\n\r\n", "", 0},
    {"RFC 9112 7.1 chunks are joined", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", 0},
    {"RFC 9112 7.1 sizes are hexadecimal in both cases",
     "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", 0},
    {"RFC 9112 7.1 leading zeros are allowed", "0003\r\nabc\r\n000\r\n\r\n", "abc", 0},
    {"RFC 9112 7.1 the end is awaited", "3\r\nabc\r\n0\r\n", "abc", -1},
    {"RFC 9112 7.1 an empty size is refused", "\r\nabc\r\n", "", 400},
    {"RFC 9112 7.1 a size with sign is refused", "+3\r\nabc\r\n", "", 400},
    {"RFC 9112 7.1 a size with 0x is refused", "0x3\r\nabc\r\n", "", 400},
    {"RFC 9112 7.1 a space before the size is refused", " 3\r\nabc\r\n", "", 400},
    {"RFC 9112 7.1 a space behind the size is refused", "3 \r\nabc\r\n", "", 400},
    {"RFC 9112 7.1 a size of nine digits is refused", "000000003\r\nabc\r\n", "", 400},
    {"RFC 9112 7.1 a bare LF behind the size is refused", "3\nabc\r\n", "", 400},
    {"RFC 9112 7.1 a bare CR behind the size is refused", "3\rabc\r\n", "", 400},
    {"RFC 9112 7.1 content longer than its size is refused", "3\r\nabcd\r\n0\r\n\r\n", "abc", 400},
    {"RFC 9112 7.1 content ended by a bare LF is refused", "3\r\nabc\n0\r\n\r\n", "abc", 400},
    {"RFC 9112 7.1.1 an extension is skipped", "3;a=\"b;c\"\r\nabc\r\n0;x\r\n\r\n", "abc", 0},
    {"RFC 9112 7.1.1 a bare LF in an extension is refused", "3;a\nb\r\nabc\r\n", "", 400},
    {"RFC 9112 7.1.1 a NUL-like control in an extension is refused", "3;\x01\r\nabc\r\n", "", 400},
    {"RFC 9112 7.1.2 a trailer is checked and dropped", "0\r\nX: y\r\nZ:\r\n\r\n", "", 0},
    {"RFC 9112 7.1.2 a trailer without colon is refused", "0\r\nXy\r\n\r\n", "", 400},
    {"RFC 9112 7.1.2 a trailer without name is refused", "0\r\n: y\r\n\r\n", "", 400},
    {"RFC 9112 7.1.2 a folded trailer is refused", "0\r\nX: y\r\n z\r\n\r\n", "", 400},
    {"RFC 9112 7.1.2 a bare LF ending a trailer is refused", "0\r\nX: y\n\r\n", "", 400},
    {"RFC 9112 7.1.2 a bare LF instead of the end is refused", "0\r\n\n", "", 400},
};

/* Feeds the body in pieces; returns the status as in a chunk_case. */
static int body_status(struct str bytes, size_t piece, struct sb *content)
{
    struct http_chunks chunks = {};
    enum http_step step = HTTP_MORE;
    size_t at = 0;
    while (at < bytes.len && step == HTTP_MORE) {
        size_t used = 0;
        struct str data = {};
        step = http_chunk_feed(&chunks, str_sub(bytes, at, at + piece), &used, &data);
        sb_put(content, data);
        at += used;
    }
    return step == HTTP_MORE ? -1 : chunks.status;
}

static void the_chunked_body_gets_its_verdict(void **state)
{
    const struct chunk_case *row = *state;
    struct arena *arena = arena_open(0);
    for (size_t piece = 1; piece < 40; piece++) {
        struct sb content = sb_new(arena, 0);
        assert_int_equal(body_status(str_of(row->bytes), piece, &content), row->status);
        assert_true(str_eq(sb_str(&content), str_of(row->content)));
    }
    arena_close(arena);
}

/* A head with `count` bytes of filler between two texts. */
static int filled_status(const char *before, size_t count, const char *after)
{
    struct arena *arena = arena_open(0);
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, str_of(before));
    for (size_t i = 0; i < count; i++)
        sb_char(&sb, 'a');
    sb_put(&sb, str_of(after));
    struct http_head head = {};
    int status = head_status(arena, sb_str(&sb), 1000, &head);
    arena_close(arena);
    return status;
}

static void a_request_line_may_be_as_long_as_the_limit_and_not_longer(void **state)
{
    (void)state;
    size_t fixed = strlen("GET / HTTP/1.1\r"); /* the CR counts */
    assert_int_equal(
        filled_status("GET /", LIMIT_HTTP_LINE_BYTES - fixed, " HTTP/1.1\r\n" HOST END), 0);
    assert_int_equal(
        filled_status("GET /", LIMIT_HTTP_LINE_BYTES - fixed + 1, " HTTP/1.1\r\n" HOST END), 414);
}

static void a_head_may_be_as_long_as_the_limit_and_not_longer(void **state)
{
    (void)state;
    size_t fixed = strlen(GET HOST "X: \r\n\r");
    assert_int_equal(filled_status(GET HOST "X: ", LIMIT_HTTP_HEAD_BYTES - fixed - 1, "\r\n\r\n"),
                     0);
    assert_int_equal(filled_status(GET HOST "X: ", LIMIT_HTTP_HEAD_BYTES, "\r\n\r\n"), 431);
}

static void sixty_four_headers_are_accepted_and_sixty_five_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct sb sb = sb_new(arena, 0);
    struct http_head head = {};
    sb_put(&sb, str_of(GET HOST));
    for (size_t i = 1; i < LIMIT_HTTP_HEADERS; i++)
        sb_put(&sb, S("X: a\r\n"));
    struct str most = str_format(arena, "%.*s\r\n", STR_ARG(sb_str(&sb)));
    struct str more = str_format(arena, "%.*sX: a\r\n\r\n", STR_ARG(sb_str(&sb)));
    assert_int_equal(head_status(arena, most, 100, &head), 0);
    assert_int_equal(head_status(arena, more, 100, &head), 431);
    arena_close(arena);
}

static void a_zero_byte_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_head head = {};
    assert_int_equal(head_status(arena, S("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), 5, &head), 400);
    assert_int_equal(head_status(arena, S("GET / HTTP/1.1\r\nHost: a\0\r\n\r\n"), 5, &head), 400);
    assert_int_equal(head_status(arena, S("GET / HTTP/1.1\r\nX\0: a\r\n\r\n"), 5, &head), 400);
    arena_close(arena);
}

static void extensions_and_trailers_are_bounded(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct sb extension = sb_new(arena, 0);
    struct sb trailer = sb_new(arena, 0);
    struct sb content = sb_new(arena, 0);
    sb_put(&extension, S("0;"));
    sb_put(&trailer, S("0\r\nX:"));
    for (size_t i = 0; i < 5000; i++) {
        sb_char(&extension, 'a');
        sb_char(&trailer, 'a');
    }
    assert_int_equal(body_status(sb_str(&extension), 64, &content), 400);
    assert_int_equal(body_status(sb_str(&trailer), 64, &content), 431);
    arena_close(arena);
}

static void a_head_is_read_into_its_parts(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_head head = {};
    struct str bytes = S("PUT /h%E1%BB%93-s%C6%A1/1?x=%20&y HTTP/1.1\r\nHost: a.vn:8801\r\n"
                         "X-A:  b c \t\r\nContent-Length: 7\r\nConnection: x, Close\r\n\r\n");
    assert_int_equal(head_status(arena, bytes, 9, &head), 0);
    assert_true(str_eq(head.method, S("PUT")));
    assert_true(str_eq(head.path, S("/hồ-sơ/1")));
    assert_true(str_eq(head.query, S("x=%20&y")));
    assert_true(str_eq(head.host, S("a.vn:8801")));
    assert_int_equal(head.header_count, 4);
    assert_true(str_eq(head.headers[1].name, S("X-A")));
    assert_true(str_eq(head.headers[1].value, S("b c")));
    assert_int_equal(head.content_length, 7);
    assert_false(head.keep_alive);
    arena_close(arena);
}

static void a_path_is_brought_to_nfc(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str path = {};
    assert_true(http_path_decode(arena, S("/a%CC%81"), &path));
    assert_true(str_eq(path, S("/\xc3\xa1")));
    arena_close(arena);
}

static void keep_alive_follows_version_and_wish(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_head head = {};
    assert_int_equal(head_status(arena, S("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 50, &head), 0);
    assert_true(head.keep_alive);
    assert_int_equal(head_status(arena, S("GET / HTTP/1.0\r\n\r\n"), 50, &head), 0);
    assert_false(head.keep_alive);
    assert_int_equal(
        head_status(arena, S("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 50, &head), 0);
    assert_true(head.keep_alive);
    arena_close(arena);
}

static void a_header_value_with_a_line_end_is_not_one(void **state)
{
    (void)state;
    assert_true(http_header_value(S("a\tb đ")));
    assert_false(http_header_value(S("a\r\nSet-Cookie: b")));
    assert_false(http_header_value(S("a\nb")));
    assert_false(http_header_value(S("a\0b")));
}

int main(void)
{
    struct CMUnitTest tables[ARRAY_LEN(HEADS) + ARRAY_LEN(BODIES)] = {};
    struct head_case heads[ARRAY_LEN(HEADS)];
    struct chunk_case bodies[ARRAY_LEN(BODIES)];
    memcpy(heads, HEADS, sizeof heads);
    memcpy(bodies, BODIES, sizeof bodies);
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        tables[i].name = heads[i].name;
        tables[i].test_func = the_head_gets_its_verdict;
        tables[i].initial_state = &heads[i];
    }
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct CMUnitTest *test = &tables[ARRAY_LEN(heads) + i];
        test->name = bodies[i].name;
        test->test_func = the_chunked_body_gets_its_verdict;
        test->initial_state = &bodies[i];
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_line_may_be_as_long_as_the_limit_and_not_longer),
        cmocka_unit_test(a_head_may_be_as_long_as_the_limit_and_not_longer),
        cmocka_unit_test(sixty_four_headers_are_accepted_and_sixty_five_refused),
        cmocka_unit_test(a_zero_byte_is_refused_wherever_it_stands),
        cmocka_unit_test(extensions_and_trailers_are_bounded),
        cmocka_unit_test(a_head_is_read_into_its_parts),
        cmocka_unit_test(a_path_is_brought_to_nfc),
        cmocka_unit_test(keep_alive_follows_version_and_wish),
        cmocka_unit_test(a_header_value_with_a_line_end_is_not_one),
    };
    int failed = cmocka_run_group_tests_name("RFC tables", tables, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
