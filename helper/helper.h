/*
 * What the commands share: configuration, requests, and the translation of a result to output and
 * an exit code at the program's edge.
 */
#ifndef HELPER_HELPER_H
#define HELPER_HELPER_H

#include "common/config/config.h"
#include "common/config/request.h"
#include "helper/command.h"
#include "helper/output.h"

/* Reads the configuration into helper->config, once. Returns as ts_config_load. */
int helper_load_config(struct helper *helper, struct ts_err *err);

/*
 * The same, where only one host's sections are wanted (as ts_config_find_host takes it; "":
 * none's), which is much cheaper where there are thousands. All that is wanted after that is read
 * anew, and what was taken from the configuration before is gone then.
 */
int helper_load_host(struct helper *helper, const char *host, const char *path, struct ts_err *err);

void helper_drop_config(struct helper *helper);

/* The request that follows from the configuration, a host (may be NULL) and the command line;
 * `fresh` as --fresh. *ret is initialised here and released by the caller in every case. */
int helper_request(const struct helper *helper, const struct ts_host_rule *host, bool fresh,
                   struct ts_request *ret, struct ts_err *err);

/* The same for callers that a private API key will do for, too: request->key.api_key_file is then
 * set, and there is no token to ask for. */
int helper_any_request(const struct helper *helper, const struct ts_host_rule *host,
                       struct ts_request *ret, struct ts_err *err);

/* The request of a profile (NULL: the one that is selected) for what its scopes do not matter to;
 * it need not have any. *ret as in helper_request. */
int helper_profile_request(const struct helper *helper, const char *profile, struct ts_request *ret,
                           struct ts_err *err);

/* Whether the private API key of a profile that has one can be used: 0, or as ts_refresh_api_key.
 */
int helper_check_api_key(const struct helper *helper, const struct ts_profile *profile,
                         struct ts_err *err);

/* The username of a host's section, else `given` where not NULL, else the local user's name.
 * *ret is the caller's to free. */
int helper_username(const struct ts_host_rule *host, const char *given, char **ret,
                    struct ts_err *err);

/* The name of the local user. *ret is the caller's to free. */
int helper_local_user(char **ret, struct ts_err *err);

/* What key_command is started with; NULL, for nothing, where secure_getenv does not trust the
 * environment. */
char **helper_environment(void);

/* The absolute form of a path from the command line; *ret is the caller's to free. 0, TS_ERR_USAGE
 * or TS_ERR_NOMEM. The second is that of --policy, or of the host's policy.conf. */
int helper_path(const char *path, char **ret, struct ts_err *err);
int helper_policy(const struct helper *helper, char **ret, struct ts_err *err);

/* Whether plain http to this host is allowed: a loopback address, and the variable says so. */
bool helper_allows_http(const struct helper *helper, const char *host);

/* TS_ERR_USAGE: a text that ends in a hint at --help. */
int helper_usage(struct ts_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes that hint one at the --help of the command, where one was given. */
void helper_name_command(const struct helper *helper, struct ts_err *err);

/* Prints the error on standard error and returns its exit code. */
int helper_fail(const struct helper *helper, const struct ts_err *err);

/* The end of every command: where rc is negative, the error, and nothing of an answer that may not
 * be whole; else the answer. Returns the exit code. */
int helper_finish(const struct helper *helper, int rc, const struct ts_secret *answer,
                  struct ts_err *err);

/* One step, explained on standard error where THRIVESTACK_LOG=debug. Never a secret. */
void helper_debug(const struct helper *helper, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
