# shellcheck shell=sh disable=SC2154 # The tests set $scratch and $helper.
# Sourced by the tests of manuals and completions, after tests/lib.sh: what the helper says of itself.

# check TEXT COMMAND...: one test, which passes where the command does.
check() {
    text=$1
    shift
    if "$@"; then
        ok "$text"
    else
        bad "$text" 'it does not hold'
    fi
}

# same TEXT FILE FILE: both hold the same lines, in any order; shows those that only one holds.
same() {
    sort -u "$2" >"$scratch/one"
    sort -u "$3" >"$scratch/two"
    # Two empty lists agree about nothing.
    check "$1: nothing found to compare" test -s "$scratch/one"
    check "$1" diff "$scratch/one" "$scratch/two"
}

listed_commands() {
    "$helper" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  .*/\1/p'
}

listed_options() {
    "$helper" "$@" --help | sed '/^Example:/,$d' | grep -oE -- '--[a-z][a-z-]*' | sed 's/^--//'
}

# The commands, one a line.
helper_commands() {
    listed_commands | sort -u
}

# The options of one command, without dashes.
helper_options() {
    listed_options "$1" | sort -u
}
