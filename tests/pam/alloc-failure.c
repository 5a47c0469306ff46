/*
 * Every allocation in a whole login made to fail in turn, and from each point on:
 *
 *     alloc-failure SERVICE USER CONFDIR good|bad TOKEN-FILE
 *
 * Nothing crashes, and whatever is not out of memory is decided as ever. Prints what came of it.
 */
#include "driver.h"
#include "login.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t calls;
static size_t fails_at;   /* counted from 1; 0: none */
static int fails_onwards; /* all later ones too */

static int
fails(void)
{
    if (fails_at == 0)
        return 0;
    calls++;
    if (calls != fails_at && !(fails_onwards && calls > fails_at))
        return 0;
    errno = ENOMEM;
    return 1;
}

#include "../allocations.h"

static size_t starts_at; /* what fails_at becomes where the login begins */

static void
begin(void)
{
    calls = 0;
    fails_at = starts_at;
}

static void
end(void)
{
    fails_at = 0;
}

/* The one who answers is not out of memory. */
static int
pause_failing(void)
{
    int paused = fails_at != 0;

    fails_at = 0;
    return paused;
}

static void
resume_failing(int paused)
{
    fails_at = paused ? starts_at : 0;
}

/* libpam, which reads the stack inside pam_authenticate, calls it PAM_SYSTEM_ERR. */
static bool
is_right(int rc, int expected)
{
    return rc == expected || rc == PAM_BUF_ERR || rc == PAM_SYSTEM_ERR;
}

/* A lone module's PAM_IGNORE, where there is no file for the session, is PAM_PERM_DENIED of
 * libpam's; a file that stays behind is PAM_SESSION_ERR. And where /etc/passwd could not be opened
 * for want of memory and the next source does not know the user, libc says there is no such user.
 */
static bool
is_right_in_session(int rc, enum login_step step)
{
    return is_right(rc, PAM_SUCCESS) ||
           (step != LOGIN_SETCRED && (rc == PAM_PERM_DENIED || rc == PAM_USER_UNKNOWN)) ||
           (step == LOGIN_CLOSE && rc == PAM_SESSION_ERR);
}

static bool
are_right(const int codes[LOGIN_STEPS], int expected)
{
    if (!is_right(codes[LOGIN_AUTHENTICATE], expected))
        return false;
    for (int i = LOGIN_SETCRED; i < LOGIN_STEPS; i++)
        if (codes[i] >= 0 && !is_right_in_session(codes[i], (enum login_step)i))
            return false;
    return true;
}

static void
report(const int codes[LOGIN_STEPS])
{
    printf("wrong:");
    for (int i = 0; i < LOGIN_STEPS; i++)
        printf(" %s", codes[i] < 0 ? "-" : pam_code_name(codes[i]));
    printf(" where allocation %zu%s fails\n", starts_at, fails_onwards ? " and all after it" : "");
}

int
main(int argc, char **argv)
{
    size_t points = 0, wrong = 0, by_code[64] = {0};

    if (argc != 6)
        errx(2, "usage: alloc-failure SERVICE USER CONFDIR good|bad TOKEN-FILE");
    const struct login login = {.service = argv[1],
                                .user = argv[2],
                                .confdir = argv[3],
                                .token = argv[5],
                                .sessions = true,
                                .begin = begin,
                                .end = end,
                                .pause = pause_failing,
                                .resume = resume_failing};
    int codes[LOGIN_STEPS];
    const int expected = strcmp(argv[4], "good") == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
    log_is_quiet = 1;
    /* The first attempt also pays for what libraries set up once. */
    for (int i = 0; i < 2; i++) {
        login_run(&login, codes);
        if (codes[LOGIN_AUTHENTICATE] != expected)
            errx(1, "even with all the memory there is, it is not %s", pam_code_name(expected));
    }
    for (fails_onwards = 0; fails_onwards <= 1; fails_onwards++) {
        for (starts_at = 1;; starts_at++) {
            login_run(&login, codes);
            if (calls < starts_at)
                break;
            points++;
            int rc = codes[LOGIN_AUTHENTICATE];
            by_code[rc >= 0 && rc < 64 ? rc : 63]++;
            if (!are_right(codes, expected)) {
                report(codes);
                wrong++;
            }
        }
    }
    for (int code = 0; code < 64; code++)
        if (by_code[code] > 0)
            printf("%s %zu times\n", pam_code_name(code), by_code[code]);
    printf("%zu points of failure, %zu wrong\n", points, wrong);
    return wrong == 0 && points > 20 ? 0 : 1;
}
