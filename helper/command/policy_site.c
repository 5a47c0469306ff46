/* Where a policy is, and its files as text. */
#include "helper/command/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/conf_dir.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/job/worker_call.h"

#define TIMEOUT_MS 60000 /* 10,000 public keys are read in one second */

int
policy_site_find(const struct helper *helper, struct policy_site *ret, struct ts_err *err)
{
    int rc = helper_policy(helper, &ret->policy, err);

    if (rc == 0)
        rc = ts_path_folder(ret->policy, &ret->base, err);
    return rc < 0 ? rc : ts_path_join(ret->base, TS_POLICY_KEYS_FOLDER, &ret->keys, err);
}

void
policy_site_release(struct policy_site *site)
{
    ts_string_free(&site->policy);
    ts_string_free(&site->base);
    ts_string_free(&site->keys);
}

struct ts_policy_trust
policy_trust(void)
{
    return (struct ts_policy_trust){.owner = getuid() == geteuid() ? getuid() : 0};
}

int
policy_ask(enum ts_job_kind kind, const char *file, struct ts_policy_info *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_string_free) char *copy = strdup(file);
    const struct ts_job job = {
        .kind = kind, .file = copy, .request.endpoint.timeout_ms = TIMEOUT_MS};
    int rc = copy != NULL ? ts_worker_call(&job, &answer, err) : ts_err_nomem(err);

    return rc < 0 ? rc : ts_job_read_policy_info(&answer, ret, err);
}

void
policy_file_release(struct policy_file *file)
{
    ts_string_free(&file->path);
    ts_secret_release(&file->text);
    policy_blocks_release(&file->blocks);
}

int
policy_file_read(struct policy_file *file, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close)
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return ts_err_errno(err, errno == ENOENT ? TS_ERR_NOT_FOUND : TS_ERR_CONFIG,
                            "%s cannot be opened", file->path);
    if (fstat(fd, &file->st) != 0 || !S_ISREG(file->st.st_mode))
        return ts_err_set(err, TS_ERR_CONFIG, "%s is not a regular file", file->path);
    int rc =
        ts_file_report_read(ts_secret_read_fd(&file->text, fd), file->path, file->text.max, err);
    if (rc < 0)
        return rc == TS_ERR_NOMEM ? rc : ts_err_recode(err, TS_ERR_CONFIG);
    rc = policy_text_scan(ts_secret_string(&file->text), file->text.len, &file->blocks);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

int
policy_file_write(const struct policy_file *file, const struct ts_secret *text, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = realpath(file->path, NULL);
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    TS_CLEANUP(ts_fd_close) int fd = -1;

    if (path == NULL)
        return ts_err_errno(err, TS_ERR_OUTPUT, "%s cannot be found", file->path);
    int rc = ts_path_folder(path, &folder, err);
    if (rc < 0)
        return rc;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "%s cannot be opened", folder);
    const struct ts_file_place place = {.folder = fd,
                                        .name = strrchr(path, '/') + 1,
                                        .shown = path,
                                        .mode = file->st.st_mode & 07777,
                                        .owner = geteuid() == 0 ? &file->st : NULL};
    rc = ts_file_replace(&place, text, err);
    return rc < 0 ? ts_err_recode(err, TS_ERR_OUTPUT) : 0;
}

static int
visit_file(char *path, bool is_keys, policy_visit *visit, void *context, struct ts_err *err)
{
    TS_CLEANUP(policy_file_release) struct policy_file file = POLICY_FILE_INIT;
    struct ts_err problem = {0};

    file.path = path;
    file.is_keys = is_keys;
    if (path == NULL)
        return ts_err_nomem(err);
    int rc = policy_file_read(&file, &problem);
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0 && (is_keys || rc != TS_ERR_NOT_FOUND))
        policy_warn("%s", problem.text);
    return rc < 0 ? 0 : visit(&file, context, err);
}

static int
list_keys(const struct policy_site *site, struct ts_list *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = open(site->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be opened", site->keys);
    int rc = ts_conf_dir_list(fd, site->keys, ret, err);
    return rc == TS_ERR_SYNTAX ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

int
policy_each_file(const struct policy_site *site, policy_visit *visit, void *context,
                 struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list names = {NULL, 0};
    int rc = visit_file(strdup(site->policy), false, visit, context, err);

    if (rc == 0)
        rc = list_keys(site, &names, err);
    for (size_t i = 0; i < names.len && rc == 0; i++) {
        char *path = NULL;

        rc = ts_path_join(site->keys, names.items[i], &path, err);
        if (rc == 0)
            rc = visit_file(path, true, visit, context, err);
    }
    return rc;
}

void
policy_warn(const char *format, ...)
{
    struct ts_err warning = {0};
    char text[TS_ERR_TEXT_MAX - 16];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ts_err_set(&warning, TS_ERR_CONFIG, "warning: %s", text);
    output_error(&warning);
}
