/*
 * The worker's jobs: a request in, an answer out (PROTOCOL.md beside this file).
 */
#ifndef TS_WORKER_JOBS_H
#define TS_WORKER_JOBS_H

#include <stdint.h>

#include "common/job/job.h"

/* Does the job until `deadline_ms` (CLOCK_BOOTTIME) and writes its result to `ret`. */
int ts_jobs_run(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
                struct ts_err *err);

#endif
