#include "common/policy/decide.h"
#include "common/policy/verify.h"

#include <string.h>

static bool
signature_is_short(const struct ts_policy *policy, const char *key_id, size_t signature_len)
{
    const struct ts_policy_key *key = ts_policy_find_key(policy, key_id);
    struct evp_pkey_st *public_key = NULL;
    struct ts_err err = {0};

    if (key == NULL)
        key = ts_policy_stand_in(policy);
    /* A key that cannot be used is reported as soon as the token is checked. */
    if (key == NULL || ts_policy_public_key(policy, key, &public_key, &err) < 0)
        return false;
    /* Four characters hold three bytes; a cut anywhere leaves fewer than the modulus has. */
    return signature_len * 3 / 4 < ts_public_key_size(public_key);
}

/* What does not have three whole parts, or not a header that is accepted. */
static bool
is_beginning(const struct ts_policy *policy, const char *text, size_t len)
{
    char key_id[TS_KEY_ID_MAX + 1];
    struct ts_err err = {0};

    if (len < 3 || len > TS_TOKEN_MAX || memcmp(text, "eyJ", 3) != 0 ||
        !ts_text_is_token(text, len))
        return false;
    const char *first = memchr(text, '.', len);
    if (first == NULL)
        return true;
    if (ts_token_peek_key_id(text, (size_t)(first - text), key_id, &err) < 0)
        return false;
    const char *second = memchr(first + 1, '.', len - (size_t)(first + 1 - text));
    size_t signature_len = second != NULL ? (size_t)(text + len - second - 1) : 0;
    if (second == first + 1 || (second != NULL && memchr(second + 1, '.', signature_len) != NULL))
        return false;
    return signature_len == 0 || signature_is_short(policy, key_id, signature_len);
}

bool
ts_token_is_short(const struct ts_policy *policy, const struct ts_token *token)
{
    return memcmp(token->text, "eyJ", 3) == 0 &&
           signature_is_short(policy, token->key_id, token->len - token->signed_len - 1);
}

bool
ts_token_is_incomplete(const struct ts_policy *policy, const char *text, size_t len,
                       struct ts_token *ret)
{
    struct ts_err err = {0};

    if (ts_token_split(ret, text, len, &err) == 0 && ts_token_read_header(ret, &err) == 0)
        return ts_token_is_short(policy, ret);
    ts_token_release(ret);
    return is_beginning(policy, text, len);
}

/* Where clients end what they send of a longer answer: parts of 500, and what they cut at. */
static bool
ends_like_a_part(size_t len)
{
    static const size_t cuts[] = {511, 1022, 1023, 4095};

    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
        if (len == cuts[i])
            return true;
    return len > 0 && len % TS_PART_MAX == 0;
}

/* The beginning of a proof by the key that signed the token: no signature yet, or a short one. */
static bool
proof_is_short(const struct ts_policy *policy, const struct ts_token *token, const char *text,
               size_t len)
{
    const char *first = len > 0 ? memchr(text, '.', len) : NULL;

    if (!ts_text_is_token(text, len))
        return false;
    if (first == NULL)
        return true;
    const char *second = memchr(first + 1, '.', len - (size_t)(first + 1 - text));
    size_t signature_len = second != NULL ? (size_t)(text + len - second - 1) : 0;
    return signature_len == 0 || signature_is_short(policy, token->key_id, signature_len);
}

bool
ts_answer_is_incomplete(const struct ts_policy *policy, const struct ts_policy_service *service,
                        const char *text, size_t len, struct ts_token *ret)
{
    const bool is_bound = service != NULL && service->bound_to.len > 0;
    const size_t token_len = ts_proof_token_len(text, len);
    const bool has_proof = token_len < len;

    if (len > TS_TOKEN_MAX)
        return ts_token_is_incomplete(policy, text, len, ret);
    bool incomplete = ts_token_is_incomplete(policy, text, token_len, ret);
    if (!has_proof && incomplete)
        return true;
    if (incomplete || !is_bound || ret->text == NULL)
        return false;
    return has_proof ? proof_is_short(policy, ret, text + token_len + 1, len - token_len - 1)
                     : ends_like_a_part(len);
}
