#include "helper/doctor/pam/pam_kind.h"

#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_simulate.h"

/* Of Debian's and Fedora's packages. */
static const char *const secrets[] = {
    "pam_unix",
    "pam_sss",
    "pam_ldap",
    "pam_krb5",
    "pam_winbind",
    "pam_systemd_home",
    "pam_userdb",
    "pam_pwdfile",
    "pam_u2f",
    "pam_oath",
    "pam_yubico",
    "pam_duo",
    "pam_fprintd",
    "pam_pkcs11",
    "pam_p11",
    "pam_ssh",
    "pam_sss_gss",
    "pam_poldi",
    "pam_tacplus",
    "pam_radius_auth",
    "pam_mysql",
    "pam_pgsql",
    "pam_otpw",
    "pam_google_authenticator",
    "pam_krb5_migrate",
    "pam_himmelblau",
    "pam_authd",
    "pam_kanidm",
    "pam_ssh_agent_auth",
};

enum pam_kind
pam_kind_of(const struct pam_line *line)
{
    for (size_t i = 0; i < TS_ARRAY_LEN(secrets); i++)
        if (pam_line_is(line, secrets[i]))
            return PAM_KIND_SECRET;
    return pam_line_checks_no_secret(line) ? PAM_KIND_CONDITION : PAM_KIND_UNKNOWN;
}
