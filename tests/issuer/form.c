#include "form.h"

#include "text.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

static int
hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

/* Decodes in place; -1 where an escape is wrong or stands for a NUL. */
static int
decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '%') {
            int high = hex_digit(from[1]);
            int low = high < 0 ? -1 : hex_digit(from[2]);
            if (low < 0 || (high == 0 && low == 0))
                return -1;
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = *from == '+' ? ' ' : *from;
        }
    }
    *to = '\0';
    return utf8_valid(text) ? 0 : -1;
}

static bool
is_form(const char *content_type)
{
    static const char type[] = "application/x-www-form-urlencoded";
    size_t len = sizeof(type) - 1;
    return content_type && strncasecmp(content_type, type, len) == 0 &&
           strchr("; \t", content_type[len]) != NULL;
}

static bool
has_field(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Takes one name=value, which it changes. */
static int
take_field(struct form *form, char *pair)
{
    char *value = strchr(pair, '=');
    if (!value || form->count == FORM_FIELDS_MAX)
        return -1;
    *value++ = '\0';
    if (decode(pair) != 0 || decode(value) != 0 || has_field(form, pair))
        return -1;
    form->fields[form->count++] = (struct form_field){pair, value};
    return 0;
}

int
form_read(const struct inquiry *inquiry, struct form *ret)
{
    *ret = (struct form){.text = must_copy(inquiry->body, inquiry->body_len),
                         .len = inquiry->body_len};
    if (!is_form(inquiry->content_type) || strlen(ret->text) != inquiry->body_len)
        return -1;
    char *rest = ret->text;
    while (rest && *rest) {
        char *pair = strsep(&rest, "&");
        if (take_field(ret, pair) != 0)
            return -1;
    }
    return 0;
}

const char *
form_value(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    }
    return "";
}

void
form_release(struct form *form)
{
    OPENSSL_cleanse(form->text, form->len);
    free(form->text);
    *form = (struct form){0};
}
