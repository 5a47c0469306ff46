/*
 * `key export`: passes the API key on, for a process of another user that is to ask with it. The
 * kernel copies the bytes, so that this program never holds a private key.
 */
#include "helper/command/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/job/key_command.h"

static int
report_write(struct ts_err *err)
{
    return ts_err_errno(err, TS_ERR_OUTPUT, "the API key cannot be written to standard output");
}

static int
export_id(const struct ts_request *request, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(256);

    if (request->key.key_id == NULL)
        return 0;
    if (ts_secret_append_strings(&line, TS_JOB_KEY_ID_PREFIX, request->key.key_id, "\n", NULL) < 0)
        return ts_err_nomem(err);
    if (ts_write_all(STDOUT_FILENO, line.data, line.len) < 0)
        return report_write(err);
    return 0;
}

static int
export_file(const char *path, struct ts_err *err)
{
    const struct ts_file_rules rules = {
        .owner = geteuid(), .forbidden = 077, .follow_symlink = true};
    TS_CLEANUP(ts_fd_close) int fd = -1;
    struct stat st;
    ssize_t sent;

    int rc = ts_file_open(AT_FDCWD, path, path, &rules, &fd, &st, err);
    if (rc < 0) {
        ts_err_prefix(err, "API key");
        return ts_err_recode(err, rc == TS_ERR_UNSAFE ? TS_ERR_CONFIG : TS_ERR_KEY);
    }
    do
        sent = sendfile(STDOUT_FILENO, fd, NULL, 65536);
    while (sent > 0 || (sent < 0 && errno == EINTR));
    return sent < 0 ? report_write(err) : 0;
}

static int
export_command(const struct ts_request *request, struct ts_err *err)
{
    TS_CLEANUP(ts_key_command_release) struct ts_key_command command = TS_KEY_COMMAND_INIT;
    int64_t deadline = ts_clock_boot_ms() + request->endpoint.timeout_ms;
    int rc = ts_key_command_start(request, STDOUT_FILENO, &command, err);

    return rc < 0 ? rc : ts_key_command_finish(&command, deadline, err);
}

int
key_export(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;

    (void)answer;
    if (isatty(STDOUT_FILENO) == 1)
        return helper_usage(err, "'key export' writes the private key: to a pipe, not a terminal");
    int rc = helper_profile_request(helper, NULL, &request, err);
    if (rc == 0)
        rc = export_id(&request, err);
    if (rc < 0)
        return rc;
    return request.key.key_command != NULL ? export_command(&request, err)
                                           : export_file(request.key.key_file, err);
}
