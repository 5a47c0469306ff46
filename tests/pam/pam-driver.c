/*
 * A program that speaks PAM, for tests: pam-driver [options] SERVICE USER CONFDIR STEP...
 * Steps are named in the table below and run in their order on one handle; each prints its name and
 * its return code.
 */
#include "driver.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int
do_authenticate(struct driver *driver)
{
    return pam_authenticate(driver->pamh, driver->flags);
}

static int
do_account(struct driver *driver)
{
    return pam_acct_mgmt(driver->pamh, driver->flags);
}

static int
do_setcred(struct driver *driver)
{
    return pam_setcred(driver->pamh, (int)(PAM_ESTABLISH_CRED | (unsigned)driver->flags));
}

static int
do_delete_cred(struct driver *driver)
{
    return pam_setcred(driver->pamh, (int)(PAM_DELETE_CRED | (unsigned)driver->flags));
}

static int
do_open(struct driver *driver)
{
    return pam_open_session(driver->pamh, driver->flags);
}

static int
do_close(struct driver *driver)
{
    return pam_close_session(driver->pamh, driver->flags);
}

static int
do_chauthtok(struct driver *driver)
{
    return pam_chauthtok(driver->pamh, driver->flags);
}

static int
do_env(struct driver *driver)
{
    char **variables = pam_getenvlist(driver->pamh);

    for (char **p = variables; p != NULL && *p != NULL; p++) {
        printf("env %s\n", *p);
        free(*p);
    }
    free(variables);
    return PAM_SUCCESS;
}

/* Lets the script that started this look around before the next step. */
static int
do_pause(struct driver *driver)
{
    char line[8];

    (void)driver;
    fflush(stdout);
    return fgets(line, sizeof(line), stdin) != NULL ? PAM_SUCCESS : PAM_ABORT;
}

/* Is gone without pam_end, as a host that crashes. */
static int
do_vanish(struct driver *driver)
{
    (void)driver;
    fflush(stdout);
    _exit(0);
}

static void
export_environment(pam_handle_t *pamh, int fd)
{
    char **variables = pam_getenvlist(pamh);

    for (char **p = variables; p != NULL && *p != NULL; p++)
        dprintf(fd, "%s\n", *p);
}

static void
import_environment(pam_handle_t *pamh, int fd)
{
    FILE *file = fdopen(fd, "r");
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        (void)pam_putenv(pamh, line);
    }
    free(line);
    fclose(file);
}

/* As sshd does it: in a child, of which only the PAM environment comes back. */
static int
do_forked_authenticate(struct driver *driver)
{
    int fds[2], status = 0;

    if (pipe(fds) != 0)
        err(2, "pipe");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int rc = do_authenticate(driver);

        if (rc == PAM_SUCCESS)
            export_environment(driver->pamh, fds[1]);
        fflush(stdout);
        _exit(rc);
    }
    close(fds[1]);
    import_environment(driver->pamh, fds[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        err(2, "fork");
    return WIFEXITED(status) ? WEXITSTATUS(status) : PAM_ABORT;
}

static const struct {
    const char *name;
    int (*run)(struct driver *driver);
} steps[] = {
    {"authenticate", do_authenticate},
    {"forked-authenticate", do_forked_authenticate},
    {"account", do_account},
    {"setcred", do_setcred},
    {"delete-cred", do_delete_cred},
    {"open", do_open},
    {"close", do_close},
    {"chauthtok", do_chauthtok},
    {"env", do_env},
    {"pause", do_pause},
    {"vanish", do_vanish},
};

static time_t later; /* than the clock says, in seconds */

/* In front of libc's for the module, too. */
int
clock_gettime(clockid_t id, struct timespec *ret)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ret);

    ret->tv_sec += later;
    return rc;
}

/* `user=NAME`, `service=NAME` and `later=SECONDS`: what may happen between two calls. */
static bool
changes_item(struct driver *driver, const char *name)
{
    const char *value = strchr(name, '=');

    if (value == NULL)
        return false;
    if (name[0] == 'l') {
        later += strtol(value + 1, NULL, 10);
        return true;
    }
    if (pam_set_item(driver->pamh, name[0] == 'u' ? PAM_USER : PAM_SERVICE, value + 1) !=
        PAM_SUCCESS)
        errx(2, "pam_set_item");
    return true;
}

static void
run_step(struct driver *driver, const char *name)
{
    if (changes_item(driver, name))
        return;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (strcmp(steps[i].name, name) != 0)
            continue;
        int rc = steps[i].run(driver);
        printf("%s %s\n", name, pam_code_name(rc));
        return;
    }
    errx(2, "no step %s", name);
}

int
main(int argc, char **argv)
{
    struct driver driver = {.pamh = NULL};
    int i = driver_read_options(&driver, argc, argv);

    if (argc - i < 4)
        errx(2, "usage: pam-driver [options] SERVICE USER CONFDIR STEP...");
    driver_start(&driver, argv[i], argv[i + 1][0] != '\0' ? argv[i + 1] : NULL, argv[i + 2]);
    for (i += 3; i < argc; i++)
        run_step(&driver, argv[i]);
    return pam_end(driver.pamh, PAM_SUCCESS) == PAM_SUCCESS ? 0 : 2;
}
