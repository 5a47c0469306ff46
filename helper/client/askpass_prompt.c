#include "helper/client/askpass_prompt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/policy/module_options.h"
#include "common/policy/token.h"

/* What a prompt ends in; the second after a conversation that failed. */
static const char *const ends[] = {
    ": ",
    " (at most 500 characters at a time): ",
};

#define FIRST "ThriveStack token"
#define BOUND FIRST " for "
#define CONTINUATION "ThriveStack token, from character "

static bool
read_hash(const char *text, uint32_t *ret)
{
    uint32_t hash = 0;

    for (int i = 0; i < 8; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

        if (digit == NULL)
            return false;
        hash = hash << 4 | (uint32_t)(digit - digits);
    }
    *ret = hash;
    return true;
}

static bool
is_end(const char *text)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(ends); i++)
        if (strcmp(text, ends[i]) == 0)
            return true;
    return false;
}

/* `ThriveStack token, from character N (HHHHHHHH): `: what is read is written again and compared,
 * so that there is one spelling only. */
static bool
read_continuation(const char *line, struct askpass_prompt *ret)
{
    char number[8] = "";
    char again[80];
    int64_t from = 0;

    if (strncmp(line, CONTINUATION, strlen(CONTINUATION)) != 0)
        return false;
    const char *start = line + strlen(CONTINUATION);
    const char *blank = strchr(start, ' ');
    if (blank == NULL || (size_t)(blank - start) >= sizeof(number) || blank[1] != '(')
        return false;
    memcpy(number, start, (size_t)(blank - start));
    if (!ts_text_integer(number, 2, TS_TOKEN_MAX, &from) || !read_hash(blank + 2, &ret->hash))
        return false;
    ret->received = (size_t)from - 1;
    int len =
        snprintf(again, sizeof(again), CONTINUATION "%" PRId64 " (%08" PRIx32 ")", from, ret->hash);
    return ret->received % ASKPASS_PART == 0 && strncmp(line, again, (size_t)len) == 0 &&
           is_end(line + len);
}

/* `ThriveStack token for NAME: `. NAME may have colons, as an IPv6 address has, but no blank. */
static bool
read_bound(const char *line, struct askpass_prompt *ret)
{
    if (strncmp(line, BOUND, strlen(BOUND)) != 0)
        return false;
    const char *name = line + strlen(BOUND);
    size_t len = strcspn(name, " ");
    while (len > 0 && !is_end(name + len))
        len--;
    if (len == 0 || len > TS_HOST_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        ret->bound_to[i] = ts_text_lower(name[i]);
    ret->bound_to[len] = '\0';
    return ts_host_is_name(ret->bound_to);
}

static bool
read_prompt(const char *line, struct askpass_prompt *ret)
{
    if (strncmp(line, FIRST, strlen(FIRST)) == 0 && is_end(line + strlen(FIRST)))
        return true;
    if (read_bound(line, ret))
        return true;
    return read_continuation(line, ret);
}

/* ssh names an IPv6 address without the brackets that separate its colons from a port's. */
static bool
copy_host(const char *host, size_t len, char ret[ASKPASS_HOST_MAX])
{
    const char *first = memchr(host, ':', len);
    bool v6 = first != NULL && host[0] != '[' &&
              memchr(first + 1, ':', len - (size_t)(first + 1 - host)) != NULL;

    if (len == 0 || len > ASKPASS_HOST_MAX - 3)
        return false;
    (void)snprintf(ret, ASKPASS_HOST_MAX, v6 ? "[%.*s]" : "%.*s", (int)len, host);
    return true;
}

/* ssh writes the prefix on one line, and what is odd in a username in another way. */
static bool
is_one_line(const char *start, const char *end)
{
    for (; start < end; start++)
        if ((unsigned char)*start < 0x20 || *start == 0x7f)
            return false;
    return true;
}

/* A user name in ssh_config that has `) ` in it would end the prefix early, with another host's
 * name in front of it; the first line then has a second `) `. */
static bool
has_second_end(const char *rest)
{
    const char *second = strstr(rest, ") ");

    return second != NULL && memchr(rest, '\n', (size_t)(second - rest)) == NULL;
}

bool
askpass_prompt_parse_ssh(const char *text, struct askpass_prompt *ret)
{
    struct askpass_prompt prompt = {.received = 0};
    const char *end = text[0] == '(' ? strstr(text, ") ") : NULL;
    const char *at = end != NULL ? memrchr(text + 1, '@', (size_t)(end - text - 1)) : NULL;

    if (at == NULL || at == text + 1 || !is_one_line(text, end) ||
        !copy_host(at + 1, (size_t)(end - at - 1), prompt.host))
        return false;
    const char *rest = end + 2;
    const char *last_newline = strrchr(rest, '\n');
    if (last_newline != NULL && has_second_end(rest))
        return false;
    if (!read_prompt(last_newline != NULL ? last_newline + 1 : rest, &prompt))
        return false;
    *ret = prompt;
    return true;
}

bool
askpass_prompt_parse_bare(const char *text, struct askpass_prompt *ret)
{
    struct askpass_prompt prompt = {.received = 0};
    const char *newline = strchr(text, '\n');

    if (newline != NULL && strncmp(text, TS_PROMPT_NO_LOCAL, strlen(TS_PROMPT_NO_LOCAL)) == 0)
        text = newline + 1;
    if (!read_prompt(text, &prompt))
        return false;
    *ret = prompt;
    return true;
}
