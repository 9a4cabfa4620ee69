#include "main/child.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { ASIDE_FD = 100 }; /* above every place a descriptor may get */

/* In the child, between fork and exec: only calls that are safe there. */
[[gnu::noreturn]] static void child_exec(char *const *argv, const int *fds, size_t fd_count)
{
    int aside[CHILD_FDS_MAX];
    sigset_t none;
    for (size_t i = 0; i < fd_count; i++)
        aside[i] = fcntl(fds[i], F_DUPFD, ASIDE_FD);
    for (size_t i = 0; i < fd_count; i++) {
        if (dup2(aside[i], CHILD_FD_FIRST + (int)i) < 0) _exit(127);
    }
    (void)close_range(CHILD_FD_FIRST + (unsigned)fd_count, ~0U, 0);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execv("/proc/self/exe", argv);
    _exit(127);
}

pid_t child_start(const char *const *args, size_t arg_count, const int *fds, size_t fd_count)
{
    ensure(arg_count <= CHILD_ARGS_MAX);
    ensure(fd_count <= CHILD_FDS_MAX);
    char *argv[CHILD_ARGS_MAX + 2] = {(char[]){"phoihop"}};
    for (size_t i = 0; i < arg_count; i++)
        argv[i + 1] = (char *)(uintptr_t)args[i]; /* exec only reads them */
    pid_t pid = fork();
    if (pid == 0) child_exec(argv, fds, fd_count);
    return pid;
}
