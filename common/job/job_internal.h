/* What the two halves of the worker's protocol share. */
#ifndef TS_JOB_INTERNAL_H
#define TS_JOB_INTERNAL_H

#include "common/base/cleanup.h"
#include "common/json/fields.h"
#include "common/base/secret.h"

#define TS_FIELD_TABLE(fields)                                                                     \
    {                                                                                              \
        (fields), TS_ARRAY_LEN(fields)                                                             \
    }

/* Turns the result of writing `text` into an error with its text. 0, TS_ERR_TOO_LARGE or
 * TS_ERR_NOMEM. */
int ts_job_report_write(int rc, const struct ts_secret *text, struct ts_err *err);

#endif
