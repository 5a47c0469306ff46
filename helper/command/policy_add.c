/*
 * `policy add`: sections [key ID], checked as the module would, become one file each in keys.d.
 * Nothing is put in place before everything has been checked and written under another name.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/base/trusted_path.h"
#include "helper/command/policy.h"

/* Names that begin with a dot are not read by anybody. */
#define DRAFT ".policy-add"

struct addition {
    const struct policy_call *call;
    const char *source; /* how messages name the input */
    struct ts_secret text;
    struct policy_blocks blocks;
    struct ts_policy keys; /* the input, parsed */
    struct ts_list names;  /* of the files that are to be, in the order of the blocks */
    int folder;            /* keys.d */
    bool made_folder;
    bool is_done;
};

static void
release_addition(struct addition *add)
{
    char draft[sizeof(".") + NAME_MAX];

    for (size_t i = 0; i < add->names.len && !add->is_done; i++) {
        (void)snprintf(draft, sizeof(draft), ".%.*s", NAME_MAX - 1, add->names.items[i]);
        (void)unlinkat(add->folder, draft, 0);
    }
    if (add->made_folder && !add->is_done)
        (void)rmdir(add->call->site->keys);
    ts_secret_release(&add->text);
    policy_blocks_release(&add->blocks);
    ts_policy_release(&add->keys);
    ts_list_release(&add->names);
    ts_fd_close(&add->folder);
}

static int
read_sections(struct addition *add, struct ts_err *err)
{
    const char *path = add->call->argument;
    TS_CLEANUP(ts_fd_close) int fd = -1;

    if (path != NULL && (fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
        return ts_err_errno(err, TS_ERR_USAGE, "%s cannot be opened", path);
    int rc = ts_secret_read_fd(&add->text, path != NULL ? fd : STDIN_FILENO);
    if (rc == TS_ERR_TOO_LARGE)
        return ts_err_set(err, TS_ERR_CONFIG, "%s is larger than %zu bytes", add->source,
                          add->text.max);
    if (rc == TS_ERR_SYSTEM)
        return ts_err_errno(err, TS_ERR_USAGE, "%s cannot be read", add->source);
    if (rc == 0)
        rc = policy_text_scan(ts_secret_string(&add->text), add->text.len, &add->blocks);
    if (rc < 0)
        return ts_err_nomem(err);
    if (add->blocks.len == 0)
        return ts_err_set(err, TS_ERR_USAGE,
                          "%s has no section [key ID]: give it what `thrivestack-credential key "
                          "public` prints",
                          add->source);
    return 0;
}

/* Opens keys.d, made where it is missing, by the rules of policy.conf. */
static int
open_keys_d(struct addition *add, struct ts_err *err)
{
    const struct policy_site *site = add->call->site;
    TS_CLEANUP(ts_trusted_folder_release)
    struct ts_trusted_folder folder = TS_TRUSTED_FOLDER_INIT;
    TS_CLEANUP(ts_string_free) char *inside = NULL;
    const char *ignored = NULL;
    int rc = ts_path_join(site->keys, "x", &inside, err);

    if (rc < 0)
        return rc;
    add->made_folder = mkdir(site->keys, 0755) == 0;
    if (!add->made_folder && errno != EEXIST)
        return ts_err_errno(err, errno == ENOSPC || errno == EDQUOT ? TS_ERR_OUTPUT : TS_ERR_CONFIG,
                            "folder %s cannot be made", site->keys);
    if (add->made_folder && chmod(site->keys, 0755) != 0)
        return ts_err_errno(err, TS_ERR_OUTPUT, "folder %s cannot be made", site->keys);
    rc = ts_trusted_folder_open(inside, policy_trust().owner, &folder, &ignored, err);
    if (rc < 0)
        return rc == TS_ERR_NOMEM ? rc : ts_err_recode(err, TS_ERR_CONFIG);
    add->folder = open(site->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return add->folder >= 0
               ? 0
               : ts_err_errno(err, TS_ERR_CONFIG, "folder %s cannot be opened", site->keys);
}

static int
write_section_file(const struct addition *add, const char *name, const struct ts_secret *text,
                   struct ts_err *err)
{
    TS_CLEANUP(ts_string_free) char *path = NULL;
    int rc = ts_path_join(add->call->site->keys, name, &path, err);

    if (rc < 0)
        return rc;
    const struct ts_file_place place = {
        .folder = add->folder, .name = name, .shown = path, .mode = 0644};
    rc = ts_file_replace(&place, text, err);
    return rc < 0 ? ts_err_recode(err, TS_ERR_OUTPUT) : 0;
}

/* Messages are about what was given, not about the draft of it. */
static int
name_source(const struct addition *add, const char *draft, struct ts_err *err)
{
    const size_t len = strlen(draft);
    struct ts_err found = *err;

    if (strncmp(found.text, draft, len) != 0)
        return err->code;
    return ts_err_set(err, found.code, "%s%s", add->source, found.text + len);
}

/* As the module would read it, and its public keys by a job of the worker. */
static int
check_draft(struct addition *add, const char *draft, struct ts_err *err)
{
    TS_CLEANUP(ts_policy_info_release) struct ts_policy_info info = {.keys = 0};
    const struct ts_policy_trust trust = policy_trust();
    int rc = ts_policy_load_keys(draft, &trust, &add->keys, err);

    if (rc == 0)
        rc = policy_ask(TS_JOB_KEYS, draft, &info, err);
    return rc < 0 ? name_source(add, draft, err) : 0;
}

static int
check_input(struct addition *add, struct ts_err *err)
{
    char name[sizeof(DRAFT) + 16];
    TS_CLEANUP(ts_string_free) char *draft = NULL;

    (void)snprintf(name, sizeof(name), DRAFT ".%ld", (long)getpid());
    int rc = ts_path_join(add->call->site->keys, name, &draft, err);
    if (rc == 0)
        rc = write_section_file(add, name, &add->text, err);
    if (rc < 0)
        return rc;
    rc = check_draft(add, draft, err);
    (void)unlinkat(add->folder, name, 0);
    return rc;
}

static bool
is_root(const char *user)
{
    const struct passwd *entry = user[0] != '@' ? getpwnam(user) : NULL;

    return strcmp(user, "root") == 0 || (entry != NULL && entry->pw_uid == 0);
}

static int
refuse_root(const struct addition *add, struct ts_err *err)
{
    for (size_t i = 0; i < add->keys.keys_len; i++) {
        const struct ts_policy_key *key = &add->keys.keys[i];

        for (size_t j = 0; j < key->users.len; j++)
            if (is_root(key->users.items[j]))
                return ts_err_set(err, TS_ERR_USAGE,
                                  "%s:%u: key %s is for %s, who may do everything here: add "
                                  "--replace if that is meant",
                                  add->source, key->line, key->id, key->users.items[j]);
    }
    return 0;
}

/* A key that is there already, in any file. */
static int
refuse_known(struct policy_file *file, void *context, struct ts_err *err)
{
    const struct addition *add = context;

    for (size_t i = 0; i < file->blocks.len; i++)
        if (file->blocks.items[i].id[0] != '\0' &&
            ts_policy_find_key(&add->keys, file->blocks.items[i].id) != NULL)
            return ts_err_set(err, TS_ERR_USAGE,
                              "key %s is in %s:%u already: add --replace to replace it",
                              file->blocks.items[i].id, file->path, file->blocks.items[i].line);
    return 0;
}

/* The name of a key's file. One that begins with '-' or '_' would not be read. */
static int
name_file(const char *id, struct ts_list *ret, struct ts_err *err)
{
    char name[TS_KEY_ID_MAX + 16];

    (void)snprintf(name, sizeof(name), "%s%s.conf", strchr("-_", id[0]) != NULL ? "key" : "", id);
    return ts_list_add(ret, name, err);
}

/* A file that would be replaced holds nothing but this key. */
static int
check_place(const struct addition *add, const char *name, const char *id, struct ts_err *err)
{
    TS_CLEANUP(policy_file_release) struct policy_file file = POLICY_FILE_INIT;
    struct ts_err ignored = {0};
    int rc = ts_path_join(add->call->site->keys, name, &file.path, err);

    if (rc < 0)
        return rc;
    rc = policy_file_read(&file, &ignored);
    for (size_t i = 0; i < file.blocks.len && rc == 0; i++)
        if (strcmp(file.blocks.items[i].id, id) != 0)
            return ts_err_set(err, TS_ERR_CONFIG,
                              "%s:%u: this file has other sections than [key %s]: rename it",
                              file.path, file.blocks.items[i].line, id);
    return rc == TS_ERR_NOMEM ? ts_err_nomem(err) : 0;
}

static int
write_drafts(struct addition *add, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < add->blocks.len && rc == 0; i++) {
        TS_CLEANUP(ts_secret_release) struct ts_secret text = TS_SECRET_INIT(TS_POLICY_FILE_MAX);
        const struct policy_block *block = &add->blocks.items[i];
        char draft[sizeof(".") + NAME_MAX];

        rc = name_file(block->id, &add->names, err);
        if (rc == 0)
            rc = check_place(add, add->names.items[i], block->id, err);
        if (rc < 0)
            return rc;
        (void)snprintf(draft, sizeof(draft), ".%.*s", NAME_MAX - 1, add->names.items[i]);
        if (ts_secret_append(&text, add->text.data + block->comment, block->end - block->comment) <
                0 ||
            (text.data[text.len - 1] != '\n' && ts_secret_append(&text, "\n", 1) < 0))
            return ts_err_nomem(err);
        rc = write_section_file(add, draft, &text, err);
    }
    return rc;
}

static int
put_in_place(struct addition *add, struct ts_err *err)
{
    for (size_t i = 0; i < add->names.len; i++) {
        TS_CLEANUP(ts_string_free) char *path = NULL;
        char draft[sizeof(".") + NAME_MAX];
        size_t ignored = 0;
        int rc = ts_path_join(add->call->site->keys, add->names.items[i], &path, err);

        if (rc == 0 && (add->call->helper->options.given & OPTION_REPLACE) != 0)
            rc = policy_remove_key(add->call->site, add->blocks.items[i].id, path,
                                   add->call->answer, &ignored, err);
        if (rc < 0)
            return rc;
        (void)snprintf(draft, sizeof(draft), ".%.*s", NAME_MAX - 1, add->names.items[i]);
        if (renameat(add->folder, draft, add->folder, add->names.items[i]) != 0)
            return ts_err_errno(err, TS_ERR_OUTPUT, "%s cannot be written", path);
        if (ts_secret_append_format(add->call->answer, "added key %s: %s\n",
                                    add->blocks.items[i].id, path) < 0)
            return ts_err_nomem(err);
    }
    add->is_done = true;
    return 0;
}

static void
warn_of_users(const struct ts_policy_key *key)
{
    for (size_t i = 0; i < key->users.len; i++) {
        const char *user = key->users.items[i];
        struct ts_err ignored = {0};
        bool is_missing = false;

        if (ts_subject_is_missing(user, &is_missing, &ignored) == 0 && is_missing)
            policy_warn("key %s is for %s %s, but this host has none of that name", key->id,
                        user[0] == '@' ? "group" : "user", user + (user[0] == '@'));
    }
}

/* What the keys cannot open yet. It is no reason not to trust them. */
static void
warn(const struct addition *add)
{
    TS_CLEANUP(ts_policy_release) struct ts_policy policy = {.file = NULL};
    const struct ts_policy_trust trust = policy_trust();
    struct ts_err problem = {0};
    const bool is_usable = ts_policy_load(add->call->site->policy, &trust, &policy, &problem) == 0;

    if (!is_usable)
        policy_warn("no token is accepted yet: %s", problem.text);
    for (size_t i = 0; i < add->keys.keys_len; i++) {
        const struct ts_policy_key *key = &add->keys.keys[i];

        warn_of_users(key);
        for (size_t j = 0; j < key->services.len && is_usable; j++)
            if (strcmp(key->services.items[j], "*") != 0 &&
                ts_policy_find_service(&policy, key->services.items[j]) == NULL)
                policy_warn("key %s is for service %s, but %s has no section [service %s]", key->id,
                            key->services.items[j], policy.file, key->services.items[j]);
    }
}

int
policy_add(const struct policy_call *call, struct ts_err *err)
{
    TS_CLEANUP(release_addition)
    struct addition add = {.call = call,
                           .source = call->argument != NULL ? call->argument : "standard input",
                           .text = TS_SECRET_INIT(TS_POLICY_FILE_MAX),
                           .folder = -1};
    const bool may_replace = (call->helper->options.given & OPTION_REPLACE) != 0;
    int rc = read_sections(&add, err);

    if (rc == 0)
        rc = open_keys_d(&add, err);
    if (rc == 0)
        rc = check_input(&add, err);
    if (rc == 0 && !may_replace)
        rc = refuse_root(&add, err);
    if (rc == 0 && !may_replace)
        rc = policy_each_file(call->site, refuse_known, &add, err);
    if (rc == 0)
        rc = write_drafts(&add, err);
    if (rc == 0)
        rc = put_in_place(&add, err);
    if (rc == 0)
        warn(&add);
    return rc;
}
