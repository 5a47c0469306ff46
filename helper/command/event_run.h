/*
 * Many events, one after another, each with a name for messages (`line 17`, or a file): what failed
 * is reported on standard error, and nothing is sent twice.
 */
#ifndef HELPER_EVENT_RUN_H
#define HELPER_EVENT_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/job/event_call.h"
#include "helper/helper.h"

struct event_run {
    struct ts_event_call call;
    size_t sent;
    size_t failed;
    int code;      /* the error that decides the exit code, or 0 */
    bool is_ended; /* nothing more is to be sent */
};

/* Sends one. True: ThriveStack took it. */
bool event_run_send(struct event_run *run, const char *name, const struct ts_secret *event);

/* Reports one that is not sent for what `why` says. */
void event_run_reject(struct event_run *run, const char *name, const struct ts_err *why);

/* Appends `10 sent, 1 failed`. Returns as ts_secret_append. */
int event_run_summary(const struct event_run *run, struct ts_secret *ret);

#endif
