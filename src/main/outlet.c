#include "main/outlet.h"

#include "base/json.h"

#include <fcntl.h>
#include <unistd.h>

enum { SECRET_BYTES_MAX = 255 };

static enum err mail(void *self, struct call *c, struct str to, struct str message)
{
    const struct outlet *outlet = self;
    struct courier_letter letter = outlet->letter;
    letter.to = to;
    letter.message = message;
    return courier_client_mail(outlet->courier, c, &letter);
}

/* {"to":"+84...","text":"...","key":"..."} */
static enum err sms(void *self, struct call *c, struct str to, struct str text, struct str key)
{
    const struct outlet *outlet = self;
    struct sb sb = sb_new(c->arena, 0);
    bool first = true;
    sb_char(&sb, '{');
    json_name(&sb, &first, "to");
    json_text(&sb, to);
    json_name(&sb, &first, "text");
    json_text(&sb, text);
    json_name(&sb, &first, "key");
    json_text(&sb, key);
    sb_char(&sb, '}');
    return courier_client_text(outlet->courier, c, outlet->gateway_url, outlet->gateway_token,
                               sb_str(&sb));
}

static enum err setting_fail(struct call *c, struct str setting)
{
    (void)fail(c, ERR_SYNTAX, "outlet.setting"); /* the next line returns the same */
    return fail_arg(c, "setting", setting);
}

/* The first line of a file; what stands on no command line and in no setting. */
static enum err secret_read(struct call *c, struct str path, struct str *ret_secret)
{
    struct str rest = {};
    if (path.len == 0) return OK;
    char *text = arena_alloc(c->arena, SECRET_BYTES_MAX + 1);
    int fd = open(str_zero(c->arena, path), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, SECRET_BYTES_MAX) : -1;
    if (fd >= 0) (void)close(fd);
    if (n <= 0) {
        (void)fail(c, ERR_IO, "outlet.secret"); /* the next line returns the same */
        return fail_arg(c, "path", path);
    }
    (void)str_cut((struct str){text, (size_t)n}, '\n', ret_secret, &rest);
    return OK;
}

static bool tls_read(struct str word, enum courier_tls *ret_tls)
{
    static const char *const WORDS_OF_TLS[] = {
        [COURIER_TLS_NONE] = "none", [COURIER_TLS_START] = "start", [COURIER_TLS_WHOLE] = "whole"};
    *ret_tls = COURIER_TLS_START;
    if (word.len == 0) return true;
    for (size_t i = 0; i < ARRAY_LEN(WORDS_OF_TLS); i++) {
        if (!str_eq(word, str_of(WORDS_OF_TLS[i]))) continue;
        *ret_tls = (enum courier_tls)i;
        return true;
    }
    return false;
}

static enum err mail_open(struct call *c, const struct config *config, struct outlet *outlet)
{
    struct courier_letter *letter = &outlet->letter;
    if (config->mail_server.len == 0) return OK;
    if (!post_address_ok(config->mail_from)) return setting_fail(c, S("[mail] from"));
    bool reply = config->mail_reply.len == 0 || post_address_ok(config->mail_reply);
    if (!reply) return setting_fail(c, S("[mail] reply"));
    if (!tls_read(config->mail_tls, &letter->tls)) return setting_fail(c, S("[mail] tls"));
    bool bare = letter->tls == COURIER_TLS_NONE && config->mail_user.len > 0;
    if (bare) return setting_fail(c, S("[mail] tls")); /* no password goes over a bare line */
    letter->server = config->mail_server;
    letter->user = config->mail_user;
    letter->from = config->mail_from;
    outlet->door.mail = mail;
    outlet->door.from = config->mail_from;
    outlet->door.reply = config->mail_reply;
    return secret_read(c, config->mail_password_file, &letter->password);
}

static enum err gateway_open(struct call *c, const struct config *config, struct outlet *outlet)
{
    struct str url = config->gateway_url;
    if (url.len == 0) return OK;
    bool web = str_starts(url, S("https://")) || str_starts(url, S("http://127.0.0.1"));
    if (!web) return setting_fail(c, S("[gateway] url"));
    outlet->gateway_url = url;
    outlet->door.sms = sms;
    return secret_read(c, config->gateway_token_file, &outlet->gateway_token);
}

enum err outlet_open(struct call *c, const struct config *config, struct courier_client *courier,
                     struct outlet *ret_outlet)
{
    *ret_outlet = (struct outlet){.courier = courier};
    ret_outlet->door.self = ret_outlet;
    ret_outlet->door.pages = config->pages;
    if (config->pages.len == 0) {
        ret_outlet->door.pages = str_format(c->arena, "http://%.*s:%lld", STR_ARG(config->address),
                                            (long long)config->port);
    }
    enum err e = mail_open(c, config, ret_outlet);
    return e != OK ? e : gateway_open(c, config, ret_outlet);
}
