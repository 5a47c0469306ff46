/*
 * A folder of configuration files, `NAME.conf`, read in the order of their names (compared byte by
 * byte): credential.conf.d, keys.d.
 *
 *     ts_conf_dir_open("/etc/thrivestack/credential.conf.d", &rules, &dir, &err);
 *     for (size_t i = 0; i < dir.names.len; i++)
 *         ts_file_read(dir.fd, dir.names.items[i], ...);
 *     ts_conf_dir_release(&dir);
 */
#ifndef TS_CONF_DIR_H
#define TS_CONF_DIR_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/file.h"
#include "common/base/text.h"

struct ts_conf_dir {
    int fd; /* the folder, -1 where it does not exist */
    struct ts_list names;
};

#define TS_CONF_DIR_INIT ((struct ts_conf_dir){.fd = -1})

/*
 * Opens the folder, checks its descriptor (owner and mode as for a file: who can write to the
 * folder can put any file of the user into it) and lists the files in it. A folder that is missing
 * is an empty one. Returns 0, TS_ERR_UNSAFE, TS_ERR_SYNTAX (not a folder, or it cannot be read) or
 * TS_ERR_NOMEM. *ret is overwritten, and released with ts_conf_dir_release in every case.
 */
int ts_conf_dir_open(const char *path, const struct ts_file_rules *rules, struct ts_conf_dir *ret,
                     struct ts_err *err);
void ts_conf_dir_release(struct ts_conf_dir *dir);

/* Adds the names of such files in a folder that was opened, and checked, by other rules; O_PATH is
 * enough. `path` is how messages name it. Returns 0, TS_ERR_SYNTAX or TS_ERR_NOMEM. */
int ts_conf_dir_list(int fd, const char *path, struct ts_list *ret, struct ts_err *err);

/* Whether a file of that name is read: [A-Za-z0-9][A-Za-z0-9._-]*.conf. Others are what editors and
 * package managers leave behind. */
bool ts_conf_dir_is_name(const char *name);

#endif
