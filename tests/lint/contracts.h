/*
 * What clang-tidy, which sees one file at a time, needs to know of the others: whoever returns what
 * these return, fails. Put in front of every file by tests/check, but for common/base/error.c
 * itself.
 */
#ifndef TS_LINT_CONTRACTS_H
#define TS_LINT_CONTRACTS_H

#include "../../common/base/error.h"

#define ts_err_set(...) ((void)ts_err_set(__VA_ARGS__), TS_ERR_SYSTEM)
#define ts_err_errno(...) ((void)ts_err_errno(__VA_ARGS__), TS_ERR_SYSTEM)
#define ts_err_nomem(...) ((void)ts_err_nomem(__VA_ARGS__), TS_ERR_NOMEM)

#endif
