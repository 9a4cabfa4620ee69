/*
 * A library that is loaded in front of libc (LD_PRELOAD): it lets one call of many go wrong, and
 * keeps a journal of all that reaches the disk, from which the disk after a power cut is made.
 *
 *     SHIM_DIR      only what happens under this folder counts
 *     SHIM_KIND     kill | EIO | ENOSPC | EINTR | short | alloc | none
 *     SHIM_AT       number of the call that goes wrong, from 1
 *     SHIM_JOURNAL  file for the journal
 *     SHIM_COUNT    file for the number of calls, at the end
 *
 * A journal is made of records: u8 operation, u64 number or offset, u32 and path, u32 and data.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum operation { OP_CREATE = 1, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_RENAME, OP_UNLINK, OP_SAY };
enum kind { KIND_NONE, KIND_KILL, KIND_ERRNO, KIND_SHORT, KIND_ALLOC };

static struct {
    bool ready;
    char dir[4096];
    size_t dir_len;
    enum kind kind;
    int error;
    long at;
    _Atomic long calls;
    _Atomic long allocs;
    int journal;
} shim = {.journal = -1};

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void shim_begin(void);
void shim_end(void);

static const struct {
    const char *name;
    enum kind kind;
    int error;
} KINDS[] = {
    {"none", KIND_NONE, 0},         {"kill", KIND_KILL, 0},       {"EIO", KIND_ERRNO, EIO},
    {"ENOSPC", KIND_ERRNO, ENOSPC}, {"EINTR", KIND_ERRNO, EINTR}, {"short", KIND_SHORT, 0},
    {"alloc", KIND_ALLOC, 0},
};

[[gnu::constructor]] void shim_begin(void)
{
    const char *dir = getenv("SHIM_DIR");
    const char *kind = getenv("SHIM_KIND");
    const char *at = getenv("SHIM_AT");
    const char *journal = getenv("SHIM_JOURNAL");
    if (dir == NULL || kind == NULL) return;
    shim.dir_len = strlen(dir);
    memcpy(shim.dir, dir, shim.dir_len + 1);
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strcmp(KINDS[i].name, kind) != 0) continue;
        shim.kind = KINDS[i].kind;
        shim.error = KINDS[i].error;
    }
    for (; at != NULL && *at >= '0' && *at <= '9'; at++)
        shim.at = shim.at * 10 + (*at - '0');
    if (journal != NULL) {
        shim.journal = open(journal, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    }
    shim.ready = true;
}

[[gnu::destructor]] void shim_end(void)
{
    const char *path = getenv("SHIM_COUNT");
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file == NULL) return;
    shim.ready = false;
    (void)fprintf(file, "%ld %ld\n", atomic_load(&shim.calls), atomic_load(&shim.allocs));
    (void)fclose(file);
}

/* What the kernel does; straight, so that nothing of ours is in the way. */
static long kernel(long number, long a, long b, long c, long d)
{
    return syscall(number, a, b, c, d);
}

/* The path of an open file, when it is one of ours. */
static bool ours(int fd, char path[4096])
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, 4095);
    if (!shim.ready || len <= 0) return false;
    path[len] = '\0';
    return strncmp(path, shim.dir, shim.dir_len) == 0 && strstr(path, "-shm") == NULL;
}

/* The same for a name; absolute names only, as the script uses them. */
static bool ours_name(const char *path)
{
    return shim.ready && strncmp(path, shim.dir, shim.dir_len) == 0 && strstr(path, "-shm") == NULL;
}

static void journal_put(const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        long n = kernel(SYS_write, shim.journal, (long)at, (long)len, 0);
        if (n <= 0) abort(); /* a journal with a hole proves nothing */
        at += n;
        len -= (size_t)n;
    }
}

static void note(enum operation op, uint64_t number, const char *path, const void *data, size_t len)
{
    if (shim.journal < 0) return;
    uint8_t code = (uint8_t)op;
    uint32_t path_len = (uint32_t)strlen(path);
    uint32_t data_len = (uint32_t)len;
    journal_put(&code, sizeof code);
    journal_put(&number, sizeof number);
    journal_put(&path_len, sizeof path_len);
    journal_put(path, path_len);
    journal_put(&data_len, sizeof data_len);
    journal_put(data, len);
}

/* Counts a call. True when this one goes wrong by an error, which is then in errno. */
static bool goes_wrong(bool *ret_short)
{
    long number = atomic_fetch_add(&shim.calls, 1) + 1;
    *ret_short = false;
    if (number != shim.at) return false;
    if (shim.kind == KIND_KILL) (void)kernel(SYS_kill, getpid(), SIGKILL, 0, 0);
    if (shim.kind == KIND_SHORT) *ret_short = true;
    if (shim.kind != KIND_ERRNO) return false;
    errno = shim.error;
    return true;
}

static size_t cut(bool is_short, size_t len)
{
    return is_short && len > 1 ? len / 2 : len;
}

ssize_t write(int fd, const void *data, size_t len)
{
    char path[4096];
    bool is_short = false;
    bool mine = ours(fd, path);
    if (mine && goes_wrong(&is_short)) return -1;
    off_t at = mine ? lseek(fd, 0, SEEK_CUR) : 0;
    long n = kernel(SYS_write, fd, (long)data, (long)cut(is_short, len), 0);
    if (mine && n > 0) note(OP_WRITE, (uint64_t)at, path, data, (size_t)n);
    if (shim.ready && fd == STDOUT_FILENO && n > 0) note(OP_SAY, 0, "", data, (size_t)n);
    return n;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    char path[4096];
    bool is_short = false;
    bool mine = ours(fd, path);
    if (mine && goes_wrong(&is_short)) return -1;
    long n = kernel(SYS_pwrite64, fd, (long)data, (long)cut(is_short, len), at);
    if (mine && n > 0) note(OP_WRITE, (uint64_t)at, path, data, (size_t)n);
    return n;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return pwrite64(fd, data, len, at);
}

static int sync_by(long number, int fd)
{
    char path[4096];
    bool is_short = false;
    bool mine = ours(fd, path);
    if (mine && goes_wrong(&is_short)) return -1;
    /* the power cuts are made from the journal: waiting for the real disk would prove nothing */
    long failed = shim.journal < 0 ? kernel(number, fd, 0, 0, 0) : 0;
    if (mine && failed == 0) note(OP_SYNC, 0, path, "", 0);
    return (int)failed;
}

int fsync(int fd)
{
    return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_by(SYS_fdatasync, fd);
}

int ftruncate64(int fd, off64_t len)
{
    char path[4096];
    bool is_short = false;
    bool mine = ours(fd, path);
    if (mine && goes_wrong(&is_short)) return -1;
    long failed = kernel(SYS_ftruncate, fd, len, 0, 0);
    if (mine && failed == 0) note(OP_TRUNCATE, (uint64_t)len, path, "", 0);
    return (int)failed;
}

int ftruncate(int fd, off_t len)
{
    return ftruncate64(fd, len);
}

static int open_by(const char *path, int flags, mode_t mode)
{
    bool is_short = false;
    bool writes = (flags & O_ACCMODE) != O_RDONLY && ours_name(path);
    bool fresh = writes && access(path, F_OK) != 0;
    if (writes && goes_wrong(&is_short)) return -1;
    long fd = kernel(SYS_openat, AT_FDCWD, (long)path, flags, (long)mode);
    if (writes && fd >= 0 && fresh) note(OP_CREATE, 0, path, "", 0);
    if (writes && fd >= 0 && !fresh && (flags & O_TRUNC) != 0) note(OP_TRUNCATE, 0, path, "", 0);
    return (int)fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_by(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_by(path, flags, mode);
}

/* Made inside libc, out of sight of the above. */
int mkostemp(char *path, int flags)
{
    bool is_short = false;
    bool mine = ours_name(path);
    if (mine && goes_wrong(&is_short)) return -1;
    int (*libc)(char *, int) = NULL;
    *(void **)&libc = dlsym(RTLD_NEXT, "mkostemp");
    int fd = libc(path, flags);
    if (mine && fd >= 0) note(OP_CREATE, 0, path, "", 0);
    return fd;
}

int rename(const char *from, const char *to)
{
    bool is_short = false;
    bool mine = ours_name(from);
    if (mine && goes_wrong(&is_short)) return -1;
    long failed = kernel(SYS_rename, (long)from, (long)to, 0, 0);
    if (mine && failed == 0) note(OP_RENAME, 0, from, to, strlen(to));
    return (int)failed;
}

int unlink(const char *path)
{
    bool is_short = false;
    bool mine = ours_name(path);
    if (mine && goes_wrong(&is_short)) return -1;
    long failed = kernel(SYS_unlink, (long)path, 0, 0, 0);
    if (mine && failed == 0) note(OP_UNLINK, 0, path, "", 0);
    return (int)failed;
}

int unlinkat(int dir, const char *name, int flags)
{
    char path[4096];
    char whole[8192];
    bool is_short = false;
    bool mine = ours(dir, path);
    if (mine && goes_wrong(&is_short)) return -1;
    long failed = kernel(SYS_unlinkat, dir, (long)name, flags, 0);
    (void)snprintf(whole, sizeof whole, "%s/%s", path, name);
    if (mine && failed == 0) note(OP_UNLINK, 0, whole, "", 0);
    return (int)failed;
}

/* Memory */

static bool runs_out(void)
{
    if (!shim.ready) return false;
    long number = atomic_fetch_add(&shim.allocs, 1) + 1;
    if (shim.kind != KIND_ALLOC || number != shim.at) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t bytes)
{
    return runs_out() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return runs_out() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    return runs_out() ? NULL : __libc_realloc(old, bytes);
}
