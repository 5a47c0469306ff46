#include "helper/doctor/sshd_config.h"

#include <string.h>

bool
sshd_config_says(const struct ts_secret *output, const char *line)
{
    const char *text = ts_secret_string(output);
    const char *found = strstr(text, line);

    while (found != NULL && found != text && found[-1] != '\n')
        found = strstr(found + 1, line);
    return found != NULL;
}
