#include "pam/result.h"

#include <security/_pam_types.h>

#include "common/base/cleanup.h"

static const struct {
    enum ts_reason reason;
    int code;
} results[] = {
    {TS_REASON_OK, PAM_SUCCESS},
    {TS_REASON_NO_SERVICE, PAM_USER_UNKNOWN},
    {TS_REASON_UNKNOWN_USER, PAM_USER_UNKNOWN},
    {TS_REASON_TOKEN_EMPTY, PAM_AUTH_ERR},
    {TS_REASON_TOKEN_TOO_LONG, PAM_AUTH_ERR},
    {TS_REASON_TOKEN_CUT, PAM_AUTH_ERR},
    {TS_REASON_TOKEN_MALFORMED, PAM_AUTH_ERR},
    {TS_REASON_HEADER, PAM_AUTH_ERR},
    {TS_REASON_UNKNOWN_KEY, PAM_AUTH_ERR},
    {TS_REASON_SIGNATURE, PAM_AUTH_ERR},
    {TS_REASON_PAYLOAD, PAM_AUTH_ERR},
    {TS_REASON_ISSUER, PAM_AUTH_ERR},
    {TS_REASON_EXPIRED, PAM_AUTH_ERR},
    {TS_REASON_NOT_YET_VALID, PAM_AUTH_ERR},
    {TS_REASON_LIFETIME, PAM_AUTH_ERR},
    {TS_REASON_TOO_OLD, PAM_AUTH_ERR},
    {TS_REASON_BEFORE_BOOT, PAM_AUTH_ERR},
    {TS_REASON_SCOPE_MISSING, PAM_AUTH_ERR},
    {TS_REASON_SCOPE_NOT_ALLOWED, PAM_AUTH_ERR},
    {TS_REASON_SERVICE, PAM_AUTH_ERR},
    {TS_REASON_USER, PAM_AUTH_ERR},
    {TS_REASON_KEY_EXPIRED, PAM_AUTH_ERR},
    {TS_REASON_PROOF_MISSING, PAM_AUTH_ERR},
    {TS_REASON_PROOF_MALFORMED, PAM_AUTH_ERR},
    {TS_REASON_PROOF_SIGNATURE, PAM_AUTH_ERR},
    {TS_REASON_PROOF_TOKEN, PAM_AUTH_ERR},
    {TS_REASON_PROOF_HOST, PAM_AUTH_ERR},
    {TS_REASON_PROOF_AGE, PAM_AUTH_ERR},
    {TS_REASON_REPLAYED, PAM_AUTH_ERR},
    {TS_REASON_LOCAL_HELPER, PAM_AUTH_ERR},
    {TS_REASON_REPLAY_STORE, PAM_AUTHINFO_UNAVAIL},
    {TS_REASON_POLICY, PAM_AUTHINFO_UNAVAIL},
    {TS_REASON_LOOKUP, PAM_AUTHINFO_UNAVAIL},
    {TS_REASON_CONVERSATION, PAM_CONV_ERR},
    {TS_REASON_NOMEM, PAM_BUF_ERR},
    {TS_REASON_SYSTEM, PAM_SYSTEM_ERR},
};

static const struct {
    int error;
    enum ts_reason reason;
} reasons[] = {
    {TS_ERR_CONFIG, TS_REASON_POLICY},
    {TS_ERR_NOMEM, TS_REASON_NOMEM},
};

int
ts_result_code(enum ts_reason reason)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(results); i++)
        if (results[i].reason == reason)
            return results[i].code;
    return PAM_SYSTEM_ERR;
}

const char *
ts_result_word(enum ts_reason reason)
{
    switch (ts_result_code(reason)) {
    case PAM_SUCCESS:
        return "accepted";
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
        return "denied";
    default:
        return "unavailable";
    }
}

enum ts_reason
ts_result_reason(int error)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(reasons); i++)
        if (reasons[i].error == error)
            return reasons[i].reason;
    return TS_REASON_SYSTEM;
}
