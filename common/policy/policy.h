/*
 * policy.conf(5) and the files in keys.d beside it: whom and what this host believes. Strict,
 * default deny. A mistake in policy.conf, which says what services demand, makes the whole policy
 * unusable. The files in keys.d can only add keys, so a mistake in one of them costs only the keys
 * in that file: they stay in the policy, as keys with a `problem`, which are never accepted.
 */
#ifndef TS_POLICY_H
#define TS_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/text.h"
#include "common/policy/service_name.h"
#include "common/policy/token.h"

struct evp_pkey_st;

enum ts_source { TS_SOURCE_PROMPT, TS_SOURCE_LOCAL };

#define TS_POLICY_FILE_MAX ((size_t)16 * 1024 * 1024) /* of policy.conf and of each keys.d file */
#define TS_POLICY_TOTAL_MAX (4 * TS_POLICY_FILE_MAX)  /* of all of them */
#define TS_POLICY_KEYS_FOLDER "keys.d"

/* Texts and lists of services and keys lie in the policy's own memory and are released with it. */
struct ts_policy_service {
    char *name; /* normalised, lower case; "*": every service without a section of its own */
    struct ts_list scopes;
    struct ts_list bound_to; /* names of this host; none: a token needs no proof */
    int64_t max_age;         /* seconds, of the token, or where bound of its proof; -1: none */
    bool single_use;
    enum ts_source sources[2];
    size_t sources_len; /* 1 or 2 */
    unsigned line;
};

struct ts_policy_key {
    char *id;
    const char *public_key_text;    /* as it is written: one line of base64, or a file's path */
    struct evp_pkey_st *public_key; /* NULL until ts_policy_public_key has read it */
    void (*free_public_key)(struct evp_pkey_st **key);
    struct ts_list users;    /* local users, and `@group` */
    struct ts_list services; /* normalised names in lower case, or `*` */
    struct ts_list scopes;
    int64_t max_lifetime; /* seconds */
    int64_t expires;      /* last second it is good for, Unix time; INT64_MAX: never */
    const char *file;     /* that has the section */
    unsigned line, public_key_line;
    const char *problem; /* why no token by this key is accepted, with file and line; or NULL */
    bool is_untrusted;   /* from a file that others than root can write; always with a problem */
};

struct ts_policy_text; /* a file's contents */

struct ts_policy {
    char *file;
    uid_t owner;                        /* whose files are trusted, as it was given */
    bool logs_logins;                   /* [events]: each decision goes to the spool */
    struct ts_policy_service *services; /* sorted by name */
    size_t services_len;
    struct ts_policy_key *keys; /* in the order of the files and of their lines */
    size_t keys_len;
    struct ts_index index;   /* of the keys, by id */
    struct ts_list problems; /* of keys.d: each once, a line fit to print */
    const char *unread;      /* the first of them that may hide keys of any id, or NULL */
    struct ts_policy_text *texts;
    size_t texts_len, texts_bytes;
    char ***pools; /* memory for lists */
    char **pool_next;
    size_t pools_len, pool_left;
};

/*
 * Whose files may be trusted: root's always; `owner`'s too (pass 0 for none), which the module sets
 * only where real, effective and saved uid are one user who is not root.
 */
struct ts_policy_trust {
    uid_t owner;
};

/*
 * Opens policy.conf and the files in keys.d through descriptors, folder by folder from /, checking
 * that each folder and file belongs to root (or trust->owner) and is writable by nobody else (a
 * sticky folder may), then checks everything in them but the public keys. *ret is released with
 * ts_policy_release in every case. Returns 0, TS_ERR_CONFIG (policy.conf, or keys.d as a folder,
 * cannot be used; the text has file, line where there is one, and what fixes it) or TS_ERR_NOMEM.
 */
int ts_policy_load(const char *path, const struct ts_policy_trust *trust, struct ts_policy *ret,
                   struct ts_err *err);

/* A file like those in keys.d, on its own: *ret has its keys and no services. Returns TS_ERR_CONFIG
 * for any mistake in it. */
int ts_policy_load_keys(const char *path, const struct ts_policy_trust *trust,
                        struct ts_policy *ret, struct ts_err *err);
void ts_policy_release(struct ts_policy *policy);

/* The section that serves a service: its own, else `*`, else NULL. Here and below services go by
 * the names of service_name.h. */
const struct ts_policy_service *ts_policy_find_service(const struct ts_policy *policy,
                                                       const char *service);

/* The key of that id, which may have a problem; NULL where there is none (but see `unread`). */
const struct ts_policy_key *ts_policy_find_key(const struct ts_policy *policy, const char *id);

/*
 * A key's public key, read when it is first asked for; *ret stays the policy's. Needs libcrypto.
 * Returns 0, TS_ERR_CONFIG (the key has a problem, or its public key is missing, unsafe or
 * unusable; the text has file and line) or TS_ERR_NOMEM.
 */
int ts_policy_public_key(const struct ts_policy *policy, const struct ts_policy_key *key,
                         struct evp_pkey_st **ret, struct ts_err *err);

/* Whether the public key is written in the policy itself, and not as the path of a file. */
bool ts_policy_key_is_inline(const struct ts_policy_key *key);

/* Appends what is written: the line of base64, or the contents of the file. Returns as
 * ts_policy_public_key. */
int ts_policy_key_text(const struct ts_policy *policy, const struct ts_policy_key *key,
                       struct ts_secret *ret, struct ts_err *err);
#define TS_PUBLIC_KEY_FILE_MAX ((size_t)16 * 1024)

/* The key whose size and work stand in for those of a key that the policy does not have, so that a
 * stranger cannot find out which it has: the first that can be used, or NULL where there is none.
 */
const struct ts_policy_key *ts_policy_stand_in(const struct ts_policy *policy);

/* Who logs in, looked up once: names, uid, and the names of the policy's groups they are in. */
struct ts_subject {
    const char *name; /* the caller's */
    char *canonical;  /* the user database's own spelling of it: a directory may take ADALICE for
                         adalice. NULL where the user does not exist */
    bool exists;      /* in the user database */
    uid_t uid;
    gid_t gid;
    struct ts_list groups; /* those of the `@group`s looked up whose member they are */
};

/*
 * Looks a user up (getpwnam_r, getgrouplist, getgrnam_r, growing buffers up to a cap). Groups are
 * looked up only where they can decide: those in keys that are good for the service, and none for
 * uid 0. A user who does not exist is not an error: `exists` is false. Returns 0, TS_ERR_NOMEM or
 * TS_ERR_SYSTEM (a look-up failed); *ret is released with ts_subject_release in every case.
 */
int ts_subject_lookup(const struct ts_policy *policy, const char *service, const char *name,
                      struct ts_subject *ret, struct ts_err *err);
void ts_subject_release(struct ts_subject *subject);

/* Whether an item of `users`, a user or an `@group`, is definitely none of this host's; *ret is
 * false where the look-up is not conclusive. Returns 0, TS_ERR_NOMEM or TS_ERR_SYSTEM (it fails).
 */
int ts_subject_is_missing(const char *item, bool *ret, struct ts_err *err);

/* Whether a key is good for a service. */
bool ts_policy_key_names_service(const struct ts_policy_key *key, const char *service);

/* Whether a key is for this user: named literally, in the spelling that was given or in the user
 * database's, or by a group; an account with uid 0 only where named literally. */
bool ts_policy_key_names_user(const struct ts_policy_key *key, const struct ts_subject *subject);

/* Whether any key is for this user. */
bool ts_policy_names_user(const struct ts_policy *policy, const struct ts_subject *subject);

/* The settings of the file: what the manual's test knows of it, and the loader's schema. */
struct ts_policy_input;
struct ts_policy_setting {
    const char *section; /* "service", "key" or "events" */
    const char *key;
    bool required;
    int (*read)(const struct ts_policy_input *input, struct ts_err *err); /* the loader's own */
};
const struct ts_policy_setting *ts_policy_settings(size_t *ret_len);

#endif
