/*
 * A file in credential.conf.d that `setup` writes for one host, and rewrites whole as clients come
 * and go:
 *
 *     # Written by 'thrivestack-credential setup' for: git ssh
 *     [host git.example.com]
 *     username = alice
 *     askpass = yes
 *     bound = yes
 *
 * A file that says anything else was edited by somebody, and is left alone.
 */
#ifndef HELPER_HOST_FILE_H
#define HELPER_HOST_FILE_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

struct host_file {
    struct ts_list clients; /* those that use the section: "git", "ssh" */
    char *profile;          /* or NULL */
    char *username;         /* or NULL */
    bool askpass;
    bool bound;
};

void host_file_release(struct host_file *file);

/* The name of a host's file. A byte that is not a letter, a digit, a dot or a hyphen becomes _XX,
 * so that no two hosts share a name. *ret is the caller's to free. 0, TS_ERR_CONFIG (too long) or
 * TS_ERR_NOMEM. */
int host_file_name(const char *host, char **ret, struct ts_err *err);

/* Reads such a file; an empty text is one without clients. 0, TS_ERR_CONFIG (it is not as
 * host_file_print would write it) or TS_ERR_NOMEM. *ret is released in every case. */
int host_file_parse(const struct ts_secret *text, const char *host, struct host_file *ret,
                    struct ts_err *err);

/* Whether the text, as it is, says that it was written for the client. False without memory. */
bool host_file_is_for(const struct ts_secret *text, const char *client);

/* Appends the file's text; nothing where it has no clients. Returns as ts_secret_append. */
int host_file_print(const struct host_file *file, const char *host, struct ts_secret *ret);

#endif
