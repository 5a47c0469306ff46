/* `serve` and `faults`. */
#include "commands.h"
#include "endpoint.h"
#include "fault.h"
#include "file.h"
#include "page.h"
#include "scoped.h"
#include "server.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

struct serve_options {
    const char *listen, *cert, *expiry_unit, *port_file;
    int64_t port, page_port, clock_offset;
    bool http, no_date, with_stdin, page;
};

/* Blocks SIGTERM and SIGINT for all threads and returns a descriptor that becomes readable with
 * them. Comes before the server's threads start, which inherit the mask. */
static int
catch_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* True where reading stdin shows its end. */
static bool
stdin_ended(void)
{
    char ignored[256];
    ssize_t got = read(STDIN_FILENO, ignored, sizeof(ignored));
    return got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
}

/* Returns when a signal came, or when stdin ended. */
static void
wait_for_end(int signal_fd, bool with_stdin)
{
    struct pollfd fds[2] = {{.fd = signal_fd, .events = POLLIN},
                            {.fd = with_stdin ? STDIN_FILENO : -1, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents != 0)
            return;
        if (fds[1].revents != 0 && stdin_ended())
            return;
    }
}

/* Starts the page, on 127.0.0.1 and without TLS, and prints its address. Returns NULL after
 * reporting. The options live as long as the server. */
static struct server *
start_page(const struct server_options *options, struct page *page)
{
    struct server *server = server_start(options);
    if (!server)
        return NULL;
    page->port = server_port(server);
    printf("page http://127.0.0.1:%u/\n", page->port);
    if (fflush(stdout) == 0)
        return server;
    server_stop(server);
    return NULL;
}

static int
announce(const struct serve_options *options, unsigned int port)
{
    if (options->port_file) {
        scoped(text) char *line = must_printf("%u\n", port);
        if (file_write(options->port_file, 0644, line, strlen(line)) != 0)
            return -1;
    }
    printf("ready %s://localhost:%u\n", options->http ? "http" : "https", port);
    return fflush(stdout) == 0 ? 0 : -1;
}

static int
serve(const struct serve_options *options, const struct server_options *server_options)
{
    scoped(fd) int signal_fd = catch_signals();
    struct server *server = signal_fd >= 0 ? server_start(server_options) : NULL;
    if (!server)
        return 1;
    struct page page = {0};
    page_init(&page);
    const struct server_options page_options = {.issuer = server_options->issuer,
                                                .listen = "127.0.0.1",
                                                .port = options->page_port,
                                                .answer = page_answer,
                                                .context = &page};
    struct server *page_server = NULL;
    int announced = announce(options, server_port(server));
    if (announced == 0 && options->page) {
        page_server = start_page(&page_options, &page);
        announced = page_server ? 0 : -1;
    }
    if (announced == 0)
        wait_for_end(signal_fd, options->with_stdin);
    if (page_server)
        server_stop(page_server);
    server_stop(server);
    page_release(&page);
    return announced == 0 ? 0 : 1;
}

/* Seconds in the unit of that name, or 0. */
static int64_t
unit_seconds(const char *name)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"seconds", 1}, {"minutes", 60}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].name, name) == 0)
            return units[i].seconds;
    }
    return 0;
}

static bool
port_valid(int64_t port)
{
    return port >= 0 && port <= 65535;
}

int
command_serve(const struct command *command, char **argv)
{
    struct serve_options options = {
        .listen = "127.0.0.1", .cert = "server", .expiry_unit = "seconds"};
    const struct option_row rows[] = {
        {"--listen", OPTION_TEXT, &options.listen, "ADDRESS", "numeric (default: 127.0.0.1)"},
        {"--port", OPTION_NUMBER, &options.port, "PORT", "0, the default, takes a free one"},
        {"--port-file", OPTION_TEXT, &options.port_file, "FILE", "gets the port, by rename"},
        {"--cert", OPTION_TEXT, &options.cert, "NAME", "DIR/NAME.pem and .key (default: server)"},
        {"--http", OPTION_FLAG, &options.http, NULL, "plain http"},
        {"--clock-offset", OPTION_NUMBER, &options.clock_offset, "SECONDS", "sets the clock ahead"},
        {"--expiry-unit", OPTION_TEXT, &options.expiry_unit, "UNIT",
         "seconds (default) or minutes"},
        {"--no-date", OPTION_FLAG, &options.no_date, NULL, "answers without a Date header"},
        {"--page", OPTION_FLAG, &options.page, NULL,
         "also serves a page of the API keys on 127.0.0.1; prints 'page URL' behind 'ready'"},
        {"--page-port", OPTION_NUMBER, &options.page_port, "PORT", "the page's, 0 as above"},
        {"--with-stdin", OPTION_FLAG, &options.with_stdin, NULL, "ends with stdin, too"},
        {0},
    };
    const char *operands[OPERANDS_MAX] = {0};
    if (options_read(command, argv, rows, operands) != 0)
        return EXIT_USAGE;
    int64_t unit = unit_seconds(options.expiry_unit);
    if (unit == 0 || !port_valid(options.port) || !port_valid(options.page_port)) {
        warnx("serve: --expiry-unit is seconds or minutes, ports are 0 to 65535");
        return EXIT_USAGE;
    }
    const struct server_options server_options = {.issuer = {.dir = operands[0],
                                                             .clock_offset = options.clock_offset,
                                                             .expiry_unit = unit,
                                                             .no_date = options.no_date},
                                                  .listen = options.listen,
                                                  .port = options.port,
                                                  .cert = options.http ? NULL : options.cert,
                                                  .answer = endpoint_answer};
    return serve(&options, &server_options);
}

int
command_faults(const struct command *command, char **argv)
{
    const struct option_row rows[] = {{0}};
    const char *operands[OPERANDS_MAX] = {0};
    if (options_read(command, argv, rows, operands) != 0)
        return EXIT_USAGE;
    fault_list();
    return 0;
}
