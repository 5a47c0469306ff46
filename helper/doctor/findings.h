/*
 * What `doctor` can find: one const table, a row for each code. The codes are stable, and listed in
 * thrivestack-credential(1); a test compares the two.
 */
#ifndef HELPER_FINDINGS_H
#define HELPER_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/secret.h"

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL };

enum finding_code {
    /* Client, what is right. */
    FIND_CONFIG,
    FIND_KEY,
    FIND_SESSION_TOKEN,
    FIND_ENDPOINT,
    FIND_CLOCK,
    FIND_TOKEN,
    FIND_CACHE,
    FIND_GIT,
    FIND_DOCKER,
    FIND_ASKPASS,
    FIND_SUDO,
    FIND_CLIENT,
    /* Client, what is wrong. */
    FIND_CONFIG_INVALID,
    FIND_CONFIG_MISSING,
    FIND_WORKER_MISSING,
    FIND_CHECK_FAILED,
    FIND_PROFILE_INVALID,
    FIND_PROFILE_UNUSED,
    FIND_SCOPES_MISSING,
    FIND_KEY_MISSING,
    FIND_KEY_UNSAFE,
    FIND_KEY_FOLDER,
    FIND_KEY_UNUSABLE,
    FIND_KEY_EXPIRED,
    FIND_KEY_EXPIRES_SOON,
    FIND_KEY_ROTATION_DUE,
    FIND_SESSION_INVALID,
    FIND_ENDPOINT_UNRESOLVED,
    FIND_ENDPOINT_PROXY,
    FIND_ENDPOINT_UNREACHABLE,
    FIND_ENDPOINT_TLS,
    FIND_ENDPOINT_CERTIFICATE_DATE,
    FIND_ENDPOINT_CA,
    FIND_ENDPOINT_TIMEOUT,
    FIND_ENDPOINT_ANSWER,
    FIND_ENDPOINT_FAILING,
    FIND_CLOCK_SKEW,
    FIND_TOKEN_REFUSED,
    FIND_TOKEN_INVALID,
    FIND_TOKEN_UNAVAILABLE,
    FIND_TOKEN_AGE,
    FIND_CACHE_NONE,
    FIND_CACHE_UNWRITABLE,
    FIND_CACHE_UNSAFE,
    FIND_CACHE_LINK,
    FIND_CACHE_FULL,
    FIND_CACHE_REMOTE,
    FIND_HOST_NOT_WIRED,
    FIND_GIT_INVALID,
    FIND_GIT_STORES,
    FIND_GIT_OTHER,
    FIND_GIT_PROGRAM,
    FIND_GIT_PATH,
    FIND_GIT_RESET,
    FIND_GIT_USERNAME,
    FIND_GIT_PROFILE,
    FIND_GIT_CONFIG_FILE,
    FIND_DOCKER_INVALID,
    FIND_DOCKER_PASSWORD,
    FIND_DOCKER_PROGRAM,
    FIND_ASKPASS_UNSET,
    FIND_ASKPASS_PORT,
    FIND_SUDO_ASKPASS,
    FIND_CLIENT_INVALID,
    FIND_CLIENT_PROGRAM,
    FIND_CLIENT_UNSET,
    /* Host, what is right. */
    FIND_HOST_SKIPPED,
    FIND_HOST_UNUSED,
    FIND_POLICY,
    FIND_MODULE,
    FIND_PAM,
    FIND_SSHD,
    FIND_NGINX,
    /* Host, what is wrong. */
    FIND_POLICY_INVALID,
    FIND_POLICY_KEYS,
    FIND_POLICY_KEY_EXPIRED,
    FIND_POLICY_NO_KEY,
    FIND_POLICY_NO_SERVICE,
    FIND_POLICY_KEY_SERVICE,
    FIND_POLICY_KEY_USER,
    FIND_POLICY_KEY_SCOPES,
    FIND_POLICY_LOOK_UP,
    FIND_REPLAY_UNWRITABLE,
    FIND_LOCAL_CONFIG,
    FIND_LOCAL_UNREADABLE,
    FIND_POLICY_BOUND_NAME,
    FIND_POLICY_BOUND_CLIENT,
    FIND_MODULE_MISSING,
    FIND_MODULE_BROKEN,
    FIND_PAM_UNUSED,
    FIND_PAM_UNREADABLE,
    FIND_PAM_ARGUMENT,
    FIND_PAM_FAIL_OPEN,
    FIND_PAM_FACTOR_SKIPPED,
    FIND_PAM_LOCK_OUT,
    FIND_PAM_OUTAGE,
    FIND_PAM_SETCRED,
    FIND_PAM_NO_EFFECT,
    FIND_PAM_ACCOUNT,
    FIND_PAM_OTHER_NAME,
    FIND_PAM_CUTS_TOKEN,
    FIND_SSHD_UNKNOWN,
    FIND_SSHD_NO_PAM,
    FIND_SSHD_NO_KEYBOARD,
    FIND_SSHD_METHODS,
    FIND_SSHD_MATCH,
    FIND_NGINX_UNKNOWN,
    FIND_NGINX_NO_SERVICE,
    FIND_NGINX_UNREADABLE,
    FIND_NGINX_SINGLE_USE,
    FIND_LEN,
};

struct finding_kind {
    const char *code;
    enum finding_level level;
    int error;       /* whose exit code doctor ends with; 0 for what is right */
    const char *fix; /* what to do; NULL if the text says it */
};

const struct finding_kind *finding_kind(enum finding_code code);

struct finding {
    enum finding_code code;
    char *text; /* one line */
};

struct findings {
    struct finding *items;
    size_t len;
};

void findings_release(struct findings *findings);

/* Adds one; the text becomes one clean line. 0 or TS_ERR_NOMEM. */
int findings_add(struct findings *findings, enum finding_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool findings_has(const struct findings *findings, enum finding_code code);

/* Whether there is anything worse than a warning. */
bool findings_has_failure(const struct findings *findings);

/* 0 if all is right; else the exit code of the first failure, or of the first warning if there is
 * no failure. */
int findings_exit_code(const struct findings *findings);

/* One line each, `LEVEL  CODE  TEXT: FIX`, or one JSON object. 0 or TS_ERR_NOMEM. */
int findings_print(const struct findings *findings, struct ts_secret *ret);
int findings_print_json(const struct findings *findings, struct ts_secret *ret);

#endif
