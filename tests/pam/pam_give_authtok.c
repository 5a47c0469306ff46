/* A module for tests: sets PAM_AUTHTOK to what is in the file that its argument names. */
#pragma GCC visibility push(default)
#include <security/pam_modules.h>
#pragma GCC visibility pop

#include <stdio.h>
#include <stdlib.h>

PAM_EXTERN int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    FILE *file = argc == 1 ? fopen(argv[0], "rb") : NULL;
    char *text = NULL;
    size_t room = 0;

    (void)flags;
    if (file == NULL)
        return PAM_SYSTEM_ERR;
    int rc = getdelim(&text, &room, '\0', file) < 0 ? PAM_SYSTEM_ERR
                                                    : pam_set_item(pamh, PAM_AUTHTOK, text);
    free(text);
    fclose(file);
    return rc;
}

PAM_EXTERN int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_IGNORE;
}
