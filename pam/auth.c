#include "pam/auth.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/policy/decide.h"
#include "common/policy/module_options.h"
#include "pam/audit.h"
#include "pam/conversation.h"
#include "pam/local.h"
#include "pam/login.h"
#include "pam/replay.h"
#include "pam/result.h"
#include "pam/session.h"
#include "pam/spool.h"

/* How long a token must be remembered past its expiry: the clock tolerance, twice. */
#define REPLAY_SLACK (INT64_C(2) * TS_CLOCK_TOLERANCE)

struct ts_auth {
    pam_handle_t *pamh;
    int flags;
    int argc;
    const char *const *argv;
    struct ts_module_options options;
    struct ts_login *login;
    /* Copies, because a conversation may set items and so free what libpam has returned. NULL where
     * they are not set. */
    char *user;
    char *service;
    char *rhost;
    struct ts_policy policy;
    struct ts_subject subject;
    bool is_stranger; /* no key names the user; do not reveal that */
    struct ts_secret token;
    struct ts_token parsed; /* the same, once the conversation has taken it apart; or empty */
    bool is_local;          /* the token came from the local helper */
    char no_local[128];     /* why it did not, a line for the user; or "" */
    struct ts_verdict verdict;
};

static void
release_auth(struct ts_auth *auth)
{
    ts_policy_release(&auth->policy);
    ts_subject_release(&auth->subject);
    ts_token_release(&auth->parsed);
    ts_secret_release(&auth->token);
    free(auth->user);
    free(auth->service);
    free(auth->rhost);
}

__attribute__((format(printf, 3, 4))) static enum ts_reason
fail(struct ts_auth *auth, enum ts_reason reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(auth->verdict.text, sizeof(auth->verdict.text), format, args);
    va_end(args);
    return reason;
}

static enum ts_reason
fail_error(struct ts_auth *auth, const struct ts_err *err)
{
    return fail(auth, ts_result_reason(err->code), "%s", err->text);
}

static struct ts_question
question_of(const struct ts_auth *auth)
{
    return (struct ts_question){.policy = &auth->policy,
                                .subject = &auth->subject,
                                .service = auth->service,
                                .now = ts_clock_wall(),
                                .booted = auth->verdict.service != NULL &&
                                                  auth->verdict.service->single_use
                                              ? ts_clock_booted()
                                              : 0};
}

static const char *
item_of(pam_handle_t *pamh, int item)
{
    const void *value = NULL;

    return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

/* Returns false where out of memory. */
static bool
copy_item(pam_handle_t *pamh, int item, char **ret)
{
    const char *value = item_of(pamh, item);

    *ret = value != NULL ? strdup(value) : NULL;
    return value == NULL || *ret != NULL;
}

static enum ts_reason
read_items(struct ts_auth *auth)
{
    auth->login = ts_login_get(auth->pamh);
    if (auth->login == NULL)
        return fail(auth, TS_REASON_NOMEM, "out of memory");
    ts_session_forget(auth->pamh, auth->login);
    if (!copy_item(auth->pamh, PAM_USER, &auth->user) ||
        !copy_item(auth->pamh, PAM_SERVICE, &auth->service) ||
        !copy_item(auth->pamh, PAM_RHOST, &auth->rhost))
        return fail(auth, TS_REASON_NOMEM, "out of memory");
    if (auth->service == NULL || auth->service[0] == '\0')
        return fail(auth, TS_REASON_SYSTEM, "the program did not set PAM_SERVICE");
    return TS_REASON_OK;
}

static enum ts_reason
read_arguments(struct ts_auth *auth)
{
    struct ts_err err = {.code = 0};

    if (ts_module_options_parse(auth->argc, auth->argv, TS_SYSCONFDIR "/policy.conf",
                                &auth->options, &err) < 0)
        return fail_error(auth, &err);
    return TS_REASON_OK;
}

static enum ts_reason
read_user(struct ts_auth *auth)
{
    const char *user = NULL;
    int rc = auth->user != NULL ? PAM_SUCCESS : pam_get_user(auth->pamh, &user, NULL);

    if (user != NULL && rc == PAM_SUCCESS && (auth->user = strdup(user)) == NULL)
        rc = PAM_BUF_ERR;
    if (auth->user != NULL)
        return TS_REASON_OK;
    enum ts_reason reason = rc == PAM_CONV_ERR  ? TS_REASON_CONVERSATION
                            : rc == PAM_BUF_ERR ? TS_REASON_NOMEM
                                                : TS_REASON_SYSTEM;
    return fail(auth, reason, "there is no user's name: %s", pam_strerror(auth->pamh, rc));
}

/* Another owner than root is trusted only where the whole process is that one user's. */
static struct ts_policy_trust
trust_of_process(void)
{
    uid_t real = 0, effective = 0, saved = 0;

    if (getresuid(&real, &effective, &saved) != 0 || real != effective || real != saved)
        return (struct ts_policy_trust){.owner = 0};
    return (struct ts_policy_trust){.owner = real};
}

static enum ts_reason
load_policy(struct ts_auth *auth)
{
    const struct ts_policy_trust trust = trust_of_process();
    struct ts_err err = {.code = 0};

    int rc = ts_policy_load(auth->options.policy, &trust, &auth->policy, &err);
    if (rc == 0)
        return TS_REASON_OK;
    if (rc != TS_ERR_NOMEM)
        (void)ts_err_recode(&err, TS_ERR_CONFIG);
    return fail_error(auth, &err);
}

static bool
prompts_strangers(const struct ts_auth *auth)
{
    if (auth->options.unknown == TS_UNKNOWN_DEFAULT)
        return auth->rhost != NULL;
    return auth->options.unknown == TS_UNKNOWN_PROMPT;
}

static bool
has_source(const struct ts_policy_service *service, enum ts_source source)
{
    for (size_t i = 0; i < service->sources_len; i++)
        if (service->sources[i] == source)
            return true;
    return false;
}

/* Before any look-up: a directory that is down must not concern a service that the policy leaves
 * alone. */
static enum ts_reason
find_section(struct ts_auth *auth)
{
    const struct ts_question question = question_of(auth);

    return ts_decide_service(&question, &auth->verdict);
}

static enum ts_reason
find_user(struct ts_auth *auth)
{
    struct ts_err err = {.code = 0};

    if (ts_subject_lookup(&auth->policy, auth->service, auth->user, &auth->subject, &err) == 0)
        return TS_REASON_OK;
    return fail(auth, err.code == TS_ERR_NOMEM ? TS_REASON_NOMEM : TS_REASON_LOOKUP, "%s",
                err.text);
}

/* A stranger is asked for a token all the same where others would be. */
static enum ts_reason
check_local_rules(struct ts_auth *auth)
{
    const struct ts_question question = question_of(auth);
    enum ts_reason reason = ts_decide_local(&question, &auth->verdict);

    auth->is_stranger = reason == TS_REASON_UNKNOWN_USER && prompts_strangers(auth) &&
                        has_source(auth->verdict.service, TS_SOURCE_PROMPT);
    return auth->is_stranger ? TS_REASON_OK : reason;
}

static enum ts_reason
check_token(struct ts_auth *auth)
{
    const struct ts_question question = question_of(auth);

    if (question.now <= 0)
        return fail(auth, TS_REASON_SYSTEM, "the clock cannot be read");
    return ts_decide_token(&question, ts_secret_string(&auth->token), auth->token.len,
                           &auth->parsed, &auth->verdict);
}

/* The program, or the conversation in it, may have put somebody else in the user's place. */
static enum ts_reason
check_same_user(struct ts_auth *auth)
{
    const char *user = item_of(auth->pamh, PAM_USER);

    if (user != NULL && strcmp(user, auth->user) == 0)
        return TS_REASON_OK;
    return fail(auth, TS_REASON_SYSTEM, "the program changed PAM_USER while it was asked");
}

static enum ts_reason
no_local_token(struct ts_auth *auth, const struct ts_err *err)
{
    if (err->code == TS_ERR_NOMEM)
        return fail_error(auth, err);
    if (auth->options.debug)
        ts_audit_note(auth->pamh, LOG_DEBUG, "no token from the local helper: %s", err->text);
    /* Only the user whose helper it is gets here. */
    (void)snprintf(auth->no_local, sizeof(auth->no_local), TS_PROMPT_NO_LOCAL "%.90s\n", err->text);
    return fail(auth, TS_REASON_LOCAL_HELPER, "%s", err->text);
}

static enum ts_reason
get_local(struct ts_auth *auth)
{
    const struct ts_policy_service *section = auth->verdict.service;
    const bool is_bound = section->bound_to.len > 0;
    /* Proofs differ from one another, and so bound tokens do. */
    const struct ts_local local = {.service = auth->service,
                                   .rhost = auth->rhost,
                                   .ruser = item_of(auth->pamh, PAM_RUSER),
                                   .scopes = &section->scopes,
                                   .unique = section->single_use && !is_bound,
                                   .bound_host = is_bound ? section->bound_to.items[0] : NULL};
    struct ts_err err = {.code = 0};

    if (auth->is_stranger)
        return TS_REASON_LOCAL_HELPER;
    if (auth->login->local == TS_LOCAL_NO_TOKEN)
        return fail(auth, TS_REASON_LOCAL_HELPER, "the local helper has been asked once already");
    auth->login->local = TS_LOCAL_NO_TOKEN;
    auth->is_local = ts_local_get(&local, &auth->token, &err) == 0;
    return auth->is_local ? TS_REASON_OK : no_local_token(auth, &err);
}

/* What an earlier module asked for is taken where it can be a token. */
static const char *
first_pass(const struct ts_auth *auth)
{
    if (!auth->options.use_first_pass && !auth->options.try_first_pass)
        return NULL;
    const char *token = item_of(auth->pamh, PAM_AUTHTOK);
    if (auth->options.use_first_pass || token == NULL)
        return token;
    return ts_audit_is_token(token) ? token : NULL;
}

/* A bound service says for which host the token has to be. The line in front says why the user is
 * asked at all; a message of its own would not be seen, because sudo passes PAM_SILENT. */
static void
print_prompt(const struct ts_auth *auth, char *ret, size_t size)
{
    const size_t len = strlen(auth->no_local);

    (void)snprintf(ret, size, "%s", auth->no_local);
    ret += len;
    size -= len;
    const struct ts_list *names = &auth->verdict.service->bound_to;

    if (auth->options.prompt != NULL)
        (void)snprintf(ret, size, "%s", auth->options.prompt);
    else if (names->len > 0)
        (void)snprintf(ret, size, TS_PROMPT_BOUND, names->items[0]);
    else
        (void)snprintf(ret, size, "%s", TS_PROMPT_DEFAULT);
}

static enum ts_reason
get_prompted(struct ts_auth *auth)
{
    char prompt[sizeof(auth->no_local) + TS_PROMPT_MAX + TS_HOST_NAME_MAX];
    print_prompt(auth, prompt, sizeof(prompt));
    const struct ts_conversation conversation = {.pamh = auth->pamh,
                                                 .prompt = prompt,
                                                 .first = first_pass(auth),
                                                 .may_prompt = !auth->options.use_first_pass,
                                                 .silent =
                                                     ((unsigned)auth->flags & PAM_SILENT) != 0,
                                                 .policy = &auth->policy,
                                                 .service = auth->verdict.service,
                                                 .ret_parsed = &auth->parsed};
    struct ts_err err = {.code = 0};
    enum ts_reason reason = ts_conversation_get(&conversation, &auth->token, &err);

    return reason == TS_REASON_OK ? reason : fail(auth, reason, "%s", err.text);
}

static const struct {
    enum ts_source source;
    enum ts_reason (*get)(struct ts_auth *auth);
} getters[] = {
    {TS_SOURCE_LOCAL, get_local},
    {TS_SOURCE_PROMPT, get_prompted},
};

static enum ts_reason
get_from(struct ts_auth *auth, enum ts_source source)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(getters); i++)
        if (getters[i].source == source)
            return getters[i].get(auth);
    return fail(auth, TS_REASON_SYSTEM, "the policy names a source that does not exist");
}

static bool
yielded_none(enum ts_reason reason)
{
    return reason == TS_REASON_LOCAL_HELPER || reason == TS_REASON_TOKEN_EMPTY;
}

/* The sources in their order; the next one only where the one before has yielded no token. */
static enum ts_reason
get_token(struct ts_auth *auth)
{
    const struct ts_policy_service *service = auth->verdict.service;
    enum ts_reason reason = TS_REASON_LOCAL_HELPER;

    if (auth->login->local == TS_LOCAL_DENIED)
        return fail(auth, TS_REASON_LOCAL_HELPER,
                    "the local helper's token has been denied already");
    for (size_t i = 0; i < service->sources_len && yielded_none(reason); i++) {
        ts_token_release(&auth->parsed);
        ts_secret_clear(&auth->token);
        reason = get_from(auth, service->sources[i]);
    }
    return reason;
}

static enum ts_reason
check_replay(struct ts_auth *auth)
{
    const struct ts_verdict *verdict = &auth->verdict;
    const bool is_bound = verdict->service->bound_to.len > 0;
    const int64_t good_until = is_bound ? verdict->proof_expires : verdict->expires;
    struct ts_replay_entry entry = {.key_id = verdict->key_id,
                                    .keep_until = good_until + REPLAY_SLACK};
    struct ts_err err = {.code = 0};

    if (!verdict->service->single_use)
        return TS_REASON_OK;
    memcpy(entry.digest, is_bound ? verdict->proof_digest : verdict->digest, sizeof(entry.digest));
    const struct ts_rundir_now now = ts_rundir_now();
    int rc = ts_replay_record(&entry, &now, &err);
    if (rc == 0)
        return TS_REASON_OK;
    enum ts_reason reason = rc == TS_ERR_REFUSED ? TS_REASON_REPLAYED
                            : rc == TS_ERR_NOMEM ? TS_REASON_NOMEM
                                                 : TS_REASON_REPLAY_STORE;
    return fail(auth, reason, "%s", err.text);
}

/* The steps in their order. A reason that is not TS_REASON_OK ends the whole. */
static const struct {
    enum ts_reason (*run)(struct ts_auth *auth);
    const char *done; /* for `debug` */
} steps[] = {
    {read_items, "the handle's items are read"},
    {read_arguments, "the arguments are valid"},
    {load_policy, "the policy is loaded"},
    {find_section, "the policy has a section for the service"},
    {read_user, "the user's name is known"},
    {find_user, "the user was looked up"},
    {check_local_rules, "the local rules are passed"},
    {get_token, "a token was given"},
    {check_token, "the token passed the rules"},
    {check_same_user, "PAM_USER is the same"},
    {check_replay, "the token was not used before"},
};

static enum ts_reason
run_steps(struct ts_auth *auth)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(steps); i++) {
        enum ts_reason reason = steps[i].run(auth);

        if (reason != TS_REASON_OK)
            return reason;
        if (auth->options.debug)
            ts_audit_note(auth->pamh, LOG_DEBUG, "%s", steps[i].done);
    }
    return TS_REASON_OK;
}

/* Strangers were asked and their token was checked like everybody else's. Whatever it was,
 * they and the next module get one answer: no key names them. */
static enum ts_reason
hide_from_stranger(struct ts_auth *auth, enum ts_reason reason)
{
    int code = ts_result_code(reason);

    if (!auth->is_stranger ||
        (code != PAM_AUTH_ERR && code != PAM_AUTHINFO_UNAVAIL && code != PAM_SUCCESS))
        return reason;
    return ts_decide_unknown_user(&auth->policy, auth->user, &auth->verdict);
}

static void
begin_login(struct ts_auth *auth)
{
    const struct ts_session_token token = {.service = auth->service,
                                           .user = auth->user,
                                           .token = &auth->token,
                                           .expires = auth->verdict.expires};

    if (auth->token.data[auth->token.len - 1] == '\n')
        ts_secret_truncate(&auth->token, auth->token.len - 1);
    /* A proof is for this host alone, and soon too old. */
    ts_secret_truncate(&auth->token, ts_proof_token_len(auth->token.data, auth->token.len));
    auth->login->by_token = true;
    if (auth->subject.exists)
        ts_session_prepare(auth->pamh, auth->login, &token);
}

int
ts_auth(pam_handle_t *pamh, int flags, int argc, const char *const *argv)
{
    TS_CLEANUP(release_auth)
    struct ts_auth auth = {.pamh = pamh,
                           .flags = flags,
                           .argc = argc,
                           .argv = argv,
                           .token = TS_SECRET_INIT(TS_ANSWER_MAX)};

    auth.verdict.reason = hide_from_stranger(&auth, run_steps(&auth));
    if (auth.is_local && ts_result_code(auth.verdict.reason) == PAM_AUTH_ERR)
        auth.login->local = TS_LOCAL_DENIED;
    const struct ts_audit audit = {
        .user = auth.user, .service = auth.service, .rhost = auth.rhost, .verdict = &auth.verdict};
    ts_audit_decision(pamh, &audit);
    if (auth.policy.logs_logins)
        ts_spool_decision(pamh, &audit, auth.subject.exists);
    if (auth.verdict.reason == TS_REASON_OK)
        begin_login(&auth);
    return ts_result_code(auth.verdict.reason);
}
