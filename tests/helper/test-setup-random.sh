#!/bin/sh
# `setup` and then `setup --remove` on random files of every client: afterwards each file is as it
# was, to the byte, and in between nothing but ours is in it.
# THOROUGH=no makes do with a quarter of them.
# usage: [SETUP_SEED=N] [SETUP_CASES=N] test-setup-random.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/setup.sh
. "$(dirname "$0")/setup.sh"

# One environment for all of them: thousands of programs are started.
unset XDG_CONFIG_HOME XDG_RUNTIME_DIR DOCKER_CONFIG THRIVESTACK_CONFIG GIT_CONFIG_GLOBAL
export HOME="$home" PATH="$bin:/usr/bin:/bin" LC_ALL=C.UTF-8
seed=${SETUP_SEED:-1}
if [ "${THOROUGH-}" = no ]; then cases=${SETUP_CASES:-15}; else cases=${SETUP_CASES:-60}; fi
files=$dir/files
mkdir "$files"
awk -v seed="$seed" -v count="$cases" -v folder="$files" -f "$(dirname "$0")/random-files.awk" || exit 1
echo "seed $seed, $cases files of each client"

# Prepares a home with the file, and says whether its client accepts it.
prepare_git() {
    cp "$1" "$gitconfig"
    printf '[credential]\n\thelper = included\n' >"$home/included"
    git config --global --includes --null --list >"$dir/list" 2>"$dir/err"
}
prepare_docker() {
    mkdir "$home/.docker"
    cp "$1" "$docker"
    case $1 in *[05].docker) mkdir "$home/.config/containers" && cp "$1" "$home/.config/containers/auth.json" ;; esac
    [ ! -s "$docker" ] || jq -e . "$docker" >/dev/null 2>&1 || [ -z "$(tr -d ' \r\n\t' <"$docker")" ]
}
prepare_ssh() {
    cp "$1" "$conf"
    chmod 600 "$conf"
    thrivestack-credential status --json >"$dir/list" 2>"$dir/err"
}

# What must be true in between.
wired_git() {
    git config --global --includes --null --list >"$dir/now" &&
        { cat "$dir/list" && printf '%s\n\0%s\n%s\0' "$git_key" "$git_key" "$bin/git-credential-thrivestack"; } |
        cmp -s - "$dir/now"
}
wired_docker() {
    jq -e '.credHelpers["registry.example.com"] == "thrivestack"' "$docker" >/dev/null &&
        [ "$(without_ours "$docker")" = "$(without_ours "$dir/before/.docker/config.json")" ]
}
without_ours() {
    jq -cS 'del(.credHelpers["registry.example.com"]) | if .credHelpers == {} then del(.credHelpers) else . end' "$1" |
        grep . || echo '{}'
}
wired_ssh() {
    thrivestack-credential status --json |
        jq -e '[.hosts[] | select(.pattern == "build.example.com" or .pattern == "*.example.com") | .askpass] | any' >/dev/null &&
        cmp -s "$conf" "$dir/before/.config/thrivestack/credential.conf"
}

# round CLIENT HOST NUMBER: one file, there and back; beside a second host in every other case.
round() {
    fresh_home
    mkdir -p "$conf_dir"
    "prepare_$1" "$files/$3.$1" || {
        echo "unusable: $3.$1" >>"$dir/unusable"
        return 0
    }
    remember
    run thrivestack-credential setup --yes "$1" "$2"
    # A section with a wildcard is not hidden by another one.
    if [ "$1-$status" = ssh-78 ] && err_has 'serves build.example.com'; then
        restored
        return
    fi
    [ "$status" = 0 ] && "wired_$1" || return 1
    run thrivestack-credential setup --yes "$1" "$2"
    out_has 'needs no change' || return 1
    if [ "$(($3 % 2))" = 0 ]; then
        run thrivestack-credential setup --yes "$1" second.test
        run thrivestack-credential setup --yes --remove "$1" "$2"
        set -- "$1" second.test
    fi
    run thrivestack-credential setup --yes --remove "$1" "$2"
    [ "$status" = 0 ] && restored
}

for client in 'git git.example.com' 'docker registry.example.com' 'ssh build.example.com'; do
    number=0
    while [ "$number" -lt "$cases" ]; do
        number=$((number + 1))
        # shellcheck disable=SC2086 # Two words.
        if round $client "$number"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED seed $seed, ${client% *} $number: status $status"
            sed 's/^/  before: /' "$files/$number.${client% *}" | cat -A | head -n 30
            sed 's/^/  err: /' "$dir/err"
            sed 's/^/  diff: /' "$dir/diff" 2>/dev/null
        fi
    done
done
touch "$dir/unusable"
check "nearly all of the files are usable" [ "$(wc -l <"$dir/unusable")" -le $((cases * 3 / 5)) ]
finish
