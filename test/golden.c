#include "golden.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

enum { GOLDEN_BYTES_MAX = 1024 * 1024 };

static void put_base64(struct sb *sb, struct str bytes)
{
    size_t room = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(sb->arena, room);
    (void)sodium_bin2base64(text, room, (const uint8_t *)bytes.ptr, bytes.len,
                            sodium_base64_VARIANT_ORIGINAL);
    sb_printf(sb, "\"%s\"", text);
}

static void put_hex(struct sb *sb, const char *name, struct str bytes)
{
    sb_printf(sb, "\"%s\":\"%.*s\"", name, STR_ARG(hex_encode(sb->arena, bytes)));
}

static void put_entries(struct sb *sb, const struct golden_object *object)
{
    sb_put(sb, S(",\"entries\":["));
    for (size_t i = 0; i < object->entry_count; i++) {
        if (i > 0) sb_char(sb, ',');
        put_base64(sb, object->entries[i]);
    }
    sb_char(sb, ']');
}

void golden_line(struct sb *sb, const struct golden_object *object)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)object->bytes.ptr, object->bytes.len);
    sb_printf(sb, "{\"purpose\":\"%s\",\"bytes\":", object->purpose);
    put_base64(sb, object->bytes);
    sb_char(sb, ',');
    put_hex(sb, "hash", (struct str){(const char *)hash, sizeof hash});
    sb_put(sb, S(",\"sig\":"));
    put_base64(sb, object->signature);
    sb_char(sb, ',');
    put_hex(sb, "public_key", object->public_key);
    sb_put(sb, S(",\"personal\":["));
    if (object->path.len > 0) {
        sb_printf(sb, "{\"path\":\"%.*s\",", STR_ARG(object->path));
        put_hex(sb, "salt", object->salt);
        sb_put(sb, S(",\"value\":"));
        json_text(sb, object->value);
        sb_char(sb, '}');
    }
    sb_char(sb, ']');
    if (object->entries != NULL) put_entries(sb, object);
    sb_put(sb, S("}\n"));
}

static void write_whole(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

void golden_compare(struct arena *arena, const char *path, struct str text)
{
    if (getenv("UPDATE") != NULL) write_whole(path, text);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *frozen = arena_alloc(arena, GOLDEN_BYTES_MAX);
    size_t bytes = fread(frozen, 1, GOLDEN_BYTES_MAX, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(text.len, bytes);
    assert_memory_equal(text.ptr, frozen, bytes);
}
