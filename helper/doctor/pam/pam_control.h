/* The control of a line of pam.d(5): what each return code of the module does. */
#ifndef HELPER_PAM_CONTROL_H
#define HELPER_PAM_CONTROL_H

#include <stdbool.h>

#include "helper/doctor/pam/pam_stack.h"

/* Reads a word (`required`), or what is between the brackets (`success=ok default=die`). False
 * where it is neither. */
bool pam_control_parse(const char *text, bool bracketed, int ret_actions[PAM_STACK_CODES]);

#endif
