/*
 * What the clients' protocols share. A protocol reads a question, calls client_get, and prints an
 * answer:
 *
 *     const struct client_question question = {.protocol = "https", .host = "git.example.com"};
 *     TS_CLEANUP(client_answer_release) struct client_answer answer = CLIENT_ANSWER_INIT;
 *
 *     int rc = client_get(helper, &question, &answer, err);
 */
#ifndef HELPER_CLIENT_H
#define HELPER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/config/config.h"
#include "common/config/request.h"

struct helper;

/* What a client can send. */
enum client_wants {
    CLIENT_LOGIN, /* a user name, and the token as the password */
    CLIENT_AUTH,  /* that, or the token alone where the host says `auth = bearer` */
    CLIENT_TOKEN, /* the token alone */
};

/* Strings are the caller's. */
struct client_question {
    const char *protocol; /* "https"; "http" is answered as design allows for loopback addresses */
    const char *host; /* name, name:port or [address]:port; NULL: no host, the default profile */
    const char *path; /* "/team/project", or NULL */
    const char *user; /* the name that the client asks for, or NULL */
    enum client_wants wants;
    const char *bound_host; /* whom a proof is for, whatever the section says; or NULL */
    bool may_reuse_proof;   /* it asks anew for each request: one made a moment ago will do */
    bool takes_api_key;     /* a private API key, which does not expire, will do, too */
};

struct client_answer {
    const struct ts_host_rule *host; /* the section that serves it; NULL where there is none */
    char *username;                  /* NULL where the token alone is to be sent */
    struct ts_grant grant;           /* grant.token is the token, for `bound = yes` with a proof */
    int64_t expires_at;              /* of token or proof, by the local clock, Unix seconds */
    bool is_api_key;                 /* grant.token is a private API key; expires_at is 0 */
};

#define CLIENT_ANSWER_INIT ((struct client_answer){.grant = TS_GRANT_INIT})

void client_answer_release(struct client_answer *answer);

/* Loads the configuration and finds the section that serves a question with a host. *ret is NULL
 * where none does: another host, plain http, another user's name. */
int client_find(struct helper *helper, const struct client_question *question,
                const struct ts_host_rule **ret, struct ts_err *err);

/*
 * The answer to a question. TS_ERR_NOT_FOUND with ret->host NULL where no section serves its host,
 * with a text that says so. ret->host is set where one does, also if there is no token then. *ret
 * is released with client_answer_release in every case.
 */
int client_get(struct helper *helper, const struct client_question *question,
               struct client_answer *ret, struct ts_err *err);

/* Callers that keep a token until the second that they are told are told an earlier one. */
#define CLIENT_SLACK_SECONDS 30

/* Appends the value of the HTTP header Authorization: `Basic ...`, or where there is no user name
 * `Bearer TOKEN`, and for a private API key `Token KEY`. Returns as ts_secret_append; a failure may
 * leave a part. */
int client_print_header(const struct client_answer *answer, struct ts_secret *ret);

#endif
