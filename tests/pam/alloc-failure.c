/*
 * Every allocation inside pam_authenticate made to fail in turn, and from each point on:
 *
 *     alloc-failure SERVICE USER CONFDIR good|bad TOKEN-FILE
 *
 * Nothing crashes, and whatever is not out of memory is decided as ever. Prints what came of it.
 */
#include "driver.h"

#include <err.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own; defining malloc and its kin here puts them in front for every library loaded. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

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

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *
memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

struct attempt {
    const char *service;
    const char *user;
    const char *confdir;
    const char *token;
};

/* The one who answers is not out of memory. */
static int
converse(int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
    size_t saved = fails_at;

    fails_at = 0;
    int rc = script_converse(count, messages, ret, data);
    fails_at = saved;
    return rc;
}

static int
authenticate(const struct attempt *attempt, size_t fail)
{
    struct script script = {
        .answers = {attempt->token}, .answers_len = 1, .repeats = 1, .silent = 1};
    const struct pam_conv conv = {converse, &script};
    pam_handle_t *pamh = NULL;

    if (pam_start_confdir(attempt->service, attempt->user, &conv, attempt->confdir, &pamh) !=
        PAM_SUCCESS)
        errx(2, "pam_start_confdir");
    calls = 0;
    fails_at = fail;
    int rc = pam_authenticate(pamh, 0);
    fails_at = 0;
    pam_end(pamh, rc);
    return rc;
}

/* libpam, which reads the stack inside pam_authenticate, calls it PAM_SYSTEM_ERR. */
static int
is_right(int rc, int expected)
{
    return rc == expected || rc == PAM_BUF_ERR || rc == PAM_SYSTEM_ERR;
}

int
main(int argc, char **argv)
{
    size_t points = 0, wrong = 0, by_code[64] = {0};

    if (argc != 6)
        errx(2, "usage: alloc-failure SERVICE USER CONFDIR good|bad TOKEN-FILE");
    const struct attempt attempt = {argv[1], argv[2], argv[3], argv[5]};
    const int expected = strcmp(argv[4], "good") == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
    log_is_quiet = 1;
    /* The first attempt also pays for what libraries set up once. */
    if (authenticate(&attempt, (size_t)-1) != expected ||
        authenticate(&attempt, (size_t)-1) != expected)
        errx(1, "even with all the memory there is, it is not %s", pam_code_name(expected));
    for (fails_onwards = 0; fails_onwards <= 1; fails_onwards++) {
        for (size_t n = 1;; n++) {
            int rc = authenticate(&attempt, n);

            if (calls < n)
                break;
            points++;
            by_code[rc >= 0 && rc < 64 ? rc : 63]++;
            if (!is_right(rc, expected)) {
                printf("wrong: %s where allocation %zu%s fails\n", pam_code_name(rc), n,
                       fails_onwards ? " and all after it" : "");
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
