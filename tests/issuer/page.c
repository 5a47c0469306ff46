#include "page.h"

#include "fault.h"
#include "page-files.h"
#include "scoped.h"

#include <err.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

/* Same-origin forms, style, script and icon; nothing else, and nothing from anywhere else. The
 * referrer policy leaves Origin in a form's POST, which `no-referrer` would not. */
static const struct header security_headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
     "frame-ancestors 'none'; base-uri 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
    {0},
};

static const struct file {
    const char *path, *type, *text;
} files[] = {
    {"/page.css", "text/css; charset=utf-8", page_css},
    {"/page.js", "text/javascript; charset=utf-8", page_js},
    {"/icon.svg", "image/svg+xml", icon_svg},
};

static const struct action {
    const char *path; /* between "/keys/ID" and the end where `of_key` */
    bool of_key;
    void (*run)(struct visit *visit);
} actions[] = {
    {"/keys", false, action_create},          {"/token", false, action_token},
    {"/download", true, action_download},     {"/rotate", true, action_rotate},
    {"/invalidate", true, action_invalidate},
};

void
page_init(struct page *page)
{
    unsigned char random[CSRF_LEN / 2];
    if (RAND_bytes(random, sizeof(random)) != 1)
        errx(1, "no random numbers");
    for (size_t i = 0; i < sizeof(random); i++) {
        page->csrf[2 * i] = "0123456789abcdef"[random[i] >> 4];
        page->csrf[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    page->csrf[CSRF_LEN] = '\0';
    page->pending = pending_new();
}

void
page_release(struct page *page)
{
    pending_free(page->pending);
    *page = (struct page){0};
}

/* True where `text` is `before` and then one of the names by which a browser here reaches the page.
 * A name that a foreign DNS server points at 127.0.0.1 is none of them. */
static bool
own_address(const struct page *page, const char *before, const char *text)
{
    static const char *const names[] = {"127.0.0.1", "localhost"};
    for (size_t i = 0; text && i < sizeof(names) / sizeof(names[0]); i++) {
        scoped(text) char *own = must_printf("%s%s:%u", before, names[i], page->port);
        if (strcmp(own, text) == 0)
            return true;
    }
    return false;
}

/* Splits "/keys/ID/rest": returns the rest and copies the id, or returns the whole path. */
static const char *
split_path(const char *path, char ret_id[UUID_LEN + 1])
{
    static const char prefix[] = "/keys/";
    const char *id = path + sizeof(prefix) - 1;
    if (strncmp(path, prefix, sizeof(prefix) - 1) != 0 || strlen(id) < UUID_LEN)
        return path;
    memcpy(ret_id, id, UUID_LEN);
    ret_id[UUID_LEN] = '\0';
    if (uuid_valid(ret_id))
        return id + UUID_LEN;
    ret_id[0] = '\0';
    return path;
}

static void
answer_get(struct visit *visit, const char *rest)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(files[i].path, rest) == 0) {
            size_t len = strlen(files[i].text);
            exchange_body(visit->exchange, files[i].type, must_copy(files[i].text, len), len);
            visit->exchange->reply.status = 200;
            return;
        }
    }
    if (strcmp(rest, "/") == 0)
        view_main(visit, 200, &(struct notice){0});
    else if (visit->id[0] && strcmp(rest, "/new") == 0)
        view_new_key(visit);
    else
        view_error(visit, 404, "There is nothing at this address.");
}

/* True where the form came from a page of this server. */
static bool
form_is_own(const struct visit *visit)
{
    const char *origin = visit->exchange->inquiry.origin;
    const char *sent = form_value(&visit->form, "csrf");
    return (!origin || own_address(visit->page, "http://", origin)) && strlen(sent) == CSRF_LEN &&
           CRYPTO_memcmp(sent, visit->page->csrf, CSRF_LEN) == 0;
}

static void
answer_post(struct visit *visit, const char *rest)
{
    const struct action *action = NULL;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].path, rest) == 0 && actions[i].of_key == (visit->id[0] != '\0'))
            action = &actions[i];
    }
    if (!action)
        view_error(visit, 404, "There is nothing at this address.");
    else if (visit->exchange->inquiry.too_large)
        view_error(visit, 413, "The form is over 64 KiB. Nothing was changed.");
    else if (form_read(&visit->exchange->inquiry, &visit->form) != 0)
        view_error(visit, 400, "This is not a form of this page. Nothing was changed.");
    else if (!form_is_own(visit))
        view_error(visit, 403,
                   "This form did not come from this page, or the page was started again since. "
                   "Nothing was changed. Go back to the keys and try again.");
    else
        action->run(visit);
}

static void
answer_visit(struct visit *visit)
{
    const struct inquiry *inquiry = &visit->exchange->inquiry;
    const char *rest = split_path(inquiry->path, visit->id);
    if (!own_address(visit->page, "", inquiry->host))
        view_error(visit, 421, "This page answers only at its own address on this machine.");
    else if (strcmp(inquiry->method, "GET") == 0 || strcmp(inquiry->method, "HEAD") == 0)
        answer_get(visit, rest);
    else if (strcmp(inquiry->method, "POST") == 0)
        answer_post(visit, rest);
    else
        view_error(visit, 405, "Only GET, HEAD and POST are answered here.");
}

void
page_answer(struct exchange *exchange, void *context)
{
    exchange->fault = fault_none();
    exchange->plain_fault = true;
    exchange->now = time(NULL) + (time_t)exchange->issuer->clock_offset;
    exchange->reply.headers = security_headers;
    struct visit visit = {.exchange = exchange, .page = context};
    answer_visit(&visit);
    form_release(&visit.form);
    json_object_put(visit.answer);
}
