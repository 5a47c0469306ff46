#include "helper/clients.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/clients.h"
#include "helper/doctor/doctor.h"

/* packaging/clients.awk reads these rows, for the symbolic links and the completions: each string
 * stays on the line of its key. */
static const struct client clients[] = {
    {
        .command.name = "git",
        .command.alias = "git-credential-thrivestack",
        .command.arguments = "get|store|erase|capability",
        .command.help = "answer git, as a credential helper",
        .command.run = command_git,
        .setup = "git",
        .has_host = true,
        .plan = setup_git,
        .check = doctor_git,
    },
    {
        .command.name = "docker",
        .command.alias = "docker-credential-thrivestack",
        .command.arguments = "get|store|erase|list|version",
        .command.help = "answer docker and podman, as a credential helper",
        .command.run = command_docker,
        .command.fail = command_docker_fail,
        .setup = "docker",
        .has_host = true,
        .plan = setup_docker,
        .check = doctor_docker,
    },
    {
        .command.name = "askpass",
        .command.alias = "thrivestack-askpass",
        .command.arguments = "PROMPT",
        .command.help = "answer the prompt of ssh for a token",
        .command.run = command_askpass,
        .command.fail = command_askpass_fail,
        .setup = "ssh",
        .has_host = true,
        .plan = setup_ssh,
        .check = doctor_askpass,
    },
    {
        .command.name = "sudo-askpass",
        .command.alias = "thrivestack-sudo-askpass",
        .command.arguments = "PROMPT",
        .command.help = "answer the prompt of sudo -A for a token",
        .command.run = command_sudo_askpass,
        .command.fail = command_askpass_fail,
        .setup = "sudo",
        .plan = setup_sudo,
    },
    {
        .command.name = "kubectl",
        .command.arguments = "",
        .command.help = "answer kubectl, as a credential plug-in",
        .command.answer = client_kubectl,
        .setup = "kubectl",
        .has_host = true,
        .plan = setup_kubectl,
        .check = doctor_kubectl,
    },
    {
        .command.name = "kubelet",
        .command.arguments = "",
        .command.help = "answer kubelet, as an image credential provider",
        .command.answer = client_kubelet,
    },
    {
        .command.name = "cargo",
        .command.alias = "cargo-credential-thrivestack",
        .command.arguments = "",
        .command.help = "answer cargo, as a credential provider",
        .command.run = command_cargo,
        .command.has_own_syntax = true,
        .setup = "cargo",
        .has_host = true,
        .file = &client_file_cargo,
    },
    {
        .command.name = "goauth",
        .command.arguments = "[URL]",
        .command.help = "answer go, as a command for GOAUTH",
        .command.answer = client_goauth,
        .setup = "go",
        .has_host = true,
        .file = &client_file_go,
    },
    {
        .command.name = "bazel",
        .command.alias = "bazel-credential-thrivestack",
        .command.arguments = "get",
        .command.help = "answer Bazel, as a credential helper",
        .command.answer = client_bazel,
        .setup = "bazel",
        .has_host = true,
        .file = &client_file_bazel,
    },
    {
        .command.name = "terraform",
        .command.alias = "terraform-credentials-thrivestack",
        .command.arguments = "get|store|forget HOST",
        .command.help = "answer Terraform, as a credentials helper",
        .command.answer = client_terraform,
        .setup = "terraform",
        .has_host = true,
        .file = &client_file_terraform,
    },
    {
        .command.name = "keyring",
        .command.arguments = "get URL [USER]",
        .command.help = "answer pip and uv, as the program keyring",
        .command.run = command_keyring,
        .command.has_own_syntax = true,
        .link = "keyring",
        .setup = "pip",
        .has_host = true,
        .file = &client_file_pip,
    },
    {
        .command.name = "npm",
        .command.arguments = "",
        .command.help = "answer pnpm, as a tokenHelper",
        .command.options = OPTION_HOST,
        .command.answer = client_npm,
        .setup = "npm",
        .has_host = true,
        .file = &client_file_npm,
    },
};

const struct client *
client_at(size_t index)
{
    return index < TS_ARRAY_LEN(clients) ? &clients[index] : NULL;
}

const struct client *
client_find_setup(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(clients); i++)
        if (clients[i].setup != NULL && strcmp(clients[i].setup, name) == 0)
            return &clients[i];
    return NULL;
}

bool
client_has_own_syntax(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(clients); i++)
        if (clients[i].command.has_own_syntax && strcmp(clients[i].command.name, name) == 0)
            return true;
    return false;
}

int
client_list_setups(struct ts_secret *ret)
{
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(clients) && rc == 0; i++)
        if (clients[i].setup != NULL)
            rc = ts_secret_append_format(ret, "%s%s", i > 0 ? ", " : "", clients[i].setup);
    return rc;
}

/* A client that cannot be checked is a finding, and the others still are. */
int
doctor_clients(struct doctor *doctor, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(clients) && rc == 0; i++) {
        if (clients[i].file != NULL)
            rc = doctor_client(doctor, clients[i].setup, clients[i].file, err);
        else
            rc = clients[i].check != NULL ? clients[i].check(doctor, err) : 0;
        if (rc < 0 && rc != TS_ERR_NOMEM)
            rc = findings_add(&doctor->findings, FIND_CHECK_FAILED,
                              "cannot check the configuration of %s: %s", clients[i].setup,
                              err->text);
    }
    return rc;
}
