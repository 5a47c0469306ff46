/* The changes to a service's file in /etc/pam.d. */
#include <string.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/doctor/pam/pam_judge.h"
#include "helper/host/host.h"
#include "helper/host/pam_edit.h"

#define MODULE_FILE TS_PAMDIR "/pam_thrivestack.so"
#define SERVICE_NAME_MAX 255

static const struct host_service services[] = {
    {"sshd", NULL, PAM_EDIT_TOKEN_ONLY, true, true},
    {"sudo", "sudo-i", PAM_EDIT_TOKEN_OR_ELSE, false, false},
    {"su", "su-l", PAM_EDIT_TOKEN_OR_ELSE, false, false},
    {NULL, NULL, PAM_EDIT_TOKEN_OR_ELSE, true, false},
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

/* What changes in one file, in words. */
static int
describe_change(struct setup *setup, const struct host_service *row, const struct setup_file *file,
                struct ts_err *err)
{
    if (setup->remove)
        return setup_plan(setup, err, "%s: remove the lines of pam_thrivestack.so", file->name);
    int rc = setup_plan(setup, err,
                        "%s: add 'auth %s pam_thrivestack.so' before the lines for passwords",
                        file->name, row->control);
    if (rc < 0 || !row->with_session)
        return rc;
    return setup_plan(setup, err, "%s: add 'session optional pam_thrivestack.so'", file->name);
}

static int
edit(struct setup *setup, const char *service, const struct host_service *row,
     const struct setup_file *file, struct ts_secret *ret, struct ts_err *err)
{
    const struct pam_files files = {pam_folder_read, NULL};
    const struct pam_edit how = {&files, file->name, row->control, row->with_session};
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
plan_file(struct setup *setup, const char *service, const struct host_service *row,
          struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_string_free) char *path = NULL;

    /* Named twice, or the second file of a program that was named before. */
    if (find_planned(setup, service) != NULL)
        return 0;
    if (asprintf(&path, PAM_FOLDER "/%s", service) < 0) {
        path = NULL;
        return ts_err_nomem(err);
    }
    int rc = setup_file_read(path, &pam_kind, &file, err);
    if (rc == 0 && !file.exists)
        rc = ts_err_set(err, TS_ERR_CONFIG,
                        "there is no %s: pam_thrivestack(8) has whole stacks for programs that "
                        "bring none, such as nginx",
                        path);
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
    if (rc == 0 && !setup->remove && pam_judge_find(&stack) != NULL)
        return 0;
    return plan_file(setup, row->also, row, err);
}

int
host_plan_pam(struct setup *setup, const char *service, struct ts_err *err)
{
    const struct host_service *row = host_service_find(service);

    if (!is_service_name(service))
        return ts_err_set(err, TS_ERR_USAGE, "'%.100s' is not the name of a PAM service", service);
    if (!setup->remove && access(MODULE_FILE, F_OK) != 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          MODULE_FILE " is not installed: install libpam-thrivestack first");
    int rc = plan_file(setup, service, row, err);
    return rc < 0 || row->also == NULL ? rc : plan_second_file(setup, service, row, err);
}
