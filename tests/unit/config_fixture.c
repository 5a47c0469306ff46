#include "tests/unit/config_fixture.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/secret.h"

static char folder[] = "/tmp/test-config.XXXXXX";

/* The environment of the case that runs: `NAME=value`, the value already without '^'. */
static char *environment[8];

static const char *
test_getenv(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < TS_ARRAY_LEN(environment) && environment[i] != NULL; i++)
        if (strncmp(environment[i], name, len) == 0 && environment[i][len] == '=')
            return environment[i] + len + 1;
    return NULL;
}

char *
expand(const char *text)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret out = TS_SECRET_INIT(1 << 16);

    for (const char *p = text; *p != '\0'; p++)
        assert_int_equal(
            *p == '^' ? ts_secret_append_string(&out, folder) : ts_secret_append(&out, p, 1), 0);
    char *copy = strdup(ts_secret_string(&out));
    assert_non_null(copy);
    return copy;
}

void
write_file(const char *path, const char *text)
{
    TS_CLEANUP(ts_string_free) char *name = expand(path);
    TS_CLEANUP(ts_string_free) char *content = text != NULL ? expand(text) : NULL;

    (void)unlink(name);
    if (content == NULL)
        return;
    TS_CLEANUP(ts_fd_close) int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ts_write_all(fd, content, strlen(content)), 0);
}

int
set_up(void **state)
{
    static const char *const folders[] = {
        "etc",          "etc/credential.conf.d",    "home",
        "home/.config", "home/.config/thrivestack", "home/.config/thrivestack/credential.conf.d",
        "xdg",          "xdg/thrivestack"};

    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    for (size_t i = 0; i < TS_ARRAY_LEN(folders); i++)
        if (mkdir(folders[i], 0700) != 0)
            return -1;
    /* Another user's: by its owner where that can be changed, else root's. */
    return getuid() == 0 ? mkdir("another", 0755) | chown("another", 54321, 54321)
                         : symlink("/", "another");
}

int
tear_down(void **state)
{
    static const char *const paths[] = {
        "etc/credential.conf",
        "home/.config/thrivestack/credential.conf",
        "xdg/thrivestack/credential.conf",
        "own.conf",
        "link.conf",
        "another",
    };
    static const char *const folders[] = {"another",
                                          "xdg/thrivestack",
                                          "xdg",
                                          "home/.config/thrivestack/credential.conf.d",
                                          "home/.config/thrivestack",
                                          "home/.config",
                                          "home",
                                          "etc/credential.conf.d",
                                          "etc"};

    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(paths); i++)
        (void)unlink(paths[i]);
    for (size_t i = 0; i < TS_ARRAY_LEN(folders); i++)
        (void)rmdir(folders[i]);
    return rmdir(folder);
}

int
load(const struct setting_up *with, struct ts_config *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *system_file = expand(SYSTEM_FILE);
    TS_CLEANUP(ts_string_free) char *home = expand("^/home");
    TS_CLEANUP(ts_string_free)
    char *config_file = with->config_file != NULL ? expand(with->config_file) : NULL;
    const struct ts_config_sources sources = {.system_file = system_file,
                                              .config_file = config_file,
                                              .profile = with->profile,
                                              .only_host = with->only_host,
                                              .only_path = with->path,
                                              .getenv = test_getenv,
                                              .home = home,
                                              .uid = getuid()};

    write_file(SYSTEM_FILE, with->system);
    write_file(USER_FILE, with->user);
    for (size_t i = 0; i < TS_ARRAY_LEN(with->more) && with->more[i].path != NULL; i++)
        write_file(with->more[i].path, with->more[i].text);
    for (size_t i = 0; i < TS_ARRAY_LEN(with->env); i++)
        environment[i] = with->env[i] != NULL ? expand(with->env[i]) : NULL;
    int rc = ts_config_load(&sources, ret, err);
    for (size_t i = 0; i < TS_ARRAY_LEN(with->more) && with->more[i].path != NULL; i++)
        write_file(with->more[i].path, NULL);
    for (size_t i = 0; i < TS_ARRAY_LEN(environment); i++)
        ts_string_free(&environment[i]);
    return rc;
}

int
make_request(const struct setting_up *with, struct ts_request *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_config_release) struct ts_config config = {.debug = false};
    const struct ts_host_rule *host = NULL;
    int rc = load(with, &config, err);

    if (rc < 0)
        return rc;
    if (with->host != NULL) {
        host = ts_config_find_host(&config, with->host, with->path);
        assert_non_null(host);
    }
    return ts_config_request(&config, host, NULL, ret, err);
}
