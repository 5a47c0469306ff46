#include "common/policy/module_options.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"

struct option {
    const char *name;
    bool has_value;
    bool (*set)(struct ts_module_options *options, const char *value);
};

static bool
set_debug(struct ts_module_options *options, const char *value)
{
    (void)value;
    options->debug = true;
    return true;
}

static bool
set_policy(struct ts_module_options *options, const char *value)
{
    options->policy = value;
    return value[0] == '/';
}

static bool
set_prompt(struct ts_module_options *options, const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || len > TS_PROMPT_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return false;
    options->prompt = value;
    return true;
}

static bool
set_try_first_pass(struct ts_module_options *options, const char *value)
{
    (void)value;
    options->try_first_pass = true;
    return true;
}

static bool
set_unknown(struct ts_module_options *options, const char *value)
{
    bool skip = strcmp(value, "skip") == 0;

    options->unknown = skip ? TS_UNKNOWN_SKIP : TS_UNKNOWN_PROMPT;
    return skip || strcmp(value, "prompt") == 0;
}

static bool
set_use_first_pass(struct ts_module_options *options, const char *value)
{
    (void)value;
    options->use_first_pass = true;
    return true;
}

/* Sorted by name. */
static const struct option options_table[] = {
    {"debug", false, set_debug},    {"policy", true, set_policy},
    {"prompt", true, set_prompt},   {"try_first_pass", false, set_try_first_pass},
    {"unknown", true, set_unknown}, {"use_first_pass", false, set_use_first_pass},
};

struct name {
    const char *text;
    size_t len;
};

static int
compare_name(const void *key, const void *element)
{
    const struct name *name = key;
    const struct option *option = element;
    int order = strncmp(name->text, option->name, name->len);

    return order != 0 || option->name[name->len] == '\0' ? order : -1;
}

static int
parse_one(const char *argument, struct ts_module_options *ret, struct ts_err *err)
{
    struct name name = {argument, strcspn(argument, "=")};
    const char *value = argument[name.len] == '=' ? argument + name.len + 1 : NULL;
    const struct option *option = bsearch(&name, options_table, TS_ARRAY_LEN(options_table),
                                          sizeof(options_table[0]), compare_name);

    if (option == NULL)
        return ts_err_set(err, TS_ERR_USAGE, "unknown module argument %.64s", argument);
    if (option->has_value != (value != NULL))
        return ts_err_set(err, TS_ERR_USAGE, "module argument %s %s", option->name,
                          option->has_value ? "needs a value" : "takes no value");
    if (!option->set(ret, value != NULL ? value : ""))
        return ts_err_set(err, TS_ERR_USAGE, "module argument %s cannot be %.64s", option->name,
                          value != NULL && value[0] != '\0' ? value : "empty");
    return 0;
}

int
ts_module_options_parse(int argc, const char *const *argv, const char *policy,
                        struct ts_module_options *ret, struct ts_err *err)
{
    *ret = (struct ts_module_options){
        .policy = policy,
    };
    for (int i = 0; i < argc; i++) {
        int rc = parse_one(argv[i], ret, err);

        if (rc < 0)
            return rc;
    }
    return 0;
}
