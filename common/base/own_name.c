#include "common/base/own_name.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

#define LINE_SIZE 1024

static void
close_file(FILE **file)
{
    if (*file != NULL)
        (void)fclose(*file);
}

/* Whether both are words of the line, which is cut up. What is behind a `#` is not. */
static bool
line_has_both(char *line, const char *a, const char *b)
{
    bool has_a = false;
    bool has_b = false;
    char *rest = line;
    const char *word = NULL;

    line[strcspn(line, "#\n")] = '\0';
    while ((word = strsep(&rest, " \t")) != NULL) {
        has_a |= ts_text_equal_nocase(word, a);
        has_b |= ts_text_equal_nocase(word, b);
    }
    return has_a && has_b;
}

void
ts_own_name_get(char ret[TS_OWN_NAME_SIZE])
{
    struct utsname system;
    size_t len = uname(&system) == 0 ? strnlen(system.nodename, TS_OWN_NAME_SIZE - 1) : 0;

    for (size_t i = 0; i < len; i++)
        ret[i] = ts_text_lower(system.nodename[i]);
    ret[len] = '\0';
}

bool
ts_own_name_is(const char *name)
{
    TS_CLEANUP(close_file) FILE *file = fopen("/etc/hosts", "re");
    struct utsname system;
    char line[LINE_SIZE];

    if (uname(&system) != 0)
        return false;
    if (ts_text_equal_nocase(system.nodename, name))
        return true;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (line_has_both(line, system.nodename, name))
            return true;
    return false;
}
