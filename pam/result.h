/*
 * From a reason to what PAM is told, and from an error to a reason: the module's only translations.
 */
#ifndef PAM_RESULT_H
#define PAM_RESULT_H

#include "common/policy/decide.h"

/* The PAM return code for a reason; PAM_SYSTEM_ERR for a value that is none. PAM_SUCCESS stands for
 * TS_REASON_OK alone. */
int ts_result_code(enum ts_reason reason);

/* The word in the audit line: accepted, denied, or unavailable (it could not be checked). */
const char *ts_result_word(enum ts_reason reason);

/* The reason that a failure with a negative enum ts_error gives. */
enum ts_reason ts_result_reason(int error);

#endif
