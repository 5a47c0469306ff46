#!/bin/sh
# `host enable` and `host disable` on the stacks of this machine and on stacks that people write: who
# keeps their way in, what is refused, and that a file is the old one or the new one.
# usage: test-host.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"

host() {
    "$BIN/thrivestack-credential" host "$@"
}

set_up() {
    alice_with_key
    cp -a /etc/pam.d "$W/before"
    rm -f "$W/before"/*.thrivestack-backup
    install_module
}

reset() {
    rm -rf /etc/pam.d/* /etc/ssh/sshd_config.d/*
    cp -a "$W/before/." /etc/pam.d
}

same_as_before() {
    diff -r "$W/before" /etc/pam.d || fail "$1: /etc/pam.d is not as it was"
}

# ---- what comes back

every_stack_comes_back() {
    reset
    count=0
    for file in "$W/before"/*; do
        service=${file##*/}
        if host enable "$service" --yes; then
            count=$((count + 1))
        else
            cmp -s "$file" "/etc/pam.d/$service" || fail "$service: refused, and changed"
            continue
        fi
        host enable "$service" --yes 2>&1 | grep -q 'nothing needs to change' ||
            fail "$service: a second run changes it again"
        host disable "$service" --yes || fail "$service: disable"
        cmp "$file" "/etc/pam.d/$service" || fail "$service: not as it was"
    done
    [ "$count" -ge 5 ] || fail "only $count services could be enabled"
    same_as_before 'at the end'
}

a_dry_run_changes_nothing() {
    reset
    host enable sudo --dry-run 2>"$W/said" || fail "status $?"
    grep -q 'auth sufficient pam_thrivestack.so' "$W/said" || fail 'it does not say what it would do'
    same_as_before 'a dry run'
    refused 'without a terminal and without --yes' setsid "$BIN/thrivestack-credential" host enable sudo
    same_as_before 'no answer'
}

# ---- who gets in

# login SERVICE USER ANSWER...: what pamtester says of authenticate.
login() {
    service_name=$1
    account=$2
    shift 2
    printf '%s\n' "$@" | timeout 20 pamtester "$service_name" "$account" authenticate
}

password_and_token_both_work() {
    reset
    for service in login sudo; do
        host enable "$service" --yes || fail "enable $service"
        login "$service" bob bob-password || fail "$service: a user without a key, by password"
        login "$service" alice "$(sign alices)" || fail "$service: a user with a key, by token"
        login "$service" alice '' alice-password || fail "$service: a user with a key, by password"
        refused "$service: a wrong password" login "$service" bob wrong
        echo '[service' >>"$CONF/policy.conf"
        login "$service" bob bob-password || fail "$service: by password, the policy being broken"
        sed -i '$d' "$CONF/policy.conf"
        host disable "$service" --yes || fail "disable $service"
    done
    same_as_before 'at the end'
}

sshd_takes_tokens_only_of_those_with_a_key() {
    reset
    host enable sshd --yes || fail 'enable sshd'
    login sshd bob bob-password || fail 'a user without a key, by password'
    login sshd alice "$(sign alices)" || fail 'a user with a key, by token'
    refused 'a user with a key, by password' login sshd alice '' alice-password
    /usr/sbin/sshd -T 2>/dev/null | grep -qx 'kbdinteractiveauthentication yes' ||
        fail 'sshd does not ask by keyboard-interactive'
    host status >"$W/said" || fail "status $?"
    grep -q '^sshd .*sshd:[0-9]*: tokens for users with a key' "$W/said" || fail "host status: $(cat "$W/said")"
    host status --json | jq -e '.services[] | select(.service == "sshd") | .sound' ||
        fail 'host status --json'
    host disable sshd --yes || fail 'disable sshd'
    [ -d /etc/ssh/sshd_config.d ] && [ -z "$(ls /etc/ssh/sshd_config.d)" ] ||
        fail 'the file for sshd is left, or its folder is gone'
    same_as_before 'at the end'
}

# ---- what is refused

# refuses NAME PATTERN: the stack on standard input is left as it is, with that message.
refuses() {
    cat >/etc/pam.d/custom
    cp /etc/pam.d/custom "$W/custom"
    status=0
    host enable custom --yes 2>"$W/said" || status=$?
    [ "$status" = 78 ] || fail "$1: status $status instead of 78"
    grep -Eq -- "$2" "$W/said" || fail "$1: $(cat "$W/said")"
    [ "$(wc -l <"$W/said")" = 1 ] || fail "$1: more than one line"
    cmp "$W/custom" /etc/pam.d/custom || fail "$1: refused, and changed"
    [ ! -e /etc/pam.d/custom.thrivestack-backup ] || fail "$1: a backup is left"
}

refuses_what_would_do_harm() {
    reset
    refuses a_line_of_ours_in_another_form 'custom:1: the module is named here already' <<'END'
auth required pam_thrivestack.so debug
@include common-auth
END
    refuses a_jump_over_it 'custom:3: a line above jumps over this one' <<'END'
auth [success=2 default=ignore] pam_succeed_if.so uid = 0
auth required pam_nologin.so
auth required pam_unix.so
auth required pam_permit.so
END
    refuses an_unknown_module 'custom:1: it is not known whether pam_custom.so checks a secret' <<'END'
auth required pam_custom.so
@include common-auth
END
    refuses a_missing_include 'custom:1: .*the file that is included does not exist' <<'END'
@include nothing
END
    refuses a_stack_that_takes_everybody 'get in without a token|not let anybody in' <<'END'
auth sufficient pam_permit.so
auth required pam_unix.so
END
    refuses a_second_secret 'pass over pam_google_authenticator.so \(custom:[0-9]*\)' <<'END'
@include common-auth
auth required pam_google_authenticator.so
END
    refuses a_second_secret_of_several 'pass over pam_oath.so \(custom:4\)' <<'END'
auth [success=2 default=ignore] pam_unix.so
auth [success=1 default=ignore] pam_sss.so
auth requisite pam_deny.so
auth required pam_oath.so
END
    refuses a_gate_behind_it 'pass over pam_shells.so \(custom:2\)' <<'END'
@include common-auth
auth required pam_shells.so
END
    printf '@include common-auth' >"$W/no-newline"
    refuses no_final_newline 'last line has no newline' <"$W/no-newline"
}

refuses_a_service_without_a_file() {
    reset
    status=0
    host enable nothing --yes 2>"$W/said" || status=$?
    [ "$status" = 78 ] && grep -q "there is no /etc/pam.d/nothing: 'host enable nothing --tokens-only'" "$W/said" || fail "$status $(cat "$W/said")"
    for name in ../shadow common-auth '' 'a b' sshd.thrivestack-backup; do
        status=0
        host enable "$name" --yes 2>"$W/said" || status=$?
        [ "$status" = 64 ] || fail "'$name': status $status"
    done
    same_as_before 'no service'
}

makes_and_removes_a_stack_for_tokens_alone() {
    reset
    host enable web wiki --tokens-only --yes || fail "status $?"
    expect '644 root' 'mode and owner' stat -c '%a %U' /etc/pam.d/web
    login web alice "$(sign alices)" || fail 'by token'
    refused 'by password' login web bob bob-password
    host enable web wiki --tokens-only --yes 2>&1 | grep -q 'nothing needs to change' || fail 'a second run'
    host enable web --yes 2>&1 | grep -q 'nothing needs to change' || fail 'a second run without the option'
    host status | grep -q '^web .*tokens only' || fail "$(host status)"
    host disable web --yes && host disable wiki --yes || fail 'disable'
    same_as_before 'for tokens alone'
    status=0
    host enable sudo --tokens-only --yes 2>"$W/said" || status=$?
    [ "$status" = 78 ] && grep -q 'replaces none' "$W/said" || fail "a stack that is there: $status $(cat "$W/said")"
    refused 'no service' host enable ../web --tokens-only --yes
    same_as_before 'refused'
}

# Cockpit's stack refuses some people behind the password: a token must not pass over that.
takes_a_token_instead_of_the_password() {
    reset
    echo root >"$W/denied"
    cat >/etc/pam.d/cockpit <<END
auth required pam_sepermit.so
auth substack common-auth
auth required pam_listfile.so item=user sense=deny file=$W/denied onerr=succeed
account required pam_permit.so
END
    cp /etc/pam.d/cockpit "$W/cockpit"
    host enable cockpit --yes || fail "status $?"
    login cockpit alice "$(sign alices)" || fail 'by token'
    login cockpit bob bob-password || fail 'by password'
    echo alice >>"$W/denied"
    refused 'by token, and not allowed' login cockpit alice "$(sign alices)"
    refused 'by password, and not allowed' login cockpit alice '' alice-password
    host disable cockpit --yes || fail 'disable'
    cmp "$W/cockpit" /etc/pam.d/cockpit || fail 'not as it was'
}

warns_of_programs_that_cut_tokens() {
    reset
    printf '@include common-auth\n' >/etc/pam.d/vsftpd
    host enable vsftpd --dry-run 2>"$W/said" || fail "status $?"
    grep -q '128 characters at most, .*; use sftp' "$W/said" || fail "$(cat "$W/said")"
    host enable cups --tokens-only --dry-run 2>"$W/said" || fail "status $?"
    grep -q '256 characters at most, .*; use Kerberos' "$W/said" || fail "$(cat "$W/said")"
    host enable sudo --dry-run 2>"$W/said" || fail "status $?"
    ! grep -q Warning "$W/said" || fail "$(cat "$W/said")"
}

takes_a_service_that_is_named_twice() {
    reset
    host enable sudo sudo-i sudo --yes || fail "status $?"
    expect 1 'lines in sudo' grep -c '^auth .*pam_thrivestack' /etc/pam.d/sudo
    expect 1 'lines in sudo-i' grep -c '^auth .*pam_thrivestack' /etc/pam.d/sudo-i
    host disable sudo sudo-i --yes || fail 'disable'
    same_as_before 'named twice'
}

keeps_the_group_of_a_file() {
    reset
    chgrp daemon /etc/pam.d/sudo && chmod 640 /etc/pam.d/sudo
    host enable sudo --yes || fail "status $?"
    expect 'daemon 640' 'group and mode' stat -c '%G %a' /etc/pam.d/sudo
    host disable sudo --yes || fail 'disable'
    expect 'daemon 640' 'group and mode afterwards' stat -c '%G %a' /etc/pam.d/sudo
}

keeps_a_link_and_changes_what_it_leads_to() {
    reset
    mv /etc/pam.d/sudo /etc/pam.d/real-sudo
    ln -s real-sudo /etc/pam.d/sudo
    host enable sudo --yes || fail "status $?"
    [ -L /etc/pam.d/sudo ] || fail 'the link is gone'
    grep -q pam_thrivestack /etc/pam.d/real-sudo || fail 'the file is as it was'
    host disable sudo --yes || fail 'disable'
    cmp "$W/before/sudo" /etc/pam.d/real-sudo || fail 'not as it was'
}

changes_nothing_where_etc_is_read_only() (
    reset
    mount --bind /etc/pam.d /etc/pam.d && mount -o remount,ro,bind /etc/pam.d || fail 'no mount'
    status=0
    host enable sudo --yes 2>"$W/said" || status=$?
    umount /etc/pam.d
    [ "$status" = 78 ] || fail "status $status: $(cat "$W/said")"
    grep -q 'nothing was changed\|Read-only' "$W/said" || fail "$(cat "$W/said")"
    same_as_before 'read-only'
)

undoes_all_where_sshd_does_not_agree() {
    reset
    echo 'KbdInteractiveAuthentication no' >/etc/ssh/sshd_config.d/0-first.conf
    status=0
    host enable sshd --yes 2>"$W/said" || status=$?
    [ "$status" = 78 ] || fail "status $status"
    grep -q 'nothing was changed: another file sets' "$W/said" || fail "$(cat "$W/said")"
    [ "$(ls /etc/ssh/sshd_config.d)" = 0-first.conf ] || fail 'the file for sshd is left'
    same_as_before 'undone'
}

# refuses_sshd WHAT TEXT LINE...: with these lines in a file for sshd.
refuses_sshd() {
    what=$1
    text=$2
    shift 2
    reset
    printf '%s\n' "$@" >/etc/ssh/sshd_config.d/0-first.conf
    status=0
    host enable sshd --yes 2>"$W/said" || status=$?
    [ "$status" = 78 ] && grep -qF "$text" "$W/said" || fail "$what: status $status: $(cat "$W/said")"
    [ "$(ls /etc/ssh/sshd_config.d)" = 0-first.conf ] || fail "$what: there is a file for sshd"
    same_as_before "$what"
}

# Where sshd takes public keys alone, a prompt for tokens would be one for passwords, too.
lets_no_password_in_where_sshd_takes_none() {
    refuses_sshd 'no passwords' "sshd has 'PasswordAuthentication no', but" 'PasswordAuthentication no'
    refuses_sshd 'no passwords for a group' "'Match Group root' (/etc/ssh/sshd_config.d/0-first.conf:1) has" \
        'Match Group root' 'PasswordAuthentication no'
    printf '%s\n' 'UsePAM yes' 'KbdInteractiveAuthentication yes' 'PasswordAuthentication no' \
        >/etc/ssh/sshd_config.d/0-first.conf
    host enable sshd --yes || fail 'refused, although keyboard-interactive is on'
    reset
    printf '%s\n' 'Match Group root' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no' \
        >/etc/ssh/sshd_config.d/0-first.conf
    host enable sshd --yes >"$W/said" || fail 'refused, although the block has no prompts'
    grep -q "^'Match Group root' .* offers no keyboard-interactive" "$W/said" || fail "not said: $(cat "$W/said")"
    /usr/sbin/sshd -T -C user=root,host=localhost,addr=127.0.0.1 2>/dev/null | grep -qx 'kbdinteractiveauthentication no' ||
        fail 'the block no longer holds'
}

keeps_passwords_where_there_is_no_policy() {
    reset
    mv "$CONF/policy.conf" "$W/policy.conf"
    status=0
    host enable sshd --yes 2>"$W/said" || status=$?
    login sshd bob bob-password && works=yes || works=no
    mv "$W/policy.conf" "$CONF/policy.conf"
    [ "$works" = yes ] || fail 'nobody gets in by password any more'
    [ "$status" = 78 ] && grep -q 'nobody would get in before this is correct: .*policy.conf' "$W/said" ||
        fail "status $status: $(cat "$W/said")"
    same_as_before 'no policy'
}

keeps_passwords_where_sshd_says_nothing() {
    reset
    echo 'NoSuchSetting yes' >/etc/ssh/sshd_config.d/0-first.conf
    status=0
    host enable sshd --yes 2>"$W/said" || status=$?
    [ "$status" = 78 ] && grep -q 'sshd does not print its settings' "$W/said" ||
        fail "status $status: $(cat "$W/said")"
    same_as_before 'sshd says nothing'
}

keeps_what_was_edited_by_hand() {
    reset
    host enable sudo --yes || fail 'enable'
    sed -i 's/^auth sufficient pam_thrivestack.so/& debug/' /etc/pam.d/sudo
    host disable sudo --yes >"$W/said" || fail 'disable'
    grep -q '/etc/pam.d/sudo:[0-9]* still names the module' "$W/said" || fail "$(cat "$W/said")"
    grep -q 'pam_thrivestack.so debug' /etc/pam.d/sudo || fail 'the line is gone'
}

disables_every_service() {
    reset
    host enable sudo su sshd --yes || fail 'enable'
    host disable --all --yes || fail 'disable'
    same_as_before 'all disabled'
    [ -z "$(ls /etc/ssh/sshd_config.d)" ] || fail 'the drop-in is left'
    host disable --all --yes | grep -q 'nothing needs to change' || fail 'again'
    for words in 'enable --all' 'enable --all sudo' 'disable --all sudo'; do
        status=0
        # shellcheck disable=SC2086 # Words are wanted.
        host $words --yes >"$W/said" 2>&1 || status=$?
        [ "$status" = 64 ] || fail "$words: status $status"
    done
}

set_up
for name in every_stack_comes_back a_dry_run_changes_nothing password_and_token_both_work \
    sshd_takes_tokens_only_of_those_with_a_key refuses_what_would_do_harm \
    refuses_a_service_without_a_file keeps_a_link_and_changes_what_it_leads_to \
    changes_nothing_where_etc_is_read_only undoes_all_where_sshd_does_not_agree \
    lets_no_password_in_where_sshd_takes_none \
    keeps_passwords_where_there_is_no_policy keeps_passwords_where_sshd_says_nothing \
    makes_and_removes_a_stack_for_tokens_alone takes_a_token_instead_of_the_password \
    warns_of_programs_that_cut_tokens takes_a_service_that_is_named_twice keeps_the_group_of_a_file \
    keeps_what_was_edited_by_hand disables_every_service; do
    run_case "$name" "$name"
done
finish
