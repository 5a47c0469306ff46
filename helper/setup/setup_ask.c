/* The question before a change, on the terminal, whatever standard input is. */
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/setup/plan.h"

#define ANSWER_MAX 64

/* The first line that is typed, without its end; what is too long is no yes. */
static int
read_answer(int fd, char ret[ANSWER_MAX], struct ts_err *err)
{
    size_t len = 0;
    ssize_t got;
    char c = 0;

    ret[0] = '\0';
    while ((got = read(fd, &c, 1)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ts_err_errno(err, TS_ERR_USAGE, "no answer from the terminal");
        if (c == '\n')
            break;
        if (len < ANSWER_MAX - 1)
            ret[len++] = c;
        ret[len] = '\0';
    }
    return 0;
}

int
setup_confirm(bool *ret_yes, struct ts_err *err)
{
    static const char question[] = "Make this change? [y/N] ";
    TS_CLEANUP(ts_fd_close) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    char answer[ANSWER_MAX];

    if (fd < 0)
        return ts_err_set(
            err, TS_ERR_USAGE,
            "nothing was changed: there is no terminal to ask on; --yes does not ask");
    if (ts_write_all(fd, question, sizeof(question) - 1) < 0)
        return ts_err_errno(err, TS_ERR_USAGE, "the terminal cannot be written to");
    int rc = read_answer(fd, answer, err);
    *ret_yes = strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
    return rc;
}
