#include "front/parser/package.h"

#include "base/limits.h"

#include <zip.h>

enum { RATIO_FROM_BYTES = 1024 * 1024 };

static void zip_end(void *zip)
{
    zip_discard(zip);
}

/* A name that leads out of the folder where somebody might unpack it. */
static bool climbs(struct str name)
{
    if (str_starts(name, S("/")) || str_find(name, S("\\"), 0) < name.len) return true;
    if (name.len > 1 && name.ptr[1] == ':') return true;
    struct str rest = name;
    while (rest.len > 0) {
        struct str part = {};
        (void)str_cut(rest, '/', &part, &rest);
        if (str_eq(part, S(".."))) return true;
    }
    return false;
}

static const char *entry_check(struct package *package, zip_uint64_t index)
{
    const zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
    zip_stat_t stat;
    zip_stat_init(&stat);
    bool told = zip_stat_index(package->zip, index, ZIP_FL_ENC_GUESS, &stat) == 0 &&
                (stat.valid & needed) == needed;
    if (!told) return "parse.zip";
    struct str name = str_of(stat.name);
    if (climbs(name)) return "parse.zip_path";
    if (stat.encryption_method != ZIP_EM_NONE) return "parse.locked";
    bool large = stat.size > RATIO_FROM_BYTES;
    if (large && stat.size / LIMIT_ZIP_RATIO > stat.comp_size) return "parse.zip_bomb";
    if (str_ends(name, S("vbaProject.bin")) || str_starts(name, S("Basic/")) ||
        str_starts(name, S("Scripts/"))) {
        package->macros = true;
    }
    return NULL;
}

const char *package_open(struct package *package, struct arena *arena, struct str bytes)
{
    zip_error_t error;
    *package = (struct package){.arena = arena, .left_bytes = LIMIT_ZIP_TOTAL_BYTES};
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes.ptr, bytes.len, 0, &error);
    if (source == NULL) return "parse.zip";
    package->zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (package->zip == NULL) {
        zip_source_free(source);
        return "parse.zip";
    }
    arena_defer(arena, zip_end, package->zip);
    zip_int64_t count = zip_get_num_entries(package->zip, 0);
    if (count <= 0) return "parse.zip";
    if (count > LIMIT_ZIP_ENTRIES) return "parse.too_large";
    const char *fault = NULL;
    for (zip_int64_t i = 0; fault == NULL && i < count; i++)
        fault = entry_check(package, (zip_uint64_t)i);
    return fault;
}

bool package_has(const struct package *package, const char *name)
{
    return zip_name_locate(package->zip, name, 0) >= 0;
}

static bool unfold(struct package *package, zip_file_t *file, zip_uint64_t size,
                   struct str *ret_bytes)
{
    char *to = arena_alloc(package->arena, (size_t)size + 1);
    zip_uint64_t at = 0;
    while (at < size) {
        zip_int64_t got = zip_fread(file, to + at, size - at);
        if (got <= 0) return false;
        at += (zip_uint64_t)got;
    }
    char more = 0;
    if (zip_fread(file, &more, 1) != 0) return false; /* also where the check sum is compared */
    *ret_bytes = (struct str){to, (size_t)size};
    return true;
}

bool package_read(struct package *package, const char *name, struct str *ret_bytes,
                  const char **ret_fault)
{
    zip_stat_t stat;
    *ret_fault = NULL;
    zip_int64_t index = zip_name_locate(package->zip, name, 0);
    if (index < 0) return false;
    zip_stat_init(&stat);
    *ret_fault = "parse.zip";
    if (zip_stat_index(package->zip, (zip_uint64_t)index, 0, &stat) != 0) return false;
    bool large = stat.size > LIMIT_ZIP_PART_BYTES || stat.size > (zip_uint64_t)package->left_bytes;
    if (large) {
        *ret_fault = "parse.too_large";
        return false;
    }
    package->left_bytes -= (int64_t)stat.size;
    zip_file_t *file = zip_fopen_index(package->zip, (zip_uint64_t)index, 0);
    if (file == NULL) return false;
    bool read = unfold(package, file, stat.size, ret_bytes);
    (void)zip_fclose(file);
    if (read) *ret_fault = NULL;
    return read;
}
