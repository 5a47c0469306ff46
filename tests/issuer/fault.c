#include "fault.h"

#include "fault-hooks.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char html[] = "<!DOCTYPE html><html><body>Sign in to the guest network</body></html>";

static const struct fault faults[] = {
    /* The way of the answer. */
    {"hang", "never answers; waits until the client is gone", .delivery = DELIVER_HANG},
    {"drip", "sends a right answer, one byte a second", .delivery = DELIVER_DRIP},
    {"cut", "closes in the middle of a right answer", .delivery = DELIVER_CUT},
    {"reset", "resets the connection without an answer", .delivery = DELIVER_RESET},
    {"lost-answer", "does what was asked, then resets the connection without an answer",
     .delivery = DELIVER_LOST},
    {"slow-200ms", "answers right after 0.2 s", .delay_ms = 200},
    {"slow-1s", "answers right after 1 s", .delay_ms = 1000},
    {"slow-3s", "answers right after 3 s", .delay_ms = 3000},
    {"endless", "sends a body that never ends", .delivery = DELIVER_ENDLESS,
     .body = "{\"token\":\"", .type = "application/json"},

    /* Statuses, whatever was asked. */
    {"e400", "answers 400", .status = 400},
    {"e401", "answers 401", .status = 401},
    {"e403", "answers 403", .status = 403},
    {"e404", "answers 404", .status = 404},
    {"e418", "answers 418", .status = 418},
    {"e429", "answers 429 without Retry-After", .status = 429},
    {"e429-retry-after", "answers 429 with Retry-After: 1", .status = 429, .header = "Retry-After",
     .value = "1"},
    {"e429-retry-long", "answers 429 with Retry-After: 3600", .status = 429,
     .header = "Retry-After", .value = "3600"},
    {"e500", "answers 500", .status = 500},
    {"e503", "answers 503", .status = 503},
    {"flaky-503", "answers the first request to this server 503, then right", .failures = 1},
    {"flaky-503-2", "answers the first two requests to this server 503, then right", .failures = 2},
    {"third-400", "answers every third request to this server 400, the others right", .every = 3,
     .status = 400},
    {"third-503", "answers every third request to this server 503, the others right", .every = 3,
     .status = 503},
    {"redirect-301", "redirects to /stolen, which grants a token", .status = 301,
     .header = "Location", .value = "/stolen"},
    {"redirect-302", "redirects to /stolen, which grants a token", .status = 302,
     .header = "Location", .value = "/stolen"},
    {"redirect-307", "redirects to /stolen, which grants a token", .status = 307,
     .header = "Location", .value = "/stolen"},
    {"redirect-308", "redirects to /stolen, which grants a token", .status = 308,
     .header = "Location", .value = "/stolen"},

    /* Bodies. */
    {"html", "answers 200 with a page of HTML, as captive portals do", .body = html,
     .type = "text/html"},
    {"empty", "answers 200 with nothing", .body = "", .type = "application/json"},
    {"empty-object", "answers {}", .body = "{}", .type = "application/json"},
    {"truncated-json", "answers JSON that ends too early", .answer = answer_truncated},
    {"trailing-json", "answers right, then adds junk", .answer = answer_trailing},
    {"dup-key-json", "answers with two tokens, of which the last is right",
     .answer = answer_dup_key},
    {"nested", "answers 100,000 times '['", .answer = answer_nested},
    {"big-body", "answers right, padded with blanks to 70,000 bytes", .answer = answer_big},
    {"no-token", "answers without a token", .answer = answer_no_token},
    {"token-null", "answers null for the token", .token_json = "null"},
    {"token-number", "answers a number for the token", .token_json = "42"},
    {"token-object", "answers an object for the token", .token_json = "{}"},
    {"token-empty", "answers an empty token", .token_json = "\"\""},

    /* The form of the token. */
    {"token-newline", "adds a newline and username=mallory to the token", .finish = finish_newline},
    {"token-cr", "adds a CR to the token", .finish = finish_cr},
    {"token-nul", "adds a NUL and junk to the token", .finish = finish_nul},
    {"token-two-parts", "leaves the signature out", .finish = finish_two_parts},
    {"token-four-parts", "adds a fourth part to the token", .finish = finish_four_parts},
    {"token-padded", "encodes the token's parts with '=' padding, and signs that",
     .form = BASE64_URL_PADDED},
    {"token-plain-base64", "encodes the token's parts with '+' and '/', and signs that",
     .form = BASE64_PLAIN},

    /* Its times. */
    {"expired", "grants a token that ended an hour ago", .claims = claims_expired},
    {"exp-before-iat", "puts iat 10 s after exp, which is in the future",
     .claims = claims_exp_before_iat},
    {"no-exp", "leaves exp out", .drop = "exp"},
    {"no-iat", "leaves iat out", .drop = "iat"},
    {"exp-string", "writes exp as a string", .claims = claims_exp_string},
    {"exp-float", "writes exp with a fraction", .claims = claims_exp_float},
    {"too-long", "grants two days", .claims = claims_too_long},
    {"minutes", "counts expiry in minutes", .unit = 60},
    {"iat-old", "puts iat 1000 s before Date; exp stays", .claims = claims_iat_old},
    {"no-date", "answers right, without a Date header", .no_date = true},
    {"date-ahead-2h", "goes by a clock two hours ahead, in Date, iat and exp", .shift = 7200},
    {"date-behind-2h", "goes by a clock two hours behind, in Date, iat and exp", .shift = -7200},

    /* Its other claims. */
    {"wrong-aud", "grants another scope", .set = "aud", .to = "\"something_else\""},
    {"no-aud", "leaves aud out", .drop = "aud"},
    {"aud-number", "writes 42 for aud", .set = "aud", .to = "42"},
    {"aud-prefix", "grants scopes that only begin like those asked for",
     .claims = claims_aud_prefix},
    {"aud-array", "writes aud as an array, even of one; right", .claims = claims_aud_array},
    {"aud-spaces", "writes aud as one string, scopes between blanks; right",
     .claims = claims_aud_spaces},
    {"wrong-iss", "names another issuer", .set = "iss", .to = "\"ThriveStack.example\""},
    {"no-iss", "leaves iss out", .drop = "iss"},
    {"wrong-id", "names another key id in the header", .set = "id",
     .to = "\"00000000-0000-4000-8000-000000000000\""},
    {"no-id", "leaves id out of the header", .drop = "id"},

    /* Its signature. */
    {"alg-none", "grants a token with alg none and no signature", .claims = claims_alg_none},
    {"alg-hs256", "signs with HS256 under the public key's PEM", .claims = claims_alg_hs256},
    {"alg-rs512", "signs with RS512", .claims = claims_alg_rs512},
    {"foreign-key", "signs with another key, made by this server", .claims = claims_foreign_key},
    {"bad-signature", "changes the signature", .finish = finish_bad_signature},

    /* Messages that must not reach a terminal or a log as they are. */
    {"echo-key", "answers 401 with the private key in the message", .answer = answer_echo_key},
    {"message-control", "answers 403 with control and bidi characters in the message",
     .answer = answer_message_control},
    {"message-long", "answers 403 with 10,000 bytes of message, two-byte UTF-8 in it",
     .answer = answer_message_long},
    {"message-token", "answers 403 with a right token in the message",
     .answer = answer_message_token},
    {"error-text", "answers 403 with a body of plain text", .answer = answer_error_text},
    {"set-cookie", "answers right and sets a cookie", .header = "Set-Cookie",
     .value = "session=issuer; Path=/"},
};

static const size_t fault_count = sizeof(faults) / sizeof(faults[0]);

const struct fault *
fault_find(const char *name, size_t len)
{
    for (size_t i = 0; i < fault_count; i++) {
        if (strlen(faults[i].name) == len && memcmp(faults[i].name, name, len) == 0)
            return &faults[i];
    }
    return NULL;
}

const struct fault *
fault_none(void)
{
    static const struct fault none = {"none", "does nothing wrong"};
    return &none;
}

unsigned int
fault_fails(const struct fault *fault)
{
    static atomic_uint requests[sizeof(faults) / sizeof(faults[0])];
    if (fault->failures == 0 && fault->every == 0)
        return fault->status;
    unsigned int earlier = atomic_fetch_add(&requests[fault - faults], 1);
    if (fault->every != 0)
        return earlier % fault->every == fault->every - 1 ? fault->status : 0;
    return earlier < fault->failures ? 503 : 0;
}

void
fault_list(void)
{
    for (size_t i = 0; i < fault_count; i++)
        printf("%-20s %s\n", faults[i].name, faults[i].says);
}
