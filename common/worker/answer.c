#include "common/worker/answer.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json.h"
#include "common/policy/token.h"
#include "common/policy/verify.h"
#include "common/worker/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What a status means; the first row that fits counts. `hint` may name the key id. */
static const struct verdict {
    long from;
    long to;
    int error; /* 0: go on */
    const char *what;
    const char *hint;
} verdicts[] = {
    {200, 201, 0, "", ""},
    {300, 399, TS_ERR_ANSWER, "The token endpoint redirects, which is not followed",
     "check token_url"},
    {401, 401, TS_ERR_REFUSED, "ThriveStack refused the key",
     "check that key %s is not revoked and has not expired"},
    {403, 403, TS_ERR_REFUSED, "ThriveStack refused the key or its scopes",
     "check key %s and the scopes it may ask for"},
    {404, 404, TS_ERR_REFUSED, "ThriveStack refused the request", "check token_url and key %s"},
    {429, 429, TS_ERR_UNAVAILABLE, "ThriveStack asks for fewer requests", "try again later"},
    {400, 499, TS_ERR_REFUSED, "ThriveStack refused the request",
     "check key %s, scopes, lifetime and expiry_unit"},
    {500, 599, TS_ERR_UNAVAILABLE, "ThriveStack fails", "try again later"},
    {0, 999, TS_ERR_ANSWER, "The token endpoint answers without a token", "check token_url"},
};

static const struct verdict event_verdicts[] = {
    {200, 202, 0, "", ""},
    {204, 204, 0, "", ""},
    {300, 399, TS_ERR_ANSWER, "ThriveStack redirects, which is not followed", "check events_url"},
    {401, 401, TS_ERR_REFUSED, "ThriveStack refused the project's key",
     "check api_key_file in [events]"},
    {403, 403, TS_ERR_REFUSED, "ThriveStack refused the project's key",
     "check api_key_file in [events]"},
    {404, 405, TS_ERR_REFUSED, "ThriveStack takes no events there", "check events_url"},
    {408, 408, TS_ERR_UNAVAILABLE, "ThriveStack did not get the whole event in time",
     "try again later"},
    {429, 429, TS_ERR_UNAVAILABLE, "ThriveStack asks for fewer requests", "try again later"},
    {400, 499, TS_ERR_REFUSED, "ThriveStack refused the event", "correct it"},
    {500, 599, TS_ERR_UNAVAILABLE, "ThriveStack fails", "try again later"},
    {0, 999, TS_ERR_ANSWER, "ThriveStack does not say that it took the event", "check events_url"},
};

static const struct verdict *
find_verdict(const struct verdict *rows, long status)
{
    /* The last row is for every status. */
    while (rows->to < 999 && (status < rows->from || status > rows->to))
        rows++;
    return rows;
}

static void
write_hint(const char *hint, const char *key_id, char *ret, size_t size)
{
    const char *slot = strstr(hint, "%s");

    if (slot == NULL)
        snprintf(ret, size, "%s", hint);
    else
        snprintf(ret, size, "%.*s%s%s", (int)(slot - hint), hint, key_id, slot + 2);
}

static int
report_verdict(const struct verdict *verdict, const struct ts_response *response,
               const struct ts_message *message, const char *hint, struct ts_err *err)
{
    bool has_id = message->response_id[0] != '\0';
    int rc =
        ts_err_set(err, verdict->error, "%s: HTTP %ld%s%s%s%s%s: %s", verdict->what,
                   response->status, message->text[0] != '\0' ? ": " : "", message->text,
                   has_id ? " (response_id " : "", message->response_id, has_id ? ")" : "", hint);

    err->http_status = response->status;
    memcpy(err->response_id, message->response_id, sizeof(err->response_id));
    return rc;
}

int
ts_answer_check_status(const struct ts_response *response, const struct ts_api_key *key,
                       struct ts_err *err)
{
    const struct verdict *verdict = find_verdict(verdicts, response->status);
    static const struct verdict refused = {.error = TS_ERR_REFUSED,
                                           .what = "ThriveStack refused the key"};
    struct ts_message message;
    char hint[160];

    if (verdict->error == 0)
        return 0;
    ts_message_read(response, &key->pem, &message);
    write_hint(verdict->hint, key->info.key_id, hint, sizeof(hint));
    /* The one cause of a refusal that is known here: what to do is then clear. */
    if (verdict->error == TS_ERR_REFUSED && key->info.expires > 0 &&
        key->info.expires < ts_clock_wall()) {
        char day[32];

        verdict = &refused;
        message.text[0] = '\0';
        ts_text_rfc3339(day, key->info.expires);
        (void)snprintf(hint, sizeof(hint),
                       "key %s expired on %.10s: create a new one and import it", key->info.key_id,
                       day);
    }
    return report_verdict(verdict, response, &message, hint, err);
}

int
ts_answer_check_event(const struct ts_response *response, const struct ts_secret *api_key,
                      struct ts_err *err)
{
    const struct verdict *verdict = find_verdict(event_verdicts, response->status);
    struct ts_message message;

    if (verdict->error == 0)
        return 0;
    ts_message_read(response, api_key, &message);
    return report_verdict(verdict, response, &message, verdict->hint, err);
}

static int
reject_claim(struct ts_err *err, const char *problem)
{
    return ts_err_set(err, TS_ERR_ANSWER, "%s", problem);
}

/* Everything that does not depend on the time. */
static int
check_identity(struct ts_token *token, const struct ts_request *request,
               const struct ts_api_key *key, struct ts_err *err)
{
    int rc = ts_token_read_header(token, err);

    if (rc == 0 && strcmp(token->key_id, key->info.key_id) != 0)
        rc = reject_claim(err, "the token's id is another key's");
    if (rc == 0 && request->endpoint.verify_signature)
        rc = ts_token_verify(token, key->key, err);
    if (rc == 0)
        rc = ts_token_read_payload(token, err);
    if (rc == 0 && strcmp(token->issuer, TS_TOKEN_ISSUER) != 0)
        rc = reject_claim(err, "the token's iss is not " TS_TOKEN_ISSUER);
    if (rc == 0 && !ts_list_has_all(&token->audience, &request->scopes))
        rc = reject_claim(err, "the token's aud lacks a scope that was asked for");
    return rc;
}

static int
check_times(const struct ts_token *token, int64_t now, struct ts_err *err)
{
    int64_t life = token->expires - token->issued_at;

    if (life <= 0)
        return reject_claim(err, "the token's exp is not after its iat");
    if (token->expires <= now)
        return reject_claim(err, "the token has expired already");
    if (life > TS_TOKEN_LIFE_MAX)
        return ts_err_set(err, TS_ERR_ANSWER,
                          "the token was granted for %" PRId64
                          " seconds, more than a day: check expiry_unit, which says whether the "
                          "endpoint counts in seconds or minutes",
                          life);
    return 0;
}

static int
fill_grant(struct ts_token *token, int64_t now, struct ts_grant *ret, struct ts_err *err)
{
    int64_t start = token->issued_at > now ? token->issued_at : now;

    if (ts_secret_set(&ret->token, token->text, token->len) < 0)
        return ts_err_nomem(err);
    memcpy(ret->key_id, token->key_id, sizeof(ret->key_id));
    ret->issued_at = token->issued_at;
    ret->life = token->expires - start;
    ret->age = start - token->issued_at;
    ret->scopes = token->audience;
    token->audience = (struct ts_list){NULL, 0};
    return 0;
}

static int
parse_token_answer(const char *text, const struct ts_request *request, const struct ts_api_key *key,
                   int64_t now, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_token_release) struct ts_token token = {0};
    int rc = ts_token_split(&token, text, strlen(text), err);

    if (rc == 0)
        rc = check_identity(&token, request, key, err);
    if (rc == 0)
        rc = check_times(&token, now, err);
    return rc == 0 ? fill_grant(&token, now, ret, err) : rc;
}

/* The answer's Date is from some moment between request and receipt. Where that took longer than
 * the second by which a Date is off anyway, the token counts as if it were from before the request,
 * so that a slow answer makes no token live longer. */
static int
subtract_wait(int64_t took_ms, struct ts_grant *grant, struct ts_err *err)
{
    int64_t seconds = took_ms >= 1000 ? (took_ms + 999) / 1000 : 0;

    grant->life -= seconds;
    grant->age += seconds;
    return grant->life > 0 ? 0
                           : reject_claim(err, "the token expired while the answer was on its way");
}

/* Makes one error of every reason why the answer is no good. */
static int
report_reason(const struct ts_err *reason, const char *response_id, struct ts_err *err)
{
    bool has_id = response_id[0] != '\0';

    if (reason->code == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    int rc =
        ts_err_set(err, TS_ERR_ANSWER, "Invalid response from the token endpoint: %s%s%s%s",
                   reason->text, has_id ? " (response_id " : "", response_id, has_id ? ")" : "");
    memcpy(err->response_id, response_id, strlen(response_id) + 1);
    return rc;
}

int
ts_answer_read(const struct ts_response *response, const struct ts_request *request,
               const struct ts_api_key *key, int64_t now, struct ts_grant *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *answer = NULL;
    struct ts_err reason = {0};
    char response_id[TS_RESPONSE_ID_MAX + 1] = "";

    if (response->date >= 0)
        now = response->date;
    int rc = ts_json_parse_object(ts_secret_string(&response->body), response->body.len, &answer,
                                  &reason);
    if (rc < 0)
        return report_reason(&reason, "", err);
    ts_message_read_id(answer, &key->pem, response_id);
    const char *text = ts_json_string(answer, "token");
    if (text == NULL)
        rc = reject_claim(&reason, "it holds no token");
    else
        rc = parse_token_answer(text, request, key, now, ret, &reason);
    if (rc == 0)
        rc = subtract_wait(response->took_ms, ret, &reason);
    if (rc < 0)
        return report_reason(&reason, response_id, err);
    memcpy(ret->response_id, response_id, sizeof(response_id));
    return 0;
}
