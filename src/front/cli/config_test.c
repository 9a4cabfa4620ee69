#include "front/cli/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h> /* after ours: it takes the name fail */

struct scene {
    struct call c;
    char dir[32];
};

static int setup(void **state)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct scene *s = arena_alloc(c.arena, sizeof *s);
    *s = (struct scene){.c = c, .dir = "/tmp/phoihop-config-XXXXXX"};
    *state = s;
    return mkdtemp(s->dir) == NULL || chdir(s->dir) != 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    (void)unlink("office.ini");
    int left = chdir("/") != 0 || rmdir(s->dir) != 0; /* nothing else was made */
    call_end(&(struct call){.arena = s->c.arena});
    return left;
}

static void put(const char *text)
{
    int fd = open("office.ini", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, str_of(text).len), (ssize_t)str_of(text).len);
    assert_int_equal(close(fd), 0);
}

#define GOOD                                                                                       \
    "[office]\nid = abcdefghijklmnopqrstuvwxyz\n[web]\naddress = 127.0.0.1\nport = 8801\n"         \
    "[wire]\naddress = 0.0.0.0\nport = 8811\n"

static void what_is_written_is_read(void **state)
{
    struct scene *s = *state;
    const struct config written = {.id = S("abcdefghijklmnopqrstuvwxyz"),
                                   .address = S("127.0.0.1"),
                                   .port = 8801,
                                   .wire_address = S("::"),
                                   .wire_port = 8811,
                                   .threads = 2};
    struct config read = {};
    assert_int_equal(config_write(&s->c, &written), OK);
    assert_int_equal(config_read(&s->c, &read), OK);
    assert_true(str_eq(read.id, written.id) && str_eq(read.wire_address, written.wire_address));
    assert_int_equal(read.port, 8801);
    assert_int_equal(read.wire_port, 8811);
    assert_int_equal(read.threads, 2);
    assert_int_equal(read.store.len + read.blobs.len, 0);
}

static void a_store_is_written_and_read(void **state)
{
    struct scene *s = *state;
    const struct config written = {
        .id = S("abcdefghijklmnopqrstuvwxyz"),
        .address = S("::1"),
        .port = 1,
        .wire_address = S("::1"),
        .wire_port = 2,
        .store = S("postgres://vpcp@db/vpcp?passfile=keys/pgpass&sslmode=verify-full"),
        .blobs = S("/srv/files/vpcp"),
    };
    struct config read = {};
    assert_int_equal(config_write(&s->c, &written), OK);
    assert_int_equal(config_read(&s->c, &read), OK);
    assert_true(str_eq(read.store, written.store));
    assert_true(str_eq(read.blobs, written.blobs));
    assert_string_equal(config_store_path(&s->c, (struct str){}), "office.db");
    assert_string_equal(config_store_path(&s->c, read.store), written.store.ptr);
}

static void the_ways_out_are_written_and_read(void **state)
{
    struct scene *s = *state;
    const struct config written = {
        .id = S("abcdefghijklmnopqrstuvwxyz"),
        .address = S("127.0.0.1"),
        .port = 1,
        .pages = S("https://phoihop.example"),
        .wire_address = S("::1"),
        .wire_port = 2,
        .mail_server = S("mail.example:587"),
        .mail_tls = S("start"),
        .mail_from = S("phoihop@office.example"),
        .mail_password_file = S("keys/mail"),
        .gateway_url = S("https://sms.example/send"),
    };
    struct config read = {};
    assert_int_equal(config_write(&s->c, &written), OK);
    assert_int_equal(config_read(&s->c, &read), OK);
    assert_true(str_eq(read.pages, written.pages));
    assert_true(str_eq(read.mail_server, written.mail_server));
    assert_true(str_eq(read.mail_tls, written.mail_tls));
    assert_true(str_eq(read.mail_from, written.mail_from));
    assert_true(str_eq(read.mail_password_file, written.mail_password_file));
    assert_true(str_eq(read.gateway_url, written.gateway_url));
    assert_int_equal(read.mail_user.len + read.gateway_token_file.len, 0);
}

static void an_address_that_is_none_or_holds_a_password_is_refused(void **state)
{
    static const struct {
        const char *url;
        enum err err;
    } TRIED[] = {
        {"postgres://phoihop@/postgres?host=/run/postgresql", OK},
        {"postgresql://[::1]:5432/vpcp", OK},
        {"postgres://u:secret@db/vpcp", ERR_DENIED},
        {"postgres://u@db/vpcp?password=secret", ERR_DENIED},
        {"postgres://u@db/vpcp?sslpassword=secret", ERR_DENIED},
        {"mysql://u@db/vpcp", ERR_SYNTAX},
        {"postgres://u@db/vp cp", ERR_SYNTAX},
        {"", ERR_SYNTAX},
    };
    struct scene *s = *state;
    for (size_t i = 0; i < ARRAY_LEN(TRIED); i++) {
        assert_int_equal(config_store_check(&s->c, str_of(TRIED[i].url)), TRIED[i].err);
        call_clear(&s->c);
    }
}

static void a_missing_file_is_told(void **state)
{
    struct scene *s = *state;
    struct config config = {};
    assert_int_equal(config_read(&s->c, &config), ERR_NOT_FOUND);
    assert_string_equal(s->c.failure.reason, "config.missing");
}

#define SHORT_ID                                                                                   \
    "[office]\nid = short\n[web]\naddress = 127.0.0.1\nport = 1\n[wire]\naddress = x\nport = 2\n"

static void slips_of_the_pen_are_not_settings(void **state)
{
    static const char *const BAD[] = {
        GOOD "[web]\nprot = 1\n",          /* no such name */
        GOOD "[webb]\nport = 1\n",         /* no such section */
        GOOD "[worker]\nthreads = many\n", /* no number */
        GOOD "[worker]\nthreads = 65\n",   /* too many */
        GOOD "[web]\nport = 8802\n",       /* twice */
        SHORT_ID,
        "[office]\nid = abcdefghijklmnopqrstuvwxyz\n", /* not whole */
        "nonsense",
    };
    struct scene *s = *state;
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct config config = {};
        put(BAD[i]);
        assert_int_equal(config_read(&s->c, &config), ERR_SYNTAX);
        assert_string_equal(s->c.failure.reason, "config.line");
        call_clear(&s->c);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(a_store_is_written_and_read),
        TEST(the_ways_out_are_written_and_read),
        TEST(an_address_that_is_none_or_holds_a_password_is_refused),
        TEST(a_missing_file_is_told),
        TEST(slips_of_the_pen_are_not_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
