/*
 * The clients: one const table, one row each. A new client is one row in clients.c and one file in
 * helper/client. The commands, `setup`, `doctor`, the completions and the symbolic links that are
 * installed follow from the rows.
 */
#ifndef HELPER_CLIENTS_H
#define HELPER_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "helper/command.h"

struct setup;
struct client_file;
struct doctor;

struct client {
    struct command command; /* its alias is the name of a symbolic link that is installed */
    const char *link;       /* a link in libexecdir, for those who want it in their PATH, or NULL */
    const char *setup;      /* what `setup` calls it, or NULL */
    bool has_host;          /* `setup` is for one host */
    const struct client_file
        *file; /* where it finds this program; or NULL, with a plan of its own */
    int (*plan)(struct setup *setup, struct ts_err *err);
    int (*check)(struct doctor *doctor, struct ts_err *err); /* for `doctor`, or NULL */
};

/* Walks the table; NULL past its end. */
const struct client *client_at(size_t index);

/* Whether it is the command of a client with a syntax of its own. */
bool client_has_own_syntax(const char *name);

/* The client that `setup` calls by this name, or NULL. */
const struct client *client_find_setup(const char *name);

/* Appends the names that `setup` knows, `git, docker`. Returns as ts_secret_append. */
int client_list_setups(struct ts_secret *ret);

#endif
