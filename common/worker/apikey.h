/*
 * The API key: from ThriveStack's download (JSON) or bare PEM, from a file that nobody else can
 * read or from key_command's output. Only the worker ever holds one.
 */
#ifndef TS_WORKER_APIKEY_H
#define TS_WORKER_APIKEY_H

#include <sys/types.h>

#include "common/base/error.h"
#include "common/job/job.h"
#include "common/config/request.h"
#include "common/base/secret.h"

#define TS_API_KEY_FILE_MAX ((size_t)64 * 1024)

struct evp_pkey_st;

struct ts_api_key {
    struct evp_pkey_st *key;
    struct ts_secret pem;    /* the private key as the API takes it */
    struct ts_key_info info; /* but for the public half: ts_rsa_key_public */
};

#define TS_API_KEY_INIT ((struct ts_api_key){.key = NULL})

/*
 * Reads the key that `source` names. `owner` is whose file it may be, beside root's. Where
 * source->key_command is set it comes from descriptor `fd`, which is read until `deadline_ms`
 * (CLOCK_BOOTTIME); without source->key_id, its first line may be TS_JOB_KEY_ID_PREFIX and the id.
 * Returns 0; TS_ERR_KEY, the text naming file and reason; TS_ERR_CONFIG for a
 * file that is not safe and a key_id that disagrees; TS_ERR_NOMEM. *ret is released with
 * ts_api_key_release in every case.
 */
int ts_api_key_read(const struct ts_key_source *source, uid_t owner, int fd, int64_t deadline_ms,
                    struct ts_api_key *ret, struct ts_err *err);

/* The same for a job's request, whose user this process is. */
int ts_api_key_read_asked(const struct ts_request *request, int64_t deadline_ms,
                          struct ts_api_key *ret, struct ts_err *err);

/* The same from text; `name` is how messages call it, `key_id` the configured one or NULL. */
int ts_api_key_parse(const struct ts_secret *text, const char *name, const char *key_id,
                     struct ts_api_key *ret, struct ts_err *err);

/* Appends a download to *ret as it is. A browser leaves it readable by others, so that is accepted
 * here, but not that others could have written it. Returns as ts_api_key_read. */
int ts_api_key_read_download(const char *path, uid_t owner, struct ts_secret *ret,
                             struct ts_err *err);

/* Sets *ret to the private API key in source->api_key_file, by the same rules for the file: one
 * line of printable ASCII without blanks, no longer than ret->max. Returns as ts_api_key_read. */
int ts_api_key_read_secret(const struct ts_key_source *source, uid_t owner, struct ts_secret *ret,
                           struct ts_err *err);

void ts_api_key_release(struct ts_api_key *key);

#endif
