#!/bin/sh
# A key_command that asks for a passphrase on the terminal, and the terminal afterwards.
# usage: test-terminal.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

cc -D_GNU_SOURCE -o "$dir/with-terminal" "$(dirname "$0")/with-terminal.c" -lutil || exit 1
install -m 600 "$dir/key.json" "$dir/the-key"

# command_conf TIMEOUT: with $dir/command for the key_command.
command_conf() {
    : | conf
    sed -i -e "s|^timeout = .*|timeout = $1|" -e "s|^key_file = .*|key_command = sh $dir/command\nkey_id = $key_id|" "$dir/conf"
    forget_cache
}

# on_terminal WAIT_FOR TYPED COMMAND...: the command is a foreground job, whose shell goes on after ^C and
# says how it ended, what the terminal is like then, and whose it is.
on_terminal() {
    wanted=$1 typed=$2
    shift 2
    cat >"$dir/job" <<'END'
trap : INT
"$@" >"$0.token"
echo "exit $?"
stty -a
[ "$(ps -o tpgid= -p $$)" = "$(ps -o pgid= -p $$)" ] && echo 'foreground is ours'
END
    rm -f "$dir/job.token"
    run clean timeout 60 "$dir/with-terminal" "$wanted" "$typed" \
        -- sh "$dir/job" thrivestack-credential --config "$dir/conf" "$@"
}
has_token() { grep -q '^eyJ' "$dir/job.token"; }
no_token() { [ ! -s "$dir/job.token" ]; }
not_shown() { ! grep -q "$1" "$dir/out"; }
ended_with() { grep -q "exit $1" "$dir/out"; }
# left_well NAME: echo is on, and the terminal is the caller's.
left_well() {
    check "$1: echo is on afterwards" grep -q '[^-]echo ' "$dir/out"
    check "$1: the caller is in the foreground" grep -q '^foreground is ours' "$dir/out"
    check "$1: nothing is left" [ -z "$(pgrep -f "$dir/command")" ]
}

cat >"$dir/command" <<END
stty -echo </dev/tty
printf 'Passphrase: ' >/dev/tty
read -r passphrase </dev/tty
stty echo </dev/tty
[ "\$passphrase" = s3same ] && cat $dir/the-key
END
command_conf 20s
on_terminal 'Passphrase: ' s3same token
check "a passphrase: a token" has_token
check "a passphrase: it is not shown" not_shown s3same
check "a passphrase: succeeds" ended_with 0
left_well "a passphrase"

forget_cache
on_terminal 'Passphrase: ' wrong token
check "a wrong passphrase: no token" no_token
check "a wrong passphrase: no usable key" ended_with 66
left_well "a wrong passphrase"

forget_cache
on_terminal 'Passphrase: ' '^C' token
check "^C: no token" no_token
check "^C: ends the helper" ended_with 130
left_well "^C"

# It hangs with echo off, and is killed.
printf 'stty -echo </dev/tty; echo waiting >/dev/tty; exec sleep 1000\n' >"$dir/command"
command_conf 1s
on_terminal waiting '' token
check "in vain: no usable key" ended_with 66
check "in vain: says why" grep -q 'did not finish in time' "$dir/out"
left_well "in vain"

# It fails with echo off.
printf 'stty -echo </dev/tty; echo failing >/dev/tty; exit 1\n' >"$dir/command"
on_terminal failing '' token
check "a failure: no usable key" ended_with 66
left_well "a failure"

# With a terminal at hand but in the background, and with none at all, it runs all the same.
printf 'cat %s\n' "$dir/the-key" >"$dir/command"
command_conf 20s
cat >"$dir/background" <<'END'
set -m
"$@" &
wait $!
echo "background $?"
END
run clean timeout 60 "$dir/with-terminal" background '' -- sh "$dir/background" thrivestack-credential --config "$dir/conf" token
check "in the background: succeeds" grep -q '^background 0' "$dir/out"
forget_cache
run setsid -w env -i PATH="$bin:/usr/bin:/bin" HOME="$home" thrivestack-credential --config "$dir/conf" token
check "without a terminal: a token" grep -q '^eyJ' "$dir/out"

# In the home folder, wherever it is called.
printf 'pwd >%s/pwd; cat %s\n' "$dir" "$dir/the-key" >"$dir/command"
(cd /usr && helper token --fresh >/dev/null)
check "its folder: home" [ "$(cat "$dir/pwd")" = "$home" ]
(cd /usr && run clean env HOME="$dir/no-home" thrivestack-credential --config "$dir/conf" token --fresh)
check "its folder: / without a home" [ "$(cat "$dir/pwd")" = / ]
finish
