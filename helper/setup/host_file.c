#include "helper/setup/host_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/config/ini.h"

#define MARK "# Written by 'thrivestack-credential setup' for:"
#define SUFFIX ".conf"
#define NAME_LEN_MAX 240 /* leaves room in 255 for the suffix of a draft */

void
host_file_release(struct host_file *file)
{
    ts_list_release(&file->clients);
    free(file->profile);
    free(file->username);
}

int
host_file_name(const char *host, char **ret, struct ts_err *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    TS_CLEANUP(ts_secret_release) struct ts_secret name = TS_SECRET_INIT(NAME_LEN_MAX);
    /* The name of a file that is read begins with a letter or a digit. */
    bool needs_letter = strcspn(host, plain) > 0 || host[0] == '.' || host[0] == '-';
    int rc = needs_letter ? ts_secret_append_string(&name, "x") : 0;

    for (const char *c = host; *c != '\0' && rc == 0; c++)
        rc = strchr(plain, *c) != NULL && !(c == host && needs_letter)
                 ? ts_secret_append(&name, c, 1)
                 : ts_secret_append_format(&name, "_%02x", (unsigned)(unsigned char)*c);
    if (rc == 0)
        rc = ts_secret_append_string(&name, SUFFIX);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_CONFIG, "'%.60s...' is too long for the name of a file",
                          host);
    *ret = rc == 0 ? strdup(ts_secret_string(&name)) : NULL;
    return *ret != NULL ? 0 : ts_err_nomem(err);
}

/* The words behind the mark in the first line. */
static int
parse_clients(const struct ts_secret *text, struct ts_list *ret, struct ts_err *err)
{
    const char *start = ts_secret_string(text);

    if (strncmp(start, MARK, sizeof(MARK) - 1) != 0)
        return 0;
    start += sizeof(MARK) - 1;
    TS_CLEANUP(ts_string_free) char *words = strndup(start, strcspn(start, "\n"));
    return words != NULL ? ts_list_add_split(ret, words, err) : ts_err_nomem(err);
}

bool
host_file_is_for(const struct ts_secret *text, const char *client)
{
    TS_CLEANUP(ts_list_release) struct ts_list clients = {NULL, 0};
    struct ts_err ignored = {.code = 0};

    return parse_clients(text, &clients, &ignored) == 0 && ts_list_has(&clients, client);
}

static int
parse_settings(const struct ts_ini *ini, struct host_file *ret, struct ts_err *err)
{
    for (size_t i = 0; ini->len > 0 && i < ini->sections[0].len; i++) {
        const struct ts_ini_entry *entry = &ini->sections[0].entries[i];
        char **text = strcmp(entry->key, "profile") == 0    ? &ret->profile
                      : strcmp(entry->key, "username") == 0 ? &ret->username
                                                            : NULL;

        if (text != NULL) {
            *text = strdup(entry->value);
            if (*text == NULL)
                return ts_err_nomem(err);
        }
        ret->askpass |= strcmp(entry->key, "askpass") == 0;
        ret->bound |= strcmp(entry->key, "bound") == 0;
    }
    return 0;
}

int
host_file_parse(const struct ts_secret *text, const char *host, struct host_file *ret,
                struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(text->max + 4096);

    *ret = (struct host_file){.clients = {NULL, 0}};
    int rc = ts_ini_parse(ts_secret_string(text), text->len, host, &ini, err);
    if (rc == 0)
        rc = parse_clients(text, &ret->clients, err);
    if (rc == 0)
        rc = parse_settings(&ini, ret, err);
    if (rc == 0 && host_file_print(ret, host, &again) == TS_ERR_NOMEM)
        rc = ts_err_nomem(err);
    if (rc == 0 && !ts_secret_equal(text, &again))
        rc = ts_err_set(err, TS_ERR_CONFIG, "it was edited after setup wrote it");
    return rc;
}

int
host_file_print(const struct host_file *file, const char *host, struct ts_secret *ret)
{
    int rc = 0;

    if (file->clients.len == 0)
        return 0;
    rc = ts_secret_append_string(ret, MARK " ");
    if (rc == 0)
        rc = ts_list_join(&file->clients, ' ', ret);
    if (rc == 0)
        rc = ts_secret_append_format(ret, "\n[host %s]\n", host);
    if (rc == 0 && file->profile != NULL)
        rc = ts_secret_append_format(ret, "profile = %s\n", file->profile);
    if (rc == 0 && file->username != NULL)
        rc = ts_secret_append_format(ret, "username = %s\n", file->username);
    if (rc == 0 && file->askpass)
        rc = ts_secret_append_string(ret, "askpass = yes\n");
    if (rc == 0 && file->bound)
        rc = ts_secret_append_string(ret, "bound = yes\n");
    return rc;
}
