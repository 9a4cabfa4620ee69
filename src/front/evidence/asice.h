#pragma once
/*
 * asice.h: the container of evidence: ASiC-E with CAdES, a ZIP file that public tools open.
 *
 *     mimetype                        application/vnd.etsi.asic-e+zip, first and not compressed
 *     objects.jsonl                   the signed objects (exchange/evidence.h)
 *     offices.json                    code, name and public key of every office that signed one
 *     files/NN-NAME                   files that the versions name
 *     META-INF/ASiCManifest001.xml    digest of each of the above, in this order
 *     META-INF/signature001.p7s       the office's seal on the manifest (front/tls/seal.h)
 *     META-INF/root001.pem            the seal's root certificate, for public tools
 *
 * The ZIP library is in a plugin, lib/asice.so, opened by the verbs `evidence` and `verify` alone.
 * Source: ETSI EN 319 162-1 clauses 4.4 and A.4.
 */
#include "base/call.h"

#define ASICE_MIMETYPE "application/vnd.etsi.asic-e+zip"
#define ASICE_OBJECTS "objects.jsonl"
#define ASICE_OFFICES "offices.json"
#define ASICE_FILES "files/"
#define ASICE_MANIFEST "META-INF/ASiCManifest001.xml"
#define ASICE_SEAL "META-INF/signature001.p7s"
#define ASICE_ROOT "META-INF/root001.pem"

/* A file of the container that is to be written. */
struct asice_part {
    struct str name;
    struct str bytes; /* what it holds, unless */
    int fd;           /* it is read from here; -1: bytes */
};

/* What a reader is told of a container, file by file in the container's order. */
struct asice_taker {
    /* A file begins. Errors end the reading. */
    enum err (*begin)(void *arg, struct call *c, struct str name);
    /* Some of its bytes. */
    enum err (*bytes)(void *arg, struct call *c, struct str bytes);
    /* It has ended. */
    enum err (*end)(void *arg, struct call *c);
    void *arg;
};

struct asice_plugin {
    size_t part_bytes; /* sizeof(struct asice_part) it was built with */
    /* Writes a new container at `path`. Errors: ERR_IO "evidence.write". */
    enum err (*write)(struct call *c, struct str path, const struct asice_part *parts,
                      size_t count);
    /* Reads one. Errors: ERR_SYNTAX "evidence.form" for what is no container; ERR_LIMIT
     * "evidence.too_large" beyond LIMIT_EVIDENCE_PARTS; the taker's. */
    enum err (*read)(struct call *c, struct str path, const struct asice_taker *taker);
};

extern const struct asice_plugin ASICE_PLUGIN; /* in the plugin only */

/* Opens the plugin. Shapes: plugins is the absolute folder of the plugins; empty means "lib" beside
 * the program. Errors: ERR_IO "evidence.plugin". */
enum err asice_open(struct call *c, struct str plugins, const struct asice_plugin **ret_plugin);

/* A file and its digest, as the manifest names them. */
struct asice_digest {
    struct str name;
    uint8_t sha256[32];
};

/* The manifest, in its one form: a reader writes it again and compares. */
struct str asice_manifest(struct call *c, const struct asice_digest *digests, size_t count);
