/* The jobs `policy`, `accounts`, `keys` and `module`: whether a host's files can be used, found by
 * using them. */
#ifndef TS_WORKER_INSPECT_H
#define TS_WORKER_INSPECT_H

#include "common/base/error.h"
#include "common/job/job.h"

/* Loads the policy as the module does. Returns as ts_policy_load; *ret is released by the caller in
 * every case. */
int ts_inspect_policy(const char *path, struct ts_policy_info *ret, struct ts_err *err);

/* A file of keys, as in keys.d, on its own, public keys included: *ret has only their number.
 * Returns as ts_policy_public_key, for the first mistake. */
int ts_inspect_keys(const char *path, struct ts_policy_info *ret, struct ts_err *err);

/* Looks up the users and groups of the policy's keys until the deadline; one look-up may hang for
 * longer, so this is a job of its own, which can be killed. *ret has those that do not exist.
 * Returns as ts_inspect_policy. */
int ts_inspect_accounts(const char *path, int64_t deadline_ms, struct ts_policy_info *ret,
                        struct ts_err *err);

/* Loads the PAM module and looks for the functions that Linux-PAM calls. TS_ERR_CONFIG where it
 * cannot be loaded, does not belong to root, or others may write to it. */
int ts_inspect_module(const char *path, struct ts_err *err);

#endif
