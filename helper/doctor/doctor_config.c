/* Configuration, API key and cache folder: what can be checked without the network. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/path.h"
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
        config->profiles[0].key.api_key_file != NULL ||
        access(TS_SYSCONFDIR "/policy.conf", F_OK) != 0)
        return false;
    const char *key_file = config->profiles[0].key.key_file;
    return key_file == NULL || access(key_file, F_OK) != 0;
}

/* Whether a [host] section uses a profile: with scopes of its own, or with the profile's. */
static bool
has_host(const struct ts_config *config, const struct ts_profile *profile, bool with_own_scopes)
{
    for (size_t i = 0; i < config->hosts_len; i++) {
        const struct ts_host_rule *host = &config->hosts[i];
        const char *name = config->selected_profile != NULL ? config->selected_profile
                           : host->profile != NULL          ? host->profile
                                                            : "default";

        if (strcmp(name, profile->name) == 0 && (host->scopes.len > 0) == with_own_scopes)
            return true;
    }
    return false;
}

/* The profile `default` always exists; if nothing is set in it and no host uses it, it is not used.
 */
static bool
is_used(const struct ts_config *config, const struct ts_profile *profile)
{
    if (config->selected_profile != NULL)
        return strcmp(config->selected_profile, profile->name) == 0;
    return strcmp(profile->name, "default") != 0 || profile->scopes.len > 0 ||
           profile->key.api_key_file != NULL || config->profiles_len == 1 ||
           has_host(config, profile, true) || has_host(config, profile, false);
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
report_files(struct doctor *doctor)
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

/* Of a profile that callers without --profile do not get, and no host either. */
static bool
is_left_alone(const struct ts_config *config, const struct ts_profile *profile)
{
    const struct ts_profile *usual = ts_config_find_profile(config, "default");

    return config->selected_profile == NULL && config->hosts_len == 0 &&
           strcmp(profile->name, "default") != 0 && usual != NULL && usual->scopes.len == 0 &&
           usual->key.api_key_file == NULL && config->session_token_file == NULL;
}

static int
check_profile(struct doctor *doctor, const struct ts_profile *profile)
{
    const struct ts_config *config = &doctor->helper->config;

    if (is_left_alone(config, profile))
        return findings_add(&doctor->findings, FIND_PROFILE_UNUSED,
                            "profile %s is used only with --profile %s: the profile 'default' has "
                            "no scopes, so other calls fail",
                            profile->name, profile->name);
    if (profile->scopes.len > 0 || profile->key.api_key_file != NULL ||
        config->session_token_file != NULL ||
        (has_host(config, profile, true) && !has_host(config, profile, false)))
        return 0;
    return findings_add(&doctor->findings, FIND_SCOPES_MISSING, "profile %s has no scopes",
                        profile->name);
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
        rc = report_files(doctor);
    for (size_t i = 0; i < doctor->profiles_len && rc == 0; i++)
        rc = check_profile(doctor, doctor->profiles[i].profile);
    return rc;
}

int
doctor_worker(struct doctor *doctor, struct ts_err *err)
{
    static const char *const paths[] = {TS_WORKER_PATH, TS_PROVER_PATH};
    int rc = 0;

    (void)err;
    for (size_t i = 0; i < TS_ARRAY_LEN(paths) && rc == 0; i++)
        if (access(paths[i], X_OK) != 0)
            rc = findings_add(&doctor->findings, FIND_WORKER_MISSING, "%s cannot be run: %s",
                              paths[i], strerror(errno));
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
report_key(struct doctor *doctor, struct doctor_profile *profile, const struct ts_key_info *info)
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

/* Whoever can write to the key's folder can replace the key; in a sticky folder only the owner can.
 */
static int
check_key_file_folder(struct doctor *doctor, const char *profile, const char *key_file,
                      struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *file = realpath(key_file, NULL);
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    struct stat st;
    int rc = file != NULL ? ts_path_folder(file, &folder, err) : 0;

    if (rc < 0 || folder == NULL || stat(folder, &st) != 0)
        return rc;
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return findings_add(&doctor->findings, FIND_KEY_FOLDER,
                            "profile %s: folder %s is owned by user %u, who can replace the key",
                            profile, folder, (unsigned)st.st_uid);
    if ((st.st_mode & 022) == 0 || (st.st_mode & S_ISVTX) != 0)
        return 0;
    return findings_add(&doctor->findings, FIND_KEY_FOLDER,
                        "profile %s: folder %s is writable by group or others (mode %04o), who can "
                        "replace the key: chmod go-w %s",
                        profile, folder, (unsigned)(st.st_mode & 07777), folder);
}

static int
check_private_key(struct doctor *doctor, const struct ts_profile *profile, struct ts_err *err)
{
    const char *file = profile->key.api_key_file;
    int rc = helper_check_api_key(doctor->helper, profile, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return findings_add(&doctor->findings,
                            rc == TS_ERR_CONFIG ? FIND_KEY_UNSAFE : FIND_KEY_UNUSABLE,
                            "profile %s: %s", profile->name, err->text);
    rc = findings_add(&doctor->findings, FIND_KEY, "profile %s: a private API key, from %s",
                      profile->name, file);
    return rc < 0 ? rc : check_key_file_folder(doctor, profile->name, file, err);
}

static int
check_key(struct doctor *doctor, struct doctor_profile *profile, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    const char *name = profile->profile->name;
    const char *file = profile->profile->key.key_file;

    if (file != NULL && access(file, F_OK) != 0 && errno == ENOENT) {
        profile->has_session = doctor->helper->config.session_token_file != NULL;
        return profile->has_session ? 0
                                    : findings_add(&doctor->findings, FIND_KEY_MISSING,
                                                   "profile %s: %s does not exist", name, file);
    }
    int rc = helper_profile_request(doctor->helper, name, &request, err);
    if (rc == TS_ERR_CONFIG) /* reported with the endpoint */
        return 0;
    if (rc == 0)
        rc = ts_refresh_key_info(&request, &info, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return findings_add(&doctor->findings,
                            rc == TS_ERR_CONFIG ? FIND_KEY_UNSAFE : FIND_KEY_UNUSABLE,
                            "profile %s: %s", name, err->text);
    rc = report_key(doctor, profile, &info);
    return rc < 0 || file == NULL ? rc : check_key_file_folder(doctor, name, file, err);
}

int
doctor_key(struct doctor *doctor, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < doctor->profiles_len && rc == 0; i++)
        rc = doctor->profiles[i].profile->key.api_key_file != NULL
                 ? check_private_key(doctor, doctor->profiles[i].profile, err)
                 : check_key(doctor, &doctor->profiles[i], err);
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

/* A folder that does not exist yet is made by the first call: whether that can be done. */
static int
check_parent(struct doctor *doctor, const char *folder, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *parent = NULL;
    int rc = ts_path_folder(folder, &parent, err);

    /* `~/.cache` may have to be made, too. */
    while (rc == 0 && access(parent, F_OK) != 0 && errno == ENOENT && strcmp(parent, "/") != 0) {
        TS_CLEANUP(ts_string_free) char *below = TS_TAKE(parent);

        rc = ts_path_folder(below, &parent, err);
    }
    if (rc < 0)
        return rc;
    if (faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) != 0)
        return findings_add(&doctor->findings, FIND_CACHE_UNWRITABLE,
                            "the cache folder %s does not exist, and cannot be made: %s", folder,
                            strerror(errno));
    return findings_add(&doctor->findings, FIND_CACHE,
                        "the cache folder %s does not exist yet; the first call makes it", folder);
}

static int
check_cache_folder(struct doctor *doctor, const char *folder)
{
    TS_CLEANUP(ts_fd_close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct statvfs space;

    if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return findings_add(&doctor->findings, FIND_CACHE_UNWRITABLE,
                            "the cache folder %s cannot be written to: %s", folder,
                            strerror(errno));
    if (is_remote(fd))
        return findings_add(&doctor->findings, FIND_CACHE_REMOTE,
                            "the cache folder %s is on a network file system", folder);
    if (fstatvfs(fd, &space) == 0 &&
        (space.f_bavail == 0 || (space.f_files > 0 && space.f_favail == 0)))
        return findings_add(&doctor->findings, FIND_CACHE_FULL,
                            "the file system of the cache folder %s is full", folder);
    return findings_add(&doctor->findings, FIND_CACHE,
                        "the cache folder %s is private and writable", folder);
}

int
doctor_cache(struct doctor *doctor, struct ts_err *err)
{
    const char *folder = doctor->helper->config.cache_dir;
    struct stat st;

    if (folder == NULL)
        return findings_add(&doctor->findings, FIND_CACHE_NONE,
                            "there is no folder for a cache, so each call requests a new token");
    if (lstat(folder, &st) != 0)
        return check_parent(doctor, folder, err);
    if (S_ISLNK(st.st_mode))
        return findings_add(&doctor->findings, FIND_CACHE_LINK,
                            "the cache folder %s is a symbolic link, so it is not used", folder);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return findings_add(&doctor->findings, FIND_CACHE_UNSAFE,
                            "the cache folder %s is not private to this user, so it is not used",
                            folder);
    return check_cache_folder(doctor, folder);
}
