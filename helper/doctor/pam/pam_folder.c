#include "helper/doctor/pam/pam_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"

bool
pam_folder_is_service(const char *name)
{
    static const char *const endings[] = {
        "~", ".bak", ".orig", ".rpmnew", ".rpmsave", ".rpmorig", ".pam-old", ".thrivestack-backup"};
    size_t len = strlen(name);

    if (name[0] == '.' || strncmp(name, "common-", 7) == 0 || strstr(name, ".dpkg-") != NULL)
        return false;
    for (size_t i = 0; i < TS_ARRAY_LEN(endings); i++)
        if (len > strlen(endings[i]) && strcmp(name + len - strlen(endings[i]), endings[i]) == 0)
            return false;
    return true;
}

int
pam_folder_list(struct ts_list *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_folder_close) DIR *folder = opendir(PAM_FOLDER);
    const struct dirent *entry;
    int rc = 0;

    if (folder == NULL)
        return ts_err_errno(err, TS_ERR_CONFIG, PAM_FOLDER " cannot be read");
    while (rc == 0 && (entry = readdir(folder)) != NULL)
        if (pam_folder_is_service(entry->d_name))
            rc = ts_list_add(ret, entry->d_name, err);
    ts_list_normalize(ret);
    return rc;
}

int
pam_folder_read(void *context, const char *name, struct ts_secret *ret, struct ts_err *err)
{
    const struct ts_file_rules rules = {
        .owner = 0, .forbidden = 022, .root_allowed = 0, .follow_symlink = true};
    TS_CLEANUP(ts_fd_close) int folder = open(PAM_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);

    (void)context;
    if (folder < 0)
        return ts_err_errno(err, TS_ERR_CONFIG, PAM_FOLDER " cannot be opened");
    return ts_file_read(folder, name, name, &rules, ret, err);
}
