/* A session's token is handed out only where it lives, has every scope that is asked for, and is
 * what the file holds, without the newline. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/cache/session_token.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_TOKEN_MAX + 1);
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    char scope[] = "user_management";
    char *scopes[] = {scope};
    const struct ts_request request = {
        .scopes = {scopes, 1}, .min_valid = 60, .min_valid_strict = size % 2 == 0, .max_age = -1};
    const struct ts_clock now = {.wall = 1724936100};
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0)
        return 0;
    if (ts_session_token_check(&request, &text, &now, &grant, &err) < 0)
        return strstr(err.text, "eyJ") != NULL || err.text[0] == '\0' ? (abort(), 0) : 0;
    if (grant.life < (request.min_valid_strict ? 60 : 1) ||
        grant.life > INT64_C(2) * TS_TOKEN_LIFE_MAX || grant.age < 0 ||
        !ts_list_has(&grant.scopes, scope) || !ts_text_is_key_id(grant.key_id) ||
        grant.token.len + 1 < size || memcmp(grant.token.data, data, grant.token.len) != 0 ||
        !ts_text_is_token(grant.token.data, grant.token.len))
        abort();
    return 0;
}
