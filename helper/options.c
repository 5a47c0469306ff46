#include "helper/options.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/nearest.h"

/* --min-valid may ask for more than any token lives: that is the endpoint's failure (76), and is
 * told with the life it did grant. */
#define MIN_VALID_MAX (INT64_C(366) * 86400)
#define LIFETIME_MAX INT64_C(86400)

/* How an option's value is read. FLAG takes none. */
enum option_type { FLAG, TEXT, TEXTS, SCOPES, DURATION };

struct option_row {
    uint64_t option;
    const char *name;
    const char *argument; /* what --help calls the value; NULL for a flag */
    enum option_type type;
    size_t offset; /* of the member of struct options it is kept in */
    int64_t min;
    int64_t max;
    const char *help;
};

#define MEMBER(name) offsetof(struct options, name)

static const struct option_row rows[] = {
    {OPTION_SCOPE, "scope", "S", SCOPES, MEMBER(scopes), 0, 0,
     "ask for this scope instead of the configured ones; may be repeated"},
    {OPTION_LIFETIME, "lifetime", "T", DURATION, MEMBER(lifetime), 1, LIFETIME_MAX,
     "ask for a token that lives this long: 90s, 15m, 1h, at most 1d"},
    {OPTION_MIN_VALID, "min-valid", "T", DURATION, MEMBER(min_valid), 0, MIN_VALID_MAX,
     "the token must still live at least this long"},
    {OPTION_FRESH, "fresh", NULL, FLAG, 0, 0, 0,
     "ask the endpoint for a token that was not printed before"},
    {OPTION_FOR, "for", "HOST", TEXT, MEMBER(bound_host), 0, 0,
     "add a proof that the token is for this host: its name in lower case, without a port"},
    {OPTION_JSON, "json", NULL, FLAG, 0, 0, 0, "print one JSON object, for programs"},
    {OPTION_HEADER, "header", NULL, FLAG, 0, 0, 0, "print an HTTP Authorization header"},
    {OPTION_ALL, "all", NULL, FLAG, 0, 0, 0, "of every profile; host disable: of every service"},
    {OPTION_YES, "yes", NULL, FLAG, 0, 0, 0, "do not ask"},
    {OPTION_DRY_RUN, "dry-run", NULL, FLAG, 0, 0, 0, "show the changes, and make none"},
    {OPTION_TOKENS_ONLY, "tokens-only", NULL, FLAG, 0, 0, 0,
     "host enable: a new PAM stack that takes tokens and no passwords"},
    {OPTION_BOUND, "bound", NULL, FLAG, 0, 0, 0,
     "setup: this host gets tokens that are bound to it only"},
    {OPTION_REMOVE, "remove", NULL, FLAG, 0, 0, 0, "undo what setup or init did"},
    {OPTION_PIPED_KEY, "piped-key", NULL, FLAG, 0, 0, 0,
     "use the API key that 'key export' writes to descriptor 3"},
    {OPTION_OUT, "out", "PATH", TEXT, MEMBER(out), 0, 0,
     "write to this file (key public: into this folder) instead of printing"},
    {OPTION_HOST, "host", "HOST", TEXT, MEMBER(host), 0, 0,
     "for this host, as its section of credential.conf says"},
    {OPTION_FORMAT, "format", "FORMAT", TEXT, MEMBER(format), 0, 0,
     "plain, or netrc for a line of a netrc file"},
    {OPTION_SERVICE, "service", "S", TEXT, MEMBER(service), 0, 0,
     "the PAM service, for example sshd"},
    {OPTION_USER, "user", "U", TEXT, MEMBER(user), 0, 0,
     "the local user who would log in; of an event, the user it is about"},
    {OPTION_POLICY, "policy", "FILE", TEXT, MEMBER(policy), 0, 0,
     "use this file, and keys.d beside it, instead of the host's policy.conf"},
    {OPTION_REPLACE, "replace", NULL, FLAG, 0, 0, 0,
     "policy add: replace a key that is there, or trust one for root"},
    {OPTION_USERS, "users", "NAMES", TEXT, MEMBER(users), 0, 0,
     "key public: the local users whom the key may log in; @NAME is a group"},
    {OPTION_SERVICES, "services", "NAMES", TEXT, MEMBER(services), 0, 0,
     "key public: the PAM services that the key opens, or *"},
    {OPTION_ENV, "env", "NAME", TEXT, MEMBER(env), 0, 0, "the variable that gets the token"},
    {OPTION_FILE, "file", "NAME", TEXT, MEMBER(file), 0, 0,
     "the variable that names a private file with the token, which is kept fresh"},
    {OPTION_ANSWERS, "key", "FILE", TEXT, MEMBER(key), 0, 0, "the API key that you downloaded"},
    {OPTION_ANSWERS, "git", "HOSTS", TEXT, MEMBER(git), 0, 0,
     "set up git for these hosts, separated by blanks"},
    {OPTION_ANSWERS, "docker", "HOSTS", TEXT, MEMBER(docker), 0, 0,
     "set up docker and podman for these registries"},
    {OPTION_ANSWERS, "ssh", "HOSTS", TEXT, MEMBER(ssh), 0, 0, "set up ssh for these hosts"},
    {OPTION_TRAIT, "trait", "K=V", TEXTS, MEMBER(values), 0, 0,
     "a trait: K=V is a string, K:=V is JSON; may be repeated"},
    {OPTION_PROPERTY, "property", "K=V", TEXTS, MEMBER(values), 0, 0,
     "a property: K=V is a string, K:=V is JSON; may be repeated"},
    {OPTION_GROUP, "group", "ID", TEXT, MEMBER(group), 0, 0, "the group that the user is in"},
    {OPTION_TIMESTAMP, "timestamp", "TIME", TEXT, MEMBER(timestamp), 0, 0,
     "when it happened, for example 2026-11-24T20:15:30Z"},
    {OPTION_STDIN, "stdin", NULL, FLAG, 0, 0, 0,
     "read events from standard input, one JSON object a line"},
    {OPTION_CONFIG, "config", "FILE", TEXT, MEMBER(config), 0, 0,
     "read this file instead of the system's and the user's credential.conf"},
    {OPTION_PROFILE, "profile", "NAME", TEXT, MEMBER(profile), 0, 0,
     "use this profile, whatever the host's section says"},
    {OPTION_HELP, "help", NULL, FLAG, 0, 0, 0, "show this help; so do -h and the command help"},
    {OPTION_VERSION, "version", NULL, FLAG, 0, 0, 0, "show the version"},
};

static const struct option_row *
find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return &rows[i];
    return NULL;
}

static int
parse_scopes(struct ts_list *list, const char *value, struct ts_err *err)
{
    size_t before = list->len;
    int rc = ts_list_add_split(list, value, err);

    if (rc < 0)
        return rc;
    if (list->len == before)
        return ts_err_set(err, TS_ERR_USAGE, "--scope needs a scope");
    for (size_t i = before; i < list->len; i++)
        if (!ts_text_is_scope(list->items[i]))
            return ts_err_set(err, TS_ERR_USAGE, "--scope: not a scope: '%s'", list->items[i]);
    return 0;
}

static int
store_value(const struct option_row *row, const char *value, struct options *ret,
            struct ts_err *err)
{
    void *member = (char *)ret + row->offset;

    switch (row->type) {
    case FLAG:
        return 0;
    case TEXT:
        if (value[0] == '\0')
            return ts_err_set(err, TS_ERR_USAGE, "--%s needs a value", row->name);
        *(const char **)member = value;
        return 0;
    case TEXTS:
        return ts_list_add(member, value, err);
    case SCOPES:
        return parse_scopes(member, value, err);
    case DURATION:
        if (ts_text_duration(value, row->min, row->max, member))
            return 0;
        return ts_err_set(err, TS_ERR_USAGE,
                          "--%s: not a duration in range: '%s' (90s, 15m, 1h, 1d)", row->name,
                          value);
    }
    return 0;
}

static int
refuse_option(const char *option, struct ts_err *err)
{
    char name[TS_NEAREST_WORD_MAX + 2];
    char meant[TS_NEAREST_HINT_MAX];
    struct ts_nearest nearest = TS_NEAREST_INIT(name);

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(option + 2, "="), option + 2);
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        ts_nearest_try(&nearest, rows[i].name);
    const char *hint = ts_nearest_hint(&nearest, meant);
    if (hint[0] == '\0')
        return ts_err_set(err, TS_ERR_USAGE, "unknown option '%s'", option);
    return ts_err_set(err, TS_ERR_USAGE, "unknown option '%s'; did you mean '--%s'?", option,
                      nearest.word);
}

/* Reads the option at argv[*index], and its value, which may be the argument after it. */
static int
read_option(int argc, char **argv, int *index, struct options *ret, struct ts_err *err)
{
    const char *name = argv[*index] + 2;
    const char *equals = strchr(name, '=');
    const struct option_row *row =
        find_row(name, equals != NULL ? (size_t)(equals - name) : strlen(name));

    if (row == NULL)
        return refuse_option(argv[*index], err);
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (row->type == FLAG && value != NULL)
        return ts_err_set(err, TS_ERR_USAGE, "--%s takes no value", row->name);
    if (row->type != FLAG && value == NULL) {
        if (*index + 1 >= argc)
            return ts_err_set(err, TS_ERR_USAGE, "--%s needs a value", row->name);
        value = argv[++*index];
    }
    ret->given |= row->option;
    return store_value(row, value, ret, err);
}

int
options_parse(int argc, char **argv, struct options *ret, struct ts_err *err)
{
    bool only_arguments = false;

    ret->arguments = argc > 0 ? argv + 1 : argv;
    for (int i = 1; i < argc; i++) {
        if (only_arguments || argv[i][0] != '-' || argv[i][1] == '\0') {
            if (ret->arguments_len == 0 && ret->is_last != NULL && ret->is_last(argv[i])) {
                ret->arguments = argv + i;
                ret->arguments_len = (size_t)(argc - i);
                return 0;
            }
            /* Never ahead of i, so nothing unread is overwritten. */
            ret->arguments[ret->arguments_len++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_arguments = true;
            continue;
        }
        if (strcmp(argv[i], "-h") == 0) {
            ret->given |= OPTION_HELP;
            continue;
        }
        if (argv[i][1] != '-')
            return ts_err_set(err, TS_ERR_USAGE, "unknown option '%s'", argv[i]);
        int rc = read_option(argc, argv, &i, ret, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Rows may share a bit; then the values say which of them were given. */
static bool
is_given(const struct options *options, const struct option_row *row)
{
    const char *value = NULL;

    if ((options->given & row->option) == 0)
        return false;
    if (row->type == TEXT)
        memcpy(&value, (const char *)options + row->offset, sizeof(value));
    return row->type != TEXT || value != NULL;
}

int
options_check(const struct options *options, uint64_t allowed, const char *command,
              struct ts_err *err)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if ((~allowed & rows[i].option) != 0 && is_given(options, &rows[i]))
            return ts_err_set(err, TS_ERR_USAGE, "--%s does not go with '%s'", rows[i].name,
                              command);
    return 0;
}

void
options_release(struct options *options)
{
    ts_list_release(&options->scopes);
    ts_list_release(&options->values);
}

int
options_describe(uint64_t set, struct ts_secret *ret)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++) {
        const char *argument = rows[i].argument != NULL ? rows[i].argument : "";
        char spelled[40];

        if ((set & rows[i].option) == 0)
            continue;
        (void)snprintf(spelled, sizeof(spelled), "--%s %s", rows[i].name, argument);
        int rc = ts_secret_append_format(ret, "  %-16s  %s\n", spelled, rows[i].help);
        if (rc < 0)
            return rc;
    }
    return 0;
}

const char *
options_name(size_t index)
{
    return index < TS_ARRAY_LEN(rows) ? rows[index].name : NULL;
}
