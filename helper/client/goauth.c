/*
 * `goauth`: a command for GOAUTH of go 1.24 or newer. Without an argument it is asked for all hosts
 * before the first request; after a 4xx, for one URL, with the response on standard input, which is
 * not read. The answer is blocks of a URL, a blank line, headers, and a blank line. A host that
 * fails is left out of the answer for all hosts, and the reason is on standard error.
 */
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

static int
append_block(const struct client_question *question, const struct client_answer *found,
             struct ts_secret *answer, struct ts_err *err)
{
    if (ts_secret_append_strings(answer, "https://", question->host, found->host->pattern.path,
                                 "\n\nAuthorization: ", NULL) < 0 ||
        client_print_header(found, answer) < 0 || ts_secret_append_string(answer, "\n\n") < 0)
        return ts_err_nomem(err);
    return 0;
}

static int
answer_question(struct helper *helper, const struct client_question *question,
                struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(client_answer_release) struct client_answer found = CLIENT_ANSWER_INIT;
    int rc = client_get(helper, question, &found, err);

    /* Another command in GOAUTH may serve it. */
    if (rc == TS_ERR_NOT_FOUND && found.host == NULL)
        return 0;
    return rc < 0 ? rc : append_block(question, &found, answer, err);
}

static int
answer_section(struct helper *helper, const struct ts_host_pattern *pattern,
               struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret name = TS_SECRET_INIT(TS_HOST_NAME_MAX + 16);
    int rc = ts_secret_append_format(&name, strchr(pattern->name, ':') != NULL ? "[%s]" : "%s",
                                     pattern->name);

    if (rc == 0 && pattern->port != 443)
        rc = ts_secret_append_format(&name, ":%u", pattern->port);
    const struct client_question question = {.protocol = "https",
                                             .host = ts_secret_string(&name),
                                             .path = pattern->path,
                                             .wants = CLIENT_AUTH};
    return rc < 0 ? ts_err_nomem(err) : answer_question(helper, &question, answer, err);
}

/* Of several failures, each is printed once: the last one here if another host was answered, else
 * by the caller. */
static int
answer_sections(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    int failure = 0;
    int rc = helper_load_config(helper, err);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < helper->config.hosts_len; i++) {
        const struct ts_host_rule *rule = &helper->config.hosts[i];
        struct ts_err reason = {.code = 0};

        rc = rule->pattern.wildcard ? 0 : answer_section(helper, &rule->pattern, answer, &reason);
        if (rc == 0)
            continue;
        if (failure < 0)
            output_error(err);
        failure = rc;
        *err = reason;
        if (rc == TS_ERR_NOMEM)
            return rc;
        (void)ts_err_prefix(err, "host %s", rule->label);
    }
    if (failure < 0 && answer->len > 0) {
        output_error(err);
        return 0;
    }
    return failure;
}

int
client_goauth(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    struct client_question question = {.wants = CLIENT_AUTH};

    if (helper->options.arguments_len > 1)
        return helper_usage(err, "'goauth' takes one URL, or nothing");
    if (helper->options.arguments_len == 0)
        return answer_sections(helper, answer, err);
    int rc = client_parse_url(helper->options.arguments[0], &question, &storage, err);
    return rc < 0 ? rc : answer_question(helper, &question, answer, err);
}
