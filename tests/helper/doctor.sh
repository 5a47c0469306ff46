# shellcheck shell=sh disable=SC2154 # What looks unset is lib.sh's.
# Shared by the suites of `doctor`, which source it behind lib.sh.

# found CODE: whether a line is about it.
found() { awk -v code="$1" '$2 == code { found = 1 } END { exit !found }' "$dir/out"; }
is_clean() { [ "$status" = 0 ] && [ -s "$dir/out" ] && ! grep -qE '^(warn|fail)' "$dir/out"; }
only() { [ "$(awk '$1 != "ok" { print $2 }' "$dir/out" | sort -u | tr '\n' ' ')" = "$1 " ]; }
lacks() { ! out_has "$1"; }
keeps_secrets() { ! grep -qE 'eyJ|PRIVATE|MII' "$dir/out" "$dir/err"; }

# names CODE STATUS: it is the only thing that is wrong, and ends with the exit code that fits.
names() {
    check "$1 is named, and nothing else" only "$1"
    check "$1 ends with $2" [ "$status" = "$2" ]
}
