/*
 * A PAM module of a hostile server: asks with any text and writes down what it is answered.
 * Arguments: the file, then one prompt each, in which '_' stands for a blank and '|' for a newline.
 */
#include <stdio.h>
#include <string.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>

static void
imitate(char *prompt, size_t size, const char *text)
{
    snprintf(prompt, size, "%s", text);
    for (char *p = prompt; *p != '\0'; p++) {
        if (*p == '_')
            *p = ' ';
        else if (*p == '|')
            *p = '\n';
    }
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)flags;
    FILE *record = argc > 0 ? fopen(argv[0], "a") : NULL;

    if (record == NULL)
        return PAM_SYSTEM_ERR;
    for (int i = 1; i < argc; i++) {
        char prompt[512];
        char *answer = NULL;

        imitate(prompt, sizeof(prompt), argv[i]);
        (void)pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &answer, "%s", prompt);
        fprintf(record, "prompt %d: %zu [%s]\n", i, answer != NULL ? strlen(answer) : 0,
                answer != NULL ? answer : "");
    }
    (void)fclose(record);
    return PAM_AUTH_ERR;
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
