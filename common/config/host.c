#include "common/config/host.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 443

/* A match by an exact name outranks every wildcard, however long its path is. */
#define EXACT_RANK (SIZE_MAX / 2 + 1)

/* The characters of a name, in lower case. */
static const char name_characters[256] = {
    ['-'] = '-', ['.'] = '.', ['_'] = '_', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
    ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['a'] = 'a',
    ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h',
    ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o',
    ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v',
    ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c',
    ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
    ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q',
    ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
    ['Y'] = 'y', ['Z'] = 'z',
};

static int
copy_name(const char *text, size_t len, char *ret_name, struct ts_err *err)
{
    char before = '.';

    if (len == 0 || len > TS_HOST_NAME_MAX)
        return ts_err_set(err, TS_ERR_SYNTAX, "no host name, or one that is too long");
    for (size_t i = 0; i < len; i++) {
        char c = name_characters[(unsigned char)text[i]];

        if (c == '\0')
            return ts_err_set(err, TS_ERR_SYNTAX, "a host name with a character it cannot have");
        if (c == '.' && (before == '.' || i == len - 1))
            return ts_err_set(err, TS_ERR_SYNTAX, "a host name with nothing before or after a dot");
        before = c;
    }
    for (size_t i = 0; i < len; i++)
        ret_name[i] = name_characters[(unsigned char)text[i]];
    ret_name[len] = '\0';
    return 0;
}

/* An IPv6 address has many spellings; the canonical one is kept. */
static int
copy_address(const char *text, size_t len, char *ret_name, struct ts_err *err)
{
    char spelling[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (len >= sizeof(spelling))
        return ts_err_set(err, TS_ERR_SYNTAX, "what is in brackets is not an IPv6 address");
    memcpy(spelling, text, len);
    spelling[len] = '\0';
    if (strlen(spelling) != len || inet_pton(AF_INET6, spelling, &address) != 1)
        return ts_err_set(err, TS_ERR_SYNTAX, "what is in brackets is not an IPv6 address");
    if (inet_ntop(AF_INET6, &address, spelling, sizeof(spelling)) == NULL)
        return ts_err_errno(err, TS_ERR_SYNTAX, "an IPv6 address that cannot be written");
    memcpy(ret_name, spelling, strlen(spelling) + 1);
    return 0;
}

static int
read_port(const char *text, size_t len, unsigned *ret, struct ts_err *err)
{
    char digits[6] = "";
    int64_t port = 0;

    if (len < sizeof(digits))
        memcpy(digits, text, len);
    if (!ts_text_integer(digits, 1, 65535, &port))
        return ts_err_set(err, TS_ERR_SYNTAX, "a port that is not a number from 1 to 65535");
    *ret = (unsigned)port;
    return 0;
}

static int
split_host(const char *text, size_t len, char *ret_name, unsigned *ret_port, struct ts_err *err)
{
    const char *bracket = len > 0 && text[0] == '[' ? memchr(text, ']', len) : NULL;
    const char *colon = bracket == NULL ? memchr(text, ':', len) : NULL;
    size_t name_len = len;
    unsigned port = DEFAULT_PORT;
    int rc = 0;

    if (bracket != NULL)
        name_len = (size_t)(bracket - text) + 1;
    else if (colon != NULL)
        name_len = (size_t)(colon - text);
    if (name_len < len && text[name_len] != ':')
        return ts_err_set(err, TS_ERR_SYNTAX, "something other than a port after the address");
    if (name_len < len)
        rc = read_port(text + name_len + 1, len - name_len - 1, &port, err);
    if (rc == 0 && bracket != NULL)
        rc = copy_address(text + 1, name_len - 2, ret_name, err);
    else if (rc == 0)
        rc = copy_name(text, name_len, ret_name, err);
    if (rc == 0)
        *ret_port = port;
    return rc;
}

bool
ts_host_split_len(const char *host, size_t len, char ret_name[TS_HOST_NAME_MAX + 1],
                  unsigned *ret_port)
{
    struct ts_err ignored;

    return split_host(host, len, ret_name, ret_port, &ignored) == 0;
}

bool
ts_host_split(const char *host, char ret_name[TS_HOST_NAME_MAX + 1], unsigned *ret_port)
{
    return ts_host_split_len(host, strlen(host), ret_name, ret_port);
}

bool
ts_host_is_name(const char *text)
{
    char name[TS_HOST_NAME_MAX + 1];
    struct ts_err ignored;
    size_t len = strlen(text);

    if (memchr(text, ':', len) != NULL)
        return copy_address(text, len, name, &ignored) == 0 && strcmp(name, text) == 0;
    return copy_name(text, len, name, &ignored) == 0 && strcmp(name, text) == 0;
}

static bool
has_tricks(const char *path)
{
    return strstr(path, "..") != NULL || strchr(path, '%') != NULL;
}

/* The path is kept without '/' at its end, so that it has one spelling. */
static int
check_path(const char *text, size_t *ret_len, struct ts_err *err)
{
    size_t len = strlen(text);

    *ret_len = 0;
    if (len == 0)
        return 0;
    while (len > 0 && text[len - 1] == '/')
        len--;
    if (has_tricks(text))
        return ts_err_set(err, TS_ERR_SYNTAX, "a path with '..' or '%%', which never matches");
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr("?#\\", text[i]) != NULL)
            return ts_err_set(err, TS_ERR_SYNTAX, "a path with a character it cannot have");
    const char *twice = strstr(text, "//");
    if (twice != NULL && twice + 1 < text + len)
        return ts_err_set(err, TS_ERR_SYNTAX, "a path with '//'");
    *ret_len = len;
    return 0;
}

/* Puts path and label behind the name that is in `p`. Most names have no port, and are in lower
 * case already. */
static void
fill_pattern(struct ts_host_pattern *pattern, char *p, const char *text, size_t host_len,
             size_t path_len)
{
    const size_t name_len = strlen(p);
    const bool is_label = name_len == host_len && memcmp(p, text, host_len) == 0;

    pattern->name = p;
    pattern->path = p += name_len + 1;
    memcpy(p, text + host_len, path_len);
    p[path_len] = '\0';
    pattern->label = p += path_len + 1;
    memcpy(p, text, host_len + strlen(text + host_len) + 1);
    for (size_t i = 0; !is_label && i < host_len; i++)
        p[i] = ts_text_lower(p[i]);
}

static int
parse_pattern(const char *text, char *room, struct ts_host_pattern *ret, struct ts_err *err)
{
    struct ts_host_pattern pattern = {.port = DEFAULT_PORT};
    size_t len = strcspn(text, "/"), path_len = 0;
    size_t start = text[0] == '*' && text[1] == '.' ? 2 : 0;
    char *name = room;

    pattern.wildcard = start > 0;
    if (pattern.wildcard)
        *name++ = '.';
    if (text[len] == '/' && strstr(text, "://") != NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "a URL; leave out what is before the host name");
    if (memchr(text + start, '*', len - start) != NULL)
        return ts_err_set(err, TS_ERR_SYNTAX, "'*' elsewhere than in '*.' before a name");
    if (pattern.wildcard && text[start] == '[')
        return ts_err_set(err, TS_ERR_SYNTAX, "a wildcard before an address");
    int rc = split_host(text + start, len - start, name, &pattern.port, err);
    if (rc == 0)
        rc = check_path(text + len, &path_len, err);
    if (rc < 0)
        return rc;
    fill_pattern(&pattern, room, text, len, path_len);
    *ret = pattern;
    return 0;
}

int
ts_host_pattern_parse(const char *text, struct ts_host_pattern *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *room = malloc(TS_HOST_PATTERN_ROOM(strlen(text)));
    int rc = room != NULL ? parse_pattern(text, room, ret, err) : ts_err_nomem(err);

    if (rc == 0)
        ret->owned = TS_TAKE(room);
    return rc;
}

/* Whether the text is a name alone, in lower case: the pattern's texts are then in it. */
static bool
is_plain_name(const char *text, size_t *ret_len)
{
    const char *p = text;
    char before = '.';

    for (; *p != '\0'; p++) {
        if (name_characters[(unsigned char)*p] != *p || (*p == '.' && before == '.'))
            return false;
        before = *p;
    }
    *ret_len = (size_t)(p - text);
    return before != '.' && *ret_len <= TS_HOST_NAME_MAX;
}

int
ts_host_pattern_view(const char *text, char *room, struct ts_host_pattern *ret, struct ts_err *err)
{
    size_t len = 0;

    if (!is_plain_name(text, &len))
        return parse_pattern(text, room, ret, err);
    *ret = (struct ts_host_pattern){text, DEFAULT_PORT, false, text + len, text, NULL};
    return 0;
}

void
ts_host_pattern_release(struct ts_host_pattern *pattern)
{
    ts_string_free(&pattern->owned);
    pattern->name = pattern->path = pattern->label = NULL;
}

static bool
name_matches(const struct ts_host_pattern *pattern, const char *name)
{
    size_t len = strlen(name), suffix = strlen(pattern->name);

    if (!pattern->wildcard)
        return len == suffix && memcmp(pattern->name, name, len) == 0;
    return len > suffix && memcmp(pattern->name, name + len - suffix, suffix) == 0;
}

/* git sends `team/repo`, others `/team/repo`: the same path. */
static bool
path_matches(const struct ts_host_pattern *pattern, const char *path)
{
    size_t len = strlen(pattern->path);

    if (len == 0)
        return true;
    if (path == NULL || has_tricks(path))
        return false;
    if (path[0] == '/')
        path++;
    if (strncmp(path, pattern->path + 1, len - 1) != 0)
        return false;
    return path[len - 1] == '\0' || path[len - 1] == '/';
}

size_t
ts_host_pattern_match(const struct ts_host_pattern *pattern, const char *name, unsigned port,
                      const char *path)
{
    if (port != pattern->port || !name_matches(pattern, name) || !path_matches(pattern, path))
        return 0;
    /* Of two wildcards with equal paths the longer name says more. */
    size_t rank = strlen(pattern->path) * (TS_HOST_NAME_MAX + 3) + strlen(pattern->name);
    return pattern->wildcard ? rank : EXACT_RANK + rank;
}

bool
ts_host_is_loopback(const char *name)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, name, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, name, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return ts_text_equal_nocase(name, "localhost");
}
