/* The many names of one registry, and what `docker login` sends. */
#include "tests/unit/unit.h"

#include <string.h>

#include "helper/client/docker_request.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *name;
    const char *text;
    size_t len;
    const char *url;
    const char *host; /* NULL: none that could be ours */
    const char *path;
} registries[] = {
    {"bare", TEXT("r.example"), "r.example", "r.example", ""},
    {"port", TEXT("r.example:5000"), "r.example:5000", "r.example:5000", ""},
    {"https", TEXT("https://r.example"), "https://r.example", "r.example", ""},
    {"https_upper_case", TEXT("HTTPS://r.example"), "HTTPS://r.example", "r.example", ""},
    {"https_slash", TEXT("https://r.example/"), "https://r.example/", "r.example", "/"},
    {"https_v2", TEXT("https://r.example/v2/"), "https://r.example/v2/", "r.example", "/v2/"},
    {"crane", TEXT("r.example/team/image"), "r.example/team/image", "r.example", "/team/image"},
    {"blanks", TEXT(" \t\r\nr.example\n\n"), "r.example", "r.example", ""},
    {"query", TEXT("r.example/a?b"), "r.example/a?b", "r.example", "/a"},
    {"http", TEXT("http://r.example"), "http://r.example", NULL, NULL},
    {"other_scheme", TEXT("ssh://r.example"), "ssh://r.example", NULL, NULL},
    {"scheme_in_path", TEXT("r.example/x://y"), "r.example/x://y", "r.example", "/x://y"},
    {"empty", TEXT(""), "", NULL, NULL},
    {"only_blanks", TEXT(" \n"), "", NULL, NULL},
    {"nul", TEXT("r.example\0x"), "r.example", NULL, NULL},
    {"hub_docker", TEXT("https://index.docker.io/v1/"), "https://index.docker.io/v1/", "docker.io",
     "/v1/"},
    {"hub_index", TEXT("index.docker.io"), "index.docker.io", "docker.io", ""},
    {"hub_short", TEXT("docker.io"), "docker.io", "docker.io", ""},
    {"hub_upper_case", TEXT("Docker.IO"), "Docker.IO", "docker.io", ""},
    {"hub_registry", TEXT("registry-1.docker.io"), "registry-1.docker.io", "docker.io", ""},
    {"hub_443", TEXT("docker.io:443"), "docker.io:443", "docker.io", ""},
    {"hub_other_port", TEXT("docker.io:5000"), "docker.io:5000", "docker.io:5000", ""},
    {"hub_lookalike", TEXT("evil-docker.io"), "evil-docker.io", "evil-docker.io", ""},
};

static void
registry_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(registries); i++) {
        TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
        const char *name = registries[i].name;
        struct ts_err err = {0};

        CHECK_INT(name,
                  docker_registry_parse(registries[i].text, registries[i].len, &registry, &err), 0);
        CHECK_TEXT(name, registry.url, registries[i].url);
        CHECK_TEXT(name, registry.host, registries[i].host);
        CHECK_TEXT(name, registry.path, registries[i].path);
    }
}

static const struct {
    const char *name;
    const char *text;
    int rc;
    const char *url;
    bool has_username;
} logins[] = {
    {"whole", "{\"ServerURL\":\"r.example\",\"Username\":\"u\",\"Secret\":\"s\"}", 0, "r.example",
     true},
    {"newline_behind", "{\"ServerURL\":\"r.example\",\"Username\":\"u\",\"Secret\":\"s\"}\n", 0,
     "r.example", true},
    {"no_url", "{\"Username\":\"u\",\"Secret\":\"s\"}", 0, "", true},
    {"empty_url", "{\"ServerURL\":\" \",\"Username\":\"u\"}", 0, "", true},
    {"url_number", "{\"ServerURL\":1,\"Username\":\"u\"}", 0, "", true},
    {"no_username", "{\"ServerURL\":\"r.example\",\"Secret\":\"s\"}", 0, "r.example", false},
    {"empty_username", "{\"ServerURL\":\"r.example\",\"Username\":\"\"}", 0, "r.example", false},
    {"garbage", "garbage", TS_ERR_SYNTAX, NULL, false},
    {"nothing", "", TS_ERR_SYNTAX, NULL, false},
    {"array", "[]", TS_ERR_SYNTAX, NULL, false},
    {"junk_behind", "{\"ServerURL\":\"r.example\",\"Username\":\"u\"}x", TS_ERR_SYNTAX, NULL,
     false},
    {"url_twice", "{\"ServerURL\":\"a\",\"ServerURL\":\"b\",\"Username\":\"u\"}", TS_ERR_SYNTAX,
     NULL, false},
};

static void
login_objects(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(logins); i++) {
        TS_CLEANUP(docker_registry_release) struct docker_registry registry = {NULL, NULL, NULL};
        const char *text = logins[i].text;
        bool has_username = false;
        struct ts_err err = {0};

        CHECK_INT(logins[i].name,
                  docker_login_parse(text, strlen(text), &registry, &has_username, &err),
                  logins[i].rc);
        CHECK_TEXT(logins[i].name, registry.url, logins[i].url);
        CHECK_INT(logins[i].name, has_username, logins[i].has_username);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry_names),
        cmocka_unit_test(login_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
