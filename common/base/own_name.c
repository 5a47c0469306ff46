#include "common/base/own_name.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

#define LINE_SIZE 1024

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
    TS_CLEANUP(ts_stream_close) FILE *file = fopen("/etc/hosts", "re");
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

static bool
is_own_address(const char *name)
{
    struct ifaddrs *list = NULL;
    bool found = false;

    if (getifaddrs(&list) != 0)
        return false;
    for (const struct ifaddrs *entry = list; entry != NULL && !found; entry = entry->ifa_next) {
        const struct sockaddr *address = entry->ifa_addr;
        const bool is_v6 = address != NULL && address->sa_family == AF_INET6;
        char text[NI_MAXHOST] = "";

        if (address == NULL || (!is_v6 && address->sa_family != AF_INET) ||
            getnameinfo(address, is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in),
                        text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
            continue;
        text[strcspn(text, "%")] = '\0';
        found = ts_text_equal_nocase(text, name);
    }
    freeifaddrs(list);
    return found;
}

/* Whether the first word of a line of /etc/hosts is an address of this machine, and `name` another.
 * The line is cut up. */
static bool
line_is_own(char *line, const char *name)
{
    char *rest = line;

    line[strcspn(line, "#\n")] = '\0';
    const char *address = strsep(&rest, " \t");
    const char *word = NULL;
    while ((word = strsep(&rest, " \t")) != NULL)
        if (ts_text_equal_nocase(word, name))
            return strncmp(address, "127.", 4) == 0 || is_own_address(address);
    return false;
}

static bool
hosts_file_has(const char *name)
{
    TS_CLEANUP(ts_stream_close) FILE *file = fopen("/etc/hosts", "re");
    char line[LINE_SIZE];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (line_is_own(line, name))
            return true;
    return false;
}

bool
ts_own_name_may_be(const char *name)
{
    char own[TS_OWN_NAME_SIZE];

    ts_own_name_get(own);
    const size_t len = strlen(own);
    return ts_own_name_is(name) || is_own_address(name) || hosts_file_has(name) ||
           (len > 0 && strncasecmp(name, own, len) == 0 && name[len] == '.');
}
