#include "helper/doctor/pam/pam_control.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

#define JUMP_MAX 1000
#define WORD_MAX 64

/* In the order of their numbers; Linux-PAM's _pam_tokens. */
static const char *const codes[PAM_STACK_CODES] = {
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
};

static const struct {
    const char *name;
    int action;
} actions[] = {
    {"ignore", PAM_ACTION_IGNORE}, {"ok", PAM_ACTION_OK},   {"done", PAM_ACTION_DONE},
    {"bad", PAM_ACTION_BAD},       {"die", PAM_ACTION_DIE}, {"reset", PAM_ACTION_RESET},
};

/* pam.d(5) says what the words stand for. */
static const struct {
    const char *name;
    const char *stands_for;
} words[] = {
    {"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
    {"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
    {"sufficient", "success=done new_authtok_reqd=done default=ignore"},
    {"optional", "success=ok new_authtok_reqd=ok default=ignore"},
};

int
pam_stack_code(const char *name)
{
    for (int i = 0; i < PAM_STACK_CODES; i++)
        if (strcmp(codes[i], name) == 0)
            return i;
    return -1;
}

static bool
parse_action(const char *text, int *ret)
{
    int64_t jump = 0;

    for (size_t i = 0; i < TS_ARRAY_LEN(actions); i++)
        if (strcmp(actions[i].name, text) == 0) {
            *ret = actions[i].action;
            return true;
        }
    if (!ts_text_integer(text, 1, JUMP_MAX, &jump))
        return false;
    *ret = (int)jump;
    return true;
}

/* One word up to any of `stop`, moving *at behind it. */
static bool
parse_control_word(const char **at, const char *stop, char ret[WORD_MAX])
{
    size_t len = strcspn(*at, stop);

    if (len == 0 || len >= WORD_MAX)
        return false;
    memcpy(ret, *at, len);
    ret[len] = '\0';
    *at += len;
    return true;
}

/* `default` fills what no other word has named, wherever it is. */
static bool
parse_pairs(const char *text, int ret[PAM_STACK_CODES])
{
    bool given[PAM_STACK_CODES] = {false};
    int fallback = PAM_ACTION_BAD;
    char name[WORD_MAX];
    char value[WORD_MAX];
    int action = PAM_ACTION_BAD;

    for (const char *at = text + strspn(text, " \t"); *at != '\0'; at += strspn(at, " \t")) {
        if (!parse_control_word(&at, " \t=", name))
            return false;
        at += strspn(at, " \t");
        if (*at++ != '=')
            return false;
        at += strspn(at, " \t");
        if (!parse_control_word(&at, " \t", value) || !parse_action(value, &action))
            return false;
        int code = pam_stack_code(name);
        if (code >= 0) {
            given[code] = true;
            ret[code] = action;
        } else if (strcmp(name, "default") == 0) {
            fallback = action;
        } else {
            return false;
        }
    }
    for (size_t i = 0; i < PAM_STACK_CODES; i++)
        if (!given[i])
            ret[i] = fallback;
    return true;
}

bool
pam_control_parse(const char *text, bool bracketed, int ret_actions[PAM_STACK_CODES])
{
    if (bracketed)
        return parse_pairs(text, ret_actions);
    for (size_t i = 0; i < TS_ARRAY_LEN(words); i++)
        if (ts_text_equal_nocase(words[i].name, text))
            return parse_pairs(words[i].stands_for, ret_actions);
    return false;
}
