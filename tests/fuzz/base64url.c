/* What decodes has one spelling, which the encoder writes; and every input comes back. */
#include "tests/fuzz/fuzz.h"

#include "common/base/base64url.h"
#include "common/base/cleanup.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret bytes = TS_SECRET_INIT(8192);
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(16384);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(8192);

    if (ts_base64url_decode((const char *)data, size, &bytes) == 0) {
        if (ts_base64url_encode(ts_secret_string(&bytes), bytes.len, &text) < 0 ||
            text.len != size || memcmp(ts_secret_string(&text), data, size) != 0)
            abort();
    } else if (bytes.len != 0) {
        abort();
    }
    ts_secret_clear(&text);
    if (size <= 8192 && (ts_base64url_encode(data, size, &text) < 0 ||
                         ts_base64url_decode(ts_secret_string(&text), text.len, &again) < 0 ||
                         again.len != size || memcmp(ts_secret_string(&again), data, size) != 0))
        abort();
    return 0;
}
