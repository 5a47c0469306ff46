/*
 * What the module writes to syslog (authpriv). Every authentication ends in exactly one line:
 *
 *     result=denied reason=expired user=alice service=sshd rhost=192.0.2.7 key=KEYID
 *     token=0123456789abcdef: the token expired 40 s ago
 *
 * (one line, shown as two). Values that others chose are escaped, so that a line has one reading.
 * Never a token, never a part of one: `token` is the beginning of its SHA-256.
 */
#ifndef PAM_AUDIT_H
#define PAM_AUDIT_H

#include <security/pam_modules.h>
#include <stddef.h>

#include "common/policy/decide.h"

struct ts_audit {
    const char *user; /* NULL where unknown; so are the next two */
    const char *service;
    const char *rhost;
    const struct ts_verdict *verdict;
};

/* The one line of a decision. */
void ts_audit_decision(pam_handle_t *pamh, const struct ts_audit *audit);

/* A line beside it; `format` gives text that holds no secret, and is escaped like all others. */
void ts_audit_note(pam_handle_t *pamh, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Copies a value that others chose: control characters, blanks, quotes, `\`, `=` and everything
 * outside ASCII become \xHH. A value that does not fit into size bytes ends in "...". An empty one
 * becomes "-", and so does one that is likely to hold a token, or a part of one, typed in the wrong
 * place.
 */
void ts_audit_escape(char *ret, size_t size, const char *value);

/* Whether a text given as something else is likely to hold a token, or a part of one. */
bool ts_audit_has_secret(const char *value);

/* Whether a password is likely to be a token, or the beginning of one. */
bool ts_audit_is_token(const char *value);

#endif
