#include "helper/doctor/nginx_config.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/path.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define DEPTH_MAX 4
#define FILES_MAX 1000

void
nginx_config_release(struct nginx_config *config)
{
    ts_list_release(&config->services);
    ts_list_release(&config->users);
}

/* The value of a directive that begins here; false where it is another one. */
static int
take_directive(const char *line, const char *name, struct ts_list *ret, struct ts_err *err)
{
    size_t len = strlen(name);

    if (strncmp(line, name, len) != 0 || strspn(line + len, " \t") == 0)
        return 0;
    line += len;
    line += strspn(line, " \t\"'");
    size_t value = strcspn(line, " \t\"';\r\n");
    return value > 0 ? ts_list_add_len(ret, line, value, err) : 0;
}

int
nginx_config_scan(const struct ts_secret *text, struct nginx_config *config, struct ts_err *err)
{
    int rc = 0;

    /* A directive may follow another on its line. */
    for (const char *at = ts_secret_string(text); *at != '\0' && rc == 0;) {
        at += strspn(at, " \t\r\n;{}");
        if (*at == '#') {
            at += strcspn(at, "\n");
            continue;
        }
        rc = take_directive(at, "auth_pam_service_name", &config->services, err);
        if (rc == 0)
            rc = take_directive(at, "user", &config->users, err);
        at += strcspn(at, "\n;{}");
    }
    return rc;
}

struct walk {
    struct nginx_config *config;
    unsigned files;
};

static int walk_folder(struct walk *walk, const char *folder, unsigned depth, struct ts_err *err);

static int
walk_one(struct walk *walk, const char *path, unsigned depth, struct ts_err *err)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(FILE_MAX);
    TS_CLEANUP(ts_fd_close) int fd = -1;
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return walk_folder(walk, path, depth + 1, err);
    if (!S_ISREG(st.st_mode) || walk->files++ == FILES_MAX)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = fd >= 0 ? ts_secret_read_fd(&text, fd) : 0;
    if (rc == TS_ERR_NOMEM)
        return ts_err_nomem(err);
    return rc < 0 ? 0 : nginx_config_scan(&text, walk->config, err);
}

static int
walk_folder(struct walk *walk, const char *folder, unsigned depth, struct ts_err *err)
{
    DIR *open_folder = depth < DEPTH_MAX ? opendir(folder) : NULL;
    const struct dirent *entry;
    int rc = 0;

    while (open_folder != NULL && rc == 0 && (entry = readdir(open_folder)) != NULL) {
        TS_CLEANUP(ts_string_free) char *path = NULL;

        if (entry->d_name[0] == '.')
            continue;
        rc = ts_path_join(folder, entry->d_name, &path, err);
        if (rc == 0)
            rc = walk_one(walk, path, depth, err);
    }
    if (open_folder != NULL)
        (void)closedir(open_folder);
    return rc;
}

int
nginx_config_read(const char *folder, struct nginx_config *ret, struct ts_err *err)
{
    struct walk walk = {.config = ret};

    return walk_folder(&walk, folder, 0, err);
}
