# shellcheck shell=sh disable=SC2034,SC2154 # lib.sh and the callers set and use what looks unset or unused.
# Sourced after lib.sh by the scripts that try one server's page (packaging/recipes/NAME.md) with the real
# program on loopback. `recipes` and `service` are set before:
#
#     need_server PROGRAM         ends the script where that is not installed
#     set_up_host                 alice and carol have a key each for $service, bob has none; the product is
#                                 where pages expect it
#     systemctl_does COMMAND...   what `systemctl restart|reload ANY` stands for
#     try_server FUNCTION...      runs each as a case, then `covered` of pages.sh, and ends the script; `tokens` is
#                                 what tokens open and what not, with the lines of the log
#
# The script defines `ask USER PASSWORD`, which prints nothing. It succeeds where the program lets that user
# in, and fails where it refuses; its status is 124, 126 or 127 where it could not be tried (see `refused`).
# `curl_as` and `keeps_passwords` serve several of them.

# shellcheck source=tests/e2e/pages.sh
. "$SOURCE/pages.sh"

need_server() {
    [ -x "$1" ] || skip_rest "$service" "$1 is not installed; \`sh tests/run all\` installs it"
}

# As after README's five minutes.
set_up_host() {
    "$ISSUER" init "$W/issuer" && cp "$W/issuer/ca.pem" "$W/ca.pem" || die 'no folder for the issuer'
    api_key carols
    api_key alices
    {
        printf '[service %s]\nscopes = user_management\n\n' "$service"
        key_section carols carol "services = $service" 'scopes = user_management'
        key_section alices alice "services = $service" 'scopes = user_management telemetry_apis'
    } >"$CONF/policy.conf"
    user alice 4001 alice-password
    user bob 4002 bob-password
    user carol 4003 carol-password
    install_module
    # No delay after a failure.
    sed -i 's/^\(auth.*pam_unix\.so\)/\1 nodelay/' /etc/pam.d/common-auth
    mkdir -p /etc/thrivestack && mount --bind "$CONF" /etc/thrivestack || die 'no /etc/thrivestack'
    ln -s "$BIN/thrivestack-credential" "$W/bin/thrivestack-credential"
    systemctl_does true
}

systemctl_does() {
    printf '#!/bin/sh\nexec %s\n' "$*" >"$W/bin/systemctl"
    chmod 755 "$W/bin/systemctl"
}

# expired: a token of alice's that has run out.
expired() {
    now=$(date +%s)
    sign alices --iat $((now - 7200)) --exp $((now - 3600))
}

is_denied() {
    refused "$1" ask alice "$3"
    logged "result=denied reason=$2 user=alice service=$service "
}

tokens() {
    ask alice "$(sign alices)" || fail 'the right token'
    logged "result=accepted reason=ok user=alice service=$service "
    is_denied 'a token of another scope' scope_missing "$(sign alices --aud telemetry_apis)"
    is_denied 'an expired token' expired "$(expired)"
    is_denied 'junk' token_malformed "$(printf 'junk%.0s' $(seq 100))"
    is_denied "another user's token" user "$(sign carols)"
    refused "a token for a user without a key" ask bob "$(sign alices)"
}

# passes BYTES: the program passes a password of that length on as it is, and the module refuses it.
passes() {
    long=$(head -c "$1" /dev/zero | tr '\0' x)
    is_denied "$1 characters" token_malformed "$long"
}

# keeps_back BYTES: the program refuses passwords of that length, and does not ask the module.
keeps_back() {
    long=$(head -c "$1" /dev/zero | tr '\0' x)
    log_from=$(wc -c <"$W/syslog")
    refused "$1 characters" ask alice "$long"
    ! log_has "service=$service " || fail "$1 characters: the module was asked"
}

# curl_as user|proxy-user USER PASSWORD OPTION...: what curl gets with that login is in $W/page.
curl_as() {
    login=$(printf '%s = "%s:%s"' "$1" "$2" "$3")
    shift 3
    printf '%s\n' "$login" | curl -s --max-time 20 -K - -o "$W/page" "$@"
}

# While the policy is broken, who has no key gets in by password.
keeps_passwords() {
    cp "$CONF/policy.conf" "$W/policy.conf"
    echo '[service' >>"$CONF/policy.conf"
    ask bob bob-password || fail 'by password, while the policy is broken'
    cp "$W/policy.conf" "$CONF/policy.conf"
}

try_server() {
    for name in "$@" covered; do
        run_case "$name" "$name"
    done
    finish
}
