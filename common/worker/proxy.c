#include "common/worker/proxy.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

struct proxy {
    char *scheme;
    char *host;
    char *port; /* NULL where the setting has none */
};

static void
release_proxy(struct proxy *proxy)
{
    curl_free(proxy->scheme);
    curl_free(proxy->host);
    curl_free(proxy->port);
}

static void
free_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

static bool
parse_proxy(const char *text, struct proxy *ret)
{
    TS_CLEANUP(free_url) CURLU *url = curl_url();

    if (url == NULL || curl_url_set(url, CURLUPART_URL, text,
                                    CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) != CURLUE_OK)
        return false;
    (void)curl_url_get(url, CURLUPART_PORT, &ret->port, 0);
    return curl_url_get(url, CURLUPART_SCHEME, &ret->scheme, 0) == CURLUE_OK &&
           curl_url_get(url, CURLUPART_HOST, &ret->host, 0) == CURLUE_OK;
}

static long
get_number(CURL *easy, CURLINFO info)
{
    long value = 0;

    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

/*
 * Whether the request went to the proxy: always, unless no_proxy has exceptions. libcurl matches
 * those, and older versions do not report the result: then the port that was connected to shows it,
 * or the text about a connection that was not made.
 */
static bool
was_used(const struct ts_endpoint *endpoint, const struct proxy *proxy,
         const struct ts_proxy_failure *failure)
{
    char name[300];
    int64_t port = 0;

    if (endpoint->no_proxy == NULL || endpoint->no_proxy[0] == '\0' ||
        failure->code == CURLE_COULDNT_RESOLVE_PROXY || failure->code == CURLE_PROXY)
        return true;
#if LIBCURL_VERSION_NUM >= 0x080700
    return get_number(failure->easy, CURLINFO_USED_PROXY) != 0;
#endif
    if (proxy->port != NULL && ts_text_integer(proxy->port, 1, 65535, &port) &&
        get_number(failure->easy, CURLINFO_PRIMARY_PORT) == (long)port)
        return true;
    (void)snprintf(name, sizeof(name), " %.253s port ", proxy->host);
    return strstr(failure->reason, name) != NULL;
}

/* What completes "the proxy PROXY ...", or NULL where the proxy did its part: a tunnel was made, or
 * the code is not about connections. */
static const char *
problem_of(const struct proxy *proxy, const struct ts_proxy_failure *failure)
{
    switch (failure->code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "cannot be found";
    case CURLE_COULDNT_CONNECT:
        return "cannot be reached";
    case CURLE_OPERATION_TIMEDOUT:
        return "did not connect within the timeout";
    case CURLE_PEER_FAILED_VERIFICATION:
        return ts_text_equal_nocase(proxy->scheme, "https")
                   ? "cannot be trusted: its TLS certificate could not be verified"
                   : NULL;
    case CURLE_SSL_CONNECT_ERROR:
        return ts_text_equal_nocase(proxy->scheme, "https") ? "does not speak TLS correctly" : NULL;
    case CURLE_PROXY:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
        return "did not connect";
    default:
        return NULL;
    }
}

bool
ts_proxy_explain(const struct ts_endpoint *endpoint, const struct ts_proxy_failure *failure,
                 struct ts_err *err)
{
    TS_CLEANUP(release_proxy) struct proxy proxy = {NULL, NULL, NULL};
    const char *setting = endpoint->proxy_variable != NULL ? endpoint->proxy_variable : "proxy";
    const char *problem = NULL;
    char refusal[64];

    if (!parse_proxy(endpoint->proxy, &proxy) || !was_used(endpoint, &proxy, failure))
        return false;
    long status = get_number(failure->easy, CURLINFO_HTTP_CONNECTCODE);
    (void)snprintf(refusal, sizeof(refusal), "refused to connect (HTTP %ld)", status);
    if (status >= 300)
        problem = refusal;
    else if (status == 0)
        problem = problem_of(&proxy, failure);
    if (problem == NULL)
        return false;
    (void)ts_err_set(err, TS_ERR_UNAVAILABLE, "%s: the proxy %s%s%s %s: check %s%s", failure->host,
                     proxy.host, proxy.port != NULL ? ":" : "",
                     proxy.port != NULL ? proxy.port : "", problem,
                     status == 407 ? "the user name and password in " : "", setting);
    return true;
}
