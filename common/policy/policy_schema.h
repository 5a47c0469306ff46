/*
 * The loader's inside: sections of policy.conf(5) become services and keys by one table of
 * settings. Nothing but policy.c and its fuzzer uses it.
 */
#ifndef TS_POLICY_SCHEMA_H
#define TS_POLICY_SCHEMA_H

#include "common/config/ini.h"
#include "common/policy/policy.h"
#include "common/base/trusted_path.h"

#define TS_PUBLIC_KEY_FILE_MAX ((size_t)16 * 1024)

/* What a setting's reader works on: exactly one of service and key is set. */
struct ts_policy_input {
    const struct ts_ini *ini;
    const struct ts_ini_section *section;
    const struct ts_ini_entry *entry;
    const struct ts_trusted_folder *folder; /* policy.conf's own */
    struct ts_policy_service *service;
    struct ts_policy_key *key;
};

/*
 * Reads input->section, key by key, into input->service or input->key, which holds the defaults and
 * is released by the caller in every case: its name or id, then its settings; public keys are read
 * and checked. Returns 0, TS_ERR_CONFIG (`FILE:LINE: ...`) or TS_ERR_NOMEM.
 */
int ts_policy_read_service(const struct ts_policy_input *input, struct ts_err *err);
int ts_policy_read_key(const struct ts_policy_input *input, struct ts_err *err);

/* ts_policy_load from where the file has been read: `folder` is the one that it lies in, `file` how
 * messages name it. *ret is released with ts_policy_release in every case. */
int ts_policy_parse(const struct ts_secret *text, const char *file,
                    const struct ts_trusted_folder *folder, struct ts_policy *ret,
                    struct ts_err *err);

#endif
