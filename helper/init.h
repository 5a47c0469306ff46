/*
 * `init`: the first steps of a user, in one command. It asks for the scopes, the downloaded key and
 * the hosts of git, docker and ssh; shows what it will change; imports the key, writes
 * credential.conf and sets the clients up; and runs doctor. Nothing is written before all questions
 * are answered. `init --remove` undoes it.
 */
#ifndef HELPER_INIT_H
#define HELPER_INIT_H

#include "helper/helper.h"
#include "helper/setup/init_file.h"
#include "helper/setup/plan.h"

#define INIT_CLIENTS 3

struct init {
    struct helper *helper;
    struct setup setup;
    const struct ts_profile *profile; /* `default` */
    struct setup_file file;           /* credential.conf */
    struct init_file content;         /* what the file is to say */
    struct ts_secret *conf_text;      /* that, in setup.steps; or NULL */
    bool keeps_file;                  /* it exists, and somebody else wrote it */
    bool had_key;                     /* the key file exists already */
    char *download;                   /* absolute, or NULL: the key stays as it is */
    struct ts_list hosts[INIT_CLIENTS];
};

/* What `setup` calls the clients that init knows, in the order of init->hosts. */
extern const char *const init_clients[INIT_CLIENTS];

/* init_answers.c. Fills in content.scopes, download and hosts, from the options and by asking. */
int init_get_answers(struct init *init, struct ts_err *err);

/* init_remove.c. Plans to undo everything that init and setup did for this user, and carries it
 * out. */
int init_remove(struct init *init, const struct setup_consent *consent, struct ts_err *err);

/* Prepares init->setup for one host of one client, and adds that client's plan to it. */
int init_plan_client(struct init *init, const char *client, const char *host, struct ts_err *err);

/* setup.c. The local user's name, for a section that is made; none where there is none. */
int setup_find_username(struct setup *setup, struct ts_err *err);

#endif
