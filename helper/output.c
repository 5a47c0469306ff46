#include "helper/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"

bool
output_prepare(void)
{
    struct pollfd fds[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
    bool stdout_open = true;

    (void)signal(SIGPIPE, SIG_IGN);
    /* A file size limit, on a cache file too, is an error like a full disk. */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (poll(fds, TS_ARRAY_LEN(fds), 0) <= 0)
        return true;
    for (size_t i = 0; i < TS_ARRAY_LEN(fds); i++) {
        if ((fds[i].revents & POLLNVAL) == 0)
            continue;
        if (fds[i].fd == STDOUT_FILENO)
            stdout_open = false;
        /* open(2) takes the lowest free descriptor, which is this one: the lower ones are open. */
        if (open("/dev/null", O_RDWR) != fds[i].fd)
            _exit(71);
    }
    return stdout_open;
}

int
output_write(bool stdout_open, const struct ts_secret *answer, struct ts_err *err)
{
    if (answer->len == 0)
        return 0;
    if (!stdout_open)
        return ts_err_set(err, TS_ERR_OUTPUT, "standard output is closed");
    if (ts_write_all(STDOUT_FILENO, answer->data, answer->len) < 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "cannot write to standard output");
    /* A full quota or a network file system may report it only now. */
    if (close(STDOUT_FILENO) < 0 && errno != EINTR)
        return ts_err_errno(err, TS_ERR_OUTPUT, "cannot write to standard output");
    return 0;
}

static bool
has_status(const struct ts_err *err)
{
    char status[32];

    (void)snprintf(status, sizeof(status), "HTTP %ld", err->http_status);
    return err->http_status == 0 || strstr(err->text, status) != NULL;
}

static bool
has_response_id(const struct ts_err *err)
{
    return err->response_id[0] == '\0' || strstr(err->text, err->response_id) != NULL;
}

void
output_error_text(const struct ts_err *err, char ret[OUTPUT_TEXT_MAX])
{
    char more[TS_ERR_ID_MAX + 64] = "";

    if (!has_status(err) && !has_response_id(err))
        (void)snprintf(more, sizeof(more), " (HTTP %ld, response_id %s)", err->http_status,
                       err->response_id);
    else if (!has_status(err))
        (void)snprintf(more, sizeof(more), " (HTTP %ld)", err->http_status);
    else if (!has_response_id(err))
        (void)snprintf(more, sizeof(more), " (response_id %s)", err->response_id);
    (void)snprintf(ret, OUTPUT_TEXT_MAX, "%s%s", err->text, more);
}

void
output_error(const struct ts_err *err)
{
    static const char before[] = "thrivestack-credential: ";
    char text[OUTPUT_TEXT_MAX];
    char line[sizeof(before) + sizeof(text)];

    output_error_text(err, text);
    (void)snprintf(line, sizeof(line), "%s%s\n", before, text);
    (void)ts_write_all(STDERR_FILENO, line, strlen(line));
}
