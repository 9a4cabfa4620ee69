#include "t_parser.h"

#include "front/evidence/asice.h"
#include "front/parser/parser.h"
#include "main/fdpass.h"
#include "main/parser.h"
#include "t_store.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

enum { PARTS_MAX = 64 };

[[gnu::noreturn]] static void parser_process(int conn_fd, int64_t wait_ms)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct parser parser = {};
    struct str path = str_format(c.arena, "%s/parser.so", t_store_plugins(c.arena));
    void *handle = dlopen(path.ptr, RTLD_NOW | RTLD_LOCAL);
    const struct parser_plugin *plugin = handle == NULL ? NULL : dlsym(handle, "PARSER_PLUGIN");
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (plugin == NULL || parser_prepare(&c, plugin, conn_fd, &parser) != OK) _exit(1);
    parser.wait_ms = wait_ms;
    parser_serve(&parser);
    _exit(0);
}

void t_parser_open(struct t_parser *p, int64_t wait_ms)
{
    int conn[2];
    assert_true(fdpass_pair(p->link_fds));
    assert_true(fdpass_pair(conn));
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        (void)close(conn[1]);
        (void)close(p->link_fds[0]); /* or a parser that nobody asked would keep itself alive */
        (void)close(p->link_fds[1]);
        parser_process(conn[0], wait_ms);
    }
    parser_client_init(&p->client, p->link_fds[1]);
    assert_true(fdpass_send(p->link_fds[0], S("new"), &conn[1], 1));
    (void)close(conn[0]);
    (void)close(conn[1]);
}

void t_parser_close(struct t_parser *p)
{
    int status = -1;
    assert_int_equal(waitpid(p->pid, &status, WNOHANG), 0);
    parser_client_stop(&p->client);
    if (p->client.fd >= 0) (void)close(p->client.fd);
    (void)close(p->link_fds[0]);
    (void)close(p->link_fds[1]);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

int t_parser_file(struct call *c, struct str bytes)
{
    int *fd = arena_alloc(c->arena, sizeof *fd);
    *fd = memfd_create("file", MFD_CLOEXEC);
    assert_true(*fd >= 0);
    arena_defer(c->arena, fd_end, fd);
    assert_int_equal(write(*fd, bytes.ptr, bytes.len), bytes.len);
    return *fd;
}

enum err t_parser_ask(struct t_parser *p, struct call *c, struct str bytes,
                      enum parse_encoding encoding, struct parse *ret_parse)
{
    struct parse_order order = {
        .fd = t_parser_file(c, bytes), .size = (int64_t)bytes.len, .encoding = encoding};
    *ret_parse = (struct parse){};
    return parser_client_read(&p->client, c, &order, ret_parse);
}

struct str t_package(struct call *c, const char *const *parts)
{
    const struct asice_plugin *plugin = NULL;
    struct asice_part rows[PARTS_MAX] = {};
    size_t count = 0;
    for (; parts[2 * count] != NULL; count++) {
        assert_true(count < PARTS_MAX);
        rows[count] =
            (struct asice_part){str_of(parts[2 * count]), str_of(parts[2 * count + 1]), -1};
    }
    char path[] = "/tmp/t_package_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct str plugins = str_of(t_store_plugins(c->arena));
    assert_int_equal(asice_open(c, plugins, &plugin), OK);
    assert_int_equal(plugin->write(c, str_of(path), rows, count), OK);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = {};
    assert_int_equal(fstat(fd, &st), 0);
    char *bytes = arena_alloc(c->arena, (size_t)st.st_size + 1);
    assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
    (void)close(fd);
    (void)unlink(path);
    return (struct str){bytes, (size_t)st.st_size};
}

struct str t_docx(struct call *c, const char *body)
{
    struct str xml = str_format(
        c->arena,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w="
        "\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>%s</w:body>"
        "</w:document>",
        body);
    const char *const parts[] = {"word/document.xml", xml.ptr, NULL};
    return t_package(c, parts);
}

struct str t_odt(struct call *c, const char *body)
{
    struct str xml =
        str_format(c->arena,
                   "<?xml version=\"1.0\"?><office:document-content"
                   " xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\""
                   " xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\""
                   " xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body>"
                   "<office:text>%s</office:text></office:body></office:document-content>",
                   body);
    const char *const parts[] = {
        "mimetype",
        "application/vnd.oasis.opendocument.text",
        "content.xml",
        xml.ptr,
        "meta.xml",
        "<office:document-meta xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\""
        " xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\"><office:meta>"
        "<meta:document-statistic meta:page-count=\"7\"/></office:meta></office:document-meta>",
        NULL};
    return t_package(c, parts);
}

struct str t_pdf(struct arena *arena, int pages)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                  "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
                  "2 0 obj<</Type/Pages/Kids["));
    for (int i = 0; i < pages; i++)
        sb_printf(&sb, "%d 0 R ", 10 + 2 * i);
    sb_printf(&sb, "]/Count %d>>endobj\n", pages);
    for (int i = 0; i < pages; i++) {
        struct str text = str_format(arena, "BT /F1 12 Tf 72 720 Td (Page %d) Tj ET", i + 1);
        sb_printf(&sb,
                  "%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
                  "/Resources<</Font<</F1 3 0 R>>>>>>endobj\n"
                  "%d 0 obj<</Length %zu>>stream\n%s\nendstream endobj\n",
                  10 + 2 * i, 11 + 2 * i, 11 + 2 * i, text.len, text.ptr);
    }
    sb_put(&sb, S("trailer<</Root 1 0 R/Size 9>>\n%%EOF\n"));
    return sb_str(&sb);
}
