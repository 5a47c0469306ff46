#include "endpoint.h"

#include "event.h"
#include "fault.h"
#include "keystore.h"
#include "request-log.h"
#include "request.h"
#include "scoped.h"

#include <string.h>

static const char *const token_paths[] = {"/api/user/token", "/api/team/update", "/stolen"};

/* Finds the fault that a path names, and whether an event is meant. Returns 0, or -1 where nothing
 * is at that path. */
static int
route(struct exchange *exchange)
{
    static const char prefix[] = "/fault/";
    const char *path = exchange->inquiry.path;
    exchange->fault = fault_none();
    exchange->plain_fault = true;
    exchange->event = event_find(path);
    if (exchange->event)
        return 0;
    for (size_t i = 0; i < sizeof(token_paths) / sizeof(token_paths[0]); i++) {
        if (strcmp(path, token_paths[i]) == 0)
            return 0;
    }
    if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
        return -1;
    const char *name = path + sizeof(prefix) - 1;
    const struct fault *fault = fault_find(name, strcspn(name, "/"));
    if (!fault)
        return -1;
    exchange->fault = fault;
    exchange->plain_fault = false;
    exchange->event = event_find(name + strcspn(name, "/"));
    return 0;
}

static void
message(struct exchange *exchange, unsigned int status, const char *text)
{
    exchange_message(exchange, status, text, strlen(text));
}

/* Answers at once what needs no look at the request. True where it did. */
static bool
answer_on_arrival(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    if (fault->delivery == DELIVER_HANG || fault->delivery == DELIVER_RESET)
        return true;
    unsigned int status = fault_fails(fault);
    if (status == 0)
        return false;
    message(exchange, status, "a fault was asked for");
    exchange->reply.header = fault->header;
    exchange->reply.value = fault->value;
    return true;
}

/* Applies the claims that the fault's row drops or sets, then its function. A member is the
 * header's if the header has it. */
static void
apply_claims(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    const char *name = fault->drop ? fault->drop : fault->set;
    if (name) {
        bool in_header = json_object_object_get_ex(exchange->header, name, NULL);
        struct json_object *part = in_header ? exchange->header : exchange->payload;
        if (fault->set)
            json_object_object_add(part, name, json_parse(fault->to, strlen(fault->to)));
        else
            json_object_object_del(part, name);
    }
    if (fault->claims)
        fault->claims(exchange);
}

/* Makes exchange->token. Returns 0, or -1 where the key cannot sign. */
static int
make_token(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    struct grant *grant = &exchange->grant;
    int64_t unit = fault->unit ? fault->unit : exchange->issuer->expiry_unit;
    exchange->header = claims_header("RS256", grant->key_id);
    exchange->payload = claims_payload(claims_aud(grant->scopes), grant->key_id, exchange->now,
                                       exchange->now + grant->expiry * unit);
    exchange->job =
        (struct sign_job){.alg = sign_alg_find("RS256"), .key = grant->key, .form = fault->form};
    apply_claims(exchange);

    const char *header = json_text(exchange->header);
    const char *payload = json_text(exchange->payload);
    exchange->token =
        sign_compact(&exchange->job, header, strlen(header), payload, strlen(payload));
    if (!exchange->token)
        return -1;
    exchange->token_len = strlen(exchange->token);
    if (fault->finish)
        fault->finish(exchange);
    return 0;
}

/* Makes {"token","response_id"} the reply, or what the fault has in its place. */
static void
make_reply(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    if (fault->delivery == DELIVER_LOST)
        return;
    exchange->reply.status = 200;
    exchange->reply.header = fault->header;
    exchange->reply.value = fault->value;

    scoped(json) struct json_object *body = json_object_new_object();
    struct json_object *token =
        fault->token_json ? json_parse(fault->token_json, strlen(fault->token_json))
                          : json_object_new_string_len(exchange->token, (int)exchange->token_len);
    json_object_object_add(body, "token", token);
    json_object_object_add(body, "response_id", json_object_new_string(exchange->response_id));
    char *text = must_printf("%s", fault->body ? fault->body : json_text(body));
    exchange_body(exchange, fault->body ? fault->type : "application/json", text, strlen(text));
    keystore_touch(exchange->issuer->dir, exchange->grant.key_id);
    if (fault->answer)
        fault->answer(exchange);
}

/* Answers a request that got as far as the token endpoint. */
static void
answer_post(struct exchange *exchange)
{
    struct refusal refusal = {0};
    if (request_read(exchange, &refusal) != 0 || request_authorise(exchange, &refusal) != 0)
        message(exchange, refusal.status, refusal.message);
    else if (make_token(exchange) != 0)
        message(exchange, 500, "cannot sign");
    else
        make_reply(exchange);
}

/* Takes an event. Of the faults, those about claims and tokens do nothing here. */
static void
answer_event(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    struct refusal refusal = {0};
    if (event_take(exchange, &refusal) != 0) {
        message(exchange, refusal.status, refusal.message);
        return;
    }
    if (fault->delivery == DELIVER_LOST)
        return;
    exchange->reply.status = 200;
    exchange->reply.header = fault->header;
    exchange->reply.value = fault->value;
    char *text = fault->body ? must_copy(fault->body, strlen(fault->body))
                             : must_printf("{\"success\":true,\"response_id\":\"%s\"}",
                                           exchange->response_id);
    exchange_body(exchange, fault->body ? fault->type : "application/json", text, strlen(text));
}

void
endpoint_answer(struct exchange *exchange, void *context)
{
    (void)context;
    uuid_make(exchange->response_id);
    int found = route(exchange);
    exchange->now = time(NULL) + (time_t)exchange->issuer->clock_offset + exchange->fault->shift;
    if (found != 0) {
        message(exchange, 404, "nothing is here");
    } else if (answer_on_arrival(exchange)) {
        /* The log shows which key was used even so, as far as the body tells. */
        struct refusal ignored = {0};
        if (!exchange->event)
            (void)request_read(exchange, &ignored);
    } else if (strcmp(exchange->inquiry.method, "POST") != 0) {
        message(exchange, 405, "only POST is answered here");
        exchange->reply.header = "Allow";
        exchange->reply.value = "POST";
    } else if (exchange->inquiry.too_large) {
        message(exchange, 413, "the body is over 64 KiB");
    } else if (exchange->event) {
        answer_event(exchange);
    } else {
        answer_post(exchange);
    }
    request_log(exchange);
}
