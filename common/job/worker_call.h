/* One job of the worker: starts it, and key_command where the key comes from one. */
#ifndef TS_WORKER_CALL_H
#define TS_WORKER_CALL_H

#include "common/base/error.h"
#include "common/job/job.h"
#include "common/config/request.h"
#include "common/base/secret.h"

/*
 * Runs the job and appends the worker's answer, unread, to *ret. What a key_command prints goes to
 * the worker without passing through this process. Returns 0, TS_ERR_KEY where key_command failed,
 * TS_ERR_UNAVAILABLE where the deadline passed, TS_ERR_SYSTEM or TS_ERR_NOMEM; no child is left in
 * any case.
 */
int ts_worker_call(const struct ts_job *job, struct ts_secret *ret, struct ts_err *err);

/* A token by the worker, with the time of its receipt, and where the request names a host with a
 * proof for it. Errors are those the worker reports. */
int ts_worker_get_grant(const struct ts_request *request, struct ts_grant *ret, struct ts_err *err);

/* A new proof, for request->bound_host, of a token that is there already: by the program that does
 * nothing else, which starts in a third of the time. */
int ts_worker_prove(const struct ts_request *request, struct ts_grant *grant, struct ts_err *err);

/* A line on stderr where the request says debug. */
void ts_worker_trace(const struct ts_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
