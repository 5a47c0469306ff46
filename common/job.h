/*
 * The worker's protocol (written down in worker/PROTOCOL.md): one JSON object on its stdin, one on
 * its stdout, then it exits. Both sides of it live in job.c, so that they cannot drift apart.
 *
 * Jobs: "token" asks the endpoint; "key" describes the API key without asking anyone.
 */
#ifndef TS_JOB_H
#define TS_JOB_H

#include "common/error.h"
#include "common/request.h"

#define TS_JOB_MAX ((size_t)64 * 1024)
#define TS_JOB_KEY_FD 3 /* where the worker reads the key, for key_command */

enum ts_job_kind { TS_JOB_TOKEN, TS_JOB_KEY };

/* What the worker tells of an API key; never the private half. */
struct ts_key_info {
    char key_id[TS_KEY_ID_MAX + 1];
    char name[128];             /* cleaned; or "" */
    char expiry[32];            /* as in the file, cleaned; or "" */
    int64_t expires;            /* last second it is good for, Unix time; 0 where unknown */
    char rotation_frequency[32]; /* as in the file, cleaned; or "" */
    int64_t rotation_days;      /* 0 where unknown */
    int64_t created;            /* Unix time, 0 where unknown */
    long bits;
    struct ts_secret public_key; /* PEM */
};
void ts_key_info_release(struct ts_key_info *info);

/* The helper's side. */
int ts_job_write(enum ts_job_kind kind, const struct ts_request *request, struct ts_secret *ret,
                 struct ts_err *err);
/* 0 with *ret filled, or the error that the worker reported (with http_status and response_id in
 * *err), or TS_ERR_SYSTEM where the worker's answer makes no sense. `received` of the grant is the
 * caller's to set. */
int ts_job_read_grant(const struct ts_secret *answer, struct ts_grant *ret, struct ts_err *err);
int ts_job_read_key_info(const struct ts_secret *answer, struct ts_key_info *ret,
                         struct ts_err *err);

/* The worker's side. `key_command` is then only "" or NULL: whether the key comes on
 * TS_JOB_KEY_FD. */
int ts_job_read(const struct ts_secret *job, enum ts_job_kind *ret_kind, struct ts_request *ret,
                struct ts_err *err);
int ts_job_write_grant(const struct ts_grant *grant, struct ts_secret *ret, struct ts_err *err);
int ts_job_write_key_info(const struct ts_key_info *info, struct ts_secret *ret,
                          struct ts_err *err);
int ts_job_write_error(const struct ts_err *failure, struct ts_secret *ret, struct ts_err *err);

#endif
