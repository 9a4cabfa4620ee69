#pragma once
/*
 * base.h: the few words every file needs.
 *
 * ensure(condition) is for our own bugs only: nothing a user, a peer, the disk or the network does
 * may reach it. It stays on in production; the supervisor starts a stopped worker again.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints the failed condition with its place on standard error and ends the process. */
[[gnu::noreturn]] void ensure_failed(const char *condition, const char *file, int line);

#define ensure(condition) ((condition) ? (void)0 : ensure_failed(#condition, __FILE__, __LINE__))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
