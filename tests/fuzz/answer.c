/* No answer of a server gets past the checks with what was not asked for, or into a message. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "common/worker/answer.h"

static char pem[] = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0fuzz1fuzz2fuzz3fuzz4fuzz5\n"
                    "AoIBAQDfuzz6fuzz7fuzz8fuzz9==\n-----END RSA PRIVATE KEY-----\n";

/* Whether 16 characters of a line of the key are there in a row. */
static bool
quotes_key(const char *text)
{
    for (const char *from = strchr(pem, '\n'); from[16] != '\0' && from[1] != '-'; from++)
        if (memchr(from, '\n', 16) == NULL && memmem(text, strlen(text), from, 16) != NULL)
            return true;
    return false;
}

/* The signature cannot be guessed, so it is not checked: everything behind it is reached. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_response_release) struct ts_response response = TS_RESPONSE_INIT;
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    char scope[] = "user_management";
    char *scopes[] = {scope};
    const struct ts_request request = {.scopes = {scopes, 1}};
    const struct ts_api_key key = {.pem = {pem, sizeof(pem) - 1, sizeof(pem), sizeof(pem)},
                                   .info = {.key_id = "f999282c-b6cf-4b48-9b1a-9021ee3d76b4"}};
    struct ts_err err = {0};

    if (ts_secret_append(&response.body, data, size) < 0)
        return 0;
    response.is_text = size % 2 == 0;
    response.status = size % 3 == 0 ? 403 : 200;
    (void)ts_answer_check_status(&response, &key, &err);
    if (strstr(err.text, "PRIVATE KEY") != NULL || strstr(err.text, "eyJ") != NULL ||
        quotes_key(err.text) || fuzz_has_control(err.text) || fuzz_has_control(err.response_id))
        abort();
    if (ts_answer_read(&response, &request, &key, 1724936097, &grant, &err) == 0 &&
        (strcmp(grant.key_id, key.info.key_id) != 0 || !ts_list_has(&grant.scopes, scope) ||
         grant.life < 1 || grant.life > TS_TOKEN_LIFE_MAX || grant.age < 0 ||
         !ts_text_is_token(grant.token.data, grant.token.len) ||
         fuzz_has_control(grant.response_id)))
        abort();
    return 0;
}
