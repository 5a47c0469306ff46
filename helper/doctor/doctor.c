#include "helper/doctor/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/process/spawn.h"
#include "common/job/worker_call.h"

#define FILE_JOB_TIMEOUT_MS INT64_C(10000)

enum scope { CONFIGURATION, CLIENT, HOST };

/* In the order of their output: each relies on what the earlier ones found. */
static const struct check {
    const char *name; /* for the message if it cannot run */
    enum scope scope;
    int (*run)(struct doctor *doctor, struct ts_err *err);
} checks[] = {
    {"configuration", CONFIGURATION, doctor_config},
    {"API key", CLIENT, doctor_key},
    {"endpoint", CLIENT, doctor_endpoint},
    {"token", CLIENT, doctor_token},
    {"cache", CLIENT, doctor_cache},
    {"git", CLIENT, doctor_git},
    {"docker", CLIENT, doctor_docker},
    {"askpass", CLIENT, doctor_askpass},
    {"hosts", CLIENT, doctor_wiring},
    {"policy", HOST, doctor_policy},
    {"PAM", HOST, doctor_pam},
    {"services", HOST, doctor_services},
    {"module", HOST, doctor_module},
    {"sshd", HOST, doctor_sshd},
    {"nginx", HOST, doctor_nginx},
};

static void
doctor_release(struct doctor *doctor)
{
    findings_release(&doctor->findings);
    free(doctor->profiles);
    free(doctor->wired);
    ts_list_release(&doctor->pam_services);
    doctor_policies_release(doctor);
}

int
doctor_request(const struct doctor *doctor, const struct ts_profile *profile,
               struct ts_request *ret, struct ts_err *err)
{
    const struct ts_config_overrides overrides = {.lifetime = -1, .min_valid = -1, .fresh = true};
    struct ts_config view = doctor->helper->config;

    view.selected_profile = profile->name;
    int rc = ts_config_request(&view, NULL, &overrides, ret, err);
    ret->environment = helper_environment();
    return rc;
}

int
doctor_ask(enum ts_job_kind kind, const struct ts_request *request, struct ts_secret *ret,
           struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret job = TS_SECRET_INIT(TS_JOB_MAX);
    struct ts_request without_key = *request;

    /* These jobs have no key, so do not run key_command. */
    without_key.key.key_command = NULL;
    int rc = ts_job_write(kind, &without_key, &job, err);
    return rc < 0 ? rc : ts_worker_call(&without_key, &job, ret, err);
}

int
doctor_ask_file(enum ts_job_kind kind, const char *file, const struct ts_spawn_identity *identity,
                struct ts_secret *ret, struct ts_err *err)
{
    static const char *const argv[] = {TS_WORKER_PATH, NULL};
    static const char *const envp[] = {NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_string_free) char *copy = strdup(file);
    const struct ts_job job = {
        .kind = kind, .file = copy, .request.endpoint.timeout_ms = FILE_JOB_TIMEOUT_MS};
    const struct ts_spawn spec = {.path = TS_WORKER_PATH,
                                  .argv = argv,
                                  .envp = envp,
                                  .stdin_fd = -1,
                                  .stdout_fd = -1,
                                  .stderr_fd = STDERR_FILENO,
                                  .extra_fd = -1,
                                  .identity = identity};
    int status = 0;

    int rc = copy != NULL ? ts_job_encode(&job, &text, err) : ts_err_nomem(err);
    if (rc == 0)
        rc = ts_spawn_exchange(&spec, &text, ret, ts_clock_boot_ms() + 2 * FILE_JOB_TIMEOUT_MS,
                               &status, err);
    if (rc == 0 && status != 0)
        rc = ts_err_set(err, TS_ERR_SYSTEM, "thrivestack-worker failed");
    return rc;
}

static bool
applies(const struct doctor *doctor, enum scope scope)
{
    if (scope == HOST)
        return geteuid() == 0;
    return scope == CONFIGURATION || doctor->has_client;
}

static int
examine(struct doctor *doctor, struct ts_err *err)
{
    if (doctor->helper->options.arguments_len > 0)
        return helper_usage(err, "'doctor' takes no arguments");
    for (size_t i = 0; i < TS_ARRAY_LEN(checks); i++) {
        if (!applies(doctor, checks[i].scope))
            continue;
        int rc = checks[i].run(doctor, err);
        if (rc == TS_ERR_NOMEM)
            return ts_err_nomem(err);
        if (rc < 0)
            return ts_err_prefix(err, "cannot check the %s", checks[i].name);
    }
    if (geteuid() != 0 &&
        findings_add(&doctor->findings, FIND_HOST_SKIPPED,
                     "the host's configuration was not checked: that needs root") < 0)
        return ts_err_nomem(err);
    return 0;
}

int
command_doctor(struct helper *helper)
{
    TS_CLEANUP(doctor_release) struct doctor doctor = {.helper = helper};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(OUTPUT_MAX);
    bool json = (helper->options.given & OPTION_JSON) != 0;
    struct ts_err err = {.code = 0};

    int rc = examine(&doctor, &err);
    if (rc == 0)
        rc = json ? findings_print_json(&doctor.findings, &text)
                  : findings_print(&doctor.findings, &text);
    if (rc < 0 && err.code == 0)
        (void)ts_err_nomem(&err);
    int status = helper_finish(helper, rc, &text, &err);
    return status != 0 ? status : findings_exit_code(&doctor.findings);
}
