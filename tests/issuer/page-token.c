/* The box on the page that turns a key into a token and shows what is in it. */
#include "html.h"
#include "page.h"
#include "scoped.h"

#include <string.h>

/* Decodes the part of a token up to the next dot and indents its JSON. The caller frees it. */
static char *
claims_text(const char *part)
{
    size_t len = strcspn(part, ".");
    size_t padded = (len + 3) / 4 * 4;
    scoped(text) char *base64 = must_alloc(padded + 1);
    for (size_t i = 0; i < padded; i++)
        base64[i] = i >= len ? '=' : part[i] == '-' ? '+' : part[i] == '_' ? '/' : part[i];
    scoped(text) char *json = must_alloc(padded + 1);
    int got = EVP_DecodeBlock((unsigned char *)json, (unsigned char *)base64, (int)padded);
    size_t text_len = got < 0 ? 0 : (size_t)got - (padded - len);
    scoped(json) struct json_object *value = json_parse(json, text_len);
    const char *text = value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
                                                                         JSON_C_TO_STRING_SPACED)
                             : "";
    return must_copy(text, strlen(text));
}

/* A claim that is a time, in words. */
static void
view_time(FILE *out, struct json_object *claims, const char *const words[2])
{
    struct json_object *value = NULL;
    char text[32];
    struct tm utc = {0};
    if (!json_object_object_get_ex(claims, words[0], &value))
        return;
    time_t when = (time_t)json_object_get_int64(value);
    if (gmtime_r(&when, &utc) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &utc) > 0)
        html_print(out, "<dt>%s</dt><dd>%s UTC</dd>", words[1], text);
}

static void
view_token(FILE *out, struct json_object *answer)
{
    const char *token = json_member(answer, "token");
    const char *response_id = json_member(answer, "response_id");
    const char *payload = token ? strchr(token, '.') : NULL;
    if (!payload)
        return;
    scoped(text) char *header_text = claims_text(token);
    scoped(text) char *payload_text = claims_text(payload + 1);
    scoped(json) struct json_object *claims = json_parse(payload_text, strlen(payload_text));
    html_print(out,
               "<div id=\"result\" role=\"status\" tabindex=\"-1\"><h3>The token</h3>\n"
               "<label class=\"unseen\" for=\"made\">The token</label>"
               "<textarea id=\"made\" class=\"copy\" readonly rows=\"6\" spellcheck=\"false\">\n"
               "%s</textarea>\n<dl>",
               token);
    view_time(out, claims, (const char *const[]){"iat", "Issued"});
    view_time(out, claims, (const char *const[]){"exp", "Expires"});
    html_print(out,
               "<dt>Response id</dt><dd><code>%s</code></dd></dl>\n<div class=\"halves\">"
               "<figure><figcaption>Header</figcaption><pre id=\"header\">%s</pre></figure>"
               "<figure><figcaption>Claims</figcaption><pre id=\"claims\">%s</pre></figure></div>"
               "</div>\n",
               response_id ? response_id : "", header_text, payload_text);
}

void
view_token_box(FILE *out, const struct visit *visit, const struct notice *notice)
{
    bool sent = notice->section && strcmp(notice->section, "token") == 0;
    const struct form *form = sent ? notice->form : NULL;
    const char *wrong = sent && notice->error ? notice->field : "";
    html_print(out,
               "<section class=\"card\" aria-labelledby=\"try\"><h2 id=\"try\">Try a key</h2>\n"
               "<p class=\"faint\">Turns a key into a token and shows its claims. The key is not "
               "kept.</p>\n<form method=\"post\" action=\"/token\" class=\"row try\" novalidate "
               "autocomplete=\"off\">");
    view_csrf(out, visit);
    html_print(out,
               "<div class=\"field full\"><label for=\"key\">Content of key.json</label>"
               "<textarea id=\"key\" name=\"key\" rows=\"4\" spellcheck=\"false\" "
               "placeholder=\"%s\"%s></textarea><span class=\"pick\"></span>",
               "{\"key_id\": ..., \"private_key\": ...}",
               strcmp(wrong, "key") == 0 ? " aria-invalid=true aria-describedby=key-error" : "");
    view_field_error(out, notice, "key");
    html_print(
        out,
        "</div><div class=\"field wide\"><label for=\"scopes\">Scopes, between blanks</label>"
        "<input id=\"scopes\" name=\"scopes\" maxlength=\"512\" value=\"%s\"%s>",
        form ? form_value(form, "scopes") : "user_management",
        strcmp(wrong, "scopes") == 0 ? " aria-invalid=true aria-describedby=scopes-error" : "");
    view_field_error(out, notice, "scopes");
    html_print(out,
               "</div><div class=\"field\"><label for=\"lifetime\">Lifetime in seconds</label>"
               "<input id=\"lifetime\" name=\"lifetime\" inputmode=\"numeric\" maxlength=\"5\" "
               "value=\"%s\"%s>",
               form ? form_value(form, "lifetime") : "3600",
               strcmp(wrong, "lifetime") == 0 ? " aria-invalid=true aria-describedby=lifetime-error"
                                              : "");
    view_field_error(out, notice, "lifetime");
    html_print(out, "</div><div class=\"submit\"><button>Get a token</button></div></form>\n");
    if (sent && !notice->error)
        view_token(out, visit->answer);
    html_print(out, "</section>\n");
}
