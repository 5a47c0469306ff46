#include "server.h"

#include "delivery.h"
#include "file.h"
#include "request.h"
#include "scoped.h"

#include <arpa/inet.h>
#include <err.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define CONNECTIONS_MAX 2000

struct server {
    const struct server_options *options;
    struct MHD_Daemon *daemon;
    int stop_fd; /* an eventfd that nobody reads: readable from the stop on, for all threads */
};

/* A request whose body is still coming in. */
struct upload {
    size_t len;
    bool too_large;
    char body[BODY_MAX + 1];
};

static void
collect(struct upload *upload, const char *data, size_t len)
{
    if (upload->too_large || len > BODY_MAX - upload->len) {
        upload->too_large = true;
        return;
    }
    memcpy(upload->body + upload->len, data, len);
    upload->len += len;
}

static const char *
header_value(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result
answer(const struct server *server, struct MHD_Connection *connection, struct exchange *exchange)
{
    struct inquiry *inquiry = &exchange->inquiry;
    exchange->issuer = &server->options->issuer;
    inquiry->content_type = header_value(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    inquiry->host = header_value(connection, MHD_HTTP_HEADER_HOST);
    inquiry->origin = header_value(connection, "Origin");
    inquiry->authorization = header_value(connection, MHD_HTTP_HEADER_AUTHORIZATION);
    inquiry->cookie = header_value(connection, MHD_HTTP_HEADER_COOKIE) != NULL;
    server->options->answer(exchange, server->options->context);
    enum MHD_Result result = deliver(connection, exchange, server->stop_fd);
    exchange_release(exchange);
    return result;
}

/* MHD calls this once for the headers, then for each part of the body, then for its end. */
static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
           const char *version, const char *data, size_t *data_len, void **state)
{
    (void)version;
    struct upload *upload = *state;
    if (!upload) {
        *state = must_alloc(sizeof(*upload));
        return MHD_YES;
    }
    if (*data_len > 0) {
        collect(upload, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    struct exchange exchange = {.inquiry = {.method = method,
                                            .path = url,
                                            .body = upload->body,
                                            .body_len = upload->len,
                                            .too_large = upload->too_large}};
    return answer(context, connection, &exchange);
}

/* Wipes the body, in which a private key came, as soon as the request is over. */
static void
on_completed(void *context, struct MHD_Connection *connection, void **state,
             enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection, (void)code;
    struct upload *upload = *state;
    if (upload)
        OPENSSL_cleanse(upload, sizeof(*upload));
    free(upload);
    *state = NULL;
}

/* Reads a numeric address of either family. */
static int
parse_address(const struct server_options *options, struct sockaddr_storage *ret)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
    in_port_t port = htons((uint16_t)options->port);
    memset(ret, 0, sizeof(*ret));
    if (inet_pton(AF_INET, options->listen, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = port;
        return 0;
    }
    if (inet_pton(AF_INET6, options->listen, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = port;
        return 0;
    }
    warnx("serve: not a numeric address: %s", options->listen);
    return -1;
}

/* The certificate and key as PEM; both NULL for plain http. */
struct tls {
    char *cert, *key;
};

static int
read_tls(const struct server_options *options, struct tls *ret)
{
    *ret = (struct tls){0};
    if (!options->cert)
        return 0;
    const char *dir = options->issuer.dir;
    size_t len = 0;
    scoped(text) char *cert = must_printf("%s/%s.pem", dir, options->cert);
    scoped(text) char *key = must_printf("%s/%s.key", dir, options->cert);
    return file_read(cert, &ret->cert, &len) == 0 && file_read(key, &ret->key, &len) == 0 ? 0 : -1;
}

static struct MHD_Daemon *
start_daemon(struct server *server, const struct sockaddr_storage *address, const struct tls *tls)
{
    const struct MHD_OptionItem tls_options[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned int flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                         MHD_USE_POLL | MHD_USE_ITC | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    if (address->ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (tls->cert)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, address,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
                            MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)1024, MHD_OPTION_ARRAY,
                            tls->cert ? tls_options : tls_options + 2, MHD_OPTION_END);
}

/* Each connection takes two descriptors or three; the usual limit of 1024 is for programs that call
 * select, which this one does not. */
static void
raise_descriptor_limit(void)
{
    const rlim_t wanted = (rlim_t)4 * CONNECTIONS_MAX;
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

struct server *
server_start(const struct server_options *options)
{
    struct sockaddr_storage address;
    struct tls tls = {0};
    if (parse_address(options, &address) != 0)
        return NULL;
    raise_descriptor_limit();

    struct server *server = must_alloc(sizeof(*server));
    server->options = options;
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (server->stop_fd >= 0 && read_tls(options, &tls) == 0) {
        server->daemon = start_daemon(server, &address, &tls);
        if (!server->daemon)
            warnx("serve: cannot listen on %s port %lld", options->listen,
                  (long long)options->port);
    }
    free(tls.cert);
    free(tls.key);
    if (!server->daemon) {
        fd_scope(&server->stop_fd);
        free(server);
        return NULL;
    }
    return server;
}

unsigned int
server_port(const struct server *server)
{
    return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void
server_stop(struct server *server)
{
    (void)eventfd_write(server->stop_fd, 1);
    MHD_stop_daemon(server->daemon);
    close(server->stop_fd);
    free(server);
}
