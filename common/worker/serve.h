/*
 * One job on stdin, one answer on stdout (PROTOCOL.md): what the programs that hold a private key
 * have in common.
 */
#ifndef TS_WORKER_SERVE_H
#define TS_WORKER_SERVE_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/job/job.h"

struct ts_program {
    const char *name;
    const char *help; /* the beginning of a sentence about its jobs */
    /* Does the job until `deadline_ms` (CLOCK_BOOTTIME) and writes its result to `ret`. */
    int (*run)(const struct ts_job *job, int64_t deadline_ms, struct ts_secret *ret,
               struct ts_err *err);
};

/* The whole of main: secures the process, reads the job, writes the answer. Returns the status to
 * exit with. */
int ts_serve(const struct ts_program *program, int argc, char **argv);

#endif
