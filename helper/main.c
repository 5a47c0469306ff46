#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/nearest.h"
#include "helper/clients.h"
#include "helper/helper.h"

/* A core file or a tracer of the same user would lay the token open. Files are made for the user
 * alone. */
static void
protect_process(struct helper *helper)
{
    struct rlimit no_core;

    (void)getrlimit(RLIMIT_CORE, &helper->core_limit);
    no_core = helper->core_limit;
    no_core.rlim_cur = 0;
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    helper->umask = umask(077);
}

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void
helper_release(struct helper *helper)
{
    options_release(&helper->options);
    if (helper->has_config)
        helper_drop_config(helper);
}

static void
drop_argument(struct options *options)
{
    options->arguments++;
    options->arguments_len--;
}

/* The first argument says the command where the program's name does not. `help` is --help, of the
 * command behind it where there is one. */
static void
parse_command(struct helper *helper)
{
    struct options *options = &helper->options;

    if (helper->command != NULL || options->arguments_len == 0)
        return;
    if (strcmp(options->arguments[0], "help") == 0) {
        options->given |= OPTION_HELP;
        drop_argument(options);
    }
    if (options->arguments_len > 0)
        helper->command = command_find(options->arguments[0]);
    if (helper->command != NULL)
        drop_argument(options);
}

/* Of our options, what a client with a syntax of its own takes behind its name. */
static void
find_own_help(struct options *options)
{
    if (options->arguments_len == 1 && strcmp(options->arguments[0], "--help") == 0)
        options->given |= OPTION_HELP;
    if (options->arguments_len == 1 && strcmp(options->arguments[0], "--version") == 0)
        options->given |= OPTION_VERSION;
}

/* Reads the command and the options. Returns as options_parse. */
static int
parse_line(struct helper *helper, int argc, char **argv, struct ts_err *err)
{
    struct options *options = &helper->options;
    int rc = 0;

    helper->command = command_find_alias(argc > 0 ? base_name(argv[0]) : "");
    if (helper->command != NULL && helper->command->has_own_syntax) {
        options->arguments = argv + 1;
        options->arguments_len = (size_t)(argc - 1);
    } else {
        if (helper->command == NULL)
            options->is_last = client_has_own_syntax;
        rc = options_parse(argc, argv, options, err);
        parse_command(helper);
    }
    if (helper->command != NULL && helper->command->has_own_syntax)
        find_own_help(options);
    return rc;
}

static int
print_help(const struct helper *helper, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(OUTPUT_MAX);
    int rc = command_describe(helper->command, &text);

    if (rc < 0)
        rc = ts_err_nomem(err);
    return helper_finish(helper, rc, &text, err);
}

static int
print_version(const struct helper *helper, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(OUTPUT_MAX);
    int rc = ts_secret_append_string(&text, "thrivestack-credential " TS_VERSION "\n");

    if (rc < 0)
        rc = ts_err_nomem(err);
    return helper_finish(helper, rc, &text, err);
}

static int
fail_usage(const struct helper *helper, struct ts_err *err)
{
    struct ts_err hinted = {.code = 0};

    if (err->code == TS_ERR_USAGE)
        (void)helper_usage(&hinted, "%s", err->text);
    else
        hinted = *err;
    helper_name_command(helper, &hinted);
    if (helper->command != NULL && helper->command->fail != NULL)
        return helper->command->fail(helper, &hinted);
    return helper_fail(helper, &hinted);
}

static int
refuse_command(const char *name, struct ts_err *err)
{
    struct ts_nearest nearest = TS_NEAREST_INIT(name);
    char meant[TS_NEAREST_HINT_MAX];
    const struct command *command = NULL;

    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        ts_nearest_try(&nearest, command->name);
    return ts_err_set(err, TS_ERR_USAGE, "unknown command '%s'%s", name,
                      ts_nearest_hint(&nearest, meant));
}

static int
print_answer(struct helper *helper, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(OUTPUT_ANSWER_MAX);
    const struct command *command = helper->command;
    int rc = helper->options.arguments_len > 0 && command->arguments[0] == '\0'
                 ? helper_usage(err, "'%s' takes no arguments", command->name)
                 : command->answer(helper, &answer, err);
    int status = helper_finish(helper, rc, &answer, err);

    return status != 0 ? status : helper->exit_code;
}

static int
run_command(struct helper *helper, struct ts_err *err)
{
    const struct options *options = &helper->options;

    if ((options->given & OPTION_HELP) != 0)
        return print_help(helper, err);
    if ((options->given & OPTION_VERSION) != 0)
        return print_version(helper, err);
    if (helper->command == NULL) {
        if (options->arguments_len > 0)
            (void)refuse_command(options->arguments[0], err);
        else
            (void)ts_err_set(err, TS_ERR_USAGE, "no command given");
        return fail_usage(helper, err);
    }
    if (options_check(options, helper->command->options | OPTIONS_COMMON, helper->command->name,
                      err) < 0)
        return fail_usage(helper, err);
    return helper->command->answer != NULL ? print_answer(helper, err)
                                           : helper->command->run(helper);
}

int
main(int argc, char **argv)
{
    TS_CLEANUP(helper_release) struct helper helper = {.options = OPTIONS_INIT};
    struct ts_err err = {.code = 0};

    protect_process(&helper);
    helper.stdout_open = output_prepare();
    int rc = parse_line(&helper, argc, argv, &err);
    return rc < 0 ? fail_usage(&helper, &err) : run_command(&helper, &err);
}
