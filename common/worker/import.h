/*
 * The job `import`: puts a downloaded API key in its place, once the endpoint has granted a token
 * for it.
 */
#ifndef TS_WORKER_IMPORT_H
#define TS_WORKER_IMPORT_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/job/job.h"
#include "common/worker/apikey.h"

/*
 * Reads job->import_file, fetches a token with it as the request says, and writes it, as it came,
 * in place of the request's key_file, 0600; folders that are missing are made 0700. Where key_file
 * is a symbolic link, what it leads to is replaced and the link stays. On failure whatever key
 * there was stays. The download stays in every case. *ret is the key, released with
 * ts_api_key_release in every case. Errors are those of the jobs `key` and `token`, and
 * TS_ERR_CONFIG for a place where a key would not be safe or that may not be written to.
 */
int ts_import(const struct ts_job *job, int64_t deadline_ms, struct ts_api_key *ret,
              struct ts_err *err);

#endif
