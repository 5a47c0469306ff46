#include "common/policy/policy_schema.h"
#include "common/base/cleanup.h"
#include "common/base/nearest.h"
#include "common/config/host.h"
#include "common/policy/proof.h"

#include <stdlib.h>
#include <string.h>

#define NAME_LEN_MAX 255

static int
report_value(const struct ts_policy_input *input, struct ts_err *err, const char *fix)
{
    return ts_ini_error(input->ini, input->entry->line, err, "%s: %s%s", input->entry->key, fix,
                        ts_ini_comment_hint(input->entry->value));
}

/* Where a character may be. A table, because a policy may have 100,000 names. */
enum {
    IN_ACCOUNT = 1,
    IN_SERVICE = 2,
};
static const unsigned char classes[256] = {
    ['A' ... 'Z'] = IN_ACCOUNT | IN_SERVICE,
    ['a' ... 'z'] = IN_ACCOUNT | IN_SERVICE,
    ['0' ... '9'] = IN_ACCOUNT | IN_SERVICE,
    ['.'] = IN_ACCOUNT | IN_SERVICE,
    ['_'] = IN_ACCOUNT | IN_SERVICE,
    ['-'] = IN_ACCOUNT | IN_SERVICE,
    ['+'] = IN_SERVICE,
    ['@'] = IN_SERVICE,
    [':'] = IN_SERVICE,
};

/* How many characters at its beginning may be there. */
static size_t
name_length(const char *name, unsigned where)
{
    size_t len = 0;

    while ((classes[(unsigned char)name[len]] & where) != 0)
        len++;
    return len;
}

/* The portable user names of POSIX, with the dots that shadow's useradd allows and the dollar that
 * ends a machine account's. Groups have names of the same kind. */
static bool
is_account_name(const char *name)
{
    size_t len = name_length(name, IN_ACCOUNT);
    size_t end = len + (name[len] == '$' ? 1 : 0);

    return len >= 1 && name[0] != '-' && name[end] == '\0' && end <= NAME_LEN_MAX;
}

bool
ts_policy_is_user_or_group(const char *item)
{
    return is_account_name(item[0] == '@' ? item + 1 : item);
}

static bool
is_service_name(const char *name)
{
    size_t len = name_length(name, IN_SERVICE);

    return len >= 1 && name[0] != '-' && name[0] != '.' && name[len] == '\0' && len <= NAME_LEN_MAX;
}

static bool
is_service_or_all(const char *item)
{
    return strcmp(item, "*") == 0 || is_service_name(item);
}

/* In the spelling of ts_policy_service_spelling, without memory of its own. */
static char *
spell_service(char *name)
{
    const char *counts_as = ts_policy_service_name(name);

    if (counts_as != name)
        return (char *)(uintptr_t)counts_as;
    for (char *p = name; *p != '\0'; p++)
        *p = ts_text_lower(*p);
    return name;
}

/* A list with at least one item, every one of which passes. `fix` says what an item should be. */
static int
read_list(const struct ts_policy_input *input, struct ts_list *list,
          bool (*is_item)(const char *item), const char *fix, struct ts_err *err)
{
    if (ts_policy_split(input->policy, input->entry->value, list) < 0)
        return ts_err_nomem(err);
    if (list->len == 0)
        return report_value(input, err, "is empty: name at least one");
    for (size_t i = 0; i < list->len; i++)
        if (!is_item(list->items[i]))
            return ts_ini_error(input->ini, input->entry->line, err, "%s: '%.80s' is not %s%s",
                                input->entry->key, list->items[i], fix,
                                ts_ini_comment_hint(list->items[i]));
    return 0;
}

static void
drop_doubles(struct ts_list *list)
{
    const struct ts_list all = *list;

    list->len = 0;
    for (size_t i = 0; i < all.len; i++)
        if (!ts_list_has(list, all.items[i]))
            list->items[list->len++] = all.items[i];
}

/* RFC 6749 would allow a '#', but that is somebody's comment. */
static bool
is_scope(const char *item)
{
    return item[0] != '#' && ts_text_is_scope(item);
}

static int
read_scopes(const struct ts_policy_input *input, struct ts_err *err)
{
    struct ts_list *scopes = input->key != NULL ? &input->key->scopes : &input->service->scopes;
    int rc = read_list(input, scopes, is_scope,
                       "a scope: write up to 256 printable characters, without quotes", err);

    /* The local helper is asked for each of a service's. */
    if (rc == 0 && input->service != NULL)
        drop_doubles(scopes);
    return rc;
}

static int
read_max_age(const struct ts_policy_input *input, struct ts_err *err)
{
    if (ts_text_duration(input->entry->value, 1, TS_TOKEN_TIME_MAX, &input->service->max_age))
        return 0;
    return report_value(input, err, "write a time of at least 1s, such as 90s, 5m or 1h");
}

static int
read_single_use(const struct ts_policy_input *input, struct ts_err *err)
{
    if (ts_text_bool(input->entry->value, &input->service->single_use))
        return 0;
    return report_value(input, err, "write yes or no");
}

static int
read_bound_to(const struct ts_policy_input *input, struct ts_err *err)
{
    struct ts_list *names = &input->service->bound_to;
    int rc = ts_policy_split(input->policy, input->entry->value, names);

    if (rc < 0)
        return ts_err_nomem(err);
    if (names->len == 0)
        return report_value(input, err, "is empty: name at least one");
    for (size_t i = 0; i < names->len; i++) {
        for (char *c = names->items[i]; *c != '\0'; c++)
            *c = ts_text_lower(*c);
        if (!ts_host_is_name(names->items[i]))
            return ts_ini_error(input->ini, input->entry->line, err,
                                "%s: '%.80s' is not a name of this host: write names as clients "
                                "use them, without a port%s",
                                input->entry->key, names->items[i],
                                ts_ini_comment_hint(names->items[i]));
    }
    return 0;
}

static int
add_source(const struct ts_policy_input *input, const char *item, struct ts_err *err)
{
    struct ts_policy_service *service = input->service;
    bool local = strcmp(item, "local") == 0;
    enum ts_source source = local ? TS_SOURCE_LOCAL : TS_SOURCE_PROMPT;

    if (!local && strcmp(item, "prompt") != 0)
        return report_value(input, err, "write prompt, local, or both in the order to try them in");
    if (local && strcmp(service->name, "sudo") != 0 && strcmp(service->name, "su") != 0)
        return report_value(input, err,
                            "local is only for [service sudo] and [service su]: remove it");
    if (service->sources_len > 0 &&
        (service->sources_len == TS_ARRAY_LEN(service->sources) || service->sources[0] == source))
        return report_value(input, err, "name each source once");
    service->sources[service->sources_len++] = source;
    return 0;
}

static int
read_source(const struct ts_policy_input *input, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list items = {NULL, 0};
    int rc = ts_list_add_split(&items, input->entry->value, err);

    if (rc == 0 && items.len == 0)
        rc = report_value(input, err, "write prompt, local, or both in the order to try them in");
    input->service->sources_len = 0;
    for (size_t i = 0; i < items.len && rc == 0; i++)
        rc = add_source(input, items.items[i], err);
    return rc;
}

/* It is read when a token names the key. */
static int
read_public_key(const struct ts_policy_input *input, struct ts_err *err)
{
    if (input->entry->value[0] == '\0')
        return report_value(
            input, err,
            "is empty: write one line of base64 (`thrivestack-credential key public` prints "
            "it) or the path of a file");
    input->key->public_key_text = input->entry->value;
    input->key->public_key_line = input->entry->line;
    return 0;
}

static int
read_users(const struct ts_policy_input *input, struct ts_err *err)
{
    return read_list(input, &input->key->users, ts_policy_is_user_or_group,
                     "a user or @group: name them one by one, separated by blanks", err);
}

static int
read_services(const struct ts_policy_input *input, struct ts_err *err)
{
    struct ts_list *services = &input->key->services;
    int rc = read_list(input, services, is_service_or_all,
                       "a service: write names such as sshd, or * for all", err);

    if (rc == 0 && services->len > 1 && ts_list_has(services, "*"))
        return report_value(input, err, "* means all: write it alone");
    for (size_t i = 0; i < services->len; i++)
        services->items[i] = spell_service(services->items[i]);
    return rc;
}

static int
read_max_lifetime(const struct ts_policy_input *input, struct ts_err *err)
{
    if (ts_text_duration(input->entry->value, 1, TS_TOKEN_LIFE_MAX, &input->key->max_lifetime))
        return 0;
    return report_value(input, err, "write a time from 1s to 1d, such as 15m or 1h");
}

static int
read_expires(const struct ts_policy_input *input, struct ts_err *err)
{
    const char *value = input->entry->value;

    if (strlen(value) == strlen("YYYY-MM-DD") && ts_text_date_end(value, &input->key->expires))
        return 0;
    return report_value(input, err, "write the last day as YYYY-MM-DD");
}

static int
read_logins(const struct ts_policy_input *input, struct ts_err *err)
{
    if (ts_text_bool(input->entry->value, &input->policy->logs_logins))
        return 0;
    return report_value(input, err, "write yes or no");
}

/* Those of keys first, in the order in which they are usually written: there may be 10,000 keys. */
static const struct ts_policy_setting settings[] = {
    {"key", "public_key", true, read_public_key},      {"key", "users", true, read_users},
    {"key", "services", true, read_services},          {"key", "scopes", true, read_scopes},
    {"key", "max_lifetime", false, read_max_lifetime}, {"key", "expires", false, read_expires},
    {"service", "scopes", true, read_scopes},          {"service", "max_age", false, read_max_age},
    {"service", "single_use", false, read_single_use}, {"service", "source", false, read_source},
    {"service", "bound_to", false, read_bound_to},     {"events", "logins", false, read_logins},
};

const struct ts_policy_setting *
ts_policy_settings(size_t *ret_len)
{
    *ret_len = TS_ARRAY_LEN(settings);
    return settings;
}

/* The position of a setting in the table, or its length. The search begins at `start`. `kind` is
 * "key" or "service". */
static size_t
find_setting(const char *kind, const char *key, size_t start)
{
    for (size_t step = 0; step < TS_ARRAY_LEN(settings); step++) {
        const size_t i = (start + step) % TS_ARRAY_LEN(settings);

        if (settings[i].key[0] == key[0] && settings[i].section[0] == kind[0] &&
            strcmp(settings[i].key, key) == 0)
            return i;
    }
    return TS_ARRAY_LEN(settings);
}

/* `seen` has a bit for each setting that the section has. */
static int
check_required(const struct ts_policy_input *input, unsigned seen, struct ts_err *err)
{
    const struct ts_ini_section *section = input->section;

    for (size_t i = 0; i < TS_ARRAY_LEN(settings); i++)
        if (settings[i].required && (seen & 1U << i) == 0 &&
            strcmp(settings[i].section, section->kind) == 0)
            return ts_ini_error(input->ini, section->line, err,
                                "[%s %.80s] needs a line '%s = ...'", section->kind, section->name,
                                settings[i].key);
    return 0;
}

static int
refuse_setting(const struct ts_policy_input *input, struct ts_err *err)
{
    const char *kind = input->section->kind;
    struct ts_nearest nearest = TS_NEAREST_INIT(input->entry->key);
    char meant[TS_NEAREST_HINT_MAX];

    for (size_t i = 0; i < TS_ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].section, kind) == 0)
            ts_nearest_try(&nearest, settings[i].key);
    return ts_ini_error(input->ini, input->entry->line, err,
                        "'%.80s' is not a setting of [%s%s]: correct or remove it%s",
                        input->entry->key, kind, strcmp(kind, "events") == 0 ? "" : " NAME",
                        ts_nearest_hint(&nearest, meant));
}

static int
read_entries(const struct ts_policy_input *input, struct ts_err *err)
{
    const struct ts_ini_section *section = input->section;
    struct ts_policy_input each = *input;
    unsigned seen = 0;
    size_t found = 0;
    int rc = 0;

    for (size_t i = 0; i < section->len && rc == 0; i++) {
        each.entry = &section->entries[i];
        /* The settings of most sections are in one order. */
        found = find_setting(section->kind, each.entry->key, i == 0 ? 0 : found + 1);
        if (found == TS_ARRAY_LEN(settings))
            return refuse_setting(&each, err);
        seen |= 1U << found;
        rc = settings[found].read(&each, err);
    }
    return rc < 0 ? rc : check_required(input, seen, err);
}

int
ts_policy_read_service(const struct ts_policy_input *input, struct ts_err *err)
{
    const struct ts_ini_section *section = input->section;

    if (!is_service_or_all(section->name))
        return ts_ini_error(input->ini, section->line, err,
                            "'%.80s' is not a service: write [service sshd], or [service *]",
                            section->name);
    input->service->line = section->line;
    input->service->name = spell_service(section->name);
    int rc = read_entries(input, err);
    if (rc == 0 && input->service->bound_to.len > 0 && input->service->max_age < 0)
        input->service->max_age = TS_PROOF_AGE_DEFAULT;
    return rc;
}

int
ts_policy_read_key(const struct ts_policy_input *input, struct ts_err *err)
{
    const struct ts_ini_section *section = input->section;

    if (!ts_text_is_key_id(section->name))
        return ts_ini_error(input->ini, section->line, err,
                            "'%.80s' is not a key id: write [key ID], 1 to 64 letters, digits, "
                            "'-' and '_'",
                            section->name);
    input->key->line = section->line;
    input->key->id = section->name;
    return read_entries(input, err);
}

int
ts_policy_read_events(const struct ts_policy_input *input, struct ts_err *err)
{
    if (input->section->name[0] != '\0')
        return ts_ini_error(input->ini, input->section->line, err,
                            "[events] has no name: write [events]");
    return read_entries(input, err);
}
