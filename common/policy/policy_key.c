/* Public keys of a policy, read when a token names them. */
#include "common/base/cleanup.h"
#include "common/policy/policy_schema.h"
#include "common/policy/verify.h"

#include <string.h>

static int
parse(const struct ts_policy_key *key, const struct ts_secret *text, struct evp_pkey_st **ret,
      struct ts_err *err)
{
    const bool is_inline = ts_policy_key_is_inline(key);
    int rc = is_inline ? ts_public_key_parse_inline(ts_secret_string(text), text->len, ret, err)
                       : ts_public_key_parse(ts_secret_string(text), text->len, ret, err);

    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    return ts_err_set(err, TS_ERR_CONFIG,
                      "%s:%u: public_key: %s%s%s; `thrivestack-credential key public` prints the "
                      "right one",
                      key->file, key->public_key_line, is_inline ? "" : key->public_key_text,
                      is_inline ? "" : ": ", err->text);
}

int
ts_policy_public_key(const struct ts_policy *policy, const struct ts_policy_key *key,
                     struct evp_pkey_st **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_PUBLIC_KEY_FILE_MAX);

    if (key->problem != NULL)
        return ts_err_set(err, TS_ERR_CONFIG, "%s", key->problem);
    *ret = key->public_key;
    if (*ret != NULL)
        return 0;
    int rc = ts_policy_key_text(policy, key, &text, err);
    if (rc == 0)
        rc = parse(key, &text, ret, err);
    if (rc < 0)
        return rc;
    struct ts_policy_key *kept = &policy->keys[key - policy->keys];
    kept->public_key = *ret;
    kept->free_public_key = ts_public_key_free;
    return 0;
}
