/* `doctor`: the list of checks, and what becomes of what they find. */
#include <stdlib.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/doctor/doctor.h"

enum scope { CONFIGURATION, CLIENT, HOST };

/* In the order of their output: each relies on what the earlier ones found. */
static const struct check {
    const char *name; /* for the finding if it cannot run */
    enum scope scope;
    bool needs_worker;
    int (*run)(struct doctor *doctor, struct ts_err *err);
} checks[] = {
    {"configuration", CONFIGURATION, false, doctor_config},
    {"worker", CONFIGURATION, false, doctor_worker},
    {"API key", CLIENT, true, doctor_key},
    {"endpoint", CLIENT, true, doctor_endpoint},
    {"token", CLIENT, true, doctor_token},
    {"cache", CLIENT, false, doctor_cache},
    {"clients", CLIENT, false, doctor_clients},
    {"hosts", CLIENT, false, doctor_wiring},
    {"configuration of sudo", CONFIGURATION, false, doctor_sudo},
    {"policy", HOST, true, doctor_policy},
    {"PAM stacks", HOST, true, doctor_pam},
    {"services", HOST, true, doctor_services},
    {"configuration for source = local", HOST, true, doctor_local},
    {"module", HOST, true, doctor_module},
    {"configuration of sshd", HOST, false, doctor_sshd},
    {"configuration of nginx", HOST, true, doctor_nginx},
};

static void
doctor_release(struct doctor *doctor)
{
    findings_release(&doctor->findings);
    free(doctor->profiles);
    free(doctor->wired);
    ts_list_release(&doctor->tried);
    ts_list_release(&doctor->pam_services);
    doctor_policies_release(doctor);
}

static bool
applies(const struct doctor *doctor, const struct check *check)
{
    if (check->needs_worker && findings_has(&doctor->findings, FIND_WORKER_MISSING))
        return false;
    if (check->scope == HOST)
        return geteuid() == 0;
    return check->scope == CONFIGURATION || doctor->has_client;
}

/* A check that cannot run is a finding, and the others still run. */
static int
examine(struct doctor *doctor, struct ts_err *err)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(checks); i++) {
        struct ts_err problem = {.code = 0};
        int rc = applies(doctor, &checks[i]) ? checks[i].run(doctor, &problem) : 0;

        if (rc < 0 && rc != TS_ERR_NOMEM)
            rc = findings_add(&doctor->findings, FIND_CHECK_FAILED, "cannot check the %s: %s",
                              checks[i].name, problem.text);
        if (rc < 0)
            return ts_err_nomem(err);
    }
    if (geteuid() != 0 &&
        findings_add(&doctor->findings, FIND_HOST_SKIPPED,
                     "the host's configuration was not checked: that needs root") < 0)
        return ts_err_nomem(err);
    return 0;
}

int
doctor_report(struct helper *helper, struct ts_secret *ret, struct doctor_result *ret_result,
              struct ts_err *err)
{
    TS_CLEANUP(doctor_release) struct doctor doctor = {.helper = helper};
    bool json = (helper->options.given & OPTION_JSON) != 0;
    int rc = examine(&doctor, err);

    if (rc < 0)
        return rc;
    rc = json ? findings_print_json(&doctor.findings, ret) : findings_print(&doctor.findings, ret);
    ret_result->exit_code = findings_exit_code(&doctor.findings);
    ret_result->has_failed = findings_has_failure(&doctor.findings);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

int
command_doctor(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    struct doctor_result result = {0, false};
    int rc = doctor_report(helper, answer, &result, err);

    helper->exit_code = result.exit_code;
    return rc;
}
