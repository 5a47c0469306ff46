/* The job `probe`: how far a request comes that carries no key. */
#ifndef TS_WORKER_PROBE_H
#define TS_WORKER_PROBE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/job/job.h"

/* Posts an empty JSON object, once. Whatever comes of it is a result. Returns 0, TS_ERR_SYSTEM or
 * TS_ERR_NOMEM. */
int ts_probe_endpoint(const struct ts_request *request, int64_t deadline_ms, struct ts_probe *ret,
                      struct ts_err *err);

#endif
