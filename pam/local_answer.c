#include "pam/local_answer.h"

#include <signal.h>
#include <sys/wait.h>

#include "common/base/cleanup.h"

#define EXIT_OUTPUT 74

static const char *
explain_exit(int status)
{
    static const struct {
        int status;
        const char *meaning;
    } meanings[] = {
        {66, "the user has no usable API key"},
        {69, "ThriveStack cannot be reached"},
        {76, "ThriveStack's answer was not a token for what was asked"},
        {77, "ThriveStack refused the key or the scopes"},
        {78, "credential.conf is wrong, or a file in it is not safe"},
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(meanings); i++)
        if (meanings[i].status == status)
            return meanings[i].meaning;
    return "see thrivestack-credential doctor";
}

static int
check_status(int status, struct ts_err *err)
{
    if (WIFSIGNALED(status))
        return ts_err_set(err, TS_ERR_UNAVAILABLE, "the helper was ended by signal %d",
                          WTERMSIG(status));
    if (!WIFEXITED(status))
        return ts_err_set(err, TS_ERR_UNAVAILABLE, "the helper did not end");
    if (WEXITSTATUS(status) != 0)
        return ts_err_set(err, TS_ERR_UNAVAILABLE, "the helper failed with status %d: %s",
                          WEXITSTATUS(status), explain_exit(WEXITSTATUS(status)));
    return 0;
}

int
ts_local_check_export(int status, struct ts_err *err)
{
    if ((WIFEXITED(status) && WEXITSTATUS(status) == EXIT_OUTPUT) ||
        (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE))
        return 0;
    return check_status(status, err);
}

int
ts_local_check_answer(int status, const struct ts_secret *output, struct ts_err *err)
{
    int rc = check_status(status, err);

    if (rc == 0 && output->len == 0)
        return ts_err_set(err, TS_ERR_UNAVAILABLE, "the helper printed nothing");
    return rc;
}
