#include "helper/doctor/pam/pam_simulate.h"

#include <string.h>

#include "common/base/cleanup.h"

#define MODULE "pam_thrivestack"

/* Linux-PAM's numbers, which are the same in every version (_pam_types.h). */
enum {
    SUCCESS = 0,
    PERM_DENIED = 6,
    AUTH_ERR = 7,
    AUTHINFO_UNAVAIL = 9,
    USER_UNKNOWN = 10,
    CRED_ERR = 17,
    IGNORE = 25,
};

/* What the module can return other than success; pam_thrivestack(8). */
static const struct {
    int code;
    const char *name;
} failures[] = {
    {AUTH_ERR, "auth_err"},
    {USER_UNKNOWN, "user_unknown"},
    {AUTHINFO_UNAVAIL, "authinfo_unavail"},
    {19, "conv_err"},
    {5, "buf_err"},
    {4, "system_err"},
};

/* Modules that check no secret: what their authenticate and their setcred return for an ordinary
 * login. For others, see struct pam_answers. */
static const struct known {
    const char *module;
    int auth;
    int setcred;
} known[] = {
    {"pam_permit", SUCCESS, SUCCESS},
    {"pam_deny", AUTH_ERR, CRED_ERR},
    {"pam_env", SUCCESS, SUCCESS},
    {"pam_faildelay", IGNORE, IGNORE},
    {"pam_nologin", IGNORE, IGNORE},
    {"pam_securetty", SUCCESS, SUCCESS},
    {"pam_shells", SUCCESS, SUCCESS},
    {"pam_group", SUCCESS, SUCCESS},
    {"pam_cap", IGNORE, IGNORE},
    {"pam_warn", IGNORE, IGNORE},
    {"pam_access", SUCCESS, IGNORE},
    {"pam_time", SUCCESS, SUCCESS},
    {"pam_issue", IGNORE, IGNORE},
    {"pam_rootok", AUTH_ERR, SUCCESS},
    {"pam_wheel", IGNORE, SUCCESS},
    {"pam_faillock", IGNORE, SUCCESS},
    {"pam_tally2", SUCCESS, SUCCESS},
    {"pam_usertype", SUCCESS, IGNORE},
    {"pam_localuser", SUCCESS, SUCCESS},
    {"pam_keyinit", SUCCESS, SUCCESS},
    {"pam_gnome_keyring", IGNORE, SUCCESS},
    {"pam_kwallet5", IGNORE, SUCCESS},
    {"pam_mount", IGNORE, SUCCESS},
    {"pam_echo", IGNORE, IGNORE},
    {"pam_exec", IGNORE, IGNORE},
    {"pam_setquota", IGNORE, IGNORE},
    {"pam_listfile", SUCCESS, SUCCESS},
    {"pam_selinux_permit", IGNORE, IGNORE},
    {"pam_sepermit", IGNORE, IGNORE},
    {"pam_ssh_add", IGNORE, SUCCESS},
    {"pam_reauthorize", IGNORE, IGNORE},
    {"pam_succeed_if", SUCCESS, IGNORE},
    {"pam_motd", IGNORE, IGNORE},
    {"pam_umask", IGNORE, IGNORE},
    {"pam_loginuid", IGNORE, IGNORE},
};

/* What libpam remembers on each level of a stack. */
enum impression { UNDEFINED, POSITIVE, NEGATIVE };

struct state {
    enum impression impression;
    int status;
};

struct run {
    const struct pam_stack *stack;
    size_t at;
    struct state now;
    struct state saved[PAM_STACK_DEPTH_MAX + 2]; /* as a level began, for `reset` */
    bool broken;                                 /* a jump beyond the end */
};

/* Moves to the last line of what is nested right behind this one. */
static bool
step_over(struct run *run, unsigned level)
{
    const struct pam_stack *stack = run->stack;

    if (run->at + 1 >= stack->len || stack->lines[run->at + 1].level < level)
        return false;
    do
        run->at++;
    while (run->at + 1 < stack->len && stack->lines[run->at + 1].level > level);
    return true;
}

static void
accept(struct state *state, int code)
{
    if (state->impression != UNDEFINED &&
        !(state->impression == POSITIVE && state->status == SUCCESS))
        return;
    state->impression = POSITIVE;
    state->status = code;
}

static void
deny(struct state *state, int code)
{
    if (state->impression == NEGATIVE)
        return;
    state->impression = NEGATIVE;
    state->status = code != IGNORE ? code : PERM_DENIED;
}

/* The rest of this level is decided. */
static void
end_level(struct run *run, unsigned level)
{
    while (run->at + 1 < run->stack->len && run->stack->lines[run->at + 1].level >= level)
        run->at++;
}

static void
act(struct run *run, unsigned level, int action, int code)
{
    switch (action) {
    case PAM_ACTION_IGNORE:
        return;
    case PAM_ACTION_RESET:
        run->now = run->saved[level];
        return;
    case PAM_ACTION_OK:
    case PAM_ACTION_DONE:
        accept(&run->now, code);
        if (action == PAM_ACTION_DONE && run->now.impression == POSITIVE)
            end_level(run, level);
        return;
    case PAM_ACTION_BAD:
    case PAM_ACTION_DIE:
        deny(&run->now, code);
        if (action == PAM_ACTION_DIE)
            end_level(run, level);
        return;
    default:
        for (; action > 0 && !run->broken; action--)
            run->broken = !step_over(run, level);
    }
}

int
pam_simulate(const struct pam_stack *stack, pam_answer_fn answer, const void *context)
{
    struct run run = {.stack = stack, .now = {UNDEFINED, PERM_DENIED}};
    unsigned level = 0;

    run.saved[0] = run.now;
    for (; run.at < stack->len && !run.broken; run.at++) {
        const struct pam_line *line = &stack->lines[run.at];

        for (; level < line->level; level++)
            run.saved[level + 1] = run.now;
        level = line->level;
        if (line->module == NULL)
            continue;
        int code = answer(context, line);
        if (code < 0 || code >= PAM_STACK_CODES)
            code = PERM_DENIED;
        act(&run, level, line->actions[code], code);
    }
    if (run.broken)
        return PERM_DENIED;
    return run.now.status == SUCCESS && run.now.impression != POSITIVE ? PERM_DENIED
                                                                       : run.now.status;
}

static const struct known *
find_known(const struct pam_line *line)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(known); i++)
        if (pam_line_is(line, known[i].module))
            return &known[i];
    return NULL;
}

/* As pam_answers, but for one line, which may be NULL. */
struct assumption {
    const struct pam_answers *answers;
    const struct pam_line *exception;
    int code;
    bool is_setcred;
};

static int
assume(const void *context, const struct pam_line *line)
{
    const struct assumption *assumption = context;
    const struct known *module = find_known(line);

    if (line == assumption->exception)
        return assumption->code;
    if (pam_line_is(line, MODULE))
        return assumption->answers->ours;
    if (module == NULL)
        return assumption->answers->password;
    return assumption->is_setcred ? module->setcred : module->auth;
}

int
pam_simulate_answers(const struct pam_stack *stack, const struct pam_answers *answers)
{
    return pam_simulate_with(stack, answers, NULL, 0);
}

int
pam_simulate_with(const struct pam_stack *stack, const struct pam_answers *answers,
                  const struct pam_line *line, int code)
{
    const struct assumption assumption = {answers, line, code, false};

    return pam_simulate(stack, assume, &assumption);
}

bool
pam_line_checks_no_secret(const struct pam_line *line)
{
    return find_known(line) != NULL;
}

const struct pam_line *
pam_stack_find_module(const struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->len; i++)
        if (pam_line_is(&stack->lines[i], MODULE))
            return &stack->lines[i];
    return NULL;
}

static bool
opens(const struct pam_stack *stack, int ours, int password)
{
    const struct pam_answers answers = {ours, password};

    return pam_simulate_answers(stack, &answers) == SUCCESS;
}

/* Whether pam_setcred succeeds in a process that has not authenticated anybody: sshd's parent,
 * whose child did, and cron. libpam then goes by what each module's setcred returns. */
static bool
sets_credentials(const struct pam_stack *stack, int ours)
{
    const struct pam_answers answers = {ours, SUCCESS};
    const struct assumption assumption = {.answers = &answers, .is_setcred = true};

    return pam_simulate(stack, assume, &assumption) == SUCCESS;
}

/* The first failure of the module with which the stack still opens, or NULL. */
static const char *
first_opening(const struct pam_stack *stack, int password)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(failures); i++)
        if (opens(stack, failures[i].code, password))
            return failures[i].name;
    return NULL;
}

void
pam_rate_auth(const struct pam_stack *stack, struct pam_rating *ret)
{
    bool token_alone = opens(stack, SUCCESS, AUTH_ERR);
    bool both = opens(stack, SUCCESS, SUCCESS);
    bool is_factor = both && !token_alone && !opens(stack, AUTH_ERR, SUCCESS);

    *ret = (struct pam_rating){
        .fails_open = first_opening(stack, AUTH_ERR),
        .factor_skipped = is_factor ? first_opening(stack, SUCCESS) : NULL,
        .no_fallback = !is_factor && !opens(stack, USER_UNKNOWN, SUCCESS),
        .no_outage_fallback = !is_factor && !opens(stack, AUTHINFO_UNAVAIL, SUCCESS),
    };
    ret->no_effect = ret->fails_open == NULL && !is_factor && !token_alone;
    ret->refuses_others = !is_factor && !ret->no_fallback && !sets_credentials(stack, IGNORE);
    ret->refuses_tokens = token_alone && !sets_credentials(stack, SUCCESS);
}

bool
pam_denies_setcred(const struct pam_stack *stack)
{
    return !sets_credentials(stack, IGNORE);
}

bool
pam_denies_account(const struct pam_stack *stack)
{
    return !opens(stack, IGNORE, SUCCESS);
}

bool
pam_line_skips_strangers(const struct pam_line *line)
{
    return line->actions[USER_UNKNOWN] == PAM_ACTION_IGNORE &&
           line->actions[AUTH_ERR] != PAM_ACTION_IGNORE;
}
