#!/bin/sh
# `docker`: the credential helper protocol of docker, podman, skopeo and crane.
# usage: test-docker.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

hosts() {
    cat <<END
[host registry.example.com]
username = alice
[host anyone.example.com:5000]
[host *.wild.example.com]
[host path.example.com/team]
username = team
[host docker.io]
username = hubber
[host broken.example.com]
username = alice
profile = broken
[profile broken]
key_file = $dir/no-such-key
scopes = user_management
END
}
hosts | conf

docker_helper() {
    clean env ${config:+THRIVESTACK_CONFIG="$config"} docker-credential-thrivestack "$@"
}
config=$dir/conf
# says TEXT: all of stdout, exit 1, and not a word on stderr.
says() { [ "$status" = 1 ] && out_is "$1" && [ ! -s "$dir/err" ]; }
complains() { [ "$status" = 1 ] && one_line "$dir/out" && [ ! -s "$dir/err" ]; }
field() { jq -r ".$1" "$dir/out"; }
answers() {
    succeeded && [ "$(field ServerURL)" = "$1" ] && [ "$(field Username)" = "$2" ] &&
        is_token "$(field Secret)" && [ "$(jq -c 'keys_unsorted' "$dir/out")" = \
        '["ServerURL","Username","Secret"]' ]
}
not_found='credentials not found in native keychain'

# --- get

run_with 'registry.example.com' docker_helper get
check "get answers a host that has a section" answers registry.example.com alice
run_with ' \tregistry.example.com\r\n\n' docker_helper get
check "white space around is dropped" answers registry.example.com alice
for name in https://registry.example.com https://registry.example.com/ \
    https://registry.example.com/v2/ registry.example.com/team/image REGISTRY.example.com; do
    run_with "$name\n" docker_helper get
    check "get $name" answers "$name" alice
done
run_with 'anyone.example.com:5000\n' docker_helper get
check "the local user's name where none is configured" answers anyone.example.com:5000 "$(id -un)"
run_with 'a.wild.example.com\n' docker_helper get
check "a wildcard" answers a.wild.example.com "$(id -un)"
run_with 'path.example.com/team/image\n' docker_helper get
check "a path below the section's" answers path.example.com/team/image team
for name in https://index.docker.io/v1/ index.docker.io docker.io registry-1.docker.io \
    https://docker.io/v2/ docker.io/library/debian; do
    run_with "$name\n" docker_helper get
    check "Docker Hub as $name" answers "$name" hubber
done
for name in unknown.example.com registry.example.com:5000 http://registry.example.com \
    anyone.example.com path.example.com wild.example.com registry.example.com.evil.example \
    https://alice@registry.example.com evil-docker.io 'not a host' '<token>' https://; do
    run_with "$name\n" docker_helper get
    check "get $name finds nothing" says "$not_found"
done
run_with 'registry.example.com\0x' docker_helper get
check "get with a NUL finds nothing" says "$not_found"
run_with '' docker_helper get
check "get of nothing" says 'no credentials server URL'
run_with ' \n' docker_helper get
check "get of blanks" says 'no credentials server URL'
too_much() { yes registry.example.com | head -c 70000 | docker_helper get; }
run too_much
check "get of 70,000 bytes" complains
run_with 'broken.example.com\n' docker_helper get
check "no token: the reason in one line" complains
check "which names the key file" out_has no-such-key
forget_cache
hosts | conf /fault/e403
run_with 'registry.example.com\n' docker_helper get
check "a refusal: the reason in one line" complains
check "with status and response_id" grep -qE 'HTTP 403.*response_id|response_id.*HTTP 403' "$dir/out"
hosts | conf

# --- store

store() { run_with "$1" docker_helper store; }
store '{"ServerURL":"registry.example.com","Username":"alice","Secret":"x"}\n'
check "store succeeds for one of our hosts" silent
store '{"ServerURL":"https://index.docker.io/v1/","Username":"alice","Secret":"x"}'
check "store succeeds for Docker Hub" silent
store '{"ServerURL":"unknown.example.com","Username":"alice","Secret":"x"}'
check "store fails for other hosts" complains
check "and says what to use" out_has credHelpers
check "store keeps no secret" [ -z "$(grep -rlF '"x"' "$dir/cache" "$home")" ]
store '{"Username":"alice","Secret":"x"}'
check "store without a server" says 'no credentials server URL'
store '{"ServerURL":"","Username":"alice","Secret":"x"}'
check "store with an empty server" says 'no credentials server URL'
store '{"ServerURL":"","Username":"","Secret":"x"}'
check "the server is judged first" says 'no credentials server URL'
store '{"ServerURL":"registry.example.com","Secret":"x"}'
check "store without a username" says 'no credentials username'
store '{"ServerURL":"registry.example.com","Username":"","Secret":"x"}'
check "store with an empty username" says 'no credentials username'
for garbage in 'garbage' '' '[]' '{"ServerURL":"a"' '{"ServerURL":"a","ServerURL":"b"}' '{} {}'; do
    store "$garbage"
    check "store of garbage: '$garbage'" complains
done

# --- erase

run_with 'registry.example.com' docker_helper get
token=$(field Secret)
run_with 'unknown.example.com' docker_helper erase
check "erase of an unknown host succeeds" silent
check "and drops nothing" [ -n "$(grep -rlF "$token" "$dir/cache")" ]
run_with 'http://registry.example.com' docker_helper erase
check "erase of an http:// URL succeeds" silent
check "and drops nothing" [ -n "$(grep -rlF "$token" "$dir/cache")" ]
run_with ' https://registry.example.com/v1/\n' docker_helper erase
check "erase of one of our hosts succeeds" silent
check "and drops its token" [ -z "$(grep -rlF "$token" "$dir/cache")" ]
run_with 'registry.example.com' docker_helper erase
check "erase where nothing is cached" silent
run_with '\n' docker_helper erase
check "erase of nothing" says 'no credentials server URL'

# --- list, version

mv "$dir/key.json" "$dir/key.away"
forget_cache
count_from_here
run docker_helper list
check "list needs no key" succeeded
check "list names literal hosts alone" [ "$(jq -c . "$dir/out")" = \
    "{\"registry.example.com\":\"alice\",\"anyone.example.com:5000\":\"$(id -un)\",\"path.example.com/team\":\"team\",\"https://index.docker.io/v1/\":\"hubber\",\"broken.example.com\":\"alice\"}" ]
check "list asks nobody" asked 0
mv "$dir/key.away" "$dir/key.json"
: | conf
run docker_helper list
check "list of nothing" out_is '{}'
run docker_helper version
check "version" grep -qxE 'thrivestack-credential \(thrivestack-auth\) [0-9.]+' "$dir/out"

# --- usage

run docker_helper
check "no argument" complains
run docker_helper get get
check "two arguments" complains
run docker_helper sing
check "an unknown operation" complains
run docker_helper --nonsense get
check "an unknown option" complains
echo '[colour red]' >>"$dir/conf"
run_with 'registry.example.com' docker_helper get
check "a broken configuration" complains
check "with file and line" out_has "$dir/conf:"
hosts | conf
config=
run_with 'registry.example.com' docker_helper --config "$dir/conf" get
check "options before the operation" answers registry.example.com alice
run_with 'registry.example.com' helper docker get
check "the command by its own name" answers registry.example.com alice
to_full_disk() { echo registry.example.com | helper docker get >/dev/full; }
run to_full_disk
refused "a full disk at stdout" 74
to_nowhere() { echo registry.example.com | helper docker get >&-; }
run to_nowhere
refused "a closed stdout" 74
finish
