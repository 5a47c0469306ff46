/* `host status`: every stack that names the module, with a verdict. */
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/doctor/pam/pam_judge.h"
#include "helper/host/host.h"

struct verdict {
    bool sound;
    const char *text;
};

/* The worst that can be said about a stack; what is sound comes last. */
static struct verdict
find_verdict(const struct pam_stack *stack)
{
    struct pam_judgement judgement;

    pam_judge_auth(stack, &judgement);
    const struct {
        bool applies;
        struct verdict verdict;
    } rows[] = {
        {judgement.fails_open != NULL, {false, "lets people in without a token or a password"}},
        {judgement.factor_skipped != NULL, {false, "the token can be left out"}},
        {judgement.no_effect, {false, "a token does not let anybody in"}},
        {judgement.refuses_tokens, {false, "refuses users after it accepted their token"}},
        {judgement.refuses_others, {false, "refuses users with a password, and cron"}},
        {judgement.no_fallback, {true, "tokens only"}},
        {judgement.no_outage_fallback,
         {true, "tokens for users with a key, passwords for others; a mistake in policy.conf stops "
                "both"}},
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (rows[i].applies)
            return rows[i].verdict;
    return (struct verdict){true, "a token, or else a password"};
}

static int
add_json(struct ts_json *array, const char *service, const struct pam_line *line,
         const struct verdict *verdict)
{
    struct ts_json *object = ts_json_new_object();

    if (object == NULL || ts_json_append(array, object) != 0) {
        ts_json_free(object);
        return TS_ERR_NOMEM;
    }
    if (ts_json_add_string(object, "service", service) < 0 ||
        ts_json_add_string(object, "file", line->file) < 0 ||
        ts_json_add_integer(object, "line", line->number) < 0 ||
        ts_json_add_bool(object, "sound", verdict->sound) < 0)
        return TS_ERR_NOMEM;
    return ts_json_add_string(object, "verdict", verdict->text);
}

static int
append_status(struct ts_secret *ret, const char *service, const struct pam_line *line,
              const struct verdict *verdict)
{
    return ts_secret_append_format(ret, "%-16s %s:%u: %s%s\n", service, line->file, line->number,
                                   verdict->sound ? "" : "WRONG: ", verdict->text);
}

static int
add_service(const char *service, struct ts_json *array, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
    const struct pam_files files = {pam_folder_read, NULL};

    int rc = pam_stack_read(&files, service, PAM_STACK_AUTH, &stack, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    /* What Linux-PAM would not read either is for doctor. */
    const struct pam_line *line = rc == 0 ? pam_judge_find(&stack) : NULL;
    if (line == NULL)
        return 0;
    const struct verdict verdict = find_verdict(&stack);
    rc = array != NULL ? add_json(array, service, line, &verdict)
                       : append_status(ret, service, line, &verdict);
    return rc < 0 ? ts_err_nomem(err) : 0;
}

int
host_status(bool json, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list names = {NULL, 0};
    TS_CLEANUP(ts_json_put) struct ts_json *object = json ? ts_json_new_object() : NULL;
    struct ts_json *array = json ? ts_json_new_array() : NULL;

    if (json && (object == NULL || ts_json_add(object, "services", array) < 0))
        return ts_err_nomem(err);
    int rc = pam_folder_list(&names, err);
    for (size_t i = 0; i < names.len && rc == 0; i++)
        rc = add_service(names.items[i], array, ret, err);
    if (rc < 0)
        return rc;
    if (json)
        return ts_json_print(object, ret) < 0 || ts_secret_append(ret, "\n", 1) < 0
                   ? ts_err_nomem(err)
                   : 0;
    if (ret->len > 0)
        return 0;
    return ts_secret_append_string(ret, "No service accepts tokens. 'thrivestack-credential host "
                                        "enable SERVICE' changes that.\n") < 0
               ? ts_err_nomem(err)
               : 0;
}
