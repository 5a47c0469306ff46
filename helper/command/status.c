#include "helper/command/status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json.h"

static bool
is_set(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0';
}

/* By the variables alone, in the order that setlocale(3) heeds: no locale is ever loaded. */
static bool
is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < TS_ARRAY_LEN(variables); i++)
        if (is_set(variables[i])) {
            const char *value = secure_getenv(variables[i]);

            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
        }
    return false;
}

static struct status_style
choose_style(void)
{
    const char *terminal = secure_getenv("TERM");
    bool terminal_can = isatty(STDOUT_FILENO) == 1 && terminal != NULL && terminal[0] != '\0' &&
                        strcmp(terminal, "dumb") != 0;

    return (struct status_style){
        .color = terminal_can && !is_set("NO_COLOR"),
        .unicode = terminal_can && is_utf8(),
        .now = ts_clock_wall(),
    };
}

int
command_status(struct helper *helper, struct ts_secret *answer, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(OUTPUT_MAX);
    TS_CLEANUP(ts_json_put) struct ts_json *status = NULL;
    const struct status_style style = choose_style();

    int rc = helper_load_config(helper, err);
    if (rc < 0)
        return rc;
    if ((helper->options.given & OPTION_JSON) != 0)
        return status_gather(helper, answer, err);
    rc = status_gather(helper, &text, err);
    if (rc == 0)
        rc = ts_json_parse_object(ts_secret_string(&text), text.len, &status, err);
    if (rc < 0)
        return rc;
    return status_view(status, &style, answer) < 0 ? ts_err_nomem(err) : 0;
}
