#include "pam/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <security/pam_ext.h>

#include "pam/result.h"

/* The shortest header that a token can have is longer than this, and few names are. */
#define SECRET_LEN_MIN 24

bool
ts_audit_is_secret(const char *value)
{
    return strncmp(value, "eyJ", 3) == 0 &&
           (strchr(value, '.') != NULL || strlen(value) >= SECRET_LEN_MIN);
}

/* Escapes what `is_plain` does not let through. */
static void
escape(char *ret, size_t size, const char *text, bool (*is_plain)(unsigned char c))
{
    size_t used = 0;

    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;

        /* Room for one escape, the dots that tell of a cut, and the end. */
        if (used + 4 + 3 + 1 > size) {
            memcpy(ret + used, "...", 3);
            used += 3;
            break;
        }
        if (is_plain(c))
            ret[used++] = (char)c;
        else
            used += (size_t)snprintf(ret + used, size - used, "\\x%02x", c);
    }
    ret[used] = '\0';
}

static bool
is_plain_in_value(unsigned char c)
{
    return c > 0x20 && c < 0x7f && c != '"' && c != '\'' && c != '\\';
}

static bool
is_plain_in_sentence(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '\\';
}

void
ts_audit_escape(char *ret, size_t size, const char *value)
{
    if (value[0] == '\0' || ts_audit_is_secret(value))
        (void)snprintf(ret, size, "-");
    else if (strcmp(value, "-") == 0)
        (void)snprintf(ret, size, "\\x2d");
    else
        escape(ret, size, value, is_plain_in_value);
}

static void
print_token(char ret[17], const struct ts_verdict *verdict)
{
    if (!verdict->has_digest) {
        memcpy(ret, "-", 2);
        return;
    }
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(ret + 2 * i, 3, "%02x", verdict->digest[i]);
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
    ts_audit_escape(key, sizeof(key), verdict->key_id);
    print_token(token, verdict);
    /* A sentence may quote the user's name, and that name may be a token. */
    if (audit->user != NULL && ts_audit_is_secret(audit->user))
        (void)snprintf(text, sizeof(text), "a token was given as the user's name");
    else
        escape(text, sizeof(text), verdict->text, is_plain_in_sentence);
    pam_syslog(pamh, LOG_AUTHPRIV | priority_of(verdict->reason),
               "result=%s reason=%s user=%s service=%s rhost=%s key=%s token=%s: %s",
               ts_result_word(verdict->reason), ts_reason_code(verdict->reason), user, service,
               rhost, key, token, text);
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
    escape(line, sizeof(line), text, is_plain_in_sentence);
    pam_syslog(pamh, LOG_AUTHPRIV | priority, "%s", line);
}
