#include "helper/client/kubeconfig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/config/host.h"
#include "common/json/json.h"
#include "helper/client/client_request.h"
#include "helper/setup/setup_file.h"
#include "helper/tool.h"

#define WORDS_MAX 16
#define COPY_NAME "config"

static const struct ts_scratch_kind copy_kind = {"kubeconfig-", COPY_NAME};

int
kubeconfig_path(char **ret, struct ts_err *err)
{
    const char *given = secure_getenv("KUBECONFIG");
    const char *home = tool_home();

    if (given != NULL && given[0] != '\0') {
        if (given[0] != '/' || strchr(given, ':') != NULL)
            return ts_err_set(err, TS_ERR_CONFIG,
                              "KUBECONFIG is '%s': set it to the absolute path of one file", given);
        *ret = strdup(given);
        return *ret != NULL ? 0 : ts_err_nomem(err);
    }
    return home != NULL ? ts_path_join(home, ".kube/config", ret, err)
                        : ts_err_set(err, TS_ERR_CONFIG, "there is no home folder: set HOME");
}

int
kubeconfig_open(const char *cache_dir, struct kubeconfig *ret, struct ts_err *err)
{
    *ret = KUBECONFIG_INIT;
    int rc = tool_find("kubectl", &ret->kubectl, err);
    if (rc < 0)
        return rc;
    if (cache_dir == NULL || !ts_file_make_folder(cache_dir))
        return ts_err_set(err, TS_ERR_CONFIG,
                          "there is no folder for a copy of the file: set "
                          "XDG_RUNTIME_DIR or THRIVESTACK_CACHE_DIR");
    rc = ts_scratch_make(&copy_kind, cache_dir, &ret->scratch, err);
    if (rc == TS_ERR_OUTPUT)
        return ts_err_recode(err, TS_ERR_CONFIG);
    return rc < 0 ? rc : ts_path_join(ret->scratch.folder, COPY_NAME, &ret->copy, err);
}

int
kubeconfig_open_file(const char *path, struct kubeconfig *ret, struct ts_err *err)
{
    *ret = KUBECONFIG_INIT;
    ret->copy = strdup(path);
    return ret->copy != NULL ? tool_find("kubectl", &ret->kubectl, err) : ts_err_nomem(err);
}

void
kubeconfig_release(struct kubeconfig *kubeconfig)
{
    ts_scratch_release(&kubeconfig->scratch);
    free(kubeconfig->kubectl);
    free(kubeconfig->copy);
}

int
kubeconfig_write(const struct kubeconfig *kubeconfig, const struct ts_secret *text,
                 struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close)
    int fd = open(kubeconfig->copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 || ts_write_all(fd, ts_secret_string(text), text->len) < 0)
        return ts_err_errno(err, TS_ERR_CONFIG, "%s cannot be written", kubeconfig->copy);
    return 0;
}

int
kubeconfig_read(const struct kubeconfig *kubeconfig, struct ts_secret *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_fd_close) int fd = open(kubeconfig->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int rc = fd < 0 ? TS_ERR_SYSTEM : ts_secret_read_fd(ret, fd);

    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    return rc < 0 ? ts_err_set(err, TS_ERR_CONFIG, "%s cannot be read", kubeconfig->copy) : 0;
}

/* `kubectl config WORDS... --kubeconfig COPY`. */
static int
run_words(const struct kubeconfig *kubeconfig, const char *const *words, struct ts_secret *output,
          struct ts_err *err)
{
    const char *argv[WORDS_MAX + 5] = {"kubectl", "config"};
    const struct tool_call call = {kubeconfig->kubectl, argv, false};
    size_t len = 2;
    int status = 0;

    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++)
        argv[len++] = words[i];
    argv[len++] = "--kubeconfig";
    argv[len++] = kubeconfig->copy;
    int rc = tool_run(&call, output, &status, err);
    if (rc == 0 && status != 0)
        return ts_err_set(err, TS_ERR_CONFIG, "'kubectl config %s' fails: try it by hand",
                          words[0]);
    return rc < 0 && rc != TS_ERR_NOMEM ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

int
kubeconfig_run(const struct kubeconfig *kubeconfig, const char *const *words, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(TOOL_OUTPUT_MAX);

    return run_words(kubeconfig, words, &output, err);
}

int
kubeconfig_view(const struct kubeconfig *kubeconfig, struct ts_json **ret, struct ts_err *err)
{
    static const char *const words[] = {"view", "--raw", "-o", "json", NULL};
    TS_CLEANUP(ts_secret_release) struct ts_secret output = TS_SECRET_INIT(2 * SETUP_FILE_MAX);
    int rc = run_words(kubeconfig, words, &output, err);

    if (rc == 0)
        rc = ts_json_parse_object(ts_secret_string(&output), output.len, ret, err);
    return rc == TS_ERR_SYNTAX ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

/* What each list calls the part of its entries. */
static const char *
part_name(const char *list)
{
    return list[0] == 'u' ? "user" : list[1] == 'l' ? "cluster" : "context";
}

struct ts_json *
kubeconfig_entry(struct ts_json *view, const char *list, const char *name)
{
    struct ts_json *entries = ts_json_member(view, list);

    for (size_t i = 0; entries != NULL && i < ts_json_length(entries); i++) {
        const char *other = ts_json_string(ts_json_at(entries, i), "name");

        if (name != NULL && other != NULL && strcmp(other, name) == 0)
            return ts_json_member(ts_json_at(entries, i), part_name(list));
    }
    return NULL;
}

bool
kubeconfig_context_is_at(struct ts_json *view, struct ts_json *context, const char *host)
{
    TS_CLEANUP(ts_string_free) char *storage = NULL;
    struct client_question question = {.protocol = NULL};
    struct ts_err ignored = {.code = 0};
    char name[TS_HOST_NAME_MAX + 1];
    char wanted[TS_HOST_NAME_MAX + 1];
    unsigned port = 0;
    unsigned wanted_port = 0;
    struct ts_json *settings = ts_json_member(context, "context");
    const char *cluster = settings != NULL ? ts_json_string(settings, "cluster") : NULL;
    struct ts_json *entry = kubeconfig_entry(view, "clusters", cluster);
    const char *server = entry != NULL ? ts_json_string(entry, "server") : NULL;

    return server != NULL && client_parse_url(server, &question, &storage, &ignored) == 0 &&
           ts_host_split(question.host, name, &port) && ts_host_split(host, wanted, &wanted_port) &&
           strcmp(name, wanted) == 0 && port == wanted_port;
}
