/* `identify`, `group` and `track`: one event from the command line, or many from standard input. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/job/job.h"
#include "helper/command/event_body.h"
#include "helper/command/event_run.h"
#include "helper/helper.h"

static int
check_arguments(const struct helper *helper, const struct event_kind *kind, struct ts_err *err)
{
    const struct options *options = &helper->options;
    const bool is_track = strcmp(kind->name, "track") == 0;
    const bool many = (options->given & OPTION_STDIN) != 0;

    if (many && (options->given & (OPTION_USER | OPTION_TRAIT | OPTION_PROPERTY | OPTION_GROUP |
                                   OPTION_TIMESTAMP)) != 0)
        return helper_usage(err, "--stdin: all of an event is in its line, so no other option "
                                 "describes it");
    if (!many && is_track && options->arguments_len != 1)
        return helper_usage(err, "'track' takes the name of one event: EVENT");
    if ((many || !is_track) && options->arguments_len > 0)
        return helper_usage(err, "'%s%s' takes no arguments", kind->name, many ? " --stdin" : "");
    return 0;
}

/* Blanks alone are no event and no mistake. */
static bool
is_blank_line(const struct ts_line *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (strchr(" \t\r", line->text[i]) == NULL || line->text[i] == '\0')
            return false;
    return true;
}

static int
send_line(const struct event_kind *kind, const struct ts_line *line, const char *name,
          struct event_run *run, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret event = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    int rc = event_body_from_line(kind, line, ts_clock_wall(), &event, err);

    if (rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        event_run_reject(run, name, err);
    else
        (void)event_run_send(run, name, &event);
    return 0;
}

static int
send_lines(const struct event_kind *kind, struct event_run *run, struct ts_err *err)
{
    struct ts_lines lines = TS_LINES_INIT(STDIN_FILENO, TS_EVENT_MAX);
    int rc = 1;

    for (uint64_t number = 1; rc != 0 && !run->is_ended; number++) {
        struct ts_line line;
        char name[32];

        (void)snprintf(name, sizeof(name), "line %" PRIu64, number);
        rc = ts_lines_next(&lines, TS_LINES_NO_DEADLINE, &line, err);
        if (rc == TS_ERR_TOO_LARGE)
            event_run_reject(
                run, name,
                &(struct ts_err){.code = TS_ERR_USAGE, .text = "longer than 65536 bytes"});
        else if (rc < 0)
            break;
        else if (rc > 0 && !is_blank_line(&line) && send_line(kind, &line, name, run, err) < 0) {
            rc = err->code;
            break;
        }
    }
    ts_lines_release(&lines);
    return rc < 0 && rc != TS_ERR_TOO_LARGE ? rc : 0;
}

static int
read_input(const struct helper *helper, const struct event_kind *kind, struct ts_secret *ret,
           struct ts_err *err)
{
    const struct options *options = &helper->options;
    const struct event_input input = {.subject = options->arguments_len > 0 ? options->arguments[0]
                                                                            : options->group,
                                      .user = options->user,
                                      .timestamp = options->timestamp,
                                      .values = &options->values};

    return event_body_from_input(kind, &input, ts_clock_wall(), ret, err);
}

static int
send_many(const struct event_kind *kind, const struct ts_request *request, struct ts_secret *answer,
          int *ret_code, struct ts_err *err)
{
    struct event_run run = {.call = TS_EVENT_CALL_INIT(request)};
    int rc = send_lines(kind, &run, err);

    ts_event_call_close(&run.call);
    *ret_code = ts_error_exit_code(run.code);
    return rc == 0 && event_run_summary(&run, answer) < 0 ? ts_err_nomem(err) : rc;
}

static int
send_one(const struct ts_request *request, const struct ts_secret *event, struct ts_err *err)
{
    struct ts_event_call call = TS_EVENT_CALL_INIT(request);
    bool is_general = false;
    int rc = ts_event_call_send(&call, event, &is_general, err);

    ts_event_call_close(&call);
    return rc;
}

int
command_event(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    const struct event_kind *kind = event_kind_find(helper->command->name);
    const bool many = (helper->options.given & OPTION_STDIN) != 0;
    TS_CLEANUP(ts_request_release) struct ts_request request = TS_REQUEST_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret event = TS_SECRET_INIT(2 * TS_EVENT_MAX);
    int rc = check_arguments(helper, kind, err);

    if (rc == 0 && !many)
        rc = read_input(helper, kind, &event, err);
    if (rc == 0)
        rc = helper_load_config(helper, err);
    if (rc == 0)
        rc = ts_config_events_request(&helper->config, kind->name, &request, err);
    if (rc < 0)
        return rc;
    return many ? send_many(kind, &request, answer, &helper->exit_code, err)
                : send_one(&request, &event, err);
}
