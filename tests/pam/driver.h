/*
 * What the programs that speak PAM here share: a conversation that answers from files, the options
 * that say how a host behaves, and syslog caught before it leaves the process.
 */
#ifndef TESTS_PAM_DRIVER_H
#define TESTS_PAM_DRIVER_H

#include <security/pam_appl.h>
#include <stddef.h>
#include <stdio.h>

#define ANSWERS_MAX 16

struct script {
    const char *answers[ANSWERS_MAX]; /* files; what is in them is the answer, to the byte */
    size_t answers_len;
    int repeats;          /* further prompts get the last answer again */
    size_t fails;         /* the prompt, counted from 1, at which the conversation fails; 0: none */
    size_t ends;          /* the prompt that gets no answer, as at a terminal after ^D */
    int silent;           /* print nothing */
    size_t prompts;       /* counted here */
    pam_handle_t *pamh;   /* with new_user */
    const char *new_user; /* whom each prompt makes PAM_USER; NULL: it stays */
};

/* A pam_conv function whose appdata is a struct script. Prints `prompt TEXT`, `info TEXT` and
 * `error TEXT`. */
int script_converse(int count, const struct pam_message **messages, struct pam_response **ret,
                    void *data);

/* A host: what it passes to libpam. */
struct driver {
    pam_handle_t *pamh;
    struct script script;
    int flags;
    const char *rhost, *ruser, *variable;
};

/* Reads the options of pam-driver, which stays valid as long as `argv` does. Returns the index of
 * the first word that is no option, or ends the program. */
int driver_read_options(struct driver *driver, int argc, char **argv);

/* Opens driver->pamh, or ends the program. The driver does not move until pam_end. */
void driver_start(struct driver *driver, const char *service, const char *user,
                  const char *confdir);

/* Where conversation and log are printed to; stdout while it is NULL. */
extern FILE *driver_output;

/* What syslog(3) would send is printed as `log PRIORITY TEXT` instead, unless this is set. */
extern int log_is_quiet;

/* "PAM_SUCCESS" and so on. */
const char *pam_code_name(int code);

#endif
