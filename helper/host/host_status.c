/* `host status`: every stack that names the module, with a verdict. */
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "helper/doctor/pam/pam_folder.h"
#include "helper/doctor/pam/pam_simulate.h"
#include "helper/host/host.h"

struct verdict {
    bool sound;
    const char *text;
};

/* The worst that can be said about a stack; what is sound comes last. */
static struct verdict
find_verdict(const struct pam_stack *stack)
{
    struct pam_rating rating;

    pam_rate_auth(stack, &rating);
    const struct {
        bool applies;
        struct verdict verdict;
    } rows[] = {
        {rating.fails_open != NULL, {false, "lets people in without a token or a password"}},
        {rating.factor_skipped != NULL, {false, "the token can be left out"}},
        {rating.no_effect, {false, "a token does not let anybody in"}},
        {rating.refuses_tokens, {false, "refuses users after it accepted their token"}},
        {rating.refuses_others, {false, "refuses users with a password, and cron"}},
        {rating.no_fallback, {true, "tokens only"}},
        {rating.no_outage_fallback,
         {true, "tokens for users with a key, passwords for others; a mistake in policy.conf stops "
                "both"}},
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (rows[i].applies)
            return rows[i].verdict;
    return (struct verdict){true, "a token, or else a password"};
}

static void
write_status(struct ts_json_writer *json, const char *service, const struct pam_line *line,
             const struct verdict *verdict)
{
    ts_json_open(json, NULL, '{');
    ts_json_write_string(json, "service", service);
    ts_json_write_string(json, "file", line->file);
    ts_json_write_integer(json, "line", line->number);
    ts_json_write_bool(json, "sound", verdict->sound);
    ts_json_write_string(json, "verdict", verdict->text);
    ts_json_close(json, '}');
}

static int
append_status(struct ts_secret *ret, const char *service, const struct pam_line *line,
              const struct verdict *verdict)
{
    return ts_secret_append_format(ret, "%-16s %s:%u: %s%s\n", service, line->file, line->number,
                                   verdict->sound ? "" : "WRONG: ", verdict->text);
}

static int
add_service(const char *service, struct ts_json_writer *json, struct ts_secret *ret,
            struct ts_err *err)
{
    TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
    const struct pam_files files = {pam_folder_read, NULL};

    int rc = pam_stack_read(&files, service, PAM_STACK_AUTH, &stack, err);
    if (rc == TS_ERR_NOMEM)
        return rc;
    /* What Linux-PAM would not read either is for doctor. */
    const struct pam_line *line = rc == 0 ? pam_stack_find_module(&stack) : NULL;
    if (line == NULL)
        return 0;
    const struct verdict verdict = find_verdict(&stack);
    if (json != NULL)
        write_status(json, service, line, &verdict);
    else if (append_status(ret, service, line, &verdict) < 0)
        return ts_err_nomem(err);
    return 0;
}

int
host_status(bool as_json, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list names = {NULL, 0};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(ret->max);
    struct ts_json_writer json = ts_json_begin(&text);

    ts_json_open(&json, "services", '[');
    int rc = pam_folder_list(&names, err);
    for (size_t i = 0; i < names.len && rc == 0; i++)
        rc = add_service(names.items[i], as_json ? &json : NULL, ret, err);
    if (rc < 0)
        return rc;
    ts_json_close(&json, ']');
    if (as_json && ts_json_end_line(&json) == 0)
        ts_secret_move(ret, &text);
    if (as_json)
        return json.rc < 0 ? ts_err_nomem(err) : 0;
    if (ret->len > 0)
        return 0;
    return ts_secret_append_string(ret, "No service accepts tokens. 'thrivestack-credential host "
                                        "enable SERVICE' changes that.\n") < 0
               ? ts_err_nomem(err)
               : 0;
}
