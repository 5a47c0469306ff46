#include "common/worker/endpoint.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/config/host.h"
#include "common/base/text.h"
#include "common/worker/authorities.h"
#include "common/worker/failure.h"
#include "common/worker/proxy.h"

#include "build-config.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* The endpoint's URL, taken apart once; libcurl gets the parsed form, so that nobody reads the text
 * a second time and differently. */
struct target {
    CURLU *url;
    char *host;
    bool is_http;
};

/* One exchange, for libcurl's callbacks. */
struct exchange {
    struct ts_response *response;
    const struct ts_secret *body;
    size_t body_sent;
    size_t header_bytes;
    bool is_http; /* then no proxy has a part in it */
    bool too_large;
    bool out_of_memory;
};

struct ts_connection {
    const struct ts_endpoint *endpoint;
    struct target target;
    struct ts_secret authorities;
    struct curl_slist *headers;
    CURL *easy;
    bool is_kept; /* for the next request */
};

static void
release_target(struct target *target)
{
    curl_url_cleanup(target->url);
    curl_free(target->host);
}

static void
free_part(char **part)
{
    curl_free(*part);
}

int
ts_endpoint_start(struct ts_err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        return 0;
    return ts_err_set(err, TS_ERR_SYSTEM, "libcurl cannot start");
}

void
ts_endpoint_stop(void)
{
    curl_global_cleanup();
}

static int
refuse_url(struct ts_err *err, const char *problem)
{
    return ts_err_set(err, TS_ERR_CONFIG, "token_url %s", problem);
}

static bool
is_loopback(char *host)
{
    size_t len = strlen(host);
    char bare[64];

    if (host[0] != '[')
        return ts_host_is_loopback(host);
    if (len < 3 || len - 2 >= sizeof(bare))
        return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return ts_host_is_loopback(bare);
}

static int
check_scheme(struct target *target, bool allow_http, struct ts_err *err)
{
    TS_CLEANUP(free_part) char *scheme = NULL;

    if (curl_url_get(target->url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return ts_err_nomem(err);
    target->is_http = ts_text_equal_nocase(scheme, "http");
    if (!target->is_http)
        return ts_text_equal_nocase(scheme, "https") ? 0 : refuse_url(err, "is not https");
    if (!allow_http)
        return refuse_url(err, "is plain http, which would show the private key to the network");
    if (!is_loopback(target->host))
        return refuse_url(err, "is plain http to a host that is not this one");
    return 0;
}

static int
parse_target(const struct ts_endpoint *endpoint, struct target *ret, struct ts_err *err)
{
    TS_CLEANUP(free_part) char *user = NULL;

    ret->url = curl_url();
    if (ret->url == NULL)
        return ts_err_nomem(err);
    if (curl_url_set(ret->url, CURLUPART_URL, endpoint->token_url, CURLU_NON_SUPPORT_SCHEME) !=
            CURLUE_OK ||
        curl_url_get(ret->url, CURLUPART_HOST, &ret->host, 0) != CURLUE_OK)
        return refuse_url(err, "is not a URL");
    if (curl_url_get(ret->url, CURLUPART_USER, &user, 0) == CURLUE_OK)
        return refuse_url(err, "has a user name in it: remove it");
    /* libcurl would take anything else for the name of a file. */
    if (endpoint->pinned_public_key != NULL &&
        strncmp(endpoint->pinned_public_key, "sha256//", 8) != 0)
        return ts_err_set(err, TS_ERR_CONFIG, "pinned_public_key does not begin with sha256//");
    return check_scheme(ret, endpoint->allow_http, err);
}

static size_t
send_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    const size_t left = exchange->body->len - exchange->body_sent;
    const size_t len = left < size * count ? left : size * count;

    memcpy(data, ts_secret_string(exchange->body) + exchange->body_sent, len);
    exchange->body_sent += len;
    return len;
}

/* libcurl would send a request again by itself where a connection that was kept breaks before the
 * answer. What it has read of the body may have arrived, so it gets nothing to repeat. */
static int
refuse_to_rewind(void *context, curl_off_t offset, int origin)
{
    (void)context;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static size_t
receive_body(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    int rc = ts_secret_append(&exchange->response->body, data, size * count);

    exchange->too_large |= rc == TS_ERR_TOO_LARGE;
    exchange->out_of_memory |= rc == TS_ERR_NOMEM;
    return rc == 0 ? size * count : 0;
}

static size_t
receive_header(char *data, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    size_t len = size * count;

    exchange->header_bytes += len;
    if (exchange->header_bytes > TS_ANSWER_MAX) {
        exchange->too_large = true;
        return 0;
    }
    /* Each 1xx answer before the real one has headers of its own. */
    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        exchange->response->date = -1;
        exchange->response->retry_after_ms = -1;
        exchange->response->is_text = false;
    }
    ts_response_read_header(exchange->response, data, len, ts_clock_wall());
    return len;
}

/* Alt-Svc and HSTS stores, compression and HTTP authentication are off unless asked for. */
static CURLcode
set_policy(CURL *easy)
{
    static const struct {
        CURLoption option;
        long value;
    } rows[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_MAXREDIRS, 0},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
        {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_POST, 1},
#if LIBCURL_VERSION_NUM >= 0x075700
        /* Does not wait for a resolver thread that hangs past the deadline. */
        {CURLOPT_QUICK_EXIT, 1},
#endif
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < TS_ARRAY_LEN(rows) && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, rows[i].option, rows[i].value);
    return code;
}

/* Every text is set, NULL and "" included, so that no default and no environment decides. */
static CURLcode
set_texts(CURL *easy, const struct ts_endpoint *endpoint, const struct target *target)
{
    /* Plain http stays on this machine, whatever proxy is configured. */
    const char *proxy = endpoint->proxy != NULL && !target->is_http ? endpoint->proxy : "";
    const struct {
        CURLoption option;
        const char *value;
    } rows[] = {
        {CURLOPT_PROTOCOLS_STR, target->is_http ? "http" : "https"},
        {CURLOPT_REDIR_PROTOCOLS_STR, "https"},
        {CURLOPT_PROXY, proxy},
        {CURLOPT_NOPROXY, endpoint->no_proxy != NULL ? endpoint->no_proxy : ""},
        {CURLOPT_USERAGENT, "thrivestack-auth/" TS_VERSION},
        {CURLOPT_PINNEDPUBLICKEY, endpoint->pinned_public_key},
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < TS_ARRAY_LEN(rows) && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, rows[i].option, rows[i].value);
    return code;
}

/* Certificate authorities from a file replace the system's, also the folder that libcurl was built
 * with. libcurl gets what was read from the file that was checked, and never its name. */
static CURLcode
set_authorities(CURL *easy, struct ts_secret *pem)
{
    struct curl_blob blob = {.data = pem->data, .len = pem->len, .flags = CURL_BLOB_COPY};
    CURLcode code = CURLE_OK;

    if (pem->data == NULL)
        return CURLE_OK;
    code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
}

/* The body of a connection that is kept is read by libcurl as it sends it: see refuse_to_rewind. */
static CURLcode
set_body(CURL *easy, struct exchange *exchange, bool is_kept)
{
    const struct ts_secret *body = exchange->body;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, is_kept ? 0L : 1L);
    if (code != CURLE_OK || !is_kept)
        return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->data);
    code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, refuse_to_rewind);
}

static CURLcode
set_exchange(const struct ts_connection *connection, struct exchange *exchange, char *reason)
{
    CURL *easy = connection->easy;
    const struct {
        CURLoption option;
        void *value;
    } rows[] = {
        {CURLOPT_HTTPHEADER, connection->headers},
        {CURLOPT_WRITEDATA, exchange},
        {CURLOPT_HEADERDATA, exchange},
        {CURLOPT_ERRORBUFFER, reason},
    };
    CURLcode code = set_body(easy, exchange, connection->is_kept);

    for (size_t i = 0; i < TS_ARRAY_LEN(rows) && code == CURLE_OK; i++)
        code = curl_easy_setopt(easy, rows[i].option, rows[i].value);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
    return code;
}

static CURLcode
set_target(CURL *easy, const struct target *target, int64_t deadline_ms)
{
    /* For libcurl 0 means no limit. */
    long left = ts_clock_left_ms(deadline_ms);
    CURLcode code = curl_easy_setopt(easy, CURLOPT_CURLU, target->url);

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left > 0 ? left : 1);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, left > 0 ? left : 1);
    return code;
}

/* `Expect:` without a value keeps libcurl from waiting for a 100 Continue. */
static struct curl_slist *
make_headers(void)
{
    static const char *const lines[] = {"Content-Type: application/json",
                                        "Accept: application/json", "Expect:"};
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < TS_ARRAY_LEN(lines); i++) {
        struct curl_slist *longer = curl_slist_append(list, lines[i]);

        if (longer == NULL) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

/* Whether anything of the answer has come. */
static bool
has_begun(CURL *easy)
{
    curl_off_t begun = 0;

    return curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &begun) == CURLE_OK && begun > 0;
}

static int
report_transfer_failure(const struct ts_endpoint *endpoint, const struct exchange *exchange,
                        const struct ts_proxy_failure *failure, struct ts_err *err)
{
    struct ts_response *response = exchange->response;
    /* Whatever libcurl says of a connection through a proxy may quote that setting, in which there
     * may be a password. */
    bool is_secret = endpoint->proxy != NULL && strchr(endpoint->proxy, '@') != NULL;

    response->failed_at = ts_failure_stage(failure->code);
    if (exchange->out_of_memory)
        return ts_err_nomem(err);
    if (exchange->too_large)
        return ts_err_set(err, TS_ERR_ANSWER, "the answer from %s is larger than %zu bytes",
                          failure->host, TS_ANSWER_MAX);
    if (endpoint->proxy != NULL && !exchange->is_http && ts_proxy_explain(endpoint, failure, err)) {
        response->failed_at = "proxy";
        return err->code;
    }
    return ts_failure_set(err, failure->code, failure->host, is_secret ? "" : failure->reason);
}

void
ts_endpoint_close(struct ts_connection **connection)
{
    struct ts_connection *closed = *connection;

    if (closed == NULL)
        return;
    curl_easy_cleanup(closed->easy);
    curl_slist_free_all(closed->headers);
    release_target(&closed->target);
    ts_secret_release(&closed->authorities);
    free(closed);
    *connection = NULL;
}

static int
set_up(struct ts_connection *connection, const char **ret_failed_at, struct ts_err *err)
{
    const struct ts_endpoint *endpoint = connection->endpoint;
    int rc = parse_target(endpoint, &connection->target, err);

    if (rc < 0)
        return rc;
    rc = ts_authorities_read(endpoint, &connection->authorities, err);
    if (rc < 0) {
        *ret_failed_at = "ca";
        return rc;
    }
    connection->headers = make_headers();
    connection->easy = curl_easy_init();
    if (connection->headers == NULL || connection->easy == NULL)
        return ts_err_nomem(err);
    CURLcode code = set_policy(connection->easy);
    if (code == CURLE_OK)
        code = set_texts(connection->easy, endpoint, &connection->target);
    if (code == CURLE_OK)
        code = set_authorities(connection->easy, &connection->authorities);
    return code == CURLE_OK ? 0 : ts_failure_set_option(err, code);
}

static int
open_connection(const struct ts_endpoint *endpoint, bool is_kept, const char **ret_failed_at,
                struct ts_connection **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_endpoint_close)
    struct ts_connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        return ts_err_nomem(err);
    connection->endpoint = endpoint;
    connection->is_kept = is_kept;
    connection->authorities = TS_SECRET_INIT(TS_CA_FILE_MAX);
    int rc = set_up(connection, ret_failed_at, err);
    if (rc == 0)
        *ret = TS_TAKE(connection);
    return rc;
}

int
ts_endpoint_open(const struct ts_endpoint *endpoint, struct ts_connection **ret, struct ts_err *err)
{
    const char *failed_at = NULL;

    return open_connection(endpoint, true, &failed_at, ret, err);
}

int
ts_endpoint_send(struct ts_connection *connection, const struct ts_secret *body,
                 int64_t deadline_ms, struct ts_response *ret, struct ts_err *err)
{
    struct exchange exchange = {
        .response = ret, .body = body, .is_http = connection->target.is_http};
    char reason[CURL_ERROR_SIZE] = "";
    CURL *easy = connection->easy;
    CURLcode code = set_exchange(connection, &exchange, reason);

    if (code == CURLE_OK)
        code = set_target(easy, &connection->target, deadline_ms);
    if (code != CURLE_OK)
        return ts_failure_set_option(err, code);
    int64_t sent_ms = ts_clock_boot_ms();
    code = curl_easy_perform(easy);
    ret->took_ms = ts_clock_boot_ms() - sent_ms;
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &ret->status);
    if (code == CURLE_OK)
        return 0;
    /* Later it may be a header that never ends; see failure.c. */
    if (code == CURLE_OUT_OF_MEMORY && !has_begun(easy))
        exchange.out_of_memory = true;
    ret->is_unsent = ts_failure_is_before_connection(code);
    const struct ts_proxy_failure failure = {easy, code, connection->target.host, reason};
    return report_transfer_failure(connection->endpoint, &exchange, &failure, err);
}

int
ts_endpoint_post(const struct ts_endpoint *endpoint, const struct ts_secret *body,
                 int64_t deadline_ms, struct ts_response *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_endpoint_close) struct ts_connection *connection = NULL;
    int rc = open_connection(endpoint, false, &ret->failed_at, &connection, err);

    return rc < 0 ? rc : ts_endpoint_send(connection, body, deadline_ms, ret, err);
}
