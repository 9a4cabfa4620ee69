#include "main/sandbox.h"

#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    FILE_BYTES_MAX = 64 * 1024 * 1024, /* the largest answer is a few MiB */
    FILES = 16 * 1024,                 /* connections, and three for each question to a peer */
};

void sandbox_common(int parent)
{
    const struct rlimit none = {};
    struct rlimit files = {};
    (void)setrlimit(RLIMIT_CORE, &none);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES) {
        files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)signal(SIGINT, SIG_IGN); /* Ctrl-C is the supervisor's to hear: it stops us in order */
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) _exit(1); /* it died before the line above */
}

enum err sandbox_keeper(struct call *c)
{
    static const int CALLS[] = {
        SCMP_SYS(read),
        SCMP_SYS(write),
        SCMP_SYS(exit),
        SCMP_SYS(exit_group),
        SCMP_SYS(brk),
        SCMP_SYS(munmap),
        SCMP_SYS(mremap),
        SCMP_SYS(madvise),
        SCMP_SYS(futex),
        SCMP_SYS(clock_gettime),
        SCMP_SYS(getrandom),
        SCMP_SYS(rt_sigreturn),
        SCMP_SYS(getpid),
        SCMP_SYS(gettid),
        SCMP_SYS(restart_syscall),
        SCMP_SYS(munlock),
        SCMP_SYS(rt_sigprocmask),
    };
    const struct rlimit none = {};
    (void)setrlimit(RLIMIT_FSIZE, &none);
    (void)setrlimit(RLIMIT_NPROC, &none);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL) return fail(c, ERR_IO, "sandbox");
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(CALLS); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALLS[i], 0);
    /* memory, but none that can be run */
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0));
    failed |= seccomp_load(filter);
    seccomp_release(filter);
    return failed == 0 ? OK : fail(c, ERR_IO, "sandbox");
}

enum err sandbox_courier(struct call *c)
{
    static const int CALLS[] = {
        SCMP_SYS(execve),           SCMP_SYS(execveat),          SCMP_SYS(ptrace),
        SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(listen),
        SCMP_SYS(accept),           SCMP_SYS(accept4),           SCMP_SYS(mount),
        SCMP_SYS(unlink),           SCMP_SYS(unlinkat),          SCMP_SYS(rename),
        SCMP_SYS(renameat),         SCMP_SYS(renameat2),         SCMP_SYS(kill),
    };
    const struct rlimit file = {FILE_BYTES_MAX, FILE_BYTES_MAX};
    (void)setrlimit(RLIMIT_FSIZE, &file);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL) return fail(c, ERR_IO, "sandbox");
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(CALLS); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, CALLS[i], 0);
    failed |= seccomp_load(filter);
    seccomp_release(filter);
    return failed == 0 ? OK : fail(c, ERR_IO, "sandbox");
}
