/*
 * Prints what the code knows of its files and codes, one item a line, for test-manuals.sh:
 * `setting FILE SECTION KEY [DEFAULT]`, `reason CODE`, `exit NUMBER`, `finding CODE LEVEL`.
 */
#include <stdio.h>

#include "common/config/config.h"
#include "common/policy/decide.h"
#include "common/base/error.h"
#include "common/policy/policy.h"
#include "helper/doctor/findings.h"

static void
print_config_settings(void)
{
    size_t len = 0;
    const struct ts_config_setting *settings = ts_config_settings(&len);

    for (size_t i = 0; i < len; i++) {
        const char *value = settings[i].default_value;

        (void)printf("setting credential.conf.5 %s %s%s%s\n", settings[i].section, settings[i].key,
                     value != NULL ? " " : "", value != NULL ? value : "");
    }
}

static void
print_policy_settings(void)
{
    size_t len = 0;
    const struct ts_policy_setting *settings = ts_policy_settings(&len);

    for (size_t i = 0; i < len; i++)
        (void)printf("setting policy.conf.5 %s %s\n", settings[i].section, settings[i].key);
}

static void
print_findings(void)
{
    static const char *const levels[] = {"ok", "warn", "fail"};

    for (int code = 0; code < FIND_LEN; code++) {
        const struct finding_kind *kind = finding_kind((enum finding_code)code);

        (void)printf("finding %s %s\n", kind->code, levels[kind->level]);
    }
}

int
main(void)
{
    print_config_settings();
    print_policy_settings();
    for (int reason = TS_REASON_OK; reason <= TS_REASON_SYSTEM; reason++)
        (void)printf("reason %s\n", ts_reason_code((enum ts_reason)reason));
    for (int code = 0; code >= TS_ERR_TIMEOUT; code--)
        (void)printf("exit %d\n", ts_error_exit_code(code));
    print_findings();
    return ferror(stdout) != 0 || fflush(stdout) != 0;
}
