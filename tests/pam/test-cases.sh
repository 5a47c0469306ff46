#!/bin/sh
# What every token, answer and policy gets: the cases in cases/*.case, each through pam_authenticate of
# its own; `pam-cases --help` lists the words of a case.
# Usage: sh test-cases.sh PREFIX ISSUER BUILD [--valgrind] [--user NAME] [CASE]...
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
shift 3

# Root runs everything again as somebody else, who may not reach this folder: from a copy.
as_somebody() {
    mkdir -p "$scratch/build/tests/pam" "$scratch/source"
    cp "$build/tests/pam/pam-cases" "$module" "$give_authtok" "$scratch/build/tests/pam"
    cp "$issuer" "$scratch/issuer"
    cp -r "$here" "$here/../vectors" "$here/../lib.sh" "$scratch/source"
    setpriv --reuid "$(id -u "$1")" --regid "$(id -g "$1")" --clear-groups \
        env TMPDIR=/tmp HOME=/ sh "$scratch/source/pam/test-cases.sh" - "$scratch/issuer" "$scratch/build"
    exit
}

valgrind=
wanted=
while [ $# -gt 0 ]; do
    case $1 in
    --valgrind)
        valgrind="valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --suppressions=$here/valgrind.supp"
        ;;
    --user)
        shift
        ! is_root || as_somebody "$1"
        ;;
    *) wanted="$wanted $1 " ;;
    esac
    shift
done

mkdir -p "$scratch/keys" "$scratch/base/etc/keys" "$scratch/base/pam.d"
for name in good other stranger old narrow; do make_key $name; done
make_key long 4096
make_key short 1024
cp "$scratch"/keys/*.pem "$scratch/base/etc/keys"
cp "$here/cases/base.conf" "$scratch/base/etc/policy.conf"
echo 'auth required pam_deny.so' >"$scratch/base/pam.d/other"

# What the commands of a case may name.
export here issuer scratch
cd "$scratch" || exit 1
# shellcheck disable=SC2086 # A command with its options.
$valgrind "$build/tests/pam/pam-cases" "$module" "$give_authtok" "$wanted" "$here"/cases/*.case
