/*
 * Runs a program again and again, each time with another thing that fails, and judges what it does:
 *
 *     fault KIND ANSWER [options] -- PROGRAM [ARGUMENT]...
 *
 * KIND is errors (a system call fails), kills (a process dies as it makes one), memory (an
 * allocation fails) or drought (it and all after it). ANSWER says what the program prints when all
 * is well; see answer.c. Prints what was wrong, the figures, and ends with 1 where anything was.
 */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt.h"
#include "common/base/cleanup.h"
#include "common/policy/verify.h"

#define TALLIES_MAX 96
#define DRAFT_AGE_S 700 /* older than a draft of anybody who still lives */

struct tally {
    const char *name;
    unsigned injected;
    unsigned answered;
};

struct run {
    struct setup setup;
    unsigned first;
    unsigned last;
    unsigned step;
    int only_variant; /* -1: all */
    bool verbose;
    unsigned wrong;
    struct tally tallies[TALLIES_MAX];
};

static struct outcome outcome; /* too large for the stack */

static const char *
what_failed(const struct outcome *of)
{
    static char text[500];
    const struct trace_report *report = &of->report;

    if (of->out_of_memory)
        return "an allocation";
    (void)snprintf(text, sizeof(text), "%s: %s(%.300s) = %s", trace_who(report->who),
                   report->call != NULL ? report->call->name : "another call", report->object,
                   report->error != 0 ? strerrorname_np(report->error) : "killed");
    return text;
}

static void
complain(struct run *run, unsigned n, const char *fault, const char *wrong)
{
    run->wrong++;
    printf("wrong: n=%u, %s: %s\n", n, fault, wrong);
}

static void
count(struct run *run, const char *name, bool answered)
{
    struct tally *tally = run->tallies;

    while (tally->name != NULL && strcmp(tally->name, name) != 0)
        tally++;
    if (tally == &run->tallies[TALLIES_MAX - 1])
        errx(2, "more kinds of call than were thought possible");
    tally->name = name;
    tally->injected++;
    tally->answered += answered;
}

static const char *
tally_name(const struct outcome *of)
{
    if (of->out_of_memory)
        return "allocation";
    return of->report.call != NULL ? of->report.call->name : "another";
}

/* Judges the run, then what the next caller meets. */
static void
settle(struct run *run, unsigned n)
{
    const struct setup *setup = &run->setup;
    const struct fault none = {.kind = FAULT_NONE};
    char fault[500];
    const char *wrong = judge(setup->answer, &outcome, setup->key);

    (void)snprintf(fault, sizeof(fault), "%s", what_failed(&outcome));
    count(run, tally_name(&outcome), is_answered(setup->answer, &outcome, setup->key));
    if (run->verbose)
        printf("n=%u, %s: exit %d: %s%s", n, fault, WEXITSTATUS(outcome.report.status), outcome.err,
               outcome.err_len > 0 ? "" : "\n");
    if (wrong != NULL)
        complain(run, n, fault, wrong);
    attempt_call(setup, none, &outcome);
    if (!is_answered(setup->answer, &outcome, setup->key))
        complain(run, n, fault, "the next one gets no answer");
}

/* What a killed process leaves is whole, hinders nobody, and is gone after the next refresh. */
static void
settle_kill(struct run *run, unsigned n)
{
    const struct setup *setup = &run->setup;
    const struct fault none = {.kind = FAULT_NONE};
    char fault[500];
    unsigned drafts = outcome.cache.drafts;

    (void)snprintf(fault, sizeof(fault), "%s", what_failed(&outcome));
    count(run, tally_name(&outcome), is_answered(setup->answer, &outcome, setup->key));
    if (outcome.report.hung)
        complain(run, n, fault, "it does not die");
    if (outcome.cache.problem[0] != '\0')
        complain(run, n, fault, outcome.cache.problem);
    if (drafts > 1)
        complain(run, n, fault, "more than one draft is left");
    attempt_call(setup, none, &outcome);
    if (!is_answered(setup->answer, &outcome, setup->key))
        complain(run, n, fault, "the next one gets no answer");
    if (drafts == 0)
        return;
    cache_state_drop_tokens(setup->cache);
    cache_state_age(setup->cache, DRAFT_AGE_S);
    attempt_call(setup, none, &outcome);
    if (outcome.cache.drafts > 0)
        complain(run, n, fault, "the draft stays for ever");
}

static unsigned
run_calls(struct run *run, enum fault_kind kind, unsigned variant)
{
    unsigned injected = 0;

    for (unsigned n = run->first; n <= run->last; n += run->step) {
        const struct fault fault = {.kind = kind, .at = n, .variant = variant};

        cache_state_set(run->setup.cache, run->setup.saved);
        attempt_call(&run->setup, fault, &outcome);
        if (!outcome.report.injected)
            return injected;
        injected++;
        if (kind == FAULT_KILL)
            settle_kill(run, n);
        else
            settle(run, n);
    }
    return injected;
}

static unsigned
run_errors(struct run *run)
{
    unsigned injected = 0;

    for (unsigned variant = 0; variant < FAULT_ERRORS_MAX; variant++)
        if (run->only_variant < 0 || run->only_variant == (int)variant)
            injected += run_calls(run, FAULT_ERROR, variant);
    return injected;
}

static unsigned
run_kills(struct run *run)
{
    return run_calls(run, FAULT_KILL, 0);
}

static unsigned
run_memory_faults(struct run *run, bool onwards)
{
    unsigned injected = 0;

    for (unsigned n = run->first; n <= run->last; n += run->step) {
        const struct memory_fault fault = {.at = n, .onwards = onwards};

        cache_state_set(run->setup.cache, run->setup.saved);
        attempt_memory(&run->setup, fault, &outcome);
        if (*run->setup.count < n)
            return injected;
        injected++;
        settle(run, n);
    }
    return injected;
}

static unsigned
run_memory(struct run *run)
{
    return run_memory_faults(run, false);
}

static unsigned
run_drought(struct run *run)
{
    return run_memory_faults(run, true);
}

static const struct {
    const char *name;
    unsigned (*run)(struct run *run);
} kinds[] = {
    {"errors", run_errors},
    {"kills", run_kills},
    {"memory", run_memory},
    {"drought", run_drought},
};

static struct evp_pkey_st *
read_key(const char *path)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret pem = TS_SECRET_INIT(65536);
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct evp_pkey_st *key = NULL;
    struct ts_err problem = {.code = 0};

    if (fd < 0 || ts_secret_read_fd(&pem, fd) < 0)
        err(2, "%s", path);
    if (ts_public_key_parse(pem.data, pem.len, &key, &problem) < 0)
        errx(2, "%s: %s", path, problem.text);
    return key;
}

static void
share_count(struct setup *setup, const char *path)
{
    TS_CLEANUP(ts_fd_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, sizeof(*setup->count)) != 0)
        err(2, "%s", path);
    setup->count = mmap(NULL, sizeof(*setup->count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (setup->count == MAP_FAILED)
        err(2, "%s", path);
    setup->count_path = path;
}

static unsigned
positive(const char *text)
{
    unsigned long value = strtoul(text, NULL, 10);

    if (value == 0 || value > 1000000)
        errx(2, "%s is not a number that can be used", text);
    return (unsigned)value;
}

static void
take_option(struct run *run, int option, char *value)
{
    switch (option) {
    case 'c':
        run->setup.cache = value;
        break;
    case 's':
        run->setup.saved = value;
        break;
    case 'i':
        run->setup.input = value;
        break;
    case 'k':
        run->setup.key = read_key(value);
        break;
    case 'm':
        run->setup.shim = value;
        break;
    case 'n':
        share_count(&run->setup, value);
        break;
    case 'f':
        run->first = positive(value);
        break;
    case 'l':
        run->last = positive(value);
        break;
    case 't':
        run->step = positive(value);
        break;
    case 'e':
        run->only_variant = (int)positive(value) - 1;
        break;
    case 'v':
        run->verbose = true;
        break;
    default:
        exit(2);
    }
}

static void
take_options(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {
        {"cache", 1, NULL, 'c'},  {"saved", 1, NULL, 's'},   {"input", 1, NULL, 'i'},
        {"public", 1, NULL, 'k'}, {"shim", 1, NULL, 'm'},    {"count", 1, NULL, 'n'},
        {"first", 1, NULL, 'f'},  {"last", 1, NULL, 'l'},    {"step", 1, NULL, 't'},
        {"error", 1, NULL, 'e'},  {"verbose", 0, NULL, 'v'}, {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
        take_option(run, option, optarg);
    run->setup.argv = argv + optind;
    if (optind >= argc || run->setup.cache == NULL || run->setup.saved == NULL ||
        run->setup.input == NULL || run->setup.key == NULL || run->setup.shim == NULL ||
        run->setup.count == NULL)
        errx(2, "an option is missing");
}

/* The lines that tests/fault/run adds up. */
static void
print_tallies(const struct run *run)
{
    for (const struct tally *tally = run->tallies; tally->name != NULL; tally++)
        printf("call %s: %u failed, %u answered all the same\n", tally->name, tally->injected,
               tally->answered);
}

int
main(int argc, char **argv)
{
    static struct run run = {.first = 1, .last = UINT_MAX, .step = 1, .only_variant = -1};
    unsigned injected = 0;

    if (argc < 4)
        errx(2, "usage: fault errors|kills|memory|drought ANSWER [options] -- PROGRAM...");
    run.setup.answer = answer_find(argv[2]);
    if (run.setup.answer == NULL)
        errx(2, "%s is no answer", argv[2]);
    take_options(&run, argc - 2, argv + 2);
    for (size_t i = 0; i < TS_ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, argv[1]) == 0)
            injected = kinds[i].run(&run);
    print_tallies(&run);
    printf("%u faults, %u wrong\n", injected, run.wrong);
    return run.wrong == 0 && injected > 0 ? 0 : 1;
}
