#include "common/base/cleanup.h"
#include "common/config/config_internal.h"

#include <stdbool.h>
#include <string.h>

#define PIN_PREFIX "sha256//"
#define PIN_LEN 44 /* base64 of 32 bytes */
#define PROFILE_NAME_MAX 64
#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const char *
ts_config_check_key_id(const char *value)
{
    return ts_text_is_key_id(value) ? NULL : "not 1 to 64 letters, digits, '-' and '_'";
}

const char *
ts_config_check_profile_name(const char *value)
{
    size_t len = strspn(value, ALPHANUMERIC "._-");

    if (len >= 1 && len <= PROFILE_NAME_MAX && value[len] == '\0')
        return NULL;
    return "not 1 to 64 letters, digits, '.', '_' and '-'";
}

/* ':' would end the name in HTTP's basic authentication (RFC 7617). */
const char *
ts_config_check_username(const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f || *p == ':')
            return "a user name with ':' or a control character";
    return NULL;
}

static bool
is_plain_ascii(const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '\\')
            return false;
    return true;
}

/* Whether the text starts with the scheme and "://"; what follows is then in *ret_rest. */
static bool
has_scheme(const char *value, const char *scheme, const char **ret_rest)
{
    size_t len = strlen(scheme);

    for (size_t i = 0; i < len; i++)
        if (ts_text_lower(value[i]) != scheme[i])
            return false;
    if (strncmp(value + len, "://", 3) != 0)
        return false;
    *ret_rest = value + len + 3;
    return true;
}

/* The host of `AUTHORITY[/...]`. */
static bool
copy_host(const char *rest, char ret[TS_HOST_NAME_MAX + 1])
{
    unsigned port = 0;

    return ts_host_split_len(rest, strcspn(rest, "/?"), ret, &port);
}

const char *
ts_config_check_token_url(const char *value)
{
    char name[TS_HOST_NAME_MAX + 1];
    const char *rest = NULL;
    bool https = has_scheme(value, "https", &rest);

    if (!https && !has_scheme(value, "http", &rest))
        return "not an https:// URL";
    if (!is_plain_ascii(value))
        return "a URL with a character it cannot have";
    if (strchr(value, '#') != NULL)
        return "a URL with a fragment";
    if (memchr(rest, '@', strcspn(rest, "/?")) != NULL)
        return "a URL with a user name in it";
    if (!copy_host(rest, name))
        return "a URL without a valid host";
    if (!https && !ts_host_is_loopback(name))
        return "not an https:// URL (plain http is for loopback addresses only)";
    return NULL;
}

/* The kind of an event is put behind it. */
const char *
ts_config_check_events_url(const char *value)
{
    const char *wrong = ts_config_check_token_url(value);

    return wrong == NULL && strchr(value, '?') != NULL ? "a URL with a query" : wrong;
}

static bool
is_pin(const char *text, size_t len)
{
    size_t prefix = strlen(PIN_PREFIX);

    return len == prefix + PIN_LEN && strncmp(text, PIN_PREFIX, prefix) == 0 &&
           strspn(text + prefix, ALPHANUMERIC "+/") == PIN_LEN - 1 && text[len - 1] == '=';
}

const char *
ts_config_check_pinned_key(const char *value)
{
    for (const char *pin = value;;) {
        size_t len = strcspn(pin, ";");

        if (!is_pin(pin, len))
            return "not sha256//BASE64 of 32 bytes (several are separated by ';')";
        if (pin[len] == '\0')
            return NULL;
        pin += len + 1;
    }
}

/*
 * Unlike the endpoint's URL, a proxy's may have a user name and password. In them a character that
 * ends a part of a URL would have a piece of the password taken for the host's name, looked up and
 * printed.
 */
static bool
has_unencoded_login(const char *value, const char *rest)
{
    const char *at = strchr(value, '@');

    return strchr(value, '#') != NULL ||
           (at != NULL && (strchr(at + 1, '@') != NULL || at > rest + strcspn(rest, "/?")));
}

const char *
ts_config_check_proxy(const char *value)
{
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    static const char wrong[] = "neither host:port nor http://, https:// or socks5://host:port";
    char name[TS_HOST_NAME_MAX + 1];
    const char *rest = value;
    bool scheme = false;

    if (!is_plain_ascii(value))
        return "a proxy with a character it cannot have";
    for (size_t i = 0; i < TS_ARRAY_LEN(schemes) && !scheme; i++)
        scheme = has_scheme(value, schemes[i], &rest);
    if (has_unencoded_login(value, rest))
        return "a proxy with '@', '#', '/' or '?' in its user name or password: write them as %40, "
               "%23, %2F and %3F";
    const char *at = memchr(rest, '@', strcspn(rest, "/?"));
    if (at != NULL)
        rest = at + 1;
    if (!copy_host(rest, name) || (!scheme && strchr(rest, ':') == NULL))
        return wrong;
    return NULL;
}
