/*
 * `status`: what is configured and cached. Gathered once as a JSON object, which is what --json
 * prints; people see a view of the same object, so the two cannot differ.
 *
 *     config_files  array of strings: the files read, in order
 *     cache_dir     string, or null where no folder can be had
 *     profiles      array of objects:
 *         name, token_url, lifetime (seconds), scopes (array of strings)
 *         key       object: file, command, api_key_file, key_id, name, expires_at,
 *                   rotation_frequency, rotation_due, error; each a string, or null where there is
 * none or it is unknown. Times are RFC 3339, UTC session_token  null, or, where `token` uses the
 * session's for want of a key file, an object: file, error (why `token` would refuse it, or null)
 * and, where it is alive, scopes, expires_at, expires_in and life (seconds) tokens    array of
 * objects: scopes, key_id, expires_at, expires_in and life (seconds), response_id other_tokens
 * array of the same, with the member `profile`: cached for profiles that are no longer configured
 *     hosts         array of objects: pattern, profile, username, auth ("basic", "bearer"),
 *                   askpass (boolean)
 *
 * Never a token.
 */
#ifndef HELPER_STATUS_H
#define HELPER_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "helper/helper.h"

struct ts_json;

/* Appends the object. Keys that cannot be read are reported in it and are no failure. */
int status_gather(const struct helper *helper, struct ts_secret *ret, struct ts_err *err);

/* How the view is drawn. */
struct status_style {
    bool color;
    bool unicode;
    int64_t now; /* Unix seconds */
};

/* Appends the view for people. Returns 0 or TS_ERR_NOMEM. */
int status_view(struct ts_json *status, const struct status_style *style, struct ts_secret *ret);

#endif
