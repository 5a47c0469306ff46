#include "driver.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
read_answer(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t room = 0;

    if (file == NULL)
        err(2, "%s", path);
    /* Answers are C strings: up to a NUL or the end, whichever comes first. */
    if (getdelim(&text, &room, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
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

static void
show(const struct script *script, const char *kind, const char *text)
{
    if (!script->silent)
        printf("%s %s\n", kind, text);
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
    if (script->prompts == script->fails)
        return PAM_CONV_ERR;
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
