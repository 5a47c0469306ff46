#include "common/policy/policy.h"
#include "common/base/cleanup.h"
#include "common/policy/policy_schema.h"
#include "common/policy/verify.h"

#include <stdlib.h>
#include <string.h>

static void
release_service(struct ts_policy_service *service)
{
    free(service->name);
    ts_list_release(&service->scopes);
}

static void
release_key(struct ts_policy_key *key)
{
    free(key->id);
    ts_public_key_free(&key->public_key);
    ts_list_release(&key->users);
    ts_list_release(&key->services);
    ts_list_release(&key->scopes);
}

void
ts_policy_release(struct ts_policy *policy)
{
    for (size_t i = 0; i < policy->services_len; i++)
        release_service(&policy->services[i]);
    for (size_t i = 0; i < policy->keys_len; i++)
        release_key(&policy->keys[i]);
    free(policy->services);
    free(policy->keys);
    free(policy->file);
    memset(policy, 0, sizeof(*policy));
}

/* The sections' kinds: how many there are of each decides the sizes of the policy's arrays. */
static size_t
count_sections(const struct ts_ini *ini, const char *kind)
{
    size_t count = 0;

    for (size_t i = 0; i < ini->len; i++)
        count += strcmp(ini->sections[i].kind, kind) == 0;
    return count;
}

static int
reserve(struct ts_policy *policy, const struct ts_ini *ini, struct ts_err *err)
{
    policy->file = strdup(ini->file);
    policy->services = calloc(count_sections(ini, "service") + 1, sizeof(*policy->services));
    policy->keys = calloc(count_sections(ini, "key") + 1, sizeof(*policy->keys));
    if (policy->file == NULL || policy->services == NULL || policy->keys == NULL)
        return ts_err_nomem(err);
    return 0;
}

static int
add_service(struct ts_policy *policy, struct ts_policy_input *input, struct ts_err *err)
{
    input->key = NULL;
    input->service = &policy->services[policy->services_len++];
    input->service->max_age = -1;
    input->service->sources[0] = TS_SOURCE_PROMPT;
    input->service->sources_len = 1;
    return ts_policy_read_service(input, err);
}

static int
add_key(struct ts_policy *policy, struct ts_policy_input *input, struct ts_err *err)
{
    input->service = NULL;
    input->key = &policy->keys[policy->keys_len++];
    input->key->max_lifetime = TS_TOKEN_LIFE_MAX;
    input->key->expires = INT64_MAX;
    return ts_policy_read_key(input, err);
}

static const struct {
    const char *kind;
    int (*add)(struct ts_policy *policy, struct ts_policy_input *input, struct ts_err *err);
} section_kinds[] = {
    {"service", add_service},
    {"key", add_key},
};

static int
add_section(struct ts_policy *policy, struct ts_policy_input *input, struct ts_err *err)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(section_kinds); i++)
        if (strcmp(input->section->kind, section_kinds[i].kind) == 0)
            return section_kinds[i].add(policy, input, err);
    return ts_ini_error(input->ini, input->section->line, err,
                        "[%.80s] is unknown here: write [service NAME] or [key ID]",
                        input->section->kind);
}

static int
compare_services(const void *a, const void *b)
{
    const struct ts_policy_service *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int
compare_keys(const void *a, const void *b)
{
    const struct ts_policy_key *x = a, *y = b;

    return strcmp(x->id, y->id);
}

/* Two spellings of one service; the INI reader has refused what is twice to the letter, key ids
 * included. */
static int
refuse_double_services(const struct ts_policy *policy, const struct ts_ini *ini, struct ts_err *err)
{
    for (size_t i = 1; i < policy->services_len; i++)
        if (strcmp(policy->services[i - 1].name, policy->services[i].name) == 0)
            return ts_ini_error(ini, policy->services[i].line, err,
                                "the section in line %u is for the same service (%s): join them",
                                policy->services[i - 1].line, policy->services[i].name);
    return 0;
}

static int
build(const struct ts_ini *ini, const struct ts_trusted_folder *folder, struct ts_policy *policy,
      struct ts_err *err)
{
    struct ts_policy_input input = {.ini = ini, .folder = folder};
    int rc = reserve(policy, ini, err);

    for (size_t i = 0; i < ini->len && rc == 0; i++) {
        input.section = &ini->sections[i];
        rc = add_section(policy, &input, err);
    }
    if (rc < 0)
        return rc;
    qsort(policy->services, policy->services_len, sizeof(*policy->services), compare_services);
    qsort(policy->keys, policy->keys_len, sizeof(*policy->keys), compare_keys);
    return refuse_double_services(policy, ini, err);
}

static int
open_policy(const char *path, uid_t owner, struct ts_trusted_folder *folder, struct ts_secret *text,
            struct ts_err *err)
{
    const char *file = NULL;
    int rc = ts_trusted_folder_open(path, owner, folder, &file, err);

    if (rc == 0)
        rc = ts_trusted_read(folder, file, text, err);
    if (rc == TS_ERR_NOT_FOUND)
        ts_err_set(err, rc,
                   "%s: nobody can log in with a token until it is written; see "
                   "policy.conf(5)",
                   err->text);
    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    if (strncmp(err->text, path, strlen(path)) != 0)
        ts_err_prefix(err, "%s", path);
    return ts_err_recode(err, TS_ERR_CONFIG);
}

int
ts_policy_parse(const struct ts_secret *text, const char *file,
                const struct ts_trusted_folder *folder, struct ts_policy *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;

    memset(ret, 0, sizeof(*ret));
    int rc = ts_ini_parse(ts_secret_string(text), text->len, file, &ini, err);
    return rc < 0 ? rc : build(&ini, folder, ret, err);
}

int
ts_policy_load(const char *path, const struct ts_policy_trust *trust, struct ts_policy *ret,
               struct ts_err *err)
{
    TS_CLEANUP(ts_trusted_folder_release)
    struct ts_trusted_folder folder = TS_TRUSTED_FOLDER_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_INI_FILE_MAX);

    memset(ret, 0, sizeof(*ret));
    int rc = open_policy(path, trust->owner, &folder, &text, err);
    return rc < 0 ? rc : ts_policy_parse(&text, path, &folder, ret, err);
}

static int
find_service_named(const void *name, const void *element)
{
    const struct ts_policy_service *service = element;
    const char *wanted = name;

    while (*wanted != '\0' && ts_text_lower(*wanted) == service->name[wanted - (const char *)name])
        wanted++;
    return (unsigned char)ts_text_lower(*wanted) -
           (unsigned char)service->name[wanted - (const char *)name];
}

static const struct ts_policy_service *
search_service(const struct ts_policy *policy, const char *name)
{
    /* bsearch may not be called with the NULL of an empty policy. */
    if (policy->services_len == 0)
        return NULL;
    return bsearch(name, policy->services, policy->services_len, sizeof(*policy->services),
                   find_service_named);
}

const struct ts_policy_service *
ts_policy_find_service(const struct ts_policy *policy, const char *service)
{
    const struct ts_policy_service *found = search_service(policy, ts_policy_service_name(service));

    return found != NULL ? found : search_service(policy, "*");
}

const struct ts_policy_key *
ts_policy_find_key(const struct ts_policy *policy, const char *id)
{
    struct ts_policy_key wanted = {0};

    if (policy->keys_len == 0)
        return NULL;
    wanted.id = (char *)(uintptr_t)id;
    return bsearch(&wanted, policy->keys, policy->keys_len, sizeof(*policy->keys), compare_keys);
}

const struct ts_policy_key *
ts_policy_stand_in(const struct ts_policy *policy)
{
    return policy->keys_len > 0 ? &policy->keys[0] : NULL;
}

bool
ts_policy_key_names_service(const struct ts_policy_key *key, const char *service)
{
    const char *name = ts_policy_service_name(service);

    for (size_t i = 0; i < key->services.len; i++)
        if (strcmp(key->services.items[i], "*") == 0 ||
            ts_text_equal_nocase(key->services.items[i], name))
            return true;
    return false;
}
