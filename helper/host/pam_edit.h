/*
 * The module's lines in the text of one file of /etc/pam.d: where they go, and how they leave.
 * Every other byte of the text stays as it is, and a removal gives back the text from before.
 *
 *     auth sufficient pam_thrivestack.so          before the first line that checks a secret
 *     session optional pam_thrivestack.so         before the first session line that includes
 * others
 */
#ifndef HELPER_PAM_EDIT_H
#define HELPER_PAM_EDIT_H

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "helper/doctor/pam/pam_stack.h"

/* Users whom a key lists log in by token and not by password; everybody else as before. */
#define PAM_EDIT_TOKEN_ONLY "[success=done user_unknown=ignore ignore=ignore default=die]"
/* A token, or else whatever the stack asks for. */
#define PAM_EDIT_TOKEN_OR_ELSE "sufficient"
/* The same, where lines behind the password count for tokens, too: a token takes the place of the
 * one module or substack that checks passwords. */
#define PAM_EDIT_TOKEN_INSTEAD "[success=1 default=ignore]"

/* Programs that answer only the first prompt with the password: users whom no key lists are not
 * asked for a token. */
#define PAM_EDIT_SKIP_UNKNOWN " unknown=skip"

struct pam_edit {
    const struct pam_files *files; /* where included files come from */
    const char *file;              /* how messages name the file */
    const char *control;           /* one of the three above */
    const char *arguments;         /* PAM_EDIT_SKIP_UNKNOWN or "" */
    bool with_session;
};

/*
 * Appends to `ret` the text with the lines added; unchanged where exactly these are there, or
 * an included file names the module. Returns
 * 0, TS_ERR_CONFIG (`FILE:LINE: ...`: the module is named in another form, a jump would land
 * elsewhere, PAM_EDIT_TOKEN_INSTEAD and more than one module checks passwords, a module before the
 * secret is not known, nothing checks a secret, or Linux-PAM would not read the file),
 * TS_ERR_NOT_FOUND (an included file) or TS_ERR_NOMEM.
 */
int pam_edit_add(const struct ts_secret *text, const struct pam_edit *edit, struct ts_secret *ret,
                 struct ts_err *err);

/* Appends the text without the lines that pam_edit_add adds, whatever the control. Lines in another
 * form stay; *ret_left is the number of the first of them, or 0. Returns 0 or TS_ERR_NOMEM. */
int pam_edit_remove(const struct ts_secret *text, struct ts_secret *ret, unsigned *ret_left,
                    struct ts_err *err);

#endif
