/*
 * The loader's inside: sections of policy.conf(5) become services and keys by one table of
 * settings. For the other files of the loader (policy.c, policy_files.c) and for fuzzers.
 */
#ifndef TS_POLICY_SCHEMA_H
#define TS_POLICY_SCHEMA_H

#include "common/config/ini.h"
#include "common/policy/policy.h"
#include "common/base/trusted_path.h"

/* What a setting's reader works on: one of service and key is set, for [events] neither. */
struct ts_policy_input {
    struct ts_policy *policy;
    const struct ts_ini *ini;
    const struct ts_ini_section *section;
    const struct ts_ini_entry *entry;
    struct ts_policy_service *service;
    struct ts_policy_key *key;
};

/*
 * Reads input->section, key by key, into input->service or input->key, which holds the defaults:
 * its name or id, then its settings. Returns 0, TS_ERR_CONFIG (`FILE:LINE: ...`) or TS_ERR_NOMEM.
 */
int ts_policy_read_service(const struct ts_policy_input *input, struct ts_err *err);
int ts_policy_read_key(const struct ts_policy_input *input, struct ts_err *err);
/* The same for [events], into input->policy. */
int ts_policy_read_events(const struct ts_policy_input *input, struct ts_err *err);

/* A file's text, which moves into the policy: its sections become services and keys, or where
 * `keys_only` is set, keys alone. Nothing of it stays where it fails. `file` is how messages name
 * it. Returns as ts_policy_read_key. */
int ts_policy_add_text(struct ts_policy *policy, struct ts_secret *text, const char *file,
                       bool keys_only, struct ts_err *err);

/* Adds the keys that a text with mistakes seems to have, all with that problem: so that their
 * holders are still users with a key, and their tokens get an answer that says what is wrong. */
int ts_policy_add_broken(struct ts_policy *policy, struct ts_secret *text, const char *file,
                         const char *problem, bool is_untrusted, struct ts_err *err);

/* A key with the defaults, the policy's; NULL where there is no memory. */
struct ts_policy_key *ts_policy_new_key(struct ts_policy *policy, const char *file);

/* Keeps a text for as long as the policy lives, and returns the policy's copy of `file`, or NULL
 * where there is no memory. */
const char *ts_policy_keep_text(struct ts_policy *policy, struct ts_secret *text, const char *file);

/* The part of ts_policy_release that is about texts, lists and messages. */
void ts_policy_release_memory(struct ts_policy *policy);

/* Parts a text at its blanks, in place, and makes *ret a list of the parts, which lies in the
 * policy's memory: never to be released. Returns 0 or TS_ERR_NOMEM. */
int ts_policy_split(struct ts_policy *policy, char *text, struct ts_list *ret);

/* Adds a problem of keys.d to the policy's list. Returns the policy's copy, or NULL where there is
 * no memory. */
const char *ts_policy_add_problem(struct ts_policy *policy, const char *text);

/* Last, when all files have been read: services are sorted, keys indexed; one of the policy.conf
 * `file`'s services twice is TS_ERR_CONFIG, a key id twice a problem of both. */
int ts_policy_finish(struct ts_policy *policy, struct ts_err *err);

/* Reads keys.d, which may be missing, below that folder; see policy.h. Returns 0, TS_ERR_CONFIG (it
 * is unsafe as a folder, or cannot be read) or TS_ERR_NOMEM. */
int ts_policy_add_folder(struct ts_policy *policy, const struct ts_trusted_folder *beside,
                         struct ts_err *err);

/* Whether an item of `users` is well formed. */
bool ts_policy_is_user_or_group(const char *item);

#endif
