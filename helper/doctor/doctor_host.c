/* The host: the module, sshd. */
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "helper/doctor/doctor.h"
#include "helper/doctor/sshd_config.h"
#include "helper/tool.h"

#define MODULE_FILE TS_PAMDIR "/pam_thrivestack.so"
#define SSHD_PATH "/usr/sbin/sshd"

int
doctor_module(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    bool is_used = doctor->pam_services.len > 0;

    if (access(MODULE_FILE, F_OK) != 0)
        return is_used
                   ? findings_add(&doctor->findings, FIND_MODULE_MISSING,
                                  MODULE_FILE " does not exist, but files in /etc/pam.d name it")
                   : 0;
    const struct doctor_file_job job = {TS_JOB_MODULE, MODULE_FILE, DOCTOR_FILE_TIMEOUT_MS, NULL};
    int rc = doctor_ask_file(&job, &answer, err);
    if (rc == 0)
        rc = ts_job_read_module(&answer, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_MODULE_BROKEN, "%s", err->text);
    return rc < 0 ? rc : findings_add(&doctor->findings, FIND_MODULE, MODULE_FILE " can be loaded");
}

/* PATH often lacks its folder. */
static int
find_sshd(char **ret, struct ts_err *err)
{
    int rc = tool_find("sshd", ret, err);

    if (rc != TS_ERR_NOT_FOUND || access(SSHD_PATH, X_OK) != 0)
        return rc;
    *ret = strdup(SSHD_PATH);
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

static int
judge_sshd(struct doctor *doctor, const struct ts_secret *output)
{
    if (!sshd_config_says(output, "usepam yes\n"))
        return findings_add(&doctor->findings, FIND_SSHD_NO_PAM, "sshd does not use PAM");
    if (!sshd_config_says(output, "kbdinteractiveauthentication yes\n"))
        return findings_add(&doctor->findings, FIND_SSHD_NO_KEYBOARD,
                            "sshd does not offer keyboard-interactive");
    return findings_add(&doctor->findings, FIND_SSHD,
                        "sshd uses PAM and offers keyboard-interactive%s",
                        sshd_config_says(output, "passwordauthentication yes\n")
                            ? "; it also offers the password method, which does not fit long tokens"
                            : "");
}

int
doctor_sshd(struct doctor *doctor, struct ts_err *err)
{
    static const char *const argv[] = {"sshd", "-T", NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(TOOL_OUTPUT_MAX);
    TS_CLEANUP(ts_string_free) char *sshd = NULL;
    int status = 0;

    if (!ts_list_has(&doctor->pam_services, "sshd"))
        return 0;
    int rc = find_sshd(&sshd, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return findings_add(&doctor->findings, FIND_SSHD, "sshd is not installed");
    const struct tool_call call = {sshd, argv, false};
    rc = tool_run(&call, &output, &status, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0 || status != 0)
        return findings_add(&doctor->findings, FIND_SSHD_UNKNOWN,
                            "sshd -T does not print its settings");
    return judge_sshd(doctor, &output);
}
