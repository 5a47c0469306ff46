#!/bin/sh
# `source = local` against a user whose API key ThriveStack has revoked, and who still holds it.
# usage: test-revoked.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"

# alice's key is good. bob's is revoked once everything is set up; a server of his own still honours it.
set_up() {
    start_issuer
    api_key alices
    api_key bobs
    "$ISSUER" init "$W/evil" && cp "$W/issuer/keys/"* "$W/evil/keys" && cp "$W/evil/ca.pem" "$W/evil.pem" ||
        die 'no folder for the second issuer'
    "$ISSUER" serve "$W/evil" --port 8701 >"$W/evil.log" 2>&1 &
    await 10 grep -q '^ready' "$W/evil.log" || die 'the second issuer does not start'
    {
        printf '[service sudo]\nscopes = user_management\nsource = local\n\n'
        printf '[service prompted]\nscopes = user_management\n\n'
        key_section alices alice
        key_section bobs bob
    } >"$CONF/policy.conf"
    for service in sudo sudo-i su; do
        printf 'auth required @MODULE@\naccount required pam_unix.so\nsession required pam_unix.so\n' | stack "$service"
    done
    printf 'auth required @MODULE@\n' | stack prompted
    user alice 4001 alice-password
    user bob 4002 bob-password
    install_key alice alices
    install_key bob bobs
    echo 'alice, bob ALL=(ALL:ALL) ALL' >>/etc/sudoers
    host_config "token_url = $issuer_url"
    cc -O1 -D_GNU_SOURCE -o "$W/bin/attacker" "$SOURCE/attacker.c" || die 'the attacker does not compile'
    home=$W/home/bob
    own=$home/.config/thrivestack
}

# host_config LINE...: the host's credential.conf, with the real endpoint's CA.
host_config() {
    printf '%s\n' '[profile default]' "ca_file = $W/ca.pem" "$@" >"$CONF/credential.conf"
}

# bobs_config LINE...: bob's own, for his server.
evil_url=https://localhost:8701/api/user/token
bobs_config() {
    printf '%s\n' '[profile default]' 'scopes = user_management' "token_url = $evil_url" "ca_file = $W/evil.pem" "$@" \
        >"$own/credential.conf"
    give bob "$own/credential.conf"
}

# evil_requests: how often bob's server was asked.
evil_requests() {
    if [ -e "$W/evil/requests.log" ]; then wc -l <"$W/evil/requests.log"; else echo 0; fi
}

# not_let_in WHAT COMMAND...: bob's sudo is refused, for want of a token, and asked nobody but ThriveStack.
not_let_in() {
    what=$1
    shift
    before=$(evil_requests)
    refused "$what" as bob "$@"
    logged 'reason=local_helper user=bob service=sudo'
    [ "$(evil_requests)" = "$before" ] || fail "$what: bob's own server was asked"
}

# ---- before the key is revoked

# The same set-up, and the key is good: what is refused below is refused because it was revoked.
good_key() {
    bobs_config
    asked=$(requests)
    expect root 'sudo' as bob sudo id -un
    [ "$(requests)" = $((asked + 1)) ] || fail 'the endpoint of the host was not asked once'
    [ "$(evil_requests)" = 0 ] || fail "bob's own server was asked"
    expect root "sudo with a key_command" with_key_command
    expect root 'sudo with a bare PEM and its id' with_pem
}

with_key_command() {
    bobs_config "key_id = $(cat "$W/keys/bobs.id")" "key_command = cat $own/key.json"
    as bob sudo id -un
}

with_pem() {
    cp "$W/keys/bobs.pem" "$own/key.pem"
    bobs_config "key_id = $(cat "$W/keys/bobs.id")" "key_file = $own/key.pem"
    give bob "$own/key.pem"
    as bob sudo id -un
}

# bob stops sudo with ThriveStack's answer on its way, and lets it go on when the key has long been revoked.
stop_sudo() {
    host_config "token_url = https://localhost:8700/fault/slow-1s/api/user/token"
    asked=$(requests)
    (as bob sudo sh -c "echo in >$W/late.in"; echo "$?" >"$W/late.status") &
    await 5 helper_runs || die 'no helper of the sudo to be stopped'
    late=$(pgrep -x sudo | head -n 1)
    kill -STOP "$late"
    stopped_at=$(date +%s)
    await 5 asked_more || die 'the sudo to be stopped asks nobody'
    host_config "token_url = $issuer_url"
}

asked_more() {
    [ "$(requests)" -gt "$asked" ]
}

helper_runs() {
    pgrep -u nobody -f thrivestack-credential >/dev/null
}

late_answer() {
    left=$((stopped_at + 11 - $(date +%s)))
    [ "$left" -le 0 ] || sleep "$left"
    kill -CONT "$late"
    await 10 test -e "$W/late.status" || fail 'sudo does not end'
    [ "$(cat "$W/late.status")" != 0 ] && [ ! -e "$W/late.in" ] || fail 'was let in'
    logged 'reason=local_helper user=bob service=sudo .*too late'
}

# ---- and after

# What bob's server grants is a token that the module accepts from a prompt, where nobody asks ThriveStack.
control() {
    bobs_config
    as bob thrivestack-credential token --fresh >"$W/forged" || fail "bob's server grants nothing"
    expect '' 'at a prompt' sh -c "pamtester prompted bob authenticate <$W/forged >$W/pamtester 2>&1"
}

own_endpoint() {
    bobs_config
    not_let_in 'own endpoint and CA' sudo true
    bobs_config "pinned_public_key = $(cat "$W/evil/server.pin")" 'verify_signature = no'
    not_let_in 'own pin' sudo true
    rm "$own/credential.conf"
    mkdir -p "$own/credential.conf.d"
    printf '%s\n' '[profile default]' "token_url = $evil_url" "ca_file = $W/evil.pem" >"$own/credential.conf.d/own.conf"
    give bob "$own/credential.conf.d/own.conf"
    not_let_in 'own credential.conf.d' sudo true
    rm -r "$own/credential.conf.d"
    bobs_config
}

# The proxy is bob's server: it would see a CONNECT.
own_proxy() {
    bobs_config "proxy = https://localhost:8701"
    not_let_in 'own proxy' sudo true
    not_let_in 'own proxy in the environment' env https_proxy=https://localhost:8701 ALL_PROXY=https://localhost:8701 sudo true
    bobs_config
}

own_environment() {
    mkdir -p "$home/bin" "$home/etc/thrivestack"
    printf '#!/bin/sh\ncat %s\n' "$W/forged" >"$home/bin/thrivestack-credential"
    cp "$home/bin/thrivestack-credential" "$home/bin/thrivestack-worker"
    cp "$own/credential.conf" "$home/etc/thrivestack"
    cp "$own/key.json" "$home/etc/thrivestack"
    printf 'void __attribute__((constructor)) loaded(void) { __builtin_trap(); }\n' |
        cc -shared -fPIC -x c -o "$home/trap.so" - || fail 'no compiler'
    chmod 755 "$home/bin"/*
    give bob "$home/etc/thrivestack/credential.conf"
    # shellcheck disable=SC2016 # The inner shell expands.
    not_let_in 'variables' env THRIVESTACK_CONFIG="$home/etc/thrivestack/credential.conf" THRIVESTACK_TOKEN_URL="$evil_url" \
        THRIVESTACK_CA_FILE="$W/evil.pem" THRIVESTACK_KEY_FILE="$own/key.json" THRIVESTACK_TOKEN_FILE="$W/forged" \
        THRIVESTACK_CACHE_DIR="$home/.cache/thrivestack" XDG_CONFIG_HOME="$home/etc" XDG_CACHE_HOME="$home/.cache" \
        XDG_RUNTIME_DIR="$home" HOME="$home" PATH="$home/bin:$PATH" GCONV_PATH="$home" LOCPATH="$home" \
        OPENSSL_CONF="$home/openssl.cnf" SSL_CERT_FILE="$W/evil.pem" CURL_CA_BUNDLE="$W/evil.pem" HOSTALIASES="$home/hosts" \
        sh -c 'LD_PRELOAD=$HOME/trap.so LD_AUDIT=$HOME/trap.so LD_LIBRARY_PATH=$HOME exec sudo true'
}

# bob's cache holds a token that his server granted just now.
own_cache() {
    as bob thrivestack-credential token >/dev/null || fail "bob's server grants nothing"
    [ -n "$(find "$home/.cache/thrivestack" -type f)" ] || fail 'nothing in the cache'
    not_let_in 'own cache' sudo true
}

# What bob's side of the pipe may say is up to bob, and does not matter.
own_key() {
    bobs_config "key_id = $(cat "$W/keys/bobs.id")" "key_command = cat $W/forged"
    not_let_in 'a token for a key' sudo true
    bobs_config "key_id = $(cat "$W/keys/bobs.id")" "key_command = cat $W/forged $own/key.json"
    not_let_in 'a token before the key' sudo true
    bobs_config "key_id = $(cat "$W/keys/bobs.id")" "key_command = head -c 300000 /dev/zero"
    not_let_in 'too much' sudo true
    bobs_config "key_id = $(cat "$W/keys/alices.id")" "key_file = $W/keys/bobs.pem"
    not_let_in "another's key id" sudo true
    bobs_config
}

limits() {
    for limit in '-n 8' '-n 16' '-v 60000' '-t 1' '-s 64'; do
        refused "ulimit $limit" as bob sh -c "ulimit $limit && exec sudo true"
    done
    not_let_in 'file size' sh -c 'ulimit -f 0 && exec sudo true'
    refused 'no new privileges' as bob setpriv --no-new-privs sudo true
    refused 'a user namespace' as bob unshare --user --map-root-user sudo -u alice true
}

# attacked WHAT: while bob's attacker is at it, sudo is refused; no attempt of the attacker's succeeded.
attacked() {
    rm -f "$W/tally"
    install -o bob -m 600 /dev/null "$W/tally"
    setpriv --reuid bob --regid bob --init-groups "$W/bin/attacker" "$(cat "$W/forged")" "$W/tally" &
    attacker=$!
    not_let_in "$1" sudo true
    kill "$attacker"
    wait "$attacker" || fail 'the attacker fails'
    for met in own other; do
        grep -q "^$met [1-9]" "$W/tally" || fail "$1: it met no process: $(tr '\n' ' ' <"$W/tally")"
    done
    [ "$(grep -vc -e '^own ' -e '^other ' -e ' 0$' "$W/tally")" = 0 ] || fail "$1: $(tr '\n' ' ' <"$W/tally")"
}

# The endpoint hangs, so there are seconds to put something in the place of its answer; the key is
# slow to come, so there are some for the run as bob, too.
attacked_processes() {
    host_config 'token_url = https://localhost:8700/fault/hang/api/user/token' 'timeout = 2s'
    bobs_config "key_id = $(cat "$W/keys/bobs.id")" "key_command = sleep 1; cat $own/key.json"
    attacked 'an attacker'
    host_config "token_url = $issuer_url"
    bobs_config
}

unreadable_programs() {
    for program in "$BIN/thrivestack-credential" "$PREFIX/libexec/thrivestack/thrivestack-worker" \
        "$PREFIX/libexec/thrivestack/thrivestack-prover"; do
        [ "$(stat -c '%a %u' "$program")" = '711 0' ] || fail "$program: $(stat -c '%a %u' "$program")"
        refused 'reading' as bob cat "$program"
    done
}

no_secret_left() {
    no_secret_in "$W/syslog"
    ! pgrep -f 'thrivestack-(credential|worker|prover)' || fail 'a helper outlives its caller'
}

set_up
run_case good_key_by_own_means good_key
stop_sudo
"$ISSUER" key revoke "$W/issuer" "$(cat "$W/keys/bobs.id")" || die 'the key cannot be revoked'
run_case forged_token_is_good_at_a_prompt control
run_case own_endpoint own_endpoint
run_case own_proxy own_proxy
run_case own_environment own_environment
run_case own_cache own_cache
run_case own_key own_key
run_case limits limits
run_case unreadable_programs unreadable_programs
run_case late_answer late_answer
run_case attacked_processes attacked_processes
run_case no_secret_left no_secret_left
finish
