/* What the checks share: jobs for the worker, and other programs that are asked. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/job/worker_call.h"
#include "common/process/spawn.h"
#include "helper/doctor/doctor.h"
#include "helper/tool.h"

int
doctor_ask(enum ts_job_kind kind, const struct ts_request *request, struct ts_secret *ret,
           struct ts_err *err)
{
    struct ts_job job = {.kind = kind, .request = *request};

    /* These jobs have no key, so do not run key_command. */
    job.request.key.key_command = NULL;
    return ts_worker_call(&job, ret, err);
}

int
doctor_ask_file(const struct doctor_file_job *job, struct ts_secret *ret, struct ts_err *err)
{
    static const char *const argv[] = {TS_WORKER_PATH, NULL};
    static const char *const envp[] = {NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_string_free) char *copy = strdup(job->file);
    const struct ts_job whole = {
        .kind = job->kind, .file = copy, .request.endpoint.timeout_ms = job->timeout_ms};
    const struct ts_spawn spec = {.path = TS_WORKER_PATH,
                                  .argv = argv,
                                  .envp = envp,
                                  .stdin_fd = -1,
                                  .stdout_fd = -1,
                                  .stderr_fd = STDERR_FILENO,
                                  .extra_fd = -1,
                                  .identity = job->identity};
    int status = 0;

    int rc = copy != NULL ? ts_job_encode(&whole, &text, err) : ts_err_nomem(err);
    /* The worker ends itself by its own deadline; this one is for a worker that cannot. */
    if (rc == 0)
        rc = ts_spawn_exchange(&spec, &text, ret, ts_clock_boot_ms() + job->timeout_ms + 1000,
                               &status, err);
    if (rc == 0 && status != 0)
        rc = ts_err_set(err, TS_ERR_SYSTEM, "thrivestack-worker failed");
    return rc;
}

int
doctor_run(const char *const *argv, struct ts_secret *output, bool *ret_ok, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    int status = 0;

    *ret_ok = false;
    int rc = tool_find_server(argv[0], &path, err);
    if (rc < 0)
        return rc;
    const struct tool_call call = {path, argv, false};
    rc = tool_run(&call, output, &status, err);
    *ret_ok = rc == 0 && status == 0;
    return rc == TS_ERR_NOMEM ? rc : 0;
}

/* The numbers that `id OPTION USER` prints. *ret_len is 0 if there is no such user. Another program
 * does the look-up, because a directory may never answer. */
static int
ask_id(const char *option, const char *user, unsigned *ret, size_t *ret_len, struct ts_err *err)
{
    const char *const argv[] = {"id", option, "--", user, NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(DOCTOR_OUTPUT_MAX);
    TS_CLEANUP(ts_list_release) struct ts_list words = {NULL, 0};
    const size_t max = *ret_len;
    bool is_known = false;

    *ret_len = 0;
    int rc = doctor_run(argv, &output, &is_known, err);
    if (rc < 0 || !is_known)
        return rc;
    rc = ts_list_add_split(&words, ts_secret_string(&output), err);
    for (size_t i = 0; i < words.len && i < max && rc == 0; i++) {
        int64_t number = 0;

        words.items[i][strcspn(words.items[i], "\n")] = '\0';
        if (!ts_text_integer(words.items[i], 0, UINT32_MAX, &number))
            return ts_err_set(err, TS_ERR_SYSTEM, "id printed what is not a number");
        ret[(*ret_len)++] = (unsigned)number;
    }
    return rc;
}

int
doctor_find_user(const char *name, struct doctor_user *ret, struct ts_err *err)
{
    size_t users_len = 1;

    *ret = (struct doctor_user){.groups_len = DOCTOR_GROUPS_MAX};
    int rc = ask_id("-u", name, &ret->uid, &users_len, err);
    if (rc == 0)
        rc = ask_id("-G", name, ret->groups, &ret->groups_len, err);
    if (users_len == 0)
        ret->groups_len = 0;
    return rc;
}
