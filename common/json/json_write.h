/*
 * Writes JSON, one member after another:
 *
 *     struct ts_json_writer json = ts_json_begin(&text);
 *     ts_json_write_string(&json, "kind", "ExecCredential");
 *     ts_json_open(&json, "status", '{');
 *     ts_json_write_string(&json, "token", token);
 *     ts_json_close(&json, '}');
 *     return ts_json_end(&json);
 *
 * No step need be checked: after one that failed the others write nothing, and ts_json_end returns
 * what it returned.
 */
#ifndef TS_JSON_WRITE_H
#define TS_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/secret.h"
#include "common/base/text.h"

struct ts_json_writer {
    struct ts_secret *out;
    size_t start; /* where in `out` the text begins */
    int rc;       /* as ts_secret_append */
};

/* Begins an object; the text is appended to `out`. */
struct ts_json_writer ts_json_begin(struct ts_secret *out);

/* Ends the object, the second with a newline. Where a step failed, `out` is as it was. Return as
 * ts_secret_append. */
int ts_json_end(struct ts_json_writer *json);
int ts_json_end_line(struct ts_json_writer *json);

/* An object or an array within; `bracket` is '{' or '[', then '}' or ']'. */
void ts_json_open(struct ts_json_writer *json, const char *name, char bracket);
void ts_json_close(struct ts_json_writer *json, char bracket);

/* A member; `name` is NULL for an element of an array. A string that is NULL is written as null. */
void ts_json_write_string(struct ts_json_writer *json, const char *name, const char *value);
void ts_json_write_integer(struct ts_json_writer *json, const char *name, int64_t value);
void ts_json_write_bool(struct ts_json_writer *json, const char *name, bool value);
void ts_json_write_list(struct ts_json_writer *json, const char *name, const struct ts_list *list);

#endif
