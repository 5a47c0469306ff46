#include "helper/doctor/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/json/json.h"
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

static int
add_finding(struct ts_json *array, const struct finding *finding)
{
    const struct finding_kind *kind = finding_kind(finding->code);
    struct ts_json *object = ts_json_new_object();

    if (object == NULL || ts_json_append(array, object) != 0) {
        ts_json_free(object);
        return TS_ERR_NOMEM;
    }
    if (ts_json_add_string(object, "level", level_names[kind->level]) < 0 ||
        ts_json_add_string(object, "code", kind->code) < 0 ||
        ts_json_add_string(object, "text", finding->text) < 0)
        return TS_ERR_NOMEM;
    if (kind->fix != NULL)
        return ts_json_add_string(object, "fix", kind->fix);
    return ts_json_set(object, "fix", NULL) == 0 ? 0 : TS_ERR_NOMEM;
}

int
findings_print_json(const struct findings *findings, struct ts_secret *ret)
{
    TS_CLEANUP(ts_json_put) struct ts_json *object = ts_json_new_object();
    struct ts_json *array = ts_json_new_array();

    if (object == NULL) {
        ts_json_free(array);
        return TS_ERR_NOMEM;
    }
    if (ts_json_add(object, "findings", array) < 0)
        return TS_ERR_NOMEM;
    for (size_t i = 0; i < findings->len; i++)
        if (add_finding(array, &findings->items[i]) < 0)
            return TS_ERR_NOMEM;
    if (ts_json_add_bool(object, "clean", findings_exit_code(findings) == 0) < 0 ||
        ts_json_print(object, ret) < 0 || ts_secret_append_string(ret, "\n") < 0)
        return TS_ERR_NOMEM;
    return 0;
}
