/* A folder of its own for a policy and its public keys. Failures end the test. */
#ifndef TS_POLICY_FIXTURE_H
#define TS_POLICY_FIXTURE_H

#include <openssl/evp.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/policy/policy.h"

struct policy_fixture {
    char folder[64];
    char path[96]; /* of policy.conf in it */
};

/* An empty folder 0700 and `keys` 0755 in it, under /tmp. */
void fixture_make(struct policy_fixture *fixture);

/* Everything in it, however deep, is removed. */
void fixture_remove(struct policy_fixture *fixture);

/* Writes (or replaces) a file, `name` being relative to the folder. */
void fixture_write(const struct policy_fixture *fixture, const char *name, const char *text,
                   size_t len, mode_t mode);
void fixture_write_public_key(const struct policy_fixture *fixture, const char *name,
                              EVP_PKEY *key);

/* ts_policy_load of its policy.conf, trusting whoever runs the test. */
int fixture_load(const struct policy_fixture *fixture, struct ts_policy *ret, struct ts_err *err);

/* Reads every public key of a policy, up to the first that cannot be used. Returns as
 * ts_policy_public_key. */
int fixture_read_keys(const struct ts_policy *policy, struct ts_err *err);

#endif
