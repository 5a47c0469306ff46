#include "helper/doctor/nginx_config.h"

#include <string.h>

void
nginx_config_release(struct nginx_config *config)
{
    ts_list_release(&config->services);
    ts_list_release(&config->users);
}

/* The value of a directive that begins here; false where it is another one. */
static int
parse_directive(const char *line, const char *name, struct ts_list *ret, struct ts_err *err)
{
    size_t len = strlen(name);

    if (strncmp(line, name, len) != 0 || strspn(line + len, " \t") == 0)
        return 0;
    line += len;
    line += strspn(line, " \t\"'");
    size_t value = strcspn(line, " \t\"';\r\n");
    return value > 0 ? ts_list_add_len(ret, line, value, err) : 0;
}

int
nginx_config_scan(const struct ts_secret *text, struct nginx_config *config, struct ts_err *err)
{
    int rc = 0;

    /* A directive may follow another on its line. */
    for (const char *at = ts_secret_string(text); *at != '\0' && rc == 0;) {
        at += strspn(at, " \t\r\n;{}");
        if (*at == '#') {
            at += strcspn(at, "\n");
            continue;
        }
        rc = parse_directive(at, "auth_pam_service_name", &config->services, err);
        if (rc == 0)
            rc = parse_directive(at, "user", &config->users, err);
        at += strcspn(at, "\n;{}");
    }
    return rc;
}
