#!/bin/sh
# What the packages do before the module goes: a stack that still names it keeps the package.
# Arguments: the source tree.
set -u
source_root=$1
# shellcheck source=tests/lib.sh
. "$source_root/tests/lib.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"

# The scripts as they run, but for where they look.
elsewhere() {
    sed "s|/etc/pam\.d|$scratch/pam.d|g; s|/usr/lib/pam\.d|$scratch/vendor|g; s|^#DEBHELPER#||"
}
elsewhere <"$source_root/packaging/debian/libpam-thrivestack.prerm" >"$scratch/prerm"
awk '/^%files/ { inside = 0 } inside { print } /^%preun -n pam_thrivestack/ { inside = 1 }' \
    "$source_root/packaging/rpm/thrivestack-auth.spec" | elsewhere >"$scratch/preun"
cat >"$scratch/bin/pam-auth-update" <<END
#!/bin/sh
echo "\$*" >>"$scratch/called"
[ -e "$scratch/edited" ] || sed -i /pam_thrivestack/d "$scratch"/pam.d/common-*
END
chmod 755 "$scratch/bin/pam-auth-update"

# host [FILE LINE]...: the stacks of a host, beside one that is not ours.
host() {
    rm -rf "$scratch/pam.d" "$scratch/vendor" "$scratch/called" "$scratch/edited"
    mkdir "$scratch/pam.d" "$scratch/vendor"
    echo 'auth required pam_unix.so' >"$scratch/pam.d/login"
    while [ $# -gt 0 ]; do
        printf '%s\n' "$2" >"$scratch/$1"
        shift 2
    done
}
# removes NAME, keeps NAME: by both packages.
remove() {
    status=0
    env PATH="$scratch/bin:$PATH" "$3=$4" sh -e "$scratch/$1" "$2" >"$scratch/out" 2>&1 || status=$?
}
removes() {
    for script in 'prerm remove' 'preun 0'; do
        # shellcheck disable=SC2086 # Two words.
        remove $script "${2:-THRIVESTACK_NOTHING}" yes
        if [ "$status" = 0 ] && [ ! -s "$scratch/out" ]; then
            ok "${script% *}: $1"
        else
            bad "${script% *}: $1" "status $status" "$scratch/out"
        fi
    done
}
keeps() {
    for script in 'prerm remove' 'preun 0'; do
        # shellcheck disable=SC2086 # Two words.
        remove $script THRIVESTACK_NOTHING yes
        if [ "$status" = 1 ] && grep -q 'host disable' "$scratch/out" && grep -qx "$scratch/$2" "$scratch/out"; then
            ok "${script% *}: $1"
        else
            bad "${script% *}: $1" "status $status" "$scratch/out"
        fi
    done
}

line='auth sufficient pam_thrivestack.so'
host
removes 'no stack names the module'
host pam.d/sshd "$line"
keeps 'a stack names it' pam.d/sshd
removes 'a stack names it, and the administrator insists' THRIVESTACK_REMOVE_ANYWAY
host pam.d/sshd '-auth [success=done default=ignore] /opt/lib/pam_thrivestack.so debug'
keeps 'a stack names it by its path, if it is there' pam.d/sshd
host vendor/cockpit "$line"
keeps "a stack of the vendor's names it" vendor/cockpit
host pam.d/sshd "# $line"
removes 'a comment names it'
host pam.d/sshd.thrivestack-backup "$line" pam.d/sshd~ "$line"
removes 'copies that PAM does not read name it'
host pam.d/sshd "$line"
for script in 'prerm upgrade' 'preun 1'; do
    # shellcheck disable=SC2086 # Two words.
    remove $script THRIVESTACK_NOTHING yes
    if [ "$status" = 0 ]; then ok "${script% *}: an upgrade"; else bad "${script% *}: an upgrade" "status $status"; fi
done

# Debian's profile is taken out of the common stacks; but not where the package stays.
host pam.d/common-auth "$line"
remove prerm remove THRIVESTACK_NOTHING yes
if [ "$status" = 0 ] && grep -qx -- '--package --remove thrivestack' "$scratch/called"; then
    ok 'prerm: the profile is removed'
else
    bad 'prerm: the profile is removed' "status $status" "$scratch/out"
fi
host pam.d/common-auth "$line" pam.d/sshd "$line"
remove prerm remove THRIVESTACK_NOTHING yes
if [ "$status" = 1 ] && [ ! -e "$scratch/called" ]; then
    ok 'prerm: where the package stays, so does the profile'
else
    bad 'prerm: where the package stays, so does the profile' "status $status" "$scratch/out"
fi
host pam.d/common-auth "$line"
: >"$scratch/edited"
remove prerm remove THRIVESTACK_NOTHING yes
if [ "$status" = 1 ] && grep -qx "$scratch/pam.d/common-auth" "$scratch/out"; then
    ok 'prerm: a common stack that keeps the line keeps the package'
else
    bad 'prerm: a common stack that keeps the line keeps the package' "status $status" "$scratch/out"
fi
finish
