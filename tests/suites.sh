# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/run and tests/coverage/run, on top of prepare.sh: runs suites in a build that was
# made, and adds up what passed and failed. The names of the suites wanted are in $wanted, each
# between spaces; two spaces are all.

list=$build_root/scripts
: >"$list"
passed=0
failed=0
failures=

is_wanted() {
    [ "$wanted" = "  " ] || case "$wanted" in *" $1 "*) true ;; *) false ;; esac
}

# What tools and shells of this machine may set and tests must not see.
unset GIT_SSL_CAINFO SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE GIT_CONFIG_GLOBAL \
    https_proxy http_proxy HTTPS_PROXY HTTP_PROXY all_proxy no_proxy NO_PROXY \
    THRIVESTACK_CONFIG THRIVESTACK_PROFILE THRIVESTACK_KEY_FILE THRIVESTACK_TOKEN_FILE

count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    [ "$2" = 0 ] || failures="$failures $3"
}

# judge NAME LOG STATUS: adds a script's own closing line to the sum.
judge() {
    line=$(grep -E '^([A-Za-z_-]+: )?[0-9]+ passed, [0-9]+ failed' "$2" | tail -n 1)
    good=$(printf '%s\n' "$line" | sed -n 's/.*\b\([0-9][0-9]*\) passed.*/\1/p')
    bad=$(printf '%s\n' "$line" | sed -n 's/.* \([0-9][0-9]*\) failed.*/\1/p')
    good=${good:-0}
    bad=${bad:-0}
    # A script that ends badly, or well without having tested anything, is a failure of its own.
    if [ "$bad" = 0 ] && { [ "$3" != 0 ] || [ "$good" = 0 ]; }; then
        bad=1
    fi
    count "$good" "$bad" "$1"
}

# show_failure NAME LOG: of what was just judged.
show_failure() {
    [ "$bad" = 0 ] && return
    printf '  %-34s FAILED:\n' "$1"
    grep -vE '^(ok|PASS)' "$2" | tail -n 30 | sed 's/^/    /'
}

meson_suite() {
    is_wanted "$2" || return 0
    log=$build_root/$1-$2.log
    status=0
    meson test -C "$build_root/$1" --no-rebuild --suite "$2" --print-errorlogs \
        --timeout-multiplier "${3:-1}" >"$log" 2>&1 || status=$?
    if grep -q 'No suitable tests defined' "$log"; then
        return 0
    fi
    good=$(sed -n 's/^Ok: *\([0-9]*\).*/\1/p' "$log")
    bad=$(awk '/^(Fail|Unexpected Pass|Timeout):/ { sum += $NF } END { print sum + 0 }' "$log")
    printf '%s passed, %s failed\n' "${good:-0}" "$bad" >>"$log"
    judge "$2 ($1)" "$log" "$status"
    printf '  %-34s %s passed, %s failed\n' "$2 ($1)" "$good" "$bad"
    show_failure "$2 ($1)" "$log"
}

# scripts FOLDER BUILD [together]: puts every tests/FOLDER/test-*.sh on the list of those to be run,
# but for those that $left_out names; `together`, as one entry: they use the same place, so one after
# the other.
left_out=
scripts() {
    is_wanted "$1" || return 0
    names=
    for script in tests/"$1"/test-*.sh; do
        case " $left_out " in *" $script "*) continue ;; esac
        [ -e "$script" ] && names="$names $(basename "$script" .sh)"
    done
    # shellcheck disable=SC2086 # One line each.
    [ "${3-}" = together ] || names=$(printf '%s\n' $names)
    printf '%s\n' "$names" | sed "s/^ */$2 $1 /" >>"$list"
}

# Runs the list, as many at a time as there are processors: each spends most of its time waiting.
# Each is given the prefix it is installed to, the issuer, and the build folder.
run_scripts() {
    # shellcheck disable=SC2016 # The inner shell expands.
    xargs -r -P "$(nproc)" -L 1 sh -c '
        root=$0 kind=$1 folder=$2
        shift 2
        for name; do
            log=$root/$kind-$folder-$name.log
            status=0
            timeout 600 sh "tests/$folder/$name.sh" "$root/$kind/root" \
                "$root/$kind/tests/issuer/thrivestack-issuer" "$root/$kind" \
                >"$log" 2>&1 </dev/null || status=$?
            echo "$status" >"$log.status"
            printf "  %-34s %s\n" "$folder/${name#test-} ($kind)" "$(tail -n 1 "$log")"
        done' "$build_root" <"$list"
    while read -r kind folder names; do
        for name in $names; do
            log=$build_root/$kind-$folder-$name.log
            judge "$folder/${name#test-} ($kind)" "$log" "$(cat "$log.status")"
            show_failure "$folder/${name#test-} ($kind)" "$log"
        done
    done <"$list"
}
