/* `forget`: drops cached tokens. */
#include "common/base/cleanup.h"
#include "common/cache/refresh.h"
#include "helper/helper.h"

/* A private API key has none. */
static bool
has_no_tokens(const struct ts_config *config)
{
    const char *name = config->selected_profile != NULL ? config->selected_profile : "default";
    const struct ts_profile *profile = ts_config_find_profile(config, name);

    return profile != NULL && profile->key.api_key_file != NULL;
}

int
command_forget(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;

    (void)answer;
    int rc = helper_load_config(helper, err);
    if (rc < 0)
        return rc;
    if ((helper->options.given & OPTION_ALL) != 0)
        return helper->config.cache_dir != NULL
                   ? ts_refresh_forget_all(helper->config.cache_dir, err)
                   : 0;
    if (has_no_tokens(&helper->config))
        return 0;
    rc = helper_profile_request(helper, NULL, &request, err);
    return rc < 0 ? rc : ts_refresh_forget(&request, err);
}
