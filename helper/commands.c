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
    {"events", NULL, "send", "send the login events of this host to ThriveStack", 0,
     command_events},
    {"explain", NULL, "", "say which rule of policy.conf accepts or denies the token on stdin",
     OPTION_SERVICE | OPTION_USER | OPTION_POLICY, command_explain},
    {"doctor", NULL, "", "report what is wrong and how to fix it", OPTION_JSON, command_doctor},
};

/* What --help shows for each command, those of the clients too. */
static const struct {
    const char *name;
    const char *example;
} examples[] = {
    {"token",
     "thrivestack-credential token --header | curl -H @- https://api.example.com/v1/report"},
    {"git", "git config --global credential.https://git.example.com.helper thrivestack"},
    {"docker", "echo registry.example.com | thrivestack-credential docker get"},
    {"askpass", "SSH_ASKPASS=thrivestack-askpass SSH_ASKPASS_REQUIRE=force ssh build.example.com"},
    {"sudo-askpass", "SUDO_ASKPASS=/usr/bin/thrivestack-sudo-askpass sudo -A id"},
    {"kubectl", "kubectl config set-credentials me --exec-command=thrivestack-credential "
                "--exec-arg=kubectl --exec-api-version=client.authentication.k8s.io/v1"},
    {"kubelet", "echo '{\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\",\"kind\":"
                "\"CredentialProviderRequest\",\"image\":\"registry.example.com/app\"}' | "
                "thrivestack-credential kubelet"},
    {"cargo",
     "cargo --config 'registry.global-credential-providers=[\"cargo-credential-thrivestack\"]' "
     "publish"},
    {"goauth", "GOAUTH='thrivestack-credential goauth' go get go.example.com/module"},
    {"bazel",
     "bazel build --credential_helper=*.example.com=/usr/bin/bazel-credential-thrivestack ..."},
    {"terraform", "thrivestack-credential terraform get registry.example.com"},
    {"keyring", "thrivestack-credential keyring get https://pip.example.com/simple alice"},
    {"npm", "thrivestack-credential npm --host npm.example.com"},
    {"run", "thrivestack-credential run --env TOKEN -- ./deploy"},
    {"forget", "thrivestack-credential forget --all"},
    {"status", "thrivestack-credential status"},
    {"init",
     "thrivestack-credential init --scope user_management --key ~/Downloads/key.json --yes"},
    {"setup", "thrivestack-credential setup git git.example.com"},
    {"key", "thrivestack-credential key public --users alice --services 'sshd sudo'"},
    {"policy", "ssh root@build.example.com thrivestack-credential policy list"},
    {"host", "thrivestack-credential host enable sshd --dry-run"},
    {"identify", "thrivestack-credential identify --user alice --trait plan=pro"},
    {"group", "thrivestack-credential group --group example --user alice --trait seats:=5"},
    {"track", "thrivestack-credential track deployed --user alice --property version=1.2"},
    {"events", "thrivestack-credential events send"},
    {"explain",
     "thrivestack-credential token | thrivestack-credential explain --service sshd --user "
     "alice"},
    {"doctor", "thrivestack-credential doctor"},
};

static const char *
find_example(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(examples); i++)
        if (strcmp(examples[i].name, name) == 0)
            return examples[i].example;
    return NULL;
}

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

    for (size_t i = 0; (client = client_at(i)) != NULL; i++) {
        const char *alias = client->command.alias != NULL ? client->command.alias : client->link;

        if (alias != NULL && strcmp(alias, program) == 0)
            return &client->command;
    }
    return NULL;
}

static int
describe_program(struct ts_secret *ret)
{
    const struct command *command = NULL;
    int rc = ts_secret_append_string(
        ret, "Usage: thrivestack-credential COMMAND [OPTION]... [ARGUMENT]...\n"
             "Fresh, short-lived ThriveStack tokens for git, docker, ssh, sudo and scripts.\n"
             "Start with 'thrivestack-credential init', which asks for what it needs.\n"
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
    const char *example = find_example(command->name);
    if (rc == 0 && example != NULL)
        rc = ts_secret_append_format(ret, "\nExample:\n  %s\n", example);
    return rc;
}
