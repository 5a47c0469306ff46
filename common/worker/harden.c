#include "common/worker/harden.h"
#include "common/base/cleanup.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 64
#define CPU_SECONDS_MAX 60

/* Soft limits, and the hard limits up to which they may be raised again. */
static const struct {
    int resource;
    rlim_t limit;
    rlim_t most;
} limits[] = {
    {RLIMIT_CORE, 0, 0},
    {RLIMIT_NOFILE, DESCRIPTORS_MAX, DESCRIPTORS_MAX},
    {RLIMIT_CPU, CPU_SECONDS_MAX, CPU_SECONDS_MAX},
    {RLIMIT_FSIZE, 0, TS_HARDEN_FILE_MAX},
};

/* The next file opened would take the number of a missing descriptor among the first three. Its
 * replacement cannot be written to, so a closed stdout is still an error. */
static bool
fill_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDONLY);

    while (fd >= 0 && fd <= 2)
        fd = open("/dev/null", O_RDONLY);
    return fd >= 0 && close(fd) == 0;
}

static bool
is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static rlim_t
lower(rlim_t a, rlim_t b)
{
    return a < b ? a : b;
}

static bool
set_limits(void)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(limits); i++) {
        struct rlimit limit = {limits[i].limit, limits[i].most};
        struct rlimit old;

        if (getrlimit((__rlimit_resource_t)limits[i].resource, &old) != 0)
            return false;
        /* A limit that was lower before may not be raised, and need not be. */
        limit.rlim_cur = lower(limit.rlim_cur, old.rlim_max);
        limit.rlim_max = lower(limit.rlim_max, old.rlim_max);
        /* The soft limit is enough against leaks, and under valgrind the hard one cannot be
         * lowered. */
        if (limits[i].resource == RLIMIT_NOFILE)
            limit.rlim_max = old.rlim_max;
        /* Debug lines may be redirected to a file. */
        if (limits[i].resource == RLIMIT_FSIZE && (is_file(1) || is_file(2)))
            continue;
        if (setrlimit((__rlimit_resource_t)limits[i].resource, &limit) != 0)
            return false;
    }
    return true;
}

static bool
set_process_flags(void)
{
    static const struct {
        int option;
        unsigned long value;
    } rows[] = {
        {PR_SET_DUMPABLE, 0},
        {PR_SET_NO_NEW_PRIVS, 1},
        /* When the process that waits for the answer has gone, the key must not stay in memory. */
        {PR_SET_PDEATHSIG, SIGKILL},
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (prctl(rows[i].option, rows[i].value, 0UL, 0UL, 0UL) != 0)
            return false;
    return true;
}

static bool
set_signals(void)
{
    sigset_t none;

    return signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGXFSZ, SIG_IGN) != SIG_ERR &&
           signal(SIGALRM, SIG_DFL) != SIG_ERR && sigemptyset(&none) == 0 &&
           sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

int
ts_harden_process(struct ts_err *err)
{
    /* Libraries read SSLKEYLOGFILE, OPENSSL_CONF, SSL_CERT_FILE, https_proxy and more. */
    if (clearenv() != 0 || !set_process_flags() || !fill_standard_descriptors() || !set_limits() ||
        !set_signals())
        return ts_err_errno(err, TS_ERR_SYSTEM, "the worker cannot secure itself");
    umask(077);
#ifdef M_PERTURB
    /* Libraries free buffers that held the key without zeroing them; the C library then overwrites
     * all but the smallest. Our own are struct ts_secret and do not depend on it. */
    (void)mallopt(M_PERTURB, 0xff);
#endif
    return 0;
}

int
ts_harden_forbid_files(struct ts_err *err)
{
    struct rlimit limit;

    /* Debug lines in a file: see set_limits. */
    if (is_file(1) || is_file(2))
        return 0;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0) {
        limit.rlim_max = limit.rlim_cur;
        if (setrlimit(RLIMIT_FSIZE, &limit) == 0)
            return 0;
    }
    return ts_err_errno(err, TS_ERR_SYSTEM, "the worker cannot change its limits");
}

int
ts_harden_allow_file(size_t bytes, struct ts_err *err)
{
    struct rlimit limit;

    if (prctl(PR_SET_PDEATHSIG, 0UL, 0UL, 0UL, 0UL) != 0 || getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the worker cannot change its limits");
    if (limit.rlim_cur < bytes) {
        /* Where that is too little, writing fails and the failure is reported. */
        limit.rlim_cur = lower(bytes, limit.rlim_max);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            return ts_err_errno(err, TS_ERR_SYSTEM, "the worker cannot change its limits");
    }
    return 0;
}

int
ts_harden_watchdog(int64_t ms, struct ts_err *err)
{
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)}};

    if (setitimer(ITIMER_REAL, &timer, NULL) != 0)
        return ts_err_errno(err, TS_ERR_SYSTEM, "the worker cannot set its watchdog");
    return 0;
}
