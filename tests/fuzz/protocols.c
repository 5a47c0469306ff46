/*
 * What kubectl, kubelet, cargo, goauth, Bazel, Terraform, keyring and npm send: the first byte is
 * the protocol, the lines up to a NUL are arguments or kubectl's variable, and what is behind it is
 * standard input. Whatever they say, a question has a host, or none but for the default profile;
 * and what comes out is whole, or nothing.
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/cache/refresh.h"
#include "common/config/host.h"
#include "helper/client/client_request.h"
#include "helper/client/clients.h"
#include "helper/helper.h"

#define OURS "a.example.com"
#define TOKEN "a.b.c"

static struct ts_host_rule section = {.label = OURS,
                                      .pattern = {.name = OURS, .port = 443, .path = ""}};
static size_t answers;

/* In place of client_get.c: one host is ours. */
int
client_get(struct helper *helper, const struct client_question *question, struct client_answer *ret,
           struct ts_err *err)
{
    char name[TS_HOST_NAME_MAX + 1];
    unsigned port = 0;

    (void)helper;
    if (question->host != NULL &&
        (!ts_host_split(question->host, name, &port) ||
         (strcmp(question->protocol, "https") != 0 && strcmp(question->protocol, "http") != 0) ||
         (question->path != NULL && question->path[0] != '\0' && question->path[0] != '/')))
        abort();
    if (question->host != NULL && strcmp(name, OURS) != 0)
        return ts_err_set(err, TS_ERR_NOT_FOUND, "no section");
    answers++;
    ret->host = question->host != NULL ? &section : NULL;
    ret->username = question->wants == CLIENT_LOGIN ? strdup("alice") : NULL;
    ret->expires_at = 2000000000;
    return ts_secret_append_string(&ret->grant.token, TOKEN);
}

void
client_answer_release(struct client_answer *answer)
{
    free(answer->username);
    ts_grant_release(&answer->grant);
}

/* In place of output.c: the reasons of hosts that were left out. */
void
output_error(const struct ts_err *err)
{
    if (err->text[0] == '\0' || fuzz_has_control(err->text))
        abort();
}

int
client_print_header(const struct client_answer *answer, struct ts_secret *ret)
{
    return ts_secret_append_strings(ret, "Bearer ", ts_secret_string(&answer->grant.token), NULL);
}

int
helper_load_config(struct helper *helper, struct ts_err *err)
{
    (void)err;
    helper->config.hosts = &section;
    helper->config.hosts_len = 1;
    return 0;
}

int
helper_request(const struct helper *helper, const struct ts_host_rule *host, bool fresh,
               struct ts_request *ret, struct ts_err *err)
{
    (void)helper;
    (void)host;
    (void)fresh;
    (void)err;
    *ret = (struct ts_request)TS_REQUEST_INIT;
    return 0;
}

int
helper_usage(struct ts_err *err, const char *format, ...)
{
    (void)format;
    return ts_err_set(err, TS_ERR_USAGE, "usage");
}

/* keyring's, whole where there is one; cargo has written its own. */
int
helper_finish(const struct helper *helper, int rc, const struct ts_secret *answer,
              struct ts_err *err)
{
    (void)helper;
    if (rc < 0 ? fuzz_has_control(err->text)
               : answer->len > 0 && answer->data[answer->len - 1] != '\n')
        abort();
    return rc < 0;
}

static const struct {
    int (*run)(struct helper *helper);
    int (*answer)(struct helper *helper, struct ts_secret *answer, struct ts_err *err);
} protocols[] = {{NULL, client_kubectl},  {NULL, client_kubelet}, {command_cargo, NULL},
                 {NULL, client_goauth},   {NULL, client_bazel},   {NULL, client_terraform},
                 {command_keyring, NULL}, {NULL, client_npm}};

/* What is on standard input, and where cargo's lines go. */
static void
put_input(const uint8_t *data, size_t size)
{
    static int input = -1;

    if (input < 0) {
        int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);

        input = memfd_create("input", MFD_CLOEXEC);
        if (input < 0 || sink < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(sink, STDOUT_FILENO) < 0)
            abort();
        (void)close(sink);
    }
    if (ftruncate(input, 0) != 0 || pwrite(input, data, size, 0) != (ssize_t)size ||
        lseek(STDIN_FILENO, 0, SEEK_SET) != 0)
        abort();
}

static void
run_protocol(size_t index, struct helper *helper)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret answer = TS_SECRET_INIT(OUTPUT_MAX);
    struct ts_err err = {.code = 0};

    answers = 0;
    if (protocols[index].run != NULL) {
        (void)protocols[index].run(helper);
        return;
    }
    int rc = protocols[index].answer(helper, &answer, &err);
    bool has_token =
        memmem(ts_secret_string(&answer), answer.len, TOKEN, sizeof(TOKEN) - 1) != NULL;
    if (rc < 0 ? err.text[0] == '\0' : has_token != (answers > 0))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(fuzz_parts_release) struct fuzz_parts parts = {.len = 0};
    const uint8_t *end = size > 0 ? memchr(data + 1, '\0', size - 1) : NULL;
    size_t words = end != NULL ? (size_t)(end - data) - 1 : size > 0 ? size - 1 : 0;
    struct helper helper = {.stdout_open = true};

    if (size == 0)
        return 0;
    parts = fuzz_split(data + 1, words);
    helper.options.arguments = parts.items;
    helper.options.arguments_len = parts.len;
    helper.options.host = parts.len > 0 ? parts.items[0] : NULL;
    (void)setenv("KUBERNETES_EXEC_INFO", parts.len > 0 ? parts.items[0] : "", 1);
    put_input(end != NULL ? end + 1 : data, end != NULL ? size - words - 2 : 0);
    run_protocol(data[0] % TS_ARRAY_LEN(protocols), &helper);
    return 0;
}
