#!/bin/sh
# The module as it was built: what it exports, needs and calls; and every allocation made to fail.
# Usage: sh test-module.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
so=$build/pam/pam_thrivestack.so

# lines NAME WANTED: standard input is exactly these lines
lines() {
    sort -u >"$scratch/got"
    # shellcheck disable=SC2086 # One line a word.
    printf '%s\n' $2 | sort -u >"$scratch/want"
    if diff "$scratch/want" "$scratch/got" >"$scratch/diff"; then
        ok "$1"
    else
        bad "$1" 'not as it should be' "$scratch/diff"
    fi
}

nm -D --defined-only "$so" | awk '{ print $3 }' | lines 'exactly the six entry points are exported' \
    'pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred'

asan=$(nm -D --undefined-only "$so" | grep -c '__asan_init')
if [ "$asan" = 0 ]; then
    readelf -dW "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so\..*\]/\1/p' |
        lines 'exactly four libraries are needed' 'libc libcrypto libjson-c libpam'
    if "$build/tests/pam/load-module" "$so" >"$scratch/out" 2>&1; then
        ok 'it loads with RTLD_NOW, and can be closed'
    else
        bad 'it loads with RTLD_NOW, and can be closed' 'it does not' "$scratch/out"
    fi
fi

# No socket, no environment, no thread, no handler for when the host is done with us, no exit from
# under the host, no /etc/shadow, no shell. sigaction and its kin are spawn's, in its child alone.
nm -D --undefined-only "$so" | awk '{ sub(/@.*/, "", $2); print $2 }' |
    grep -xE 'getenv|secure_getenv|__secure_getenv|setenv|putenv|unsetenv|clearenv|environ|__environ|_environ|socket|socketpair|connect|bind|listen|accept|accept4|send|sendto|sendmsg|getaddrinfo|gethostbyname|pthread_create|thrd_create|signal|bsd_signal|sysv_signal|__sysv_signal|sigset|alarm|setitimer|timer_create|atexit|__cxa_atexit|on_exit|exit|abort|system|popen|fork|vfork|posix_spawn|posix_spawnp|setlocale|umask|chroot|getspnam|getspnam_r|setuid|seteuid|setreuid|setresuid|setgid|setegid|setresgid|setgroups|initgroups|getpwnam|getpwuid|getgrnam|getgrgid|strtok|gets|strcpy|strcat|sprintf|vsprintf|sscanf|atoi|tmpnam|mktemp|printf|fprintf|puts|perror|fputs|fwrite|__printf_chk|__fprintf_chk|__strcpy_chk|__sprintf_chk|openlog|closelog|syslog|__syslog_chk|pam_get_authtok' \
        >"$scratch/forbidden"
# What a build that counts its lines (tests/coverage) adds calls some of them, and keeps its counts.
counting=$(nm "$so" | grep -c ' __gcov_dump$')
if [ "$counting" != 0 ]; then
    skip 'it calls nothing that it must not' 'this build counts its lines'
elif [ -s "$scratch/forbidden" ]; then
    bad 'it calls nothing that it must not' 'it does' "$scratch/forbidden"
else
    ok 'it calls nothing that it must not'
fi
# Eight bytes each are the start-up code's. All else that looks like data is relocated once, then
# read-only.
if [ "$asan" = 0 ]; then
    state=$(readelf -SW "$so" | sed 's/^ *\[ *[0-9]*\] *//' |
        awk '($1 == ".data" || $1 == ".bss") && $5 !~ /^0*[0-8]$/ { print $1, "0x" $5 }')
    if [ "$counting" != 0 ]; then
        skip 'it keeps no global state' 'this build counts its lines'
    elif [ -z "$state" ]; then ok 'it keeps no global state'; else bad 'it keeps no global state' "$state"; fi
    # nginx starts PAM anew for each request: loading the module would be half of what it costs.
    if readelf -dW "$so" | grep -q NODELETE; then ok 'it stays loaded'; else bad 'it stays loaded' 'it does not'; fi
    if readelf -lW "$so" | grep -q 'GNU_RELRO' && readelf -dW "$so" | grep -q 'NOW' &&
        ! readelf -lW "$so" | grep 'GNU_STACK' | grep -q E; then
        ok 'full RELRO, no executable stack'
    else
        bad 'full RELRO, no executable stack' 'not so'
    fi
fi

if [ -x "$build/tests/pam/alloc-failure" ]; then
    mkdir "$scratch/keys" "$scratch/etc" "$scratch/pam.d"
    make_key good
    cat >"$scratch/etc/policy.conf" <<END
[service test]
scopes = user_management

[key good]
public_key = keys/good.pem
users      = daemon @daemon
services   = test
scopes     = user_management
END
    mkdir "$scratch/etc/keys"
    cp "$scratch/keys/good.pem" "$scratch/etc/keys"
    mkdir -p "$build/tests/pam/state/run"
    printf 'auth required %s policy=%s debug\nsession required %s\n' "$module" \
        "$scratch/etc/policy.conf" "$module" >"$scratch/pam.d/test"
    echo 'auth required pam_deny.so' >"$scratch/pam.d/other"
    "$issuer" sign "$scratch/keys/good.key" --id good | tr -d '\n' >"$scratch/good"
    "$issuer" sign "$scratch/keys/good.key" --id good --iss other | tr -d '\n' >"$scratch/issuer"
    sed -E 's/\.(.{9})(.)/.\1_/' "$scratch/good" >"$scratch/altered"
    head -c 300 "$scratch/good" >"$scratch/cut"
    for token in good/good bad/issuer bad/altered bad/cut; do
        if timeout 300 "$build/tests/pam/alloc-failure" test daemon "$scratch/pam.d" "${token%/*}" \
            "$scratch/${token#*/}" >"$scratch/out" 2>&1; then
            ok "allocations fail, ${token#*/}: $(tail -n 1 "$scratch/out")"
        else
            bad "allocations fail, ${token#*/}" 'wrong' "$scratch/out"
        fi
    done
fi
finish
