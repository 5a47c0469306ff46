/* `source = local` asks as another user, who must be able to read this host's credential.conf. */
#include <string.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/process/spawn.h"
#include "helper/doctor/doctor.h"

#define CONFIG_FILE TS_SYSCONFDIR "/credential.conf"
#define ASKER "nobody" /* as in pam/local.h */
#define TEST_PATH "/usr/bin/test"
#define TEST_MS 2000

static bool
is_needed(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->uses_len; i++) {
        const struct ts_policy_info *policy = &doctor->policies[doctor->uses[i].policy].info;
        const char *section = doctor_policy_section(policy, doctor->uses[i].service);

        if (section != NULL && ts_list_has(&policy->local, section))
            return true;
    }
    return false;
}

/* Asked of another process, which is that user, because folders above the file count, too. */
static int
check_readable_by(struct doctor *doctor, const struct doctor_user *user, const char *file,
                  struct ts_err *err)
{
    const char *const argv[] = {TEST_PATH, "-r", file, NULL};
    static const char *const envp[] = {NULL};
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(1024);
    const struct ts_spawn_identity identity = {user->uid, user->groups[0], NULL, 0};
    const struct ts_spawn spec = {.path = TEST_PATH,
                                  .argv = argv,
                                  .envp = envp,
                                  .folder = "/",
                                  .stdin_fd = -1,
                                  .stdout_fd = -1,
                                  .stderr_fd = -1,
                                  .extra_fd = -1,
                                  .identity = &identity};
    int status = 0;

    int rc =
        ts_spawn_exchange(&spec, &nothing, &output, ts_clock_boot_ms() + TEST_MS, &status, err);
    if (rc < 0 || status == 0)
        return rc;
    return findings_add(&doctor->findings, FIND_LOCAL_UNREADABLE,
                        "source = local asks as the user " ASKER ", who cannot read %s", file);
}

static const char *
no_variable(const char *name)
{
    (void)name;
    return NULL;
}

static int
check_config(struct doctor *doctor, const struct doctor_user *user, struct ts_err *err)
{
    TS_CLEANUP(ts_config_release) struct ts_config config = {.profiles = NULL};
    const struct ts_config_sources sources = {
        .system_file = CONFIG_FILE, .getenv = no_variable, .uid = user->uid};

    int rc = ts_config_load(&sources, &config, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_LOCAL_CONFIG,
                            "source = local gets no token: %s", err->text);
    for (size_t i = 0; i < config.files.len && rc == 0; i++)
        rc = check_readable_by(doctor, user, config.files.items[i], err);
    if (rc < 0)
        return rc;
    const char *ca_file = ts_config_find_profile(&config, "default")->endpoint.ca_file;
    return ca_file != NULL ? check_readable_by(doctor, user, ca_file, err) : 0;
}

int
doctor_local(struct doctor *doctor, struct ts_err *err)
{
    struct doctor_user user;

    if (!is_needed(doctor))
        return 0;
    int rc = doctor_find_user(ASKER, &user, err);
    if (rc < 0)
        return rc;
    if (user.groups_len == 0)
        return findings_add(&doctor->findings, FIND_LOCAL_CONFIG,
                            "source = local asks as the user " ASKER ", who does not exist");
    return check_config(doctor, &user, err);
}
