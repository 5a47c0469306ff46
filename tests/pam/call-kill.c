/*
 * The host killed at every system call of the module's in a whole login, and for source = local the
 * module's children as well:
 *
 *     call-kill [--local NAME UID] [--children] SERVICE USER CONFDIR TOKEN LATER-TOKEN
 *
 * Afterwards nobody runs on, what is left is nothing that anyone would take for a session's token,
 * the next login works at once, and what was left goes with a login after the token's expiry.
 */
#include "driver.h"
#include "fault.h"
#include "host.h"
#include "login.h"

#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build-config.h"

#define RUN TS_RUNDIR "/thrivestack"
#define LATER 7200 /* seconds from now, when the token has expired */
#define ALL_GONE_S 30

static struct login login = {
    .begin = fault_end, .end = fault_end, .pause = fault_pause, .resume = fault_resume};
static struct fault_plan plan = {.kind = FAULT_KILL};
static const char *later_token;
static const char *ruid; /* of somebody who started a setuid program; NULL for none */
static off_t token_size;
static bool is_single_use;
static unsigned long wrong;

static void
complain(const char *what, const char *detail)
{
    wrong++;
    printf("wrong: %s (%s) after call %ld, %s%s\n", what, detail, plan.at, fault_hit(),
           plan.in_children ? " of a child's" : "");
}

static void
begin(void)
{
    fault_begin(&plan);
}

static void __attribute__((noreturn)) be_the_host(void)
{
    struct login doomed = login;
    int codes[LOGIN_STEPS];

    doomed.begin = begin;
    if (ruid != NULL && setresuid((uid_t)strtoul(ruid, NULL, 10), 0, 0) != 0)
        err(2, "setresuid");
    login_run(&doomed, codes);
    /* Where only children die: no success but by a whole token, and none left behind. */
    _exit(plan.in_children && host_reap() > 0 ? 3 : 0);
}

/* This process inherits whoever outlives the host; alarm(2) ends it where somebody runs on. */
static void
wait_for_all(pid_t host)
{
    siginfo_t info;

    alarm(ALL_GONE_S);
    while (waitid(P_ALL, 0, &info, WEXITED | __WALL) == 0)
        if (info.si_pid == host && info.si_code == CLD_EXITED && info.si_status != 0)
            complain("the host", "ends badly");
    alarm(0);
}

/* A file that only root can read may be cut short; one that its user can read may not. */
static int
judge_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    bool begun = st->st_uid == 0 && (st->st_mode & 07777) == 0400;
    bool given = st->st_uid == 0 && (st->st_mode & 07777) == 0440;

    if (kind == FTW_D && (st->st_uid != 0 || (st->st_mode & 022) != 0))
        complain("a folder that others can write to", path + where->base);
    /* A use that was killed leaves a whole record or nothing. */
    if (kind != FTW_D && strstr(path, "/replay/") != NULL &&
        (kind != FTW_SL || strlen(path + where->base) != 64))
        complain("half a record", path + where->base);
    if (kind == FTW_D || strncmp(path + where->base, "session-", 8) != 0)
        return 0;
    if ((!begun && !given) || (given && st->st_size != token_size))
        complain("a file that is neither here nor there", path + where->base);
    return 0;
}

static void
log_in(const char *service, const char *token, long ahead, const char *what)
{
    struct login next = login;
    int codes[LOGIN_STEPS];

    next.service = service;
    next.token = token;
    next.ruser = NULL;
    fault_set_clock(ahead);
    login_run(&next, codes);
    fault_set_clock(0);
    for (int i = 0; i < LOGIN_STEPS; i++)
        if (codes[i] != PAM_SUCCESS)
            complain(what, pam_code_name(codes[i]));
}

/* The very token may be used up, and is nothing else: the store is usable. */
static void
use_again(void)
{
    struct login next = login;
    int codes[LOGIN_STEPS];

    if (!is_single_use)
        return;
    login_run(&next, codes);
    if (codes[0] != PAM_SUCCESS && codes[0] != PAM_AUTH_ERR)
        complain("the same token again", pam_code_name(codes[0]));
}

static bool
kill_one(void)
{
    bool hit;

    fflush(stdout);
    begin();
    fault_end();
    pid_t host = fork();
    if (host < 0)
        err(2, "fork");
    if (host == 0)
        be_the_host();
    wait_for_all(host);
    fault_end();
    hit = fault_hit()[0] != '\0';
    (void)nftw(RUN, judge_file, 8, FTW_PHYS);
    use_again();
    log_in("sshd", login.token, 0, "the next login");
    log_in("sshd", later_token, LATER, "a login later");
    host_remove(RUN "/replay");
    if (host_files(RUN) != 0)
        complain("left for good", "");
    host_remove(RUN);
    return hit;
}

int
main(int argc, char **argv)
{
    struct stat st;
    int at = 1;

    fault_init();
    log_is_quiet = 1;
    umask(022);
    if (argc > 3 && strcmp(argv[at], "--local") == 0) {
        login.ruser = argv[at + 1];
        ruid = argv[at + 2];
        at += 3;
    }
    if (argc > at && strcmp(argv[at], "--children") == 0) {
        plan.in_children = true;
        at++;
    }
    if (argc - at != 5 || stat(argv[at + 3], &st) != 0)
        errx(2, "usage: call-kill [--local NAME UID] [--children] SERVICE USER CONFDIR TOKEN "
                "LATER-TOKEN");
    login.service = argv[at];
    is_single_use = strcmp(argv[at], "once") == 0;
    login.user = argv[at + 1];
    login.confdir = argv[at + 2];
    login.token = argv[at + 3];
    login.sessions = true;
    later_token = argv[at + 4];
    token_size = st.st_size;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) != 0)
        err(2, "prctl");
    for (plan.at = 1; kill_one();)
        plan.at++;
    printf("killed at %ld calls, %lu wrong, %ld strays\n", plan.at - 1, wrong, fault_strays());
    return wrong == 0 && fault_strays() == 0 && plan.at > 10 ? 0 : 1;
}
