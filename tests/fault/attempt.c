#include "attempt.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"

#define ENVIRONMENT_MAX 64

struct streams {
    int input;
    int out[2];
    int err[2];
};

static void
open_streams(const struct setup *setup, struct streams *ret)
{
    ret->input = open(setup->input, O_RDONLY | O_CLOEXEC);
    if (ret->input < 0)
        err(2, "%s", setup->input);
    if (pipe2(ret->out, O_CLOEXEC) != 0 || pipe2(ret->err, O_CLOEXEC) != 0)
        err(2, "pipe");
    /* What the programs print fits into a pipe, so that it can be read when they are gone. */
    (void)fcntl(ret->out[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(ret->err[0], F_SETFL, O_NONBLOCK);
}

static size_t
read_all(int fd, char *ret)
{
    size_t len = 0;
    ssize_t got;

    while (len < OUTPUT_CAP - 1 && (got = read(fd, ret + len, OUTPUT_CAP - 1 - len)) > 0)
        len += (size_t)got;
    ret[len] = '\0';
    return len;
}

static void
close_streams(struct streams *streams, struct outcome *ret)
{
    (void)close(streams->input);
    (void)close(streams->out[1]);
    (void)close(streams->err[1]);
    ret->out_len = read_all(streams->out[0], ret->out);
    ret->err_len = read_all(streams->err[0], ret->err);
    (void)close(streams->out[0]);
    (void)close(streams->err[0]);
}

static void
run(const struct setup *setup, char *const *envp, struct fault fault, struct outcome *ret)
{
    struct streams streams;

    open_streams(setup, &streams);
    const struct trace_spec spec = {.argv = setup->argv,
                                    .envp = envp,
                                    .fds = {streams.input, streams.out[1], streams.err[1]},
                                    .fd_names = {"stdin", "stdout", "stderr"},
                                    .fault = fault};
    trace_run(&spec, &ret->report);
    close_streams(&streams, ret);
    cache_state_read(setup->cache, setup->key, &ret->cache);
}

void
attempt_call(const struct setup *setup, struct fault fault, struct outcome *ret)
{
    ret->out_of_memory = false;
    run(setup, environ, fault, ret);
}

void
attempt_memory(const struct setup *setup, struct memory_fault fault, struct outcome *ret)
{
    char preload[512], alloc[64], count[512];
    char *envp[ENVIRONMENT_MAX] = {preload, alloc, count};
    const struct fault none = {.kind = FAULT_NONE};
    size_t len = 3;

    (void)snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", setup->shim);
    (void)snprintf(alloc, sizeof(alloc), "FAULT_ALLOC=%lu%s", fault.at, fault.onwards ? "+" : "");
    (void)snprintf(count, sizeof(count), "FAULT_COUNT=%s", setup->count_path);
    for (char **variable = environ; *variable != NULL && len < ENVIRONMENT_MAX - 1; variable++)
        envp[len++] = *variable;
    *setup->count = 0;
    ret->out_of_memory = true;
    run(setup, envp, none, ret);
}
