#include "helper/command/policy.h"

#include <string.h>

#include "common/base/cleanup.h"

struct operation {
    const char *name;
    const char *argument;
    bool is_needed;
    uint64_t options;
    int (*run)(const struct policy_call *call, struct ts_err *err);
};

static const struct operation operations[] = {
    {"add", "a file", false, OPTION_REPLACE, policy_add},
    {"remove", "a key's ID", true, 0, policy_remove},
    {"list", NULL, false, OPTION_JSON, policy_list},
    {"check", "a file", false, 0, policy_check},
};

static const struct operation *
find_operation(const struct options *options)
{
    for (size_t i = 0; options->arguments_len > 0 && i < TS_ARRAY_LEN(operations); i++)
        if (strcmp(operations[i].name, options->arguments[0]) == 0)
            return &operations[i];
    return NULL;
}

static int
check_usage(const struct options *options, const struct operation *operation, struct ts_err *err)
{
    const size_t len = options->arguments_len;

    if (operation == NULL)
        return helper_usage(err, "'policy' is followed by add [FILE], remove ID, list or check "
                                 "[FILE]");
    if ((operation->is_needed && len != 2) || len > (operation->argument != NULL ? 2 : 1))
        return helper_usage(err, "'policy %s' takes %s", operation->name,
                            operation->argument == NULL ? "no arguments"
                            : operation->is_needed      ? operation->argument
                                                        : "one file at most");
    return options_check(options, operation->options | OPTION_POLICY | OPTIONS_COMMON,
                         operation->name, err);
}

int
command_policy(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(policy_site_release) struct policy_site site = {NULL, NULL, NULL};
    const struct options *options = &helper->options;
    const struct operation *operation = find_operation(options);
    const struct policy_call call = {.helper = helper,
                                     .site = &site,
                                     .argument =
                                         options->arguments_len > 1 ? options->arguments[1] : NULL,
                                     .answer = answer};
    int rc = check_usage(options, operation, err);

    if (rc == 0)
        rc = policy_site_find(helper, &site, err);
    return rc < 0 ? rc : operation->run(&call, err);
}
