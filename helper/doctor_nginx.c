/* nginx runs the module as its own user, so that one must be able to read the policy. */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "build-config.h"
#include "common/cleanup.h"
#include "common/spawn.h"
#include "helper/doctor.h"
#include "helper/nginx_config.h"

#define POLICY_FILE TS_SYSCONFDIR "/policy.conf"
#define NGINX_FOLDER "/etc/nginx"
#define NGINX_USER "www-data"
#define GROUPS_MAX 128

static int
check_single_use(struct doctor *doctor, const struct ts_list *services)
{
    int rc = 0;

    for (size_t i = 0; i < services->len && rc == 0; i++)
        if (ts_list_has(&doctor->policy.single_use, services->items[i]))
            rc = findings_add(&doctor->findings, FIND_NGINX_SINGLE_USE,
                              "[service %s] says single_use, which nginx, not being root, cannot "
                              "keep, so nobody gets in",
                              services->items[i]);
    return rc;
}

/* The policy, loaded as that user. */
static int
check_readable(struct doctor *doctor, const char *name, struct ts_err *err)
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
    int rc = doctor_ask_file(TS_JOB_POLICY, POLICY_FILE, &identity, &answer, err);
    if (rc == 0)
        rc = ts_job_read_policy_info(&answer, &info, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_NGINX_UNREADABLE,
                            "nginx runs as %s, who cannot load the policy (%s)", name, err->text);
    return rc < 0 ? rc
                  : findings_add(&doctor->findings, FIND_NGINX, "nginx, as %s, can load the policy",
                                 name);
}

int
doctor_nginx(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(nginx_config_release) struct nginx_config config = {{NULL, 0}, {NULL, 0}};
    bool is_used = false;

    if (!doctor->has_policy)
        return 0;
    int rc = nginx_config_read(NGINX_FOLDER, &config, err);
    for (size_t i = 0; i < config.services.len; i++)
        is_used |= ts_list_has(&doctor->pam_services, config.services.items[i]);
    if (rc < 0 || !is_used)
        return rc;
    ts_list_normalize(&config.services);
    rc = check_single_use(doctor, &config.services);
    if (rc < 0)
        return rc;
    return check_readable(doctor, config.users.len > 0 ? config.users.items[0] : NGINX_USER, err);
}
