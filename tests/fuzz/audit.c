/* What others chose stays within its field of the audit line, and no token gets there. */
#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <security/pam_ext.h>

#include "common/base/cleanup.h"
#include "pam/audit.h"

static char line[8192];

/* In place of libpam's, which writes to the host's log. */
void
pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
{
    va_list args;

    (void)pamh, (void)priority;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(fuzz_parts_release) struct fuzz_parts parts = fuzz_split(data, size);
    struct ts_verdict verdict = {.reason = TS_REASON_SIGNATURE};
    const struct ts_audit audit = {parts.items[0], parts.len > 1 ? parts.items[1] : NULL,
                                   parts.len > 2 ? parts.items[2] : NULL, &verdict};
    char field[40];
    static const char *const names[] = {
        "result=denied ", "reason=signature ", "user=", "service=", "rhost=",
        "key=- ",         "token=-: "};

    for (size_t i = 0; i < parts.len; i++) {
        ts_audit_escape(field, sizeof(field), parts.items[i]);
        if (field[0] == '\0' || strlen(field) >= sizeof(field) || fuzz_has_control(field) ||
            strpbrk(field, " =\"'") != NULL || (ts_audit_has_secret(parts.items[i]) && field[1]))
            abort();
    }
    (void)snprintf(verdict.text, sizeof(verdict.text), "%s", parts.len > 3 ? parts.items[3] : "x");
    ts_audit_decision(NULL, &audit);
    const char *at = line;
    for (size_t i = 0; i < TS_ARRAY_LEN(names); at += strcspn(at, " ") + 1, i++)
        if (strncmp(at, names[i], strlen(names[i])) != 0)
            abort();
    for (at = line; *at != '\0'; at++)
        if (*at < 0x20 || *at == 0x7f)
            abort();
    return 0;
}
