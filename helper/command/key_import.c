/* `key import`: a job of the worker, and what people are told about it. */
#include "helper/command/key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/job/worker_call.h"

static bool
is_same_file(const struct stat *a, const char *path)
{
    struct stat b;

    return stat(path, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* "profile NAME: " in front of a failure. */
static int
name_profile(int rc, const struct ts_request *request, struct ts_err *err)
{
    if (rc < 0)
        (void)ts_err_prefix(err, "profile %s", request->profile);
    return rc;
}

/* What can be checked without asking the endpoint. *ret_mode is 0 where the worker will report what
 * is wrong with the download. */
static int
check(const struct ts_request *request, const char *download, mode_t *ret_mode, struct ts_err *err)
{
    struct stat st;

    if (request->key.key_command != NULL)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "its key comes from key_command: store the new key where that command "
                          "finds it");
    if (request->scopes.len == 0)
        return ts_err_set(err, TS_ERR_CONFIG,
                          "no scopes to try the key with: set 'scopes', or THRIVESTACK_SCOPES");
    int rc = ts_file_check_writer(request->key.key_file, err);
    if (rc < 0)
        return rc;
    *ret_mode = 0;
    if (stat(download, &st) != 0)
        return 0;
    /* Its owner would be told to delete the download. */
    if (is_same_file(&st, request->key.key_file))
        return ts_err_set(err, TS_ERR_USAGE, "%s is its key file already", download);
    *ret_mode = st.st_mode;
    return 0;
}

static int
call_worker(const struct ts_request *request, char *download, struct ts_key_info *ret,
            struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(TS_JOB_MAX);
    const struct ts_job job = {.kind = TS_JOB_IMPORT, .request = *request, .import_file = download};
    int rc = ts_worker_call(&job, &answer, err);

    return rc < 0 ? rc : ts_job_read_key_info(&answer, ret, err);
}

/* A name from a file or from outside, on one line. */
static int
print_clean(struct ts_secret *answer, const char *label, const char *text)
{
    char cleaned[4096];

    ts_text_clean(cleaned, sizeof(cleaned), text, strlen(text));
    return ts_secret_append_format(answer, "%-10s%s\n", label, cleaned);
}

static int
print_expiry(struct ts_secret *answer, const struct ts_key_info *info)
{
    char last[32] = "";

    if (info->expires > 0)
        ts_text_rfc3339(last, info->expires);
    else if (info->expiry[0] == '\0')
        return print_clean(answer, "expires", "the download does not say");
    return ts_secret_append_format(answer, "%-10s%.10s\n", "expires",
                                   last[0] != '\0' ? last : info->expiry);
}

static int
print_import(struct ts_secret *answer, const struct ts_request *request,
             const struct ts_key_info *info)
{
    const char *rotation = info->rotation_frequency;

    if (print_clean(answer, "imported", info->key_id) < 0 ||
        (info->name[0] != '\0' && print_clean(answer, "name", info->name) < 0) ||
        print_expiry(answer, info) < 0 ||
        print_clean(answer, "rotation", rotation[0] != '\0' ? rotation : "unknown") < 0)
        return TS_ERR_NOMEM;
    return print_clean(answer, "key file", request->key.key_file);
}

static int
print_advice(struct ts_secret *answer, const char *download, mode_t mode)
{
    int rc = ts_secret_append_string(
        answer, "\nThriveStack has granted a token for it.\n"
                "'thrivestack-credential key public' prints its section for policy.conf.\n");

    if (rc == 0)
        rc = print_clean(answer, "Delete", download);
    if (rc == 0 && (mode & 044) != 0)
        rc = ts_secret_append_format(answer,
                                     "          which others can read (mode %04o): the download "
                                     "is the key itself.\n",
                                     (unsigned)(mode & 07777));
    return rc;
}

int
key_import_file(struct helper *helper, char *download, char ret_key_id[TS_KEY_ID_MAX + 1],
                struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    mode_t mode = 0;

    int rc = helper_request(helper, NULL, true, &request, err);
    if (rc == 0)
        rc = name_profile(check(&request, download, &mode, err), &request, err);
    if (rc == 0)
        rc = name_profile(call_worker(&request, download, &info, err), &request, err);
    if (rc != 0)
        return rc;
    if (print_import(answer, &request, &info) < 0 || print_advice(answer, download, mode) < 0)
        return ts_err_nomem(err);
    memcpy(ret_key_id, info.key_id, sizeof(info.key_id));
    return 0;
}

int
key_import(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *download = NULL;
    char key_id[TS_KEY_ID_MAX + 1];
    int rc = helper_path(helper->options.arguments[1], &download, err);

    return rc < 0 ? rc : key_import_file(helper, download, key_id, answer, err);
}
