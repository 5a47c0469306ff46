/*
 * A source for nsswitch.conf(5) that takes any upper and lower case, as Active Directory does: it
 * has one user, tsadalice, who is also found as TSADALICE.
 */
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>
#include <strings.h>

__attribute__((visibility("default"))) enum nss_status
_nss_tsspelling_getpwnam_r(const char *name, struct passwd *ret, char *buffer, size_t size,
                           int *ret_errno);

enum nss_status
_nss_tsspelling_getpwnam_r(const char *name, struct passwd *ret, char *buffer, size_t size,
                           int *ret_errno)
{
    static const char strings[] = "tsadalice\0x\0\0/nonexistent\0/bin/false";

    if (strcasecmp(name, strings) != 0)
        return NSS_STATUS_NOTFOUND;
    if (size < sizeof(strings)) {
        *ret_errno = ERANGE;
        return NSS_STATUS_TRYAGAIN;
    }
    memcpy(buffer, strings, sizeof(strings));
    *ret = (struct passwd){.pw_name = buffer,
                           .pw_passwd = buffer + 10,
                           .pw_gecos = buffer + 12,
                           .pw_dir = buffer + 13,
                           .pw_shell = buffer + 26,
                           .pw_uid = 64997,
                           .pw_gid = 64997};
    return NSS_STATUS_SUCCESS;
}
