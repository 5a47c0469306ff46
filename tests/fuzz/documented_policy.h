/* A policy that knows tests/vectors/documented-key.pub.pem, for targets that may depend on no
 * file. */
#ifndef TS_DOCUMENTED_POLICY_H
#define TS_DOCUMENTED_POLICY_H

#include <stdlib.h>

#include "common/policy/policy_schema.h"
#include "common/policy/verify.h"

static const char documented_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAni6CpVBjaDxHctYJFNyp\n"
    "sQalOOWMRnVX8sebckq43c1RdTTBCiwdMFq6mRbjcAcgsyLlKlVEhzSWi7LYwupH\n"
    "H80tD0YwAWay5HPczqmriqMGSvQhzKViij24nU9hYbmUuOreEcT9kKNAwNTrQGpn\n"
    "c0ez39IXaAZGAAzKya/wx4ZJM7v/282+ORm/25Un7Xq2L6adQ2IoFSS68GkWKzMk\n"
    "CpJ+E0s97pwMnL53E/gt9rRVqT1U2XUxNMmHcnGwyJVFc/ZUml/DjBCrgED6fdED\n"
    "iVYDoEo7b+o9rtoLLqsGa5OuMqK3q5MXrj+9esAByurSVNxRCsuu1xyWbb41Q+E0\n"
    "KwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

/* alice may come in by sshd, with the documented token's scope and any life. */
static inline const struct ts_policy *
documented_policy(void)
{
    static char id[] = "f999282c-b6cf-4b48-9b1a-9021ee3d76b4", scope[] = "user_management";
    static char alice[] = "alice", sshd[] = "sshd";
    static char *names[] = {scope, alice, sshd};
    static struct ts_policy_key key = {.id = id,
                                       .users = {names + 1, 1},
                                       .services = {names + 2, 1},
                                       .scopes = {names, 1},
                                       .max_lifetime = TS_TOKEN_LIFE_MAX,
                                       .expires = INT64_MAX};
    static struct ts_policy_service service = {.name = sshd, .scopes = {names, 1}, .max_age = -1};
    static struct ts_policy policy = {
        .services = &service, .services_len = 1, .keys = &key, .keys_len = 1};
    struct ts_err err = {0};

    if (key.public_key == NULL && (ts_public_key_parse(documented_key, sizeof(documented_key) - 1,
                                                       &key.public_key, &err) < 0 ||
                                   ts_policy_finish(&policy, &err) < 0))
        abort();
    return &policy;
}

#endif
