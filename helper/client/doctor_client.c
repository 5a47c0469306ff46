/* `doctor` for the clients of client_file.h: whether the file names this program. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/path.h"
#include "helper/client/clients.h"
#include "helper/client/doctor_clients.h"
#include "helper/setup/host_file.h"
#include "helper/tool.h"

struct client_check {
    struct doctor *doctor;
    const char *client;
    const struct client_file *file;
    const char *path;
    const struct ts_secret *text;
};

int
doctor_was_set_up(const struct doctor *doctor, const char *client, size_t index, bool *ret,
                  struct ts_err *err)
{
    const struct ts_config *config = &doctor->helper->config;
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_string_free) char *name = NULL;
    TS_CLEANUP(ts_string_free) char *path = NULL;

    *ret = false;
    if (config->user_conf_dir == NULL)
        return 0;
    int rc = host_file_name(config->hosts[index].label, &name, err);
    if (rc == 0)
        rc = ts_path_join(config->user_conf_dir, name, &path, err);
    if (rc == 0)
        rc = setup_file_read(path, NULL, &file, err);
    *ret = rc == 0 && host_file_is_for(&file.text, client);
    return rc == TS_ERR_NOMEM ? rc : 0;
}

/* The program of a value: of go's list, ours; of a quoted one, what is between the quotes. */
static char *
first_word(const struct text_span *value)
{
    static const char ends[] = " \t;\"'";
    struct text_span left = *value;

    while (left.len > 0) {
        size_t len = 0;

        while (len < left.len && strchr(ends, left.text[len]) == NULL)
            len++;
        const struct text_span word = {left.text, len};
        if (text_span_has(&word, "thrivestack"))
            return strndup(word.text, word.len);
        len += len < left.len;
        left = (struct text_span){left.text + len, left.len - len};
    }
    return NULL;
}

/* Whether the script is there, and is what setup writes, or a link to this program. */
static int
check_script(const struct client_check *check, const char *program, const char *host, bool *ret,
             struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file file = SETUP_FILE_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(SETUP_FILE_MAX);

    *ret = doctor_is_ours(program);
    if (*ret)
        return 0;
    int rc = setup_file_read(program, NULL, &file, err);
    if (rc == 0)
        rc = client_file_script(check->file, host, &text, err);
    *ret = rc == 0 && ts_secret_equal(&text, &file.text) && access(program, X_OK) == 0;
    return rc == TS_ERR_NOMEM ? rc : 0;
}

/* *ret_program is what the client starts, or NULL where that is not known to be meant for us. */
static int
check_program(const struct client_check *check, const struct text_span *value, const char *host,
              char **ret_program, bool *ret_sound, struct ts_err *err)
{
    const struct client_file *file = check->file;
    TS_CLEANUP(ts_string_free) char *word = NULL;
    int rc = 0;

    *ret_sound = false;
    if (file->in_path != NULL)
        rc = tool_find(file->in_path, ret_program, err);
    else if (file->script != NULL)
        rc = client_file_program(file, &check->doctor->helper->config, host, ret_program, err);
    else {
        word = first_word(value);
        if (word == NULL || word[0] == '/')
            *ret_program = TS_TAKE(word);
        else
            rc = tool_find(word, ret_program, err);
    }
    if (rc == TS_ERR_NOMEM)
        return rc;
    if (*ret_program == NULL && (file->in_path != NULL || word != NULL)) {
        *ret_program = strdup(word != NULL ? word : file->in_path);
        return *ret_program != NULL ? 0 : TS_ERR_NOMEM;
    }
    if (*ret_program != NULL && file->script != NULL)
        return check_script(check, *ret_program, host, ret_sound, err);
    *ret_sound = *ret_program != NULL && doctor_is_ours(*ret_program);
    return 0;
}

static int
check_host(const struct client_check *check, size_t index, struct ts_err *err)
{
    struct doctor *doctor = check->doctor;
    const struct ts_host_rule *rule = &doctor->helper->config.hosts[index];
    TS_CLEANUP(ts_string_free) char *host = doctor_host_name(rule);
    TS_CLEANUP(ts_string_free) char *program = NULL;
    bool was_set_up = false;
    bool is_sound = false;

    if (host == NULL)
        return TS_ERR_NOMEM;
    const struct client_place place = {host, rule->pattern.path, ""};
    const struct text_span value = client_edit_find(check->file->format, check->text, &place);
    int rc = doctor_was_set_up(doctor, check->client, index, &was_set_up, err);
    if (rc == 0 && value.text != NULL)
        rc = check_program(check, &value, rule->label, &program, &is_sound, err);
    if (rc < 0)
        return rc;
    if (program == NULL)
        return was_set_up ? findings_add(&doctor->findings, FIND_CLIENT_UNSET,
                                         "%s was set up for %s, but %s does not name this program",
                                         check->client, rule->label, check->path)
                          : 0;
    doctor->wired[index] = true;
    if (is_sound)
        return findings_add(&doctor->findings, FIND_CLIENT, "%s runs this program for %s",
                            check->client, rule->label);
    return findings_add(&doctor->findings, FIND_CLIENT_PROGRAM,
                        "%s (%s) runs %s for %s, which is not this program", check->client,
                        check->path, program, rule->label);
}

int
doctor_client(struct doctor *doctor, const char *client, const struct client_file *file,
              struct ts_err *err)
{
    TS_CLEANUP(setup_file_release) struct setup_file read = SETUP_FILE_INIT;
    TS_CLEANUP(ts_string_free) char *path = NULL;
    const struct ts_config *config = &doctor->helper->config;
    int rc = client_file_path(file, &path, err);

    if (rc == TS_ERR_CONFIG)
        return 0;
    if (rc == 0)
        rc = setup_file_read(path, NULL, &read, err);
    if (rc == TS_ERR_CONFIG)
        return findings_add(&doctor->findings, FIND_CLIENT_INVALID, "%s: %s", client, err->text);
    const struct client_check check = {doctor, client, file, path, &read.text};
    for (size_t i = 0; i < config->hosts_len && rc == 0; i++)
        if (!config->hosts[i].pattern.wildcard)
            rc = check_host(&check, i, err);
    return rc;
}
