/*
 * The replay store among processes and keys: of many processes with the same tokens one gets each,
 * while the holder of another key fills whatever they can; what is full is that key's only. Needs
 * root.
 */
#include "host.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/clock.h"
#include "pam/replay.h"

#define PROCESSES 12 /* every fourth is the greedy key's */
#define TOKENS 100   /* that the others all have */
#define FOLDERS 16
#define KEEP 3720

static int failures;
static unsigned (*accepted)[TOKENS]; /* shared: how often each was accepted */

static void
check(const char *what, long got, long expected)
{
    if (got == expected)
        return;
    failures++;
    printf("FAILED %s: %ld, not %ld\n", what, got, expected);
}

/* Uses token `number` of a key; the tokens of one `folder` are in one folder. */
static int
use(const char *key_id, unsigned folder, unsigned number)
{
    struct ts_replay_entry entry = {.key_id = key_id, .keep_until = time(NULL) + KEEP};
    const struct ts_rundir_now now = ts_rundir_now();
    struct ts_err err = {.code = 0};

    entry.digest[0] = (unsigned char)(folder << 4);
    memcpy(entry.digest + 4, &number, sizeof(number));
    return ts_replay_record(&entry, &now, &err);
}

/* Returns how many were accepted before the first that was not. */
static unsigned
fill(const char *key_id, unsigned folder)
{
    unsigned number = (unsigned)getpid() << 12, count = 0;

    while (count < 2 * TS_REPLAY_FOLDER_MAX && use(key_id, folder, number++) == 0)
        count++;
    return count;
}

static void
be_greedy(void)
{
    for (unsigned folder = 0; folder < FOLDERS; folder++)
        (void)fill("greedy", folder);
    _exit(0);
}

static void
use_all(void)
{
    for (unsigned i = 0; i < TOKENS; i++) {
        int rc = use("fair", i % FOLDERS, i);

        if (rc == 0)
            __atomic_add_fetch(&(*accepted)[i], 1, __ATOMIC_SEQ_CST);
        else if (rc != TS_ERR_REFUSED)
            _exit(1);
    }
    _exit(0);
}

static void
race(void)
{
    int status = 0;

    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();

        if (pid < 0)
            err(2, "fork");
        if (pid == 0 && i % 4 == 0)
            be_greedy();
        if (pid == 0)
            use_all();
    }
    for (int i = 0; i < PROCESSES; i++)
        if (wait(&status) < 0 || status != 0)
            check("a process found the store unusable", status, 0);
    for (unsigned i = 0; i < TOKENS; i++)
        check("times that a token was accepted", (int)(*accepted)[i], 1);
}

int
main(void)
{
    host_remove(TS_RUNDIR "/thrivestack");
    accepted =
        mmap(NULL, sizeof(*accepted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (accepted == MAP_FAILED)
        err(2, "mmap");
    race();
    check("more of the greedy key", use("greedy", 0, 1), TS_ERR_TOO_LARGE);
    check("more of the other key", use("fair", 0, TOKENS), 0);
    check("a new key's, where another is full", (long)fill("new", 3), TS_REPLAY_FOLDER_MAX);
    check("the new key's other folders", use("new", 4, 1), 0);
    check("a key id with a path in it", use("../../x", 0, 1), TS_ERR_SYSTEM);
    check("an empty key id", use("", 0, 1), TS_ERR_SYSTEM);
    host_remove(TS_RUNDIR "/thrivestack");
    printf("%d processes, %d tokens, %d failures\n", PROCESSES, TOKENS, failures);
    return failures == 0 ? 0 : 1;
}
