#include "driver.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

static void
set_item(struct driver *driver, int item, const char *value)
{
    if (value != NULL && pam_set_item(driver->pamh, item, value) != PAM_SUCCESS)
        errx(2, "pam_set_item");
}

/* The real uid of somebody who has started a setuid program. */
static void
become_setuid(const char *uid)
{
    if (setresuid((uid_t)strtoul(uid, NULL, 10), 0, 0) != 0)
        err(2, "setresuid");
}

enum { RHOST = 256, RUSER, FAIL, REPEAT, ANSWER, SILENT, RUID, PUTENV, NEW_USER, END };

static const struct option options[] = {
    {"rhost", required_argument, NULL, RHOST},
    {"ruser", required_argument, NULL, RUSER},
    {"fail-at", required_argument, NULL, FAIL},
    {"end-at", required_argument, NULL, END},
    {"repeat", no_argument, NULL, REPEAT},
    {"answer", required_argument, NULL, ANSWER},
    {"silent", no_argument, NULL, SILENT},
    {"ruid", required_argument, NULL, RUID},
    {"putenv", required_argument, NULL, PUTENV},
    {"new-user", required_argument, NULL, NEW_USER},
    {NULL, 0, NULL, 0},
};

static void
read_option(struct driver *driver, int option)
{
    struct script *script = &driver->script;

    if (option == RHOST)
        driver->rhost = optarg;
    else if (option == RUSER)
        driver->ruser = optarg;
    else if (option == FAIL)
        script->fails = strtoul(optarg, NULL, 10);
    else if (option == END)
        script->ends = strtoul(optarg, NULL, 10);
    else if (option == REPEAT)
        script->repeats = 1;
    else if (option == ANSWER && script->answers_len < ANSWERS_MAX)
        script->answers[script->answers_len++] = optarg;
    else if (option == SILENT)
        driver->flags = (int)PAM_SILENT;
    else if (option == RUID)
        become_setuid(optarg);
    else if (option == PUTENV)
        driver->variable = optarg;
    else if (option == NEW_USER)
        script->new_user = optarg;
    else
        errx(2, "wrong options");
}

int
driver_read_options(struct driver *driver, int argc, char **argv)
{
    /* 0 makes glibc's getopt start again. */
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;)
        read_option(driver, option);
    return optind;
}

void
driver_start(struct driver *driver, const char *service, const char *user, const char *confdir)
{
    const struct pam_conv conv = {script_converse, &driver->script};

    if (pam_start_confdir(service, user, &conv, confdir, &driver->pamh) != PAM_SUCCESS)
        errx(2, "pam_start_confdir");
    driver->script.pamh = driver->pamh;
    set_item(driver, PAM_RHOST, driver->rhost);
    set_item(driver, PAM_RUSER, driver->ruser);
    if (driver->variable != NULL)
        (void)pam_putenv(driver->pamh, driver->variable);
}
