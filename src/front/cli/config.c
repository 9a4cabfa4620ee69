#include "front/cli/config.h"

#include "base/id.h"

#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <unistd.h>

static const char PATH[] = "office.ini";
static const char PATH_NEW[] = "office.ini.new";

enum { STORE_URL_MAX = 180 }; /* a line of the library has 200 bytes */

enum setting { SETTING_TEXT, SETTING_PORT, SETTING_THREADS };

struct row {
    const char *section;
    const char *name;
    enum setting type;
    size_t offset;
    bool required;
};

static const struct row ROWS[] = {
    {"office", "id", SETTING_TEXT, offsetof(struct config, id), true},
    {"web", "address", SETTING_TEXT, offsetof(struct config, address), true},
    {"web", "port", SETTING_PORT, offsetof(struct config, port), true},
    {"web", "pages", SETTING_TEXT, offsetof(struct config, pages), false},
    {"wire", "address", SETTING_TEXT, offsetof(struct config, wire_address), true},
    {"wire", "port", SETTING_PORT, offsetof(struct config, wire_port), true},
    {"worker", "threads", SETTING_THREADS, offsetof(struct config, threads), false},
    {"store", "url", SETTING_TEXT, offsetof(struct config, store), false},
    {"store", "blobs", SETTING_TEXT, offsetof(struct config, blobs), false},
    {"timestamp", "url", SETTING_TEXT, offsetof(struct config, stamp_url), false},
    {"timestamp", "certificates", SETTING_TEXT, offsetof(struct config, stamp_certs), false},
    {"mail", "server", SETTING_TEXT, offsetof(struct config, mail_server), false},
    {"mail", "tls", SETTING_TEXT, offsetof(struct config, mail_tls), false},
    {"mail", "from", SETTING_TEXT, offsetof(struct config, mail_from), false},
    {"mail", "reply", SETTING_TEXT, offsetof(struct config, mail_reply), false},
    {"mail", "user", SETTING_TEXT, offsetof(struct config, mail_user), false},
    {"mail", "password_file", SETTING_TEXT, offsetof(struct config, mail_password_file), false},
    {"gateway", "url", SETTING_TEXT, offsetof(struct config, gateway_url), false},
    {"gateway", "token_file", SETTING_TEXT, offsetof(struct config, gateway_token_file), false},
};

struct reading {
    struct call *c;
    struct config config;
    bool seen[ARRAY_LEN(ROWS)];
};

static bool setting_set(struct call *c, const struct row *row, struct str value, void *to)
{
    void *member = (char *)to + row->offset;
    switch (row->type) {
    case SETTING_TEXT: *(struct str *)member = str_copy(c->arena, value); return value.len > 0;
    case SETTING_PORT: return parse_int(value, 1, 65535, member);
    case SETTING_THREADS: return parse_int(value, 0, 64, member);
    }
    ensure(false); /* the switch is whole */
    return false;
}

/* Called by the library for each line; 0 makes it report the line. */
static int line_read(void *arg, const char *section, const char *name, const char *value)
{
    struct reading *r = arg;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        if (!str_eq(str_of(section), str_of(row->section))) continue;
        if (!str_eq(str_of(name), str_of(row->name))) continue;
        if (r->seen[i]) return 0;
        r->seen[i] = true;
        return setting_set(r->c, row, str_of(value), &r->config) ? 1 : 0;
    }
    return 0;
}

static enum err line_fail(struct call *c, struct str line)
{
    (void)fail(c, ERR_SYNTAX, "config.line"); /* the next line returns the same */
    return fail_arg(c, "line", line);
}

enum err config_read(struct call *c, struct config *ret_config)
{
    struct reading r = {.c = c};
    int bad_line = ini_parse(PATH, line_read, &r);
    if (bad_line < 0) return fail(c, ERR_NOT_FOUND, "config.missing");
    if (bad_line > 0) return line_fail(c, str_format(c->arena, "%d", bad_line));
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        if (r.seen[i] || !ROWS[i].required) continue;
        return line_fail(c, str_format(c->arena, "[%s] %s", ROWS[i].section, ROWS[i].name));
    }
    if (!id_is_office(r.config.id)) return line_fail(c, S("[office] id"));
    enum err e = r.config.store.len > 0 ? config_store_check(c, r.config.store) : OK;
    if (e != OK) return e;
    *ret_config = r.config;
    return OK;
}

/* Where a password may stand in an address: before the @ and among the parameters. */
static bool has_password(struct str url)
{
    size_t start = str_find(url, S("://"), 0) + 3;
    size_t host_end = str_find(url, S("/"), start);
    size_t at = str_find(url, S("@"), start);
    bool before_host = at < host_end && str_find(url, S(":"), start) < at;
    return before_host || str_find(url, S("password="), 0) < url.len;
}

enum err config_store_check(struct call *c, struct str url)
{
    bool good = url.len <= STORE_URL_MAX &&
                (str_starts(url, S("postgres://")) || str_starts(url, S("postgresql://")));
    for (size_t i = 0; good && i < url.len; i++)
        good = url.ptr[i] > ' ' && url.ptr[i] < 127 && url.ptr[i] != ';';
    if (!good) return fail(c, ERR_SYNTAX, "config.store");
    return has_password(url) ? fail(c, ERR_DENIED, "config.password") : OK;
}

const char *config_store_path(struct call *c, struct str url)
{
    return url.len > 0 ? str_zero(c->arena, url) : "office.db";
}

static struct str text_of(struct call *c, const struct config *config)
{
    struct sb sb = sb_new(c->arena, 0);
    const char *section = "";
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const void *member = (const char *)config + ROWS[i].offset;
        bool is_text = ROWS[i].type == SETTING_TEXT;
        if (is_text && ((const struct str *)member)->len == 0) continue; /* one of those optional */
        if (!str_eq(str_of(section), str_of(ROWS[i].section))) {
            sb_printf(&sb, "%s[%s]\n", i == 0 ? "" : "\n", ROWS[i].section);
            section = ROWS[i].section;
        }
        if (is_text) {
            sb_printf(&sb, "%s = %.*s\n", ROWS[i].name, STR_ARG(*(const struct str *)member));
        } else {
            sb_printf(&sb, "%s = %lld\n", ROWS[i].name, (long long)*(const int64_t *)member);
        }
    }
    return sb_str(&sb);
}

enum err config_write_to(struct call *c, const struct config *config, const char *path)
{
    struct str text = text_of(c, config);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return fail(c, ERR_IO, "config.write");
    bool written = write(fd, text.ptr, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    (void)close(fd);
    return written ? OK : fail(c, ERR_IO, "config.write");
}

enum err config_write(struct call *c, const struct config *config)
{
    enum err e = config_write_to(c, config, PATH_NEW);
    if (e == OK && rename(PATH_NEW, PATH) != 0) e = fail(c, ERR_IO, "config.write");
    return e;
}
