/* Whether git, docker and ssh run this program for the configured hosts. */
#include <stdlib.h>
#include <string.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/client/docker_config.h"
#include "helper/client/doctor_clients.h"
#include "helper/doctor/doctor.h"
#include "helper/client/git_config.h"
#include "helper/setup/setup_file.h"
#include "helper/tool.h"

#define DOCKER_PROGRAM "docker-credential-thrivestack"
#define GIT_PROGRAM "git-credential-thrivestack"

bool
doctor_is_ours(const char *path)
{
    TS_CLEANUP(ts_string_free) char *real = realpath(path, NULL);
    TS_CLEANUP(ts_string_free) char *helper = realpath(TS_HELPER_PATH, NULL);

    return real != NULL && helper != NULL && strcmp(real, helper) == 0;
}

char *
doctor_host_name(const struct ts_host_rule *rule)
{
    return strndup(rule->label, strcspn(rule->label, "/"));
}

/* --- git */

struct git_check {
    struct doctor *doctor;
    const struct git_entries *entries;
    const struct ts_host_rule *rule;
    const char *host;
};

static int
check_git_program(const struct git_check *check, const char *value, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = git_helper_program(value);

    if (program == NULL && tool_find(GIT_PROGRAM, &program, err) == TS_ERR_NOMEM)
        return TS_ERR_NOMEM;
    if (program != NULL && doctor_is_ours(program))
        return findings_add(&check->doctor->findings, FIND_GIT, "git runs %s for %s", program,
                            check->host);
    return findings_add(&check->doctor->findings, FIND_GIT_PROGRAM,
                        "git's helper for %s, '%s', is not this program", check->host, value);
}

static int
check_git_other(const struct git_check *check, const struct git_entry *entry)
{
    if (git_helper_is_store(entry->value))
        return findings_add(&check->doctor->findings, FIND_GIT_STORES,
                            "%s = %s (%s) stores every token for %s in plain text", entry->key,
                            entry->value, entry->origin, check->host);
    return findings_add(&check->doctor->findings, FIND_GIT_OTHER,
                        "git also runs %s (%s, %s) for %s, and gives it the tokens to store",
                        entry->value, entry->key, entry->origin, check->host);
}

static int
check_git_host(const struct git_check *check, bool *ret_wired, struct ts_err *err)
{
    const char *path = check->rule->pattern.path;
    struct git_wiring wiring;
    size_t *helpers = NULL;
    size_t len = 0;
    int rc = git_config_check(check->entries, check->host, path, &wiring, err);

    if (rc == 0)
        rc = git_config_helpers(check->entries, check->host, path, &helpers, &len, err);
    *ret_wired = rc == 0 && wiring.ours != NULL;
    for (size_t i = 0; i < len && rc == 0 && *ret_wired; i++) {
        const struct git_entry *entry = &check->entries->items[helpers[i]];

        rc = git_helper_is_ours(entry->value) ? check_git_program(check, entry->value, err)
                                              : check_git_other(check, entry);
    }
    free(helpers);
    if (rc == 0 && *ret_wired && path[0] != '\0' && !wiring.sends_path)
        rc = findings_add(&check->doctor->findings, FIND_GIT_PATH,
                          "[host %s] has a path, but git sends none", check->rule->label);
    return rc;
}

/* The version of git, and what it cannot do. */
static int
report_git_version(struct doctor *doctor, const char *git, struct ts_err *err)
{
    static const char *const argv[] = {"git", "--version", NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(4096);
    const struct tool_call call = {git, argv, false};
    int status = 0;

    int rc = tool_run(&call, &output, &status, err);
    if (rc < 0 || status != 0)
        return findings_add(&doctor->findings, FIND_GIT_INVALID, "%s does not run", git);
    int64_t minor = git_version_minor(ts_secret_string(&output));
    return findings_add(&doctor->findings, FIND_GIT, "%.*s%s%s",
                        (int)strcspn(ts_secret_string(&output), "\n"), ts_secret_string(&output),
                        minor < 40 ? ": does not check expiry (2.40)" : "",
                        minor < 46 ? ", no auth = bearer (2.46)" : "");
}

int
doctor_git(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *git = NULL;
    TS_CLEANUP(git_entries_release) struct git_entries entries = {NULL, 0};
    const struct ts_config *config = &doctor->helper->config;

    int rc = tool_find("git", &git, err);
    if (rc == TS_ERR_NOT_FOUND)
        return findings_add(&doctor->findings, FIND_GIT, "git is not installed");
    if (rc == 0)
        rc = report_git_version(doctor, git, err);
    if (rc == 0)
        rc = git_config_read(git, &entries, err);
    if (rc < 0 && rc != TS_ERR_NOMEM)
        return findings_add(&doctor->findings, FIND_GIT_INVALID, "%s", err->text);
    for (size_t i = 0; i < config->hosts_len && rc == 0; i++) {
        TS_CLEANUP(ts_string_free) char *host = doctor_host_name(&config->hosts[i]);
        const struct git_check check = {doctor, &entries, &config->hosts[i], host};
        bool wired = false;

        if (host == NULL)
            return TS_ERR_NOMEM;
        if (!config->hosts[i].pattern.wildcard)
            rc = check_git_host(&check, &wired, err);
        if (rc == 0 && !config->hosts[i].pattern.wildcard)
            rc = doctor_git_settings(doctor, &entries, &config->hosts[i], &wired, err);
        doctor->wired[i] |= wired;
    }
    return rc;
}

/* --- docker, podman, skopeo */

struct docker_file {
    size_t index; /* as docker_config_path has it */
    const char *path;
    struct ts_json *object;
};

static int
check_registry(struct doctor *doctor, size_t index, const struct docker_file *file)
{
    struct ts_json *object = file->object;
    TS_CLEANUP(ts_string_free) char *host = doctor_host_name(&doctor->helper->config.hosts[index]);

    if (host == NULL)
        return TS_ERR_NOMEM;
    const char *store = ts_json_string(object, "credsStore");
    const char *helper = docker_config_helper(object, file->index, host);
    bool wired = helper != NULL ? strcmp(helper, "thrivestack") == 0
                                : store != NULL && strcmp(store, "thrivestack") == 0;
    int rc = 0;

    if (wired && !doctor->wired[index])
        rc = findings_add(&doctor->findings, FIND_DOCKER, "%s names this program for %s",
                          file->path, host);
    if (rc == 0 && (wired || doctor->wired[index]) && docker_config_has_password(object, host))
        rc = findings_add(&doctor->findings, FIND_DOCKER_PASSWORD,
                          "%s has a password for %s, which may be used instead of a token",
                          file->path, host);
    doctor->wired[index] |= wired;
    return rc;
}

static int
check_docker_file(struct doctor *doctor, size_t index, const char *path, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    const struct ts_config *config = &doctor->helper->config;

    int rc = setup_file_read(path, NULL, &file, err);
    if (rc == 0 && setup_file_is_blank(&file.text))
        return 0;
    if (rc == 0)
        rc = ts_json_parse_object(ts_secret_string(&file.text), file.text.len, &object, err);
    if (rc < 0 && rc != TS_ERR_NOMEM)
        return findings_add(&doctor->findings, FIND_DOCKER_INVALID, "%s: %s", path, err->text);
    const struct docker_file found = {index, path, object};
    for (size_t i = 0; i < config->hosts_len && rc == 0; i++)
        if (!config->hosts[i].pattern.wildcard)
            rc = check_registry(doctor, i, &found);
    return rc;
}

static int
check_docker_program(struct doctor *doctor, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;
    int rc = tool_find(DOCKER_PROGRAM, &program, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return findings_add(&doctor->findings, FIND_DOCKER_PROGRAM, "%s", err->text);
    if (!doctor_is_ours(program))
        return findings_add(&doctor->findings, FIND_DOCKER_PROGRAM,
                            "%s is first in PATH, but is not this program", program);
    return 0;
}

int
doctor_docker(struct doctor *doctor, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < DOCKER_CONFIG_FILES && rc == 0; i++) {
        TS_CLEANUP(ts_string_free) char *path = NULL;

        rc = docker_config_path(i, &path, err);
        if (rc == 0)
            rc = check_docker_file(doctor, i, path, err);
        else if (rc == TS_ERR_NOT_FOUND || rc == TS_ERR_CONFIG)
            rc = 0;
    }
    if (rc == 0 && findings_has(&doctor->findings, FIND_DOCKER))
        rc = check_docker_program(doctor, err);
    return rc;
}

/* Sections that no client uses. Wildcards cannot be checked. */
int
doctor_wiring(struct doctor *doctor, struct ts_err *err)
{
    const struct ts_config *config = &doctor->helper->config;
    int rc = 0;

    (void)err;
    for (size_t i = 0; i < config->hosts_len && rc == 0; i++)
        if (!doctor->wired[i] && !config->hosts[i].pattern.wildcard)
            rc = findings_add(&doctor->findings, FIND_HOST_NOT_WIRED,
                              "no client runs this program for [host %s]", config->hosts[i].label);
    return rc;
}
