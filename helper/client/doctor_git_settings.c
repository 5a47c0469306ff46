#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/doctor_clients.h"

struct settings {
    const struct git_entry *ours;     /* the last entry that names this program */
    const struct git_entry *reset;    /* an empty value after it, or NULL */
    const struct git_entry *username; /* or NULL */
};

static void
read_settings(const struct git_entries *entries, const struct ts_host_rule *rule, const char *host,
              struct settings *ret)
{
    *ret = (struct settings){NULL, NULL, NULL};
    for (size_t i = 0; i < entries->len; i++) {
        const struct git_entry *entry = &entries->items[i];

        if (git_config_applies(entry->key, "username", host, rule->pattern.path))
            ret->username = entry;
        if (!git_config_applies(entry->key, "helper", host, rule->pattern.path))
            continue;
        if (git_helper_is_ours(entry->value)) {
            ret->ours = entry;
            ret->reset = NULL;
        } else if (entry->value[0] == '\0' && ret->ours != NULL) {
            ret->reset = entry;
        }
    }
}

/* The value of an option of the helper in `helper = thrivestack --profile work`, or NULL. */
static char *
option_value(const char *helper, const char *option)
{
    const char *at = strstr(helper, option);

    if (at == NULL || at == helper || at[-1] != ' ')
        return NULL;
    at += strlen(option);
    if (*at != ' ' && *at != '=')
        return NULL;
    at += 1 + strspn(at + 1, " '\"");
    return strndup(at, strcspn(at, " '\""));
}

static int
check_options(struct doctor *doctor, const struct git_entry *ours, const struct ts_host_rule *rule,
              struct ts_err *err)
{
    const struct ts_config *config = &doctor->helper->config;
    TS_CLEANUP(ts_string_free) char *profile = option_value(ours->value, "--profile");
    TS_CLEANUP(ts_string_free) char *file = option_value(ours->value, "--config");

    if (file != NULL && !ts_list_has(&config->files, file))
        return findings_add(&doctor->findings, FIND_GIT_CONFIG_FILE,
                            "git's helper for %s uses --config %s, which was not checked: run "
                            "'thrivestack-credential --config %s doctor'",
                            rule->label, file, file);
    if (profile == NULL || file != NULL)
        return 0;
    if (ts_config_find_profile(config, profile) == NULL)
        return findings_add(&doctor->findings, FIND_GIT_PROFILE,
                            "git's helper for %s uses --profile %s (%s), but there is no such "
                            "profile",
                            rule->label, profile, ours->origin);
    return doctor_try_token(doctor, profile, rule, err);
}

int
doctor_git_settings(struct doctor *doctor, const struct git_entries *entries,
                    const struct ts_host_rule *rule, bool *ret_wired, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free)
    char *host = strndup(rule->label, strcspn(rule->label, "/"));
    struct settings found;

    if (host == NULL)
        return ts_err_nomem(err);
    read_settings(entries, rule, host, &found);
    if (found.ours == NULL)
        return 0;
    if (found.reset != NULL) {
        *ret_wired = true;
        return findings_add(&doctor->findings, FIND_GIT_RESET,
                            "an empty %s (%s) after %s removes this program for %s",
                            found.reset->key, found.reset->origin, found.ours->origin, rule->label);
    }
    if (found.username != NULL && rule->username != NULL &&
        strcmp(found.username->value, rule->username) != 0 &&
        findings_add(&doctor->findings, FIND_GIT_USERNAME,
                     "%s is %s (%s), but [host %s] has username = %s, so git gets no token",
                     found.username->key, found.username->value, found.username->origin,
                     rule->label, rule->username) < 0)
        return ts_err_nomem(err);
    return check_options(doctor, found.ours, rule, err);
}
