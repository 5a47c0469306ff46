/* Any text as a stack that includes itself: what the reader accepts stays within its limits, and
 * the judge gets through it; and nothing that is denied everywhere opens. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "helper/doctor/pam/pam_simulate.h"

struct input {
    const uint8_t *data;
    size_t size;
};

static int
read_input(void *context, const char *name, struct ts_secret *ret, struct ts_err *err)
{
    const struct input *input = context;

    if (strcmp(name, "missing") == 0)
        return ts_err_set(err, TS_ERR_NOT_FOUND, "missing");
    return ts_secret_append(ret, input->data, input->size) < 0 ? ts_err_nomem(err) : 0;
}

static int
deny(const void *context, const struct pam_line *line)
{
    (void)context;
    if (line->module == NULL)
        abort();
    return 7;
}

static bool
can_turn_denial_into_success(const struct pam_stack *stack)
{
    /* No action makes a success of a denial, so only a success from a module opens a stack. */
    return pam_simulate(stack, deny, NULL) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    const struct pam_files files = {read_input, &input};

    for (int type = PAM_STACK_AUTH; type <= PAM_STACK_PASSWORD; type++) {
        TS_CLEANUP(pam_stack_release) struct pam_stack stack = {NULL, 0};
        struct pam_rating rating;
        struct ts_err err = {0};

        if (pam_stack_read(&files, "service", (enum pam_stack_type)type, &stack, &err) < 0) {
            if (err.text[0] == '\0')
                abort();
            continue;
        }
        if (stack.len > PAM_STACK_LINES_MAX || can_turn_denial_into_success(&stack))
            abort();
        pam_rate_auth(&stack, &rating);
        (void)pam_denies_account(&stack);
    }
    return 0;
}
