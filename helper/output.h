/*
 * What leaves the program. An answer is built in memory and written once, so that standard output
 * carries all of it or nothing; an error is one line on standard error.
 */
#ifndef HELPER_OUTPUT_H
#define HELPER_OUTPUT_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define OUTPUT_MAX ((size_t)1024 * 1024)
#define OUTPUT_ANSWER_MAX ((size_t)64 * 1024 * 1024) /* 10,000 keys as JSON are some 5 MiB */
#define OUTPUT_TEXT_MAX (TS_ERR_TEXT_MAX + TS_ERR_ID_MAX + 64)

/*
 * To be called first: makes sure that descriptors 0 to 2 are open, so that no file opened later
 * becomes one of them, and that a reader who went away is an error and not a signal. Returns
 * whether standard output was open.
 */
bool output_prepare(void);

/* Writes and closes standard output. An empty answer is not written. Returns 0 or TS_ERR_OUTPUT. */
int output_write(bool stdout_open, const struct ts_secret *answer, struct ts_err *err);

/* One line on standard error: `thrivestack-credential: TEXT`, with the HTTP status and response_id
 * where there are any. Needs no memory, as that may be what there is none of. */
void output_error(const struct ts_err *err);

/* The text of an error, as output_error prints it. */
void output_error_text(const struct ts_err *err, char ret[OUTPUT_TEXT_MAX]);

#endif
