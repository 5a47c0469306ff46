#include "common/policy/service_name.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"

#include <string.h>

static const struct {
    const char *name;
    const char *counts_as;
} service_aliases[] = {
    {"sudo-i", "sudo"},
    {"su-l", "su"},
    {"remote", "login"},
};

const char *
ts_policy_service_name(const char *service)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(service_aliases); i++)
        if (ts_text_equal_nocase(service, service_aliases[i].name))
            return service_aliases[i].counts_as;
    return service;
}

char *
ts_policy_service_spelling(const char *name)
{
    char *spelling = strdup(ts_policy_service_name(name));

    for (char *p = spelling; p != NULL && *p != '\0'; p++)
        *p = ts_text_lower(*p);
    return spelling;
}
