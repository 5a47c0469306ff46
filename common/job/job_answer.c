#include "common/base/cleanup.h"
#include "common/json/fields.h"
#include "common/job/job.h"
#include "common/job/job_internal.h"
#include "common/json/json.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct ts_grant, member)
static const struct ts_field grant_fields[] = {
    {"token", TS_FIELD_TOKEN, AT(token), 0, TS_TOKEN_MAX},
    {"key_id", TS_FIELD_TEXT, AT(key_id), 0, TS_KEY_ID_MAX},
    {"response_id", TS_FIELD_TEXT, AT(response_id), 0, TS_RESPONSE_ID_MAX},
    {"scopes", TS_FIELD_SCOPES, AT(scopes), 0, 0},
    {"issued_at", TS_FIELD_INTEGER, AT(issued_at), 0, TS_TOKEN_TIME_MAX},
    {"life", TS_FIELD_INTEGER, AT(life), 1, TS_TOKEN_LIFE_MAX},
    {"age", TS_FIELD_INTEGER, AT(age), 0, TS_TOKEN_TIME_MAX},
};
#undef AT
static const struct ts_field_table grant_table = TS_FIELD_TABLE(grant_fields);

static const struct ts_field proof_fields[] = {
    {"proof", TS_FIELD_TOKEN, offsetof(struct ts_grant, proof), 0, TS_TOKEN_MAX},
};
static const struct ts_field_table proof_table = TS_FIELD_TABLE(proof_fields);

#define AT(member) offsetof(struct ts_key_info, member)
#define TEXT_MAX(member) (sizeof(((struct ts_key_info *)NULL)->member) - 1)
static const struct ts_field key_info_fields[] = {
    {"key_id", TS_FIELD_TEXT, AT(key_id), 0, TEXT_MAX(key_id)},
    {"name", TS_FIELD_TEXT, AT(name), 0, TEXT_MAX(name)},
    {"expiry", TS_FIELD_TEXT, AT(expiry), 0, TEXT_MAX(expiry)},
    {"expires", TS_FIELD_INTEGER, AT(expires), 0, TS_TOKEN_TIME_MAX},
    {"rotation_frequency", TS_FIELD_TEXT, AT(rotation_frequency), 0, TEXT_MAX(rotation_frequency)},
    {"rotation_days", TS_FIELD_INTEGER, AT(rotation_days), 0, TS_ROTATION_DAYS_MAX},
    {"created", TS_FIELD_INTEGER, AT(created), 0, TS_TOKEN_TIME_MAX},
    {"bits", TS_FIELD_LONG, AT(bits), 1, 1 << 20},
    {"public_key", TS_FIELD_SECRET, AT(public_key), 0, (int64_t)TS_JOB_MAX},
};
#undef AT
static const struct ts_field_table key_info_table = TS_FIELD_TABLE(key_info_fields);

/* A struct ts_err as it travels: the code as an exit code, which means the same to everyone. */
struct failure {
    long exit_code;
    long http_status;
    char response_id[TS_ERR_ID_MAX + 1];
    char text[TS_ERR_TEXT_MAX];
};

#define AT(member) offsetof(struct failure, member)
static const struct ts_field failure_fields[] = {
    {"exit_code", TS_FIELD_LONG, AT(exit_code), 1, 255},
    {"http_status", TS_FIELD_LONG, AT(http_status), 0, 999},
    {"response_id", TS_FIELD_TEXT, AT(response_id), 0, TS_ERR_ID_MAX},
    {"text", TS_FIELD_TEXT, AT(text), 0, TS_ERR_TEXT_MAX - 1},
};
#undef AT
static const struct ts_field_table failure_table = TS_FIELD_TABLE(failure_fields);

#define AT(member) offsetof(struct ts_explanation, member)
#define WIDTH(member) (sizeof(((struct ts_explanation *)NULL)->member) - 1)
static const struct ts_field explanation_fields[] = {
    {"accepted", TS_FIELD_BOOL, AT(accepted), 0, 0},
    {"reason", TS_FIELD_TEXT, AT(reason), 0, WIDTH(reason)},
    {"text", TS_FIELD_TEXT, AT(text), 0, WIDTH(text)},
    {"key_id", TS_FIELD_TEXT, AT(key_id), 0, WIDTH(key_id)},
    {"expires", TS_FIELD_INTEGER, AT(expires), 0, TS_TOKEN_TIME_MAX},
    {"section", TS_FIELD_TEXT, AT(section), 0, WIDTH(section)},
    {"single_use", TS_FIELD_BOOL, AT(single_use), 0, 0},
};
#undef AT
static const struct ts_field_table explanation_table = TS_FIELD_TABLE(explanation_fields);

/* A rule as it travels: its result as a word. */
struct rule {
    struct ts_explained_rule rule;
    char result[8];
};

#define AT(member) offsetof(struct rule, member)
static const struct ts_field rule_fields[] = {
    {"code", TS_FIELD_TEXT, AT(rule.code), 0, WIDTH(rules[0].code)},
    {"demand", TS_FIELD_TEXT, AT(rule.demand), 0, WIDTH(rules[0].demand)},
    {"result", TS_FIELD_TEXT, AT(result), 0, sizeof(((struct rule *)NULL)->result) - 1},
};
#undef AT
static const struct ts_field_table rule_table = TS_FIELD_TABLE(rule_fields);

#define AT(member) offsetof(struct ts_probe, member)
static const struct ts_field probe_fields[] = {
    {"stage", TS_FIELD_TEXT, AT(stage), 0, sizeof(((struct ts_probe *)NULL)->stage) - 1},
    {"text", TS_FIELD_TEXT, AT(text), 0, TS_ERR_TEXT_MAX - 1},
    {"http_status", TS_FIELD_LONG, AT(http_status), 0, 999},
    {"date", TS_FIELD_INTEGER, AT(date), 0, TS_TOKEN_TIME_MAX},
    {"now", TS_FIELD_INTEGER, AT(now), 0, TS_TOKEN_TIME_MAX},
};
#undef AT
static const struct ts_field_table probe_table = TS_FIELD_TABLE(probe_fields);

/* Names of services and users, and ids of keys, have no characters that scopes have not. */
#define AT(member) offsetof(struct ts_policy_info, member)
static const struct ts_field policy_fields[] = {
    {"services", TS_FIELD_SCOPES, AT(services), 0, 0},
    {"single_use", TS_FIELD_SCOPES, AT(single_use), 0, 0},
    {"local", TS_FIELD_SCOPES, AT(local), 0, 0},
    {"bound", TS_FIELD_SCOPES, AT(bound), 0, 0},
    {"expired", TS_FIELD_SCOPES, AT(expired), 0, 0},
    {"no_section", TS_FIELD_SCOPES, AT(no_section), 0, 0},
    {"no_account", TS_FIELD_SCOPES, AT(no_account), 0, 0},
    {"no_scopes", TS_FIELD_SCOPES, AT(no_scopes), 0, 0},
    {"problems", TS_FIELD_TEXTS, AT(problems), 0, TS_ERR_TEXT_MAX},
    {"keys", TS_FIELD_INTEGER, AT(keys), 0, TS_TOKEN_TIME_MAX},
};
#undef AT
static const struct ts_field_table policy_table = TS_FIELD_TABLE(policy_fields);

static const struct ts_field api_key_fields[] = {
    {"api_key", TS_FIELD_SECRET, 0, 1, TS_API_KEY_SECRET_MAX},
};
static const struct ts_field_table api_key_table = TS_FIELD_TABLE(api_key_fields);

/* That there is an answer says all. */
static const struct ts_field_table empty_table = {NULL, 0};

/* In the order of enum ts_rule_result. */
static const char *const result_words[] = {"pass", "fail", "skipped"};

static void
write_rules(struct ts_json_writer *json, const void *from)
{
    const struct ts_explanation *explanation = from;

    ts_json_open(json, "rules", '[');
    for (size_t i = 0; i < explanation->rules_len; i++) {
        struct rule wire = {.rule = explanation->rules[i]};
        const char *word = result_words[wire.rule.result];

        memcpy(wire.result, word, strlen(word) + 1);
        ts_json_open(json, NULL, '{');
        ts_fields_write(json, &rule_table, &wire);
        ts_json_close(json, '}');
    }
    ts_json_close(json, ']');
}

static int
read_rule(struct ts_json *object, struct ts_explained_rule *ret, struct ts_err *err)
{
    struct rule wire = {.result = ""};
    int rc = ts_fields_read(object, &rule_table, 0, &wire, err);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < TS_ARRAY_LEN(result_words); i++)
        if (strcmp(wire.result, result_words[i]) == 0) {
            *ret = wire.rule;
            ret->result = (enum ts_rule_result)i;
            return 0;
        }
    return ts_err_set(err, TS_ERR_SYNTAX, "a rule's result is unknown");
}

static int
read_rules(struct ts_json *inner, void *to, struct ts_err *err)
{
    struct ts_explanation *explanation = to;
    struct ts_json *array = ts_json_member(inner, "rules");

    if (!ts_json_is(array, TS_JSON_ARRAY) || ts_json_length(array) > TS_EXPLAIN_RULES_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "member rules is missing or wrong");
    for (size_t i = 0; i < ts_json_length(array); i++) {
        int rc = read_rule(ts_json_at(array, i), &explanation->rules[i], err);

        if (rc < 0)
            return rc;
        explanation->rules_len++;
    }
    return 0;
}

static void
write_inner_grant(struct ts_json_writer *json, const void *from)
{
    ts_json_open(json, "grant", '{');
    ts_fields_write(json, &grant_table, from);
    ts_json_close(json, '}');
}

static int
read_inner_grant(struct ts_json *inner, void *to, struct ts_err *err)
{
    return ts_fields_read(ts_json_member(inner, "grant"), &grant_table, 0, to, err);
}

/* {"NAME": {...}}: what every answer looks like. One with a member that no table can describe has
 * functions for it. */
struct answer {
    const char *name;
    const struct ts_field_table *table;
    void (*write)(struct ts_json_writer *json, const void *from);
    int (*read)(struct ts_json *inner, void *to, struct ts_err *err);
};

static const struct answer grant_answer = {"grant", &grant_table, NULL, NULL};
static const struct answer proof_answer = {"proof", &proof_table, NULL, NULL};
static const struct answer proof_grant_answer = {"proof", &proof_table, write_inner_grant,
                                                 read_inner_grant};
static const struct answer key_answer = {"key", &key_info_table, NULL, NULL};
static const struct answer explanation_answer = {"explanation", &explanation_table, write_rules,
                                                 read_rules};
static const struct answer probe_answer = {"probe", &probe_table, NULL, NULL};
static const struct answer policy_answer = {"policy", &policy_table, NULL, NULL};
static const struct answer module_answer = {"module", &empty_table, NULL, NULL};
static const struct answer api_key_answer = {"api_key", &api_key_table, NULL, NULL};
static const struct answer done_answer = {"done", &empty_table, NULL, NULL};
static const struct answer error_answer = {"error", &failure_table, NULL, NULL};

static int
write_answer(const struct answer *answer, const void *from, struct ts_secret *ret,
             struct ts_err *err)
{
    struct ts_json_writer json = ts_json_begin(ret);

    ts_json_open(&json, answer->name, '{');
    ts_fields_write(&json, answer->table, from);
    if (answer->write != NULL)
        answer->write(&json, from);
    ts_json_close(&json, '}');
    return ts_job_report_write(ts_json_end(&json), ret, err);
}

int
ts_job_write_grant(const struct ts_grant *grant, struct ts_secret *ret, struct ts_err *err)
{
    return write_answer(&grant_answer, grant, ret, err);
}

int
ts_job_write_proof(const struct ts_grant *grant, bool with_grant, struct ts_secret *ret,
                   struct ts_err *err)
{
    return write_answer(with_grant ? &proof_grant_answer : &proof_answer, grant, ret, err);
}

int
ts_job_write_key_info(const struct ts_key_info *info, struct ts_secret *ret, struct ts_err *err)
{
    return write_answer(&key_answer, info, ret, err);
}

int
ts_job_write_explanation(const struct ts_explanation *explanation, struct ts_secret *ret,
                         struct ts_err *err)
{
    return write_answer(&explanation_answer, explanation, ret, err);
}

int
ts_job_write_probe(const struct ts_probe *probe, struct ts_secret *ret, struct ts_err *err)
{
    struct ts_probe wire = *probe;

    ts_text_clean(wire.text, sizeof(wire.text), probe->text, strlen(probe->text));
    return write_answer(&probe_answer, &wire, ret, err);
}

int
ts_job_write_policy_info(const struct ts_policy_info *info, struct ts_secret *ret,
                         struct ts_err *err)
{
    return write_answer(&policy_answer, info, ret, err);
}

int
ts_job_write_module(struct ts_secret *ret, struct ts_err *err)
{
    return write_answer(&module_answer, NULL, ret, err);
}

int
ts_job_write_done(struct ts_secret *ret, struct ts_err *err)
{
    return write_answer(&done_answer, NULL, ret, err);
}

int
ts_job_write_api_key(const struct ts_secret *api_key, struct ts_secret *ret, struct ts_err *err)
{
    return write_answer(&api_key_answer, api_key, ret, err);
}

int
ts_job_write_error(const struct ts_err *failure, struct ts_secret *ret, struct ts_err *err)
{
    struct failure wire = {.exit_code = ts_error_exit_code(failure->code),
                           .http_status = failure->http_status};

    memcpy(wire.response_id, failure->response_id, sizeof(wire.response_id));
    /* The text may quote a path, and a path may be any bytes; JSON may not. */
    ts_text_clean(wire.text, sizeof(wire.text), failure->text, strlen(failure->text));
    return write_answer(&error_answer, &wire, ret, err);
}

/* The error that the worker reported, as if it had happened here. */
static int
read_failure(struct ts_json *object, struct ts_err *err)
{
    struct failure wire = {0};
    int rc = ts_fields_read(object, &failure_table, 0, &wire, err);

    if (rc < 0)
        return rc;
    if (wire.text[0] == '\0')
        return ts_err_set(err, TS_ERR_SYNTAX, "an error without a text");
    rc = ts_err_set(err, ts_error_from_exit_code((int)wire.exit_code), "%s", wire.text);
    err->http_status = wire.http_status;
    memcpy(err->response_id, wire.response_id, sizeof(err->response_id));
    return rc;
}

static int
read_inner(struct ts_json *inner, const struct answer *answer, void *to, struct ts_err *err)
{
    int rc = ts_fields_read(inner, answer->table, answer->read != NULL ? 1 : 0, to, err);

    return rc == 0 && answer->read != NULL ? answer->read(inner, to, err) : rc;
}

static int
read_answer(const struct ts_secret *text, const struct answer *answer, void *to, struct ts_err *err)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = NULL;
    struct ts_err reason = {0};
    int rc = ts_json_parse_object(ts_secret_string(text), text->len, &object, &reason);

    if (rc == 0 && ts_json_length(object) != 1)
        rc = ts_err_set(&reason, TS_ERR_SYNTAX, "not exactly one member");
    if (rc == 0 && ts_json_member(object, "error") != NULL) {
        rc = read_failure(ts_json_member(object, "error"), &reason);
        if (rc != TS_ERR_SYNTAX) {
            *err = reason;
            return rc;
        }
    } else if (rc == 0) {
        rc = read_inner(ts_json_member(object, answer->name), answer, to, &reason);
    }
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    if (rc < 0)
        return ts_err_set(err, TS_ERR_SYSTEM, "invalid answer from the worker: %s", reason.text);
    return 0;
}

static int
read_grant(const struct ts_secret *text, const struct answer *answer, struct ts_grant *ret,
           struct ts_err *err)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;
    int rc = read_answer(text, answer, &grant, err);

    if (rc == 0 && !ts_text_is_key_id(grant.key_id))
        rc = ts_err_set(err, TS_ERR_SYSTEM, "invalid answer from the worker: no key id");
    if (rc < 0)
        return rc;
    *ret = grant;
    grant = TS_GRANT_INIT;
    return 0;
}

int
ts_job_read_grant(const struct ts_secret *answer, struct ts_grant *ret, struct ts_err *err)
{
    return read_grant(answer, &grant_answer, ret, err);
}

int
ts_job_read_proof(const struct ts_secret *answer, bool with_grant, struct ts_grant *ret,
                  struct ts_err *err)
{
    TS_CLEANUP(ts_grant_release) struct ts_grant grant = TS_GRANT_INIT;

    if (with_grant)
        return read_grant(answer, &proof_grant_answer, ret, err);
    int rc = read_answer(answer, &proof_answer, &grant, err);
    if (rc == 0)
        ts_secret_move(&ret->proof, &grant.proof);
    return rc;
}

int
ts_job_read_key_info(const struct ts_secret *answer, struct ts_key_info *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_key_info_release) struct ts_key_info info = {.bits = 0};
    int rc = read_answer(answer, &key_answer, &info, err);

    if (rc < 0)
        return rc;
    *ret = info;
    info = (struct ts_key_info){.bits = 0};
    return 0;
}

int
ts_job_read_explanation(const struct ts_secret *answer, struct ts_explanation *ret,
                        struct ts_err *err)
{
    struct ts_explanation explanation = {.rules_len = 0};
    int rc = read_answer(answer, &explanation_answer, &explanation, err);

    if (rc == 0)
        *ret = explanation;
    return rc;
}

int
ts_job_read_probe(const struct ts_secret *answer, struct ts_probe *ret, struct ts_err *err)
{
    struct ts_probe probe = {.stage = ""};
    int rc = read_answer(answer, &probe_answer, &probe, err);

    if (rc == 0)
        *ret = probe;
    return rc;
}

int
ts_job_read_policy_info(const struct ts_secret *answer, struct ts_policy_info *ret,
                        struct ts_err *err)
{
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};
    int rc = read_answer(answer, &policy_answer, &info, err);

    if (rc < 0)
        return rc;
    *ret = info;
    info = (struct ts_policy_info){.keys = 0};
    return 0;
}

int
ts_job_read_module(const struct ts_secret *answer, struct ts_err *err)
{
    char nothing = '\0';

    return read_answer(answer, &module_answer, &nothing, err);
}

int
ts_job_read_done(const struct ts_secret *answer, struct ts_err *err)
{
    char nothing = '\0';

    return read_answer(answer, &done_answer, &nothing, err);
}

int
ts_job_read_api_key(const struct ts_secret *answer, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret secret = TS_SECRET_INIT(TS_API_KEY_SECRET_MAX);
    int rc = read_answer(answer, &api_key_answer, &secret, err);

    if (rc == 0 && ts_secret_set(ret, secret.data, secret.len) < 0)
        rc = ts_err_nomem(err);
    return rc;
}

void
ts_policy_info_release(struct ts_policy_info *info)
{
    ts_list_release(&info->services);
    ts_list_release(&info->single_use);
    ts_list_release(&info->local);
    ts_list_release(&info->bound);
    ts_list_release(&info->expired);
    ts_list_release(&info->no_section);
    ts_list_release(&info->no_account);
    ts_list_release(&info->no_scopes);
    ts_list_release(&info->problems);
    info->keys = 0;
}

void
ts_key_info_release(struct ts_key_info *info)
{
    ts_secret_release(&info->public_key);
    *info = (struct ts_key_info){.bits = 0};
}
