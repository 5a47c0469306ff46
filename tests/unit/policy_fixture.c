#include "policy_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "make_token.h"
#include "unit.h"

static void
full_path(const struct policy_fixture *fixture, const char *name, char *ret, size_t size)
{
    assert_true(snprintf(ret, size, "%s/%s", fixture->folder, name) < (int)size);
}

void
fixture_make(struct policy_fixture *fixture)
{
    char keys[96];

    *fixture = (struct policy_fixture){.folder = "/tmp/ts-policy-XXXXXX"};
    assert_non_null(mkdtemp(fixture->folder));
    full_path(fixture, "policy.conf", fixture->path, sizeof(fixture->path));
    full_path(fixture, "keys", keys, sizeof(keys));
    assert_int_equal(mkdir(keys, 0755), 0);
    assert_int_equal(chmod(keys, 0755), 0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void
fixture_remove(struct policy_fixture *fixture)
{
    if (fixture->folder[0] != '\0')
        assert_int_equal(nftw(fixture->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    fixture->folder[0] = '\0';
}

void
fixture_write(const struct policy_fixture *fixture, const char *name, const char *text, size_t len,
              mode_t mode)
{
    char path[160];

    full_path(fixture, name, path, sizeof(path));
    assert_true(unlink(path) == 0 || access(path, F_OK) != 0);
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ts_write_all(fd, text, len), 0);
    assert_int_equal(fchmod(fd, mode), 0);
}

void
fixture_write_public_key(const struct policy_fixture *fixture, const char *name, EVP_PKEY *key)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(8192);

    make_public_pem(&pem, key);
    fixture_write(fixture, name, pem.data, pem.len, 0644);
}

int
fixture_load(const struct policy_fixture *fixture, struct ts_policy *ret, struct ts_err *err)
{
    const struct ts_policy_trust trust = {.owner = getuid()};

    return ts_policy_load(fixture->path, &trust, ret, err);
}

int
fixture_read_keys(const struct ts_policy *policy, struct ts_err *err)
{
    struct evp_pkey_st *ignored = NULL;
    int rc = 0;

    for (size_t i = 0; i < policy->keys_len && rc == 0; i++)
        rc = ts_policy_public_key(policy, &policy->keys[i], &ignored, err);
    return rc;
}
