#include "helper/setup/init_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/config/ini.h"

#define MARK "# Written by 'thrivestack-credential init'"
#define IMPORTED ", which imported the key"
#define MARK_END "; 'init --remove' undoes it.\n"

void
init_file_release(struct init_file *file)
{
    ts_list_release(&file->scopes);
}

static int
copy_scopes(const struct ts_ini *ini, struct init_file *ret, struct ts_err *err)
{
    if (ini->len != 1 || ini->sections[0].len != 1)
        return 0;
    return ts_list_add_split(&ret->scopes, ini->sections[0].entries[0].value, err);
}

/* Where there is no id, the text is not as init_file_print writes it. */
static void
copy_mark(const char *text, struct init_file *ret)
{
    static const char start[] = MARK IMPORTED " ";
    size_t len =
        strncmp(text, start, sizeof(start) - 1) == 0 ? strcspn(text + sizeof(start) - 1, ";\n") : 0;

    ret->imported = len > 0 && len <= TS_KEY_ID_MAX;
    if (ret->imported)
        memcpy(ret->key_id, text + sizeof(start) - 1, len);
}

int
init_file_parse(const struct ts_secret *text, struct init_file *ret, struct ts_err *err)
{
    TS_CLEANUP(ts_ini_release) struct ts_ini ini = TS_INI_INIT;
    TS_CLEANUP(ts_secret_release) struct ts_secret again = TS_SECRET_INIT(text->max + 4096);

    *ret = (struct init_file){.scopes = {NULL, 0}};
    copy_mark(ts_secret_string(text), ret);
    int rc = ts_ini_parse(ts_secret_string(text), text->len, "credential.conf", &ini, err);
    if (rc == 0)
        rc = copy_scopes(&ini, ret, err);
    if (rc == 0 && init_file_print(ret, &again) == TS_ERR_NOMEM)
        rc = ts_err_nomem(err);
    if (rc == 0 && !ts_secret_equal(text, &again))
        rc = ts_err_set(err, TS_ERR_CONFIG, "it was edited after init wrote it");
    return rc;
}

int
init_file_print(const struct init_file *file, struct ts_secret *ret)
{
    int rc = ts_secret_append_strings(ret, MARK, file->imported ? IMPORTED : "",
                                      file->key_id[0] != '\0' ? " " : "", file->key_id,
                                      MARK_END "[profile default]\nscopes = ", NULL);

    if (rc == 0)
        rc = ts_list_join(&file->scopes, ' ', ret);
    return rc < 0 ? rc : ts_secret_append_string(ret, "\n");
}
