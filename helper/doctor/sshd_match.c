#include "helper/doctor/sshd_match.h"

#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <strings.h>

#include "common/base/cleanup.h"
#include "helper/doctor/sshd_config.h"

#define CONFIG_FILE "/etc/ssh/sshd_config"
#define CONFIG_FOLDER "/etc/ssh/sshd_config.d/*.conf"
#define FILE_MAX ((size_t)1024 * 1024)
#define CRITERIA_MAX 200

void
sshd_matches_release(struct sshd_matches *matches)
{
    ts_list_release(&matches->users);
    ts_list_release(&matches->no_prompts);
    ts_list_release(&matches->no_passwords);
}

/* A keyword and what follows it, up to the end of the line. */
struct setting {
    const char *name, *value;
    size_t name_len, value_len;
};

struct scan {
    const char *file;
    struct sshd_matches *ret;
    unsigned line; /* of the block's Match; 0: none yet */
    struct setting match;
    bool no_prompts, no_passwords, prompts;
};

static struct setting
read_setting(const char *line, size_t len)
{
    const char *end = line + len;
    struct setting ret = {.name = line + strspn(line, " \t")};

    ret.name_len = strcspn(ret.name, " \t=\"\r\n");
    ret.value = ret.name + ret.name_len;
    ret.value += strspn(ret.value, " \t=\"");
    while (end > ret.value && strchr(" \t\r\"", end[-1]) != NULL)
        end--;
    ret.value_len = end > ret.value ? (size_t)(end - ret.value) : 0;
    return ret;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

/* The end of a block: what it takes from its people. */
static int
end_block(struct scan *scan, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret item = TS_SECRET_INIT(4096);
    TS_CLEANUP(ts_string_free) char *value = NULL;
    char criteria[CRITERIA_MAX];

    if (scan->line == 0 || (!scan->no_prompts && (!scan->no_passwords || scan->prompts)))
        return 0;
    value = strndup(scan->match.value, scan->match.value_len);
    if (value == NULL)
        return ts_err_nomem(err);
    ts_text_escape(criteria, sizeof(criteria), value, "'");
    if (ts_secret_append_format(&item, "'Match %s' (%s:%u)", criteria, scan->file, scan->line) < 0)
        return ts_err_nomem(err);
    return ts_list_add(scan->no_prompts ? &scan->ret->no_prompts : &scan->ret->no_passwords,
                       ts_secret_string(&item), err);
}

static bool
allows_prompts(const struct setting *methods)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret line = TS_SECRET_INIT(FILE_MAX);

    return ts_secret_append_format(&line, "authenticationmethods %.*s\n", (int)methods->value_len,
                                   methods->value) < 0 ||
           sshd_config_allows(&line, "keyboard-interactive");
}

/* sshd goes by the first line of a kind in a block; here any line counts, which is a message more.
 */
static void
scan_setting(struct scan *scan, const struct setting *setting)
{
    const char *name = setting->name;
    bool is_no = is_word(setting->value, setting->value_len, "no");

    if (is_word(name, setting->name_len, "KbdInteractiveAuthentication") ||
        is_word(name, setting->name_len, "ChallengeResponseAuthentication"))
        *(is_no ? &scan->no_prompts : &scan->prompts) = true;
    else if (is_word(name, setting->name_len, "AuthenticationMethods"))
        scan->no_prompts |= !allows_prompts(setting);
    else if (is_word(name, setting->name_len, "PasswordAuthentication"))
        scan->no_passwords |= is_no;
}

int
sshd_matches_add(const char *file, const struct ts_secret *text, struct sshd_matches *ret,
                 struct ts_err *err)
{
    struct scan scan = {.file = file, .ret = ret};
    unsigned number = 0;
    int rc = sshd_config_match_users(text, &ret->users, err);

    for (const char *at = ts_secret_string(text); *at != '\0' && rc == 0;) {
        size_t len = strcspn(at, "\n");
        const struct setting setting = read_setting(at, len);

        number++;
        if (is_word(setting.name, setting.name_len, "Match")) {
            rc = end_block(&scan, err);
            scan = (struct scan){.file = file, .ret = ret, .line = number, .match = setting};
        } else {
            scan_setting(&scan, &setting);
        }
        at += len + (at[len] == '\n');
    }
    return rc == 0 ? end_block(&scan, err) : rc;
}

int
sshd_matches_read(struct sshd_matches *ret, struct ts_err *err)
{
    glob_t files = {.gl_pathc = 0};
    int rc = 0;

    (void)glob(CONFIG_FILE, 0, NULL, &files);
    (void)glob(CONFIG_FOLDER, GLOB_APPEND, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc && rc == 0; i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(FILE_MAX);
        TS_CLEANUP(ts_fd_close) int fd = open(files.gl_pathv[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd >= 0 && ts_secret_read_fd(&text, fd) == 0)
            rc = sshd_matches_add(files.gl_pathv[i], &text, ret, err);
    }
    globfree(&files);
    return rc;
}
