#include "helper/command.h"

#include <string.h>

#include "common/base/cleanup.h"

static const struct command commands[] = {
    {"token", NULL, "", "print a token",
     OPTION_SCOPE | OPTION_LIFETIME | OPTION_MIN_VALID | OPTION_FRESH | OPTION_JSON |
         OPTION_HEADER | OPTION_PIPED_KEY,
     command_token, NULL},
    {"git", "git-credential-thrivestack", "get|store|erase|capability",
     "git's credential helper: reads git's question on standard input", 0, command_git, NULL},
    {"docker", "docker-credential-thrivestack", "get|store|erase|list|version",
     "docker's and podman's credential helper", 0, command_docker, command_docker_fail},
    {"askpass", "thrivestack-askpass", "PROMPT", "answer ssh's question for a token", 0,
     command_askpass, command_askpass_fail},
    {"sudo-askpass", "thrivestack-sudo-askpass", "PROMPT", "answer the question of sudo -A", 0,
     command_sudo_askpass, command_askpass_fail},
    {"forget", NULL, "", "drop the profile's cached tokens", OPTION_ALL, command_forget, NULL},
    {"status", NULL, "", "show what is configured and cached", OPTION_JSON, command_status, NULL},
    {"setup", NULL, "git|docker|ssh HOST, or sudo",
     "connect a client to this program, or undo that", OPTION_YES | OPTION_DRY_RUN | OPTION_REMOVE,
     command_setup, NULL},
    {"key", NULL, "import FILE|public|check|export", "import, show, check or pass on the API key",
     OPTION_OUT, command_key, NULL},
    {"host", NULL, "enable SERVICE..., disable SERVICE..., or status",
     "let PAM services of this host accept tokens, or undo that",
     OPTION_YES | OPTION_DRY_RUN | OPTION_JSON, command_host, NULL},
    {"explain", NULL, "", "say which rule of policy.conf accepts or denies the token on stdin",
     OPTION_SERVICE | OPTION_USER | OPTION_POLICY, command_explain, NULL},
    {"doctor", NULL, "", "report what is wrong and how to fix it", OPTION_JSON, command_doctor,
     NULL},
};

const struct command *
command_at(size_t index)
{
    return index < TS_ARRAY_LEN(commands) ? &commands[index] : NULL;
}

const struct command *
command_find(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

const struct command *
command_find_alias(const char *program)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(commands); i++)
        if (commands[i].alias != NULL && strcmp(commands[i].alias, program) == 0)
            return &commands[i];
    return NULL;
}

static int
describe_program(struct ts_secret *ret)
{
    int rc = ts_secret_append_string(
        ret, "Usage: thrivestack-credential COMMAND [OPTION]... [ARGUMENT]...\n"
             "Fresh, short-lived ThriveStack tokens for git, docker, ssh, sudo and scripts.\n"
             "\nCommands:\n");

    for (size_t i = 0; i < TS_ARRAY_LEN(commands) && rc == 0; i++)
        rc = ts_secret_append_format(ret, "  %-16s  %s\n", commands[i].name, commands[i].help);
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
