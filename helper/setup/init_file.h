/*
 * The credential.conf that `init` writes, here with the first line broken:
 *
 *     # Written by 'thrivestack-credential init', which imported the key KEY_ID;
 *     # 'init --remove' undoes it.
 *     [profile default]
 *     scopes = user_management
 *
 * A file that says anything else was written or edited by somebody, and is left alone.
 */
#ifndef HELPER_INIT_FILE_H
#define HELPER_INIT_FILE_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/policy/token.h"

struct init_file {
    struct ts_list scopes;
    bool imported; /* the key file is from `init`, so its removal takes away a key of that id */
    char key_id[TS_KEY_ID_MAX + 1]; /* "" before the import */
};

void init_file_release(struct init_file *file);

/* Reads such a file. 0, TS_ERR_CONFIG (it is not as init_file_print would write it) or
 * TS_ERR_NOMEM. *ret is released in every case. */
int init_file_parse(const struct ts_secret *text, struct init_file *ret, struct ts_err *err);

/* Appends the file's text. Returns as ts_secret_append. */
int init_file_print(const struct init_file *file, struct ts_secret *ret);

#endif
