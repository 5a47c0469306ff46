/* What setup adds to the file of a client is found there and is there once, however often it is
 * added, and nothing of it is left afterwards; but for newlines at the file's end. The first byte
 * is the client. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "helper/client/client_edit.h"
#include "helper/setup/setup_file.h"

static const struct client_format *const formats[] = {
    &client_format_bazel, &client_format_cargo, &client_format_go,
    &client_format_npm,   &client_format_pip,   &client_format_terraform};
/* A path that every format knows as ours. */
#define PROGRAM                                                                                    \
    "/h/thrivestack/npm/cargo-credential-thrivestack,bazel-credential-thrivestack,thrivestack-"    \
    "credential"
static const struct client_place places[] = {
    {"h.example.com", "", PROGRAM},
    {"h:8443", "/team", PROGRAM},
};

static int
is_excluded(const struct ts_secret *text)
{
    static const char *const words[] = {"thrivestack", "GOAUTH=\n", "GOAUTH=\r", "GOAUTH= netrc"};

    for (size_t i = 0; i < TS_ARRAY_LEN(words); i++)
        if (memmem(ts_secret_string(text), text->len, words[i], strlen(words[i])) != NULL)
            return 1;
    return text->len >= 7 && memcmp(text->data + text->len - 7, "GOAUTH=", 7) == 0;
}

static void
check_round(const struct client_format *format, const struct ts_secret *text,
            const struct client_place *place)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret one = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(SETUP_FILE_MAX);
    TS_CLEANUP(ts_secret_release) struct ts_secret none = TS_SECRET_INIT(SETUP_FILE_MAX);
    struct ts_err err = {0};

    if (client_edit_add(format, text, place, &one, &err) < 0)
        return;
    if (client_edit_find(format, &one, place).text == NULL ||
        client_edit_add(format, &one, place, &again, &err) < 0 || !ts_secret_equal(&one, &again) ||
        client_edit_remove(format, &again, place, &none) < 0)
        abort();
    if (!is_excluded(text) &&
        (!setup_file_same_lines(text, &none) || client_edit_has_ours(format, &none)))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX / 4);

    if (size == 0 || memchr(data, '\0', size) != NULL ||
        ts_secret_append(&text, data + 1, size - 1) < 0)
        return 0;
    for (size_t i = 0; i < TS_ARRAY_LEN(places); i++)
        check_round(formats[data[0] % TS_ARRAY_LEN(formats)], &text, &places[i]);
    return 0;
}
