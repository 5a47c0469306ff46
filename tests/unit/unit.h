/* What every table-driven test needs: cmocka with its prerequisites, and a check that names the
 * case it failed in. */
#ifndef TS_UNIT_H
#define TS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/cleanup.h"

/* For what this environment cannot do. tests/job counts the line. */
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        (void)printf("skipped %s: %s\n", __func__, (reason));                                      \
        (void)fflush(stdout);                                                                      \
        skip();                                                                                    \
    } while (0)

#define CHECK(name, condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("case %s: %s", (name), #condition);                                           \
    } while (0)

#define CHECK_INT(name, actual, expected)                                                          \
    do {                                                                                           \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);                \
        if (actual_ != expected_)                                                                  \
            fail_msg("case %s: %s is %lld, not %lld", (name), #actual, actual_, expected_);        \
    } while (0)

/* NULL equals only NULL. */
#define CHECK_TEXT(name, actual, expected)                                                         \
    do {                                                                                           \
        const char *actual_ = (actual), *expected_ = (expected);                                   \
        if ((actual_ == NULL) != (expected_ == NULL) ||                                            \
            (actual_ != NULL && strcmp(actual_, expected_) != 0))                                  \
            fail_msg("case %s: %s is '%s', not '%s'", (name), #actual,                             \
                     actual_ != NULL ? actual_ : "(null)",                                         \
                     expected_ != NULL ? expected_ : "(null)");                                    \
    } while (0)

#define CHECK_CONTAINS(name, actual, part)                                                         \
    do {                                                                                           \
        if (strstr((actual), (part)) == NULL)                                                      \
            fail_msg("case %s: '%s' does not hold '%s'", (name), (actual), (part));                \
    } while (0)

#endif
