/*
 * Host patterns of credential.conf(5): `host`, `host:port`, `*.example.com`, each optionally with
 * `/path/prefix`. No port means 443. ASCII case-insensitive.
 */
#ifndef TS_HOST_H
#define TS_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

#define TS_HOST_NAME_MAX 253 /* RFC 1035, as text */

struct ts_host_pattern {
    const char *name; /* lower case, without port and brackets; for a wildcard `.example.com` */
    unsigned port;
    bool wildcard;
    const char *path;  /* "/team", or "" */
    const char *label; /* the pattern as it was written, the host in lower case */
    char *owned;       /* what the texts are in; NULL: it is not the pattern's */
};

/* Returns 0, TS_ERR_SYNTAX with a text that says what is wrong, or TS_ERR_NOMEM. */
int ts_host_pattern_parse(const char *text, struct ts_host_pattern *ret, struct ts_err *err);
void ts_host_pattern_release(struct ts_host_pattern *pattern);

/* The same without an allocation: the result's texts are in `text`, or in `room`, which has as many
 * bytes as TS_HOST_PATTERN_ROOM says for a text of that length. It need not be released. */
#define TS_HOST_PATTERN_ROOM(len) (2 * (len) + 64)
int ts_host_pattern_view(const char *text, char *room, struct ts_host_pattern *ret,
                         struct ts_err *err);

/* Splits `name`, `name:port`, `[v6]:port` as a client sends it. `ret_name` is lower case. False,
 * and nothing changed, where it is not a host (empty, bad characters, bad port). Needs no memory,
 * so that one of our hosts is never missed. */
bool ts_host_split(const char *host, char ret_name[TS_HOST_NAME_MAX + 1], unsigned *ret_port);

/* The same for the first `len` bytes. */
bool ts_host_split_len(const char *host, size_t len, char ret_name[TS_HOST_NAME_MAX + 1],
                       unsigned *ret_port);

/* `name` is as ts_host_split gives it. 0: no match; else the higher, the more specific (exact
 * before wildcard, then longest path, at
 * '/' boundaries). `path` may be NULL; one with `..` or `%` never matches a pattern with a path. */
size_t ts_host_pattern_match(const struct ts_host_pattern *pattern, const char *name, unsigned port,
                             const char *path);

/* Whether it is the name of one host in the spelling that ts_host_split gives: lower case, no port,
 * no brackets. */
bool ts_host_is_name(const char *text);

/* Whether it is a loopback address: 127.0.0.0/8, ::1, or `localhost` (RFC 6761). */
bool ts_host_is_loopback(const char *name);

#endif
