/* What each form of the page does. */
#include "endpoint.h"
#include "key-make.h"
#include "keystore.h"
#include "options.h"
#include "page.h"
#include "request.h"
#include "scoped.h"

#include <openssl/crypto.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 64
#define YEARS_MAX 5
#define DAY_SECONDS (24L * 60 * 60)

/* True where a character of UTF-8 is a control character, or is invisible or turns the direction of
 * the text around it, so that a name could look like another one. */
static bool
is_control(const char *character)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0x01, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},
                  {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}};
    /* The first byte of a sequence has that many bits of the code point, the others six each. */
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t len = utf8_length(character);
    uint32_t code = (unsigned char)character[0] & masks[len];
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)character[i] & 0x3f);
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

/* Returns what is wrong with a name, or NULL. Everything is escaped where it is shown; markup is
 * refused all the same, because other programs will show the name, too. */
static const char *
name_error(const char *name)
{
    size_t characters = 0;
    bool blank = true;
    for (const char *at = name; *at; at += utf8_length(at), characters++) {
        if (is_control(at) || strchr("<>&\"", *at))
            return "A name cannot have control characters or < > & \" in it.";
        blank = blank && *at == ' ';
    }
    if (blank)
        return "Enter a name.";
    return characters > NAME_MAX_CHARACTERS ? "A name has at most 64 characters." : NULL;
}

static const char *
expiry_error(const char *expiry, time_t now)
{
    time_t end = 0;
    if (!*expiry)
        return "Enter the last day on which the key is valid.";
    if (date_end(expiry, &end) != 0)
        return "This is not a date, as in 2027-01-31.";
    if (end <= now)
        return "This day is in the past.";
    if (end > now + DAY_SECONDS * 366 * YEARS_MAX)
        return "A key is valid for at most five years.";
    return NULL;
}

static const char *
rotation_error(const char *rotation)
{
    static const char *const offered[] = {"30d", "90d", "180d", "365d"};
    for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]); i++) {
        if (strcmp(offered[i], rotation) == 0)
            return NULL;
    }
    return "Choose how often the key is to be rotated.";
}

/* Makes a key and keeps its download. Returns 0, or -1 after making an error the reply. */
static int
make_key(struct visit *visit, const struct key_request *request, char ret_id[UUID_LEN + 1])
{
    struct made_key made = {0};
    int result = key_make(request, &made);
    if (result == 0)
        result = keystore_save(visit->exchange->issuer->dir, made.entry);
    if (result == 0) {
        scoped(text) char *line = must_printf("%s\n", json_text(made.download));
        pending_put(visit->page->pending, made.id, line);
        OPENSSL_cleanse(line, strlen(line));
        memcpy(ret_id, made.id, UUID_LEN + 1);
    } else {
        view_error(visit, 500, "The key could not be stored.");
    }
    key_release(&made);
    return result;
}

void
action_create(struct visit *visit)
{
    const char *name = form_value(&visit->form, "name");
    const char *expiry = form_value(&visit->form, "expiry");
    const char *rotation = form_value(&visit->form, "rotation");
    const struct notice notices[] = {
        {"name", name_error(name), &visit->form, "create"},
        {"expiry", expiry_error(expiry, visit->exchange->now), &visit->form, "create"},
        {"rotation", rotation_error(rotation), &visit->form, "create"},
    };
    for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++) {
        if (notices[i].error) {
            view_main(visit, 400, &notices[i]);
            return;
        }
    }
    char id[UUID_LEN + 1];
    const struct key_request request = {
        .name = name, .expires = expiry, .rotation = rotation, .bits = 2048};
    if (make_key(visit, &request, id) == 0)
        view_go(visit, must_printf("/keys/%s/new", id));
}

/* Loads the key of the path. Returns NULL after making an error the reply. */
static struct json_object *
load_key(struct visit *visit)
{
    struct json_object *key = keystore_load(visit->exchange->issuer->dir, visit->id);
    if (!key)
        view_error(visit, 404, "There is no such key.");
    return key;
}

/* The last day of a key that replaces `key` today: as many days ahead as that one had. */
static int
next_expiry(struct json_object *key, time_t now, char ret[DATE_LEN + 1])
{
    const char *expiry = json_member(key, "expiry");
    const char *created = json_member(key, "created_at");
    time_t to = 0, from = 0;
    if (!expiry || !created || date_end(expiry, &to) != 0 || date_end(created, &from) != 0)
        return -1;
    date_print(now + (to > from ? to - from : 0), ret);
    return 0;
}

/* The old key is marked before the answer, and only where it is still valid: two rotations at once
 * make two new keys, and the later one is what it names. */
void
action_rotate(struct visit *visit)
{
    const char *dir = visit->exchange->issuer->dir;
    scoped(json) struct json_object *key = load_key(visit);
    char expiry[DATE_LEN + 1], id[UUID_LEN + 1];
    if (!key)
        return;
    if (keystore_state(key, visit->exchange->now) != KEY_ACTIVE ||
        json_object_object_get_ex(key, "replaced_by", NULL) ||
        next_expiry(key, visit->exchange->now, expiry) != 0) {
        view_error(
            visit, 409,
            "Only a valid key that was not replaced yet can be rotated. Nothing was changed.");
        return;
    }
    struct json_object *scopes = NULL;
    json_object_object_get_ex(key, "scopes", &scopes);
    const char *name = json_member(key, "name");
    const char *rotation = json_member(key, "rotation_frequency");
    const struct key_request request = {.name = name ? name : "",
                                        .expires = expiry,
                                        .rotation = rotation ? rotation : "90d",
                                        .replaces = visit->id,
                                        .scopes = json_object_get(scopes),
                                        .bits = 2048};
    if (make_key(visit, &request, id) != 0)
        return;
    scoped(json) struct json_object *changes = json_object_new_object();
    json_object_object_add(changes, "replaced_by", json_object_new_string(id));
    if (keystore_change(dir, visit->id, changes) == 0)
        view_go(visit, must_printf("/keys/%s/new", id));
    else
        view_error(visit, 500, "The key could not be stored.");
}

void
action_invalidate(struct visit *visit)
{
    scoped(json) struct json_object *key = load_key(visit);
    if (!key)
        return;
    scoped(json) struct json_object *changes = json_object_new_object();
    json_object_object_add(changes, "revoked", json_object_new_boolean(true));
    if (keystore_change(visit->exchange->issuer->dir, visit->id, changes) == 0)
        view_go(visit, must_printf("/#key-%s", visit->id));
    else
        view_error(visit, 500, "The key could not be stored.");
}

void
action_download(struct visit *visit)
{
    char *download = pending_take(visit->page->pending, visit->id);
    if (!download) {
        view_error(visit, 410,
                   "This key was downloaded already, or its ten minutes are over. The private key "
                   "is not kept anywhere: rotate the key to get a new one.");
        return;
    }
    if (strcmp(form_value(&visit->form, "as"), "text") == 0) {
        view_download(visit, download);
        OPENSSL_cleanse(download, strlen(download));
        free(download);
        return;
    }
    visit->exchange->reply.status = 200;
    visit->exchange->reply.header = "Content-Disposition";
    visit->exchange->reply.value = "attachment; filename=\"key.json\"";
    exchange_body(visit->exchange, "application/json", download, strlen(download));
}

/* The body of a token request for what the form asks; NULL with the notice filled. */
static struct json_object *
token_request(const struct form *form, struct notice *ret_notice)
{
    const char *text = form_value(form, "key");
    const char *scopes = form_value(form, "scopes");
    int64_t lifetime = 0;
    scoped(json) struct json_object *key = json_parse(text, strlen(text));
    *ret_notice = (struct notice){.form = form, .section = "token", .field = "key"};
    if (!*text)
        ret_notice->error = "Paste the content of a downloaded key.json.";
    else if (!key || !json_member(key, "key_id") || !json_member(key, "private_key"))
        ret_notice->error =
            "This is not a downloaded key: a JSON object with key_id and private_key.";
    else if (!*scopes || strspn(scopes, " ") == strlen(scopes))
        *ret_notice = (struct notice){"scopes", "Enter at least one scope.", form, "token"};
    else if (number_read(form_value(form, "lifetime"), &lifetime) != 0 || lifetime < 1 ||
             lifetime > EXPIRY_MAX)
        *ret_notice = (struct notice){"lifetime", "Enter a number of seconds from 1 to 86400.",
                                      form, "token"};
    if (ret_notice->error)
        return NULL;
    struct json_object *body = json_object_new_object();
    json_object_object_add(body, "key_id", json_object_new_string(json_member(key, "key_id")));
    json_object_object_add(body, "private_key",
                           json_object_new_string(json_member(key, "private_key")));
    json_object_object_add(body, "scopes", json_object_new_string(scopes));
    json_object_object_add(body, "expiry", json_object_new_int64(lifetime));
    return body;
}

/* Asks the endpoint inside this program, as a client would over TLS. */
void
action_token(struct visit *visit)
{
    struct notice notice = {0};
    scoped(json) struct json_object *body = token_request(&visit->form, &notice);
    if (!body) {
        view_main(visit, 400, &notice);
        return;
    }
    const char *text = json_text(body);
    struct exchange inner = {.issuer = visit->exchange->issuer,
                             .inquiry = {.method = "POST",
                                         .path = "/api/user/token",
                                         .content_type = "application/json",
                                         .body = text,
                                         .body_len = strlen(text)}};
    endpoint_answer(&inner, NULL);
    visit->answer = json_parse(inner.reply.body, inner.reply.len);
    notice = (struct notice){.form = &visit->form, .section = "token"};
    if (inner.reply.status != 200) {
        const char *message = json_member(visit->answer, "message");
        notice.error = message ? message : "The endpoint did not say why.";
        notice.field = "key";
    }
    view_main(visit, inner.reply.status, &notice);
    exchange_release(&inner);
}
