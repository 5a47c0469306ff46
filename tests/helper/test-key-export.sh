#!/bin/sh
# `key export` and `token --piped-key`: a key that one process passes on to another.
# usage: test-key-export.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

place=$dir/place
mkdir -m 700 "$place"
install -m 600 "$dir/key.json" "$place/key.json"
# place_conf: as conf, with the key in a folder of its own. What is on stdin is added.
place_conf() {
    conf
    sed -i "s|^key_file = .*|key_file = $place/key.json|" "$dir/conf"
}
: | place_conf

# asks_piped NAME: a helper with a configuration that has no key of its own asks with what was exported.
asks_piped() {
    helper key export >"$dir/exported" 2>"$dir/err" || bad "$1" "export: $(cat "$dir/err")"
    sed '/^key_/d' "$dir/conf" >"$dir/keyless"
    run helper --config "$dir/keyless" token --json --piped-key 3<"$dir/exported"
    check "$1" [ "$(jq -r .key_id "$dir/out")" = "$key_id" ]
}
asks_piped "export: the download"
check "export: as it is" cmp -s "$dir/exported" "$place/key.json"
asks_piped "export: again, with no cache"
count_from_here
asks_piped "export: and again"
check "export: each asks the endpoint" asked 1
echo "key_id = $key_id" | place_conf
asks_piped "export: with a key_id"
check "export: which comes first" [ "$(head -n 1 "$dir/exported")" = "key_id: $key_id" ]
jq -r .private_key "$place/key.json" >"$dir/bare.pem"
chmod 600 "$dir/bare.pem"
sed -i "s|^key_file = .*|key_file = $dir/bare.pem|" "$dir/conf"
asks_piped "export: a bare PEM"
sed -i "s|^key_file = .*|key_command = cat $place/key.json|" "$dir/conf"
asks_piped "export: a key_command"
sed -i "s|^key_command = .*|key_command = cat $place/key.json; exit 3|" "$dir/conf"
run helper key export
check "export: a key_command that fails" [ "$status" = 66 ]
: | place_conf
chmod 640 "$place/key.json"
run helper key export
refused "export: a file that others can read" 78
rm "$place/key.json"
run helper key export
refused "export: no file" 66
run helper token --piped-key 3<&-
refused "piped: no descriptor" 64
run helper token --piped-key 3</dev/null
refused "piped: no key" 66
run helper token --piped-key 3<"$dir/conf"
refused "piped: something else" 66

# The line with the id, in front of a bare PEM.
# piped FIRST FILE: asks with that line and that key.
piped() {
    { printf '%s' "$1" && cat "$2"; } >"$dir/exported"
    run helper token --json --piped-key 3<"$dir/exported"
}
piped "key_id: $key_id
" "$dir/bare.pem"
check "piped: an id and a PEM" [ "$(jq -r .key_id "$dir/out")" = "$key_id" ]
while read -r what code; do
    case $what in
    none) first= ;;
    empty) first='key_id: ' ;;
    unusable) first='key_id: a b' ;;
    twice) first="key_id: $key_id
key_id: $key_id" ;;
    long) first="key_id: $(printf 'x%.0s' $(seq 65))" ;;
    esac
    piped "${first:+$first
}" "$dir/bare.pem"
    refused "piped: $what" "$code"
done <<'END'
none 66
empty 66
unusable 66
twice 66
long 66
END
install -m 600 "$dir/key.json" "$place/key.json"
piped 'key_id: another
' "$place/key.json"
refused "piped: another id than the download's" 78
finish
