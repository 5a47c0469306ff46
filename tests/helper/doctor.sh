# shellcheck shell=sh disable=SC2154 # What looks unset is lib.sh's, or a suite's.
# Shared by the suites of `doctor`, which source it behind lib.sh.
#
# Each row of a suite is a broken set-up:
#
#   broken NAME CODES STATUS BREAK [FIX]
#
# `sound` makes a set-up in which nothing is wrong, BREAK is evaluated, and `examine` must then find
# CODES (in the order of the alphabet) and nothing else, and end with STATUS. FIX does what the
# findings suggest; afterwards nothing may be left. `suggested` runs the command in a finding's text.

rows=0
codes=

found() { awk -v code="$1" '$2 == code { found = 1 } END { exit !found }' "$dir/out"; }
is_clean() { [ "$status" = 0 ] && [ -s "$dir/out" ] && ! grep -qE '^(warn|fail)' "$dir/out"; }
only() { [ "$(awk '$1 != "ok" { print $2 }' "$dir/out" | sort -u | tr '\n' ' ')" = "$1 " ]; }
lacks() { ! out_has "$1"; }
keeps_secrets() { ! grep -qE 'eyJ|PRIVATE|MII' "$dir/out" "$dir/err"; }

broken() {
    rows=$((rows + 1))
    codes="$codes $2"
    sound
    eval "$4"
    examine
    check "$1: $2" only "$2"
    check "$1: exit status" [ "$status" = "$3" ]
    check "$1: neither token nor key is shown" keeps_secrets
    [ -n "${5-}" ] || return 0
    eval "$5"
    examine
    check "$1: what doctor suggests fixes it" is_clean
}

# suggested PATTERN: the part of what was printed that matches, run as a command.
suggested() {
    command=$(grep -oE "$1" "$dir/out" | head -n 1)
    check "it suggests: $1" [ -n "$command" ]
    as_owner sh -c "$command" >"$dir/fixed" 2>&1 || sed 's/^/  fix: /' "$dir/fixed"
}

# covered FIRST LAST: each code that can be found between these two in the table of findings has a row.
# print-settings lists them as `finding CODE LEVEL`.
covered() {
    "$build/tests/packaging/print-settings" |
        awk -v first="$1" -v last="$2" -v rows="$codes " '
            $1 != "finding" { next }
            $2 == first { inside = 1 }
            inside && $3 != "ok" && index(rows, " " $2 " ") == 0 { print "no row for " $2; bad = 1 }
            $2 == last { inside = 0 }
            END { exit bad }'
}
