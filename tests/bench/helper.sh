# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/bench/run: the helper against a bare C program, the other helpers and curl. Sets
# $key_file and $key_id, and leaves a token in the cache.

set_up_helper() {
    export HOME="$folder/home"
    mkdir -m 700 "$HOME" "$HOME/.cache" "$HOME/.config" "$HOME/.config/thrivestack"
    "$issuer" init "$folder/issuer"
    mkfifo "$folder/ready"
    "$issuer" serve "$folder/issuer" >"$folder/ready" &
    issuer_pid=$!
    read -r _ url <"$folder/ready"
    key_file=$HOME/.config/thrivestack/key.json
    key_id=$("$issuer" key new "$folder/issuer" --out "$key_file")
    cat >"$HOME/.config/thrivestack/credential.conf" <<END
[profile default]
scopes    = user_management
token_url = $url/api/user/token
ca_file   = $folder/issuer/ca.pem

[host git.example.com]
username = alice

[host registry.example.com]
username = alice

[host bound.example.com]
username = alice
bound    = yes
END
    printf 'protocol=https\nhost=git.example.com\n\n' >"$folder/question"
    printf 'protocol=https\nhost=bound.example.com\n\n' >"$folder/bound"
    printf 'https://registry.example.com' >"$folder/registry"
    {
        cat "$HOME/.config/thrivestack/credential.conf"
        awk 'BEGIN { for (i = 1; i <= 1000; i++) printf "\n[host git%d.example.com]\nusername = alice\n", i }'
    } >"$folder/hosts.conf"
    chmod 600 "$folder/hosts.conf"
    "$helper" token >/dev/null
}

# ---- the others, each with a credential as long as a token in its store: tab-separated lines for
# spawn-times, where it is there and does hand that out

secret=$(head -c 450 /dev/urandom | base64 -w 0)

rival_store() {
    printf 'https://alice:%s@git.example.com\n' "$(printf '%s' "$secret" | tr '+/=' '-_.')" >"$HOME/.git-credentials"
    printf 'git store\t%s\t%s\tget\n' "$folder/question" "$store"
}

# Its daemon ends with the benchmark.
rival_cache() {
    cache_socket=$folder/cache/socket
    mkdir -m 700 "$folder/cache"
    printf 'protocol=https\nhost=git.example.com\nusername=alice\npassword=%s\n\n' "$secret" |
        "$cache" --timeout 3600 --socket "$cache_socket" store
    printf 'git cache\t%s\t%s\t--socket\t%s\tget\n' "$folder/question" "$cache" "$cache_socket"
}

# A key without a passphrase, so its agent never asks.
rival_pass() {
    command -v docker-credential-pass >/dev/null && command -v pass >/dev/null || return 0
    export GNUPGHOME="$HOME/.gnupg"
    mkdir -m 700 "$GNUPGHOME"
    gpg --batch --quiet --passphrase '' --quick-gen-key benchmark default default never 2>/dev/null
    pass init benchmark >/dev/null
    printf '{"ServerURL":"https://registry.example.com","Username":"alice","Secret":"%s"}' "$secret" |
        docker-credential-pass store
    printf 'docker pass\t%s\t%s\tget\n' "$folder/registry" "$(command -v docker-credential-pass)"
}

# Its cache is a file in ~/.ecr, keyed by region, access key and registry.
rival_ecr() {
    command -v docker-credential-ecr-login >/dev/null || return 0
    endpoint=https://123456789012.dkr.ecr.us-east-1.amazonaws.com
    prefix_sum=$(printf 'AKIDEXAMPLE\324\035\214\331\217\000\262\004\351\200\011\230\354\370\102\176' | base64 -w 0)
    mkdir -m 700 "$HOME/.ecr"
    printf '{"Registries":{"us-east-1-%s-123456789012":{"AuthorizationToken":"%s","RequestedAt":"%s","ExpiresAt":"%s","ProxyEndpoint":"%s","Service":"ecr"}},"Version":"1.0"}\n' \
        "$prefix_sum" "$(printf 'AWS:%s' "$secret" | base64 -w 0)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
        "$(date -u -d '+12 hours' +%Y-%m-%dT%H:%M:%SZ)" "$endpoint" >"$HOME/.ecr/cache.json"
    printf '%s' "$endpoint" >"$folder/ecr"
    # An invented account: whatever it is asked, it has nobody to ask but its cache.
    mkdir -m 700 "$HOME/.aws"
    printf '[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = none\n' >"$HOME/.aws/credentials"
    unshare -n docker-credential-ecr-login get <"$folder/ecr" | grep -q '"Username":"AWS"' || return 0
    printf 'docker ecr\t%s\t%s\tget\n' "$folder/ecr" "$(command -v docker-credential-ecr-login)"
}

# It keeps nothing itself: asked for a host it does not know it only starts and declines.
rival_oauth() {
    command -v git-credential-oauth >/dev/null || return 0
    printf 'git oauth\t%s\t%s\tget\n' "$folder/question" "$(command -v git-credential-oauth)"
}

stop_rivals() {
    [ ! -S "${cache_socket:-}" ] || "$cache" --socket "$cache_socket" exit 2>/dev/null || true
    [ -z "${GNUPGHOME:-}" ] || gpgconf --kill gpg-agent 2>/dev/null || true
}

# ---- a credential that is there

measure_hits() {
    {
        printf 'bare\t-\t%s\n' "$bench/bench-bare"
        printf 'hit\t-\t%s\ttoken\n' "$helper"
        printf 'git hit\t%s\t%s\tget\n' "$folder/question" "$prefix/bin/git-credential-thrivestack"
        printf 'docker hit\t%s\t%s\tget\n' "$folder/registry" "$prefix/bin/docker-credential-thrivestack"
        printf 'hosts\t%s\t%s\t--config\t%s\tget\n' "$folder/question" \
            "$prefix/bin/git-credential-thrivestack" "$folder/hosts.conf"
        cat "$folder/rivals"
    } | "$bench/spawn-times" "$runs" >"$folder/hits"
}

# LABEL OURS NAME: each of the others against ours of the same protocol.
compare_rival() {
    theirs=$(value "$1" 2 "$folder/hits")
    if [ -z "$theirs" ]; then
        missing "helper, cache hit ($2)" "$3"
        return 0
    fi
    ours=$(value "$2 hit" 2 "$folder/hits")
    row "helper, cache hit ($2 get)" "$3" "$(ratio "$ours" "$theirs")" "$4" "$(us "$ours" "$theirs")"
    bar 'cached' "$3" "$theirs" other
}

report_hits() {
    bare=$(value bare 2 "$folder/hits")
    hit=$(value hit 2 "$folder/hits")
    bar 'cached' 'a C program that only starts' "$bare" yardstick
    bar 'cached' 'thrivestack-credential token' "$hit" ours
    bar 'cached' 'git-credential-thrivestack get' "$(value 'git hit' 2 "$folder/hits")" ours
    bar 'cached' 'docker-credential-thrivestack get' "$(value 'docker hit' 2 "$folder/hits")" ours
    row 'helper, cache hit' 'a bare C program' "$(ratio "$hit" "$bare")" 1.4 "$(us "$hit" "$bare")"
    git_hit=$(value 'git hit' 2 "$folder/hits")
    hosts=$(value hosts 2 "$folder/hits")
    row 'helper, cache hit (git get), 1,000 more hosts' 'the same without them' "$(ratio "$hosts" "$git_hit")" 1.3 \
        "$(us "$hosts" "$git_hit")"
    compare_rival 'git store' git 'git credential-store' 0.8
    compare_rival 'git cache' git 'git credential-cache' -
    compare_rival 'git oauth' git 'git-credential-oauth, declining' -
    compare_rival 'docker ecr' docker 'docker-credential-ecr-login' -
    compare_rival 'docker pass' docker 'docker-credential-pass' -
}

# ---- a credential that has to be fetched

# The request that the helper makes, for curl.
write_body() {
    awk -v id="$key_id" 'match($0, /"private_key" *: *"[^"]*"/) {
            print "{\"key_id\":\"" id "\"," substr($0, RSTART, RLENGTH) ",\"scopes\":[\"user_management\"],\"expiry\":3600}"
        }' "$key_file" >"$folder/body"
    [ -s "$folder/body" ] || die "the API key download has changed its form"
}

# git is given a proof for up to 30 seconds, from a file of the cache. With a folder in its place no proof is
# kept, and every run makes a new one, for the token that is cached.
forget_proofs() {
    "$prefix/bin/git-credential-thrivestack" get <"$folder/bound" | grep -q '^password=[^~]*~[^~]*$' ||
        die 'no bound token'
    proof=$(echo "$HOME"/.cache/thrivestack/proof-*)
    [ -f "$proof" ] || die 'the cache has changed its form'
    rm "$proof"
    mkdir "$proof"
}

# Without a place to cache in, every run is a miss; all start through env alike.
measure_misses() {
    forget_proofs
    {
        printf 'miss\t-\t/usr/bin/env\tTHRIVESTACK_CACHE_DIR=/proc/nowhere\t%s\ttoken\n' "$helper"
        printf 'curl\t-\t/usr/bin/env\tTHRIVESTACK_CACHE_DIR=/proc/nowhere\t%s\t-sS\t-f\t--cacert\t%s\t-H\tContent-Type: application/json\t--data-binary\t@%s\t%s\n' \
            "$(command -v curl)" "$folder/issuer/ca.pem" "$folder/body" "$url/api/user/token"
        printf 'bound\t%s\t/usr/bin/env\tLC_ALL=C\t%s\tget\n' "$folder/bound" "$prefix/bin/git-credential-thrivestack"
        printf 'for\t-\t/usr/bin/env\tLC_ALL=C\t%s\ttoken\t--for\tbound.example.com\n' "$helper"
    } | "$bench/spawn-times" "$((runs / 4 + 1))" >"$folder/misses"
    miss=$(value miss 2 "$folder/misses")
    curl=$(value curl 2 "$folder/misses")
    row 'helper, cache miss' 'curl, the same POST' "$(ratio "$miss" "$curl")" 1.2 "$(us "$miss" "$curl")"
    bound=$(value bound 2 "$folder/misses")
    row 'helper, bound git get, new proof' 'a cache miss' "$(ratio "$bound" "$miss")" 0.5 "$(us "$bound" "$miss")"
    for_host=$(value for 2 "$folder/misses")
    row 'helper, token --for HOST' 'a cache miss' "$(ratio "$for_host" "$miss")" 0.5 "$(us "$for_host" "$miss")"
    bar 'fetched' 'thrivestack-credential token' "$miss" ours
    bar 'fetched' 'the same, bound to a host' "$for_host" ours
    bar 'fetched' 'curl, the same request' "$curl" other
}

# ---- what does not depend on the time

measure_stampede() {
    rm -rf "$HOME/.cache/thrivestack"
    before=$(wc -l <"$folder/issuer/requests.log")
    i=0
    pids=
    while [ "$i" -lt 200 ]; do
        "$helper" token >"$folder/token.$i" &
        pids="$pids $!"
        i=$((i + 1))
    done
    for pid in $pids; do
        wait "$pid" || die 'one of 200 helpers failed'
    done
    after=$(wc -l <"$folder/issuer/requests.log")
    row '200 helpers at once, cold cache' 'requests at the endpoint' "$((after - before))" 1 \
        "$(cat "$folder"/token.* | sort -u | wc -l) token(s)"
}

measure_size() {
    strace -f -o "$folder/strace" "$helper" token >/dev/null
    row 'helper, cache hit: lines of strace -f' 'lines' "$(wc -l <"$folder/strace")" 89 ''
    m_hit=$(memory /dev/null "$helper" token)
    m_bare=$(memory /dev/null "$bench/bench-bare")
    m_store=$(memory "$folder/question" "$store" get)
    row 'helper, cache hit: resident memory at its end' 'a bare C program' "$(ratio "$m_hit" "$m_bare")" 1.6 \
        "$m_hit KiB / $m_bare KiB"
    row '' 'git credential-store' "$(ratio "$m_hit" "$m_store")" - "$m_hit KiB / $m_store KiB"
    i_hit=$(instructions "$helper" token)
    i_bare=$(instructions "$bench/bench-bare")
    i_store=$(instructions "$store" get <"$folder/question")
    row 'helper, cache hit: instructions (callgrind)' 'a bare C program' "$(ratio "$i_hit" "$i_bare")" - "$i_hit / $i_bare"
    row '' 'git credential-store' "$(ratio "$i_hit" "$i_store")" - "$i_hit / $i_store"
}

bench_helper() {
    heading 'the helper'
    set_up_helper
    write_body
    store=$(git --exec-path)/git-credential-store
    cache=$(git --exec-path)/git-credential-cache
    for rival in rival_store rival_cache rival_oauth rival_ecr rival_pass; do
        $rival
    done >"$folder/rivals"
    measure_hits
    report_hits
    measure_misses
    measure_size
    measure_stampede
}
