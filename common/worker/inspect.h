/* The jobs `policy` and `module`: whether a host's files can be used, found out by using them. */
#ifndef TS_WORKER_INSPECT_H
#define TS_WORKER_INSPECT_H

#include "common/base/error.h"
#include "common/job/job.h"

/* Loads the policy as the module does, and looks its users and groups up. Returns as
 * ts_policy_load; *ret is released by the caller in every case. */
int ts_inspect_policy(const char *path, struct ts_policy_info *ret, struct ts_err *err);

/* Loads the PAM module and looks for the functions that Linux-PAM calls. TS_ERR_CONFIG where it
 * cannot be loaded, does not belong to root, or others may write to it. */
int ts_inspect_module(const char *path, struct ts_err *err);

#endif
