#include "common/base/cleanup.h"
#include "common/base/conf_dir.h"
#include "common/base/file.h"
#include "common/config/config_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One file, or the folder of files beside it. */
struct place {
    int folder;        /* what `path` is relative to; AT_FDCWD: nothing */
    const char *path;  /* to open it by */
    const char *shown; /* the whole path, for messages */
    const struct ts_file_rules *rules;
};

struct reader {
    struct ts_config *config;
    struct ts_config_files *files;
    struct ts_file_rules rules;        /* of the user's files */
    struct ts_file_rules system_rules; /* of the system's */
};

void
ts_config_files_release(struct ts_config_files *files)
{
    for (size_t i = 0; i < files->len; i++)
        ts_ini_release(&files->inis[i]);
    free(files->inis);
    ts_list_release(&files->searched);
    memset(files, 0, sizeof(*files));
}

/* Parses one file behind those read before. One that is missing is TS_ERR_NOT_FOUND. */
static int
add_file(struct reader *reader, const struct place *place, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_INI_FILE_MAX);
    struct ts_config_files *files = reader->files;
    int rc = ts_list_add(&files->searched, place->shown, err);

    if (rc == 0)
        rc = ts_file_read(place->folder, place->path, place->shown, place->rules, &text, err);
    if (rc == TS_ERR_NOT_FOUND || rc == TS_ERR_NOMEM)
        return rc;
    if (rc < 0)
        return ts_err_recode(err, TS_ERR_CONFIG);
    struct ts_ini *inis = reallocarray(files->inis, files->len + 1, sizeof(*inis));
    if (inis == NULL)
        return ts_err_nomem(err);
    files->inis = inis;
    inis[files->len] = TS_INI_INIT;
    rc = ts_ini_parse_text(&text, place->shown, &inis[files->len], err);
    if (rc < 0)
        return rc;
    files->len++;
    return ts_list_add(&reader->config->files, place->shown, err);
}

static int
add_folder(struct reader *reader, const struct place *place, struct ts_err *err)
{
    TS_CLEANUP(ts_conf_dir_release) struct ts_conf_dir dir = TS_CONF_DIR_INIT;
    int rc = ts_conf_dir_open(place->path, place->rules, &dir, err);

    if (rc < 0)
        return ts_err_recode(err, rc == TS_ERR_NOMEM ? rc : TS_ERR_CONFIG);
    for (size_t i = 0; i < dir.names.len && rc == 0; i++) {
        TS_CLEANUP(ts_string_free) char *shown = NULL;

        rc = ts_path_join(place->path, dir.names.items[i], &shown, err);
        const struct place file = {dir.fd, dir.names.items[i], shown, place->rules};
        if (rc == 0)
            rc = add_file(reader, &file, err);
        /* A file that was removed since the folder was listed, or a link that leads nowhere. */
        if (rc == TS_ERR_NOT_FOUND)
            rc = 0;
    }
    return rc;
}

/* Where a file is usually missing, this saves the cost of an error's text. */
static bool
is_missing(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

/* A credential.conf and the folder beside it, both optional. */
static int
add_pair(struct reader *reader, const char *file, const char *folder,
         const struct ts_file_rules *rules, struct ts_err *err)
{
    const struct place file_place = {AT_FDCWD, file, file, rules};
    const struct place folder_place = {AT_FDCWD, folder, folder, rules};
    int rc = is_missing(file) ? ts_list_add(&reader->files->searched, file, err)
                              : add_file(reader, &file_place, err);

    return rc == 0 || rc == TS_ERR_NOT_FOUND ? add_folder(reader, &folder_place, err) : rc;
}

static int
add_named_file(struct reader *reader, struct ts_err *err)
{
    const char *path = reader->config->user_file;
    const struct place place = {AT_FDCWD, path, path, &reader->rules};
    int rc = add_file(reader, &place, err);

    return rc == TS_ERR_NOT_FOUND ? ts_err_recode(err, TS_ERR_CONFIG) : rc;
}

static int
add_system_files(struct reader *reader, const char *file, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *parent = NULL;
    TS_CLEANUP(ts_string_free) char *folder = NULL;
    int rc = ts_path_folder(file, &parent, err);

    if (rc == 0)
        rc = ts_path_join(parent, "credential.conf.d", &folder, err);
    return rc < 0 ? rc : add_pair(reader, file, folder, &reader->system_rules, err);
}

static int
add_user_files(struct reader *reader, struct ts_err *err)
{
    struct ts_config *config = reader->config;
    int rc = ts_path_join(config->user_folder, "credential.conf", &config->user_file, err);

    if (rc == 0)
        rc = ts_path_join(config->user_folder, "credential.conf.d", &config->user_conf_dir, err);
    return rc < 0 ? rc
                  : add_pair(reader, config->user_file, config->user_conf_dir, &reader->rules, err);
}

/* --config's file, THRIVESTACK_CONFIG's, or NULL: made absolute, in config->user_file. */
static int
find_named_file(const struct ts_config_sources *sources, const struct ts_environment *environment,
                struct ts_config *config, struct ts_err *err)
{
    static const struct ts_path_base working_folder = {NULL, NULL};
    int rc = sources->config_file != NULL
                 ? ts_path_resolve(sources->config_file, &working_folder, &config->user_file, err)
                 : ts_config_default_text(&config->user_file, environment->config_file, err);

    return rc == 0 || rc == TS_ERR_NOMEM ? rc : ts_err_recode(err, TS_ERR_CONFIG);
}

int
ts_config_files_read(const struct ts_config_sources *sources,
                     const struct ts_environment *environment, struct ts_config *config,
                     struct ts_config_files *ret, struct ts_err *err)
{
    struct reader reader = {.config = config, .files = ret};
    int rc = find_named_file(sources, environment, config, err);

    reader.rules = (struct ts_file_rules){
        .owner = sources->uid, .forbidden = 022, .follow_symlink = true, .home = environment->home};
    /* Only root can put anything into that place. */
    reader.system_rules = reader.rules;
    reader.system_rules.root_owner = sources->root_owner;
    if (rc == 0 && config->user_file != NULL)
        return add_named_file(&reader, err);
    if (rc == 0 && sources->system_file != NULL)
        rc = add_system_files(&reader, sources->system_file, err);
    return rc == 0 && config->user_folder != NULL ? add_user_files(&reader, err) : rc;
}
