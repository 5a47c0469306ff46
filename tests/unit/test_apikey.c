/* API keys in all their shapes, and what each bad one gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json_write.h"
#include "common/policy/verify.h"
#include "common/worker/apikey.h"
#include "common/worker/rsakey.h"

#define KEY_ID "796f07d6-ae9a-4ba5-a020-544a2575f3a5"
#define OTHER_OWNER 65534

enum material {
    RSA_PKCS1,
    RSA_PKCS8,
    RSA_ENCRYPTED,
    RSA_PUBLIC,
    RSA_SHORT,
    EC,
    ED25519,
    MATERIALS
};

/* How the PEM is wrapped. */
enum shape {
    BARE,
    BARE_CRLF,
    BARE_INDENTED,
    DOWNLOAD,
    DOWNLOAD_LITERAL_N,
    DOWNLOAD_CRLF,
    DOWNLOAD_NO_ID
};

struct fixture {
    char folder[64];
    struct ts_secret pem[MATERIALS];
};

static void
encode(EVP_PKEY *key, const char *structure, const char *password, struct ts_secret *ret)
{
    int selection =
        strcmp(structure, "SubjectPublicKeyInfo") == 0 ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
    OSSL_ENCODER_CTX *context =
        OSSL_ENCODER_CTX_new_for_pkey(key, selection, "PEM", structure, NULL);
    unsigned char *data = NULL;
    size_t len = 0;

    if (password != NULL) {
        assert_int_equal(OSSL_ENCODER_CTX_set_cipher(context, "AES-256-CBC", NULL), 1);
        assert_int_equal(OSSL_ENCODER_CTX_set_passphrase(context, (const unsigned char *)password,
                                                         strlen(password)),
                         1);
    }
    assert_int_equal(OSSL_ENCODER_to_data(context, &data, &len), 1);
    ret->max = 32768;
    assert_int_equal(ts_secret_append(ret, data, len), 0);
    OPENSSL_clear_free(data, len);
    OSSL_ENCODER_CTX_free(context);
}

static int
set_up(void **state)
{
    static struct fixture fixture;
    EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    EVP_PKEY *short_rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    encode(rsa, "type-specific", NULL, &fixture.pem[RSA_PKCS1]);
    encode(rsa, "PrivateKeyInfo", NULL, &fixture.pem[RSA_PKCS8]);
    encode(rsa, "EncryptedPrivateKeyInfo", "secret", &fixture.pem[RSA_ENCRYPTED]);
    encode(rsa, "SubjectPublicKeyInfo", NULL, &fixture.pem[RSA_PUBLIC]);
    encode(short_rsa, "type-specific", NULL, &fixture.pem[RSA_SHORT]);
    encode(ec, "PrivateKeyInfo", NULL, &fixture.pem[EC]);
    encode(ed, "PrivateKeyInfo", NULL, &fixture.pem[ED25519]);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(short_rsa);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);
    ERR_clear_error();
    memcpy(fixture.folder, "/tmp/ts-apikey-XXXXXX", 22);
    assert_non_null(mkdtemp(fixture.folder));
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < MATERIALS; i++)
        ts_secret_release(&fixture->pem[i]);
    return rmdir(fixture->folder);
}

/* Copies text with other line ends. */
static void
with_line_ends(const struct ts_secret *pem, const char *end, struct ts_secret *ret)
{
    for (size_t i = 0; i < pem->len; i++) {
        if (pem->data[i] == '\n')
            assert_int_equal(ts_secret_append_string(ret, end), 0);
        else
            assert_int_equal(ts_secret_append(ret, &pem->data[i], 1), 0);
    }
}

static void
make_download(const char *pem, bool with_id, struct ts_secret *ret)
{
    struct ts_json_writer json = ts_json_begin(ret);

    if (with_id)
        ts_json_write_string(&json, "key_id", KEY_ID);
    ts_json_write_string(&json, "private_key", pem);
    ts_json_write_string(&json, "name", "Ann's \x1b[31mlaptop");
    ts_json_write_string(&json, "colour", "unknown members are ignored");
    assert_int_equal(ts_json_end(&json), 0);
}

static void
make_text(const struct ts_secret *pem, enum shape shape, struct ts_secret *ret)
{
    static const char *const ends[] = {"\n", "\r\n", "\n", "\n", "\\n", "\r\n", "\n"};
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(65536);

    with_line_ends(pem, ends[shape], &text);
    if (shape == BARE_INDENTED)
        assert_int_equal(ts_secret_append_string(ret, "\n\t \r\n"), 0);
    if (shape >= DOWNLOAD)
        make_download(ts_secret_string(&text), shape != DOWNLOAD_NO_ID, ret);
    else
        assert_int_equal(ts_secret_append(ret, text.data, text.len), 0);
}

static void
expect(const char *name, int rc, const struct ts_err *err, int code, const char *fragment)
{
    if (rc != code)
        fail_msg("%s: %d instead of %d: %s", name, rc, code, err->text);
    if (rc < 0 && (strstr(err->text, fragment) == NULL || strchr(err->text, '\n') != NULL))
        fail_msg("%s: '%s' does not say '%s'", name, err->text, fragment);
}

static const struct shape_row {
    const char *name;
    enum material material;
    enum shape shape;
    const char *key_id;
    int code;
    const char *fragment;
} shapes[] = {
    {"pkcs1_download", RSA_PKCS1, DOWNLOAD, NULL, 0, ""},
    {"pkcs8_download", RSA_PKCS8, DOWNLOAD, NULL, 0, ""},
    {"literal_newlines", RSA_PKCS1, DOWNLOAD_LITERAL_N, NULL, 0, ""},
    {"literal_newlines_pkcs8", RSA_PKCS8, DOWNLOAD_LITERAL_N, NULL, 0, ""},
    {"crlf_in_json", RSA_PKCS1, DOWNLOAD_CRLF, NULL, 0, ""},
    {"same_id_configured", RSA_PKCS1, DOWNLOAD, KEY_ID, 0, ""},
    {"id_only_configured", RSA_PKCS1, DOWNLOAD_NO_ID, KEY_ID, 0, ""},
    {"bare_pkcs1", RSA_PKCS1, BARE, KEY_ID, 0, ""},
    {"bare_pkcs8", RSA_PKCS8, BARE, KEY_ID, 0, ""},
    {"bare_crlf", RSA_PKCS1, BARE_CRLF, KEY_ID, 0, ""},
    {"bare_with_blank_lines", RSA_PKCS8, BARE_INDENTED, KEY_ID, 0, ""},
    {"other_id_configured", RSA_PKCS1, DOWNLOAD, "other", TS_ERR_CONFIG, "configured"},
    {"no_id", RSA_PKCS1, DOWNLOAD_NO_ID, NULL, TS_ERR_KEY, "KEYFILE holds no key_id"},
    {"bare_no_id", RSA_PKCS1, BARE, NULL, TS_ERR_KEY, "KEYFILE holds no key_id"},
    {"id_with_slash", RSA_PKCS1, BARE, "../x", TS_ERR_KEY, "not usable"},
    {"ec", EC, DOWNLOAD, NULL, TS_ERR_KEY, "KEYFILE holds an EC key"},
    {"ec_bare", EC, BARE, KEY_ID, TS_ERR_KEY, "EC key"},
    {"ed25519", ED25519, DOWNLOAD, NULL, TS_ERR_KEY, "another type"},
    {"encrypted", RSA_ENCRYPTED, BARE, KEY_ID, TS_ERR_KEY, "encrypted"},
    {"public", RSA_PUBLIC, BARE, NULL, TS_ERR_KEY, "public key"},
    {"short", RSA_SHORT, DOWNLOAD, NULL, TS_ERR_KEY, "1024 bits"},
};

static void
every_shape(void **state)
{
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < TS_ARRAY_LEN(shapes); i++) {
        TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(65536);
        const struct shape_row *row = &shapes[i];
        struct ts_err err = {0};

        make_text(&fixture->pem[row->material], row->shape, &text);
        int rc = ts_api_key_parse(&text, "KEYFILE", row->key_id, &key, &err);
        expect(row->name, rc, &err, row->code, row->fragment);
        assert_int_equal(ERR_peek_error(), 0);
        if (rc < 0)
            continue;
        assert_string_equal(key.info.key_id, KEY_ID);
        assert_int_equal(key.info.bits, 2048);
        assert_string_equal(key.info.name, row->shape >= DOWNLOAD ? "Ann's [31mlaptop" : "");
        /* Whatever came in, PKCS#1 with LF goes out. */
        assert_string_equal(ts_secret_string(&key.pem), ts_secret_string(&fixture->pem[RSA_PKCS1]));
        assert_int_equal(ts_rsa_key_public(key.key, &key.info.public_key, &err), 0);
        assert_string_equal(ts_secret_string(&key.info.public_key),
                            ts_secret_string(&fixture->pem[RSA_PUBLIC]));
    }
}

static void
wrong_texts(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *fragment;
    } rows[] = {
        {"empty", "", "is empty"},
        {"blank", " \r\n\t", "is empty"},
        {"junk", "hello", "neither JSON nor PEM"},
        {"html", "<html></html>", "neither JSON nor PEM"},
        {"array", "[1]", "neither JSON nor PEM"},
        {"cut_json", "{\"key_id\":\"a\"", "not valid JSON"},
        {"twice", "{\"key_id\":\"a\",\"key_id\":\"b\"}", "one key twice"},
        {"no_private_key", "{\"key_id\":\"a\"}", "no private_key"},
        {"private_key_null", "{\"key_id\":\"a\",\"private_key\":null}", "no private_key"},
        {"id_null", "{\"key_id\":null,\"private_key\":\"x\"}", "key_id"},
        {"id_list", "{\"key_id\":[\"a\"],\"private_key\":\"x\"}", "key_id"},
        {"id_empty", "{\"key_id\":\"\",\"private_key\":\"x\"}", "not usable"},
        {"id_newline", "{\"key_id\":\"a\\n\",\"private_key\":\"x\"}", "not usable"},
        {"no_pem", "{\"key_id\":\"a\",\"private_key\":\"x\"}", "no private key in PEM"},
        {"cut_pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIB", "one whole block"},
        {"bad_pem", "-----BEGIN RSA PRIVATE KEY-----\n!!\n-----END RSA PRIVATE KEY-----",
         "damaged"},
        {"bad_der", "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
         "damaged"},
        {"bad_pkcs8", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "damaged"},
        {"old_encryption",
         "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"
         "MIIB\n-----END RSA PRIVATE KEY-----",
         "encrypted"},
        {"openssh", "-----BEGIN OPENSSH PRIVATE KEY-----\nMIIB\n-----END OPENSSH PRIVATE KEY-----",
         "OpenSSH"},
        {"ec", "-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE KEY-----", "EC key"},
        {"certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
         "certificate"},
        {"two_blocks",
         "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n-----BEGIN X-----\n",
         "one whole block"},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(65536);
        struct ts_err err = {0};

        assert_int_equal(ts_secret_append_string(&text, rows[i].text), 0);
        int rc = ts_api_key_parse(&text, "KEYFILE", NULL, &key, &err);
        expect(rows[i].name, rc, &err, TS_ERR_KEY, rows[i].fragment);
        if (strstr(err.text, "KEYFILE") == NULL)
            fail_msg("%s: '%s' does not name the file", rows[i].name, err.text);
    }
}

enum place { PLACE_FILE, PLACE_FOLDER, PLACE_FIFO, PLACE_LINK, PLACE_DANGLING, PLACE_NOTHING };

static const struct file_row {
    const char *name;
    enum place place;
    mode_t mode;
    uid_t owner;      /* whom the file is given, where that is possible */
    off_t size;       /* where not 0: extended to it */
    bool credentials; /* $CREDENTIALS_DIRECTORY is the folder it is in */
    int code;
    const char *fragment;
} files[] = {
    {"private", PLACE_FILE, 0600, 0, 0, false, 0, ""},
    {"read_only", PLACE_FILE, 0400, 0, 0, false, 0, ""},
    {"link", PLACE_LINK, 0600, 0, 0, false, 0, ""},
    {"link_to_open", PLACE_LINK, 0644, 0, 0, false, TS_ERR_CONFIG, "chmod go= "},
    {"dangling", PLACE_DANGLING, 0600, 0, 0, false, TS_ERR_KEY, "does not exist"},
    {"missing", PLACE_NOTHING, 0600, 0, 0, false, TS_ERR_KEY, "does not exist"},
    {"folder", PLACE_FOLDER, 0700, 0, 0, false, TS_ERR_KEY, "not a regular file"},
    {"fifo", PLACE_FIFO, 0600, 0, 0, false, TS_ERR_KEY, "not a regular file"},
    {"large", PLACE_FILE, 0600, 0, 65537, false, TS_ERR_KEY, "larger than 65536"},
    {"huge", PLACE_FILE, 0600, 0, 64 << 20, false, TS_ERR_KEY, "larger than 65536"},
    {"group_reads", PLACE_FILE, 0640, 0, 0, false, TS_ERR_CONFIG, "chmod go= "},
    {"others_read", PLACE_FILE, 0604, 0, 0, false, TS_ERR_CONFIG, "chmod go= "},
    {"group_writes", PLACE_FILE, 0620, 0, 0, false, TS_ERR_CONFIG, "chmod go= "},
    {"others_execute", PLACE_FILE, 0601, 0, 0, false, TS_ERR_CONFIG, "chmod go= "},
    {"foreign", PLACE_FILE, 0600, OTHER_OWNER, 0, false, TS_ERR_CONFIG, "chown "},
    {"credential", PLACE_FILE, 0440, 0, 0, true, 0, ""},
    {"credential_0444", PLACE_FILE, 0444, 0, 0, true, TS_ERR_CONFIG, "chmod go= "},
    {"credential_writable", PLACE_FILE, 0460, 0, 0, true, TS_ERR_CONFIG, "chmod go= "},
    {"credential_elsewhere", PLACE_FILE, 0440, 0, 0, false, TS_ERR_CONFIG, "chmod go= "},
};

static void
write_file(const char *path, const struct ts_secret *text, const struct file_row *row)
{
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ts_write_all(fd, text->data, text->len), 0);
    if (row->size > 0)
        assert_int_equal(ftruncate(fd, row->size), 0);
    assert_int_equal(fchmod(fd, row->mode), 0);
    if (row->owner != 0)
        assert_int_equal(fchown(fd, row->owner, (gid_t)-1), 0);
}

static void
place_file(const struct fixture *fixture, const struct file_row *row, const char *path,
           const char *target)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(65536);

    make_text(&fixture->pem[RSA_PKCS1], DOWNLOAD, &text);
    if (row->place == PLACE_FILE)
        write_file(path, &text, row);
    if (row->place == PLACE_LINK)
        write_file(target, &text, row);
    if (row->place == PLACE_LINK || row->place == PLACE_DANGLING)
        assert_int_equal(symlink(target, path), 0);
    if (row->place == PLACE_FOLDER)
        assert_int_equal(mkdir(path, row->mode), 0);
    if (row->place == PLACE_FIFO)
        assert_int_equal(mkfifo(path, row->mode), 0);
}

/* Only root can give files away, and only root's files may be 0440. */
static bool
needs_root(const struct file_row *row)
{
    return row->owner != 0 || (row->credentials && row->code == 0);
}

static void
every_file(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < TS_ARRAY_LEN(files); i++) {
        TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
        const struct file_row *row = &files[i];
        char path[128], target[128];
        struct ts_err err = {0};

        if (needs_root(row) && geteuid() != 0)
            continue;
        (void)snprintf(path, sizeof(path), "%s/key.json", fixture->folder);
        (void)snprintf(target, sizeof(target), "%s/target", fixture->folder);
        struct ts_key_source source = {
            .key_file = path, .credentials_dir = row->credentials ? fixture->folder : NULL};
        place_file(fixture, row, path, target);
        int rc = ts_api_key_read(&source, geteuid(), -1, 0, &key, &err);
        assert_int_equal(remove(path) != 0, row->place == PLACE_NOTHING);
        (void)remove(target);
        expect(row->name, rc, &err, row->code, row->fragment);
        if (rc < 0)
            assert_non_null(strstr(err.text, path));
    }
}

static void
outside_the_credentials_folder(void **state)
{
    static const char *const folders[] = {"%s/sub", "%s/key", "/", "", "%s/key.json", "relative"};
    const struct fixture *fixture = *state;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(65536);
    const struct file_row row = {.place = PLACE_FILE, .mode = 0440};
    char path[128], folder[160];

    make_text(&fixture->pem[RSA_PKCS1], DOWNLOAD, &text);
    (void)snprintf(path, sizeof(path), "%s/key.json", fixture->folder);
    write_file(path, &text, &row);
    for (size_t i = 0; i < TS_ARRAY_LEN(folders); i++) {
        TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
        struct ts_key_source source = {.key_file = path, .credentials_dir = folder};
        const char *slot = strstr(folders[i], "%s");
        struct ts_err err = {0};

        (void)snprintf(folder, sizeof(folder), "%s%s", slot != NULL ? fixture->folder : "",
                       slot != NULL ? slot + 2 : folders[i]);
        assert_int_equal(ts_api_key_read(&source, geteuid(), -1, 0, &key, &err), TS_ERR_CONFIG);
    }
    assert_int_equal(unlink(path), 0);
}

static int
read_from_pipe(const struct ts_secret *text, bool keep_open, int64_t timeout_ms, struct ts_err *err)
{
    TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
    TS_CLEANUP(ts_fd_close) int reader = -1;
    TS_CLEANUP(ts_fd_close) int writer = -1;
    char empty[] = "";
    struct ts_key_source source = {.key_command = empty};
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    reader = ends[0];
    writer = ends[1];
    /* Room for all of it, so that writing first cannot block. */
    assert_true(fcntl(writer, F_SETPIPE_SZ, 256 * 1024) >= 0);
    assert_int_equal(ts_write_all(writer, ts_secret_string(text), text->len), 0);
    if (!keep_open)
        ts_fd_close(&writer);
    return ts_api_key_read(&source, geteuid(), reader, ts_clock_boot_ms() + timeout_ms, &key, err);
}

static void
key_command(void **state)
{
    const struct fixture *fixture = *state;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(1 << 20);
    struct ts_err err = {0};

    expect("empty", read_from_pipe(&text, false, 10000, &err), &err, TS_ERR_KEY, "key_command");
    make_text(&fixture->pem[RSA_PKCS1], DOWNLOAD, &text);
    expect("right", read_from_pipe(&text, false, 10000, &err), &err, 0, "");
    expect("slow", read_from_pipe(&text, true, 50, &err), &err, TS_ERR_KEY, "timeout");
    for (size_t i = 0; text.len <= TS_API_KEY_FILE_MAX; i++)
        assert_int_equal(ts_secret_append(&text, "          ", 10), 0);
    expect("large", read_from_pipe(&text, false, 10000, &err), &err, TS_ERR_KEY, "65536");
}

static void
details(void **state)
{
    static const struct {
        const char *members;
        const char *expiry;
        int64_t expires;
        const char *rotation;
        int64_t rotation_days;
        int64_t created;
    } rows[] = {
        {"\"name\":\"x\"", "", 0, "", 0, 0},
        {"\"expiry\":\"2027-01-31\",\"rotation_frequency\":\"90d\",\"created_at\":\"2026-11-24\"",
         "2027-01-31", 1801439999, "90d", 90, 1795478400},
        {"\"expires_at\":\"2027-01-31T10:00:00Z\",\"rotation\":\"monthly\"", "2027-01-31T10:00:00Z",
         1801439999, "monthly", 30, 0},
        {"\"expires\":1801439999,\"rotation_period\":30,\"created\":1795478400", "1801439999",
         1801439999, "30", 30, 1795478400},
        {"\"expiration_date\":1801439999000,\"rotation_frequency\":\"3 months\"", "1801439999000",
         1801439999, "3 months", 90, 0},
        {"\"expiry_date\":\"soon\",\"rotation_frequency\":\"P90D\"", "soon", 0, "P90D", 90, 0},
        {"\"expiry\":[1],\"rotation_frequency\":\"now and then\",\"created\":{}", "", 0,
         "now and then", 0, 0},
        {"\"expiry\":\"2027-02-30\",\"rotation_frequency\":\"99999999999999999999d\"", "2027-02-30",
         0, "99999999999999999999d", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        TS_CLEANUP(ts_api_key_release) struct ts_api_key key = TS_API_KEY_INIT;
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(65536);
        struct ts_err err = {0};

        assert_int_equal(ts_secret_append_format(&text, "{\"key_id\":7,\"private_key\":\"x\",%s}",
                                                 rows[i].members),
                         0);
        /* The details are read before the key is found to be none. */
        assert_int_equal(ts_api_key_parse(&text, "KEYFILE", "7", &key, &err), TS_ERR_KEY);
        assert_string_equal(key.info.expiry, rows[i].expiry);
        assert_int_equal(key.info.expires, rows[i].expires);
        assert_string_equal(key.info.rotation_frequency, rows[i].rotation);
        assert_int_equal(key.info.rotation_days, rows[i].rotation_days);
        assert_int_equal(key.info.created, rows[i].created);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape), cmocka_unit_test(wrong_texts),
        cmocka_unit_test(every_file),  cmocka_unit_test(outside_the_credentials_folder),
        cmocka_unit_test(key_command), cmocka_unit_test(details),
    };

    return cmocka_run_group_tests_name("apikey", tests, set_up, tear_down);
}
