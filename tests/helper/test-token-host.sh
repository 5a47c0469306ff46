#!/bin/sh
# `token --host`, `--header` for a host, and `--out`: for curl, scripts and programs that read a file.
# usage: test-token-host.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

conf <<'END'
[host git.example.com]
username = alice
[host api.example.com]
auth = bearer
scopes = other
[host *.wild.example.com]
username = a b
[host paths.example.com:8443/team]
username = bob
END
for_host() { run helper token --host "$@"; }
basic() { printf 'Authorization: Basic %s' "$(printf '%s:%s' "$1" "$token" | base64 -w 0)"; }

token=$(helper token)
for_host git.example.com
check "the token of a host" out_is "$token"
check "of a host in other letters, with the port" [ "$(helper token --host GIT.Example.com:443)" = "$token" ]
check "of a URL" [ "$(helper token --host https://git.example.com/team/x.git)" = "$token" ]
check "of a path" [ "$(helper token --host paths.example.com:8443/team/x)" = "$token" ]
for_host git.example.com --header
check "basic: user and token, as base64" out_is "$(basic alice)"
for_host a.wild.example.com --header
check "of a wildcard" out_is "$(basic 'a b')"
for_host api.example.com --json
check "the host's scopes" [ "$(jq -r '.scopes[0]' "$dir/out")" = other ]
for_host api.example.com --header
check "bearer" out_is "Authorization: Bearer $(helper token --host api.example.com)"
run helper token --header
check "without a host: bearer" out_is "Authorization: Bearer $token"
for host in other.example.com git.example.com:8443 git.example.com.evil.example xgit.example.com wild.example.com \
    paths.example.com:8443 paths.example.com:8443/team/../x http://git.example.com http://127.0.0.1; do
    for_host "$host"
    refused_saying "no section for $host" 66 'no [host] section'
done
for host in ftp://git.example.com https:// user@git.example.com 'git.example.com:x' 'git example.com' \
    "$(printf 'git.example.com\nx')" "$(printf '%400s' x | tr ' ' a)"; do
    for_host "$host"
    refused "not a host: $(printf %.40s "$host" | tr '\n' '?')" 64
done

# --- files
out=$dir/file
run helper token --out "$out"
check "--out prints nothing" silent
check "and writes the token" [ "$(cat "$out")" = "$token" ]
check "for its owner alone" [ "$(stat -c %a "$out")" = 600 ]
(umask 000 && helper token --host git.example.com --header --out "$out")
check "in place of what is there, under any umask" [ "$(cat "$out") $(stat -c %a "$out")" = "$(basic alice) 600" ]
ln -s "$out" "$dir/link"
run helper token --out "$dir/link"
check "a link is replaced" [ ! -L "$dir/link" ]
check "not followed" grep -q Basic "$out"
(cd "$dir" && helper token --out relative)
check "a relative name" [ "$(cat "$dir/relative")" = "$token" ]
for_host git.example.com --format netrc --out "$out"
check "netrc" [ "$(cat "$out")" = "machine git.example.com login alice password $token" ]
for_host a.wild.example.com --format netrc
refused_saying "netrc: a user name with a blank" 78 'cannot hold the user name'
for wrong in '--format netrc' '--format xml' '--format plain --json' '--json --header' '--out='; do
    # shellcheck disable=SC2086 # Words are wanted.
    run helper token $wrong
    refused "usage: $wrong" 64
done
for place in "$dir/missing/file" "$dir" /dev/full/x; do
    run helper token --out "$place"
    refused "a file that cannot be written: $place" 74
done
check "no draft is left" [ -z "$(find "$dir" -maxdepth 1 -name '.*.*')" ]
printf old >"$out"
conf /fault/e503 </dev/null
forget_cache
run helper token --out "$out"
refused "no token can be had" 69
check "and the file stays as it was" [ "$(cat "$out")" = old ]
finish
