/*
 * `key`: the API key itself, by jobs of the worker. This program never sees a private key.
 */
#ifndef HELPER_KEY_H
#define HELPER_KEY_H

#include <stdint.h>

#include "common/base/error.h"
#include "common/job/job.h"
#include "helper/helper.h"

/* The operations, as `answer` of struct command. */
int key_import(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
/* The same for a file given by its absolute path, whatever the arguments are. */
int key_import_file(struct helper *helper, char *download, char ret_key_id[TS_KEY_ID_MAX + 1],
                    struct ts_secret *answer, struct ts_err *err);
int key_public(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
int key_check(struct helper *helper, struct ts_secret *answer, struct ts_err *err);

/* Writes the key to standard output, unread, for --piped-key. */
int key_export(struct helper *helper, struct ts_secret *answer, struct ts_err *err);

#endif
