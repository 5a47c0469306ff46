# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/run and tests/coverage/run, on top of prepare.sh: runs suites in builds that were
# made, and adds up what passed, failed and was skipped. The names of the suites wanted are in $wanted,
# each between spaces; two spaces are all.

list=$build_root/jobs
: >"$list"
passed=0
failed=0
skipped=0
failures=
skips=$build_root/skips
: >"$skips"

is_wanted() {
    [ "$wanted" = "  " ] || case "$wanted" in *" $1 "*) true ;; *) false ;; esac
}

# What tools and shells of this machine may set and tests must not see.
unset GIT_SSL_CAINFO SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE GIT_CONFIG_GLOBAL \
    https_proxy http_proxy HTTPS_PROXY HTTP_PROXY all_proxy no_proxy NO_PROXY \
    THRIVESTACK_CONFIG THRIVESTACK_PROFILE THRIVESTACK_KEY_FILE THRIVESTACK_TOKEN_FILE

# ---- the list: one job a line, `BUILD FOLDER NAME...`

# check_job: the quick part of tests/check.
check_job() {
    ! is_wanted check || echo 'source check quick' >>"$list"
}

# suite_job BUILD SUITE [TIMEOUT-MULTIPLIER]: a suite of meson's.
suite_job() {
    ! is_wanted "$2" || echo "$1 meson $2 ${3:-3}" >>"$list"
}

# script_jobs BUILD FOLDER [together]: every tests/FOLDER/test-*.sh but for those that $left_out names;
# the longest files first, because two jobs at a time should end at the same time. `together`, as one
# job: they use the same place, so one after the other.
left_out=
script_jobs() {
    is_wanted "$2" || return 0
    names=
    # shellcheck disable=SC2045 # The names are our own.
    for script in $(ls -S tests/"$2"/test-*.sh); do
        case " $left_out " in *" $script "*) continue ;; esac
        names="$names $(basename "$script" .sh)"
    done
    # shellcheck disable=SC2086 # One line each.
    [ "${3-}" = together ] || names=$(printf '%s\n' $names)
    printf '%s\n' "$names" | sed "s/^ */$1 $2 /" >>"$list"
}

# ---- running it

# run_jobs NUMBER: runs the list, that many jobs at a time.
run_jobs() {
    xargs -r -P "$1" -L 1 sh tests/job "$build_root" <"$list"
    while read -r build folder names; do
        [ "$folder" != meson ] || names=${names% *}
        for name in $names; do
            judge "$build" "$folder" "$name"
        done
    done <"$list"
}

# number WORD: what is in front of that word in $line.
number() {
    printf '%s\n' "$line" | sed -n "s/.*\b\([0-9][0-9]*\) $1.*/\1/p" | grep . || echo 0
}

# judge BUILD FOLDER NAME: adds a job's own closing line to the sum; shows what has failed.
judge() {
    log=$build_root/$1-$2-$3.log
    label="$2/${3#test-} ($1)"
    label=${label#meson/}
    line=$(grep -E '^([A-Za-z_-]+: )?[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    good=$(number passed)
    bad=$(number failed)
    left=$(number skipped)
    # A script that ends badly, or well without having tested anything, is a failure of its own.
    if [ "$bad" = 0 ] && { [ "$(cat "$log.status")" != 0 ] || [ $((good + left)) = 0 ]; }; then
        bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + left))
    if [ "$bad" != 0 ]; then
        failures="$failures, $label"
        printf '  %s FAILED:\n' "$label"
        grep -vE '^(ok|PASS|skipped)\b' "$log" | tail -n 30 | sed 's/^/    /'
    fi
    sed -n "s|^skipped |  $label skipped: |p" "$log" >>"$skips"
}

# save_sum FILE, add_sum FILE: what has passed, failed and was skipped in a run before this one.
save_sum() {
    { echo "$passed $failed $skipped $failures" && cat "$skips"; } >"$1"
}

add_sum() {
    read -r good bad left names <"$1" || die 'all --continue comes after `sh tests/run`'
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + left))
    failures="$names$failures"
    { tail -n +2 "$1" && cat "$skips"; } >"$skips.all"
    mv "$skips.all" "$skips"
}

# Continuous integration runs where everything can be tested, but for what tests/ci-skips names: one
# fixed text a line, a part of the line about the skip.
unexpected_skips() {
    [ "${CI-}" != true ] || grep -v '^#' tests/ci-skips | grep -vFf - "$skips"
}

# closing_line: `N passed, N failed`, with `, N skipped` where anything was; why, is above it.
closing_line() {
    cat "$skips"
    unexpected=$(unexpected_skips | wc -l)
    if [ "$unexpected" -gt 0 ]; then
        failed=$((failed + unexpected))
        failures="$failures, skips that tests/ci-skips does not name"
    fi
    [ -z "$failures" ] || printf 'Failed: %s\n' "${failures#, }"
    printf '%s passed, %s failed' "$passed" "$failed"
    [ "$skipped" = 0 ] || printf ', %s skipped' "$skipped"
    echo
}
