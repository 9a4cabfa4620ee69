/* Messages as bytes: headers, encoded words, a body in base64. */
#include "core/post.h"

#include <sodium.h>

#include "base/time.h"
#include "base/utf8.h"

enum {
    ADDRESS_MAX = 254, /* RFC 5321 section 4.5.3.1.3 */
    LOCAL_MAX = 64,
    PHONE_MAX = 15, /* digits, ITU-T E.164 */
    PHONE_MIN = 3,
    WORD_BYTES = 42, /* of text in one encoded word: 56 characters of base64 */
    LINE_BYTES = 57, /* 76 characters of base64 */
};

static bool plain(char ch)
{
    bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
    return letter || ch == '.' || ch == '-' || ch == '_' || ch == '+';
}

bool post_address_ok(struct str address)
{
    struct str local = {};
    struct str host = {};
    if (address.len > ADDRESS_MAX || !str_cut(address, '@', &local, &host)) return false;
    bool dots = str_find(address, S(".."), 0) < address.len || str_starts(host, S(".")) ||
                str_ends(host, S(".")) || str_starts(local, S(".")) || str_ends(local, S("."));
    bool sizes = local.len > 0 && local.len <= LOCAL_MAX && host.len > 0;
    for (size_t i = 0; i < address.len; i++) {
        if (i != local.len && !plain(address.ptr[i])) return false;
    }
    return sizes && !dots;
}

bool post_phone_ok(struct str phone)
{
    struct str digits = str_starts(phone, S("+")) ? str_sub(phone, 1, phone.len) : phone;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') return false;
    }
    return digits.len >= PHONE_MIN && digits.len <= PHONE_MAX;
}

static void base64_put(struct sb *sb, struct str bytes)
{
    char text[sodium_base64_ENCODED_LEN(LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    ensure(bytes.len <= LINE_BYTES);
    (void)sodium_bin2base64(text, sizeof text, (const unsigned char *)bytes.ptr, bytes.len,
                            sodium_base64_VARIANT_ORIGINAL);
    sb_put(sb, str_of(text));
}

/* Encoded words, none of which breaks a character, each on a line of its own. */
static void words_put(struct sb *sb, struct str text)
{
    while (text.len > 0) {
        size_t len = utf8_cut(text, WORD_BYTES);
        ensure(len > 0);
        sb_put(sb, S("=?UTF-8?B?"));
        base64_put(sb, str_sub(text, 0, len));
        sb_put(sb, S("?="));
        text = str_sub(text, len, text.len);
        if (text.len > 0) sb_put(sb, S("\r\n "));
    }
}

/* "Wed, 25 Nov 2026 09:00:00 +0700" */
static void date_put(struct sb *sb, int64_t ms)
{
    static const char *const DAYS[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t day = time_hanoi_day(ms);
    struct date date = time_date_of(day);
    long long second = (long long)((ms - time_hanoi_midnight_ms(day)) / 1000);
    sb_printf(sb, "%s, %d %s %d %02lld:%02lld:%02lld +0700", DAYS[time_weekday(day) - MONDAY],
              date.day, MONTHS[date.month - 1], date.year, second / 3600, second / 60 % 60,
              second % 60);
}

static void body_put(struct call *c, struct sb *sb, struct str text)
{
    struct sb lines = sb_new(c->arena, 0);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n') sb_char(&lines, '\r');
        sb_char(&lines, text.ptr[i]);
    }
    struct str bytes = sb_str(&lines);
    for (size_t at = 0; at < bytes.len; at += LINE_BYTES) {
        base64_put(sb, str_sub(bytes, at, at + LINE_BYTES));
        sb_put(sb, S("\r\n"));
    }
}

struct str post_letter(struct call *c, const struct post_door *door, const struct letter *letter)
{
    ensure(post_address_ok(letter->to));
    ensure(post_address_ok(door->from));
    struct sb sb = sb_new(c->arena, 0);
    struct str local = {};
    struct str host = {};
    (void)str_cut(door->from, '@', &local, &host);
    sb_put(&sb, S("Date: "));
    date_put(&sb, letter->time_ms);
    sb_printf(&sb, "\r\nFrom: <%.*s>\r\nTo: <%.*s>\r\n", STR_ARG(door->from), STR_ARG(letter->to));
    if (door->reply.len > 0) sb_printf(&sb, "Reply-To: <%.*s>\r\n", STR_ARG(door->reply));
    sb_put(&sb, S("Subject: "));
    words_put(&sb, letter->subject);
    sb_printf(&sb, "\r\nMessage-ID:\r\n <%.*s@%.*s>\r\n", STR_ARG(letter->key), STR_ARG(host));
    if (letter->thread.len > 0) {
        /* the matter's first letter is never sent: it is only what the others answer to */
        sb_printf(&sb, "In-Reply-To:\r\n <%.*s@%.*s>\r\n", STR_ARG(letter->thread), STR_ARG(host));
        sb_printf(&sb, "References:\r\n <%.*s@%.*s>\r\n", STR_ARG(letter->thread), STR_ARG(host));
    }
    sb_put(&sb, S("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=UTF-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n"));
    body_put(c, &sb, letter->text);
    ensure(!sb.over);
    return sb_str(&sb);
}
