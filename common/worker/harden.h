/*
 * What a process that holds a private key gives up before it holds one.
 */
#ifndef TS_WORKER_HARDEN_H
#define TS_WORKER_HARDEN_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

/*
 * The environment, core dumps, ptrace, new privileges, files of its own, more than a few
 * descriptors and more than a little processor time; and its life, where whoever started it dies.
 * To be called before anything else. 0 or TS_ERR_SYSTEM.
 */
int ts_harden_process(struct ts_err *err);

/* Gives up files of its own for good, where the job is not one that writes any. 0 or TS_ERR_SYSTEM.
 */
int ts_harden_forbid_files(struct ts_err *err);

/* Takes back "files of its own" for one of that many bytes, at most TS_HARDEN_FILE_MAX. From here
 * on the process outlives whoever started it, so that the file is not left half there. 0 or
 * TS_ERR_SYSTEM. */
#define TS_HARDEN_FILE_MAX ((size_t)64 * 1024)
int ts_harden_allow_file(size_t bytes, struct ts_err *err);

/* The process ends by SIGALRM after that time, whatever it waits for. Calling again starts anew.
 * 0 or TS_ERR_SYSTEM. */
int ts_harden_watchdog(int64_t ms, struct ts_err *err);

#endif
