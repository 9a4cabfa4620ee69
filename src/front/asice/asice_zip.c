/* The plugin: containers by libzip, which writes `mimetype` at the offset that readers look at. */
#include "front/evidence/asice.h"

#include "base/limits.h"

#include <string.h>
#include <zip.h>

enum { READ_BYTES = 256 * 1024, METHOD_STORE = ZIP_CM_STORE, METHOD_DEFLATE = ZIP_CM_DEFLATE };

/* The clock of 1980 for every file: when it was sealed stands in the seal. */
enum { DOS_DATE_1980 = (0 << 9) | (1 << 5) | 1, DOS_TIME_MIDNIGHT = 0 };

static void zip_end(void *zip)
{
    zip_discard(zip);
}

static zip_source_t *source_of(struct call *c, zip_t *zip, const struct asice_part *part)
{
    if (part->fd < 0) return zip_source_buffer(zip, part->bytes.ptr, part->bytes.len, 0);
    struct str path = str_format(c->arena, "/proc/self/fd/%d", part->fd);
    return zip_source_file(zip, path.ptr, 0, -1);
}

static bool part_add(struct call *c, zip_t *zip, const struct asice_part *part)
{
    zip_source_t *source = source_of(c, zip, part);
    if (source == NULL) return false;
    zip_int64_t index = zip_file_add(zip, str_zero(c->arena, part->name), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    bool plain = str_eq(part->name, S("mimetype"));
    return zip_set_file_compression(zip, (zip_uint64_t)index, plain ? METHOD_STORE : METHOD_DEFLATE,
                                    0) == 0 &&
           zip_file_set_dostime(zip, (zip_uint64_t)index, DOS_TIME_MIDNIGHT, DOS_DATE_1980, 0) == 0;
}

static enum err asice_write(struct call *c, struct str path, const struct asice_part *parts,
                            size_t count)
{
    int error = 0;
    bool added = true;
    zip_t *zip = zip_open(str_zero(c->arena, path), ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (zip == NULL) return fail(c, ERR_IO, "evidence.write");
    for (size_t i = 0; i < count && added; i++)
        added = part_add(c, zip, &parts[i]);
    if (added && zip_close(zip) == 0) return OK;
    zip_discard(zip);
    return fail(c, ERR_IO, "evidence.write");
}

/* The bytes of one file. What they unfold to is at most what its entry says. */
static enum err part_read(struct call *c, zip_t *zip, zip_uint64_t index, const zip_stat_t *stat,
                          const struct asice_taker *taker)
{
    zip_file_t *file = zip_fopen_index(zip, index, 0);
    if (file == NULL) return fail(c, ERR_SYNTAX, "evidence.form");
    char *buffer = arena_alloc(c->arena, READ_BYTES);
    zip_uint64_t left = stat->size;
    enum err e = OK;
    while (e == OK && left > 0) {
        zip_int64_t got = zip_fread(file, buffer, READ_BYTES);
        if (got <= 0 || (zip_uint64_t)got > left) {
            e = fail(c, ERR_SYNTAX, "evidence.form");
            break;
        }
        left -= (zip_uint64_t)got;
        e = taker->bytes(taker->arg, c, (struct str){buffer, (size_t)got});
    }
    /* the end is where the sum of the bytes is compared */
    if (e == OK && zip_fread(file, buffer, 1) != 0) e = fail(c, ERR_SYNTAX, "evidence.form");
    int closed = zip_fclose(file);
    if (e == OK && closed != 0) e = fail(c, ERR_SYNTAX, "evidence.form");
    return e;
}

static enum err entry_read(struct call *c, zip_t *zip, zip_uint64_t index,
                           const struct asice_taker *taker)
{
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
    zip_stat_t stat;
    zip_stat_init(&stat);
    bool told = zip_stat_index(zip, index, 0, &stat) == 0 && (stat.valid & needed) == needed;
    if (!told || stat.size > LIMIT_FILE_BYTES) return fail(c, ERR_SYNTAX, "evidence.form");
    bool first = index == 0;
    if (first != str_eq(str_of(stat.name), S("mimetype")) ||
        (first && stat.comp_method != ZIP_CM_STORE)) {
        return fail(c, ERR_SYNTAX, "evidence.form");
    }
    enum err e = taker->begin(taker->arg, c, str_of(stat.name));
    if (e == OK) e = part_read(c, zip, index, &stat, taker);
    return e == OK ? taker->end(taker->arg, c) : e;
}

static enum err asice_read(struct call *c, struct str path, const struct asice_taker *taker)
{
    int error = 0;
    zip_t *zip = zip_open(str_zero(c->arena, path), ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (zip == NULL) return fail(c, ERR_SYNTAX, "evidence.form");
    arena_defer(c->arena, zip_end, zip);
    zip_int64_t count = zip_get_num_entries(zip, 0);
    if (count <= 0) return fail(c, ERR_SYNTAX, "evidence.form");
    if (count > LIMIT_EVIDENCE_PARTS) return fail(c, ERR_LIMIT, "evidence.too_large");
    enum err e = OK;
    for (zip_int64_t i = 0; e == OK && i < count; i++)
        e = entry_read(c, zip, (zip_uint64_t)i, taker);
    return e;
}

const struct asice_plugin ASICE_PLUGIN = {sizeof(struct asice_part), asice_write, asice_read};
