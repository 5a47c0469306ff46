#include "helper/doctor/pam/pam_length.h"

#include <string.h>

#include "common/base/cleanup.h"

#define SASLAUTHD 256
#define FOR_SASLAUTHD "client certificates or passwords"
#define FOR_FILES "sftp by sshd, or passwords"
#define FOR_TUNNELS "client certificates"

static const struct pam_length lengths[] = {
    {"proftpd", 512, FOR_FILES},
    {"smtp", SASLAUTHD, FOR_SASLAUTHD},
    {"imap", SASLAUTHD, FOR_SASLAUTHD},
    {"pop", SASLAUTHD, FOR_SASLAUTHD},
    {"sieve", SASLAUTHD, FOR_SASLAUTHD},
    {"ldap", SASLAUTHD, FOR_SASLAUTHD},
    {"cups", 256, "Kerberos or passwords"},
    {"vsftpd", 128, FOR_FILES},
    {"openvpn", 127, FOR_TUNNELS},
    {"ocserv", 63, FOR_TUNNELS},
};

const struct pam_length *
pam_length_at(size_t index)
{
    return index < TS_ARRAY_LEN(lengths) ? &lengths[index] : NULL;
}

const struct pam_length *
pam_length_find(const char *service)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(lengths); i++)
        if (strcmp(lengths[i].service, service) == 0)
            return &lengths[i];
    return NULL;
}
