#include "common/worker/message.h"
#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <string.h>

/* This many characters of a key's base64 in a row are no coincidence. */
#define QUOTE_LEN 16

/* Of longer messages only the beginning is checked and shown. */
#define RAW_MAX ((size_t)4096)

static bool
is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=';
}

/* Whether a line end or tab is written here as an escape, as in JSON that is quoted as it came. */
static bool
is_escaped_blank(const char *text, size_t len)
{
    return len >= 2 && text[0] == '\\' && (text[1] == 'n' || text[1] == 'r' || text[1] == 't');
}

/* Appends the base64 characters of a text, so that line ends on either side do not matter. */
static int
keep_base64(const char *text, size_t len, struct ts_secret *ret)
{
    int rc = ts_secret_reserve(ret, ret->len + len);

    for (size_t i = 0; i < len && rc == 0; i++) {
        if (is_escaped_blank(text + i, len - i))
            i++;
        else if (is_base64(text[i]))
            rc = ts_secret_append(ret, &text[i], 1);
    }
    return rc;
}

/* The key's base64, without the lines around it; all of a key that is one line. */
static int
key_base64(const struct ts_secret *pem, struct ts_secret *ret)
{
    const char *start = strchr(ts_secret_string(pem), '\n');

    if (start == NULL)
        return keep_base64(ts_secret_string(pem), pem->len, ret);
    const char *end = strstr(start, "-----END");
    return end != NULL ? keep_base64(start, (size_t)(end - start), ret) : 0;
}

static bool
quotes_key(const char *text, size_t len, const struct ts_secret *pem)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret key = TS_SECRET_INIT(pem->max);
    TS_CLEANUP(ts_secret_release) struct ts_secret said = TS_SECRET_INIT(RAW_MAX);

    /* What cannot be checked is not shown. */
    if (key_base64(pem, &key) < 0 || keep_base64(text, len, &said) < 0)
        return true;
    /* A private API key may be shorter. */
    if (key.len > 0 && key.len < QUOTE_LEN)
        return memmem(ts_secret_string(&said), said.len, key.data, key.len) != NULL;
    for (size_t i = 0; i + QUOTE_LEN <= said.len; i++)
        if (memmem(ts_secret_string(&key), key.len, said.data + i, QUOTE_LEN) != NULL)
            return true;
    return false;
}

static bool
is_secret(const char *text, size_t len, const struct ts_secret *pem)
{
    /* Every JWT begins with the base64url of `{"`. */
    static const char *const marks[] = {"PRIVATE KEY", "eyJ"};

    for (size_t i = 0; i < TS_ARRAY_LEN(marks); i++)
        if (memmem(text, len, marks[i], strlen(marks[i])) != NULL)
            return true;
    return quotes_key(text, len, pem);
}

static void
clean_message(const char *text, size_t len, const struct ts_secret *pem,
              char ret[TS_MESSAGE_MAX + 1])
{
    static const char withheld[] = "(message withheld: it quotes a secret)";

    if (len > RAW_MAX)
        len = RAW_MAX;
    ts_text_clean(ret, TS_MESSAGE_MAX + 1, text, len);
    /* Checked both ways: cleaning could put together what control characters held apart. */
    if (is_secret(text, len, pem) || is_secret(ret, strlen(ret), pem))
        memcpy(ret, withheld, sizeof(withheld));
}

/* The first string among the members that servers use, or inside what they hold; NULL where there
 * is none. */
static const char *
find_text(struct ts_json *value, unsigned depth)
{
    static const char *const members[] = {
        "message", "error_description", "detail", "error", "errors", "title"};
    const char *found = NULL;

    if (ts_json_is(value, TS_JSON_STRING))
        return ts_json_text(value);
    if (depth == 0)
        return NULL;
    if (ts_json_is(value, TS_JSON_ARRAY))
        return ts_json_length(value) > 0 ? find_text(ts_json_at(value, 0), depth - 1) : NULL;
    for (size_t i = 0; i < TS_ARRAY_LEN(members) && found == NULL; i++)
        if (ts_json_is(value, TS_JSON_OBJECT))
            found = find_text(ts_json_member(value, members[i]), depth - 1);
    return found;
}

void
ts_message_read_id(struct ts_json *answer, const struct ts_secret *private_pem,
                   char ret[TS_RESPONSE_ID_MAX + 1])
{
    const char *id = ts_json_string(answer, "response_id");
    size_t len = id != NULL ? strlen(id) : 0;

    ret[0] = '\0';
    if (len == 0 || len > TS_RESPONSE_ID_MAX || is_secret(id, len, private_pem))
        return;
    for (size_t i = 0; i < len; i++)
        if (id[i] <= 0x20 || id[i] >= 0x7f)
            return;
    memcpy(ret, id, len + 1);
}

void
ts_message_read(const struct ts_response *response, const struct ts_secret *private_pem,
                struct ts_message *ret)
{
    TS_CLEANUP(ts_json_put) struct ts_json *answer = NULL;
    struct ts_err ignored = {0};
    const char *body = ts_secret_string(&response->body);

    *ret = (struct ts_message){.text = ""};
    if (ts_json_parse_object(body, response->body.len, &answer, &ignored) < 0) {
        if (response->is_text)
            clean_message(body, response->body.len, private_pem, ret->text);
        return;
    }
    const char *text = find_text(answer, 3);
    if (text != NULL)
        clean_message(text, strlen(text), private_pem, ret->text);
    ts_message_read_id(answer, private_pem, ret->response_id);
}
