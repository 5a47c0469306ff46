/* `events send`: posts the login events that pam_thrivestack has kept, and removes what was taken.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/job/job.h"
#include "helper/command/event_body.h"
#include "helper/command/event_run.h"
#include "helper/helper.h"

/* A draft older than this is no longer being written. */
#define DRAFT_SECONDS 3600
#define BUSY 1 /* another sender holds the spool */

static void
close_spool(DIR **spool)
{
    if (*spool != NULL)
        (void)closedir(*spool);
}

/* *ret is NULL where there is none. */
static int
open_spool(DIR **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close)
    int fd = open(TS_SPOOLDIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    const struct ts_file_rules rules = {.owner = geteuid(), .forbidden = 022};

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st) != 0)
        return ts_err_errno(err, TS_ERR_CONFIG, "the spool " TS_SPOOLDIR " cannot be opened");
    if (ts_file_check_stat(&st, TS_SPOOLDIR, &rules, err) < 0)
        return ts_err_recode(err, TS_ERR_CONFIG);
    *ret = fdopendir(fd);
    if (*ret == NULL)
        return ts_err_nomem(err);
    fd = -1;
    return 0;
}

/* Two senders would send everything twice. 0, BUSY or TS_ERR_SYSTEM. */
static int
lock_spool(DIR *spool, struct ts_err *err)
{
    if (flock(dirfd(spool), LOCK_EX | LOCK_NB) == 0)
        return 0;
    return errno == EWOULDBLOCK
               ? BUSY
               : ts_err_errno(err, TS_ERR_SYSTEM, "the spool " TS_SPOOLDIR " cannot be locked");
}

static bool
is_event_name(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

/* What a writer left that was killed. */
static void
drop_old_draft(int spool, const char *name)
{
    struct stat st;

    if (name[0] == '.' && fstatat(spool, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(st.st_mode) && ts_clock_wall() - st.st_mtime > DRAFT_SECONDS)
        (void)unlinkat(spool, name, 0);
}

static int
list_events(DIR *spool, struct ts_list *ret, struct ts_err *err)
{
    const struct dirent *entry;
    int rc = 0;

    for (errno = 0; rc == 0 && (entry = readdir(spool)) != NULL; errno = 0) {
        if (is_event_name(entry->d_name))
            rc = ts_list_add(ret, entry->d_name, err);
        else
            drop_old_draft(dirfd(spool), entry->d_name);
    }
    if (rc == 0 && errno != 0)
        rc = ts_err_errno(err, TS_ERR_SYSTEM, "the spool " TS_SPOOLDIR " cannot be listed");
    ts_list_normalize(ret);
    return rc;
}

static int
read_event(int spool, const char *name, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_EVENT_MAX);
    const struct ts_file_rules rules = {.owner = geteuid(), .forbidden = 022};
    int rc = ts_file_read(spool, name, name, &rules, &text, err);

    if (rc < 0)
        return rc;
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        ts_secret_truncate(&text, text.len - 1);
    const struct ts_line line = {ts_secret_string(&text), text.len};
    rc = event_body_from_line(event_kind_find("track"), &line, ts_clock_wall(), ret, err);
    return rc == TS_ERR_USAGE
               ? ts_err_set(err, rc, "%s: no event: remove the file (%.600s)", name, err->text)
               : rc;
}

/* Removed as soon as it is taken, so that whatever happens next, it is not sent again. */
static int
send_file(int spool, const char *name, struct event_run *run, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret event = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    struct ts_err failure = {.code = 0};
    int rc = read_event(spool, name, &event, &failure);

    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0) {
        event_run_reject(run, TS_SPOOLDIR, &failure);
        return 0;
    }
    if (event_run_send(run, name, &event) && unlinkat(spool, name, 0) != 0 && errno != ENOENT)
        return ts_err_errno(err, TS_ERR_SYSTEM,
                            TS_SPOOLDIR "/%s was sent and cannot be removed: remove it", name);
    return 0;
}

static int
send_spool(DIR *spool, const struct ts_request *request, struct helper *helper,
           struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list names = {NULL, 0};
    struct event_run run = {.call = TS_EVENT_CALL_INIT(request)};
    int rc = list_events(spool, &names, err);

    for (size_t i = 0; i < names.len && rc == 0 && !run.is_ended; i++)
        rc = send_file(dirfd(spool), names.items[i], &run, err);
    ts_event_call_close(&run.call);
    helper->exit_code = ts_error_exit_code(run.code);
    return rc == 0 && event_run_summary(&run, answer) < 0 ? ts_err_nomem(err) : rc;
}

int
command_events(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    const struct options *options = &helper->options;
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(close_spool) DIR *spool = NULL;

    if (options->arguments_len != 1 || strcmp(options->arguments[0], "send") != 0)
        return helper_usage(err, "'events' is followed by send");
    int rc = helper_load_config(helper, err);
    if (rc == 0)
        rc = ts_config_events_request(&helper->config, "track", &request, err);
    if (rc == 0)
        rc = open_spool(&spool, err);
    if (rc < 0)
        return rc;
    if (spool == NULL)
        return ts_secret_append_string(answer, "0 sent\n") < 0 ? ts_err_nomem(err) : 0;
    rc = lock_spool(spool, err);
    if (rc < 0)
        return rc;
    if (rc == BUSY)
        return ts_secret_append_string(answer, "another sender is at work\n") < 0
                   ? ts_err_nomem(err)
                   : 0;
    return send_spool(spool, &request, helper, answer, err);
}
