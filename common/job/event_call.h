/*
 * Posting events through the worker, one after another on one connection:
 *
 *     struct ts_event_call call = TS_EVENT_CALL_INIT(&request);
 *     rc = ts_event_call_send(&call, &event, &err);
 *     ts_event_call_close(&call);
 */
#ifndef TS_EVENT_CALL_H
#define TS_EVENT_CALL_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/config/request.h"
#include "common/process/lines.h"
#include "common/process/spawn.h"

/* A worker ends after so many: its limit on processor time is for one job. */
#define TS_EVENT_CALL_MAX 10000

struct ts_event_call {
    const struct ts_request *request; /* of ts_config_events_request; the caller's */
    struct ts_child worker;
    int events_fd; /* -1 where no worker runs */
    int answers_fd;
    struct ts_lines answers;
    unsigned sent; /* to this worker */
};

#define TS_EVENT_CALL_INIT(the_request)                                                            \
    ((struct ts_event_call){.request = (the_request),                                              \
                            .worker = TS_CHILD_INIT,                                               \
                            .events_fd = -1,                                                       \
                            .answers_fd = -1,                                                      \
                            .answers = TS_LINES_INIT(-1, TS_JOB_MAX)})

/*
 * Posts one event, a line without its end, and waits for the answer. 0: ThriveStack took it. Else
 * the error that the worker reported; after one that is final (ts_event_is_final) nothing more is
 * to be sent. *ret_is_general says that it is about no event at all: the key, or the configuration.
 */
int ts_event_call_send(struct ts_event_call *call, const struct ts_secret *event,
                       bool *ret_is_general, struct ts_err *err);
void ts_event_call_close(struct ts_event_call *call);

#endif
