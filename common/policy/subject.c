#include "common/base/cleanup.h"
#include "common/policy/policy.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MAX ((size_t)1024 * 1024) /* one passwd or group entry */
#define GROUPS_MAX 65536                 /* the kernel's NGROUPS_MAX */

struct buffer {
    char *data;
    size_t len;
};

static void
release_buffer(struct buffer *buffer)
{
    free(buffer->data);
}

/* More room for getpwnam_r and getgrnam_r. Returns 0 or the errno to report. */
static int
grow(struct buffer *buffer)
{
    size_t len = buffer->len == 0 ? 2048 : buffer->len * 2;

    if (len > BUFFER_MAX)
        return ERANGE;
    free(buffer->data);
    buffer->data = malloc(len);
    buffer->len = buffer->data != NULL ? len : 0;
    return buffer->data != NULL ? 0 : ENOMEM;
}

static int
report_lookup_error(int problem, const char *what, struct ts_err *err)
{
    if (problem == ENOMEM)
        return ts_err_nomem(err);
    errno = problem;
    return ts_err_errno(err, TS_ERR_SYSTEM, "the look-up of the %s failed", what);
}

/* An entry by its name: 0 with *ret set, NULL where there is none, or the errno to report. */
static int
search_user(const char *name, struct buffer *buffer, struct passwd *entry, struct passwd **ret)
{
    int problem = ERANGE;

    while (problem == ERANGE) {
        problem = grow(buffer);
        if (problem != 0)
            return problem;
        problem = getpwnam_r(name, entry, buffer->data, buffer->len, ret);
    }
    return problem;
}

static int
search_group(const char *name, struct buffer *buffer, struct group *entry, struct group **ret)
{
    int problem = ERANGE;

    while (problem == ERANGE) {
        problem = grow(buffer);
        if (problem != 0)
            return problem;
        problem = getgrnam_r(name, entry, buffer->data, buffer->len, ret);
    }
    return problem;
}

/* Some sources say so of a name that they do not have, others where they cannot be asked. */
static bool
may_be_missing(int problem)
{
    return problem == ENOENT || problem == ESRCH;
}

int
ts_subject_is_missing(const char *item, bool *ret, struct ts_err *err)
{
    TS_CLEANUP(release_buffer) struct buffer buffer = {NULL, 0};
    struct passwd user, *user_found = NULL;
    struct group group, *group_found = NULL;
    bool is_group = item[0] == '@';

    int problem = is_group ? search_group(item + 1, &buffer, &group, &group_found)
                           : search_user(item, &buffer, &user, &user_found);
    if (problem != 0 && !may_be_missing(problem))
        return report_lookup_error(problem, is_group ? "group" : "user", err);
    *ret = problem == 0 && user_found == NULL && group_found == NULL;
    return 0;
}

static int
find_user(struct ts_subject *subject, struct ts_err *err)
{
    TS_CLEANUP(release_buffer) struct buffer buffer = {NULL, 0};
    struct passwd entry, *found = NULL;

    int problem = search_user(subject->name, &buffer, &entry, &found);
    if (may_be_missing(problem))
        problem = 0;
    if (problem != 0)
        return report_lookup_error(problem, "user", err);
    if (found == NULL)
        return 0;
    subject->exists = true;
    subject->uid = entry.pw_uid;
    subject->gid = entry.pw_gid;
    subject->canonical = strdup(entry.pw_name);
    return subject->canonical != NULL ? 0 : ts_err_nomem(err);
}

/* The gid of a group. *ret_found says whether there is such a group: a policy may name one that
 * this host does not have, and then nobody is in it. */
static int
find_group(const char *name, gid_t *ret, bool *ret_found, struct ts_err *err)
{
    TS_CLEANUP(release_buffer) struct buffer buffer = {NULL, 0};
    struct group entry, *found = NULL;

    int problem = search_group(name, &buffer, &entry, &found);
    if (may_be_missing(problem))
        problem = 0;
    if (problem != 0)
        return report_lookup_error(problem, "group", err);
    *ret_found = found != NULL;
    if (found != NULL)
        *ret = entry.gr_gid;
    return 0;
}

struct gids {
    gid_t *items;
    int len;
};

static void
release_gids(struct gids *gids)
{
    free(gids->items);
}

static int
list_gids(const struct ts_subject *subject, struct gids *ret, struct ts_err *err)
{
    int room = 64;

    while (room <= GROUPS_MAX) {
        gid_t *items = reallocarray(ret->items, (size_t)room, sizeof(*items));
        if (items == NULL)
            return ts_err_nomem(err);
        ret->items = items;
        int needed = room;
        if (getgrouplist(subject->canonical, subject->gid, items, &needed) >= 0) {
            ret->len = needed;
            return 0;
        }
        /* It fails with no more wanted than there is room for only where it has no memory. */
        if (needed <= room)
            return ts_err_nomem(err);
        room = needed;
    }
    return ts_err_set(err, TS_ERR_SYSTEM, "the user is in more than %d groups", GROUPS_MAX);
}

static bool
has_gid(const struct gids *gids, gid_t gid)
{
    for (int i = 0; i < gids->len; i++)
        if (gids->items[i] == gid)
            return true;
    return false;
}

static bool
has_group(const struct ts_policy_key *key)
{
    for (size_t i = 0; i < key->users.len; i++)
        if (key->users.items[i][0] == '@')
            return true;
    return false;
}

static int
add_groups(const struct ts_policy_key *key, struct ts_list *ret, struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < key->users.len && rc == 0; i++)
        if (key->users.items[i][0] == '@')
            rc = ts_list_add(ret, key->users.items[i] + 1, err);
    return rc;
}

/* The names, each once, of the groups in every key that is good for the service. */
static int
list_policy_groups(const struct ts_policy *policy, const char *service, struct ts_list *ret,
                   struct ts_err *err)
{
    int rc = 0;

    for (size_t i = 0; i < policy->keys_len && rc == 0; i++)
        if (has_group(&policy->keys[i]) && ts_policy_key_names_service(&policy->keys[i], service))
            rc = add_groups(&policy->keys[i], ret, err);
    ts_list_normalize(ret);
    return rc;
}

static int
find_groups(const struct ts_policy *policy, const char *service, struct ts_subject *subject,
            struct ts_err *err)
{
    TS_CLEANUP(ts_list_release) struct ts_list names = {NULL, 0};
    TS_CLEANUP(release_gids) struct gids gids = {NULL, 0};
    int rc = list_policy_groups(policy, service, &names, err);

    if (rc == 0 && names.len > 0)
        rc = list_gids(subject, &gids, err);
    for (size_t i = 0; i < names.len && rc == 0; i++) {
        gid_t gid = 0;
        bool found = false;

        rc = find_group(names.items[i], &gid, &found, err);
        if (rc == 0 && found && has_gid(&gids, gid))
            rc = ts_list_add(&subject->groups, names.items[i], err);
    }
    return rc;
}

int
ts_subject_lookup(const struct ts_policy *policy, const char *service, const char *name,
                  struct ts_subject *ret, struct ts_err *err)
{
    memset(ret, 0, sizeof(*ret));
    ret->name = name;
    /* No id is left at 0 by accident: what does not exist is nobody. */
    ret->uid = (uid_t)-1;
    ret->gid = (gid_t)-1;
    int rc = find_user(ret, err);
    /* No group makes anybody root, so a directory that is down cannot keep root out. */
    return rc < 0 || !ret->exists || ret->uid == 0 ? rc : find_groups(policy, service, ret, err);
}

void
ts_subject_release(struct ts_subject *subject)
{
    free(subject->canonical);
    subject->canonical = NULL;
    ts_list_release(&subject->groups);
}

static bool
is_name_of(const struct ts_subject *subject, const char *item)
{
    return strcmp(item, subject->name) == 0 ||
           (subject->canonical != NULL && strcmp(item, subject->canonical) == 0);
}

bool
ts_policy_key_names_user(const struct ts_policy_key *key, const struct ts_subject *subject)
{
    for (size_t i = 0; i < key->users.len; i++) {
        const char *item = key->users.items[i];

        if (item[0] != '@' && is_name_of(subject, item))
            return true;
        if (item[0] == '@' && subject->exists && subject->uid != 0 &&
            ts_list_has(&subject->groups, item + 1))
            return true;
    }
    return false;
}

bool
ts_policy_names_user(const struct ts_policy *policy, const struct ts_subject *subject)
{
    for (size_t i = 0; i < policy->keys_len; i++)
        if (ts_policy_key_names_user(&policy->keys[i], subject))
            return true;
    return false;
}
