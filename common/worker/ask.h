/* One token from the endpoint by an API key: what the jobs `token` and `import` have in common. */
#ifndef TS_WORKER_ASK_H
#define TS_WORKER_ASK_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/config/request.h"
#include "common/worker/apikey.h"

/* Asks until `deadline_ms` (CLOCK_BOOTTIME) and checks the answer. *ret gets everything but
 * `received`. Errors are those of the design's exit codes. */
int ts_ask(const struct ts_request *request, const struct ts_api_key *key, int64_t deadline_ms,
           struct ts_grant *ret, struct ts_err *err);

#endif
