/*
 * Runs the cases of CASE-FILE..., each in a folder of its own below the current one, each through a
 * pam_authenticate of its own, all in this process. Usage, by test-cases.sh:
 *   pam-cases MODULE GIVE-AUTHTOK NAMES CASE-FILE...
 * NAMES are those of the cases to run, each between blanks; empty for all. The folder `base` is
 * what a case's folder begins as. The last line is `N passed, N failed`.
 */
#include "case.h"
#include "driver.h"
#include "host.h"

#include <dlfcn.h>
#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 60
#define WORDS_MAX 64

static const char *module, *give_authtok, *names;
static char *scratch;
static const char *me; /* root, or user */
static size_t passed, failed;

/* ---- reading */

static char *
read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;

    if (file == NULL)
        return strdup("");
    if (getdelim(&text, &room, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

/* Prints `text` with now, now-61 and now+3600 as seconds since 1970. */
static void
print_times(const char *text, FILE *file)
{
    long long now = (long long)time(NULL);

    for (const char *p = text; *p != '\0'; p++) {
        bool begins = p == text || !strchr("abcdefghijklmnopqrstuvwxyz", p[-1]);
        char *end = NULL;

        if (!begins || strncmp(p, "now", 3) != 0 || (p[3] >= 'a' && p[3] <= 'z')) {
            putc(*p, file);
            continue;
        }
        long long off = p[3] == '-' || p[3] == '+' ? strtoll(p + 3, &end, 10) : 0;
        fprintf(file, "%lld", now + off);
        p = (end != NULL ? end : p + 3) - 1;
    }
}

/* ---- preparing: what a line does in the case's folder, as a shell command */

static void
print_quoted(const char *text, FILE *file)
{
    putc('\'', file);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", file);
        else
            putc(*text, file);
    }
    putc('\'', file);
}

static void
prepare_run(const char *rest, FILE *file)
{
    fputs("{ ", file);
    print_times(rest, file);
    fputs("\n} </dev/null\n", file);
}

static void
prepare_sign(const char *rest, FILE *file)
{
    fprintf(file, "signed=$(\"$issuer\" sign \"$scratch/keys/%.*s.key\" ", (int)strcspn(rest, " "),
            rest);
    print_times(strchr(rest, ' '), file);
    fputs(" </dev/null)\nprintf %s \"$signed\" >token\n", file);
}

static void
prepare_prove(const char *rest, FILE *file)
{
    fputs("sh \"$here/prove.sh\" token ", file);
    print_times(rest, file);
    putc('\n', file);
}

static void
prepare_edit(const char *rest, FILE *file)
{
    fprintf(file, "{ %s\n} <token >token.new\nmv token.new token\n", rest);
}

static void
prepare_policy(const char *rest, FILE *file)
{
    (void)rest;
    fputs(": >etc/policy.conf\n", file);
}

static void
prepare_policy_line(const char *rest, FILE *file)
{
    fputs("printf '%s\\n' ", file);
    print_quoted(rest, file);
    fputs(" >>etc/policy.conf\n", file);
}

/* The words that a case may have. */
static const struct {
    const char *word;
    void (*prepare)(const char *rest, FILE *file);
    const char *help;
} words[] = {
    {"service", NULL, "S: PAM's; default: test"},
    {"user", NULL, "U: PAM's, as a word of the shell; empty: none; default: daemon"},
    {"rhost", NULL, "H: PAM_RHOST"},
    {"arguments", NULL, "A: further arguments of the module"},
    {"policy", prepare_policy, "the lines after it that begin with `| ` are policy.conf"},
    {"|", prepare_policy_line, "TEXT: see policy"},
    {"run", prepare_run, "COMMAND: a shell command in the case's folder"},
    {"sign", prepare_sign, "KEY ARGUMENTS: the issuer's `sign` with keys/KEY.key makes `token`"},
    {"prove", prepare_prove, "KEY ID HOST [IAT]: a proof, by keys/KEY.key, behind the token"},
    {"edit", prepare_edit, "COMMAND: a filter over the token"},
    {"answers", NULL, "FILE...: what the prompts get, in order; default: token"},
    {"driver", NULL, "OPTIONS: further options, as pam-driver takes them"},
    {"prompt", NULL, "TEXT: a prompt that must come; all of them, where there is one"},
    {"prompts", NULL, "N: how many prompts come"},
    {"log", NULL, "TEXT: is part of a line in the log"},
    {"nolog", NULL, "TEXT: is not"},
    {"error", NULL, "TEXT: is part of a message to the user"},
    {"only", NULL, "root|user: where it makes sense only under that uid"},
    {"expect", NULL, "CODE REASON: what pam_authenticate returns, and what the audit line says"},
};
#define WORDS_LEN (sizeof(words) / sizeof(words[0]))

static size_t
find_word(const char *word)
{
    for (size_t i = 0; i < WORDS_LEN; i++)
        if (strcmp(words[i].word, word) == 0)
            return i;
    errx(2, "no such word: %s", word);
}

/* Runs the commands of the case, all in one shell. Returns false where one of them fails. */
static bool
prepare(const struct test_case *test)
{
    char *commands = NULL;
    size_t len = 0;
    int status = 0;
    FILE *file = open_memstream(&commands, &len);

    fprintf(file, "set -e\ncp -r base %s\ncd %s\ndir=$PWD\n", test->name, test->name);
    for (size_t i = 0; i < test->len; i++) {
        size_t word = find_word(test->lines[i].word);

        if (words[word].prepare != NULL)
            words[word].prepare(test->lines[i].rest, file);
    }
    fprintf(file, "printf %%s %s >user-name\n", case_last(test, "user", "daemon"));
    fclose(file);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", commands, (char *)NULL);
        _exit(127);
    }
    free(commands);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- running */

static void
write_stack(const struct test_case *test, const char *folder, const char *service)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "pam.d/%s", service);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        err(2, "%s", path);
    if (access("authtok", F_OK) == 0)
        fprintf(file, "auth optional %s %s/authtok\n", give_authtok, folder);
    fprintf(file, "auth required %s policy=%s/etc/policy.conf debug %s\n", module, folder,
            case_last(test, "arguments", ""));
    fclose(file);
}

/* Appends the words of `text`, which it changes, to argv; with `option` in front of each. '' is an
 * empty word. */
static int
append_words(char **argv, int argc, char *text, char *option)
{
    for (char *word; (word = strsep(&text, " ")) != NULL;) {
        if (*word == '\0')
            continue;
        if (argc + 2 >= WORDS_MAX)
            errx(2, "too many options");
        if (option != NULL)
            argv[argc++] = option;
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    }
    argv[argc] = NULL;
    return argc;
}

static char program[] = "pam-cases", answer_option[] = "--answer";

/* Authenticates as the case says, in its folder. */
static void
authenticate(const struct test_case *test, struct outcome *ret)
{
    const char *service = case_last(test, "service", "test");
    char *user = read_file("user-name");
    char *answers = strdup(case_last(test, "answers", "token"));
    char *options[CASE_LINES_MAX];
    char *argv[WORDS_MAX] = {program};
    char folder[4096];
    size_t len = 0, options_len = 0;
    struct driver driver = {.rhost = case_last(test, "rhost", NULL)};

    int argc = append_words(argv, 1, answers, answer_option);
    for (size_t i = 0; i < test->len; i++) {
        if (strcmp(test->lines[i].word, "driver") != 0)
            continue;
        options[options_len] = strdup(test->lines[i].rest);
        argc = append_words(argv, argc, options[options_len++], NULL);
    }
    (void)driver_read_options(&driver, argc, argv);
    if (getcwd(folder, sizeof(folder) - sizeof("/pam.d")) == NULL)
        err(2, "getcwd");
    write_stack(test, folder, service);
    memcpy(folder + strlen(folder), "/pam.d", sizeof("/pam.d"));
    driver_output = open_memstream(&ret->output, &len);
    driver_start(&driver, service, user[0] != '\0' ? user : NULL, folder);
    ret->code = pam_code_name(pam_authenticate(driver.pamh, driver.flags));
    if (pam_end(driver.pamh, PAM_SUCCESS) != PAM_SUCCESS)
        fprintf(driver_output, "pam_end fails\n");
    fclose(driver_output);
    driver_output = NULL;
    ret->token = read_file("token");
    while (options_len > 0)
        free(options[--options_len]);
    free(answers);
    free(user);
}

static void
run_case(const struct test_case *test)
{
    struct outcome outcome = {.code = ""};
    char *verdict = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&verdict, &len);

    alarm(SECONDS_MAX);
    if (strchr(case_last(test, "expect", ""), ' ') == NULL)
        errx(2, "%s expects nothing", test->name);
    if (!prepare(test))
        fprintf(file, "it cannot be prepared\n");
    if (chdir(test->name) != 0)
        err(2, "%s", test->name);
    size_t descriptors = host_descriptors();
    authenticate(test, &outcome);
    if (host_descriptors() != descriptors)
        fprintf(file, "a descriptor is left open\n");
    case_judge(test, &outcome, file);
    fclose(file);
    if (len == 0) {
        printf("ok %s\n", test->name);
        passed++;
    } else {
        printf("FAILED %s: %s%s", test->name, verdict, outcome.output);
        failed++;
    }
    free(verdict);
    free(outcome.output);
    free(outcome.token);
    if (chdir(scratch) != 0)
        err(2, "%s", scratch);
}

static bool
is_wanted(const struct test_case *test)
{
    char word[256];

    (void)snprintf(word, sizeof(word), " %s ", test->name);
    return test->name != NULL && (names[0] == '\0' || strstr(names, word) != NULL) &&
           strcmp(case_last(test, "only", me), me) == 0;
}

static void
run_file(const char *path)
{
    char *text = read_file(path);
    char *rest = text;
    struct test_case test = {.len = 0};

    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (line[0] == '#' || line[0] == '\0')
            continue;
        char *value = line + strcspn(line, " ");

        if (*value == ' ')
            *value++ = '\0';
        if (strcmp(line, "case") == 0) {
            if (is_wanted(&test))
                run_case(&test);
            test = (struct test_case){.name = value};
            continue;
        }
        if (test.name == NULL || test.len == CASE_LINES_MAX)
            errx(2, "%s: %s: a line outside of a case, or too many of them", path, line);
        test.lines[test.len++] =
            (struct case_line){.word = words[find_word(line)].word, .rest = value};
    }
    if (is_wanted(&test))
        run_case(&test);
    free(text);
}

static int
help(void)
{
    puts("A case is `case NAME`, then lines that begin with these words:");
    for (size_t i = 0; i < WORDS_LEN; i++)
        printf("  %-9s %s\n", words[i].word, words[i].help);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return help();
    if (argc < 5)
        errx(2, "usage: pam-cases MODULE GIVE-AUTHTOK NAMES CASE-FILE...");
    module = argv[1];
    give_authtok = argv[2];
    names = argv[3];
    scratch = getcwd(NULL, 0);
    me = getuid() == 0 ? "root" : "user";
    setvbuf(stdout, NULL, _IOLBF, 0);
    /* Stays loaded between the cases, with its libraries: valgrind reads their symbols once. */
    void *loaded = dlopen(module, RTLD_NOW);
    if (loaded == NULL)
        errx(2, "%s", dlerror());
    for (int i = 4; i < argc; i++)
        run_file(argv[i]);
    free(scratch);
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
