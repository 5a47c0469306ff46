/*
 * What a browser sends for a form: application/x-www-form-urlencoded, as the HTML standard has it.
 */
#ifndef ISSUER_FORM_H
#define ISSUER_FORM_H

#include "exchange.h"

#define FORM_FIELDS_MAX 16

/* Names and values, decoded, in the order in which they came. */
struct form {
    char *text; /* owns all of them */
    size_t len;
    struct form_field {
        const char *name, *value;
    } fields[FORM_FIELDS_MAX];
    size_t count;
};

/* Reads the body. Returns 0, or -1 where it is of another type, has more fields than the maximum, a
 * field twice, a wrong escape, a NUL, or bytes that are not UTF-8. form_release in both cases. */
int form_read(const struct inquiry *inquiry, struct form *ret);

/* A field's value; "" where there is none of that name. */
const char *form_value(const struct form *form, const char *name);

/* Wipes and frees: a private key may be in it. */
void form_release(struct form *form);

#endif
