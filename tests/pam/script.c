#include "driver.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *driver_output;

static char *
read_answer(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        err(2, "%s", path);
    /* An answer is a C string, and this its only copy: stdio would keep another. */
    char *text = calloc(1, (size_t)st.st_size + 1);
    if (text == NULL || read(fd, text, (size_t)st.st_size) != st.st_size)
        err(2, "%s", path);
    close(fd);
    return text;
}

static char *
next_answer(struct script *script)
{
    size_t i = script->prompts - 1;

    if (i >= script->answers_len && script->repeats && script->answers_len > 0)
        i = script->answers_len - 1;
    return i < script->answers_len ? read_answer(script->answers[i]) : NULL;
}

/* A newline in the text is shown as `\n`, so that each message is one line. */
static void
show(const struct script *script, const char *kind, const char *text)
{
    FILE *out = driver_output != NULL ? driver_output : stdout;

    if (script->silent)
        return;
    (void)fprintf(out, "%s ", kind);
    for (; *text != '\0'; text++)
        (void)fputs(*text == '\n' ? "\\n" : (char[]){*text, '\0'}, out);
    (void)fputc('\n', out);
}

static int
converse_one(struct script *script, const struct pam_message *message,
             struct pam_response *response)
{
    switch (message->msg_style) {
    case PAM_TEXT_INFO:
        show(script, "info", message->msg);
        return PAM_SUCCESS;
    case PAM_ERROR_MSG:
        show(script, "error", message->msg);
        return PAM_SUCCESS;
    case PAM_PROMPT_ECHO_ON:
    case PAM_PROMPT_ECHO_OFF:
        break;
    default:
        return PAM_CONV_ERR;
    }
    script->prompts++;
    show(script, message->msg_style == PAM_PROMPT_ECHO_ON ? "echo-prompt" : "prompt", message->msg);
    if (script->new_user != NULL &&
        pam_set_item(script->pamh, PAM_USER, script->new_user) != PAM_SUCCESS)
        return PAM_CONV_ERR;
    if (script->prompts == script->fails)
        return PAM_CONV_ERR;
    if (script->prompts == script->ends)
        return PAM_SUCCESS;
    response->resp = next_answer(script);
    return response->resp != NULL ? PAM_SUCCESS : PAM_CONV_ERR;
}

int
script_converse(int count, const struct pam_message **messages, struct pam_response **ret,
                void *data)
{
    struct pam_response *responses = calloc((size_t)count, sizeof(*responses));
    int rc = responses != NULL ? PAM_SUCCESS : PAM_BUF_ERR;

    for (int i = 0; i < count && rc == PAM_SUCCESS; i++)
        rc = converse_one(data, messages[i], &responses[i]);
    if (rc == PAM_SUCCESS) {
        *ret = responses;
        return rc;
    }
    for (int i = 0; responses != NULL && i < count; i++)
        free(responses[i].resp);
    free(responses);
    return rc;
}
