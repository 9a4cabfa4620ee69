#include "main/cage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* Ways out of a cage. Each is tried in a process of its own, outside first, where it must work, so
 * that it is known to be a way; then in each cage, where it must not. A job has a socket for its
 * input and a file for its output here, more than it ever gets. */

enum { WORKED = 42, BIG_BYTES = 2048 * 1024 * 1024U };

/* Everything an attempt needs stands in its own folder. */
static const char FILE_NAME[] = "file";

/* A call that the kernel looked at, even if it then found fault with what it was given: no cage
 * stopped it. */
static bool reached(long result)
{
    return result >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS);
}

static bool read_passwd(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool read_root_folder(void)
{
    return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool write_file(void)
{
    return open(FILE_NAME, O_WRONLY) >= 0;
}

static bool create_file(void)
{
    return open("new", O_CREAT | O_RDWR, 0600) >= 0;
}

static bool own_memory(void)
{
    return open("/proc/self/mem", O_RDWR) >= 0;
}

static bool parent_environment(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/environ", getppid());
    return open(path, O_RDONLY) >= 0;
}

static bool output_again(void)
{
    return open("/proc/self/fd/1", O_RDWR) >= 0;
}

static bool open_by_openat2(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};
    return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how) >= 0;
}

static bool open_by_handle(void)
{
    return reached(syscall(SYS_open_by_handle_at, -1, NULL, 0));
}

static bool unlink_file(void)
{
    return unlink(FILE_NAME) == 0;
}

static bool rename_file(void)
{
    return rename(FILE_NAME, "other") == 0;
}

static bool link_file(void)
{
    return link(FILE_NAME, "other") == 0;
}

static bool symlink_file(void)
{
    return symlink("/etc", "other") == 0;
}

static bool make_folder(void)
{
    return mkdir("folder", 0700) == 0;
}

static bool make_fifo(void)
{
    return mkfifo("fifo", 0600) == 0;
}

static bool change_mode(void)
{
    return chmod(FILE_NAME, 0777) == 0;
}

static bool truncate_file(void)
{
    return truncate(FILE_NAME, 0) == 0;
}

static bool change_folder(void)
{
    return chdir("/") == 0;
}

static bool change_root(void)
{
    return reached(chroot("."));
}

static bool watch_files(void)
{
    return inotify_init1(0) >= 0;
}

static bool memory_file(void)
{
    return memfd_create("x", 0) >= 0;
}

static bool tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool netlink_socket(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static bool socket_pair(void)
{
    int fds[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0;
}

static struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(9),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

static bool connect_inherited(void)
{
    struct sockaddr_in to = loopback();
    return connect(STDIN_FILENO, (const void *)&to, sizeof to) == 0;
}

static bool send_inherited(void)
{
    struct sockaddr_in to = loopback();
    return sendto(STDIN_FILENO, "x", 1, 0, (const void *)&to, sizeof to) == 1;
}

static bool bind_inherited(void)
{
    struct sockaddr_in at = loopback();
    at.sin_port = 0;
    return bind(STDIN_FILENO, (const void *)&at, sizeof at) == 0;
}

static bool fork_process(void)
{
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    return pid > 0;
}

static void *nothing(void *arg)
{
    return arg;
}

static bool start_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0;
}

static bool clone_newer(void)
{
    return reached(syscall(SYS_clone3, NULL, 0));
}

static bool run_shell(void)
{
    char *const args[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"exit 42"}, NULL};
    (void)execv("/bin/sh", args);
    return false;
}

static bool run_tool_by_copy(void)
{
    char path[32];
    char *const args[] = {path, (char[]){"-v"}, NULL};
    (void)snprintf(path, sizeof path, "%s", CAGE_TOOLS[TOOL_PDFINFO]); /* another address */
    (void)close(STDERR_FILENO);
    long result = execv(path, args);
    return reached(result);
}

static bool run_file_descriptor(void)
{
    return reached(syscall(SYS_execveat, STDOUT_FILENO, "", NULL, NULL, AT_EMPTY_PATH));
}

static bool memory_to_run(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}

static bool memory_made_to_run(void)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool much_memory(void)
{
    return mmap(NULL, BIG_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static bool much_output(void)
{
    static const char PIECE[1024 * 1024] = {1};
    for (size_t at = 0; at < 2 * (size_t)CAGE_OUTPUT_BYTES; at += sizeof PIECE) {
        if (write(STDOUT_FILENO, PIECE, sizeof PIECE) != (ssize_t)sizeof PIECE) return false;
    }
    return true;
}

static bool trace_me(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool trace_parent(void)
{
    return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0;
}

static bool read_memory_of(void)
{
    char from[8] = "memory";
    char to[8];
    struct iovec local = {to, sizeof to};
    struct iovec remote = {from, sizeof from};
    return syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0) == sizeof to;
}

static bool signal_parent(void)
{
    return kill(getppid(), 0) == 0;
}

static bool signal_thread(void)
{
    return syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
}

static bool hold_parent(void)
{
    return syscall(SYS_pidfd_open, getppid(), 0) >= 0;
}

static bool become_somebody(void)
{
    return setuid(getuid()) == 0;
}

static bool new_namespace(void)
{
    return reached(unshare(CLONE_NEWUSER));
}

static bool join_namespace(void)
{
    return reached(setns(-1, 0));
}

static bool mount_something(void)
{
    return reached(mount("none", "/nowhere", "tmpfs", 0, NULL));
}

static bool pivot(void)
{
    return reached(syscall(SYS_pivot_root, "/nowhere", "/nowhere"));
}

static bool load_module(void)
{
    return reached(syscall(SYS_finit_module, -1, "", 0));
}

static bool change_limit(void)
{
    struct rlimit more = {10, 10};
    return setrlimit(RLIMIT_NPROC, &more) == 0;
}

static bool change_personality(void)
{
    return personality(ADDR_NO_RANDOMIZE) >= 0;
}

static bool become_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool ring(void)
{
    return reached(syscall(SYS_io_uring_setup, 1, NULL));
}

static bool keys(void)
{
    return reached(syscall(SYS_keyctl, 0, -3, 0));
}

static bool kernel_program(void)
{
    return reached(syscall(SYS_bpf, -1, NULL, 0));
}

static bool counters(void)
{
    return reached(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static bool page_faults(void)
{
    return reached(syscall(SYS_userfaultfd, -1));
}

static bool shared_memory(void)
{
    return shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600) >= 0;
}

static bool terminal_input(void)
{
    return reached(ioctl(STDOUT_FILENO, TIOCSTI, "x"));
}

static bool be_more_important(void)
{
    return setpriority(PRIO_PROCESS, 0, 1) == 0;
}

static bool set_clock(void)
{
    return reached(syscall(SYS_settimeofday, NULL, NULL));
}

static bool other_table_of_calls(void)
{
    return syscall(0x40000000 + SYS_getppid) > 0; /* the x32 one */
}

struct attempt {
    const char *name;
    bool (*way)(void);
    bool depends; /* whether it works outside depends on rights and kernel: not asked */
    bool tool;    /* a tool needs it to be loaded: open in CAGE_TOOL */
};

#define WAY(fn)                                                                                    \
    {                                                                                              \
        .name = #fn, .way = fn                                                                     \
    }
#define WAY_DEPENDS(fn)                                                                            \
    {                                                                                              \
        .name = #fn, .way = fn, .depends = true                                                    \
    }
#define WAY_TOOL(fn)                                                                               \
    {                                                                                              \
        .name = #fn, .way = fn, .tool = true                                                       \
    }
static const struct attempt ATTEMPTS[] = {
    WAY(read_passwd),
    WAY(read_root_folder),
    WAY(write_file),
    WAY(create_file),
    WAY(own_memory),
    WAY_DEPENDS(parent_environment),
    WAY(output_again),
    WAY(open_by_openat2),
    WAY_DEPENDS(open_by_handle),
    WAY(unlink_file),
    WAY(rename_file),
    WAY(link_file),
    WAY(symlink_file),
    WAY(make_folder),
    WAY(make_fifo),
    WAY(change_mode),
    WAY(truncate_file),
    WAY(change_folder),
    WAY_DEPENDS(change_root),
    WAY(watch_files),
    WAY(memory_file),
    WAY(tcp_socket),
    WAY(unix_socket),
    WAY(netlink_socket),
    WAY(socket_pair),
    WAY(connect_inherited),
    WAY(send_inherited),
    WAY(bind_inherited),
    WAY(fork_process),
    WAY(start_thread),
    WAY_DEPENDS(clone_newer),
    WAY(run_shell),
    WAY_DEPENDS(run_tool_by_copy),
    WAY_DEPENDS(run_file_descriptor),
    WAY_TOOL(memory_to_run),
    WAY_TOOL(memory_made_to_run),
    WAY(much_memory),
    WAY(much_output),
    WAY(trace_me),
    WAY_DEPENDS(trace_parent),
    WAY(read_memory_of),
    WAY(signal_parent),
    WAY(signal_thread),
    WAY(hold_parent),
    WAY(become_somebody),
    WAY_DEPENDS(new_namespace),
    WAY(join_namespace),
    WAY_DEPENDS(mount_something),
    WAY_DEPENDS(pivot),
    WAY_DEPENDS(load_module),
    WAY(change_limit),
    WAY(change_personality),
    WAY(become_dumpable),
    WAY_DEPENDS(ring),
    WAY_DEPENDS(keys),
    WAY_DEPENDS(kernel_program),
    WAY_DEPENDS(counters),
    WAY_DEPENDS(page_faults),
    WAY(shared_memory),
    WAY(terminal_input),
    WAY(be_more_important),
    WAY_DEPENDS(set_clock),
    WAY_DEPENDS(other_table_of_calls),
};

struct world {
    struct call c;
    struct cages cages;
    char dir[32];
};

static int setup(void **state)
{
    struct world *w = test_calloc(1, sizeof *w);
    w->c = call_begin(env_real(), NULL, NULL);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/cage_test_XXXXXX");
    if (mkdtemp(w->dir) == NULL || chdir(w->dir) != 0) return 1;
    *state = w;
    return cages_build(&w->c, &w->cages) == OK ? 0 : 1;
}

static const char *const LEFT[] = {FILE_NAME, "new", "other", "fifo", "folder"};

static void clean(void)
{
    for (size_t i = 0; i < ARRAY_LEN(LEFT); i++) {
        (void)!unlink(LEFT[i]); /* most are not there */
        (void)!rmdir(LEFT[i]);
    }
}

static int teardown(void **state)
{
    struct world *w = *state;
    clean();
    (void)!chdir("/");
    int failed = rmdir(w->dir);
    call_end(&w->c);
    test_free(w);
    return failed;
}

/* In the process that tries: input and output of a job, then the cage, then the way. */
[[gnu::noreturn]] static void attempt_run(const struct cages *cages, enum cage cage,
                                          bool (*way)(void))
{
    int in = socket(AF_INET, SOCK_DGRAM, 0);
    int out = memfd_create("out", 0);
    if (in < 0 || out < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0) _exit(1);
    if (cage < CAGE_COUNT && !cage_enter(cages, cage)) _exit(1);
    bool worked = way();
    _exit(worked ? WORKED : 0);
}

/* Says that a way works there. Shapes: CAGE_COUNT is outside. */
static bool works(const struct cages *cages, enum cage cage, bool (*way)(void))
{
    int status = 0;
    clean();
    int fd = open(FILE_NAME, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) attempt_run(cages, cage, way);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 1); /* it did not come to try */
    return WIFEXITED(status) && WEXITSTATUS(status) == WORKED;
}

static void every_way_out_is_one_outside(void **state)
{
    struct world *w = *state;
    size_t sure = 0;
    for (size_t i = 0; i < ARRAY_LEN(ATTEMPTS); i++) {
        if (ATTEMPTS[i].depends) continue;
        bool way = works(&w->cages, CAGE_COUNT, ATTEMPTS[i].way);
        assert_string_equal(way ? "" : ATTEMPTS[i].name, "");
        sure++;
    }
    assert_true(sure >= 40);
}

static void closed_in(struct world *w, enum cage cage)
{
    for (size_t i = 0; i < ARRAY_LEN(ATTEMPTS); i++) {
        if (cage == CAGE_TOOL && ATTEMPTS[i].tool) continue;
        bool way = works(&w->cages, cage, ATTEMPTS[i].way);
        assert_string_equal(way ? ATTEMPTS[i].name : "", "");
    }
}

static void none_leads_out_of_the_readers_cage(void **state)
{
    closed_in(*state, CAGE_READ);
}

static void none_leads_out_of_the_tools_cage(void **state)
{
    closed_in(*state, CAGE_TOOL);
}

/* ---- landlock by itself, where the kernel has it ---- */

static bool read_library(void)
{
    return open("/usr/lib", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool connect_tcp(void)
{
    struct sockaddr_in to = loopback();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd >= 0 && reached(connect(fd, (const void *)&to, sizeof to));
}

/* The same cages with a filter that allows everything. */
static struct cages unfiltered(const struct world *w)
{
    static const struct sock_filter ALL[] = {{0x06, 0, 0, 0x7fff0000}}; /* return allow */
    struct cages cages = w->cages;
    for (size_t i = 0; i < CAGE_COUNT; i++)
        cages.plan[i].filter = (struct str){(const char *)ALL, sizeof ALL};
    return cages;
}

static void landlock_alone_closes_the_files(void **state)
{
    struct world *w = *state;
    if (w->cages.landlock == 0) skip();
    struct cages cages = unfiltered(w);
    static bool (*const CLOSED[])(void) = {read_passwd, write_file,  create_file, own_memory,
                                           unlink_file, make_folder, run_shell};
    for (enum cage cage = 0; cage < CAGE_COUNT; cage++) {
        for (size_t i = 0; i < ARRAY_LEN(CLOSED); i++)
            assert_false(works(&cages, cage, CLOSED[i]));
    }
    assert_true(works(&cages, CAGE_TOOL, read_library));
    assert_false(works(&cages, CAGE_READ, read_library));
}

static void landlock_alone_closes_the_network_where_it_can(void **state)
{
    struct world *w = *state;
    if (w->cages.landlock < 4) skip();
    struct cages cages = unfiltered(w);
    assert_true(works(&cages, CAGE_COUNT, connect_tcp));
    assert_false(works(&cages, CAGE_READ, connect_tcp));
    assert_false(works(&cages, CAGE_TOOL, connect_tcp));
}

static void landlock_alone_closes_signals_where_it_can(void **state)
{
    struct world *w = *state;
    if (w->cages.landlock < 6) skip();
    struct cages cages = unfiltered(w);
    assert_false(works(&cages, CAGE_READ, signal_parent));
}

static void a_kernel_without_landlock_still_has_the_filter(void **state)
{
    struct world *w = *state;
    struct cages cages = w->cages;
    for (size_t i = 0; i < CAGE_COUNT; i++)
        cages.plan[i].ruleset_fd = -1;
    assert_false(works(&cages, CAGE_READ, read_passwd));
    assert_false(works(&cages, CAGE_TOOL, create_file));
    assert_false(works(&cages, CAGE_TOOL, tcp_socket));
    assert_false(works(&cages, CAGE_TOOL, run_shell));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_out_is_one_outside),
        cmocka_unit_test(none_leads_out_of_the_readers_cage),
        cmocka_unit_test(none_leads_out_of_the_tools_cage),
        cmocka_unit_test(landlock_alone_closes_the_files),
        cmocka_unit_test(landlock_alone_closes_the_network_where_it_can),
        cmocka_unit_test(landlock_alone_closes_signals_where_it_can),
        cmocka_unit_test(a_kernel_without_landlock_still_has_the_filter),
    };
    return cmocka_run_group_tests_name("cage", tests, setup, teardown);
}
