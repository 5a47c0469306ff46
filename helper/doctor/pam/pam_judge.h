/*
 * What a stack does, found out by going through it as Linux-PAM does (libpam's dispatcher), with
 * assumed answers of its modules: so every shape is judged by its effect, not by its looks.
 */
#ifndef HELPER_PAM_JUDGE_H
#define HELPER_PAM_JUDGE_H

#include <stdbool.h>

#include "helper/doctor/pam/pam_stack.h"

/* What the modules answer. */
struct pam_answers {
    int ours;     /* pam_thrivestack's return code */
    int password; /* of every module that checks somebody's secret, and of unknown ones */
};

/* The return code of the whole stack, whose modules answer so. pam_permit, pam_deny and modules
 * that check no secret answer as they do. */
int pam_judge_run(const struct pam_stack *stack, const struct pam_answers *answers);

/* The same for any answers: `answer` is asked for each line that is reached. */
typedef int (*pam_answer_fn)(const void *context, const struct pam_line *line);
int pam_judge_simulate(const struct pam_stack *stack, pam_answer_fn answer, const void *context);

/* What is wrong with an auth stack that names the module; each is a name of a return code of
 * ours that shows it, or NULL where nothing is wrong. */
struct pam_judgement {
    const char *fails_open;     /* success, with neither a token nor a password */
    const char *factor_skipped; /* token and password are both asked for, but for this code */
    bool no_fallback;           /* a user whom no key names cannot get in by password */
    bool no_outage_fallback;    /* with a broken policy.conf nobody gets in */
    bool no_effect;             /* a token changes nothing */
};
void pam_judge_auth(const struct pam_stack *stack, struct pam_judgement *ret);

/* Whether an account stack refuses everybody, though its other modules accept. */
bool pam_judge_account_denies(const struct pam_stack *stack);

/* Whether a line's control singles out users whom the module does not know, to go on without it; it
 * answers so, too, where no section serves the service. `sufficient`, which goes on whatever the
 * failure, does not single them out. */
bool pam_judge_skips_strangers(const struct pam_line *line);

/* The first line of the module, or NULL. */
const struct pam_line *pam_judge_find(const struct pam_stack *stack);

#endif
