/* nginx runs the module as its own user, who must be able to read the policy. */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/process/spawn.h"
#include "helper/doctor/doctor.h"
#include "helper/doctor/nginx_config.h"

#define NGINX_FOLDER "/etc/nginx"
#define NGINX_USER "www-data"
#define GROUPS_MAX 128

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
check_readable(struct doctor *doctor, const char *policy, const char *name, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};
    const struct passwd *user = getpwnam(name);
    gid_t groups[GROUPS_MAX];
    int groups_len = GROUPS_MAX;

    if (user == NULL || user->pw_uid == 0 ||
        getgrouplist(name, user->pw_gid, groups, &groups_len) < 0)
        return 0;
    const struct ts_spawn_identity identity = {user->pw_uid, user->pw_gid, groups,
                                               (size_t)groups_len};
    const struct doctor_file_job job = {TS_JOB_POLICY, policy, DOCTOR_FILE_TIMEOUT_MS, &identity};
    int rc = doctor_ask_file(&job, &answer, err);
    if (rc == 0)
        rc = ts_job_read_policy_info(&answer, &info, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_NGINX_UNREADABLE,
                            "nginx runs as %s, who cannot load the policy (%s)", name, err->text);
    return rc < 0 ? rc
                  : findings_add(&doctor->findings, FIND_NGINX, "nginx, as %s, can load %s", name,
                                 policy);
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
            rc = check_readable(doctor, doctor->policies[i].file, user, err);
    }
    return rc;
}

int
doctor_nginx(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(nginx_config_release) struct nginx_config config = {{NULL, 0}, {NULL, 0}};

    if (doctor->uses_len == 0)
        return 0;
    int rc = nginx_config_read(NGINX_FOLDER, &config, err);
    for (size_t i = 0; i < doctor->uses_len && rc == 0; i++)
        if (is_nginx(&config, &doctor->uses[i]))
            rc = check_single_use(doctor, &doctor->uses[i]);
    return rc < 0 ? rc : check_policies(doctor, &config, err);
}
