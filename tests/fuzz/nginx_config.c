/* Any text as nginx's configuration: a name that is read is one word of it. */
#include "tests/fuzz/fuzz.h"

#include "common/base/cleanup.h"
#include "helper/doctor/nginx_config.h"

static void
check(const struct ts_list *list, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->items[i][0] == '\0' || strpbrk(list->items[i], " \t\r\n;\"'") != NULL ||
            memmem(data, size, list->items[i], strlen(list->items[i])) == NULL)
            abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(1 << 20);
    TS_CLEANUP(nginx_config_release) struct nginx_config config = {{NULL, 0}, {NULL, 0}};
    struct ts_err err = {0};

    if (ts_secret_append(&text, data, size) < 0)
        return 0;
    if (nginx_config_scan(&text, &config, &err) < 0)
        abort();
    check(&config.services, data, size);
    check(&config.users, data, size);
    return 0;
}
