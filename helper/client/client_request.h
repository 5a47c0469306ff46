/* What clients say: a URL, a host, a JSON object; each as a question for client_get. */
#ifndef HELPER_CLIENT_REQUEST_H
#define HELPER_CLIENT_REQUEST_H

#include "common/json/json.h"
#include "helper/client/client.h"

#define CLIENT_INPUT_MAX ((size_t)64 * 1024)

/* The question about an https or http URL, with `storage` for its parts, the caller's to free. 0,
 * TS_ERR_USAGE (it has no host) or TS_ERR_NOMEM. */
int client_parse_url(const char *url, struct client_question *ret, char **storage,
                     struct ts_err *err);

/* The same for `host`, `host:port/path` or a URL. */
int client_parse_host(const char *text, struct client_question *ret, char **storage,
                      struct ts_err *err);

/* A JSON object, the whole of a client's question. *ret is the caller's to put. 0, TS_ERR_USAGE or
 * TS_ERR_NOMEM. */
int client_parse_object(const char *text, size_t len, struct ts_json **ret, struct ts_err *err);

/* Appends standard input, up to its end. TS_ERR_USAGE where it is longer than the maximum. */
int client_read_input(struct ts_secret *ret, struct ts_err *err);

/* An object as above, read from standard input to its end: at most CLIENT_INPUT_MAX bytes. */
int client_read_object(struct ts_json **ret, struct ts_err *err);

/* Which of the versions of a Kubernetes API was asked for; NULL is none. 0 or TS_ERR_USAGE. */
#define CLIENT_VERSIONS 2
int client_find_version(const char *const versions[CLIENT_VERSIONS], const char *asked,
                        const char **ret, struct ts_err *err);

#endif
