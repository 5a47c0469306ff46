#include "common/worker/authorities.h"
#include "common/base/file.h"
#include "common/base/cleanup.h"
#include "common/base/userns.h"

#include "build-config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A process that plays root in a user namespace sees root's files as the overflow user's. Below
 * these folders only the real root can have put them. */
static bool
is_roots_place(const char *path)
{
    static const char *const folders[] = {"/etc/", "/usr/", TS_SYSCONFDIR "/"};
    bool is_below = false;

    for (size_t i = 0; i < TS_ARRAY_LEN(folders) && strstr(path, "/../") == NULL; i++)
        is_below |= strncmp(path, folders[i], strlen(folders[i])) == 0;
    return is_below;
}

int
ts_authorities_read(const struct ts_endpoint *endpoint, struct ts_secret *ret, struct ts_err *err)
{
    const char *path = endpoint->ca_file;

    if (path == NULL)
        return 0;
    const struct ts_file_rules rules = {.owner = geteuid(),
                                        .root_owner =
                                            is_roots_place(path) ? ts_userns_root_owner : NULL,
                                        .forbidden = 022,
                                        .follow_symlink = true};
    int rc = ts_file_read(AT_FDCWD, path, path, &rules, ret, err);
    if (rc == 0 && ret->len == 0)
        rc = ts_err_set(err, TS_ERR_CONFIG, "%s is empty", path);
    if (rc == 0 || rc == TS_ERR_NOMEM)
        return rc;
    (void)ts_err_prefix(err, "ca_file");
    return ts_err_recode(err, TS_ERR_CONFIG);
}
