/* The module's file. */
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "helper/doctor/doctor.h"

#define MODULE_FILE TS_PAMDIR "/pam_thrivestack.so"

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
