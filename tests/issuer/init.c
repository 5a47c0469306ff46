/* `init`: a folder with everything that the server needs. */
#include "cert.h"
#include "commands.h"
#include "file.h"
#include "scoped.h"
#include "text.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define LOCALHOST "DNS:localhost,IP:127.0.0.1,IP:::1"

enum signer { SIGNED_BY_CA, SIGNED_BY_OTHER_CA };

static const struct server_cert {
    const char *file;
    enum signer signer;
    struct cert_request request;
} servers[] = {
    {"server", SIGNED_BY_CA, {"localhost", LOCALHOST, -1, 3650}},
    {"wronghost", SIGNED_BY_CA, {"wrong.example", "DNS:wrong.example", -1, 3650}},
    {"untrusted", SIGNED_BY_OTHER_CA, {"localhost", LOCALHOST, -1, 3650}},
    {"expired", SIGNED_BY_CA, {"localhost", LOCALHOST, -30, -1}},
};

static int
make_folder(const char *path)
{
    /* The umask is not to loosen or tighten it, and a folder from mktemp may exist already. */
    if ((mkdir(path, 0700) != 0 && errno != EEXIST) || chmod(path, 0700) != 0) {
        warn("%s", path);
        return -1;
    }
    return 0;
}

static int
make_folders(const char *dir)
{
    scoped(text) char *keys = must_printf("%s/keys", dir);
    scoped(text) char *ca = must_printf("%s/ca.pem", dir);
    if (access(ca, F_OK) == 0) {
        warnx("%s exists already", ca);
        return -1;
    }
    return make_folder(dir) == 0 && make_folder(keys) == 0 ? 0 : -1;
}

static int
write_pin(const struct cert *cert, const char *dir)
{
    scoped(text) char *pin = cert_pin(cert);
    if (!pin)
        return -1;
    scoped(text) char *line = must_printf("%s\n", pin);
    scoped(text) char *path = must_printf("%s/server.pin", dir);
    return file_write(path, 0644, line, strlen(line));
}

/* The project's key for events: DIR/project-key. */
static int
write_project_key(const char *dir)
{
    char id[UUID_LEN + 1];
    uuid_make(id);
    scoped(text) char *line = must_printf("project-%s\n", id);
    scoped(text) char *path = must_printf("%s/project-key", dir);
    return file_write(path, 0600, line, strlen(line));
}

static int
make_servers(const struct cert *signers, const char *dir)
{
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        struct cert cert = {0};
        if (cert_make(&servers[i].request, &signers[servers[i].signer], &cert) != 0)
            return -1;
        int result = cert_write(&cert, dir, servers[i].file, 1);
        if (result == 0 && i == 0)
            result = write_pin(&cert, dir);
        cert_release(&cert);
        if (result != 0)
            return -1;
    }
    return 0;
}

int
command_init(const struct command *command, char **argv)
{
    const char *operands[OPERANDS_MAX] = {0};
    const struct option_row rows[] = {{0}};
    if (options_read(command, argv, rows, operands) != 0)
        return EXIT_USAGE;
    const char *dir = operands[0];
    if (make_folders(dir) != 0)
        return 1;

    static const struct cert_request ca = {"Test issuer CA", NULL, -60, 3650};
    static const struct cert_request other = {"Another CA", NULL, -60, 3650};
    struct cert signers[2] = {{0}};
    bool done = cert_make(&ca, NULL, &signers[SIGNED_BY_CA]) == 0 &&
                cert_make(&other, NULL, &signers[SIGNED_BY_OTHER_CA]) == 0 &&
                make_servers(signers, dir) == 0 && write_project_key(dir) == 0 &&
                cert_write(&signers[SIGNED_BY_OTHER_CA], dir, "other-ca", 0) == 0 &&
                cert_write(&signers[SIGNED_BY_CA], dir, "ca", 0) == 0;
    cert_release(&signers[SIGNED_BY_CA]);
    cert_release(&signers[SIGNED_BY_OTHER_CA]);
    return done ? 0 : 1;
}
