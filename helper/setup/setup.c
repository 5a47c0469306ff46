#include "helper/setup/setup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/config/host.h"
#include "common/base/path.h"
#include "helper/tool.h"

struct client {
    const char *name;
    bool has_host;
    int (*plan)(struct setup *setup, struct ts_err *err);
};

static const struct client clients[] = {
    {"git", true, setup_git},
    {"docker", true, setup_docker},
    {"ssh", true, setup_ssh},
    {"sudo", false, setup_sudo},
};

static void
release_step(struct setup_step *step)
{
    setup_file_release(&step->file);
    ts_secret_release(&step->text);
    for (size_t i = 0; step->command[i] != NULL; i++)
        free(step->command[i]);
}

static void
setup_release(struct setup *setup)
{
    for (size_t i = 0; i < setup->steps_len; i++)
        release_step(&setup->steps[i]);
    free(setup->host);
    free(setup->path);
    ts_secret_release(&setup->plan);
    ts_secret_release(&setup->notes);
}

struct setup_step *
setup_add_step(struct setup *setup, struct setup_file *file, struct ts_err *err)
{
    if (setup->steps_len == SETUP_STEPS_MAX) {
        (void)ts_err_set(err, TS_ERR_CONFIG, "more than %d changes", SETUP_STEPS_MAX);
        return NULL;
    }
    struct setup_step *step = &setup->steps[setup->steps_len++];
    *step = (struct setup_step){.file = *file,
                                .text = TS_SECRET_INIT(SETUP_FILE_MAX),
                                .mode = 0600,
                                .is_empty = setup_file_is_blank};
    *file = (struct setup_file)SETUP_FILE_INIT;
    return step;
}

int
setup_add_text(struct setup *setup, struct setup_file *file, struct ts_secret *text,
               struct ts_err *err)
{
    int rc = 0;

    if (setup->remove && file->has_backup && setup_file_same_lines(text, &file->backup))
        rc = ts_secret_set(text, ts_secret_string(&file->backup), file->backup.len);
    if (rc < 0)
        return ts_err_nomem(err);
    if (ts_secret_equal(text, &file->text))
        return 0;
    struct setup_step *step = setup_add_step(setup, file, err);
    if (step == NULL)
        return TS_ERR_CONFIG;
    ts_secret_move(&step->text, text);
    return 0;
}

__attribute__((format(printf, 4, 0))) static int
add_line(struct ts_secret *to, const char *indent, struct ts_err *err, const char *format,
         va_list args)
{
    TS_CLEANUP(ts_string_free) char *line = NULL;

    if (vasprintf(&line, format, args) < 0) {
        line = NULL;
        return ts_err_nomem(err);
    }
    return ts_secret_append_format(to, "%s%s\n", indent, line) < 0 ? ts_err_nomem(err) : 0;
}

int
setup_plan(struct setup *setup, struct ts_err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int rc = add_line(&setup->plan, "  ", err, format, args);
    va_end(args);
    return rc;
}

int
setup_note(struct setup *setup, struct ts_err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int rc = add_line(&setup->notes, "", err, format, args);
    va_end(args);
    return rc;
}

int
setup_program(const char *name, char **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    int rc = ts_path_folder(TS_HELPER_PATH, &folder, err);

    return rc < 0 ? rc : ts_path_join(folder, name, ret, err);
}

/* HOST as a pattern that names one host. */
static int
parse_host(struct setup *setup, struct ts_err *err)
{
    TS_CLEANUP(ts_host_pattern_release) struct ts_host_pattern pattern = {NULL, 0, false, NULL};
    TS_CLEANUP(ts_string_free) char *lower = strdup(setup->argument);
    const char *user = strchr(setup->argument, '@');

    if (lower == NULL)
        return ts_err_nomem(err);
    for (char *c = lower; *c != '\0' && *c != '/'; c++)
        *c = ts_text_lower(*c);
    int rc = ts_host_pattern_parse(lower, &pattern, err);
    if (rc == TS_ERR_SYNTAX && user != NULL)
        return helper_usage(err, "setup needs a host alone: leave out '%.*s'",
                            (int)(user + 1 - setup->argument), setup->argument);
    if (rc == TS_ERR_SYNTAX)
        return helper_usage(err, "'%s' is not a host: %s", setup->argument, err->text);
    if (rc == 0 && pattern.wildcard)
        return helper_usage(err, "setup needs one host, not '%s'", setup->argument);
    if (rc < 0)
        return rc;
    lower[strcspn(lower, "/")] = '\0';
    setup->host = TS_TAKE(lower);
    setup->path = strdup(pattern.path);
    return setup->path != NULL ? 0 : ts_err_nomem(err);
}

static int
find_client(struct setup *setup, const struct client **ret, struct ts_err *err)
{
    const struct options *options = &setup->helper->options;
    const struct client *client = NULL;

    for (size_t i = 0; i < TS_ARRAY_LEN(clients) && options->arguments_len > 0; i++)
        if (strcmp(clients[i].name, options->arguments[0]) == 0)
            client = &clients[i];
    if (client == NULL)
        return helper_usage(err, "'setup' needs one of git, docker, ssh, sudo");
    if (options->arguments_len != (client->has_host ? 2 : 1))
        return helper_usage(err, "'setup %s' %s", client->name,
                            client->has_host ? "needs one HOST" : "takes no arguments");
    *ret = client;
    if (!client->has_host)
        return 0;
    setup->argument = options->arguments[1];
    return parse_host(setup, err);
}

static int
run_command(const struct setup_step *step, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(TOOL_OUTPUT_MAX);
    const char *argv[SETUP_COMMAND_MAX + 1];
    const struct tool_call call = {step->command[0], argv, true};
    int status = 0;

    for (size_t i = 0; i <= SETUP_COMMAND_MAX; i++)
        argv[i] = step->command[i];
    int rc = tool_run(&call, &output, &status, err);
    if (rc == 0 && status != 0)
        rc = ts_err_set(err, TS_ERR_CONFIG, "%s failed with status %d", call.path, status);
    return rc;
}

static int
take_step(const struct setup *setup, const struct setup_step *step, struct ts_err *err)
{
    int rc = setup->remove ? 0 : setup_file_back_up(&step->file, err);

    if (rc < 0)
        return rc;
    return step->command[0] != NULL ? run_command(step, err)
                                    : setup_file_replace(&step->file, &step->text, step->mode, err);
}

/* The list of changes stands above the error: it is to be known which of them were made. */
static int
tell_made(const struct setup *setup, size_t made, struct ts_err *err)
{
    if (made == 0)
        return ts_err_set(err, err->code, "nothing was changed: %.700s", err->text);
    return ts_err_set(err, err->code, "only %zu of %zu changes made: %.700s", made,
                      setup->steps_len, err->text);
}

static int
apply(struct setup *setup, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < setup->steps_len && rc == 0; i++) {
        rc = take_step(setup, &setup->steps[i], err);
        if (rc < 0)
            rc = tell_made(setup, i, err);
    }
    for (size_t i = 0; i < setup->steps_len && rc == 0 && setup->remove; i++)
        rc = setup_file_tidy(setup->steps[i].file.path, setup->steps[i].is_empty, err);
    return rc;
}

static void
say(const char *text)
{
    (void)ts_write_all(STDERR_FILENO, text, strlen(text));
}

/* Shows the plan, and carries it out where that is wanted. */
static int
carry_out(struct setup *setup, struct ts_err *err)
{
    bool yes = (setup->helper->options.given & OPTION_YES) != 0;

    say(setup->remove ? "Changes that undo it:\n" : "Changes:\n");
    say(ts_secret_string(&setup->plan));
    int rc = yes ? 0 : setup_confirm(&yes, err);
    if (rc == 0 && !yes)
        rc = ts_err_set(err, TS_ERR_USAGE, "nothing was changed");
    if (rc == 0)
        rc = apply(setup, err);
    if (rc == 0)
        say("Done.\n");
    return rc;
}

static int
run(struct helper *helper, struct setup *setup, struct ts_err *err)
{
    const struct client *client = NULL;

    int rc = find_client(setup, &client, err);
    if (client == NULL)
        return rc;
    if (rc == 0)
        rc = helper_load_config(helper, err);
    if (rc == 0)
        rc = client->plan(setup, err);
    if (rc != 0)
        return rc;
    if (setup->steps_len > 0)
        return carry_out(setup, err);
    return client->has_host
               ? setup_note(setup, err, "%s needs no change for %s", client->name, setup->argument)
               : 0;
}

int
command_setup(struct helper *helper)
{
    TS_CLEANUP(setup_release)
    struct setup setup = {
        .helper = helper,
        .remove = (helper->options.given & OPTION_REMOVE) != 0,
        .plan = TS_SECRET_INIT(OUTPUT_MAX),
        .notes = TS_SECRET_INIT(OUTPUT_MAX),
    };
    const struct ts_secret nothing = TS_SECRET_INIT(0);
    struct ts_err err = {.code = 0};

    int rc = run(helper, &setup, &err);
    return helper_finish(helper, rc, rc < 0 ? &nothing : &setup.notes, &err);
}
