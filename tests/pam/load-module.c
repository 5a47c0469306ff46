/* load-module FILE: loads a module as libpam does and closes it again, many times; it stays. */
#include <dlfcn.h>
#include <err.h>
#include <stdio.h>

static const char *const entries[] = {"pam_sm_authenticate",  "pam_sm_setcred",
                                      "pam_sm_acct_mgmt",     "pam_sm_open_session",
                                      "pam_sm_close_session", "pam_sm_chauthtok"};

int
main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: load-module FILE");
    for (int i = 0; i < 20; i++) {
        void *module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);

        if (module == NULL)
            errx(1, "%s", dlerror());
        for (size_t n = 0; n < sizeof(entries) / sizeof(entries[0]); n++)
            if (dlsym(module, entries[n]) == NULL)
                errx(1, "%s", dlerror());
        if (dlclose(module) != 0)
            errx(1, "%s", dlerror());
        /* Loading it anew is half of what a request costs nginx. */
        if (dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) == NULL)
            errx(1, "it does not stay loaded");
    }
    puts("loaded and closed 20 times");
    return 0;
}
