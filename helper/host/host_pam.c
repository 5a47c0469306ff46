/* The changes to a service's file in /etc/pam.d. */
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/doctor/pam/pam_length.h"
#include "helper/doctor/pam/pam_simulate.h"
#include "helper/host/host.h"
#include "helper/host/pam_edit.h"

#define MODULE_FILE TS_PAMDIR "/pam_thrivestack.so"
#define SERVICE_NAME_MAX 255

static const struct host_service services[] = {
    {"sshd", NULL, PAM_EDIT_TOKEN_ONLY, "", true, true},
    {"sudo", "sudo-i", PAM_EDIT_TOKEN_OR_ELSE, "", false, false},
    {"su", "su-l", PAM_EDIT_TOKEN_OR_ELSE, "", false, false},
    /* It lists who may not log in behind the password, and answers the first prompt by itself. */
    {"cockpit", NULL, PAM_EDIT_TOKEN_INSTEAD, PAM_EDIT_SKIP_UNKNOWN, true, false},
    {NULL, NULL, PAM_EDIT_TOKEN_OR_ELSE, "", true, false},
};

const struct host_service *
host_service_find(const char *name)
{
    const struct host_service *row = services;

    while (row->name != NULL && strcmp(row->name, name) != 0)
        row++;
    return row;
}

static bool
has_ours(const struct ts_secret *text)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret without = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct ts_err ignored;
    unsigned left = 0;

    return pam_edit_remove(text, &without, &left, &ignored) < 0 || !ts_secret_equal(text, &without);
}

static const struct setup_kind pam_kind = {.is_empty = setup_file_is_blank, .has_ours = has_ours};

/* pam_unix would need /etc/shadow for another user than itself, which a web server must not be able
 * to read. */
static const char own_stack[] = "# thrivestack-credential host enable --tokens-only\n"
                                "auth required pam_thrivestack.so\n"
                                "account required pam_permit.so\n";

static bool
is_own_stack(const struct ts_secret *text)
{
    return ts_secret_equal_string(text, own_stack);
}

static const struct setup_kind own_stack_kind = {.is_empty = setup_file_is_blank,
                                                 .has_ours = is_own_stack,
                                                 .owned = true,
                                                 .keeps_folder = true,
                                                 .mode = 0644};

/* What changes in one file, in words. */
static int
describe_change(struct setup *setup, const struct host_service *row, const struct setup_file *file,
                struct ts_err *err)
{
    if (setup->remove)
        return setup_plan(setup, err, "%s: remove the lines of pam_thrivestack.so", file->name);
    int rc = setup_plan(setup, err,
                        "%s: add 'auth %s pam_thrivestack.so%s' before the lines for passwords",
                        file->name, row->control, row->arguments);
    if (rc < 0 || !row->with_session)
        return rc;
    return setup_plan(setup, err, "%s: add 'session optional pam_thrivestack.so'", file->name);
}

static int
edit(struct setup *setup, const char *service, const struct host_service *row,
     const struct setup_file *file, struct ts_secret *ret, struct ts_err *err)
{
    const struct pam_files files = {pam_folder_read, NULL};
    const struct pam_edit how = {&files, file->name, row->control, row->arguments,
                                 row->with_session};
    const struct host_change change = {service, file->name, &file->text, ret,
                                       strcmp(row->control, PAM_EDIT_TOKEN_ONLY) == 0};
    unsigned left = 0;

    int rc = setup->remove ? pam_edit_remove(&file->text, ret, &left, err)
                           : pam_edit_add(&file->text, &how, ret, err);
    if (rc == TS_ERR_NOT_FOUND)
        rc = ts_err_recode(err, TS_ERR_CONFIG);
    if (rc == 0 && left > 0)
        rc = setup_note(setup, err, "%s:%u still names the module; that line was written by hand",
                        file->name, left);
    if (rc < 0 || setup->remove || ts_secret_equal(&file->text, ret))
        return rc;
    return host_check_change(&change, err);
}

/* What the planned text of a service's file is, or NULL where it stays. */
static const struct ts_secret *
find_planned(const struct setup *setup, const char *service)
{
    for (size_t i = 0; i < setup->steps_len; i++)
        if (strcmp(setup->steps[i].file.name + strlen(PAM_FOLDER "/"), service) == 0)
            return &setup->steps[i].text;
    return NULL;
}

static int
read_stack(const char *service, const struct setup_kind *kind, struct setup_file *ret,
           struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;

    if (asprintf(&path, PAM_FOLDER "/%s", service) < 0) {
        path = NULL;
        return ts_err_nomem(err);
    }
    return setup_file_read(path, kind, ret, err);
}

static int
plan_file(struct setup *setup, const char *service, const struct host_service *row,
          struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);

    /* Named twice, or the second file of a program that was named before. */
    if (find_planned(setup, service) != NULL)
        return 0;
    int rc = read_stack(service, &pam_kind, &file, err);
    if (rc == 0 && !file.exists)
        rc = ts_err_set(err, TS_ERR_CONFIG,
                        "there is no %s: 'host enable %s --tokens-only' makes one that takes "
                        "tokens and no passwords",
                        file.name, service);
    if (rc == 0 && is_own_stack(&file.text))
        return setup->remove ? host_plan_tokens_only(setup, service, err) : 0;
    if (rc == 0)
        rc = edit(setup, service, row, &file, &text, err);
    if (rc == 0 && !ts_secret_equal(&file.text, &text))
        rc = describe_change(setup, row, &file, err);
    return rc < 0 ? rc : setup_add_text(setup, &file, &text, err);
}

static bool
is_service_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strlen(name);

    return len > 0 && len <= SERVICE_NAME_MAX && strspn(name, allowed) == len &&
           pam_folder_is_service(name);
}

/* The second file of a program may include the first, which is enough. */
static int
plan_second_file(struct setup *setup, const char *service, const struct host_service *row,
                 struct ts_err *err)
{
    TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
    struct host_view view = {service, find_planned(setup, service)};
    const struct pam_files files = {host_view_read, &view};

    int rc = pam_stack_read(&files, row->also, PAM_STACK_AUTH, &stack, err);
    if (rc == TS_ERR_NOT_FOUND)
        return 0;
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc == 0 && !setup->remove && pam_stack_find_module(&stack) != NULL)
        return 0;
    return plan_file(setup, row->also, row, err);
}

static int
check_host_request(const struct setup *setup, const char *service, struct ts_err *err)
{
    if (!is_service_name(service))
        return ts_err_set(err, TS_ERR_USAGE, "'%.100s' is not the name of a PAM service", service);
    if (!setup->remove && access(MODULE_FILE, F_OK) != 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          MODULE_FILE " is not installed: install libpam-thrivestack first");
    return 0;
}

/* Adds or removes the whole file. */
int
host_plan_tokens_only(struct setup *setup, const char *service, struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);

    int rc = check_host_request(setup, service, err);
    if (rc < 0 || find_planned(setup, service) != NULL)
        return rc;
    rc = read_stack(service, &own_stack_kind, &file, err);
    if (rc < 0)
        return rc;
    if (!setup->remove && file.exists)
        return is_own_stack(&file.text)
                   ? 0
                   : ts_err_set(err, TS_ERR_CONFIG,
                                "there is a %s already, and --tokens-only replaces none: leave the "
                                "option out, and passwords go on working",
                                file.name);
    if (!setup->remove && ts_secret_append_string(&text, own_stack) < 0)
        return ts_err_nomem(err);
    rc = setup_plan(setup, err, "%s: %s", file.name,
                    setup->remove ? "remove; " PAM_FOLDER "/other is used instead"
                                  : "write; the service takes tokens and no passwords");
    if (rc == 0 && !setup->remove)
        rc = setup_plan_lines(setup, own_stack, err);
    return rc < 0 ? rc : setup_add_text(setup, &file, &text, err);
}

int
host_plan_warning(struct setup *setup, const char *service, struct ts_err *err)
{
    const struct pam_length *length = pam_length_find(service);

    if (length == NULL || setup->remove || find_planned(setup, service) == NULL)
        return 0;
    return setup_plan(setup, err,
                      "Warning: no token works there: the program passes on %u characters at most, "
                      "and every token is longer; use %s",
                      length->characters, length->instead);
}

int
host_plan_pam(struct setup *setup, const char *service, struct ts_err *err)
{
    const struct host_service *row = host_service_find(service);

    int rc = check_host_request(setup, service, err);
    if (rc < 0)
        return rc;
    rc = plan_file(setup, service, row, err);
    return rc < 0 || row->also == NULL ? rc : plan_second_file(setup, service, row, err);
}
