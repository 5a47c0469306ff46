#include "driver.h"

#define CODE(name)                                                                                 \
    {                                                                                              \
        name, #name                                                                                \
    }

const char *
pam_code_name(int code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
        CODE(PAM_SUCCESS),      CODE(PAM_SYSTEM_ERR),  CODE(PAM_BUF_ERR),
        CODE(PAM_PERM_DENIED),  CODE(PAM_AUTH_ERR),    CODE(PAM_CRED_INSUFFICIENT),
        CODE(PAM_USER_UNKNOWN), CODE(PAM_SESSION_ERR), CODE(PAM_AUTHINFO_UNAVAIL),
        CODE(PAM_CONV_ERR),     CODE(PAM_IGNORE),      CODE(PAM_ABORT),
        CODE(PAM_MAXTRIES),     CODE(PAM_CRED_ERR),    CODE(PAM_MODULE_UNKNOWN),
        CODE(PAM_INCOMPLETE),   CODE(PAM_OPEN_ERR),    CODE(PAM_SYMBOL_ERR),
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].code == code)
            return names[i].name;
    return "PAM_OTHER";
}
