/*
 * Structs as JSON objects by table: one row per member says what it is called, where it lives and
 * what values it may have, and serves for writing as well as for reading, so that the two sides of
 * a protocol cannot drift apart. Used by job.c and job_answer.c.
 */
#ifndef TS_FIELDS_H
#define TS_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/json/json_write.h"
#include "common/json/tree.h"

enum ts_field_type {
    TS_FIELD_STRING,  /* char *; left out where NULL */
    TS_FIELD_TEXT,    /* char[max + 1], without control characters */
    TS_FIELD_SECRET,  /* struct ts_secret, 1 to max bytes */
    TS_FIELD_TOKEN,   /* the same, with a token's characters only */
    TS_FIELD_BYTES,   /* struct ts_secret, 0 to max bytes of any kind; travels as base64url */
    TS_FIELD_SCOPES,  /* struct ts_list of scopes */
    TS_FIELD_TEXTS,   /* struct ts_list of texts as in TS_FIELD_TEXT, each of at most max bytes */
    TS_FIELD_BOOL,    /* bool */
    TS_FIELD_LONG,    /* long, from min to max */
    TS_FIELD_INTEGER, /* int64_t, from min to max */
};

struct ts_field {
    const char *name;
    enum ts_field_type type;
    size_t offset;
    int64_t min;
    int64_t max;
};

struct ts_field_table {
    const struct ts_field *fields;
    size_t len;
};

/* Writes every member of the struct at `from`. */
void ts_fields_write(struct ts_json_writer *json, const struct ts_field_table *table,
                     const void *from);

/*
 * Fills the struct at `to`, which the caller has initialised and releases in every case. Every
 * member must be there (strings excepted) and right; the object has no members beside the table's
 * and `others` more. 0; TS_ERR_SYNTAX with a text that names the member;
 * TS_ERR_NOMEM.
 */
int ts_fields_read(struct ts_json *object, const struct ts_field_table *table, int others, void *to,
                   struct ts_err *err);

#endif
