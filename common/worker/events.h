/*
 * The job "events": posts one event after another, each a line of JSON on TS_JOB_KEY_FD, and says
 * of each on stdout what came of it (PROTOCOL.md beside this file). The project's key is added
 * here.
 */
#ifndef TS_WORKER_EVENTS_H
#define TS_WORKER_EVENTS_H

#include "common/base/error.h"
#include "common/job/job.h"

/*
 * Works until the events end, or until one fails in a way that the next would, too
 * (ts_event_is_final). Returns 0 where all answers were written, whatever they say; TS_ERR_OUTPUT
 * or TS_ERR_NOMEM.
 */
int ts_events_serve(const struct ts_job *job, struct ts_err *err);

#endif
