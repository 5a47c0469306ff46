/* `init --remove`: what init and setup made for this user, taken away again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "common/cache/refresh.h"
#include "common/job/job.h"
#include "helper/init.h"

/* Each client's part for each host. What a client cannot have for such a host is not there. */
static int
plan_removals(struct init *init, struct ts_err *err)
{
    const struct ts_config *config = &init->helper->config;

    for (size_t i = 0; i < config->hosts_len; i++) {
        const struct ts_host_rule *rule = &config->hosts[i];

        for (size_t j = 0; j < INIT_CLIENTS && !rule->pattern.wildcard; j++) {
            if (strcmp(init_clients[j], "ssh") == 0 && !rule->askpass)
                continue;
            int rc = init_plan_client(init, init_clients[j], rule->label, err);
            if (rc < 0 && rc != TS_ERR_USAGE)
                return rc;
        }
    }
    return 0;
}

static int
plan_conf_removal(struct init *init, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret nothing = TS_SECRET_INIT(0);

    if (!init->file.exists)
        return 0;
    if (init->keeps_file)
        return setup_note(&init->setup, err,
                          "note: %s stays, because it was not written by init, or edited since",
                          init->file.name);
    int rc = setup_plan(&init->setup, err, "%s: remove this file", init->file.name);
    return rc < 0 ? rc : setup_add_text(&init->setup, &init->file, &nothing, err);
}

/* Whether the key file still holds the key that init imported. One that cannot be read does not. */
static int
find_imported_key(const struct init *init, bool *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};

    *ret = false;
    if (init->keeps_file || !init->content.imported || !init->had_key)
        return 0;
    int rc = helper_profile_request(init->helper, init->profile->name, &request, err);
    if (rc == 0)
        rc = ts_refresh_key_info(&request, &info, err);
    *ret = rc == 0 && strcmp(info.key_id, init->content.key_id) == 0;
    return rc == TS_ERR_NOMEM ? rc : 0;
}

static int
plan_key_removal(struct init *init, bool removes_key, struct ts_err *err)
{
    const char *key_file = init->profile->key.key_file;

    if (removes_key)
        return setup_plan(&init->setup, err, "%s: remove this file, which is your API key",
                          key_file);
    if (!init->had_key)
        return 0;
    return setup_note(&init->setup, err, "note: %s, an API key, stays: %s", key_file,
                      !init->keeps_file && init->content.imported
                          ? "it is not the one that init imported"
                          : "it was not imported by init");
}

/* A folder that is empty now was ours. */
static int
remove_key(const char *key_file, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;

    if (unlink(key_file) != 0 && errno != ENOENT)
        return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be removed", key_file);
    int rc = ts_path_folder(key_file, &folder, err);
    if (rc == 0)
        (void)rmdir(folder);
    return rc;
}

static int
remove_cache(const char *folder, struct ts_err *err)
{
    int rc = ts_refresh_forget_all(folder, err);

    if (rc == 0)
        (void)rmdir(folder);
    return rc;
}

int
init_remove(struct init *init, const struct setup_consent *consent, struct ts_err *err)
{
    const char *cache_dir = init->helper->config.cache_dir;
    bool has_cache = cache_dir != NULL && access(cache_dir, F_OK) == 0;
    bool removes_key = false;

    int rc = find_imported_key(init, &removes_key, err);
    if (rc == 0)
        rc = plan_removals(init, err);
    if (rc == 0)
        rc = plan_conf_removal(init, err);
    if (rc == 0)
        rc = plan_key_removal(init, removes_key, err);
    if (rc == 0 && has_cache)
        rc = setup_plan(&init->setup, err, "%s: drop all cached tokens", cache_dir);
    if (rc < 0)
        return rc;
    if (init->setup.plan.len == 0)
        return setup_note(&init->setup, err, "nothing needs to change");
    rc = setup_carry_out(&init->setup, consent, err);
    if (rc == 0 && init->setup.made && removes_key)
        rc = remove_key(init->profile->key.key_file, err);
    if (rc == 0 && init->setup.made && has_cache)
        rc = remove_cache(cache_dir, err);
    return rc;
}
