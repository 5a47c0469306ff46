/*
 * Times authentications in process, with the real libpam, against bare RSA-2048 verifications:
 *
 *     module-times ROUNDS USER ANSWER-FILE CONFDIR SERVICE:RUNS...
 *
 * Each round does RUNS of every service in turn, so that whatever else the machine does hits them
 * alike. The service `rsa2048` is the bare verification. Every other one is a PAM service in
 * CONFDIR, authenticated to on one handle, with the first line of ANSWER-FILE.SERVICE (or of
 * ANSWER-FILE where there is none) as the answer to every prompt; all must succeed. Prints a line
 * each: name, median and minimum in nanoseconds, separated by tabs.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MESSAGE_LEN 400 /* about what a token's header and payload have */

#define SERVICES_MAX 8
#define SAMPLES_MAX 20000

/* What is timed: an authentication, or where there is no handle a verification. */
struct service {
    const char *name;
    size_t runs; /* each round */
    pam_handle_t *pamh;
    struct pam_conv conv;
    int64_t samples[SAMPLES_MAX];
    size_t samples_len;
};

static struct service services[SERVICES_MAX];
static size_t services_len;

static EVP_PKEY *key;
static unsigned char signature[256], message[MESSAGE_LEN];
static size_t signature_len = sizeof(signature);

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t
median(struct service *service)
{
    qsort(service->samples, service->samples_len, sizeof(service->samples[0]), compare);
    return service->samples[service->samples_len / 2];
}

static void
give_up(const char *what)
{
    fprintf(stderr, "module-times: failed: %s\n", what);
    exit(1);
}

static int
answer_prompts(int count, const struct pam_message **messages, struct pam_response **ret,
               void *answer)
{
    (void)messages;
    *ret = calloc((size_t)count, sizeof(**ret));
    for (int i = 0; *ret != NULL && i < count; i++)
        (*ret)[i].resp = strdup(answer);
    return *ret != NULL ? PAM_SUCCESS : PAM_CONV_ERR;
}

static char *
read_line(const char *path)
{
    char line[16384];
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    if (fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return strdup(line);
}

static void
make_signature(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    key = EVP_RSA_gen(2048);
    if (key == NULL || ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(ctx, signature, &signature_len, message, sizeof(message)) != 1)
        give_up("libcrypto cannot sign");
    EVP_MD_CTX_free(ctx);
}

static bool
verify(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature, signature_len, message, sizeof(message)) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

/* Takes SERVICE:RUNS. */
static void
add_service(char *argument, const char *confdir, const char *user, const char *answer_file)
{
    struct service *service = &services[services_len++];
    char *colon = strchr(argument, ':');
    char path[4096];

    service->name = argument;
    service->runs = colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
    if (service->runs == 0)
        give_up("SERVICE:RUNS is wanted");
    *colon = '\0';
    if (strcmp(service->name, "rsa2048") == 0)
        return;
    snprintf(path, sizeof(path), "%s.%s", answer_file, service->name);
    char *answer = read_line(path);
    if (answer == NULL && (answer = read_line(answer_file)) == NULL)
        give_up("cannot read the answer");
    service->conv = (struct pam_conv){answer_prompts, answer};
    if (pam_start_confdir(service->name, user, &service->conv, confdir, &service->pamh) !=
        PAM_SUCCESS)
        give_up("pam_start failed");
}

static void
time_once(struct service *service)
{
    int64_t start = now_ns();
    bool good =
        service->pamh != NULL ? pam_authenticate(service->pamh, 0) == PAM_SUCCESS : verify();
    int64_t end = now_ns();

    if (!good)
        give_up(service->name);
    if (service->samples_len < SAMPLES_MAX)
        service->samples[service->samples_len++] = end - start;
}

int
main(int argc, char **argv)
{
    size_t rounds = argc >= 6 ? strtoul(argv[1], NULL, 10) : 0;

    if (rounds < 1 || argc - 5 > SERVICES_MAX) {
        fprintf(stderr, "usage: module-times ROUNDS USER ANSWER CONFDIR SERVICE:RUNS...\n");
        return 64;
    }
    make_signature();
    for (int i = 5; i < argc; i++)
        add_service(argv[i], argv[4], argv[2], argv[3]);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < services_len; i++)
            for (size_t run = 0; run < services[i].runs; run++)
                time_once(&services[i]);
    for (size_t i = 0; i < services_len; i++) {
        const long long middle = median(&services[i]);

        printf("%s\t%lld\t%lld\n", services[i].name, middle, (long long)services[i].samples[0]);
        if (services[i].pamh != NULL)
            pam_end(services[i].pamh, PAM_SUCCESS);
    }
    EVP_PKEY_free(key);
    return 0;
}
