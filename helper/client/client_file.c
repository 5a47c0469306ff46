#include "helper/client/client_file.h"

#include <stdlib.h>
#include <string.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "common/config/config.h"
#include "helper/setup/host_file.h"
#include "helper/setup/plan.h"
#include "helper/tool.h"

static bool
has_bazel(const struct ts_secret *text)
{
    return client_edit_has_ours(&client_format_bazel, text);
}

static bool
has_cargo(const struct ts_secret *text)
{
    return client_edit_has_ours(&client_format_cargo, text);
}

static bool
has_go(const struct ts_secret *text)
{
    return client_edit_has_ours(&client_format_go, text);
}

static bool
has_npm(const struct ts_secret *text)
{
    return client_edit_has_ours(&client_format_npm, text);
}

static bool
has_pip(const struct ts_secret *text)
{
    return client_edit_has_ours(&client_format_pip, text);
}

static bool
has_terraform(const struct ts_secret *text)
{
    return client_edit_has_ours(&client_format_terraform, text);
}

const struct client_file client_file_bazel = {
    .format = &client_format_bazel,
    .kind = {.is_empty = setup_file_is_blank, .has_ours = has_bazel},
    .in_home = ".bazelrc",
    .program = "bazel-credential-thrivestack",
};

const struct client_file client_file_cargo = {
    .format = &client_format_cargo,
    .kind = {.is_empty = setup_file_is_blank, .has_ours = has_cargo},
    .folder_variable = "CARGO_HOME",
    .name = "config.toml",
    .in_home = ".cargo/config.toml",
    .program = "cargo-credential-thrivestack",
    .hint = "Try it: cargo search --registry NAME WORD",
};

const struct client_file client_file_go = {
    .format = &client_format_go,
    .kind = {.is_empty = setup_file_is_blank, .has_ours = has_go},
    .variable = "GOENV",
    .folder_variable = "XDG_CONFIG_HOME",
    .name = "go/env",
    .in_home = ".config/go/env",
    .program = "thrivestack-credential",
    .for_all = true,
    .needs = "go before 1.24 does not know GOAUTH, and a variable GOAUTH hides the file",
    .hint = "Try it: go env GOAUTH",
};

const struct client_file client_file_npm = {
    .format = &client_format_npm,
    .kind = {.is_empty = setup_file_is_blank, .has_ours = has_npm},
    .variable = "NPM_CONFIG_USERCONFIG",
    .in_home = ".npmrc",
    .script = "npm/%s",
    .command = "npm --host ",
    .needs = "pnpm uses it; npm and yarn have no such setting",
};

const struct client_file client_file_pip = {
    .format = &client_format_pip,
    .kind = {.is_empty = setup_file_is_blank, .has_ours = has_pip},
    .variable = "PIP_CONFIG_FILE",
    .folder_variable = "XDG_CONFIG_HOME",
    .name = "pip/pip.conf",
    .in_home = ".config/pip/pip.conf",
    .program = "thrivestack-credential",
    .in_path = "keyring",
    .for_all = true,
    .needs = "pip (23.1 or newer) starts the program 'keyring' of PATH: in your shell's profile, "
             "put " TS_LIBEXECDIR " first",
};

const struct client_file client_file_terraform = {
    .format = &client_format_terraform,
    .kind = {.is_empty = setup_file_is_blank, .has_ours = has_terraform},
    .variable = "TF_CLI_CONFIG_FILE",
    .in_home = ".terraformrc",
    .script = ".terraform.d/plugins/terraform-credentials-thrivestack",
    .command = "terraform \"$@\"",
    .for_all = true,
};

static int
join_home(const char *name, char **ret, struct ts_err *err)
{
    const char *home = tool_home();

    return home != NULL ? ts_path_join(home, name, ret, err)
                        : ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME");
}

int
client_file_path(const struct client_file *file, char **ret, struct ts_err *err)
{
    const char *given = file->variable != NULL ? secure_getenv(file->variable) : NULL;
    int rc = TS_ERR_NOT_FOUND;

    if (given != NULL && given[0] != '\0' && given[0] != '/')
        return ts_err_set(err, TS_ERR_CONFIG, "%s is '%s': set an absolute path", file->variable,
                          given);
    if (given != NULL && given[0] == '/') {
        *ret = strdup(given);
        return *ret != NULL ? 0 : ts_err_nomem(err);
    }
    if (file->folder_variable != NULL)
        rc = tool_variable_path(file->folder_variable, file->name, ret, err);
    return rc == TS_ERR_NOT_FOUND ? join_home(file->in_home, ret, err) : rc;
}

int
client_file_program(const struct client_file *file, const struct ts_config *config,
                    const char *host, char **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *name = NULL;
    TS_CLEANUP(ts_string_free) char *path = NULL;

    if (file->script == NULL)
        return setup_program(file->program, ret, err);
    if (strchr(file->script, '%') == NULL)
        return join_home(file->script, ret, err);
    if (config->user_folder == NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME");
    int rc = host_file_name(host, &name, err);
    if (rc < 0)
        return rc;
    /* Without the suffix of a configuration file. */
    *strrchr(name, '.') = '\0';
    if (asprintf(&path, "%.*s%s", (int)strcspn(file->script, "%"), file->script, name) < 0) {
        path = NULL;
        return ts_err_nomem(err);
    }
    return ts_path_join(config->user_folder, path, ret, err);
}

int
client_file_script(const struct client_file *file, const char *host, struct ts_secret *ret,
                   struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *program = NULL;
    int rc = setup_program("thrivestack-credential", &program, err);

    if (rc < 0)
        return rc;
    rc = ts_secret_append_string(ret,
                                 "#!/bin/sh\n# Written by 'thrivestack-credential setup'\nexec ");
    if (rc == 0)
        rc = text_append_quoted(ret, program);
    if (rc == 0)
        rc = ts_secret_append_strings(ret, " ", file->command, NULL);
    if (rc == 0 && strchr(file->command, '$') == NULL)
        rc = text_append_quoted(ret, host);
    return rc < 0 || ts_secret_append_string(ret, "\n") < 0 ? ts_err_nomem(err) : 0;
}
