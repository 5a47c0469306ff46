/* The Match blocks of sshd_config(5). What they say is not in `sshd -T`, which is about a
 * connection that no block is for. */
#ifndef HELPER_SSHD_MATCH_H
#define HELPER_SSHD_MATCH_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"

struct sshd_matches {
    struct ts_list users; /* whom `Match User` names, without patterns, each once */
    /* Blocks, fit to print, with file and line: */
    struct ts_list no_prompts; /* no keyboard-interactive, so their people get no token's prompt */
    struct ts_list no_passwords; /* PasswordAuthentication no, and nothing about the above */
};
#define SSHD_MATCHES_INIT                                                                          \
    {                                                                                              \
        {NULL, 0}, {NULL, 0},                                                                      \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }
void sshd_matches_release(struct sshd_matches *matches);

/* Adds what the blocks in the text of a file say. 0 or TS_ERR_NOMEM. */
int sshd_matches_add(const char *file, const struct ts_secret *text, struct sshd_matches *ret,
                     struct ts_err *err);

/* The same of sshd_config and sshd_config.d; files that cannot be read are left out. */
int sshd_matches_read(struct sshd_matches *ret, struct ts_err *err);

#endif
