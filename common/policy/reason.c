#include "common/base/cleanup.h"
#include "common/policy/decide.h"

static const char *const reason_codes[] = {
    [TS_REASON_OK] = "ok",
    [TS_REASON_NO_SERVICE] = "no_service",
    [TS_REASON_UNKNOWN_USER] = "unknown_user",
    [TS_REASON_TOKEN_EMPTY] = "token_empty",
    [TS_REASON_TOKEN_TOO_LONG] = "token_too_long",
    [TS_REASON_TOKEN_CUT] = "token_cut",
    [TS_REASON_TOKEN_MALFORMED] = "token_malformed",
    [TS_REASON_HEADER] = "header",
    [TS_REASON_UNKNOWN_KEY] = "unknown_key",
    [TS_REASON_SIGNATURE] = "signature",
    [TS_REASON_PAYLOAD] = "payload",
    [TS_REASON_ISSUER] = "issuer",
    [TS_REASON_EXPIRED] = "expired",
    [TS_REASON_NOT_YET_VALID] = "not_yet_valid",
    [TS_REASON_LIFETIME] = "lifetime",
    [TS_REASON_TOO_OLD] = "too_old",
    [TS_REASON_BEFORE_BOOT] = "before_boot",
    [TS_REASON_SCOPE_MISSING] = "scope_missing",
    [TS_REASON_SCOPE_NOT_ALLOWED] = "scope_not_allowed",
    [TS_REASON_SERVICE] = "service",
    [TS_REASON_USER] = "user",
    [TS_REASON_KEY_EXPIRED] = "key_expired",
    [TS_REASON_PROOF_MISSING] = "proof_missing",
    [TS_REASON_PROOF_MALFORMED] = "proof_malformed",
    [TS_REASON_PROOF_SIGNATURE] = "proof_signature",
    [TS_REASON_PROOF_TOKEN] = "proof_token",
    [TS_REASON_PROOF_HOST] = "proof_host",
    [TS_REASON_PROOF_AGE] = "proof_age",
    [TS_REASON_REPLAYED] = "replayed",
    [TS_REASON_REPLAY_STORE] = "replay_store",
    [TS_REASON_POLICY] = "policy",
    [TS_REASON_LOOKUP] = "lookup",
    [TS_REASON_LOCAL_HELPER] = "local_helper",
    [TS_REASON_CONVERSATION] = "conversation",
    [TS_REASON_NOMEM] = "nomem",
    [TS_REASON_SYSTEM] = "system",
};

const char *
ts_reason_code(enum ts_reason reason)
{
    size_t index = (size_t)reason;

    return index < TS_ARRAY_LEN(reason_codes) ? reason_codes[index] : "system";
}
