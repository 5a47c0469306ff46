/*
 * thrivestack-issuer: a complete ThriveStack token endpoint for tests, on loopback, over TLS.
 *
 * It is written from the description of the API alone and shares no code with the programs that it
 * tests, so that a misreading of the API has to be made twice to go unnoticed.
 *
 *     main.c            the table of commands
 *     options.c         the command line
 *     init.c, cert.c    `init`: a folder with certificates, right ones and wrong ones
 *     key-command.c     `key new`, `key revoke`, `key expire`, `key list`
 *     key-make.c        a key's download, and its entry in the key store
 *     keystore.c        DIR/keys: the public half of every API key, with its details
 *     sign-command.c    `sign`: a token with any claims at all
 *     sign.c            compact tokens, and the claims as ThriveStack writes them
 *     serve-command.c   `serve`: options, the ready line, the end
 *     server.c          libmicrohttpd: collects a request, hands over the answer
 *     delivery.c        how an answer goes out: whole, in drips, cut, never
 *     endpoint.c        which path is what, and the steps from a request to its answer
 *     exchange.h        one request with its answer, as all of these files see it
 *     request.c         the body of a request: its form, and whether the key may
 *     page.c            the API Key page: addresses, Host, CSRF
 *     page-actions.c    what each of its forms does
 *     page-view.c, page-token.c, page.css, page.js   what it looks like
 *     form.c, html.c    forms read, HTML written
 *     pending.c         new keys that were not downloaded yet
 *     event.c           identify, group and track: DIR/events.log
 *     fault.c           `faults`: the table of everything that can be made to go wrong
 *     fault-token.c     faults inside the token
 *     fault-answer.c    faults of the answer around it
 *     request-log.c     DIR/requests.log
 *     text.c, file.c, scoped.h   strings, files, variables that free themselves
 *
 * A folder made by `init` holds ca.pem, server.pem and .key (localhost, 127.0.0.1, ::1), server.pin
 * (for curl's --pinnedpubkey), other-ca.pem, wronghost.pem, untrusted.pem and expired.pem with
 * their keys, keys/, project-key, and, once it was served, requests.log, events.log and used/.
 */
#include "commands.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"init", "DIR",
     "Makes DIR (0700) with a CA, server certificates (right and wrong) and server.pin.", 1,
     command_init},
    {"key new", "DIR",
     "Makes an API key: stores its public half in DIR, writes the download to FILE (0600),\n"
     "FILE.pem and FILE.pub.pem, and prints the key id.",
     1, command_key_new},
    {"key revoke", "DIR ID", "Invalidates an API key from the next request on.", 2,
     command_key_revoke},
    {"key expire", "DIR ID YYYY-MM-DD", "Changes the last day (UTC) of an API key.", 3,
     command_key_expire},
    {"key list", "DIR", "Prints id, state, last day and name of every API key.", 1,
     command_key_list},
    {"sign", "KEYFILE",
     "Prints a token signed with an API key (the download, or a bare PEM), with any claims.", 1,
     command_sign},
    {"serve", "DIR",
     "Answers token requests until SIGTERM or SIGINT. Prints 'ready URL' once it listens.", 1,
     command_serve},
    {"faults", "", "Lists what /fault/NAME/api/user/token can be made to do wrong.", 0,
     command_faults},
};

static const size_t command_count = sizeof(commands) / sizeof(commands[0]);

static void
print_usage(FILE *to)
{
    fprintf(to, "usage: thrivestack-issuer COMMAND [operands] [options]\n\n");
    for (size_t i = 0; i < command_count; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].operands);
    fprintf(to, "\nCOMMAND --help explains each.\n");
}

/* Returns how many arguments the command's name takes up, 0 where it is another command. */
static int
match(const struct command *command, char **argv)
{
    size_t len = strcspn(command->name, " ");
    if (strncmp(command->name, argv[0], len) != 0 || argv[0][len] != '\0')
        return 0;
    if (command->name[len] == '\0')
        return 1;
    return argv[1] && strcmp(command->name + len + 1, argv[1]) == 0 ? 2 : 0;
}

int
main(int argc, char **argv)
{
    /* A reader or a client that went away is an error to handle, not a reason to die. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return 0;
    }
    for (size_t i = 0; i < command_count; i++) {
        int used = match(&commands[i], argv + 1);
        if (used > 0) {
            int status = commands[i].run(&commands[i], argv + 1 + used);
            return fflush(stdout) == 0 ? status : 1;
        }
    }
    warnx("no such command (see --help)");
    return EXIT_USAGE;
}
