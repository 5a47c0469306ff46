/*
 * The steps of a job on stderr, for people who asked for them (THRIVESTACK_LOG=debug). Never given
 * a secret.
 */
#ifndef TS_WORKER_TRACE_H
#define TS_WORKER_TRACE_H

#include "common/config/request.h"

/* One line, where request->debug is set. */
void ts_trace(const struct ts_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
