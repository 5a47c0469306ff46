/*
 * HTML into memory. Whatever is filled in is escaped, so that no name or message becomes markup.
 */
#ifndef ISSUER_HTML_H
#define ISSUER_HTML_H

#include <stdio.h>

/* Writes `format`, which is markup, with each %s replaced by the next string, escaped for text and
 * for quoted attributes. Bytes that are not UTF-8 and control characters become U+FFFD. %s and %%
 * are all it knows. */
void html_print(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
