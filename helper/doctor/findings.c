#include "helper/doctor/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json_write.h"
#include "common/base/text.h"

#define TEXT_MAX 1024

static const char *const level_names[] = {"ok", "warn", "fail"};

void
findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->len; i++)
        free(findings->items[i].text);
    free(findings->items);
    *findings = (struct findings){NULL, 0};
}

int
findings_add(struct findings *findings, enum finding_code code, const char *format, ...)
{
    TS_CLEANUP(ts_string_free) char *text = NULL;
    char clean[TEXT_MAX];
    va_list args;

    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        text = NULL;
        return TS_ERR_NOMEM;
    }
    struct finding *more =
        reallocarray(findings->items, findings->len + 1, sizeof(*findings->items));
    if (more == NULL)
        return TS_ERR_NOMEM;
    findings->items = more;
    /* Names and values in it are other people's. */
    ts_text_clean(clean, sizeof(clean), text, (size_t)len);
    more[findings->len] = (struct finding){code, strdup(clean)};
    if (more[findings->len].text == NULL)
        return TS_ERR_NOMEM;
    findings->len++;
    return 0;
}

bool
findings_has(const struct findings *findings, enum finding_code code)
{
    for (size_t i = 0; i < findings->len; i++)
        if (findings->items[i].code == code)
            return true;
    return false;
}

bool
findings_has_failure(const struct findings *findings)
{
    for (size_t i = 0; i < findings->len; i++)
        if (finding_kind(findings->items[i].code)->level == FINDING_FAIL)
            return true;
    return false;
}

int
findings_exit_code(const struct findings *findings)
{
    for (int level = FINDING_FAIL; level > FINDING_OK; level--)
        for (size_t i = 0; i < findings->len; i++) {
            const struct finding_kind *kind = finding_kind(findings->items[i].code);

            if (kind->level == (enum finding_level)level)
                return ts_error_exit_code(kind->error);
        }
    return 0;
}

int
findings_print(const struct findings *findings, struct ts_secret *ret)
{
    int rc = 0;

    for (size_t i = 0; i < findings->len && rc == 0; i++) {
        const struct finding_kind *kind = finding_kind(findings->items[i].code);

        rc = ts_secret_append_format(ret, "%-4s  %-20s  %s%s%s\n", level_names[kind->level],
                                     kind->code, findings->items[i].text,
                                     kind->fix != NULL ? ": " : "",
                                     kind->fix != NULL ? kind->fix : "");
    }
    return rc < 0 ? TS_ERR_NOMEM : 0;
}

int
findings_print_json(const struct findings *findings, struct ts_secret *ret)
{
    struct ts_json_writer json = ts_json_begin(ret);

    ts_json_open(&json, "findings", '[');
    for (size_t i = 0; i < findings->len; i++) {
        const struct finding_kind *kind = finding_kind(findings->items[i].code);

        ts_json_open(&json, NULL, '{');
        ts_json_write_string(&json, "level", level_names[kind->level]);
        ts_json_write_string(&json, "code", kind->code);
        ts_json_write_string(&json, "text", findings->items[i].text);
        ts_json_write_string(&json, "fix", kind->fix);
        ts_json_close(&json, '}');
    }
    ts_json_close(&json, ']');
    ts_json_write_bool(&json, "clean", findings_exit_code(findings) == 0);
    return ts_json_end_line(&json) < 0 ? TS_ERR_NOMEM : 0;
}
