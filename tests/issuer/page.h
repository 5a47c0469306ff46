/*
 * The API Key page: what ThriveStack's page for API keys does, for the keys of the local issuer.
 *
 *     GET  /                      keys, forms and events
 *     POST /keys                  creates a key, then 303 to the next
 *     GET  /keys/ID/new           offers a new key's download
 *     POST /keys/ID/download      the download, once; `as=text` shows it on a page instead
 *     POST /keys/ID/rotate        makes a key in its place; this one stays valid
 *     POST /keys/ID/invalidate    revokes it
 *     POST /token                 turns a download into a token and shows its claims
 *     GET  /page.css, /page.js, /icon.svg
 *
 * A request whose Host is not the page's own address is refused (DNS rebinding), as is a POST from
 * another origin or without the secret that the page's forms carry. The page is for loopback and
 * has no log-in: whoever can connect can make keys for this issuer.
 */
#ifndef ISSUER_PAGE_H
#define ISSUER_PAGE_H

#include "exchange.h"
#include "form.h"
#include "pending.h"

#include <stdio.h>

#define CSRF_LEN 32

/* One page server; lives as long as it. */
struct page {
    unsigned int port; /* set before the first request */
    char csrf[CSRF_LEN + 1];
    struct pending *pending;
};

/* Fills all but the port; page_release frees it. */
void page_init(struct page *page);
void page_release(struct page *page);

/* Answers a request; for server_options.answer, with a struct page as the context. */
void page_answer(struct exchange *exchange, void *context);

/* What a request has to say on the page that answers it. */
struct notice {
    const char *field;       /* the form field that is wrong, or NULL */
    const char *error;       /* in one sentence, or NULL */
    const struct form *form; /* its values are shown again; NULL for none */
    const char *section;     /* an anchor: "create", "token", or NULL */
};

/* A request for the page, with what is needed to answer it. */
struct visit {
    struct exchange *exchange;
    struct page *page;
    struct form form;           /* of a POST */
    char id[UUID_LEN + 1];      /* of the path, or empty */
    struct json_object *answer; /* of the token endpoint, or NULL; owned */
};

/* page-actions.c: what each POST does. Each makes the whole reply. */
void action_create(struct visit *visit);
void action_rotate(struct visit *visit);
void action_invalidate(struct visit *visit);
void action_download(struct visit *visit);
void action_token(struct visit *visit);

/* page-view.c: what is shown. Each makes the reply's body and its status. */
void view_main(struct visit *visit, unsigned int status, const struct notice *notice);
void view_new_key(struct visit *visit);
void view_download(struct visit *visit, const char *text);
void view_error(struct visit *visit, unsigned int status, const char *message);

/* Makes the reply a 303 to that path, which it takes over. */
void view_go(struct visit *visit, char *path);

/* page-token.c: the box that turns a key into a token. */
void view_token_box(FILE *out, const struct visit *visit, const struct notice *notice);

/* page-view.c: the hidden field that every form carries, and the line about a field that is wrong.
 */
void view_csrf(FILE *out, const struct visit *visit);
void view_field_error(FILE *out, const struct notice *notice, const char *field);

#endif
