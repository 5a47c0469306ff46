/*
 * Every system call of the module's made to fail in turn, alone and from there on, in a whole
 * login:
 *
 *     call-failure [--local NAME UID] [--children] SERVICE USER CONFDIR good|bad TOKEN LATER-TOKEN
 *
 * --local is for source = local, --children for the calls of the module's children. After each
 * attempt the host must have what it had before, and RUNDIR nothing that a login would take for
 * more than it is. Prints a table of what came of which call.
 */
#include "driver.h"
#include "fault.h"
#include "host.h"
#include "login.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build-config.h"

#define RUN TS_RUNDIR "/thrivestack"
#define LATER 7200 /* seconds from now, when the token has expired */

struct sweep {
    struct login login;
    struct fault_plan plan;
    const char *later_token; /* for LATER */
    bool good;
    bool local;
    unsigned long points;
    unsigned long wrong;
};

static struct sweep *current;

/* What may come of a good token where one call fails; authentication's codes, as a mask of bits.
 * The design's table: what concerns policy, keys, look-ups or the replay store is unavailable, and
 * the session's file never a reason to deny. */
#define BIT(code) (1UL << (code))
#define OK BIT(PAM_SUCCESS)
#define UNAVAILABLE BIT(PAM_AUTHINFO_UNAVAIL)
#define SYSTEM BIT(PAM_SYSTEM_ERR)
#define MEMORY BIT(PAM_BUF_ERR)

static const struct {
    const char *call;
    unsigned long codes;
} allowed[] = {
    {"clock_gettime", OK | SYSTEM | UNAVAILABLE},
    {"fchmod", OK | UNAVAILABLE},
    {"fdopendir", OK | UNAVAILABLE},
    {"fsetxattr", OK},
    {"fstat64", OK | UNAVAILABLE},
    {"fstatat64", OK | UNAVAILABLE},
    {"futimens", OK | UNAVAILABLE},
    {"getgrnam_r", OK | UNAVAILABLE},
    {"getgrouplist", OK | MEMORY},
    {"getpwnam_r", OK | UNAVAILABLE},
    {"getrandom", OK | UNAVAILABLE},
    {"getresuid", OK | UNAVAILABLE},
    {"mkdir", OK | UNAVAILABLE},
    {"mkdirat", OK | UNAVAILABLE},
    {"open64", OK | UNAVAILABLE},
    {"openat64", OK | UNAVAILABLE},
    {"read", OK | UNAVAILABLE},
    {"readdir64", OK | UNAVAILABLE},
    {"readlinkat", OK | UNAVAILABLE},
    {"symlinkat", UNAVAILABLE},
    {"unlinkat", OK | UNAVAILABLE},
    {"write", OK},
};

/* What a signal can interrupt is done again. */
static bool
is_repeated(const struct sweep *sweep)
{
    static const char *const calls[] = {"read", "write", "poll", "waitid", "wait4"};

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(calls[i], fault_hit()) == 0)
            return sweep->plan.kind == FAULT_INTERRUPT;
    return false;
}

static unsigned long
codes_for(const struct sweep *sweep)
{
    const unsigned long denied = BIT(PAM_AUTH_ERR), all = UNAVAILABLE | SYSTEM | MEMORY;

    /* With everything failing from there on, the first call to fail says nothing any more. */
    if (sweep->plan.onwards || !sweep->good)
        return all | denied | BIT(PAM_USER_UNKNOWN) | (sweep->good ? OK : 0);
    if (is_repeated(sweep))
        return OK;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (strcmp(allowed[i].call, fault_hit()) == 0)
            return allowed[i].codes | (sweep->local ? denied : 0);
    return OK | (sweep->local ? denied : 0);
}

static void
begin(void)
{
    fault_begin(&current->plan);
}

static void
complain(struct sweep *sweep, const char *what, int code)
{
    sweep->wrong++;
    printf("wrong: %s (%s) where %s, call %ld%s%s%s, fails\n", what, pam_code_name(code),
           fault_hit(), sweep->plan.at, sweep->plan.onwards ? " and all after it" : "",
           sweep->plan.kind == FAULT_INTERRUPT ? " with EINTR" : "",
           sweep->plan.in_children ? " of a child's" : "");
}

static void
judge_sessions(struct sweep *sweep, const int codes[LOGIN_STEPS])
{
    /* A lone module's PAM_IGNORE is PAM_PERM_DENIED of libpam's. */
    const unsigned long without = BIT(PAM_PERM_DENIED);
    static const unsigned long may[LOGIN_STEPS] = {
        [LOGIN_SETCRED] = OK,
        [LOGIN_OPEN] = OK | SYSTEM | MEMORY,
        [LOGIN_CLOSE] = OK | SYSTEM | MEMORY | BIT(PAM_SESSION_ERR),
    };

    for (int i = LOGIN_SETCRED; i < LOGIN_STEPS; i++)
        if (codes[i] >= 0 && (BIT(codes[i]) & (may[i] | (i == LOGIN_SETCRED ? 0 : without))) == 0)
            complain(sweep, "a session's step", codes[i]);
}

/* Whatever failed, the next login finds no obstacle, and what was left goes in time. */
static void
judge_leftovers(struct sweep *sweep, const int came[LOGIN_STEPS])
{
    const bool unclosed = came[LOGIN_OPEN] == PAM_SUCCESS && came[LOGIN_CLOSE] != PAM_SUCCESS;
    struct login next = sweep->login;
    int codes[LOGIN_STEPS];

    host_remove(RUN "/replay");
    if (host_files(RUN) == 0)
        return;
    if (!sweep->plan.onwards && !unclosed && strcmp(fault_hit(), "unlinkat") != 0)
        complain(sweep, "a file is left", came[LOGIN_AUTHENTICATE]);
    sweep->plan.kind = FAULT_NONE;
    next.token = sweep->later_token;
    fault_set_clock(LATER);
    login_run(&next, codes);
    fault_set_clock(0);
    host_remove(RUN "/replay");
    for (int i = 0; i < LOGIN_STEPS; i++)
        if (codes[i] != PAM_SUCCESS)
            complain(sweep, "the login after", codes[i]);
    if (host_files(RUN) != 0 && !sweep->plan.onwards)
        complain(sweep, "left for good", 0);
    host_remove(RUN);
}

static void
judge(struct sweep *sweep, const int codes[LOGIN_STEPS], size_t descriptors)
{
    int code = codes[LOGIN_AUTHENTICATE];

    sweep->points++;
    printf("%s:", fault_hit());
    for (int i = 0; i < LOGIN_STEPS; i++)
        printf(" %s", codes[i] < 0 ? "-" : pam_code_name(codes[i]));
    putchar('\n');
    if (code < 0 || code > 31 || (codes_for(sweep) & BIT(code)) == 0)
        complain(sweep, "authenticate", code);
    judge_sessions(sweep, codes);
    if (host_descriptors() != descriptors)
        complain(sweep, "other descriptors", code);
    if (host_reap() > 0)
        complain(sweep, "a child is left", code);
}

static void
attempt(struct sweep *sweep)
{
    const struct fault_plan plan = sweep->plan;
    const size_t descriptors = host_descriptors();
    int codes[LOGIN_STEPS];

    current = sweep;
    login_run(&sweep->login, codes);
    if (fault_hit()[0] != '\0')
        judge(sweep, codes, descriptors);
    judge_leftovers(sweep, codes);
    sweep->plan = plan;
}

static void
run(struct sweep *sweep, enum fault_kind kind, bool onwards)
{
    unsigned long points;

    sweep->plan.kind = kind;
    sweep->plan.onwards = onwards;
    sweep->plan.at = 1;
    do {
        points = sweep->points;
        attempt(sweep);
        sweep->plan.at++;
    } while (sweep->points != points);
}

/* With nothing failing it is as it should be; this pays for what libraries set up once, too. */
static void
check_basis(struct sweep *sweep)
{
    int codes[LOGIN_STEPS];

    current = sweep;
    for (int i = 0; i < 2; i++) {
        login_run(&sweep->login, codes);
        if ((codes[LOGIN_AUTHENTICATE] == PAM_SUCCESS) != sweep->good)
            errx(1, "even with nothing failing it is %s", pam_code_name(codes[0]));
        host_remove(RUN);
    }
}

static void
become(const char *uid)
{
    if (setresuid((uid_t)strtoul(uid, NULL, 10), 0, 0) != 0)
        err(2, "setresuid");
}

int
main(int argc, char **argv)
{
    struct sweep sweep = {
        .login = {.begin = begin, .end = fault_end, .pause = fault_pause, .resume = fault_resume}};
    int at = 1;

    fault_init();
    log_is_quiet = 1;
    umask(022);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 4 && strcmp(argv[at], "--local") == 0) {
        sweep.local = true;
        sweep.login.ruser = argv[at + 1];
        become(argv[at + 2]);
        at += 3;
    }
    if (argc > at && strcmp(argv[at], "--children") == 0) {
        sweep.plan.in_children = true;
        at++;
    }
    if (argc - at != 6)
        errx(2, "usage: call-failure [--local NAME UID] [--children] SERVICE USER CONFDIR good|bad "
                "TOKEN LATER-TOKEN");
    sweep.login.service = argv[at];
    sweep.login.user = argv[at + 1];
    sweep.login.confdir = argv[at + 2];
    sweep.good = strcmp(argv[at + 3], "good") == 0;
    sweep.login.token = argv[at + 4];
    sweep.later_token = argv[at + 5];
    sweep.login.sessions = !sweep.local;
    check_basis(&sweep);
    run(&sweep, FAULT_USUAL, false);
    run(&sweep, FAULT_INTERRUPT, false);
    run(&sweep, FAULT_USUAL, true);
    if (fault_strays() > 0)
        printf("wrong: %ld times something outside " TS_RUNDIR " was to be written\n",
               fault_strays());
    printf("%lu points of failure, %lu wrong\n", sweep.points, sweep.wrong);
    return sweep.wrong == 0 && fault_strays() == 0 && sweep.points > 60 ? 0 : 1;
}
