#include "common/worker/failure.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"

#include <stddef.h>
#include <string.h>

static const struct failure {
    CURLcode code;
    const char *stage;
    int error;
    bool before_connection;
    const char *what; /* completes "HOST: ..." */
    const char *todo;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "resolve", TS_ERR_UNAVAILABLE, true, "cannot be found",
     "check the network and token_url"},
    {CURLE_COULDNT_RESOLVE_PROXY, "proxy", TS_ERR_UNAVAILABLE, true, "its proxy cannot be found",
     "check proxy"},
    {CURLE_COULDNT_CONNECT, "connect", TS_ERR_UNAVAILABLE, true, "cannot be reached",
     "check the network and token_url"},
    {CURLE_PROXY, "proxy", TS_ERR_UNAVAILABLE, false, "the proxy does not connect", "check proxy"},
    {CURLE_OPERATION_TIMEDOUT, "timeout", TS_ERR_UNAVAILABLE, false, "no answer within the timeout",
     "try again, or raise timeout"},
    {CURLE_PEER_FAILED_VERIFICATION, "tls", TS_ERR_UNAVAILABLE, false,
     "TLS: the server's certificate could not be verified", "check token_url and ca_file"},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, "tls", TS_ERR_UNAVAILABLE, false,
     "TLS: its public key is not the pinned one", "check pinned_public_key"},
    {CURLE_SSL_CONNECT_ERROR, "tls", TS_ERR_UNAVAILABLE, false, "TLS failed", "check token_url"},
    {CURLE_SSL_CACERT_BADFILE, "ca", TS_ERR_CONFIG, false, "ca_file cannot be used",
     "check that it exists and holds certificates in PEM"},
    {CURLE_UNSUPPORTED_PROTOCOL, "http", TS_ERR_ANSWER, false, "the answer is not HTTP",
     "check token_url"},
    {CURLE_WEIRD_SERVER_REPLY, "http", TS_ERR_ANSWER, false, "the answer is not HTTP",
     "check token_url"},
    /* Also what libcurl says of a header line that never ends. */
    {CURLE_OUT_OF_MEMORY, "http", TS_ERR_ANSWER, false, "the answer's headers take too much memory",
     "check token_url"},
    /* The last row is for all others: a connection that breaks at some point. */
    {CURLE_OK, "broken", TS_ERR_UNAVAILABLE, false, "the connection broke", "try again"},
};

static const struct failure *
find(CURLcode code)
{
    size_t i = 0;

    while (i < TS_ARRAY_LEN(failures) - 1 && failures[i].code != code)
        i++;
    return &failures[i];
}

int
ts_failure_set(struct ts_err *err, CURLcode code, const char *host, const char *reason)
{
    const struct failure *failure = find(code);
    char clean[256];

    if (reason[0] == '\0')
        reason = curl_easy_strerror(code);
    /* libcurl quotes what the server's certificate says. */
    ts_text_clean(clean, sizeof(clean), reason, strlen(reason));
    return ts_err_set(err, failure->error, "%s: %s (%s): %s", host, failure->what, clean,
                      failure->todo);
}

int
ts_failure_set_option(struct ts_err *err, CURLcode code)
{
    if (code == CURLE_OUT_OF_MEMORY)
        return ts_err_nomem(err);
    return ts_err_set(err, TS_ERR_CONFIG, "libcurl rejects a setting of the endpoint: %s",
                      curl_easy_strerror(code));
}

bool
ts_failure_is_before_connection(CURLcode code)
{
    return find(code)->before_connection;
}

const char *
ts_failure_stage(CURLcode code)
{
    return find(code)->stage;
}
