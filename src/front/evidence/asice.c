#include "front/evidence/asice.h"

#include "front/papers/papers.h"

#include <dlfcn.h>
#include <sodium.h>

enum err asice_open(struct call *c, struct str plugins, const struct asice_plugin **ret_plugin)
{
    void *handle = papers_plugin_load(c, plugins, "asice.so");
    const struct asice_plugin *plugin = handle == NULL ? NULL : dlsym(handle, "ASICE_PLUGIN");
    if (plugin == NULL || plugin->part_bytes != sizeof(struct asice_part)) {
        return fail(c, ERR_IO, "evidence.plugin");
    }
    *ret_plugin = plugin;
    return OK;
}

/* Reserved characters of a file's name as a URI writes them. Source: RFC 3986 section 2. */
static void uri_put(struct sb *xml, struct str name)
{
    const struct str plain_letters =
        S("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/");
    for (size_t i = 0; i < name.len; i++) {
        bool plain = str_find(plain_letters, str_sub(name, i, i + 1), 0) < plain_letters.len;
        sb_printf(xml, plain ? "%c" : "%%%02X", (unsigned char)name.ptr[i]);
    }
}

static void base64_put(struct sb *xml, const uint8_t digest[32])
{
    char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];
    (void)sodium_bin2base64(text, sizeof text, digest, 32, sodium_base64_VARIANT_ORIGINAL);
    sb_put(xml, (struct str){text, sizeof text - 1});
}

struct str asice_manifest(struct call *c, const struct asice_digest *digests, size_t count)
{
    struct sb xml = sb_new(c->arena, 0);
    sb_put(&xml, S("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\""
                   " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n"
                   "<asic:SigReference URI=\"" ASICE_SEAL "\" MimeType=\"application/x-pkcs7-"
                   "signature\"/>\n"));
    for (size_t i = 0; i < count; i++) {
        sb_put(&xml, S("<asic:DataObjectReference URI=\""));
        uri_put(&xml, digests[i].name);
        sb_put(&xml, S("\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
                       "<ds:DigestValue>"));
        base64_put(&xml, digests[i].sha256);
        sb_put(&xml, S("</ds:DigestValue></asic:DataObjectReference>\n"));
    }
    sb_put(&xml, S("</asic:ASiCManifest>\n"));
    return sb_str(&xml);
}
