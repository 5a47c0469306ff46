/* What comes back from a forked authentication: a text opens only if it was sealed here, for this
 * login, and a good one with any byte changed does not. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "pam/sealed.h"

static void
must_not_open(const struct ts_sealed_login *login, const char *text)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(8192);
    int64_t expires = 7;
    struct ts_err err;

    if (ts_sealed_read(login, text, &token, &expires, &err) == 0 || token.len != 0 || expires != 7)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ts_sealed_login login = {"sshd", "alice"}, other = {"sshd", "bob"};
    TS_CLEANUP(ts_string_free) char *text = strndup((const char *)data, size);
    TS_CLEANUP(ts_secret_release) struct ts_secret token = TS_SECRET_INIT(8192);
    TS_CLEANUP(ts_secret_release) struct ts_secret sealed = TS_SECRET_INIT(32768);
    TS_CLEANUP(ts_secret_release) struct ts_secret back = TS_SECRET_INIT(8192);
    int64_t expires = 0;
    struct ts_err err;

    must_not_open(&login, text);
    if (ts_secret_append(&token, data, size < 8192 ? size : 8192) < 0 ||
        ts_sealed_write(&login, &token, -5, &sealed, &err) < 0 ||
        ts_sealed_read(&login, sealed.data, &back, &expires, &err) < 0 || expires != -5 ||
        !ts_secret_equal(&token, &back))
        abort();
    must_not_open(&other, sealed.data);
    sealed.data[size % sealed.len] ^= 1;
    must_not_open(&login, sealed.data);
    return 0;
}
