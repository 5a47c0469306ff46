/* Whether ssh and sudo ask this program for tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/client/doctor_clients.h"

#define SUDO_CONF "/etc/sudo.conf"
#define SUDO_ASKPASS "thrivestack-sudo-askpass"

static bool
is_askpass_set(void)
{
    const char *program = secure_getenv("SSH_ASKPASS");
    const char *require = secure_getenv("SSH_ASKPASS_REQUIRE");

    return program != NULL && access(program, X_OK) == 0 && doctor_is_ours(program) &&
           require != NULL && strcmp(require, "force") == 0;
}

int
doctor_askpass(struct doctor *doctor, struct ts_err *err)
{
    const struct ts_config *config = &doctor->helper->config;
    const char *first = NULL;
    int rc = 0;

    (void)err;
    for (size_t i = 0; i < config->hosts_len && rc == 0; i++) {
        const struct ts_host_rule *rule = &config->hosts[i];

        if (!rule->askpass)
            continue;
        doctor->wired[i] = true;
        first = first != NULL ? first : rule->label;
        if (rule->pattern.port != 443)
            rc = findings_add(&doctor->findings, FIND_ASKPASS_PORT,
                              "[host %s] has askpass = yes and a port, but ssh's prompts name no "
                              "port, so none is answered",
                              rule->label);
    }
    if (rc < 0 || first == NULL)
        return rc;
    if (is_askpass_set())
        return findings_add(&doctor->findings, FIND_ASKPASS, "ssh runs this program for tokens");
    return findings_add(&doctor->findings, FIND_ASKPASS_UNSET,
                        "[host %s] has askpass = yes, but in this shell SSH_ASKPASS does not name "
                        "thrivestack-askpass, or SSH_ASKPASS_REQUIRE is not 'force'",
                        first);
}

/* The program of the last `Path askpass` of sudo.conf(5); *ret is the caller's to free, NULL if
 * there is none. */
static int
read_sudo_askpass(FILE *file, char **ret)
{
    TS_CLEANUP(ts_string_free) char *line = NULL;
    size_t size = 0;
    int rc = 0;

    while (rc == 0 && getline(&line, &size, file) > 0) {
        const char *at = line + strspn(line, " \t");

        if (strncmp(at, "Path", 4) != 0 || strspn(at + 4, " \t") == 0)
            continue;
        at += 4 + strspn(at + 4, " \t");
        if (strncmp(at, "askpass", 7) != 0 || strspn(at + 7, " \t") == 0)
            continue;
        at += 7 + strspn(at + 7, " \t");
        free(*ret);
        *ret = strndup(at, strcspn(at, " \t\r\n"));
        rc = *ret != NULL ? 0 : TS_ERR_NOMEM;
    }
    return rc;
}

int
doctor_sudo(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;
    FILE *file = fopen(SUDO_CONF, "re");

    if (file == NULL)
        return 0;
    int rc = read_sudo_askpass(file, &program);
    (void)fclose(file);
    if (rc < 0)
        return ts_err_nomem(err);
    const char *slash = program != NULL ? strrchr(program, '/') : NULL;
    if (slash == NULL || strstr(slash, "thrivestack") == NULL)
        return 0;
    if (strcmp(slash + 1, SUDO_ASKPASS) == 0 && access(program, X_OK) == 0 &&
        doctor_is_ours(program))
        return findings_add(&doctor->findings, FIND_SUDO, "sudo -A runs %s", program);
    return findings_add(&doctor->findings, FIND_SUDO_ASKPASS,
                        "%s names %s, which is not this program's " SUDO_ASKPASS, SUDO_CONF,
                        program);
}
