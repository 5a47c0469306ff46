#!/bin/sh
# The people who do not use the product: whoever logs in by password or by public key, root, users
# without a key, cron, at, su, sudo and login. The stacks are Debian's, first with the recipe's lines for
# sshd, then with what pam-auth-update makes of the profile; each also with a broken policy, and with
# a run folder in which nothing can be written.
# usage: test-bystanders.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
# shellcheck source=tests/e2e/pages.sh
. "$SOURCE/pages.sh"

# ---- people: alice has a key, the others have none

set_up() {
    start_issuer
    api_key alices
    {
        printf '[service sshd]\nscopes = user_management\nmax_age = 5m\nsingle_use = yes\n\n'
        printf '[service sudo]\nscopes = user_management\nsource = local prompt\n\n'
        printf '[service login]\nscopes = user_management\n\n'
        key_section alices alice
    } >"$CONF/policy.conf"
    cp "$CONF/policy.conf" "$W/policy/good.conf"
    user alice 4001 alice-password
    user bob 4002 bob-password
    sed -i "s|^root:[^:]*:|root:$(openssl passwd -6 root-password):|" /etc/shadow
    echo 'bob ALL=(ALL:ALL) ALL' >>/etc/sudoers
    cp -a /var/spool "$W/spool" && mount --bind "$W/spool" /var/spool || die 'no spool of our own'
    debian_stacks
}

# Debian's own common stacks, without what this machine may have beside them, and with no delay after
# a failure.
debian_stacks() {
    mkdir -p "$W/pam-configs" "$W/var-lib-pam" "$W/stacks"
    cp /usr/share/pam-configs/unix "$W/pam-configs/unix" &&
        mount --bind "$W/pam-configs" /usr/share/pam-configs &&
        mount --bind "$W/var-lib-pam" /var/lib/pam || die 'no profiles of our own'
    DEBIAN_FRONTEND=noninteractive pam-auth-update --package --force >"$W/update.log" 2>&1 ||
        die 'pam-auth-update'
    no_delay
    cp -a /etc/pam.d/. "$W/stacks"
}

no_delay() {
    sed -i -e '/pam_unix\.so/s/\(^auth.*pam_unix\.so\)/\1 nodelay/' -e '/pam_faildelay/d' \
        /etc/pam.d/common-auth /etc/pam.d/login
}

# ---- a host that is in order, one with a broken policy, one with a full run folder

host_is_in() {
    cp "$W/policy/good.conf" "$CONF/policy.conf"
    ! mountpoint -q "$PREFIX/run" || umount "$PREFIX/run"
    case $1 in
    order) ;;
    disorder) echo '[service *' >>"$CONF/policy.conf" ;;
    want)
        mount -t tmpfs -o size=8k,mode=755 none "$PREFIX/run" || fail 'no small file system'
        cat /dev/zero >"$PREFIX/run/filler" 2>/dev/null
        ! mkdir "$PREFIX/run/more" 2>/dev/null || ! echo x >"$PREFIX/run/more/file" 2>/dev/null ||
            fail 'the run folder is not full'
        ;;
    esac
}

# ---- ssh

# Answers the token's prompt with TOKEN, from the character asked for, and the password's with
# PASSWORD: what a person does who has the one or the other.
make_askpass() {
    cat >"$W/bin/person" <<'END'
#!/bin/sh
case $1 in
*'from character '*)
    from=${1##*from character }
    printf '%s\n' "${TOKEN:-}" | cut -c "${from%%[!0-9]*}-"
    ;;
*'token: '*) printf '%s\n' "${TOKEN:-}" | cut -c 1-500 ;;
*assword*) printf '%s\n' "${PASSWORD:-}" ;;
*) exit 1 ;;
esac
END
    chmod 755 "$W/bin/person"
}

set_up_ssh() {
    make_askpass
    ssh-keygen -q -t ed25519 -N '' -f "$W/login-key" && ssh-keygen -A >"$W/ssh-keygen.log" || die 'no keys'
    for home in "$W/home/alice" "$W/home/bob" "$W/home/root"; do
        mkdir -m 700 "$home/.ssh" && cp "$W/login-key.pub" "$home/.ssh/authorized_keys" &&
            chown -R --reference="$home" "$home/.ssh" || die 'no authorized_keys'
    done
    chown bob "$W/login-key"
    printf '* %s\n' "$(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" >"$W/known_hosts"
    printf '#!/bin/sh\ntrue\n' >"$W/bin/systemctl"
    chmod 755 "$W/bin/systemctl"
    printf '%s\n' 'PermitRootLogin yes' 'PasswordAuthentication yes' 'UsePAM yes' 'MaxStartups 100' \
        >/etc/ssh/sshd_config.d/0-test.conf
    if /usr/sbin/sshd -V 2>&1 | grep -q 'OpenSSH_1[0-9]'; then
        echo 'PerSourcePenalties no' >>/etc/ssh/sshd_config.d/0-test.conf
    fi
    ln -s "$BIN/thrivestack-credential" "$W/bin/thrivestack-credential"
    scan "$W/blocks" "$(page_file sshd)" >"$W/scan"
    ln -s "$BIN/thrivestack-credential" "$W/bin"
    (run_block on_host sshd) || die "the block sshd: $(cat "$W/why")"
    sed -i "s|pam_thrivestack.so|$MODULE|" /etc/pam.d/sshd
    /usr/sbin/sshd -D -p 2201 -o ListenAddress=127.0.0.1 -E "$W/sshd.log" &
    await 10 port_is_open 2201 || die 'no sshd'
}

# ssh_as ACCOUNT METHODS [VARIABLE=VALUE]...: prints the name of who is logged in.
ssh_as() {
    account=$1
    methods=$2
    shift 2
    as bob env SSH_ASKPASS="$W/bin/person" SSH_ASKPASS_REQUIRE=force "$@" ssh -F none -p 2201 \
        -o UserKnownHostsFile="$W/known_hosts" -o GlobalKnownHostsFile=none -o IdentityFile="$key" \
        -o IdentitiesOnly=yes -o NumberOfPasswordPrompts=1 -o PreferredAuthentications="$methods" \
        "$account@127.0.0.1" id -un
}

key=none
every_method=publickey,keyboard-interactive,password

passwords() {
    for account in root bob; do
        for methods in keyboard-interactive password "$every_method"; do
            expect "$account" "$account by $methods" ssh_as "$account" "$methods" PASSWORD="$account-password"
        done
    done
}

wrong_passwords() {
    for account in root bob nosuch; do
        refused "$account, a wrong password" ssh_as "$account" "$every_method" PASSWORD=wrong
    done
}

public_keys() {
    key=$W/login-key
    for account in root bob alice; do
        expect "$account" "$account by public key" ssh_as "$account" publickey
        expect "$account" "$account as ssh comes" ssh_as "$account" "$every_method"
    done
}

# Tokens of one second and life are the same bytes, and each opens one login only.
new_token() {
    lives=$((lives + 1))
    token=$(sign alices --exp "$(($(date +%s) + lives))")
}

# whoever has a key: by token, and by nothing else
token_users() {
    lives=600
    new_token
    expect alice 'a token' ssh_as alice keyboard-interactive TOKEN="$token"
    new_token
    expect alice 'a token as ssh comes' ssh_as alice "$every_method" TOKEN="$token"
    new_token
    expect alice 'a token by the method password' ssh_as alice password PASSWORD="$token"
    refused 'the password' ssh_as alice keyboard-interactive PASSWORD=alice-password
    refused 'the password by the method password' ssh_as alice password PASSWORD=alice-password
}

ssh_in_order() {
    host_is_in order
    passwords
    wrong_passwords
    token_users
}

# The recipe's lines let nobody in by PAM where the policy is broken, and say so; a public key still does.
ssh_in_disorder() {
    host_is_in disorder
    refused 'a token' ssh_as alice keyboard-interactive TOKEN="$(sign alices)"
    public_keys
}

# Nobody is kept out; a token's session has no file.
ssh_in_want() {
    host_is_in want
    passwords
    public_keys
    expect alice 'a token' ssh_as alice keyboard-interactive TOKEN="$(sign alices)"
    logged 'has no token file'
}

set_up
set_up_ssh
run_case sshd_passwords_and_tokens ssh_in_order
run_case sshd_public_keys public_keys
run_case sshd_broken_policy ssh_in_disorder
run_case sshd_full_run_folder ssh_in_want
host_is_in order

# ---- Debian's common stacks with the profile in them, as pam-auth-update makes them

profile() {
    cp -a "$W/stacks/." /etc/pam.d
    cp "$W/packaging/pam-configs/thrivestack" "$W/pam-configs"
    DEBIAN_FRONTEND=noninteractive pam-auth-update --package --enable thrivestack || fail 'pam-auth-update'
    for line in auth session; do
        grep -q "^$line.*pam_thrivestack.so" "/etc/pam.d/common-$line" || fail "no $line line"
    done
    sed -i "s|pam_thrivestack.so|$MODULE|" /etc/pam.d/common-*
    no_delay
}

# cron runs @reboot jobs when it starts, so nobody waits for the next minute.
cron_jobs() {
    rm -rf "$W/jobs" /run/crond.reboot
    install -d -m 1777 "$W/jobs"
    for account in root bob; do
        echo "@reboot id -un >$W/jobs/$account" >"/var/spool/cron/crontabs/$account"
        chown "$account:crontab" "/var/spool/cron/crontabs/$account"
        chmod 600 "/var/spool/cron/crontabs/$account"
    done
    cron -f &
    cron_pid=$!
    for account in root bob; do
        await 10 test -s "$W/jobs/$account" || cron_fail "no job of $account"
        [ "$(cat "$W/jobs/$account")" = "$account" ] || cron_fail "$account has another name"
    done
    kill "$cron_pid"
}

cron_fail() {
    kill "$cron_pid"
    fail "$*"
}

at_jobs() {
    rm -rf "$W/jobs" /run/atd.pid
    install -d -m 1777 "$W/jobs"
    atd -f &
    at_pid=$!
    await 10 test -s /run/atd.pid || at_fail 'no atd'
    for account in root bob; do
        job="echo 'id -un >$W/jobs/$account' | at -q a now"
        if [ "$account" = root ]; then sh -c "$job"; else as "$account" sh -c "$job"; fi ||
            at_fail "$account has no job"
        await 10 test -s "$W/jobs/$account" || at_fail "no job of $account"
        [ "$(cat "$W/jobs/$account")" = "$account" ] || at_fail "$account has another name"
    done
    kill "$at_pid"
}

at_fail() {
    kill "$at_pid"
    fail "$*"
}

# by_password PASSWORD COMMAND...: bob runs it, and types that.
by_password() {
    echo "$1" >"$W/typed"
    shift
    as bob "$@" <"$W/typed"
}

su_and_sudo() {
    expect bob 'su by root' su bob -c 'id -un'
    expect bob 'su - by root' su - bob -c 'id -un'
    expect bob 'runuser' runuser -u bob -- id -un
    expect root 'su' by_password root-password su -c 'id -un'
    expect alice 'su to who has a key' by_password alice-password su alice -c 'id -un'
    refused 'su, a wrong password' by_password bob-password su -c 'id -un'
    expect root 'sudo' by_password bob-password sudo -S -p '' id -un
    expect root 'sudo -i' by_password bob-password sudo -i -S -p '' id -un
    expect root 'sudo of root' sudo id -un
    refused 'sudo, a wrong password' by_password wrong sudo -S -p '' id -un
}

# console WHAT [ANSWER]: login on a terminal; WHAT are its arguments, ANSWER goes to the password's
# prompt and an empty one to a token's, where there is one; what is shown goes to $W/screen.
console() {
    rm -f "$W/keyboard"
    mkfifo "$W/keyboard"
    : >"$W/screen"
    timeout 30 script -qfc "login $1" "$W/screen" <"$W/keyboard" >/dev/null 2>&1 &
    exec 6>"$W/keyboard"
    if [ -n "${2:-}" ]; then
        await 10 grep -q -e 'Password: ' -e 'ThriveStack token: ' "$W/screen" || fail "login $1: no prompt"
        grep -q 'Password: ' "$W/screen" || echo >&6
        await 10 grep -q 'Password: ' "$W/screen" || fail "login $1: no prompt: $(tail -n 2 "$W/screen" | tr '\r\n' '  ')"
        echo "$2" >&6
    fi
    await 10 grep -q '[$#] $' "$W/screen" || fail "login $1: no shell: $(tail -n 2 "$W/screen" | tr '\r\n' '  ')"
    echo 'stty -echo; echo "I am $(id -un)."; exit' >&6
    await 10 grep -q '^I am .*[.]' "$W/screen" || fail "login $1: no answer"
    exec 6>&-
    wait "$!"
}

logins() {
    for account in root bob; do
        for arguments in "$account" "-f $account"; do
            password=$account-password
            [ "$arguments" = "$account" ] || password=
            console "$arguments" "$password"
            grep -q "^I am ${account}[.]" "$W/screen" || fail "login $arguments: another user"
        done
    done
}

ssh_by_profile() {
    passwords
    wrong_passwords
    public_keys
}

# try NAME CASE...: each case on a host in every state.
try_profile() {
    for state in order disorder want; do
        host_is_in "$state"
        for case in "$@"; do
            run_case "profile_${case}_$state" "$case"
        done
    done
    host_is_in order
}

run_case profile profile
try_profile cron_jobs at_jobs su_and_sudo logins ssh_by_profile
finish
