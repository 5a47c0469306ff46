/* What the table in helper/clients.c takes from the files of each client. */
#ifndef HELPER_CLIENT_CLIENTS_H
#define HELPER_CLIENT_CLIENTS_H

#include "common/base/error.h"

struct setup;

/* The plan of `setup CLIENT`. */
int setup_git(struct setup *setup, struct ts_err *err);
int setup_docker(struct setup *setup, struct ts_err *err);
int setup_ssh(struct setup *setup, struct ts_err *err);
int setup_sudo(struct setup *setup, struct ts_err *err);

#endif
