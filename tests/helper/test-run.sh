#!/bin/sh
# `run`: a command with a token in a variable or in a private file.
# usage: test-run.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

conf <<'END'
[host a.example.com]
scopes = other
END
token=$(helper token)
rest() { find "$dir/cache" -name 'run-*'; }
code() { [ "$status" = "$1" ]; }

run helper run -- sh -c 'echo "$THRIVESTACK_TOKEN"'
check "a variable" out_is "$token"
run helper run --env MY_1 --host a.example.com -- printenv MY_1
check "its name, and a host" out_is "$(helper token --host a.example.com)"
run helper run --file F -- sh -c 'cat "$F"; stat -c " %a" "$F"; stat -c %a "$(dirname "$F")"'
check "a file, for its owner alone" [ "$(cat "$dir/out")" = "$token 600
700" ]
check "which is gone afterwards" [ -z "$(rest)" ]
for option in '--env V' '--file V'; do
    # shellcheck disable=SC2086 # Words are wanted.
    {
        run helper run $option -- sh -c 'exit 7'
        check "$option: the exit status" code 7
        run helper run $option -- sh -c 'kill -TERM $$'
        check "$option: a signal" code 143
        run helper run $option -- "$dir/missing"
        check "$option: no such command" code 127
        run helper run $option -- "$dir"
        check "$option: not a program" code 126
        run sh -c 'umask 022; ulimit -c 0; "$@"' sh env THRIVESTACK_CONFIG="$dir/conf" THRIVESTACK_CACHE_DIR="$dir/cache" \
            "$bin/thrivestack-credential" run $option -- sh -c 'umask; trap | grep PIPE; grep SigIgn /proc/self/status'
        check "$option: umask and signals as before" [ "$(tr -d '\n\t' <"$dir/out")" = "0022SigIgn:$(grep SigIgn /proc/self/status | cut -f2)" ]
    }
done
check "nothing is left" [ -z "$(rest)" ]
for arguments in '' '--env V' '--env V --file W -- true' '--env 1V -- true' '--env A=B -- true' '--host : -- true'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run helper run $arguments
    refused "usage: $arguments" 64
done
run helper run --host other.example.com -- touch "$dir/started"
refused "a host without a section" 66

# A signal to this program reaches the command.
mkfifo "$dir/ready"
extra="THRIVESTACK_CONFIG=$dir/conf THRIVESTACK_CACHE_DIR=$dir/cache"
# shellcheck disable=SC2086 # Words are wanted.
env $extra "$bin/thrivestack-credential" run --file F -- \
    sh -c 'trap "echo got >\"$1\"/got; exit 3" USR1; echo >"$1/ready"; while :; do sleep 0.1; done' sh "$dir" &
pid=$!
read -r _ <"$dir/ready"
kill -USR1 $pid
status=0
wait $pid || status=$?
check "a signal is passed on" [ "$status $(cat "$dir/got")" = '3 got' ]
check "and the file is gone" [ -z "$(rest)" ]

# What a killed run leaves is removed by the next one, and what a living one has is not.
# start_run NAME: one whose command waits; $pid is this program, $command the command.
start_run() {
    mkfifo "$dir/$1"
    # shellcheck disable=SC2086 # Words are wanted.
    env $extra "$bin/thrivestack-credential" run --file F -- sh -c 'echo $$ "$F" >"$1"; read -r _ <"$1.end"' sh "$dir/$1" &
    pid=$!
    mkfifo "$dir/$1.end"
    read -r command file <"$dir/$1"
}
start_run living
living=$pid living_file=$file
# A folder like that, but for its last six letters.
others=${living_file%??????/token}others
mkdir -m 700 "$others"
echo notes >"$others/notes"
echo left >"$others/token"
# One of another boot may be of another machine that shares the folder, whose locks are not seen here.
elsewhere=$dir/cache/run-00000000-abcdef
mkdir -m 700 "$elsewhere"
echo elsewhere >"$elsewhere/token"
start_run killed
kill -KILL "$pid"
wait "$pid" 2>/dev/null
check "a killed run leaves its file" [ -s "$file" ]
kill "$command"
run helper run --file F -- true
check "the next one removes it" [ ! -e "$(dirname "$file")" ]
check "and not that of one which runs" [ -s "$living_file" ]
check "and not what somebody else has put there" [ "$(ls "$others")" = notes ]
rm -r "$others"
check "and not that of another machine" [ -s "$elsewhere/token" ]
touch -d '23 hours ago' "$elsewhere"
run helper run --file F -- true
check "which was renewed within a day" [ -s "$elsewhere/token" ]
touch -d '25 hours ago' "$elsewhere"
run helper run --file F -- true
check "one that was not is removed" [ ! -e "$elsewhere" ]
echo >"$dir/living.end"
wait "$living"
check "which removes its own" [ -z "$(rest)" ]

# The file is renewed: here every second.
extra=
sed -i 's/^scopes = user.*/&\nlifetime = 4s/' "$dir/conf"
run helper run --file F -- sh -c 'a=$(cat "$F"); for i in $(seq 100); do [ "$a" = "$(cat "$F")" ] || { echo new; exit; }; sleep 0.1; done'
check "the file is renewed while the command runs" out_is new
check "no process is left" [ -z "$(pgrep -P $$ thrivestack-cre)" ]

conf /fault/e503 </dev/null
forget_cache
for option in '--env V' '--file V'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run helper run $option -- touch "$dir/started"
    refused "no token can be had: $option" 69
done
check "and the command is not started" [ ! -e "$dir/started" ]
check "no folder is left" [ -z "$(rest)" ]
finish
