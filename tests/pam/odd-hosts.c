/*
 * Hosts that are unlike those at hand, each a row of the table at the end:
 *
 *     odd-hosts NAME USER UID CONFDIR TOKEN
 *
 * USER has started this as a setuid program: service `su` is source = local. Prints what is wrong.
 */
#include "driver.h"
#include "fault.h"
#include "host.h"
#include "login.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOGINS 10 /* where one could be luck */
#define DESCRIPTORS 10000
#define COMINGS 1000
#define WARM_UP 200            /* of those; libraries set themselves up */
#define GROWTH_MAX_KIB 512     /* resident; a page lost in each would be six times as much */
#define GROWTH_MAX_BYTES 16384 /* allocated; the smallest block lost in each would be more */

static struct login login = {
    .begin = fault_end, .end = fault_end, .pause = fault_pause, .resume = fault_resume};
static unsigned wrong;

static void
complain(const char *what, int number)
{
    wrong++;
    printf("wrong: %s (%d)\n", what, number);
}

static void
expect(const char *service, int code, const char *what)
{
    int codes[LOGIN_STEPS];

    login.service = service;
    login_run(&login, codes);
    if (codes[LOGIN_AUTHENTICATE] != code)
        complain(what, codes[LOGIN_AUTHENTICATE]);
}

static void
check_handler(void (*handler)(int), const char *what)
{
    struct sigaction action;

    if (sigaction(SIGCHLD, NULL, &action) != 0 || action.sa_handler != handler)
        complain(what, SIGCHLD);
}

/* The kernel reaps the children of such a host itself. */
static void
ignore_children(void)
{
    (void)signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < LOGINS; i++)
        expect("su", PAM_SUCCESS, "source = local under SIG_IGN");
    check_handler(SIG_IGN, "SIGCHLD is not ignored any more");
}

static volatile sig_atomic_t reaped;
static volatile sig_atomic_t last_status;

static void
reap(int number)
{
    int error = errno, status;

    (void)number;
    while (waitpid(-1, &status, WNOHANG) > 0) {
        reaped++;
        last_status = status;
    }
    errno = error;
}

/* One child of the host's own ends in the middle of each login, and is the only one it hears of. */
static int
fork_and_pause(void)
{
    if (fork() == 0)
        _exit(7);
    return fault_pause();
}

static void
reap_children(void)
{
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};

    (void)sigaction(SIGCHLD, &action, NULL);
    for (int i = 0; i < LOGINS; i++)
        expect("su", PAM_SUCCESS, "source = local in a host that reaps");
    if (reaped != 0)
        complain("a child of the module's was the host's to reap", reaped);
    login.pause = fork_and_pause;
    expect("sshd", PAM_SUCCESS, "a token from the prompt");
    while (reaped == 0)
        pause();
    if (reaped != 1 || !WIFEXITED(last_status) || WEXITSTATUS(last_status) != 7)
        complain("the host's own child", last_status);
    check_handler(reap, "the handler is not there any more");
}

static int waiter_ends;

static void *
wait_for_any(void *unused)
{
    int status;

    (void)unused;
    while (!__atomic_load_n(&waiter_ends, __ATOMIC_SEQ_CST))
        if (waitpid(-1, &status, 0) > 0)
            __atomic_add_fetch(&reaped, 1, __ATOMIC_SEQ_CST);
        else
            (void)sched_yield();
    return NULL;
}

/* A thread that waits for any child all the time. */
static void
wait_in_a_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, wait_for_any, NULL) != 0)
        err(2, "pthread_create");
    for (int i = 0; i < LOGINS; i++)
        expect("su", PAM_SUCCESS, "source = local beside a thread that waits");
    __atomic_store_n(&waiter_ends, 1, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    if (reaped != 0)
        complain("a child of the module's was the host's to reap", reaped);
}

/* How many system calls the module's children make for one login. */
static long
count_calls(void)
{
    const struct fault_plan plan = {.kind = FAULT_NONE, .in_children = true};

    fault_begin(&plan);
    expect("su", PAM_SUCCESS, "source = local with many descriptors");
    fault_end();
    return fault_calls();
}

static int
keep_active(void)
{
    return 0;
}

static void
leave_active(int paused)
{
    (void)paused;
}

static void
nothing(void)
{
}

/* The helper says in its log what descriptors it has; the script looks. */
static void
have_descriptors(void)
{
    const struct rlimit limit = {DESCRIPTORS + 100, DESCRIPTORS + 100};

    login.begin = login.end = nothing;
    login.pause = keep_active;
    login.resume = leave_active;
    long few = count_calls();
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        err(2, "setrlimit");
    for (int i = 0; i < DESCRIPTORS; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            err(2, "open");
    long many = count_calls();
    if (many != few)
        complain("children make more system calls where there are more descriptors", (int)many);
    if (host_descriptors() < DESCRIPTORS)
        complain("descriptors of the host's are closed", (int)host_descriptors());
}

static void
have_few_processes(void)
{
    const struct rlimit none = {0, 1000};
    const struct rlimit some = {1000, 1000};

    if (setrlimit(RLIMIT_NPROC, &none) != 0)
        err(2, "setrlimit");
    log_is_quiet = 0;
    expect("su", PAM_AUTH_ERR, "source = local where no process may be");
    log_is_quiet = 1;
    if (host_reap() > 0)
        complain("a child is left", 0);
    if (setrlimit(RLIMIT_NPROC, &some) != 0)
        err(2, "setrlimit");
    expect("su", PAM_SUCCESS, "source = local where there may be one again");
}

static void
come_and_go(void)
{
    size_t descriptors = 0, memory = 0, allocated = 0;

    for (int i = 0; i < COMINGS; i++) {
        if (i == WARM_UP) {
            descriptors = host_descriptors();
            memory = host_memory();
            allocated = mallinfo2().uordblks;
        }
        expect("sshd", PAM_SUCCESS, "one of many logins");
    }
    if (host_descriptors() != descriptors)
        complain("descriptors are left", (int)host_descriptors());
    if (host_memory() > memory + GROWTH_MAX_KIB)
        complain("KiB more are resident", (int)(host_memory() - memory));
    if (mallinfo2().uordblks > allocated + GROWTH_MAX_BYTES)
        complain("bytes more are allocated", (int)(mallinfo2().uordblks - allocated));
    printf("%d logins, from %zu to %zu KiB resident, from %zu to %zu bytes allocated\n", COMINGS,
           memory, host_memory(), allocated, mallinfo2().uordblks);
}

static const struct {
    const char *name;
    void (*run)(void);
} hosts[] = {
    {"ignores_children", ignore_children},   {"reaps_children", reap_children},
    {"waits_in_a_thread", wait_in_a_thread}, {"many_descriptors", have_descriptors},
    {"few_processes", have_few_processes},   {"comes_and_goes", come_and_go},
};

int
main(int argc, char **argv)
{
    if (argc != 6 || setresuid((uid_t)strtoul(argv[3], NULL, 10), 0, 0) != 0)
        errx(2, "usage, as root: odd-hosts NAME USER UID CONFDIR TOKEN");
    fault_init();
    log_is_quiet = 1;
    login.user = login.ruser = argv[2];
    login.confdir = argv[4];
    login.token = argv[5];
    login.sessions = true;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        if (strcmp(hosts[i].name, argv[1]) != 0)
            continue;
        hosts[i].run();
        printf("%u wrong\n", wrong);
        return wrong == 0 ? 0 : 1;
    }
    errx(2, "no host %s", argv[1]);
}
