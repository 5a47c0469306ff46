# shellcheck shell=sh disable=SC2034 # Callers use what looks unused.
# Sourced by the scripts here. They are called with three arguments: the prefix that the project is
# installed to (not used here), the issuer, and the build folder.

issuer=$(realpath "$2") # meson gives it relative to its own folder
build=$(realpath "$3")
here=$(cd "$(dirname "$0")" && pwd)
driver=$build/tests/pam/pam-driver
module=$build/tests/pam/pam_thrivestack_test.so
give_authtok=$build/tests/pam/pam_give_authtok.so
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/thrivestack-pam.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$scratch"
umask 022

# make_key NAME [BITS]: $scratch/keys/NAME.key and .pem
make_key() {
    openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${2:-2048}" \
        -out "$scratch/keys/$1.key" 2>"$scratch/openssl.log" &&
        openssl pkey -in "$scratch/keys/$1.key" -pubout -out "$scratch/keys/$1.pem" || {
        cat "$scratch/openssl.log"
        exit 1
    }
}

# append_proof FILE KEY ID HOST [IAT]: see prove.sh.
append_proof() {
    issuer=$issuer scratch=$scratch sh "$here/prove.sh" "$@"
}

# make_site: for the scripts that need root; the user whose sessions they are, a folder for the
# module's own files, two keys, and a folder for the policy.
make_site() {
    is_root || skip_rest 'the sessions of another user' 'only root can open them'
    user=daemon
    uid=$(id -u $user)
    state=$build/tests/pam/state
    run=$state/run
    mkdir -p "$run" "$scratch/keys" "$scratch/etc" "$scratch/pam.d"
    chmod 755 "$state" "$run"
    rm -rf "${run:?}/thrivestack"
    make_key good
    make_key stranger
    ln -s ../keys "$scratch/etc/keys"
}

# make_stacks SERVICE...
make_stacks() {
    for service in "$@"; do
        cat >"$scratch/pam.d/$service" <<END
auth    required $module policy=$scratch/etc/policy.conf debug
account required $module
session required $module
END
    done
}
