/* `policy check`: whether the module could use a policy, or a file that is to become a part of it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "helper/command/policy.h"

static bool
is_in_keys_folder(const char *path)
{
    static const char folder[] = "/" TS_POLICY_KEYS_FOLDER;
    const char *slash = strrchr(path, '/');
    const size_t len = strlen(folder);

    return slash != NULL && (size_t)(slash - path) >= len && memcmp(slash - len, folder, len) == 0;
}

/* A file with [service] sections is a policy.conf, any other one of keys. */
static int
find_kind(const char *path, enum ts_job_kind *ret, struct ts_err *err)
{
    TS_CLEANUP(policy_file_release) struct policy_file file = POLICY_FILE_INIT;

    file.path = strdup(path);
    if (file.path == NULL)
        return ts_err_nomem(err);
    int rc = policy_file_read(&file, err);
    *ret = TS_JOB_KEYS;
    for (size_t i = 0; i < file.blocks.len; i++)
        if (!file.blocks.items[i].is_key && !is_in_keys_folder(path))
            *ret = TS_JOB_POLICY;
    return rc == TS_ERR_NOT_FOUND ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

/* Each problem is a line on standard error, the last as the error. */
static int
report_policy(const struct ts_policy_info *info, struct ts_err *err)
{
    const struct ts_list *problems = &info->problems;

    for (size_t i = 0; i + 1 < problems->len; i++) {
        struct ts_err problem = {0};

        ts_err_set(&problem, TS_ERR_CONFIG, "%s", problems->items[i]);
        output_error(&problem);
    }
    if (problems->len == 0)
        return 0;
    return ts_err_set(err, TS_ERR_CONFIG, "%s", problems->items[problems->len - 1]);
}

static int
check(enum ts_job_kind kind, const char *path, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};
    int rc = policy_ask(kind, path, &info, err);

    if (rc == 0)
        rc = report_policy(&info, err);
    if (rc < 0)
        return rc;
    return ts_secret_append_format(answer, "%s: valid, %lld keys\n", path, (long long)info.keys) < 0
               ? ts_err_nomem(err)
               : 0;
}

int
policy_check(const struct policy_call *call, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    enum ts_job_kind kind = TS_JOB_POLICY;

    if (call->argument == NULL)
        return check(kind, call->site->policy, call->answer, err);
    int rc = helper_path(call->argument, &path, err);
    if (rc == 0)
        rc = find_kind(path, &kind, err);
    return rc < 0 ? rc : check(kind, path, call->answer, err);
}
