#!/bin/sh
# `status` and `forget`.
# usage: test-status.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

conf <<END
[profile org]
key_file = $dir/no-such-key
scopes = org_scope
[host git.example.com]
username = alice
askpass = yes
[host *.wild.example.com]
profile = org
auth = bearer
END

run helper token
token=$(cat "$dir/out")
run helper status
check "status succeeds, whatever is wrong with a key" succeeded
check "status never prints a token" [ "$(grep -c eyJ "$dir/out")" = 0 ]
for text in "$dir/conf" "$dir/cache" 'Profile default' 'Profile org' laptop "$key_id" \
    "user_management" git.example.com '*.wild.example.com' no-such-key '####' 'of 1h left'; do
    check "status shows $text" out_has "$text"
done
check "status is plain where it is not a terminal" \
    [ "$(LC_ALL=C grep -c "$(printf '[\033\302-\364]')" "$dir/out")" = 0 ]
check "no line ends in a blank" [ "$(grep -c ' $' "$dir/out")" = 0 ]
on_terminal() {
    clean env TERM=xterm LC_ALL="$2" ${3:+"$3"} script -qec \
        "thrivestack-credential --config $dir/conf status" "$dir/typescript" >"$dir/$1" </dev/null
}
run on_terminal tty C.UTF-8
check "status is coloured on a terminal" grep -q "$(printf '\033')" "$dir/tty"
check "with a bar in blocks" grep -q "$(printf '\342\226\210')" "$dir/tty"
run on_terminal tty C.UTF-8 NO_COLOR=1
check "NO_COLOR is heeded" [ "$(grep -c "$(printf '\033')" "$dir/tty")" = 0 ]
run on_terminal tty C
check "no blocks where they cannot be shown" [ "$(grep -c "$(printf '\342\226\210')" "$dir/tty")" = 0 ]

run helper status --json
has() { check "status --json: $1" [ "$(jq -c "$1" "$dir/out")" = "$2" ]; }
check "status --json is one line" one_line "$dir/out"
check "without a token" [ "$(grep -c eyJ "$dir/out")" = 0 ]
has 'keys_unsorted' '["config_files","cache_dir","profiles","other_tokens","hosts"]'
has '.config_files' "[\"$dir/conf\"]"
has '.cache_dir' "\"$dir/cache\""
has '[.profiles[].name] | sort' '["default","org"]'
jq -c '.profiles[] | select(.name == "default")' "$dir/out" >"$dir/default"
jq -c '.profiles[] | select(.name == "org")' "$dir/out" >"$dir/org"
of() { check "status --json: $1: $2" [ "$(jq -c "$2" "$dir/$1")" = "$3" ]; }
of default '.key.key_id' "\"$key_id\""
of default '.key.name' '"laptop"'
of default '.key.error' 'null'
of default '.key.file' "\"$dir/key.json\""
of default '.key.expires_at | type' '"string"'
of default '.key.rotation_frequency' '"90d"'
of default '.scopes' '["user_management"]'
of default '.tokens | length' '1'
of default '.tokens[0].scopes' '["user_management"]'
of default '.tokens[0].key_id' "\"$key_id\""
of default '.tokens[0].life' '3600'
of default '.tokens[0].expires_in > 3500 and .tokens[0].expires_in <= 3600' 'true'
of org '.key.key_id' 'null'
of org '.key.error | type' '"string"'
of org '.tokens' '[]'
has '.hosts[0]' '{"pattern":"git.example.com","profile":"default","username":"alice","auth":"basic","askpass":true,"bound":false}'
has '.hosts[1].auth' '"bearer"'
has '.hosts[1].profile' '"org"'
run helper status now
refused "an argument too many" 64

# A profile that has gone from the configuration, a key that has expired, no configuration at all.
cp "$dir/conf" "$dir/conf.whole"
conf <<END
[profile old]
key_file = $dir/key.json
token_url = $url/api/user/token
ca_file = $dir/issuer/ca.pem
scopes = old_scope
END
run helper --profile old token
check "a token of a profile that will be gone" succeeded
cp "$dir/conf.whole" "$dir/conf"
jq '.expiry = "2020-01-31"' "$dir/key.json" >"$dir/no-such-key"
chmod 600 "$dir/no-such-key"
run helper status
check "status shows what is cached for a profile that is gone" \
    [ "$(sed -n '/^Profiles that are no longer configured/,/^Hosts/p' "$dir/out" | grep -c old_scope)" = 1 ]
check "status shows that a key has expired" grep -q 'key expires *2020-01-31, expired' "$dir/out"
run helper status --json
has '[.other_tokens[].scopes]' '[["old_scope"]]'
rm "$dir/no-such-key"
run clean thrivestack-credential status
check "status without a configuration says so" out_has 'no configuration file'

run helper forget
check "forget says nothing" silent
check "forget drops the token" [ -z "$(grep -rlF "$token" "$dir/cache")" ]
run helper forget
check "forget where there is nothing" silent
run helper token --scope a
run helper token --scope b
run helper --profile org forget
check "forget leaves other profiles alone" [ "$(grep -rl eyJ "$dir/cache" | wc -l)" = 2 ]
run helper forget --all
check "forget --all says nothing" silent
check "forget --all drops everything" [ -z "$(grep -rl eyJ "$dir/cache")" ]
# What others can write to is not used as a cache, and its token may be served again when that is
# corrected.
run helper token
token=$(cat "$dir/out")
chmod 770 "$dir/cache"
run helper forget --all
check "forget --all in a folder that others can write to" silent
check "drops everything there, too" [ -z "$(grep -rl eyJ "$dir/cache")" ]
chmod 700 "$dir/cache"
run helper token
mv "$dir/cache" "$dir/elsewhere" && ln -s elsewhere "$dir/cache"
for command in forget 'forget --all'; do
    # shellcheck disable=SC2086 # Two words are wanted.
    run helper $command
    refused_saying "$command where the folder is a link" 78 "$dir/cache is a symbolic link"
done
rm "$dir/cache" && mv "$dir/elsewhere" "$dir/cache"
odd=$dir/caf$(printf '\351').conf
cp "$dir/conf" "$odd"
run helper --config "$odd" status
check "a path that is not UTF-8 is shown" out_has 'caf\xe9.conf'
run helper --config "$odd" status --json
has '.config_files' "[\"$dir/caf\\\\xe9.conf\"]"
run helper forget now
refused "an argument too many for forget" 64
echo '[colour red]' >>"$dir/conf"
run helper status
refused "a broken configuration" 78
run helper forget
refused "which forget does not forgive, either" 78
finish
