/*
 * `policy`: the keys that this host trusts. Keys are added as files in keys.d beside policy.conf,
 * and removed wherever they are. Whether a public key can be used is a job of the worker.
 */
#ifndef HELPER_POLICY_H
#define HELPER_POLICY_H

#include <sys/stat.h>

#include "common/base/error.h"
#include "common/job/job.h"
#include "common/policy/policy.h"
#include "helper/command/policy_text.h"
#include "helper/helper.h"

/* Where the host's policy is. */
struct policy_site {
    char *policy; /* absolute path of policy.conf */
    char *base;   /* of the folder that it is in */
    char *keys;   /* of keys.d in that folder */
};

/* From --policy, else the host's own. *ret is released in every case. */
int policy_site_find(const struct helper *helper, struct policy_site *ret, struct ts_err *err);
void policy_site_release(struct policy_site *site);

/* Whose files count beside root's: the caller's own, who may be anybody with --policy. */
struct ts_policy_trust policy_trust(void);

/* A job of the worker on a file: TS_JOB_POLICY or TS_JOB_KEYS. */
int policy_ask(enum ts_job_kind kind, const char *file, struct ts_policy_info *ret,
               struct ts_err *err);

/* One file of the policy, read as text by whoever may; links are followed. */
struct policy_file {
    char *path;
    bool is_keys; /* in keys.d */
    struct stat st;
    struct ts_secret text;
    struct policy_blocks blocks;
};
#define POLICY_FILE_INIT ((struct policy_file){.text = TS_SECRET_INIT(TS_POLICY_FILE_MAX)})
void policy_file_release(struct policy_file *file);

/* Reads file->path. TS_ERR_NOT_FOUND where it is missing, TS_ERR_CONFIG where it is no regular
 * file, too large or not to be read; TS_ERR_NOMEM. */
int policy_file_read(struct policy_file *file, struct ts_err *err);

/* Writes a text in place of a file, with its mode and owner; what a link leads to is replaced.
 * TS_ERR_OUTPUT where that fails; then the file is as before. */
int policy_file_write(const struct policy_file *file, const struct ts_secret *text,
                      struct ts_err *err);

/* Calls `visit` with policy.conf and then each file in keys.d, until it fails. What cannot be read
 * is reported on standard error and left out. */
typedef int policy_visit(struct policy_file *file, void *context, struct ts_err *err);
int policy_each_file(const struct policy_site *site, policy_visit *visit, void *context,
                     struct ts_err *err);

/* A line on standard error about what did not keep the command from its end. */
void policy_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Removes a key from every file but `keep` (a path, or NULL), and appends a line for each to the
 * answer. *ret_count is how many sections there were. */
int policy_remove_key(const struct policy_site *site, const char *id, const char *keep,
                      struct ts_secret *answer, size_t *ret_count, struct ts_err *err);

/* The operations. Each appends its output and returns 0 or an error. */
struct policy_call {
    const struct helper *helper;
    const struct policy_site *site;
    const char *argument; /* or NULL */
    struct ts_secret *answer;
};
int policy_add(const struct policy_call *call, struct ts_err *err);
int policy_remove(const struct policy_call *call, struct ts_err *err);
int policy_list(const struct policy_call *call, struct ts_err *err);
int policy_check(const struct policy_call *call, struct ts_err *err);

#endif
