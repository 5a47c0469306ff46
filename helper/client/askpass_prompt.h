/*
 * The prompts that askpass answers, and nothing else. The server writes an ssh prompt's text; only
 * the `(USER@HOST) ` in front of it is the ssh client's own (OpenSSH 8.4 or newer).
 */
#ifndef HELPER_ASKPASS_PROMPT_H
#define HELPER_ASKPASS_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/host.h"

/* How many characters of a token one answer carries, and so where the next one begins. */
#define ASKPASS_PART ((size_t)500)

#define ASKPASS_HOST_MAX 280

struct askpass_prompt {
    char host[ASKPASS_HOST_MAX];         /* as ts_config_find_host takes it; "" for a bare prompt */
    char bound_to[TS_HOST_NAME_MAX + 1]; /* whom a first prompt wants the token for; else "" */
    size_t received;                     /* characters that the module has: 0 for a first prompt */
    uint32_t hash;                       /* FNV-1a of those; 0 for a first prompt */
};

/* ssh: `(USER@HOST) `, then any lines, the last of which is exactly the module's prompt. False
 * where it is anything else; *ret is then untouched. */
bool askpass_prompt_parse_ssh(const char *text, struct askpass_prompt *ret);

/* sudo -A: exactly the module's prompt, or that behind the line that says why the local source had
 * no token. False and untouched as above. */
bool askpass_prompt_parse_bare(const char *text, struct askpass_prompt *ret);

#endif
