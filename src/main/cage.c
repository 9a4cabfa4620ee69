#include "main/cage.h"

#include "base/limits.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 4096,
    FILES_READ = 8,
    FILES_TOOL = 64,
    STATM_BYTES = 128,
};

const char *const CAGE_TOOLS[TOOL_COUNT] = {
    [TOOL_PDFINFO] = "/usr/bin/pdfinfo",
    [TOOL_PDFTOTEXT] = "/usr/bin/pdftotext",
    [TOOL_PDFTOPPM] = "/usr/bin/pdftoppm",
};

/* ---- seccomp ---- */

static const int BOTH[] = {
    SCMP_SYS(read),       SCMP_SYS(write),           SCMP_SYS(pread64),
    SCMP_SYS(lseek),      SCMP_SYS(fstat),           SCMP_SYS(close),
    SCMP_SYS(brk),        SCMP_SYS(munmap),          SCMP_SYS(mremap),
    SCMP_SYS(madvise),    SCMP_SYS(futex),           SCMP_SYS(clock_gettime),
    SCMP_SYS(getrandom),  SCMP_SYS(rt_sigreturn),    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),     SCMP_SYS(gettid),          SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
};

/* What a program needs to be loaded and to find its fonts. */
static const int TOOL[] = {
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(mprotect),
    SCMP_SYS(mmap),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(writev),
};

static int rules_read(scmp_filter_ctx filter)
{
    /* memory, but none that can be run */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int rules_tool(scmp_filter_ctx filter)
{
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(TOOL); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, TOOL[i], 0);
    for (size_t i = 0; i < TOOL_COUNT; i++) {
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(execve), 1,
                                   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)(uintptr_t)CAGE_TOOLS[i]));
    }
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, 0));
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                               SCMP_A2(SCMP_CMP_EQ, 0)); /* to ask, not to set */
    failed |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TCGETS));
    failed |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFL));
    return failed;
}

/* The filter as bytes, so that a job need not build it. */
static bool filter_export(struct arena *arena, scmp_filter_ctx filter, struct str *ret_bytes)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0) return false;
    bool good = seccomp_export_bpf(filter, fd) == 0;
    off_t bytes = good ? lseek(fd, 0, SEEK_END) : 0;
    char *to = arena_alloc(arena, (size_t)bytes + 1);
    good = good && bytes > 0 && pread(fd, to, (size_t)bytes, 0) == bytes;
    (void)close(fd);
    if (good) *ret_bytes = (struct str){to, (size_t)bytes};
    return good;
}

static bool filter_build(struct arena *arena, enum cage cage, struct str *ret_bytes)
{
    uint32_t otherwise = cage == CAGE_READ ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(1 /* EPERM */);
    scmp_filter_ctx filter = seccomp_init(otherwise);
    if (filter == NULL) return false;
    int failed = 0;
    for (size_t i = 0; i < ARRAY_LEN(BOTH); i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, BOTH[i], 0);
    failed |= cage == CAGE_READ ? rules_read(filter) : rules_tool(filter);
    bool good = failed == 0 && filter_export(arena, filter, ret_bytes);
    seccomp_release(filter);
    return good;
}

/* ---- landlock ---- */

/* What newer kernels know and our headers may not. Source: Documentation/userspace-api/landlock. */
enum {
    FS_FIRST = (1 << 13) - 1, /* version 1 */
    FS_REFER = 1 << 13,       /* 2 */
    FS_TRUNCATE = 1 << 14,    /* 3 */
    FS_IOCTL = 1 << 15,       /* 5 */
    NET_TCP = 3,              /* 4: bind and connect */
    SCOPED = 3,               /* 6: abstract sockets and signals */
    VERSION_NET = 4,
    VERSION_SCOPED = 6,
    VERSION_MAX = 64,
};

struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

struct allowed {
    const char *path;
    uint64_t access;
};

enum {
    ACCESS_FILE = LANDLOCK_ACCESS_FS_READ_FILE,
    ACCESS_RUN = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE,
    ACCESS_TREE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    ACCESS_LIBRARIES = ACCESS_TREE | LANDLOCK_ACCESS_FS_EXECUTE,
};

/* What is not there is left out. */
static const struct allowed ALLOWED[] = {
    {"/usr/bin/pdfinfo", ACCESS_RUN},
    {"/usr/bin/pdftotext", ACCESS_RUN},
    {"/usr/bin/pdftoppm", ACCESS_RUN},
    {"/usr/lib", ACCESS_LIBRARIES},
    {"/usr/lib64", ACCESS_LIBRARIES},
    {"/lib", ACCESS_LIBRARIES},
    {"/lib64", ACCESS_LIBRARIES},
    {"/etc/ld.so.cache", ACCESS_FILE},
    {"/usr/share/poppler", ACCESS_TREE},
    {"/usr/share/fonts", ACCESS_TREE},
    {"/usr/local/share/fonts", ACCESS_TREE},
    {"/etc/fonts", ACCESS_TREE},
    {"/usr/share/fontconfig", ACCESS_TREE},
    {"/var/cache/fontconfig", ACCESS_TREE},
    {"/usr/share/zoneinfo", ACCESS_TREE},
};

static void path_allow(int ruleset_fd, const struct allowed *allowed)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = allowed->access};
    rule.parent_fd = open(allowed->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0) return;
    /* a failure leaves the path closed: the tool then says what it misses */
    (void)syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    (void)close(rule.parent_fd);
}

static int ruleset_build(enum cage cage, int64_t version)
{
    struct ruleset rules = {.fs = FS_FIRST};
    size_t bytes = sizeof rules.fs;
    if (version <= 0) return -1;
    if (version >= 2) rules.fs |= FS_REFER;
    if (version >= 3) rules.fs |= FS_TRUNCATE;
    if (version >= 5) rules.fs |= FS_IOCTL;
    if (version >= VERSION_NET) {
        rules.net = NET_TCP;
        bytes += sizeof rules.net;
    }
    if (version >= VERSION_SCOPED) {
        rules.scoped = SCOPED;
        bytes += sizeof rules.scoped;
    }
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, bytes, 0);
    for (size_t i = 0; fd >= 0 && cage == CAGE_TOOL && i < ARRAY_LEN(ALLOWED); i++)
        path_allow(fd, &ALLOWED[i]);
    return fd;
}

/* ---- both ---- */

/* Address space in use: the limit comes on top, for a sanitizer has reserved the most of it. */
static int64_t address_bytes(void)
{
    char text[STATM_BYTES];
    int64_t pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0) (void)close(fd);
    struct str first = {};
    struct str rest = {};
    if (n <= 0 || !str_cut((struct str){text, (size_t)n}, ' ', &first, &rest)) return 0;
    return parse_int(first, 0, INT64_MAX / PAGE_BYTES, &pages) ? pages * PAGE_BYTES : 0;
}

enum err cages_build(struct call *c, struct cages *ret_cages)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    ret_cages->landlock = version > 0 && version < VERSION_MAX ? version : 0;
    ret_cages->memory_bytes = address_bytes() + LIMIT_PARSE_MEMORY_BYTES;
    ret_cages->plan[CAGE_READ].output_bytes = LIMIT_PARSE_TEXT_BYTES + PAGE_BYTES;
    ret_cages->plan[CAGE_TOOL].output_bytes = CAGE_OUTPUT_BYTES;
    for (enum cage i = 0; i < CAGE_COUNT; i++) {
        struct cage_plan *plan = &ret_cages->plan[i];
        if (!filter_build(c->arena, i, &plan->filter)) return fail(c, ERR_IO, "sandbox");
        plan->ruleset_fd = ruleset_build(i, ret_cages->landlock);
        bool missing = ret_cages->landlock > 0 && plan->ruleset_fd < 0;
        if (missing) return fail(c, ERR_IO, "sandbox");
    }
    return OK;
}

static bool limit(int what, int64_t most)
{
    const struct rlimit bound = {(rlim_t)most, (rlim_t)most};
    return setrlimit((__rlimit_resource_t)what, &bound) == 0;
}

bool cage_enter(const struct cages *cages, enum cage cage)
{
    const struct cage_plan *plan = &cages->plan[cage];
    struct sock_fprog program = {
        .len = (unsigned short)(plan->filter.len / sizeof(struct sock_filter)),
        .filter = (void *)(uintptr_t)plan->filter.ptr, /* the kernel only reads it */
    };
    bool good = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_MEMLOCK, 0) &&
                limit(RLIMIT_MSGQUEUE, 0) && limit(RLIMIT_FSIZE, plan->output_bytes) &&
                limit(RLIMIT_NOFILE, cage == CAGE_READ ? FILES_READ : FILES_TOOL) &&
                limit(RLIMIT_CPU, LIMIT_PARSE_CPU_S) && limit(RLIMIT_AS, cages->memory_bytes);
    good = good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (plan->ruleset_fd >= 0) {
        good = good && syscall(SYS_landlock_restrict_self, plan->ruleset_fd, 0) == 0;
    }
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    return good && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}
