#include "front/http/http_parse.h"

#include <string.h>

#include "base/utf8.h"

enum { LENGTH_DIGITS_MAX = 18 /* fits int64_t without a test */ };

/* What a byte may be part of. */
enum { TOKEN = 1, PATH = 2, QUERY = 4, HOST = 8, HEX = 16 };

static const char TOKEN_MARKS[] = "!#$%&'*+-.^_`|~";
static const char PATH_MARKS[] = "-._~!$&'()*+,;=:@/%";
/* The last eight are not of RFC 3986, but browsers send them unescaped in a query. */
static const char QUERY_MARKS[] = "-._~!$&'()*+,;=:@/%?[]{}|^`\\";
static const char HOST_MARKS[] = "-._~!$&'()*+,;=";

static bool is_alnum(char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static int hex_value(char ch)
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    if (ch >= 'A' && ch <= 'F') return ch - 'A' + 10;
    return -1;
}

static bool is_of(char ch, unsigned class)
{
    if (class == HEX) return hex_value(ch) >= 0;
    if (is_alnum(ch)) return true;
    const char *marks = class == TOKEN   ? TOKEN_MARKS
                        : class == PATH  ? PATH_MARKS
                        : class == QUERY ? QUERY_MARKS
                                         : HOST_MARKS;
    return ch != '\0' && strchr(marks, ch) != NULL;
}

static bool all_of(struct str s, unsigned class)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_of(s.ptr[i], class)) return false;
    }
    return true;
}

bool http_token(struct str name)
{
    return name.len > 0 && all_of(name, TOKEN);
}

static char lower(char ch)
{
    return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

bool http_name_eq(struct str a, struct str b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    }
    return true;
}

static bool is_control(char ch)
{
    return ((uint8_t)ch < 0x20 && ch != '\t') || ch == 0x7f;
}

bool http_header_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (is_control(value.ptr[i])) return false;
    }
    return true;
}

bool http_percent_decode(struct arena *arena, struct str text, bool plus, struct str *ret_text)
{
    char *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if (ch == '+' && plus) ch = ' ';
        if (text.ptr[i] == '%') {
            if (i + 2 >= text.len) return false;
            int high = hex_value(text.ptr[i + 1]);
            int low = hex_value(text.ptr[i + 2]);
            if (high < 0 || low < 0) return false;
            ch = (char)(high * 16 + low);
            i += 2;
        }
        to[len++] = ch;
    }
    *ret_text = (struct str){to, len};
    return true;
}

bool http_text_read(struct arena *arena, struct str bytes, struct str *ret_text)
{
    bool zero = bytes.len > 0 && memchr(bytes.ptr, '\0', bytes.len) != NULL;
    if (zero || !utf8_valid(bytes)) return false;
    *ret_text = utf8_nfc(arena, bytes);
    return true;
}

/* True for a segment that would climb, stay or be empty in the middle of a path. */
static bool segment_bad(struct str segment, bool last)
{
    if (segment.len == 0) return !last;
    return str_eq(segment, S(".")) || str_eq(segment, S(".."));
}

bool http_path_decode(struct arena *arena, struct str raw, struct str *ret_path)
{
    if (raw.len == 0 || raw.ptr[0] != '/' || !all_of(raw, PATH)) return false;
    for (size_t i = 0; i + 2 < raw.len; i++) {
        if (raw.ptr[i] != '%') continue;
        struct str code = str_sub(raw, i + 1, i + 3);
        if (http_name_eq(code, S("2f")) || http_name_eq(code, S("5c"))) return false;
    }
    struct str path = {};
    if (!http_percent_decode(arena, raw, false, &path)) return false;
    if (!http_text_read(arena, path, &path)) return false;
    for (size_t i = 0; i < path.len; i++) {
        if (is_control(path.ptr[i]) || path.ptr[i] == '\t') return false;
    }
    struct str rest = str_sub(path, 1, path.len);
    struct str segment = {};
    bool more = true;
    while (more) {
        more = str_cut(rest, '/', &segment, &rest);
        if (segment_bad(segment, !more)) return false;
    }
    *ret_path = path;
    return true;
}

/* ---- request line ---- */

struct request_line {
    struct str method;
    struct str target;
    int minor;
};

/* Source: RFC 9112 2.3: HTTP-version is case-sensitive, one digit on each side. */
static int version_parse(struct str version, int *ret_minor)
{
    bool shape = version.len == 8 && str_starts(version, S("HTTP/")) && version.ptr[6] == '.' &&
                 version.ptr[5] >= '0' && version.ptr[5] <= '9' && version.ptr[7] >= '0' &&
                 version.ptr[7] <= '9';
    if (!shape) return 400;
    if (version.ptr[5] != '1' || version.ptr[7] > '1') return 505;
    *ret_minor = version.ptr[7] - '0';
    return 0;
}

static int request_line_parse(struct str line, struct request_line *ret_line)
{
    struct str method = {};
    struct str rest = {};
    if (!str_cut(line, ' ', &method, &rest)) return 400;
    if (!http_token(method)) return 400;
    struct str target = {};
    struct str version = {};
    if (!str_cut(rest, ' ', &target, &version)) return 400;
    if (target.len == 0) return 400;
    int minor = 0;
    int status = version_parse(version, &minor);
    if (status != 0) return status;
    if (method.len > LIMIT_HTTP_METHOD_BYTES) return 501;
    *ret_line = (struct request_line){method, target, minor};
    return 0;
}

/* ---- the end of a head ---- */

/* Takes a line that has just ended. Returns a status, 0 to go on; an empty line ends the head. */
static int scan_line(struct http_scan *scan, struct str line, bool *ret_done)
{
    if (line.len == 0 && scan->line_count > 0) {
        *ret_done = true;
        return 0;
    }
    if (line.len == 0) {
        if (scan->skipped) return 400;
        scan->skipped = true;
        return 0;
    }
    if (scan->line_count == 0) {
        struct request_line unused = {};
        int status = request_line_parse(line, &unused);
        if (status != 0) return status;
    }
    scan->line_count++;
    return scan->line_count > LIMIT_HTTP_HEADERS + 1 ? 431 : 0;
}

static int scan_byte(struct http_scan *scan, struct str bytes, bool *ret_done)
{
    ensure(scan->line_from <= scan->at);
    char ch = bytes.ptr[scan->at++];
    if (scan->after_cr) {
        if (ch != '\n') return 400;
        scan->after_cr = false;
        struct str line = str_sub(bytes, scan->line_from, scan->at - 2);
        scan->line_from = scan->at;
        return scan_line(scan, line, ret_done);
    }
    scan->after_cr = ch == '\r';
    if (!scan->after_cr && is_control(ch)) return 400;
    if (scan->line_count == 0 && scan->at - scan->line_from > LIMIT_HTTP_LINE_BYTES) return 414;
    return scan->at > LIMIT_HTTP_HEAD_BYTES ? 431 : 0;
}

enum http_step http_head_scan(struct http_scan *scan, struct str bytes)
{
    ensure(scan->at <= bytes.len);
    if (scan->status != 0) return HTTP_REFUSED;
    bool done = false;
    while (scan->at < bytes.len && !done) {
        scan->status = scan_byte(scan, bytes, &done);
        if (scan->status != 0) return HTTP_REFUSED;
    }
    return done ? HTTP_DONE : HTTP_MORE;
}

/* ---- fields that matter for framing ---- */

/* What the framing fields say, collected while the header lines are read. */
struct framing {
    size_t host_count;
    size_t length_count;
    size_t coding_count; /* elements of Transfer-Encoding */
    size_t chunked_count;
    bool chunked_last;
    bool close;
    bool keep;
};

static bool ipv6_literal(struct str s)
{
    if (s.len < 4 || s.ptr[0] != '[' || s.ptr[s.len - 1] != ']') return false;
    struct str inside = str_sub(s, 1, s.len - 1);
    size_t colons = 0;
    for (size_t i = 0; i < inside.len; i++) {
        colons += inside.ptr[i] == ':';
        if (hex_value(inside.ptr[i]) < 0 && inside.ptr[i] != ':' && inside.ptr[i] != '.') {
            return false;
        }
    }
    return colons >= 2;
}

/* Source: RFC 9110 7.2, RFC 3986 3.2.2. An empty host names nobody and is refused. */
static bool host_valid(struct str host)
{
    size_t end = host.len;
    size_t bracket = str_find(host, S("]"), 0);
    size_t colon = str_find(host, S(":"), bracket == host.len ? 0 : bracket);
    if (colon < host.len) {
        int64_t port = 0;
        struct str digits = str_sub(host, colon + 1, host.len);
        if (digits.len > 5 || !parse_int(digits, 1, 65535, &port)) return false;
        end = colon;
    }
    struct str name = str_sub(host, 0, end);
    if (name.len == 0) return false;
    return name.ptr[0] == '[' ? ipv6_literal(name) : all_of(name, HOST);
}

/* Source: RFC 9110 8.6: digits only; a list or a sign is refused. */
static int length_parse(struct str value, int64_t *ret_length)
{
    if (value.len == 0) return 400;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') return 400;
    }
    if (value.len > LENGTH_DIGITS_MAX) return 413;
    bool read = parse_int(value, 0, INT64_MAX, ret_length);
    ensure(read);
    return 0;
}

static bool next_element(struct str *rest, struct str *ret_element)
{
    bool more = str_cut(*rest, ',', ret_element, rest);
    *ret_element = str_trim(*ret_element);
    return more;
}

/* Counts the codings of one Transfer-Encoding line. Source: RFC 9112 6.1. */
static int coding_parse(struct framing *framing, struct str value)
{
    bool more = true;
    while (more) {
        struct str element = {};
        more = next_element(&value, &element);
        if (!http_token(element)) return 400;
        framing->coding_count++;
        framing->chunked_last = http_name_eq(element, S("chunked"));
        framing->chunked_count += framing->chunked_last;
    }
    return 0;
}

/* Source: RFC 9112 9.1. Options we do not know are no reason to refuse. */
static void connection_parse(struct framing *framing, struct str value)
{
    bool more = true;
    while (more) {
        struct str element = {};
        more = next_element(&value, &element);
        framing->close |= http_name_eq(element, S("close"));
        framing->keep |= http_name_eq(element, S("keep-alive"));
    }
}

static int expect_parse(struct http_head *head, struct str value)
{
    if (head->minor == 0) return 0; /* RFC 9110 10.1.1: ignored in HTTP/1.0 */
    if (!http_name_eq(value, S("100-continue"))) return 417;
    head->expects_continue = true;
    return 0;
}

/* Takes one header that the server itself must understand; 0 for all others. */
static int framing_take(struct http_head *head, struct framing *framing, struct http_header h)
{
    if (http_name_eq(h.name, S("host"))) {
        framing->host_count++;
        head->host = h.value;
        return framing->host_count > 1 || !host_valid(h.value) ? 400 : 0;
    }
    if (http_name_eq(h.name, S("content-length"))) {
        framing->length_count++;
        if (framing->length_count > 1) return 400;
        return length_parse(h.value, &head->content_length);
    }
    if (http_name_eq(h.name, S("transfer-encoding"))) return coding_parse(framing, h.value);
    if (http_name_eq(h.name, S("connection"))) connection_parse(framing, h.value);
    if (http_name_eq(h.name, S("expect"))) return expect_parse(head, h.value);
    return 0;
}

/* Source: RFC 9112 6.3, 9.3, RFC 9110 7.2. */
static int framing_conclude(struct http_head *head, const struct framing *framing)
{
    if (head->minor == 1 && framing->host_count == 0) return 400;
    if (framing->coding_count > 0) {
        if (head->minor == 0 || framing->length_count > 0) return 400;
        if (framing->chunked_count == 0) return 501;
        if (framing->chunked_count > 1 || !framing->chunked_last) return 400;
        if (framing->coding_count > 1) return 501;
        head->chunked = true;
    }
    head->keep_alive = !framing->close && (head->minor == 1 || framing->keep);
    return 0;
}

/* ---- target ---- */

static bool query_valid(struct str query)
{
    if (!all_of(query, QUERY)) return false;
    for (size_t i = 0; i < query.len; i++) {
        if (query.ptr[i] != '%') continue;
        struct str code = str_sub(query, i + 1, i + 3);
        if (code.len < 2 || !all_of(code, HEX)) return false;
    }
    return true;
}

/* Splits off "http://authority" and returns the rest as origin form. The authority must be the one
 * of the Host header: two names for one request are a smuggler's tool. Source: RFC 9112 3.2.2. */
static int absolute_parse(const struct http_head *head, struct str *ret_origin)
{
    struct str scheme = {};
    struct str rest = {};
    (void)str_cut(head->target, ':', &scheme, &rest);
    if (!http_name_eq(scheme, S("http")) && !http_name_eq(scheme, S("https"))) return 400;
    if (!str_starts(rest, S("//"))) return 400;
    rest = str_sub(rest, 2, rest.len);
    size_t slash = str_find(rest, S("/"), 0);
    size_t mark = str_find(rest, S("?"), 0);
    size_t end = slash < mark ? slash : mark;
    struct str authority = str_sub(rest, 0, end);
    if (!host_valid(authority)) return 400;
    if (head->host.len > 0 && !http_name_eq(head->host, authority)) return 400;
    *ret_origin = str_sub(rest, end, rest.len);
    return 0;
}

static int target_parse(struct arena *arena, struct http_head *head)
{
    if (str_eq(head->method, S("CONNECT"))) return 501; /* we are no proxy */
    if (str_eq(head->target, S("*"))) {
        head->path = head->target;
        return str_eq(head->method, S("OPTIONS")) ? 0 : 400;
    }
    struct str origin = head->target;
    ensure(origin.len > 0);
    if (origin.ptr[0] != '/') {
        int status = absolute_parse(head, &origin);
        if (status != 0) return status;
    }
    struct str raw_path = {};
    (void)str_cut(origin, '?', &raw_path, &head->query);
    if (raw_path.len == 0) raw_path = S("/");
    if (!http_path_decode(arena, raw_path, &head->path)) return 400;
    return query_valid(head->query) ? 0 : 400;
}

/* ---- the whole head ---- */

static struct str next_line(struct str *rest)
{
    size_t end = str_find(*rest, S("\r\n"), 0);
    struct str line = str_sub(*rest, 0, end);
    *rest = str_sub(*rest, end + 2, rest->len);
    return line;
}

/* Source: RFC 9112 5.1: no space before the colon; 5.2: no folded lines. The token test refuses
 * both, as it refuses an empty name. */
static int header_parse(struct str line, struct http_header *ret_header)
{
    struct str name = {};
    struct str value = {};
    if (!str_cut(line, ':', &name, &value)) return 400;
    if (!http_token(name)) return 400;
    if (!http_header_value(value)) return 400;
    *ret_header = (struct http_header){name, str_trim(value)};
    return 0;
}

int http_head_parse(struct arena *arena, struct str bytes, struct http_head *ret_head)
{
    ensure(arena != NULL);
    ensure(str_ends(bytes, S("\r\n\r\n")));
    struct str rest = bytes;
    if (str_starts(rest, S("\r\n"))) rest = str_sub(rest, 2, rest.len);
    struct request_line line = {};
    int status = request_line_parse(next_line(&rest), &line);
    if (status != 0) return status;
    struct http_head head = {.method = line.method, .target = line.target, .minor = line.minor};
    head.headers = arena_array(arena, LIMIT_HTTP_HEADERS, sizeof *head.headers);
    struct framing framing = {};
    for (;;) {
        struct str text = next_line(&rest);
        if (text.len == 0) break;
        if (head.header_count == LIMIT_HTTP_HEADERS) return 431;
        struct http_header *header = &head.headers[head.header_count++];
        status = header_parse(text, header);
        if (status == 0) status = framing_take(&head, &framing, *header);
        if (status != 0) return status;
    }
    status = framing_conclude(&head, &framing);
    if (status == 0) status = target_parse(arena, &head);
    if (status == 0) ensure(head.path.len > 0);
    if (status == 0) ensure(!head.chunked || head.content_length == 0);
    if (status == 0) *ret_head = head;
    return status;
}
