/* Configuration, API key and cache folder: what can be checked without the network. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "build-config.h"
#include "common/cache/cache.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/cache/refresh.h"
#include "helper/doctor/doctor.h"
#include "helper/command/key_findings.h"

#define DAY INT64_C(86400)
#define EXPIRES_SOON (KEY_EXPIRY_WARNING_DAYS * DAY)

/* Root with no profile and no key, on a machine that others log in to. The system's
 * credential.conf may be there all the same: empty, as the package brings it, or with [host]
 * sections for the tokens of sessions. */
static bool
is_host_only(const struct doctor *doctor)
{
    const struct ts_config *config = &doctor->helper->config;

    if (geteuid() != 0 || config->profiles_len != 1 || config->profiles[0].scopes.len > 0 ||
        config->profiles[0].key.key_command != NULL ||
        access(TS_SYSCONFDIR "/policy.conf", F_OK) != 0)
        return false;
    const char *key_file = config->profiles[0].key.key_file;
    return key_file == NULL || access(key_file, F_OK) != 0;
}

/* The profile `default` always exists; an empty one beside others is not used. */
static bool
is_used(const struct ts_config *config, const struct ts_profile *profile)
{
    if (config->selected_profile != NULL)
        return strcmp(config->selected_profile, profile->name) == 0;
    return strcmp(profile->name, "default") != 0 || profile->scopes.len > 0 ||
           config->profiles_len == 1;
}

static int
list_profiles(struct doctor *doctor)
{
    const struct ts_config *config = &doctor->helper->config;

    doctor->profiles = calloc(config->profiles_len, sizeof(*doctor->profiles));
    doctor->wired = calloc(config->hosts_len + 1, sizeof(*doctor->wired));
    if (doctor->profiles == NULL || doctor->wired == NULL)
        return TS_ERR_NOMEM;
    for (size_t i = 0; i < config->profiles_len; i++)
        if (is_used(config, &config->profiles[i]))
            doctor->profiles[doctor->profiles_len++].profile = &config->profiles[i];
    return 0;
}

static int
tell_files(struct doctor *doctor)
{
    const struct ts_config *config = &doctor->helper->config;
    int rc = 0;

    if (config->files.len == 0 && secure_getenv("THRIVESTACK_KEY_FILE") == NULL)
        return findings_add(&doctor->findings, FIND_CONFIG_MISSING,
                            "no configuration file exists (%s)",
                            config->user_file != NULL ? config->user_file : "nor a home folder");
    if (config->files.len == 0)
        return findings_add(&doctor->findings, FIND_CONFIG,
                            "all settings come from environment variables");
    for (size_t i = 0; i < config->files.len && rc == 0; i++)
        rc = findings_add(&doctor->findings, FIND_CONFIG, "%s is valid", config->files.items[i]);
    return rc;
}

int
doctor_config(struct doctor *doctor, struct ts_err *err)
{
    int rc = helper_load_config(doctor->helper, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return findings_add(&doctor->findings, FIND_CONFIG_INVALID, "%s", err->text);
    if (is_host_only(doctor))
        return findings_add(&doctor->findings, FIND_CONFIG,
                            "no client is configured for this user");
    doctor->has_client = true;
    rc = list_profiles(doctor);
    if (rc == 0)
        rc = tell_files(doctor);
    for (size_t i = 0; i < doctor->profiles_len && rc == 0; i++)
        if (doctor->profiles[i].profile->scopes.len == 0 &&
            doctor->helper->config.session_token_file == NULL)
            rc = findings_add(&doctor->findings, FIND_SCOPES_MISSING, "profile %s has no scopes",
                              doctor->profiles[i].profile->name);
    return rc;
}

static int
check_dates(struct doctor *doctor, const char *profile, const struct ts_key_info *info)
{
    int64_t now = ts_clock_wall();
    int64_t due = info->created > 0 && info->rotation_days > 0
                      ? info->created + info->rotation_days * DAY
                      : INT64_MAX;
    char when[32];
    int rc = 0;

    ts_text_rfc3339(when, info->expires);
    if (info->expires > 0 && info->expires < now)
        return findings_add(&doctor->findings, FIND_KEY_EXPIRED,
                            "profile %s: its key expired on %s", profile, when);
    if (info->expires > 0 && info->expires - now < EXPIRES_SOON)
        rc = findings_add(&doctor->findings, FIND_KEY_EXPIRES_SOON,
                          "profile %s: its key expires in %" PRId64 " days, %s", profile,
                          (info->expires - now) / DAY, when);
    if (rc == 0 && due < now) {
        ts_text_rfc3339(when, due);
        rc = findings_add(&doctor->findings, FIND_KEY_ROTATION_DUE,
                          "profile %s: its key was due for rotation on %s", profile, when);
    }
    return rc;
}

static int
tell_key(struct doctor *doctor, struct doctor_profile *profile, const struct ts_key_info *info)
{
    const char *name = profile->profile->name;
    const char *file = profile->profile->key.key_file;

    profile->key_ok = true;
    int rc = findings_add(
        &doctor->findings, FIND_KEY, "profile %s: key %s%s%s%s, RSA with %ld bits, from %s", name,
        info->key_id, info->name[0] != '\0' ? " (" : "", info->name,
        info->name[0] != '\0' ? ")" : "", info->bits, file != NULL ? file : "key_command");
    return rc < 0 ? rc : check_dates(doctor, name, info);
}

static int
check_key(struct doctor *doctor, struct doctor_profile *profile, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    const char *name = profile->profile->name;
    const char *file = profile->profile->key.key_file;

    if (file != NULL && access(file, F_OK) != 0 && errno == ENOENT) {
        const char *session = doctor->helper->config.session_token_file;

        if (session != NULL && access(session, R_OK) == 0)
            return findings_add(
                &doctor->findings, FIND_SESSION_TOKEN,
                "profile %s: %s does not exist, so this login's token in %s is used", name, file,
                session);
        return findings_add(&doctor->findings, FIND_KEY_MISSING, "profile %s: %s does not exist",
                            name, file);
    }
    int rc = helper_profile_request(doctor->helper, name, &request, err);
    if (rc == 0)
        rc = ts_refresh_key_info(&request, &info, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return findings_add(&doctor->findings,
                            rc == TS_ERR_CONFIG ? FIND_KEY_UNSAFE : FIND_KEY_UNUSABLE,
                            "profile %s: %s", name, err->text);
    return tell_key(doctor, profile, &info);
}

int
doctor_key(struct doctor *doctor, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < doctor->profiles_len && rc == 0; i++)
        rc = check_key(doctor, &doctor->profiles[i], err);
    return rc;
}

/* Locks and CLOCK_BOOTTIME are valid on one machine only, so the folder must be local. */
static bool
is_remote(int fd)
{
    static const uint32_t remote[] = {
        0x6969,     /* NFS */
        0xff534d42, /* CIFS */
        0xfe534d42, /* SMB 2 */
        0x517b,     /* SMB */
        0x65735546, /* FUSE, sshfs among it */
        0x01021997, /* 9P */
        0x00c36400, /* Ceph */
        0x5346414f, /* AFS */
    };
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return false;
    for (size_t i = 0; i < TS_ARRAY_LEN(remote); i++)
        if ((uint32_t)fs.f_type == remote[i])
            return true;
    return false;
}

int
doctor_cache(struct doctor *doctor, struct ts_err *err)
{
    const char *folder = doctor->helper->config.cache_dir;
    struct stat st = {.st_mode = 0};

    (void)err;
    if (folder == NULL)
        return findings_add(&doctor->findings, FIND_CACHE_NONE,
                            "there is no folder for a cache, so each call requests a new token");
    TS_CLEANUP(ts_fd_close) int fd = ts_cache_open(folder);
    bool exists = lstat(folder, &st) == 0;
    if (exists && (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0))
        return findings_add(&doctor->findings, FIND_CACHE_UNSAFE,
                            "the cache folder %s is not private to this user", folder);
    if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return findings_add(&doctor->findings, FIND_CACHE_UNWRITABLE,
                            "the cache folder %s cannot be written to", folder);
    if (is_remote(fd))
        return findings_add(&doctor->findings, FIND_CACHE_REMOTE,
                            "the cache folder %s is on a network file system", folder);
    return findings_add(&doctor->findings, FIND_CACHE,
                        "the cache folder %s is private and writable", folder);
}
