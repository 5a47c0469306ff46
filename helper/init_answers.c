/* The questions of `init`, each of which an option answers, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "helper/init.h"

#define TRIES 3

/* The scopes that are configured already; NULL where there are none. */
static const struct ts_list *
configured_scopes(const struct init *init)
{
    return init->profile->scopes.len > 0 ? &init->profile->scopes : NULL;
}

static int
accept_scopes(struct init *init, size_t index, const char *answer, struct ts_err *err)
{
    struct ts_list *scopes = &init->content.scopes;
    const struct ts_list *configured = configured_scopes(init);

    (void)index;
    ts_list_release(scopes);
    *scopes = (struct ts_list){NULL, 0};
    int rc = ts_list_add_split(scopes, answer, err);
    if (rc == 0 && scopes->len == 0 && configured != NULL)
        rc = ts_list_copy(scopes, configured, err);
    if (rc < 0)
        return rc;
    if (scopes->len == 0)
        return ts_err_set(err, TS_ERR_USAGE, "a scope is needed: --scope S");
    for (size_t i = 0; i < scopes->len; i++)
        if (!ts_text_is_scope(scopes->items[i]))
            return ts_err_set(err, TS_ERR_USAGE, "not a scope: '%s'", scopes->items[i]);
    return 0;
}

static int
accept_key(struct init *init, size_t index, const char *answer, struct ts_err *err)
{
    struct stat st;

    (void)index;
    ts_string_free(&init->download);
    init->download = NULL;
    if (answer[0] == '\0')
        return init->had_key || init->profile->key.key_command != NULL
                   ? 0
                   : ts_err_set(err, TS_ERR_USAGE, "the key file is needed: --key FILE");
    int rc = helper_path(answer, &init->download, err);
    if (rc < 0)
        return rc;
    if (stat(init->download, &st) != 0)
        return ts_err_errno(err, TS_ERR_USAGE, "%s cannot be read", init->download);
    if (!S_ISREG(st.st_mode))
        return ts_err_set(err, TS_ERR_USAGE, "%s is not a file", init->download);
    return 0;
}

static int
accept_hosts(struct init *init, size_t index, const char *answer, struct ts_err *err)
{
    struct ts_list *hosts = &init->hosts[index];

    ts_list_release(hosts);
    *hosts = (struct ts_list){NULL, 0};
    int rc = ts_list_add_split(hosts, answer, err);
    for (size_t i = 0; i < hosts->len && rc == 0; i++) {
        TS_CLEANUP(setup_release) struct setup setup = SETUP_INIT;

        rc = setup_parse_host(&setup, hosts->items[i], err);
    }
    return rc;
}

struct question {
    const char *text;
    size_t option; /* of the member of struct options that answers it; 0 for the scopes */
    size_t index;  /* of init_clients */
    int (*accept)(struct init *init, size_t index, const char *answer, struct ts_err *err);
};

#define MEMBER(name) offsetof(struct options, name)

static const struct question questions[] = {
    {"Scopes say what a token may be used for; ThriveStack lists those of your key.\n"
     "Scopes, separated by blanks, such as user_management",
     0, 0, accept_scopes},
    {"The file with the API key that you downloaded", MEMBER(key), 0, accept_key},
    {"Hosts that git should use tokens for, such as git.example.com (Return: none)", MEMBER(git), 0,
     accept_hosts},
    {"Registries that docker and podman should use tokens for (Return: none)", MEMBER(docker), 1,
     accept_hosts},
    {"Hosts that you log in to with ssh by token (Return: none)", MEMBER(ssh), 2, accept_hosts},
};

/* What Return means, behind the question; "" for nothing. */
static int
append_default(const struct init *init, const struct question *question, struct ts_secret *ret)
{
    const struct ts_list *scopes = configured_scopes(init);
    int rc = 0;

    if (question->accept == accept_key && init->had_key)
        rc = ts_secret_append_format(ret, " (Return: keep %s)", init->profile->key.key_file);
    if (question->accept == accept_scopes && scopes != NULL) {
        rc = ts_secret_append_string(ret, " (Return: ");
        if (rc == 0)
            rc = ts_list_join(scopes, ' ', ret);
        if (rc == 0)
            rc = ts_secret_append_string(ret, ")");
    }
    return rc < 0 ? rc : ts_secret_append_string(ret, ": ");
}

/* An answer that cannot be used is explained, and asked for again. */
static int
ask(struct init *init, const struct question *question, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_TEXT_MAX);
    char answer[SETUP_ANSWER_MAX];
    int rc = 0;

    if (ts_secret_append_string(&text, question->text) < 0 ||
        append_default(init, question, &text) < 0)
        return ts_err_nomem(err);
    for (int i = 0; i < TRIES; i++) {
        rc = setup_ask(&init->setup, ts_secret_string(&text), answer, err);
        if (rc == 0)
            rc = question->accept(init, question->index, answer, err);
        else
            return rc;
        if (rc != TS_ERR_USAGE)
            return rc;
        (void)dprintf(STDERR_FILENO, "  %s\n", err->text);
    }
    return rc;
}

/* The option that answers a question; NULL where it was not given. */
static int
find_option(const struct init *init, const struct question *question, struct ts_secret *scopes,
            const char **ret, struct ts_err *err)
{
    const struct options *options = &init->helper->options;

    *ret = NULL;
    if (question->option != 0) {
        memcpy(ret, (const char *)options + question->option, sizeof(*ret));
        return 0;
    }
    if (options->scopes.len == 0)
        return 0;
    if (ts_list_join(&options->scopes, ' ', scopes) < 0)
        return ts_err_nomem(err);
    *ret = ts_secret_string(scopes);
    return 0;
}

/* There is nothing to ask where the key comes from a command, or somebody else's file has scopes.
 */
static bool
is_settled(const struct init *init, const struct question *question)
{
    if (question->accept == accept_key)
        return init->profile->key.key_command != NULL;
    return question->accept == accept_scopes && init->keeps_file && configured_scopes(init) != NULL;
}

int
init_get_answers(struct init *init, struct ts_err *err)
{
    bool asks = (init->helper->options.given & OPTION_YES) == 0;
    int rc = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(questions) && rc == 0; i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret scopes = TS_SECRET_INIT(SETUP_TEXT_MAX);
        const struct question *question = &questions[i];
        const char *given = NULL;

        rc = find_option(init, question, &scopes, &given, err);
        if (rc == 0 && given == NULL && asks && !is_settled(init, question))
            rc = ask(init, question, err);
        else if (rc == 0)
            rc = question->accept(init, question->index, given != NULL ? given : "", err);
    }
    return rc;
}
