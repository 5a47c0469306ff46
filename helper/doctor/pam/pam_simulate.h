/*
 * What a stack allows, found by running it as libpam's dispatcher does, with assumed return codes
 * of its modules, so that every shape of stack is rated by its effect.
 */
#ifndef HELPER_PAM_SIMULATE_H
#define HELPER_PAM_SIMULATE_H

#include <stdbool.h>

#include "helper/doctor/pam/pam_stack.h"

/* What the modules return. */
struct pam_answers {
    int ours;     /* pam_thrivestack */
    int password; /* every module that checks a secret, and unknown ones */
};

/* The return code of a whole auth stack. pam_permit, pam_deny and modules that check no secret
 * return what they always do. */
int pam_simulate_answers(const struct pam_stack *stack, const struct pam_answers *answers);

/* The same, but that this one line of the stack returns `code`. */
int pam_simulate_with(const struct pam_stack *stack, const struct pam_answers *answers,
                      const struct pam_line *line, int code);

/* The same for any answers: `answer` is asked for each line that is reached. */
typedef int (*pam_answer_fn)(const void *context, const struct pam_line *line);
int pam_simulate(const struct pam_stack *stack, pam_answer_fn answer, const void *context);

/* What is wrong with an auth stack that names the module; each is a name of a return code of
 * ours that shows it, or NULL where nothing is wrong. */
struct pam_rating {
    const char *fails_open;     /* success, with neither a token nor a password */
    const char *factor_skipped; /* token and password are both asked for, but for this code */
    bool no_fallback;           /* a user whom no key names cannot get in by password */
    bool no_outage_fallback;    /* with a broken policy.conf nobody gets in */
    bool no_effect;             /* a token changes nothing */
    bool refuses_others;        /* pam_setcred refuses who got in without a token; see below */
    bool refuses_tokens;        /* pam_setcred refuses who got in by token */
};
void pam_rate_auth(const struct pam_stack *stack, struct pam_rating *ret);

/*
 * Whether pam_setcred fails in a process that has not authenticated anybody, as cron's and sshd's
 * parent: there the module's setcred returns PAM_IGNORE unless the login was by token, and libpam,
 * which has no result of authenticate to go by, applies the control to that.
 */
bool pam_denies_setcred(const struct pam_stack *stack);

/* Whether an account stack refuses everybody, though its other modules accept. */
bool pam_denies_account(const struct pam_stack *stack);

/* Whether a line's control singles out users whom the module does not know, to go on without it; it
 * answers so, too, where no section serves the service. `sufficient`, which goes on whatever the
 * failure, does not single them out. */
bool pam_line_skips_strangers(const struct pam_line *line);

/* Whether a line's module is one of those that are known to check no secret. */
bool pam_line_checks_no_secret(const struct pam_line *line);

/* The first line of the module, or NULL. */
const struct pam_line *pam_stack_find_module(const struct pam_stack *stack);

#endif
