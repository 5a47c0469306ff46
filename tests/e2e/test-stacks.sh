#!/bin/sh
# `host enable` and `host disable` on the stacks of forty of Debian's packages: each file is as it was
# afterwards, and in between who got in by password still does. The files belong to those packages, so they
# are downloaded, once for a build folder, and only their stacks are kept.
# usage: test-stacks.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
stacks=$3/pam-stacks
packages='at calife cinnamon-screensaver cockpit-ws cron cups-daemon cyrus-common dovecot-core gdm3
    gnome-screensaver greetd i3lock lightdm login lxdm mate-screensaver nodm open-vm-tools opendoas openssh-server
    passwd polkitd ppp proftpd-core samba-common schroot sddm slim sudo super swaylock systemd util-linux vsftpd
    wdm xdm xrdp xscreensaver'

# Those of the packages that this release has.
download() {
    mkdir -p "$stacks.new" && cd "$stacks.new" || return 1
    apt-cache pkgnames | sort >names
    # shellcheck disable=SC2046,SC2086 # Lists of words are wanted.
    apt-get download -qq $(printf '%s\n' $packages | sort | comm -12 names -) >log 2>&1 || return 1
    mkdir -p etc/pam.d usr/lib/pam.d
    for package in *.deb; do
        dpkg-deb --fsys-tarfile "$package" |
            tar -xf - --wildcards './etc/pam.d/*' './usr/lib/pam.d/*' 2>/dev/null
    done
    cp usr/lib/pam.d/* etc/pam.d/ 2>/dev/null
    mv etc/pam.d "$stacks"
}

# Outside there is a network; inside the build folder may be out of sight.
if [ -n "${THRIVESTACK_E2E_SCRATCH:-}" ]; then
    cp -r "$stacks" "$THRIVESTACK_E2E_SCRATCH/stacks"
elif is_root; then
    [ -d "$stacks" ] || (download) || :
    rm -rf "$stacks.new"
    [ "$(find "$stacks" -type f 2>/dev/null | wc -l)" -ge 30 ] ||
        skip_rest stacks 'the packages with PAM stacks cannot be downloaded'
fi
e2e_enter "$@"
stacks=$W/stacks

host() {
    "$BIN/thrivestack-credential" host "$@"
}

set_up() {
    alice_with_key
    rm -f /etc/pam.d/*.thrivestack-backup
    cp -a /etc/pam.d "$W/before"
    cp "$stacks"/* "$W/before/" || die 'the stacks cannot be copied'
    chown -R root:root "$W/before"
    chmod 644 "$W/before"/*
    install_module
    rm -rf /etc/pam.d/*
    cp -a "$W/before/." /etc/pam.d
}

# gets_in SERVICE USER PASSWORD: by the real Linux-PAM, at whose first prompt a token may be wanted.
gets_in() {
    printf '%s\n%s\n' "$3" "$3" | timeout 20 pamtester "$1" "$2" authenticate >"$W/pamtester" 2>&1
}

# who SERVICE: the people who get in by password.
who() {
    for person in alice bob; do
        if gets_in "$1" "$person" "$person-password"; then echo "$person"; fi
    done
}

# One stack there and back: `enabled`, or `refused` and why.
there_and_back() {
    service=$1
    who "$service" >"$W/who-before"
    if ! host enable "$service" --yes >"$W/said" 2>&1; then
        cmp -s "$W/before/$service" "/etc/pam.d/$service" || fail "$service: refused, and changed"
        grep -q '^thrivestack-credential: ' "$W/said" || fail "$service: refused without a reason"
        echo "refused $service: $(tail -n 1 "$W/said")" >>"$W/results"
        return 0
    fi
    ! cmp -s "$W/before/$service" "/etc/pam.d/$service" || fail "$service: enabled, and the same"
    ! host status | grep -q "^$service .*WRONG" || fail "$service: $(host status | grep "^$service ")"
    who "$service" >"$W/who-between"
    [ "$service" = sshd ] || diff "$W/who-before" "$W/who-between" || fail "$service: others get in"
    wrong=no
    [ ! -s "$W/who-before" ] || ! gets_in "$service" bob wrong || wrong=yes
    host disable "$service" --yes >"$W/said" 2>&1 || fail "$service: it cannot be disabled"
    cmp "$W/before/$service" "/etc/pam.d/$service" || fail "$service: not as it was"
    # Some ask root, who runs this, for nothing.
    [ "$wrong" = no ] || gets_in "$service" bob wrong || fail "$service: a wrong password gets in"
    echo "enabled $service" >>"$W/results"
}

every_stack() {
    for file in "$stacks"/*; do
        there_and_back "${file##*/}"
    done
    diff -r "$W/before" /etc/pam.d || fail '/etc/pam.d is not as it was'
}

enough() {
    cat "$W/results"
    [ "$(grep -c '^enabled ' "$W/results")" -ge 30 ] || fail "only $(grep -c '^enabled ' "$W/results") stacks were enabled"
}

set_up
run_case every_stack every_stack
run_case enough enough
finish
