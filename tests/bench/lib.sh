# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/bench/run: the table, and what fills it. Needs $folder and $bench.
exceeded=0
results=$folder/results # for the chart: GROUP <TAB> LABEL <TAB> FIGURE <TAB> ours or other
: >"$results"

heading() {
    printf '\n%-44s %-30s %9s %8s\n' "$1" against ratio 'at most'
}
# row WHAT AGAINST RATIO BUDGET FIGURES [least]: - as the budget where there is none. With `least` the ratio is
# to be that at least.
row() {
    verdict=ok
    over='>'
    [ "${6:-}" != least ] || over='<'
    if [ "$4" = - ]; then
        verdict=
    elif awk "BEGIN { exit !($3 $over $4) }"; then
        verdict=OVER
        exceeded=$((exceeded + 1))
    fi
    printf '%-44s %-30s %9s %8s  %-5s %s\n' "$1" "$2" "$3" "$4" "$verdict" "$5"
}
# missing WHAT: a rival that this system does not have.
missing() {
    printf '%-44s %-30s %9s\n' "$1" "$2" 'not there'
}
ratio() {
    awk "BEGIN { printf \"%.3f\", $1 / $2 }"
}
# value LABEL COLUMN FILE
value() {
    awk -F '\t' -v label="$1" -v column="$2" '$1 == label { print $column }' "$3"
}
# bar GROUP LABEL FIGURE ours|other
bar() {
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$results"
}
us() {
    printf '%s us / %s us' "$1" "$2"
}
# memory FILE-FOR-STDIN PROGRAM...: median resident set at its end, in KiB. It differs from run to run
# with the addresses, as the kernel maps files in aligned pieces.
memory() {
    i=0
    while [ "$i" -lt 41 ]; do
        "$bench/memory-at-exit" "$@" || return 1
        i=$((i + 1))
    done | sort -n | sed -n 's/\t.*//; 21p'
}
# instructions PROGRAM...: those of its own process, counted by callgrind.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}
