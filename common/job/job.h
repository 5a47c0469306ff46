/*
 * The worker's protocol (written down in worker/PROTOCOL.md): one JSON object on its stdin, one on
 * its stdout, then it exits. Both sides of it live here, so that they cannot drift apart: jobs in
 * job.c, answers in job_answer.c.
 *
 * Jobs: "token" asks the endpoint; "key" describes the API key without asking anyone; "import" puts
 * a downloaded key in its place once the endpoint has granted a token for it; "explain" checks a
 * token by a host's policy; "probe" asks the endpoint with no key at all; "policy" and "module"
 * load a host's policy and its PAM module; "accounts" looks up the users that a policy names;
 * "keys" checks a file of keys, as in keys.d; "prove" signs that a token is for one host;
 * "api_key" reads a private API key; "events" posts events that come one by one.
 */
#ifndef TS_JOB_H
#define TS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/config/request.h"

#define TS_JOB_MAX ((size_t)64 * 1024)
#define TS_JOB_KEY_FD 3 /* where the worker reads the key, for key_command */

/* Begins a line before the key on that descriptor, with its id, where the job names none. */
#define TS_JOB_KEY_ID_PREFIX "key_id: "

enum ts_job_kind {
    TS_JOB_TOKEN,
    TS_JOB_KEY,
    TS_JOB_IMPORT,
    TS_JOB_EXPLAIN,
    TS_JOB_PROBE,
    TS_JOB_POLICY,
    TS_JOB_MODULE,
    TS_JOB_ACCOUNTS,
    TS_JOB_KEYS,
    TS_JOB_PROVE,
    TS_JOB_API_KEY,
    TS_JOB_EVENTS,
};

/* What is to be explained. The token is whatever somebody took for one: any bytes, none too. */
#define TS_EXPLAIN_TOKEN_MAX ((size_t)2 * TS_TOKEN_MAX)
struct ts_explain {
    char *policy; /* absolute path */
    char *service;
    char *user;
    struct ts_secret token;
};

/* A private API key: one line of printable characters without blanks. */
#define TS_API_KEY_SECRET_MAX 4096

/* An event as it is sent, but for the project's key: one line of JSON, an object. */
#define TS_EVENT_MAX ((size_t)64 * 1024)

/* Whether events after one that failed like this would fail, too, or might arrive out of turn: all
 * but a refusal of that one event. */
bool ts_event_is_final(const struct ts_err *failure);

/* A job. Which members of the request a kind has is in job.c's tables; for every job but "explain"
 * `explain` is empty. */
struct ts_job {
    enum ts_job_kind kind;
    struct ts_request request;
    char *import_file; /* "import": absolute path of the download; else NULL */
    char *file; /* "policy", "module", "accounts", "keys": absolute path to load; else NULL */
    struct ts_explain explain;
    struct ts_secret token; /* "prove": the token; empty: one is to be asked for first */
};

#define TS_JOB_INIT                                                                                \
    ((struct ts_job){.request = TS_REQUEST_INIT,                                                   \
                     .explain = {.token = TS_SECRET_INIT(TS_EXPLAIN_TOKEN_MAX)},                   \
                     .token = TS_SECRET_INIT(TS_TOKEN_MAX)})
void ts_job_release(struct ts_job *job);

/* What the worker reports of an API key; never the private half. With these limits, every sum of
 * created and rotation_days has a place in an int64_t. */
#define TS_ROTATION_DAYS_MAX INT64_C(36500000)
struct ts_key_info {
    char key_id[TS_KEY_ID_MAX + 1];
    char name[128];              /* cleaned; or "" */
    char expiry[32];             /* as in the file, cleaned; or "" */
    int64_t expires;             /* last second it is good for, Unix time; 0 where unknown */
    char rotation_frequency[32]; /* as in the file, cleaned; or "" */
    int64_t rotation_days;       /* 0 where unknown */
    int64_t created;             /* Unix time, 0 where unknown */
    long bits;
    struct ts_secret public_key; /* PEM */
};
void ts_key_info_release(struct ts_key_info *info);

/* The result of one rule of the policy. Rules after a failure are not checked. */
enum ts_rule_result { TS_RULE_PASS, TS_RULE_FAIL, TS_RULE_SKIPPED };
struct ts_explained_rule {
    char code[32];   /* the reason that its failure gives */
    char demand[96]; /* what it demands, in a few words */
    enum ts_rule_result result;
};

/* A decision with all that led to it; texts are cleaned. */
#define TS_EXPLAIN_RULES_MAX 32
struct ts_explanation {
    struct ts_explained_rule rules[TS_EXPLAIN_RULES_MAX];
    size_t rules_len;
    bool accepted;
    char reason[32];                /* "ok", or the code of the rule that failed */
    char text[256];                 /* one sentence for people */
    char key_id[TS_KEY_ID_MAX + 1]; /* "" where the header was not reached */
    int64_t expires;                /* the token's exp; 0 where the payload was not reached */
    char section[128];              /* the name in [service NAME] that applies, or "" */
    bool single_use;                /* what that section says */
};

/* How far a request without a key came, which ends in a refusal where all is well. */
struct ts_probe {
    char stage[16]; /* where it failed: settings, resolve, proxy, connect, tls, ca, timeout, http,
                     * broken; or "answer" */
    char text[TS_ERR_TEXT_MAX]; /* what failed; or "" */
    long http_status;           /* of the answer, or 0 */
    int64_t date;               /* the answer's Date, Unix time; 0 where there is none */
    int64_t now;                /* the local clock at that moment */
};

/* What a policy that was accepted says, as far as other configuration has to agree with it. */
struct ts_policy_info {
    struct ts_list services;   /* names of [service NAME], `*` among them */
    struct ts_list single_use; /* those of them with single_use */
    struct ts_list local;      /* those with source = local */
    struct ts_list bound;      /* SERVICE:NAME, for each name in bound_to */
    struct ts_list expired;    /* ids of keys that are past their last day */
    struct ts_list no_section; /* services of keys that no section serves; the first few */
    struct ts_list no_account; /* "accounts" alone: users and `@group`s of keys that this host does
                                * not have; likewise */
    struct ts_list no_scopes; /* KEY:SERVICE: the key's scopes lack some that the service demands */
    struct ts_list problems;  /* of keys.d and of public keys, a line each; the first few */
    int64_t keys;
};
void ts_policy_info_release(struct ts_policy_info *info);

/* The helper's side. The job may hold a token. */
int ts_job_encode(const struct ts_job *job, struct ts_secret *ret, struct ts_err *err);
/* 0 with *ret filled, or the error that the worker reported (with http_status and response_id in
 * *err), or TS_ERR_SYSTEM where invalid answer from the worker. `received` of the grant is the
 * caller's to set. */
int ts_job_read_grant(const struct ts_secret *answer, struct ts_grant *ret, struct ts_err *err);
/* The answer to "prove" goes to `proof` of the grant, which the caller has initialised and
 * releases; and with it the grant itself where the job had no token. */
int ts_job_read_proof(const struct ts_secret *answer, bool with_grant, struct ts_grant *ret,
                      struct ts_err *err);
int ts_job_read_key_info(const struct ts_secret *answer, struct ts_key_info *ret,
                         struct ts_err *err);
int ts_job_read_explanation(const struct ts_secret *answer, struct ts_explanation *ret,
                            struct ts_err *err);
int ts_job_read_probe(const struct ts_secret *answer, struct ts_probe *ret, struct ts_err *err);
int ts_job_read_policy_info(const struct ts_secret *answer, struct ts_policy_info *ret,
                            struct ts_err *err);
int ts_job_read_module(const struct ts_secret *answer, struct ts_err *err);

/* An answer that says no more than that it was done: to "events", once at the start, then for each
 * event. */
int ts_job_read_done(const struct ts_secret *answer, struct ts_err *err);
int ts_job_read_api_key(const struct ts_secret *answer, struct ts_secret *ret, struct ts_err *err);

/* The worker's side. `key_command` is then only "" or NULL: whether the key comes on
 * TS_JOB_KEY_FD. *ret is initialised by the caller, untouched on failure, and released with
 * ts_job_release. */
int ts_job_read(const struct ts_secret *text, struct ts_job *ret, struct ts_err *err);
int ts_job_write_grant(const struct ts_grant *grant, struct ts_secret *ret, struct ts_err *err);
int ts_job_write_proof(const struct ts_grant *grant, bool with_grant, struct ts_secret *ret,
                       struct ts_err *err);
int ts_job_write_key_info(const struct ts_key_info *info, struct ts_secret *ret,
                          struct ts_err *err);
int ts_job_write_explanation(const struct ts_explanation *explanation, struct ts_secret *ret,
                             struct ts_err *err);
int ts_job_write_probe(const struct ts_probe *probe, struct ts_secret *ret, struct ts_err *err);
int ts_job_write_policy_info(const struct ts_policy_info *info, struct ts_secret *ret,
                             struct ts_err *err);
int ts_job_write_module(struct ts_secret *ret, struct ts_err *err);
int ts_job_write_done(struct ts_secret *ret, struct ts_err *err);
int ts_job_write_api_key(const struct ts_secret *api_key, struct ts_secret *ret,
                         struct ts_err *err);
int ts_job_write_error(const struct ts_err *failure, struct ts_secret *ret, struct ts_err *err);

#endif
