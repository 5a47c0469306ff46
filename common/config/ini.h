/*
 * The configuration dialect of credential.conf and policy.conf: `[kind name]` or `[kind]` sections,
 * `key = value` lines, comments on lines of their own that start with `#` or `;`, blank lines.
 * A comment character inside a value is part of the value. One trailing CR is white space.
 *
 * Refused, with file and line: NUL, a leading blank, a line over 4096 bytes, a line that is none of
 * the above, a key before the first section, a section or a key in it twice.
 *
 * Reading is in two steps: the whole file becomes a struct ts_ini, then a schema (one table per
 * kind of section) is applied to it. A file that fails anywhere has no effect at all.
 */
#ifndef TS_INI_H
#define TS_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/secret.h"

#define TS_INI_FILE_MAX ((size_t)1024 * 1024) /* of an ordinary configuration file */
#define TS_INI_LINE_MAX 4096

struct ts_ini_entry {
    char *key;
    char *value; /* blanks at both ends removed; may be empty */
    unsigned line;
};

struct ts_ini_section {
    char *kind; /* "profile" of [profile default] */
    char *name; /* "default"; "" where the section has none */
    unsigned line;
    struct ts_ini_entry *entries;
    size_t len;
};

/* Kinds, names, keys and values lie in `text`, where each ends in a NUL. */
struct ts_ini {
    char *file; /* how messages name the file */
    struct ts_ini_section *sections;
    size_t len;
    struct ts_ini_entry *entries; /* of all sections, in the order of the file */
    size_t entries_len;
    struct ts_secret text;
};

#define TS_INI_INIT ((struct ts_ini){.text = TS_SECRET_INIT(0)})

/*
 * Parses `len` bytes of text; `file` is how messages name them. On success *ret owns copies of
 * everything and is released with ts_ini_release. Returns 0, TS_ERR_CONFIG (the text reads
 * `FILE:LINE: what is wrong`) or TS_ERR_NOMEM.
 */
int ts_ini_parse(const char *text, size_t len, const char *file, struct ts_ini *ret,
                 struct ts_err *err);

/* The same with the caller's own text, which is left empty in every case: for long files, which are
 * then held once. */
int ts_ini_parse_text(struct ts_secret *text, const char *file, struct ts_ini *ret,
                      struct ts_err *err);

void ts_ini_release(struct ts_ini *ini);

/* The head of a section, found in a line that may come from a file with mistakes in it. Kind and
 * name are parts of the line; a name that is missing has the length 0. */
struct ts_ini_head {
    const char *kind;
    size_t kind_len;
    const char *name;
    size_t name_len;
};

/* Whether a line (without its end) begins a section, in any spelling that the reader accepts.
 * Blanks before it are forgiven. */
bool ts_ini_read_head(const char *line, size_t len, struct ts_ini_head *ret);

/* TS_ERR_CONFIG with `FILE:LINE: ` in front of the text. */
int ts_ini_error(const struct ts_ini *ini, unsigned line, struct ts_err *err, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/* What to add to the error about a value, or a word of it, that cannot be used: that a comment
 * cannot follow on the same line, where it looks like one; else "". */
const char *ts_ini_comment_hint(const char *value);

#endif
