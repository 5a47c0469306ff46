#include "pam/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <security/pam_ext.h>

#include "pam/result.h"

/* The shortest header that a token can have is longer than this, and few names are. */
#define HEADER_LEN_MIN 24

/* Longer than any key id, and than a label of a host's name: a piece from the middle of a token. */
#define PIECE_LEN_MIN 80

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define BASE64URL LETTERS "0123456789_-"

bool
ts_audit_is_token(const char *value)
{
    return strncmp(value, "eyJ", 3) == 0 &&
           (strchr(value, '.') != NULL || strlen(value) >= HEADER_LEN_MIN);
}

bool
ts_audit_has_secret(const char *value)
{
    while (*value != '\0') {
        size_t len = strspn(value, BASE64URL);
        const char *header = memmem(value, len, "eyJ", 3);

        if (len >= PIECE_LEN_MIN)
            return true;
        if (header != NULL && value + len - header >= HEADER_LEN_MIN)
            return true;
        value += len + (value[len] != '\0' ? 1 : 0);
    }
    return false;
}

void
ts_audit_escape(char *ret, size_t size, const char *value)
{
    if (value[0] == '\0' || ts_audit_has_secret(value))
        (void)snprintf(ret, size, "-");
    else if (strcmp(value, "-") == 0)
        (void)snprintf(ret, size, "\\x2d");
    else
        ts_text_escape(ret, size, value, TS_TEXT_NOT_IN_NAMES);
}

static void
print_token(char ret[17], const struct ts_verdict *verdict)
{
    if (!verdict->has_digests) {
        memcpy(ret, "-", 2);
        return;
    }
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(ret + 2 * i, 3, "%02x", verdict->token_digest[i]);
}

static int
priority_of(enum ts_reason reason)
{
    return strcmp(ts_result_word(reason), "unavailable") == 0 ? LOG_ERR : LOG_NOTICE;
}

void
ts_audit_decision(pam_handle_t *pamh, const struct ts_audit *audit)
{
    const struct ts_verdict *verdict = audit->verdict;
    char user[160], service[80], rhost[280], token[17], key[TS_KEY_ID_MAX + 8], text[1024];

    ts_audit_escape(user, sizeof(user), audit->user != NULL ? audit->user : "");
    ts_audit_escape(service, sizeof(service), audit->service != NULL ? audit->service : "");
    ts_audit_escape(rhost, sizeof(rhost), audit->rhost != NULL ? audit->rhost : "");
    ts_text_escape(key, sizeof(key), verdict->key_id[0] != '\0' ? verdict->key_id : "-", "");
    print_token(token, verdict);
    /* A sentence may quote the user's name, and that name may be a token. */
    if (audit->user != NULL && ts_audit_has_secret(audit->user))
        (void)snprintf(text, sizeof(text), "a token was given as the user's name");
    else
        ts_text_escape(text, sizeof(text), verdict->text, "");
    pam_syslog(pamh, LOG_AUTHPRIV | priority_of(verdict->reason),
               "result=%s reason=%s user=%s service=%s rhost=%s key=%s token=%s%s%s: %s",
               ts_result_word(verdict->reason), ts_reason_code(verdict->reason), user, service,
               rhost, key, token, verdict->bound[0] != '\0' ? " bound=" : "", verdict->bound, text);
}

void
ts_audit_note(pam_handle_t *pamh, int priority, const char *format, ...)
{
    char text[1024], line[1536];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0)
        return;
    ts_text_escape(line, sizeof(line), text, "");
    pam_syslog(pamh, LOG_AUTHPRIV | priority, "%s", line);
}
