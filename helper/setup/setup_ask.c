/* Questions before a change, on the terminal, whatever standard input is. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/setup/plan.h"

static volatile sig_atomic_t interrupted;

static void
remember_signal(int number)
{
    interrupted = number;
}

/* The first line that is typed, without its end. One that is too long is no answer at all. Returns
 * false at the end of the input, at a failure, or when a signal came. */
static bool
read_answer(int fd, char ret[SETUP_ANSWER_MAX])
{
    size_t len = 0;
    char c = 0;

    while (interrupted == 0) {
        ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR && interrupted == 0)
            continue;
        if (got <= 0)
            return false;
        if (c == '\n') {
            ret[len < SETUP_ANSWER_MAX ? len : 0] = '\0';
            return true;
        }
        if (len < SETUP_ANSWER_MAX)
            ret[len++] = c;
    }
    return false;
}

/* With ^C and the like noted instead of ending the program; from before the question on, because
 * somebody may be quick. */
static int
ask_interruptibly(int fd, const char *question, char ret[SETUP_ANSWER_MAX], struct ts_err *err)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction noting = {.sa_handler = remember_signal};
    struct sigaction before[TS_ARRAY_LEN(signals)];
    int rc = 0;

    interrupted = 0;
    for (size_t i = 0; i < TS_ARRAY_LEN(signals); i++)
        (void)sigaction(signals[i], &noting, &before[i]);
    if (ts_write_all(fd, question, strlen(question)) < 0)
        rc = ts_err_errno(err, TS_ERR_USAGE, "the terminal cannot be written to");
    else if (!read_answer(fd, ret))
        rc = ts_err_set(err, TS_ERR_USAGE,
                        interrupted != 0 ? "interrupted" : "no answer from the terminal");
    for (size_t i = 0; i < TS_ARRAY_LEN(signals); i++)
        (void)sigaction(signals[i], &before[i], NULL);
    return rc;
}

int
setup_ask(struct setup *setup, const char *question, char ret[SETUP_ANSWER_MAX], struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    ret[0] = '\0';
    if (fd < 0)
        return ts_err_set(err, TS_ERR_USAGE, "there is no terminal to ask on");
    int rc = ask_interruptibly(fd, question, ret, err);
    setup->signal = interrupted;
    if (rc < 0)
        (void)ts_write_all(fd, "\n", 1);
    return rc;
}

int
setup_confirm(struct setup *setup, bool *ret_yes, struct ts_err *err)
{
    char answer[SETUP_ANSWER_MAX];
    int rc = setup_ask(setup, "Make this change? [y/N] ", answer, err);

    if (rc < 0) {
        const struct ts_err cause = *err;

        return ts_err_set(err, rc, "nothing was changed: %s; --yes does not ask", cause.text);
    }
    *ret_yes = strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
    return 0;
}

int
setup_end(const struct setup *setup, int exit_code)
{
    if (setup->signal != 0)
        (void)raise(setup->signal);
    return exit_code;
}
