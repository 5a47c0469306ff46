#!/bin/sh
# The AppArmor profiles and the SELinux module: they compile, and name the files that are installed.
# Arguments: the source tree.
set -u
source_root=$1
# shellcheck source=tests/lib.sh
. "$source_root/tests/lib.sh"
command -v apparmor_parser >/dev/null ||
    skip_rest 'the AppArmor profiles' 'apparmor_parser is not installed'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/packaging/common.sh
. "$source_root/tests/packaging/common.sh"
profiles=$source_root/packaging/apparmor

# compiles FILE: without the kernel's help, and without its cache.
compiles() {
    apparmor_parser --skip-kernel-load --skip-cache --quiet "$1" >"$scratch/log" 2>&1
}

refuses() {
    ! compiles "$1"
}

for name in thrivestack-credential thrivestack-worker thrivestack-prover; do
    check "AppArmor compiles $name" compiles "$profiles/$name"
    check "$name complains and does not enforce" grep -q 'flags=(complain)' "$profiles/$name"
    # In complain mode a deny rule is enforced all the same.
    check "$name has no deny rule" sh -c '! grep -q "^ *deny " "$0"' "$profiles/$name"
    check "$name has room for local rules" grep -q "include if exists <local/$name>" "$profiles/$name"
done
sed 's/r,$/nonsense,/' "$profiles/thrivestack-worker" >"$scratch/broken"
check 'AppArmor refuses a profile with a mistake' refuses "$scratch/broken"
for name in worker prover; do
    check "the helper may start the $name" \
        grep -q "/usr/libexec/thrivestack/thrivestack-$name Px," "$profiles/thrivestack-credential"
done
check 'the prover has no network' sh -c '! grep -q "^ *network" "$0"' "$profiles/thrivestack-prover"

# The folders that the packages make for what the module writes.
spool=$(sed -n "s/^option('spooldir'.*value: *'\([^']*\)'.*/\1/p" "$source_root/meson_options.txt")
check 'events send may lock the spool' grep -q "^ *owner $spool/ rk,$" "$profiles/thrivestack-credential"
check 'events send may read and remove events' \
    grep -q "^ *owner $spool/\* rw,$" "$profiles/thrivestack-credential"
awk '$1 == "d" { print $2 }' "$source_root/packaging/systemd/thrivestack.conf.in" |
    sed "s|@rundir@|/run|; s|@spooldir@|$spool|" >"$scratch/folders"
while read -r folder; do
    check "SELinux has a label for $folder" \
        grep -q "^$folder(/\.\*)?[[:space:]]*gen_context" "$source_root/packaging/selinux/thrivestack.fc"
done <"$scratch/folders"

# The module needs Debian's or Fedora's reference policy.
makefile=/usr/share/selinux/devel/Makefile
builds() {
    cp "$source_root"/packaging/selinux/thrivestack.* "$scratch" &&
        make -C "$scratch" -f "$makefile" thrivestack.pp >"$scratch/log" 2>&1 &&
        test -s "$scratch/thrivestack.pp"
}
if [ -e "$makefile" ]; then
    check 'the SELinux module builds' builds
else
    skip 'the SELinux module builds' 'selinux-policy-dev is not installed'
fi

if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] && [ "$(id -u)" = 0 ]; then
    check 'the kernel takes the profiles' \
        apparmor_parser --replace "$profiles"/thrivestack-*
    apparmor_parser --remove "$profiles"/thrivestack-*
else
    skip 'the kernel takes the AppArmor profiles' 'this kernel has no AppArmor, or this is not root'
fi
finish
