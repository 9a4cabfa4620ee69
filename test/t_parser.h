#pragma once
/*
 * t_parser.h: a parser process for tests, as `serve` starts it, with the worker's door to it, and
 * zip packages to give it.
 */
#include "main/parser_client.h"

#include <sys/types.h>

struct t_parser {
    struct parser_client client;
    pid_t pid;
    int link_fds[2];
};

/* Starts it, with so much time for each job. */
void t_parser_open(struct t_parser *p, int64_t wait_ms);
/* Ends it and looks that it was still there. */
void t_parser_close(struct t_parser *p);

/* An unnamed file with those bytes; closed with the call. */
int t_parser_file(struct call *c, struct str bytes);
/* Asks about bytes. */
enum err t_parser_ask(struct t_parser *p, struct call *c, struct str bytes,
                      enum parse_encoding encoding, struct parse *ret_parse);

/* Parts of a package: name, text, name, text, NULL. Returns its bytes. */
struct str t_package(struct call *c, const char *const *parts);
/* The least package of a DOCX with that body; the least document of an ODT. */
struct str t_docx(struct call *c, const char *body);
struct str t_odt(struct call *c, const char *body);
/* A PDF with that many pages, each saying its number. */
struct str t_pdf(struct arena *arena, int pages);
