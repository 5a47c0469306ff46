/* What client_edit.c knows about a format, which is a row of client_formats.c. */
#ifndef HELPER_CLIENT_FORMAT_H
#define HELPER_CLIENT_FORMAT_H

#include "helper/client/client_edit.h"

/* A walk through the lines of a text; a format's `scan` says what the present one is. */
struct client_scan {
    const struct ts_secret *text;
    const struct client_place *place;
    size_t at; /* of the line */
    struct text_line line;
    struct text_line before; /* the line before it */
    /* Kept by `scan`: whether the line is in a part of the file that is for the setting, and
     * whether that part has one. */
    bool in_section;
    bool has_setting;
    /* Set anew for every line. */
    struct text_span value; /* the setting for the place, or a span of NULL */
    bool is_ours;           /* the setting, or something around it, is what setup writes */
    bool is_anchor;         /* the setting belongs below this line */
};

struct client_format {
    void (*scan)(struct client_scan *scan);
    /* Appends what setup writes, without the last newline; `now` is the value that counts. Returns
     * as ts_secret_append. */
    int (*print)(const struct client_place *place, const struct text_span *now,
                 struct ts_secret *ret);
    /* NULL, or appends what is left of a line of which a part is ours. Returns as
     * ts_secret_append. */
    int (*print_rest)(const struct text_span *value, struct ts_secret *ret);
    const char *value;   /* NULL, or the only value there is: then nothing needs doing */
    const char *off;     /* NULL, or a value that cannot be added to */
    const char *section; /* NULL, or the lines above it where there is no anchor */
    const char *missing; /* NULL, or what is wrong where there is no anchor */
    bool is_single;      /* there can be one, so somebody else's is in the way */
    bool at_end;         /* the last one counts: it goes to the end of the file */
};

#endif
