# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/bench/run, after module.sh: what one authentication costs with 1 to 10,000 keys in
# keys.d, in one file or in a file each. The token's own key is the last.
key_counts='1 10 100 1000 10000'
keys_results=$folder/keys-results # for the chart: SERIES <TAB> KEYS <TAB> MICROSECONDS
: >"$keys_results"

# many_keys NAME COUNT FILES: a policy of that name; FILES is `one` or `each`.
many_keys() {
    site=$folder/host/$1
    mkdir -m 755 "$site" "$site/keys.d"
    printf '[service %s]\nscopes = user_management\n' "$1" >"$site/policy.conf"
    awk -v count="$2" -v files="$3" -v folder="$site/keys.d" -v id="$key_id" \
        -v key="$(sed /-----/d "$folder/host/key.pem" | tr -d '\n')" '
        function section(name, users, file) {
            printf "# Laptop of %s\n[key %s]\npublic_key   = %s\nusers        = %s\n", users, name, key, users >file
            printf "services     = *\nscopes       = user_management\nmax_lifetime = 1h\nexpires      = 2099-12-31\n\n" >file
        }
        BEGIN {
            for (i = 1; i < count; i++) {
                name = sprintf("%08x-5f5c-4a0e-9d1f-%012x", (i * 40503) % 4294967296, i)
                file = folder "/" (files == "each" ? name : "all") ".conf"
                section(name, "user" i " deploy" i % 50, file)
                if (files == "each")
                    close(file)
            }
            section(id, "benchmark", folder "/own.conf")
        }'
    stack "$1" "$folder/host/module.so policy=$site/policy.conf"
}

# measure_keys SERIES COUNTS: all of a series in turn; `SERVICE <TAB> nanoseconds` in $folder/SERIES.
measure_keys() {
    series=$1
    shift
    services=
    for count in "$@"; do
        many_keys "$series$count" "$count" "$series"
        services="$services $series$count:1"
    done
    # shellcheck disable=SC2086 # A list of words is wanted.
    on_host "$bench/module-times" "$((runs / 4 + 1))" benchmark "$folder/answer" /etc/pam.d $services \
        >"$folder/$series" || die 'the keys could not be measured'
    for count in "$@"; do
        printf '%s\t%s\t%s\n' "$series" "$count" "$(($(value "$series$count" 2 "$folder/$series") / 1000))"
    done >>"$keys_results"
}

# added SERIES COUNT BUDGET WHAT: milliseconds more than with one key.
added() {
    with=$(value "$1$2" 2 "$folder/$1")
    with_one=$(value "${1}1" 2 "$folder/$1")
    row "$4" 'one key, milliseconds more' "$(awk "BEGIN { printf \"%.3f\", ($with - $with_one) / 1000000 }")" "$3" \
        "$(us $((with / 1000)) $((with_one / 1000)))"
}

bench_keys() {
    heading 'many keys'
    # shellcheck disable=SC2086 # A list of words is wanted.
    measure_keys one $key_counts
    measure_keys each 1 10 100 1000
    added one 100 - 'module, 100 keys in one file'
    added one 1000 - 'module, 1,000 keys in one file'
    added one 10000 20 'module, 10,000 keys in one file'
    added each 1000 15 'module, 1,000 keys in a file each'
}
