/* nginx runs the module as its own user, who must be able to read the policy. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "common/process/spawn.h"
#include "helper/doctor/doctor.h"
#include "helper/doctor/nginx_config.h"

#define PAM_FOLDER "/etc/pam.d"
#define NGINX_USER "www-data"

/* Whether nginx uses a stack that names a policy. */
static bool
is_nginx(const struct nginx_config *config, const struct doctor_use *use)
{
    return ts_list_has(&config->services, use->service);
}

static int
check_single_use(struct doctor *doctor, const struct doctor_use *use)
{
    const struct ts_policy_info *policy = &doctor->policies[use->policy].info;
    const char *section = doctor_policy_section(policy, use->service);

    if (section == NULL || !ts_list_has(&policy->single_use, section))
        return 0;
    return findings_add(
        &doctor->findings, FIND_NGINX_SINGLE_USE,
        "[service %s] has single_use, which needs root; nginx is not root, so it refuses "
        "every token",
        section);
}

/* The policy, loaded as that user. */
static int
check_readable(struct doctor *doctor, const struct doctor_policy *policy, const char *name,
               struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};
    struct doctor_user user;

    int rc = doctor_find_user(name, &user, err);
    if (rc < 0 || user.uid == 0 || user.groups_len == 0)
        return rc;
    const struct ts_spawn_identity identity = {user.uid, user.groups[0], user.groups,
                                               user.groups_len};
    const struct doctor_file_job job = {TS_JOB_POLICY, policy->file, DOCTOR_FILE_TIMEOUT_MS,
                                        &identity};
    rc = doctor_ask_file(&job, &answer, err);
    if (rc == 0)
        rc = ts_job_read_policy_info(&answer, &info, err);
    if (rc < 0 && rc != TS_ERR_CONFIG)
        return rc;
    /* What root finds wrong with its keys is reported already. */
    const char *problem = rc < 0                                          ? err->text
                          : info.problems.len > policy->info.problems.len ? info.problems.items[0]
                                                                          : NULL;
    if (problem != NULL)
        return findings_add(&doctor->findings, FIND_NGINX_UNREADABLE,
                            "nginx runs as %s, who cannot load the policy (%s)", name, problem);
    return findings_add(&doctor->findings, FIND_NGINX, "nginx, as %s, can load %s", name,
                        policy->file);
}

/* The policies that nginx's services use, each once. */
static int
check_policies(struct doctor *doctor, const struct nginx_config *config, struct ts_err *err)
{
    const char *user = config->users.len > 0 ? config->users.items[0] : NGINX_USER;
    int rc = 0;

    for (size_t i = 0; i < doctor->policies_len && rc == 0; i++) {
        bool is_used = false;

        for (size_t j = 0; j < doctor->uses_len; j++)
            is_used |= doctor->uses[j].policy == i && is_nginx(config, &doctor->uses[j]);
        if (is_used)
            rc = check_readable(doctor, &doctor->policies[i], user, err);
    }
    return rc;
}

/* A service without a file of its own gets Debian's stack `other`. */
static int
check_services(struct doctor *doctor, const struct nginx_config *config, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < config->services.len && rc == 0; i++) {
        TS_CLEANUP(ts_string_free) char *file = NULL;
        const char *service = config->services.items[i];

        rc = ts_path_join(PAM_FOLDER, service, &file, err);
        if (rc == 0 && access(file, F_OK) != 0 && errno == ENOENT)
            rc = findings_add(&doctor->findings, FIND_NGINX_NO_SERVICE,
                              "nginx uses PAM service %s, but %s does not exist", service, file);
    }
    return rc;
}

/* nginx prints its configuration with every file that it includes. */
static int
read_config(struct doctor *doctor, struct nginx_config *ret, struct ts_err *err)
{
    static const char *const argv[] = {"nginx", "-T", "-q", NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(DOCTOR_OUTPUT_MAX);
    bool is_valid = false;

    int rc = doctor_run(argv, &output, &is_valid, err);
    if (rc < 0)
        return rc;
    if (!is_valid)
        return findings_add(&doctor->findings, FIND_NGINX_UNKNOWN,
                            "nginx -T does not print its configuration");
    return nginx_config_scan(&output, ret, err);
}

int
doctor_nginx(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(nginx_config_release) struct nginx_config config = {{NULL, 0}, {NULL, 0}};

    if (doctor->policies_len == 0)
        return 0;
    int rc = read_config(doctor, &config, err);
    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc == 0)
        rc = check_services(doctor, &config, err);
    for (size_t i = 0; i < doctor->uses_len && rc == 0; i++)
        if (is_nginx(&config, &doctor->uses[i]))
            rc = check_single_use(doctor, &doctor->uses[i]);
    return rc < 0 ? rc : check_policies(doctor, &config, err);
}
