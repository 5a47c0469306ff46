/* The answers that the programs print when all is well. */
#include "judge.h"

#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"

static struct ts_json *
parse(const struct outcome *outcome)
{
    struct ts_json *object = NULL;
    struct ts_err ignored = {.code = 0};

    if (outcome->out_len == 0 || outcome->out[outcome->out_len - 1] != '\n' ||
        ts_json_parse_object(outcome->out, outcome->out_len, &object, &ignored) < 0)
        return NULL;
    return object;
}

/* `text` is a token and then `after`. */
static bool
is_token_then(const char *text, const char *after, struct evp_pkey_st *key)
{
    const char *end = strchr(text, '\n');

    return end != NULL && is_signed_token(text, (size_t)(end - text), key) &&
           strncmp(end, after, strlen(after)) == 0;
}

static bool
is_token(const struct outcome *outcome, struct evp_pkey_st *key)
{
    const char *end = memchr(outcome->out, '\n', outcome->out_len);

    return end == outcome->out + outcome->out_len - 1 && is_token_then(outcome->out, "\n", key);
}

static bool
is_git_login(const struct outcome *outcome, struct evp_pkey_st *key)
{
    static const char start[] = "username=alice\npassword=";
    static const char expiry[] = "\npassword_expiry_utc=";
    size_t len = outcome->out_len;

    if (strncmp(outcome->out, start, strlen(start)) != 0 || outcome->out[len - 1] != '\n' ||
        !is_token_then(outcome->out + strlen(start), expiry, key))
        return false;
    const char *last = strstr(outcome->out, expiry);
    return last != NULL && strspn(last + strlen(expiry), "0123456789") == 10 &&
           last + strlen(expiry) + 11 == outcome->out + len;
}

/* Its section names no user, so it is the one that root's entry names. */
static bool
is_docker_login(const struct outcome *outcome, struct evp_pkey_st *key)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = parse(outcome);
    const char *user = object != NULL ? ts_json_string(object, "Username") : NULL;
    const char *secret = object != NULL ? ts_json_string(object, "Secret") : NULL;

    return user != NULL && strcmp(user, "root") == 0 && secret != NULL &&
           is_signed_token(secret, strlen(secret), key);
}

static bool
is_status(const struct outcome *outcome, struct evp_pkey_st *key)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = parse(outcome);

    (void)key;
    return object != NULL && ts_json_member(object, "profiles") != NULL &&
           ts_json_member(object, "hosts") != NULL;
}

static bool
is_nothing(const struct outcome *outcome, struct evp_pkey_st *key)
{
    (void)key;
    return outcome->out_len == 0;
}

/* libcurl says "out of memory" of a header that is too long as well. */
static bool
is_worker_error(int code, const char *text)
{
    if (text == NULL)
        return false;
    if (code == 76)
        return strstr(text, "headers take too much memory") != NULL;
    return code == 66 || code == 69 || code == 71 || code == 78;
}

/* The text of a member in the answer's object `name`, signed, or an error that says how the helper
 * is to end. */
static bool
is_job_answer(const struct outcome *outcome, struct evp_pkey_st *key, const char *name,
              const char *member)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err ignored = {.code = 0};
    int64_t code = 0;

    if (ts_json_parse_object(outcome->out, outcome->out_len, &object, &ignored) < 0)
        return false;
    struct ts_json *error = ts_json_member(object, "error");
    if (error != NULL)
        return ts_json_integer(error, "exit_code", &code) &&
               is_worker_error((int)code, ts_json_string(error, "text"));
    struct ts_json *result = ts_json_member(object, name);
    const char *text = result != NULL ? ts_json_string(result, member) : NULL;
    return text != NULL && is_signed(text, strlen(text), key);
}

static bool
is_worker_answer(const struct outcome *outcome, struct evp_pkey_st *key)
{
    return is_job_answer(outcome, key, "grant", "token");
}

static bool
is_prover_answer(const struct outcome *outcome, struct evp_pkey_st *key)
{
    return is_job_answer(outcome, key, "proof", "proof");
}

/* TOKEN~PROOF */
static bool
is_bound_token(const struct outcome *outcome, struct evp_pkey_st *key)
{
    const char *last = memchr(outcome->out, '\n', outcome->out_len);
    const char *proof = strchr(outcome->out, '~');

    return proof != NULL && last == outcome->out + outcome->out_len - 1 && proof < last &&
           is_signed_token(outcome->out, (size_t)(proof - outcome->out), key) &&
           is_signed(proof + 1, (size_t)(last - proof - 1), key);
}

static const struct answer answers[] = {
    {.name = "token", .is_whole = is_token},
    {.name = "git", .is_whole = is_git_login, .is_git = true},
    {.name = "docker", .is_whole = is_docker_login, .is_docker = true},
    {.name = "status", .is_whole = is_status, .is_status = true},
    {.name = "forget", .is_whole = is_nothing, .is_forget = true},
    {.name = "worker", .is_whole = is_worker_answer},
    {.name = "prover", .is_whole = is_prover_answer},
    {.name = "bound", .is_whole = is_bound_token},
};

const struct answer *
answer_find(const char *name)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(answers); i++)
        if (strcmp(answers[i].name, name) == 0)
            return &answers[i];
    return NULL;
}
