#include "front/cli/cli_bar.h"

#include "base/arena.h"

#include <unistd.h>

enum { BAR_CELLS = 30 };

void cli_bar(bool terminal, int64_t percent, struct str label)
{
    if (!terminal) return;
    struct arena *arena = arena_open(0);
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("\r["));
    for (int64_t i = 0; i < BAR_CELLS; i++)
        sb_char(&sb, i * 100 < percent * BAR_CELLS ? '#' : '.');
    sb_printf(&sb, "] %3lld %%  %.*s \033[K", (long long)percent, STR_ARG(label));
    ssize_t n = write(STDERR_FILENO, sb.ptr, sb.len);
    (void)n; /* nobody is left to hear of it */
    arena_close(arena);
}
