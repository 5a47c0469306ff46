/*
 * What a host's memory has grown by after logins under a policy with many keys:
 *
 *     many-keys USER CONFDIR TOKEN FEW MANY
 *
 * It logs in to the service FEW once, which loads what stays loaded, and then to MANY, whose policy
 * is large. Prints by how many KiB resident memory grew at most, and by how many it has grown.
 */
#include "driver.h"
#include "host.h"
#include "login.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define LOGINS 5

static struct login login;

static void
log_in(const char *service)
{
    int codes[LOGIN_STEPS];

    login.service = service;
    login_run(&login, codes);
    if (codes[LOGIN_AUTHENTICATE] != PAM_SUCCESS)
        errx(1, "%s: the token is not accepted", service);
}

int
main(int argc, char **argv)
{
    struct rusage usage;

    if (argc != 6)
        errx(2, "usage, as root: many-keys USER CONFDIR TOKEN FEW MANY");
    login.user = argv[1];
    login.confdir = argv[2];
    login.token = argv[3];
    log_is_quiet = 1;
    log_in(argv[4]);
    const size_t before = host_memory();
    for (int i = 0; i < LOGINS; i++)
        log_in(argv[5]);
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        err(2, "getrusage");
    printf("%ld %ld\n", usage.ru_maxrss - (long)before, (long)host_memory() - (long)before);
    return 0;
}
