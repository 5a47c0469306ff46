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

/* Appends the object as text. 0, TS_ERR_TOO_LARGE or TS_ERR_NOMEM. */
int ts_job_print(struct ts_json *object, struct ts_secret *ret, struct ts_err *err);

#endif
