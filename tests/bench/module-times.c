/*
 * Times authentications in process, with the real libpam, against one bare RSA-2048 verification:
 *
 *     module-times RUNS USER ANSWER-FILE CONFDIR SERVICE...
 *
 * Every PAM service in CONFDIR is authenticated to RUNS times on one handle, with the first line of
 * ANSWER-FILE.SERVICE (or of ANSWER-FILE where there is none) as the answer to every prompt; all
 * must succeed. Prints a line each: name and median in nanoseconds, separated by a tab; the bare
 * verification is `rsa2048`.
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <security/pam_appl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MESSAGE_LEN 400 /* about what a token's header and payload have */

static int64_t samples[20000];

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
median(size_t runs)
{
    qsort(samples, runs, sizeof(samples[0]), compare);
    return samples[runs / 2];
}

static void
give_up(const char *what)
{
    fprintf(stderr, "module-times: %s\n", what);
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
    static char line[16384];
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    if (fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static void
time_service(const char *confdir, const char *service, const char *user, const char *answer_file,
             size_t runs)
{
    char path[4096];
    pam_handle_t *pamh = NULL;

    snprintf(path, sizeof(path), "%s.%s", answer_file, service);
    char *answer = read_line(path);
    if (answer == NULL && (answer = read_line(answer_file)) == NULL)
        give_up("cannot read the answer");
    struct pam_conv conv = {answer_prompts, answer};
    if (pam_start_confdir(service, user, &conv, confdir, &pamh) != PAM_SUCCESS)
        give_up("pam_start failed");
    for (size_t i = 0; i < runs; i++) {
        int64_t start = now_ns();
        if (pam_authenticate(pamh, 0) != PAM_SUCCESS)
            give_up("an authentication failed");
        samples[i] = now_ns() - start;
    }
    pam_end(pamh, PAM_SUCCESS);
    printf("%s\t%lld\n", service, (long long)median(runs));
}

static void
verify(EVP_PKEY *key, const unsigned char *signature, size_t len, const unsigned char *message)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestVerify(ctx, signature, len, message, MESSAGE_LEN) != 1)
        give_up("libcrypto did not verify its own signature");
    EVP_MD_CTX_free(ctx);
}

static void
time_rsa(size_t runs)
{
    unsigned char signature[256], message[MESSAGE_LEN] = {0};
    size_t len = sizeof(signature);
    EVP_PKEY *key = EVP_RSA_gen(2048);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (key == NULL || ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(ctx, signature, &len, message, sizeof(message)) != 1)
        give_up("libcrypto cannot sign");
    for (size_t i = 0; i < runs; i++) {
        int64_t start = now_ns();
        verify(key, signature, len, message);
        samples[i] = now_ns() - start;
    }
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    printf("rsa2048\t%lld\n", (long long)median(runs));
}

int
main(int argc, char **argv)
{
    size_t runs = argc >= 6 ? strtoul(argv[1], NULL, 10) : 0;

    if (runs < 1 || runs > sizeof(samples) / sizeof(samples[0])) {
        fprintf(stderr, "usage: module-times RUNS USER ANSWER CONFDIR SERVICE...\n");
        return 64;
    }
    time_rsa(runs);
    for (int i = 5; i < argc; i++)
        time_service(argv[4], argv[i], argv[2], argv[3], runs);
    return 0;
}
