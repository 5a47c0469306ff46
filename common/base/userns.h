/*
 * Rootless podman and buildah run their credential helpers in a user namespace in which one user
 * plays root. There the user seems to be user 0, and root's own files have the owner that stands
 * for everybody who is not in the namespace.
 */
#ifndef TS_USERNS_H
#define TS_USERNS_H

#include <stdbool.h>
#include <sys/types.h>

#define TS_USERNS_MAP "/proc/self/uid_map"

/* Who owns root's files in there: /proc/sys/kernel/overflowuid, which nobody changes. */
#define TS_USERNS_ROOT_OWNER 65534

/*
 * Whether one user who is not root plays user 0, by a map in the form of user_namespaces(7), and
 * then who that is outside. Nobody but user 0 needs to ask.
 */
bool ts_userns_plays_root(const char *map_path, uid_t *ret_user);

/* Who owns root's files where this process plays root; else 0. For struct ts_file_rules. */
uid_t ts_userns_root_owner(void);

#endif
