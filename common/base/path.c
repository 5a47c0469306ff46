#include "common/base/path.h"
#include "common/base/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
replace(char *fresh, char **ret, struct ts_err *err)
{
    if (fresh == NULL)
        return ts_err_nomem(err);
    free(*ret);
    *ret = fresh;
    return 0;
}

int
ts_path_join(const char *folder, const char *name, char **ret, struct ts_err *err)
{
    size_t len = strlen(folder), name_len = strlen(name);
    char *joined = NULL;

    while (len > 0 && folder[len - 1] == '/')
        len--;
    joined = malloc(len + 1 + name_len + 1);
    if (joined != NULL) {
        memcpy(joined, folder, len);
        joined[len] = '/';
        memcpy(joined + len + 1, name, name_len + 1);
    }
    return replace(joined, ret, err);
}

int
ts_path_folder(const char *path, char **ret, struct ts_err *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL || slash == path ? 1 : (size_t)(slash - path);

    return replace(strndup(path, len), ret, err);
}

int
ts_path_resolve(const char *path, const struct ts_path_base *base, char **ret, struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *working = NULL;

    if (path[0] == '\0')
        return ts_err_set(err, TS_ERR_SYNTAX, "an empty path");
    if (path[0] == '/')
        return replace(strdup(path), ret, err);
    if (path[0] == '~' && path[1] == '/') {
        if (base->home == NULL)
            return ts_err_set(err, TS_ERR_SYNTAX, "'~/' where there is no home folder");
        return ts_path_join(base->home, path + 2, ret, err);
    }
    if (base->folder != NULL)
        return ts_path_join(base->folder, path, ret, err);
    working = getcwd(NULL, 0);
    if (working == NULL)
        return ts_err_errno(err, TS_ERR_SYNTAX, "no working directory for a relative path");
    return ts_path_join(working, path, ret, err);
}

bool
ts_path_has_parent(const char *path)
{
    for (const char *at = strstr(path, ".."); at != NULL; at = strstr(at + 1, ".."))
        if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
            return true;
    return false;
}
