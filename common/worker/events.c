#include "common/worker/events.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json.h"
#include "common/process/lines.h"
#include "common/worker/answer.h"
#include "common/worker/apikey.h"
#include "common/worker/endpoint.h"
#include "common/worker/harden.h"
#include "common/worker/retry.h"
#include "common/worker/trace.h"

#include <string.h>
#include <unistd.h>

/* This much later than an event's deadline the watchdog ends the process. */
#define SLACK_MS 2000

struct session {
    const struct ts_request *request;
    struct ts_secret key; /* the project's */
    struct ts_connection *connection;
    struct ts_lines lines;
};

static void
release_session(struct session *session)
{
    ts_endpoint_close(&session->connection);
    ts_secret_release(&session->key);
    ts_lines_release(&session->lines);
}

/* The exchange names its settings as those of a profile. */
static void
name_setting(struct ts_err *err)
{
    static const char profile_setting[] = "token_url", own_setting[] = "events_url";
    struct ts_err whole = *err;
    const char *found = strstr(whole.text, profile_setting);

    if (found != NULL)
        (void)ts_err_set(err, err->code, "%.*s%s%s", (int)(found - whole.text), whole.text,
                         own_setting, found + sizeof(profile_setting) - 1);
}

/* {"api_key":KEY, and the members of the event. */
static int
write_event(const struct session *session, const struct ts_line *line, struct ts_secret *ret,
            struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *event = NULL;
    int rc = ts_json_parse_object(line->text, line->len, &event, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0 || ts_json_length(event) == 0 || ts_json_find(event, "api_key", NULL))
        return ts_err_set(err, TS_ERR_USAGE, "not an event");
    const char *members = (const char *)memchr(line->text, '{', line->len) + 1;
    const size_t len = line->len - (size_t)(members - line->text);
    if (ts_secret_append_string(ret, "{\"api_key\":") < 0 ||
        ts_json_print_string(session->key.data, session->key.len, ret) < 0 ||
        ts_secret_append_string(ret, ",") < 0 || ts_secret_append(ret, members, len) < 0)
        return ts_err_nomem(err);
    return 0;
}

/* Where the exchange ended after the request was, perhaps, sent. */
static bool
may_have_arrived(const struct ts_response *response)
{
    static const char *const stages[] = {"timeout", "http", "broken"};

    for (size_t i = 0; i < TS_ARRAY_LEN(stages); i++)
        if (response->failed_at != NULL && strcmp(response->failed_at, stages[i]) == 0)
            return true;
    return false;
}

static int
post_event(struct session *session, const struct ts_line *line, struct ts_err *err)
{
    TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
    TS_CLEANUP(ts_secret_release)
    struct ts_secret body = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    const struct ts_retry_call call = {session->request, session->connection};
    const int64_t timeout_ms = session->request->endpoint.timeout_ms;

    int rc = ts_harden_watchdog(timeout_ms + SLACK_MS, err);
    if (rc == 0)
        rc = write_event(session, line, &body, err);
    if (rc == 0)
        rc = ts_retry_post(&call, &body, ts_clock_boot_ms() + timeout_ms, &response, err);
    if (rc == 0)
        rc = ts_answer_check_event(&response, &session->key, err);
    if (rc < 0)
        name_setting(err);
    if (rc < 0 && may_have_arrived(&response))
        (void)ts_err_set(err, rc, "%.700s; this event may have arrived all the same", err->text);
    return rc;
}

/* An answer line. Returns 0, TS_ERR_OUTPUT or TS_ERR_NOMEM. */
static int
answer(const struct ts_err *failure, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_JOB_MAX);
    int rc =
        failure->code < 0 ? ts_job_write_error(failure, &text, err) : ts_job_write_done(&text, err);

    if (rc == 0 && ts_secret_append_string(&text, "\n") < 0)
        rc = ts_err_nomem(err);
    if (rc == 0 && ts_write_all(STDOUT_FILENO, text.data, text.len) < 0)
        rc = ts_err_errno(err, TS_ERR_OUTPUT, "the answer cannot be written");
    return rc;
}

/* Events come whenever they come, so nothing limits the wait for the next. Returns as
 * ts_lines_next. */
static int
await_event(struct session *session, struct ts_line *ret, struct ts_err *err)
{
    int rc = ts_harden_watchdog(0, err);

    return rc < 0 ? rc : ts_lines_next(&session->lines, TS_LINES_NO_DEADLINE, ret, err);
}

static int
post_all(struct session *session, struct ts_err *err)
{
    struct ts_line line;
    int more;

    while ((more = await_event(session, &line, err)) > 0) {
        struct ts_err failure = {.code = 0};

        (void)post_event(session, &line, &failure);
        int rc = answer(&failure, err);
        if (rc < 0 || (failure.code < 0 && ts_event_is_final(&failure)))
            return rc;
    }
    return more;
}

static int
start_session(struct session *session, struct ts_err *err)
{
    const struct ts_request *request = session->request;

    ts_trace(request, "reading the project's key from %s", request->key.api_key_file);
    int rc = ts_api_key_read_secret(&request->key, getuid(), &session->key, err);
    if (rc == 0)
        rc = ts_endpoint_start(err);
    if (rc == 0)
        rc = ts_endpoint_open(&request->endpoint, &session->connection, err);
    if (rc < 0)
        name_setting(err);
    return rc;
}

int
ts_events_serve(const struct ts_job *job, struct ts_err *err)
{
    TS_CLEANUP(release_session)
    struct session session = {.request = &job->request,
                              .key = TS_SECRET_INIT(TS_API_KEY_SECRET_MAX),
                              .lines = TS_LINES_INIT(TS_JOB_KEY_FD, TS_EVENT_MAX)};
    struct ts_err failure = {.code = 0};

    (void)start_session(&session, &failure);
    int rc = answer(&failure, err);
    return rc < 0 || failure.code < 0 ? rc : post_all(&session, err);
}
