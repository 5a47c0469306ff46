/*
 * A host that authenticates in many threads at once, each on a handle of its own:
 *
 *     threads USER CONFDIR TOKEN FORGED-TOKEN
 *
 * Half of the threads offer the same token to a service where it may be used once: exactly one of
 * them gets in. The others take turns with a good and a forged token. For a build with
 * -Db_sanitize=thread, which sees what two of them do at once, and of use without.
 */
#include "driver.h"
#include "host.h"
#include "login.h"

#include <err.h>
#include <pthread.h>
#include <stdio.h>

#include "build-config.h"

#define THREADS 64
#define TURNS 4

static struct login basis = {.sessions = true};
static const char *forged;
static pthread_barrier_t start;

struct worker {
    pthread_t thread;
    unsigned number;
    unsigned wrong;
    unsigned used; /* how often the token that may be used once got this thread in */
};

static void
log_in(struct worker *worker, const char *service, const char *token)
{
    const int expected = token == forged ? PAM_AUTH_ERR : PAM_SUCCESS;
    struct login login = basis;
    int codes[LOGIN_STEPS];

    login.service = service;
    login.token = token;
    login_run(&login, codes);
    if (codes[LOGIN_AUTHENTICATE] != expected)
        worker->wrong++;
    for (int i = LOGIN_SETCRED; i < LOGIN_STEPS && expected == PAM_SUCCESS; i++)
        if (codes[i] != PAM_SUCCESS)
            worker->wrong++;
}

static void
use_once(struct worker *worker)
{
    struct login login = basis;
    int codes[LOGIN_STEPS];

    login.service = "once";
    login_run(&login, codes);
    if (codes[LOGIN_AUTHENTICATE] == PAM_SUCCESS)
        worker->used++;
    else if (codes[LOGIN_AUTHENTICATE] != PAM_AUTH_ERR)
        worker->wrong++;
}

static void *
work(void *data)
{
    struct worker *worker = data;

    (void)pthread_barrier_wait(&start);
    for (unsigned turn = 0; turn < TURNS; turn++) {
        if (worker->number % 2 == 0)
            use_once(worker);
        else
            log_in(worker, "sshd", (worker->number / 2 + turn) % 2 == 0 ? basis.token : forged);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    static struct worker workers[THREADS];
    unsigned wrong = 0, used = 0;

    if (argc != 5)
        errx(2, "usage, as root: threads USER CONFDIR TOKEN FORGED-TOKEN");
    basis.user = argv[1];
    basis.confdir = argv[2];
    basis.token = argv[3];
    forged = argv[4];
    log_is_quiet = 1;
    size_t descriptors = host_descriptors();
    if (pthread_barrier_init(&start, NULL, THREADS) != 0)
        errx(2, "pthread_barrier_init");
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].number = i;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            errx(2, "pthread_create");
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        wrong += workers[i].wrong;
        used += workers[i].used;
    }
    if (host_descriptors() != descriptors)
        wrong++;
    host_remove(TS_RUNDIR "/thrivestack");
    printf("%d threads, %u wrong, the token was used %u times\n", THREADS, wrong, used);
    return wrong == 0 && used == 1 ? 0 : 1;
}
