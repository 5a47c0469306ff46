#!/bin/sh
# The last part of tests/demo: a laptop and a host, with the real ssh, sshd and sudo, in namespaces that
# are gone afterwards. The laptop is alice with the home folder that has the API key; the host is
# build.example.com, where alice has an account and no key.
# usage: demo-machines.sh PREFIX ISSUER BUILDDIR [shell]
# Reads step_number, the number of the step before. With `shell`, it ends in a shell on the laptop, whose
# input is descriptor 3.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/steps.sh
. "$(dirname "$0")/../steps.sh"
e2e_enter "$@"
trap 'status=$?; [ "$status" = 0 ] || { printf "\nStep %s FAILED.\n" "$step_number"; tail -n 20 "$W/log.txt"; } >&2' EXIT
set -e

# ---- the two machines

set_up_machines() {
    start_issuer
    printf '[profile default]\ntoken_url = %s\nca_file = %s\n' "$issuer_url" "$W/ca.pem" >"$CONF/credential.conf"
    user alice 4001 alice-password
    echo 'alice ALL=(ALL:ALL) ALL' >>/etc/sudoers
    echo '127.0.0.3 build.example.com build' >>/etc/hosts
    install -d -o alice -g alice -m 700 "$W/laptop" "$W/laptop/.ssh" "$W/laptop/Downloads" "$W/laptop-run"
    "$ISSUER" key new "$W/issuer" --name laptop --expires 2030-12-31 --rotation 90d --out "$W/key.json" >"$W/key.id"
    install -o alice -g alice -m 600 "$W/key.json" "$W/laptop/Downloads/key.json"
    install_module
    rm -f /etc/ssh/ssh_host_*
    ssh-keygen -A >"$W/log.txt"
    sed 's/^/build.example.com /' /etc/ssh/ssh_host_ed25519_key.pub >"$W/laptop/.ssh/known_hosts"
    chown alice:alice "$W/laptop/.ssh/known_hosts"
    [ -e /etc/ssh/sshd_config ] || printf 'Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n' >/etc/ssh/sshd_config
}

# on_laptop COMMAND...: as alice, with that home folder.
on_laptop() {
    unshare --mount --propagation private sh -c 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"' \
        sh "$W/laptop" "$W/home/alice" setpriv --reuid alice --regid alice --init-groups \
        env -i HOME="$W/home/alice" USER=alice LOGNAME=alice SHELL=/bin/sh LC_ALL=C TERM="${TERM:-dumb}" \
        PS1='alice@laptop $ ' ENV="${ENV-}" XDG_RUNTIME_DIR="$W/laptop-run" SSH_ASKPASS="$BIN/thrivestack-askpass" \
        SSH_ASKPASS_REQUIRE=force PATH="$BIN:/usr/local/bin:/usr/bin:/bin" "$@"
}

# laptop COMMAND, host COMMAND: a line for the shell, shown and run.
laptop() {
    prompt='alice@laptop $'
    show "$*"
    on_laptop sh -c "$*" >"$W/log.txt" 2>&1 && code=0 || code=$?
    shorten <"$W/log.txt"
    return "$code"
}
host() {
    prompt='root@build #'
    show "$*"
    env PATH="$BIN:$PATH" sh -c "$*" >"$W/log.txt" 2>&1 && code=0 || code=$?
    shorten <"$W/log.txt"
    return "$code"
}

set_up_machines

# ---- what is shown

step 'The laptop: one command imports the key, tries it, and sets ssh up for the host.'
laptop 'thrivestack-credential init --scope user_management --key ~/Downloads/key.json --ssh build.example.com --yes'

step 'The host: what sshd and sudo demand, in policy.conf.'
cat >"$CONF/policy.conf" <<'END'
[service sshd]
scopes     = user_management
bound_to   = build.example.com
single_use = yes

[service sudo]
scopes = user_management
source = local prompt
END
host "cat $CONF/policy.conf"

step 'The host trusts the public half of the key: for alice, in sshd and sudo.'
on_laptop thrivestack-credential key public --users alice --services 'sshd sudo' >"$W/section"
prompt='alice@laptop $'
show 'thrivestack-credential key public --users alice --services "sshd sudo" | ssh root@build.example.com thrivestack-credential policy add'
"$BIN/thrivestack-credential" policy add <"$W/section" | indent

step 'The host: sshd and sudo accept tokens. Each change is tried in a simulator first.'
host thrivestack-credential host enable sshd sudo --yes
/usr/sbin/sshd

step 'ssh from the laptop to the host. Nobody types anything, and no password is stored.'
laptop 'ssh alice@build.example.com "id -un; ls -l \$THRIVESTACK_TOKEN_FILE"'
grep -qx alice "$W/log.txt"

step 'sudo on the laptop, where the key is: it fetches a token and asks nothing.'
laptop sudo id -un
grep -qx root "$W/log.txt"

step 'What the host has logged: one line for each decision.'
prompt='root@build #'
show 'grep pam_thrivestack /var/log/auth.log'
grep -o 'pam_thrivestack([a-z]*:auth): result=.*' "$W/syslog" | tail -n 2 | cut -c 1-150 | indent

if [ "${4-}" = shell ]; then
    cat <<END

A shell on the laptop, as alice. The key is imported; sshd on build.example.com and sudo accept tokens. Try:

    thrivestack-credential status
    ssh build.example.com                                   a session, with the login's token in it
    sudo id -un                                             root, without a password
    printf 'protocol=https\nhost=git.example.com\n\n' | git-credential-thrivestack get
    thrivestack-credential setup git git.example.com        and then once more what git asks
    thrivestack-credential token --for build.example.com |
        thrivestack-credential explain --service sshd --user alice --policy $CONF/policy.conf
    sudo thrivestack-credential host status                 (the full path: $BIN)
    sudo thrivestack-credential host disable --all
    thrivestack-credential init --remove

The way out is 'exit' or ^D; nothing of it is left then.
END
    ENV=
    on_laptop script -q -c 'sh -i' /dev/null <&3 || true
    exit 0
fi

step 'The host stops trusting the key: the next login is refused.'
host "thrivestack-credential policy remove $(cat "$W/key.id")"
code=0
laptop 'ssh -o NumberOfPasswordPrompts=1 alice@build.example.com id -un' || code=$?
[ "$code" != 0 ]
