#include "common/policy/policy.h"
#include "common/base/cleanup.h"
#include "common/base/nearest.h"
#include "common/policy/policy_schema.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define LARGE ((size_t)1024 * 1024) /* bytes of files */

void
ts_policy_release(struct ts_policy *policy)
{
    const bool is_large = policy->texts_bytes > LARGE;

    for (size_t i = 0; i < policy->keys_len; i++)
        if (policy->keys[i].free_public_key != NULL)
            policy->keys[i].free_public_key(&policy->keys[i].public_key);
    ts_policy_release_memory(policy);
    free(policy->services);
    free(policy->keys);
    ts_index_release(&policy->index);
    free(policy->file);
    memset(policy, 0, sizeof(*policy));
#ifdef __GLIBC__
    /* Once a large block was freed, the C library keeps such blocks for the process, which may be a
     * server that runs for months. */
    if (is_large)
        (void)malloc_trim(0);
#else
    (void)is_large;
#endif
}

struct ts_policy_key *
ts_policy_new_key(struct ts_policy *policy, const char *file)
{
    struct ts_policy_key *keys = ts_array_grow(policy->keys, policy->keys_len, sizeof(*keys));

    if (keys == NULL)
        return NULL;
    policy->keys = keys;
    struct ts_policy_key *key = &keys[policy->keys_len++];
    *key = (struct ts_policy_key){
        .file = file, .max_lifetime = TS_TOKEN_LIFE_MAX, .expires = INT64_MAX};
    return key;
}

static int
add_service(struct ts_policy_input *input, const char *file, struct ts_err *err)
{
    struct ts_policy *policy = input->policy;
    struct ts_policy_service *services =
        ts_array_grow(policy->services, policy->services_len, sizeof(*services));

    (void)file;
    if (services == NULL)
        return ts_err_nomem(err);
    policy->services = services;
    input->service = &services[policy->services_len++];
    *input->service =
        (struct ts_policy_service){.max_age = -1, .sources = {TS_SOURCE_PROMPT}, .sources_len = 1};
    input->key = NULL;
    return ts_policy_read_service(input, err);
}

static int
add_key_section(struct ts_policy_input *input, const char *file, struct ts_err *err)
{
    input->service = NULL;
    input->key = ts_policy_new_key(input->policy, file);
    return input->key == NULL ? ts_err_nomem(err) : ts_policy_read_key(input, err);
}

static int
add_events(struct ts_policy_input *input, const char *file, struct ts_err *err)
{
    (void)file;
    input->service = NULL;
    input->key = NULL;
    return ts_policy_read_events(input, err);
}

static const struct {
    const char *kind;
    int (*add)(struct ts_policy_input *input, const char *file, struct ts_err *err);
} section_kinds[] = {
    {"key", add_key_section},
    {"service", add_service},
    {"events", add_events},
};

static int
add_section(struct ts_policy_input *input, const char *file, bool keys_only, struct ts_err *err)
{
    const char *kind = input->section->kind;

    if (keys_only && (strcmp(kind, "service") == 0 || strcmp(kind, "events") == 0))
        return ts_ini_error(input->ini, input->section->line, err,
                            "[%s] belongs into policy.conf: a file of keys holds [key ID] only",
                            kind);
    for (size_t i = 0; i < TS_ARRAY_LEN(section_kinds); i++)
        if (strcmp(kind, section_kinds[i].kind) == 0)
            return section_kinds[i].add(input, file, err);
    struct ts_nearest nearest = TS_NEAREST_INIT(kind);
    char meant[TS_NEAREST_HINT_MAX];
    for (size_t i = 0; i < TS_ARRAY_LEN(section_kinds); i++)
        if (!keys_only || strcmp(section_kinds[i].kind, "key") == 0)
            ts_nearest_try(&nearest, section_kinds[i].kind);
    return ts_ini_error(
        input->ini, input->section->line, err, "[%.80s] is unknown here: write %s[key ID]%s", kind,
        keys_only ? "" : "[service NAME], [events] or ", ts_nearest_hint(&nearest, meant));
}

int
ts_policy_add_text(struct ts_policy *policy, struct ts_secret *text, const char *file,
                   bool keys_only, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    const size_t keys_len = policy->keys_len, services_len = policy->services_len;
    struct ts_policy_input input = {.policy = policy, .ini = &ini};
    int rc = ts_ini_parse_text(text, file, &ini, err);

    if (rc < 0)
        return rc;
    const char *kept = ts_policy_keep_text(policy, &ini.text, file);
    if (kept == NULL)
        return ts_err_nomem(err);
    for (size_t i = 0; i < ini.len && rc == 0; i++) {
        input.section = &ini.sections[i];
        rc = add_section(&input, kept, keys_only, err);
    }
    if (rc < 0) {
        policy->keys_len = keys_len;
        policy->services_len = services_len;
    }
    return rc;
}

static int
compare_services(const void *a, const void *b)
{
    const struct ts_policy_service *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Two spellings of one service; the INI reader has refused what is there twice to the letter. */
static int
refuse_double_services(const struct ts_policy *policy, struct ts_err *err)
{
    for (size_t i = 1; i < policy->services_len; i++)
        if (strcmp(policy->services[i - 1].name, policy->services[i].name) == 0)
            return ts_err_set(
                err, TS_ERR_CONFIG,
                "%s:%u: the section in line %u is for the same service (%s): join them",
                policy->file, policy->services[i].line, policy->services[i - 1].line,
                policy->services[i].name);
    return 0;
}

static uint64_t
hash_id(const char *id)
{
    return ts_index_hash(id, strlen(id), 0);
}

/* Where a key is in the index, or else where it is to be. */
static uint32_t *
find_slot(const struct ts_policy *policy, const char *id)
{
    uint64_t hash = hash_id(id);
    uint32_t *slot;

    for (size_t step = 0; *(slot = ts_index_slot(&policy->index, hash, step)) != 0; step++)
        if (strcmp(policy->keys[*slot - 1].id, id) == 0)
            break;
    return slot;
}

/* Which of two sections is meant could be read either way, so neither counts. */
static int
refuse_double_key(struct ts_policy *policy, struct ts_policy_key *first,
                  struct ts_policy_key *again, struct ts_err *err)
{
    struct ts_err problem = {0};

    if (again->is_untrusted || (first->problem != NULL && again->problem != NULL))
        return 0;
    ts_err_set(&problem, TS_ERR_CONFIG,
               "%s:%u: [key %s] is in %s:%u, too, and is accepted in neither: remove one",
               again->file, again->line, again->id, first->file, first->line);
    const char *kept = ts_policy_add_problem(policy, problem.text);
    if (kept == NULL)
        return ts_err_nomem(err);
    if (first->problem == NULL)
        first->problem = kept;
    if (again->problem == NULL)
        again->problem = kept;
    return 0;
}

/* Files that others can write come last, so that they cannot take away the keys of other files. */
static int
index_keys(struct ts_policy *policy, bool is_untrusted, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < policy->keys_len && rc == 0; i++) {
        if (policy->keys[i].is_untrusted != is_untrusted)
            continue;
        uint32_t *slot = find_slot(policy, policy->keys[i].id);
        if (*slot == 0)
            *slot = (uint32_t)i + 1;
        else
            rc = refuse_double_key(policy, &policy->keys[*slot - 1], &policy->keys[i], err);
    }
    return rc;
}

int
ts_policy_finish(struct ts_policy *policy, struct ts_err *err)
{
    /* qsort may not be called with NULL. */
    if (policy->services_len > 0)
        qsort(policy->services, policy->services_len, sizeof(*policy->services), compare_services);
    int rc = refuse_double_services(policy, err);
    if (rc == 0 && ts_index_make(policy->keys_len, &policy->index) < 0)
        rc = ts_err_nomem(err);
    if (rc == 0)
        rc = index_keys(policy, false, err);
    return rc < 0 ? rc : index_keys(policy, true, err);
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
    if (policy->keys_len == 0)
        return NULL;
    const uint32_t *slot = find_slot(policy, id);
    return *slot != 0 ? &policy->keys[*slot - 1] : NULL;
}

const struct ts_policy_key *
ts_policy_stand_in(const struct ts_policy *policy)
{
    for (size_t i = 0; i < policy->keys_len; i++)
        if (policy->keys[i].problem == NULL)
            return &policy->keys[i];
    return NULL;
}

bool
ts_policy_key_names_service(const struct ts_policy_key *key, const char *service)
{
    const char *name = ts_policy_service_name(service);

    /* Its section could not be read, so it may be for any; it is never accepted. */
    if (key->problem != NULL && key->services.len == 0)
        return true;
    for (size_t i = 0; i < key->services.len; i++)
        if (strcmp(key->services.items[i], "*") == 0 ||
            ts_text_equal_nocase(key->services.items[i], name))
            return true;
    return false;
}
