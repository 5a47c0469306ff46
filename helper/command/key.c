#include "helper/command/key.h"

#include <string.h>

#include "common/base/cleanup.h"

struct operation {
    const char *name;
    size_t arguments_len; /* behind the operation's name */
    uint64_t options;
    int (*run)(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
};

static const struct operation operations[] = {
    {"import", 1, OPTION_SCOPE, key_import},
    {"public", 0, OPTION_OUT | OPTION_USERS | OPTION_SERVICES | OPTION_SCOPE, key_public},
    {"check", 0, 0, key_check},
    {"export", 0, 0, key_export},
};

static const struct operation *
find_operation(const struct options *options)
{
    for (size_t i = 0; options->arguments_len > 0 && i < TS_ARRAY_LEN(operations); i++)
        if (strcmp(operations[i].name, options->arguments[0]) == 0)
            return &operations[i];
    return NULL;
}

int
command_key(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    const struct options *options = &helper->options;
    const struct operation *operation = find_operation(options);

    if (operation == NULL)
        return helper_usage(err, "'key' is followed by import FILE, public, check or export");
    if (options->arguments_len != operation->arguments_len + 1)
        return helper_usage(err, "'key %s' takes %s", operation->name,
                            operation->arguments_len > 0 ? "one file" : "no arguments");
    int rc = options_check(options, operation->options | OPTIONS_COMMON, operation->name, err);
    if (rc == 0)
        rc = helper_load_config(helper, err);
    return rc < 0 ? rc : operation->run(helper, answer, err);
}
