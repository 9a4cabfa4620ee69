#include "front/papers/papers.h"

#include "base/time.h"
#include "base/words.h"
#include "front/papers/csv.h"

#include <dlfcn.h>
#include <unicode/ucasemap.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

struct format_row {
    const char *ending;
    const char *media;
};

static const struct format_row FORMATS[PAPER_FORMAT_COUNT] = {
    [PAPER_DOCX] = {"docx",
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    [PAPER_XLSX] = {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    [PAPER_CSV] = {"csv", "text/csv; charset=utf-8"},
};

bool papers_format(struct str word, enum paper_format *ret_format)
{
    for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++) {
        if (!str_eq(str_of(FORMATS[i].ending), word)) continue;
        *ret_format = (enum paper_format)i;
        return true;
    }
    return false;
}

struct str papers_ending(enum paper_format format)
{
    return str_of(FORMATS[format].ending);
}

struct str papers_media(enum paper_format format)
{
    return str_of(FORMATS[format].media);
}

/* The folder "lib" beside the running program; empty when the kernel does not tell. */
static struct str beside_program(struct arena *arena)
{
    char path[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (len <= 0) return (struct str){};
    return str_format(arena, "%.*slib", (int)len, path);
}

/* Opening again what is open costs nothing: the loader counts, so no state is kept here. */
void *papers_plugin_load(struct call *c, struct str plugins, const char *file)
{
    struct str folder = plugins.len > 0 ? plugins : beside_program(c->arena);
    if (!str_starts(folder, S("/"))) return NULL; /* else the loader would search its own path */
    struct str path = str_format(c->arena, "%.*s/%s", STR_ARG(folder), file);
    return dlopen(path.ptr, RTLD_NOW | RTLD_LOCAL);
}

static const struct papers_plugin *plugin_open(struct call *c, struct str plugins)
{
    void *handle = papers_plugin_load(c, plugins, "paper.so");
    if (handle == NULL) return NULL;
    const struct papers_plugin *plugin = dlsym(handle, "PAPERS_PLUGIN");
    if (plugin == NULL || plugin->paper_bytes != sizeof(struct paper)) return NULL;
    return plugin;
}

enum err papers_write(struct call *c, struct str plugins, enum paper_format format,
                      const struct paper *paper, struct str *ret_bytes)
{
    ensure(format < PAPER_FORMAT_COUNT);
    ensure(paper != NULL);
    if (format == PAPER_CSV) return csv_write(c, paper, ret_bytes);
    const struct papers_plugin *plugin = plugin_open(c, plugins);
    if (plugin == NULL) return fail(c, ERR_IO, "paper.plugin");
    return plugin->write[format](c, paper, ret_bytes);
}

static void case_map_close(void *map)
{
    ucasemap_close(map);
}

struct str papers_capitals(struct arena *arena, struct str text)
{
    if (text.len == 0) return text;
    ensure(text.len <= INT32_MAX / 4);
    UErrorCode status = U_ZERO_ERROR;
    UCaseMap *map = ucasemap_open("vi", 0, &status);
    ensure(U_SUCCESS(status)); /* needs only memory: the data is part of the library */
    arena_defer(arena, case_map_close, map);
    int32_t room = (int32_t)text.len * 3; /* no letter grows more than threefold */
    char *to = arena_alloc(arena, (size_t)room + 1);
    int32_t len = ucasemap_utf8ToUpper(map, to, room + 1, text.ptr, (int32_t)text.len, &status);
    ensure(U_SUCCESS(status));
    return (struct str){to, (size_t)len};
}

static struct str number_text(struct arena *arena, int64_t value)
{
    struct str digits = str_format(arena, "%lld", (long long)value);
    struct sb sb = sb_new(arena, 0);
    for (size_t i = 0; i < digits.len; i++) {
        bool after_digit = i > 0 && digits.ptr[i - 1] != '-';
        if (after_digit && (digits.len - i) % 3 == 0) sb_char(&sb, '.');
        sb_char(&sb, digits.ptr[i]);
    }
    return sb_str(&sb);
}

struct str papers_cell(struct arena *arena, const struct paper_cell *cell)
{
    switch (cell->kind) {
    case PAPER_TEXT: return cell->text;
    case PAPER_DATE:
        return cell->value == 0 ? (struct str){} : time_format_day_vn(arena, cell->value);
    case PAPER_NUMBER: return number_text(arena, cell->value);
    }
    ensure(false); /* the enumeration is closed */
}

struct str papers_word(struct str key)
{
    return words(LANG_VI, key);
}

struct str papers_place_day(struct arena *arena, const struct paper *paper)
{
    struct date date = time_date_of(paper->day);
    const struct fail_arg args[] = {
        {"place", paper->place},
        {"day", str_format(arena, "%02d", date.day)},
        {"month", str_format(arena, date.month <= 2 ? "%02d" : "%d", date.month)},
        {"year", str_format(arena, "%d", date.year)},
    };
    bool placed = paper->place.len > 0;
    struct str key = placed ? S("paper.place_day") : S("paper.day");
    if (paper->day == 0) key = placed ? S("paper.place_open") : S("paper.day_open");
    return words_fill(arena, LANG_VI, key, args, ARRAY_LEN(args));
}

struct str papers_number(struct arena *arena, const struct paper *paper)
{
    if (paper->number.len == 0) return (struct str){};
    const struct fail_arg args[] = {{"number", paper->number}};
    return words_fill(arena, LANG_VI, S("paper.number"), args, ARRAY_LEN(args));
}

size_t papers_letters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.ptr[i];
        bool inside = (byte & 0xC0) == 0x80;
        bool mark = byte == 0xCC || byte == 0xCD; /* U+0300 to U+036F and a few beside */
        if (!inside && !mark) count++;
    }
    return count;
}

size_t papers_unprintable(struct str text, size_t i)
{
    ensure(i < text.len);
    uint8_t byte = (uint8_t)text.ptr[i];
    if (byte == 0x7F) return 1;
    if (byte < ' ') return byte == '\t' || byte == '\n' ? 0 : 1;
    struct str three = str_sub(text, i, i + 3);
    return str_eq(three, S("\xEF\xBF\xBE")) || str_eq(three, S("\xEF\xBF\xBF")) ? 3 : 0;
}
