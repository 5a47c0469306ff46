#include "helper/command/event_run.h"

#include "common/job/job.h"

static void
report(struct event_run *run, struct ts_err *failure)
{
    /* Of many mistakes the first counts, but what ends all is what to do something about. */
    if (run->code == 0 || run->is_ended)
        run->code = failure->code;
    output_error(failure);
}

void
event_run_reject(struct event_run *run, const char *name, const struct ts_err *why)
{
    struct ts_err named = *why;

    run->failed++;
    (void)ts_err_prefix(&named, "%s", name);
    report(run, &named);
}

bool
event_run_send(struct event_run *run, const char *name, const struct ts_secret *event)
{
    struct ts_err err = {.code = 0};
    bool is_general = false;

    if (ts_event_call_send(&run->call, event, &is_general, &err) == 0) {
        run->sent++;
        return true;
    }
    run->is_ended = is_general || ts_event_is_final(&err);
    if (is_general)
        report(run, &err);
    else
        event_run_reject(run, name, &err);
    if (run->is_ended) {
        (void)ts_err_set(&err, err.code,
                         is_general ? "%s and all after it: not sent" : "all after %s: not sent",
                         name);
        err.http_status = 0;
        err.response_id[0] = '\0';
        output_error(&err);
    }
    return false;
}

int
event_run_summary(const struct event_run *run, struct ts_secret *ret)
{
    return ts_secret_append_format(ret, run->failed > 0 ? "%zu sent, %zu failed\n" : "%zu sent\n",
                                   run->sent, run->failed);
}
