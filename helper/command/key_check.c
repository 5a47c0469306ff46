/* `key check`: what needs doing about the API key. */
#include <stdlib.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/path.h"
#include "common/cache/refresh.h"
#include "helper/command/key.h"
#include "helper/command/key_findings.h"

/* Where the key is in fact, links resolved: its folder is the one that counts. */
static int
check_file(struct key_findings *findings, const char *key_file, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *file = realpath(key_file, NULL);
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    struct stat file_stat, folder_stat;

    int rc = file != NULL ? ts_path_folder(file, &folder, err) : 0;
    if (rc < 0)
        return rc;
    if (file == NULL || stat(file, &file_stat) != 0 || stat(folder, &folder_stat) != 0)
        return ts_err_errno(err, TS_ERR_KEY, "API key: %s cannot be examined", key_file);
    const struct key_file_state state = {file, &file_stat, folder, &folder_stat, geteuid()};
    return key_findings_check_file(findings, &state) < 0 ? ts_err_nomem(err) : 0;
}

static int
check_key(struct helper *helper, struct key_findings *findings, struct ts_err *err)
{
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    int rc = helper_profile_request(helper, NULL, &request, err);

    if (rc == 0)
        rc = ts_refresh_key_info(&request, &info, err);
    if (rc < 0)
        return rc;
    if (key_findings_check(findings, &info, ts_clock_wall()) < 0)
        return ts_err_nomem(err);
    if (request.key.key_file != NULL)
        rc = check_file(findings, request.key.key_file, err);
    if (rc == 0 && key_findings_add(findings, KEY_OK, 0,
                                    "ThriveStack was not asked whether it still accepts the key; "
                                    "'thrivestack-credential doctor' asks") < 0)
        rc = ts_err_nomem(err);
    return rc;
}

int
key_check(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    struct key_findings findings = {answer, 0};
    int rc = check_key(helper, &findings, err);

    /* A key that cannot be used is a finding. What has failed here and elsewhere is not. */
    if (rc == TS_ERR_KEY || rc == TS_ERR_CONFIG)
        rc = key_findings_add(&findings, KEY_FAIL, rc, "%s", err->text) < 0 ? ts_err_nomem(err) : 0;
    if (rc == 0)
        helper->exit_code = ts_error_exit_code(findings.code);
    else
        ts_secret_clear(answer);
    return rc;
}
