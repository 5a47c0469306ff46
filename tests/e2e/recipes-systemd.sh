# shellcheck shell=sh disable=SC2015,SC2016,SC2154 # recipes.sh and lib.sh set what looks unset.
# Sourced by test-recipes.sh: a real systemd in namespaces of its own, with no unit of the machine's
# but those put into /etc/systemd/system, to start the README's service.

# hierarchy NAMES: where the control groups of that line of /proc/self/cgroup are mounted.
hierarchy() {
    awk -v names="$1" '{
        for (i = 7; $i != "-"; i++);
        options = "," $(i + 3) ","
        if (names == "" ? $(i + 1) == "cgroup2" : $(i + 1) == "cgroup" && index(options, "," names ",")) {
            print $5
            exit
        }
    }' /proc/self/mountinfo
}

# join_groups PID: into new control groups, so that what systemd makes goes with them in the end.
join_groups() {
    while IFS=: read -r _ names path; do
        mounted=$(hierarchy "$names")
        group=$mounted${path%/}/thrivestack-recipes.$1
        [ -n "$mounted" ] && mkdir "$group" 2>>"$W/groups.log" || continue
        echo "$group" >>"$W/groups"
        # A cpuset has no processors to begin with, and takes nobody in.
        echo "$1" >"$group/cgroup.procs" || :
    done </proc/self/cgroup 2>>"$W/groups.log"
}

# /proc/sys is the machine's own, and systemd would set what it likes there.
start_systemd() {
    rm -rf /etc/systemd/system && mkdir -p /etc/systemd/system "$W/units" || return 1
    for unit in sysinit basic network-online shutdown; do
        printf '[Unit]\nDefaultDependencies=no\n' >"$W/units/$unit.target"
    done
    # shellcheck disable=SC2016 # The shell inside expands it.
    W=$W sh -c '. "$0" && join_groups $$ &&
        exec unshare --mount --pid --cgroup --ipc --uts --fork --kill-child --mount-proc \
            --propagation private sh -c "$1" "$W"' "$SOURCE/recipes-systemd.sh" '
        mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys &&
            mount -t tmpfs -o mode=755 none /run && mount --make-rshared / &&
            exec env -i container=lxc SYSTEMD_UNIT_PATH="/etc/systemd/system:$0/units" PATH=/usr/sbin:/usr/bin \
                /lib/systemd/systemd --system --unit=basic.target --log-target=console --show-status=no' \
        >"$W/systemd.log" 2>&1 &
    unshare_pid=$!
    await 15 systemd_answers || { cat "$W/systemd.log" "$W/groups.log" && return 1; }
}

systemd_answers() {
    systemd_pid=$(pgrep -P "$unshare_pid") && in_systemd systemctl is-system-running --quiet
}

stop_systemd() {
    kill -KILL "$systemd_pid" && wait "$unshare_pid"
}

# in_systemd COMMAND...: as root, where systemctl speaks to that systemd.
in_systemd() {
    nsenter --target "$systemd_pid" --mount --root --pid --cgroup --ipc --uts env -i HOME="$W/home/root" USER=root LC_ALL=C \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c 'cd "$HOME" && exec timeout 60 "$@"' sh "$@"
}
