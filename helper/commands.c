#include "helper/command.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "helper/clients.h"

/* Beside those of the clients. */
static const struct command commands[] = {
    {"token", NULL, "", "print a token",
     OPTION_SCOPE | OPTION_LIFETIME | OPTION_MIN_VALID | OPTION_FRESH | OPTION_JSON |
         OPTION_HEADER | OPTION_PIPED_KEY | OPTION_FOR | OPTION_HOST | OPTION_OUT | OPTION_FORMAT,
     command_token},
    {"run", NULL, "-- COMMAND [ARGUMENT]...", "run a command with a token",
     OPTION_HOST | OPTION_ENV | OPTION_FILE, NULL, command_run},
    {"forget", NULL, "", "drop the profile's cached tokens", OPTION_ALL, command_forget},
    {"status", NULL, "", "show what is configured and cached", OPTION_JSON, command_status},
    {"init", NULL, "", "configure this program for you, step by step, or undo that",
     OPTION_SCOPE | OPTION_ANSWERS | OPTION_YES | OPTION_DRY_RUN | OPTION_REMOVE, NULL,
     command_init},
    {"setup", NULL, "CLIENT [HOST]", "connect a client to this program, or undo that",
     OPTION_YES | OPTION_DRY_RUN | OPTION_REMOVE | OPTION_BOUND, NULL, command_setup},
    {"key", NULL, "import FILE|public|check|export", "import, show, check or pass on the API key",
     OPTION_OUT | OPTION_USERS | OPTION_SERVICES | OPTION_SCOPE, command_key},
    {"policy", NULL, "add [FILE]|remove ID|list|check [FILE]",
     "add, remove, list or check the keys that this host trusts",
     OPTION_POLICY | OPTION_REPLACE | OPTION_JSON, command_policy},
    {"host", NULL, "enable SERVICE..., disable SERVICE..., or status",
     "let PAM services of this host accept tokens, or undo that",
     OPTION_YES | OPTION_DRY_RUN | OPTION_TOKENS_ONLY | OPTION_JSON | OPTION_ALL, NULL,
     command_host},
    {"identify", NULL, "--user ID [--trait K=V]...", "send traits of a user to ThriveStack",
     OPTION_USER | OPTION_TRAIT | OPTION_TIMESTAMP | OPTION_STDIN, command_event},
    {"group", NULL, "--group ID --user ID [--trait K=V]...",
     "send traits of a group, and that a user is in it",
     OPTION_USER | OPTION_GROUP | OPTION_TRAIT | OPTION_STDIN, command_event},
    {"track", NULL, "EVENT --user ID [--property K=V]...", "send an event to ThriveStack",
     OPTION_USER | OPTION_PROPERTY | OPTION_TIMESTAMP | OPTION_STDIN, command_event},
    {"explain", NULL, "", "say which rule of policy.conf accepts or denies the token on stdin",
     OPTION_SERVICE | OPTION_USER | OPTION_POLICY, command_explain},
    {"doctor", NULL, "", "report what is wrong and how to fix it", OPTION_JSON, command_doctor},
};

/* `token` is what people look for; the clients are next. */
const struct command *
command_at(size_t index)
{
    size_t clients = 0;

    if (index == 0)
        return &commands[0];
    const struct client *client = client_at(index - 1);
    if (client != NULL)
        return &client->command;
    while (client_at(clients) != NULL)
        clients++;
    return index - clients < TS_ARRAY_LEN(commands) ? &commands[index - clients] : NULL;
}

const struct command *
command_find(const char *name)
{
    const struct command *command = NULL;

    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

const struct command *
command_find_alias(const char *program)
{
    const struct client *client = NULL;

    for (size_t i = 0; (client = client_at(i)) != NULL; i++)
        if (client->command.alias != NULL && strcmp(client->command.alias, program) == 0)
            return &client->command;
    return NULL;
}

static int
describe_program(struct ts_secret *ret)
{
    const struct command *command = NULL;
    int rc = ts_secret_append_string(
        ret, "Usage: thrivestack-credential COMMAND [OPTION]... [ARGUMENT]...\n"
             "Fresh, short-lived ThriveStack tokens for git, docker, ssh, sudo and scripts.\n"
             "\nCommands:\n");

    for (size_t i = 0; (command = command_at(i)) != NULL && rc == 0; i++)
        rc = ts_secret_append_format(ret, "  %-16s  %s\n", command->name, command->help);
    if (rc == 0)
        rc = ts_secret_append_string(ret, "\nOptions, before or after the command:\n");
    if (rc == 0)
        rc = options_describe(OPTIONS_COMMON, ret);
    if (rc == 0)
        rc = ts_secret_append_string(
            ret, "\n'thrivestack-credential COMMAND --help' shows a command's own options.\n");
    return rc;
}

int
command_describe(const struct command *command, struct ts_secret *ret)
{
    if (command == NULL)
        return describe_program(ret);
    int rc = ts_secret_append_format(ret, "Usage: thrivestack-credential %s [OPTION]...%s%s\n",
                                     command->name, command->arguments[0] != '\0' ? " " : "",
                                     command->arguments);
    if (rc == 0 && command->alias != NULL)
        rc = ts_secret_append_format(ret, "       %s [OPTION]... %s\n", command->alias,
                                     command->arguments);
    if (rc == 0)
        rc = ts_secret_append_format(ret, "What it does: %s.\n\nOptions:\n", command->help);
    if (rc == 0)
        rc = options_describe(command->options | OPTIONS_COMMON, ret);
    return rc;
}
