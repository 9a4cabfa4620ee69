#pragma once
/*
 * papers.h: an official paper (core/paper.h) as a file. The writers need libraries that nothing
 * else needs, so they stand in a plugin, lib/paper.so, which is opened when the first document is
 * asked for. Here are its loader and what every face of a paper shares: the words the law fixes,
 * capitals, dates and numbers. It draws nothing itself.
 */
#include "core/paper.h"

enum paper_format { PAPER_DOCX, PAPER_XLSX, PAPER_CSV, PAPER_FORMAT_COUNT };
enum { PAPER_PLUGIN_FORMATS = PAPER_CSV }; /* those before it need the plugin */

/* What the plugin exports under the name PAPERS_PLUGIN. */
struct papers_plugin {
    size_t paper_bytes; /* sizeof(struct paper) it was built with */
    enum err (*write[PAPER_PLUGIN_FORMATS])(struct call *c, const struct paper *paper,
                                            struct str *ret_bytes);
};

extern const struct papers_plugin PAPERS_PLUGIN; /* in the plugin only */

/* Loads a plugin that writes files; NULL when it is not there. Shapes: plugins is the absolute
 * folder of the plugins; empty means "lib" beside the program. */
void *papers_plugin_load(struct call *c, struct str plugins, const char *file);

/* Writes the paper as a file in the call's arena. The same paper gives the same bytes.
 * Shapes: plugins is the absolute folder of the plugins; empty means "lib" beside the program.
 * Errors: ERR_IO "paper.plugin" when it is missing or of another build; ERR_LIMIT
 * "paper.too_large" beyond LIMIT_PAPER_BYTES; ERR_IO "paper.write". */
enum err papers_write(struct call *c, struct str plugins, enum paper_format format,
                      const struct paper *paper, struct str *ret_bytes);

/* Finds the format of a word from an address, "docx", "xlsx" or "csv". */
bool papers_format(struct str word, enum paper_format *ret_format);
/* The word, which is also the ending of file names. */
struct str papers_ending(enum paper_format format);
/* The media type. */
struct str papers_media(enum paper_format format);

/* The text in capitals, as the names of agencies, kinds of paper and signers' offices are set. */
struct str papers_capitals(struct arena *arena, struct str text);
/* What a cell shows: its text, its date, or its number with points between the thousands. */
struct str papers_cell(struct arena *arena, const struct paper_cell *cell);
/* Place and date of issue; days below 10 and the months 1 and 2 take a zero. An open day leaves
 * room for the pen. Source: Decree 30/2020/ND-CP appendix I part II section I.4. */
struct str papers_place_day(struct arena *arena, const struct paper *paper);
/* The number after its word; empty for none. */
struct str papers_number(struct arena *arena, const struct paper *paper);
/* An official word, such as S("paper.nation"): always Vietnamese, whatever the reader's language.
 */
struct str papers_word(struct str key);
/* How many letters a text shows: marks that combine with the letter before are not counted. */
size_t papers_letters(struct str text);
/* How many bytes at `i` no document may hold: 1 for a control character but tab and line feed, 3
 * for U+FFFE and U+FFFF, else 0. Source: XML 1.0 section 2.2. */
size_t papers_unprintable(struct str text, size_t i);
