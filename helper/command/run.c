/*
 * `run`: one command with a token in a variable, or in a private file that a variable names. With a
 * variable this process becomes the command. With a file it waits for the command, in its process
 * group so that the terminal's job control is unharmed, and has a child of its own renew the file
 * now and then, so that signals are passed on at once.
 */
#include "helper/command/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/helper.h"

#define DEFAULT_VARIABLE "THRIVESTACK_TOKEN"

static bool
is_variable(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t len = strlen(name);

    return len > 0 && (name[0] < '0' || name[0] > '9') && len < 256 && strspn(name, letters) == len;
}

int
run_get_token(struct helper *helper, struct client_answer *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    const char *host = helper->options.host;
    struct client_question question = {.wants = CLIENT_TOKEN};
    int rc = host != NULL ? client_parse_host(host, &question, &storage, err) : 0;

    if (rc == TS_ERR_USAGE)
        return helper_usage(err, "--host: %s", err->text);
    return rc < 0 ? rc : client_get(helper, &question, ret, err);
}

/* What the program started with, but for closed descriptors. */
static void
restore_process(const struct helper *helper)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)setrlimit(RLIMIT_CORE, &helper->core_limit);
    (void)umask(helper->umask);
}

int
run_become(const struct helper *helper, const char *variable, const char *value)
{
    struct ts_err err = {.code = 0};
    char **words = helper->options.arguments;

    /* Options in front of the command have left a gap, which ends behind it. */
    words[helper->options.arguments_len] = NULL;
    restore_process(helper);
    if (setenv(variable, value, 1) != 0)
        (void)ts_err_nomem(&err);
    else
        (void)execvp(words[0], words);
    int code = errno == ENOENT ? 127 : 126;
    if (err.code == 0)
        (void)ts_err_errno(&err, TS_ERR_SYSTEM, "cannot start %.300s", words[0]);
    output_error(&err);
    return code;
}

static int
check_usage(const struct options *options, struct ts_err *err)
{
    const char *variable = options->env != NULL ? options->env : options->file;

    if (options->env != NULL && options->file != NULL)
        return helper_usage(err, "--env and --file exclude each other");
    if (variable != NULL && !is_variable(variable))
        return helper_usage(err, "'%.100s' is not the name of a variable", variable);
    if (options->arguments_len == 0)
        return helper_usage(err, "'run' needs a command behind --");
    return 0;
}

int
command_run(struct helper *helper)
{
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    const struct options *options = &helper->options;
    struct ts_err err = {.code = 0};
    int code = 0;
    int rc = check_usage(options, &err);

    if (rc == 0)
        rc = run_get_token(helper, &found, &err);
    if (rc == 0 && options->file == NULL)
        return run_become(helper, options->env != NULL ? options->env : DEFAULT_VARIABLE,
                          ts_secret_string(&found.grant.token));
    if (rc == 0)
        rc = run_with_file(helper, &found, &code, &err);
    if (rc == 0)
        return code;
    helper_name_command(helper, &err);
    return helper_fail(helper, &err);
}
