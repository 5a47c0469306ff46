#!/bin/sh
# `policy add`, `remove`, `list` and `check`, and the section that `key public` prints for them: what each
# mistake gets, that nothing is left of what failed, and that what was added is accepted.
# Usage: sh test-policy.sh PREFIX ISSUER
# shellcheck disable=SC2119,SC2154 # lib.sh sets what looks unset.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/helper/lib.sh
. "$here/lib.sh"

site=$dir/site
me=$(id -un)
# Another name than root's, who needs --replace.
[ "$me" != root ] || me=daemon

# site: a policy with two services, no key, and nothing else.
site() {
    rm -rf "$site"
    mkdir -m 755 "$site"
    printf '# What services demand.\n[service sshd]\nscopes = user_management\n\n[service sudo]\nscopes = user_management\n' \
        >"$site/policy.conf"
    chmod 644 "$site/policy.conf"
}
policy() {
    helper policy "$@" --policy "$site/policy.conf"
}
# tree: what there is, with contents, to compare.
tree() {
    (cd "$site" && find . -printf '%p %m\n' | sort && find . -type f -exec sha256sum {} + | sort)
}
unchanged() {
    [ "$(tree)" = "$before" ]
}
# accepts TOKEN-FILE [SERVICE]: what the policy says to a token.
accepts() {
    [ "$(helper explain --service "${2:-sshd}" --user "$me" --policy "$site/policy.conf" <"$1" | head -n 1)" = accepted ]
}
section() {
    helper key public --users "$me" --services "sshd sudo"
}
narrow_section() {
    helper key public --users "$me" --scope telemetry_apis
}

site
helper token >"$dir/token"
section >"$dir/section"

# --- key public

run section
check 'public: the section alone' succeeded
check 'public: the key in one line' grep -qE '^public_key   = MII[A-Za-z0-9+/]+=*$' "$dir/out"
check 'public: the users' grep -qx "users        = $me" "$dir/out"
check 'public: the services' grep -qx 'services     = sshd sudo' "$dir/out"
check 'public: nothing but the section' [ "$(sed '/^#/d; /^[a-z_]* *= ./d' "$dir/out")" = "[key $key_id]" ]
run narrow_section
check 'public: other scopes' grep -qx 'scopes       = telemetry_apis' "$dir/out"
run helper key public --users 'a,b'
refused_saying 'public: users that are none' 64 "users: 'a,b'"
run helper key public --services 'a/b'
refused_saying 'public: services that are none' 64 "services: 'a/b'"
run helper key check --users alice
refused_saying 'check takes no users' 64 '--users does not go'

# --- add


denies() { ! accepts "$@"; }
check 'nothing is accepted before' denies "$dir/token"
run policy add <"$dir/section"
check 'add: from standard input' succeeded
check 'add: says where' out_is "added key $key_id: $site/keys.d/$key_id.conf"
check 'add: a file of its own, as it came' cmp -s "$dir/section" "$site/keys.d/$key_id.conf"
check 'add: readable for services, writable for nobody' [ "$(stat -c %a "$site/keys.d" "$site/keys.d/$key_id.conf" | xargs)" = '755 644' ]
check 'add: the token is accepted' accepts "$dir/token"
before=$(tree)
run policy add <"$dir/section"
refused_saying 'add: a key that is there' 64 'add --replace'
check 'add: a key that is there changes nothing' unchanged
sed 's/^services.*/services = sudo/' "$dir/section" >"$dir/narrow"
run policy add --replace "$dir/narrow"
check 'add --replace: from a file' succeeded
check 'add --replace: another set of services' denies "$dir/token"
check 'add --replace: those are accepted' accepts "$dir/token" sudo

# A key in policy.conf and in a file with others moves to a file of its own.
site
{ printf '\n# mine\n' && cat "$dir/section"; } >>"$site/policy.conf"
run policy add --replace "$dir/narrow"
check 'add --replace: a key of policy.conf' succeeded
check 'add --replace: its section there is gone' [ "$(grep -c '^\[key' "$site/policy.conf")" = 0 ]
check 'add --replace: and it is accepted' accepts "$dir/token" sudo

# Several at once.
site
for id in one two three; do sed "s/^\[key .*/[key $id]/" "$dir/section"; echo; done >"$dir/several"
run policy add "$dir/several"
check 'add: several' succeeded
check 'add: a file for each' [ "$(cd "$site/keys.d" && echo *)" = 'one.conf three.conf two.conf' ]
sed 's/^\[key .*/[key _first]/' "$dir/section" >"$dir/odd"
run policy add "$dir/odd"
check 'add: an ID that begins with a dash or line gets a name that is read' [ -s "$site/keys.d/key_first.conf" ]

# bad WHAT CODE TEXT: the input is in $dir/bad; nothing changes, and nothing is left.
bad() {
    before=$(tree)
    run policy add "$dir/bad"
    refused_saying "add: $1" "$2" "$3"
    check "add: $1: all is as before" unchanged
}
# edit SED-SCRIPT: a bad input is made of the good one.
edit() {
    sed "$1" "$dir/section" >"$dir/bad"
}
weak=$(openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 | openssl pkey -pubout | sed /-----/d | tr -d '\n')
curve=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout | sed /-----/d | tr -d '\n')
private=$(jq -r '.. | strings | select(test("PRIVATE KEY"))' "$dir/key.json" | sed /-----/d | tr -d '\n')
site
edit 's/^users.*/users/' && bad 'a syntax error' 78 ': neither [section] nor key = value'
edit '$a [service sshd]\nscopes = a' && bad 'a service' 78 '[service] belongs into policy.conf'
edit 's/^users.*//' && bad 'no users' 78 "needs a line 'users = ...'"
edit '$a shell = /bin/sh' && bad 'an unknown setting' 78 "'shell' is not a setting"
edit "s,= MII.*,= $weak," && bad 'a weak key' 78 'public_key: an RSA key of 1024 bits'
edit "s,= MII.*,= $private," && bad 'a private key' 78 'public_key: a private key'
check 'add: a private key is not repeated' [ "$(grep -c "${private:-none}" "$dir/err")" = 0 ]
edit 's,= MII,= MII ,' && bad 'base64 with blanks' 78 'public_key: not base64 in one piece'
edit "s,= MII.*,= $curve," && bad 'a key of another algorithm' 78 'public_key: not an RSA key'
edit 's,= MII.*,= none.pem,' && bad 'a PEM file that is not there' 78 'none.pem does not exist'
{ cat "$dir/section" && printf '#\0\n'; } >"$dir/bad" && bad 'a NUL' 78 'a NUL byte'
cat "$dir/section" "$dir/section" >"$dir/bad" && bad 'a key twice' 78 'is there twice'
edit 's/^users.*/users = root/' && bad 'a key for root' 64 'is for root'
: >"$dir/bad" && bad 'nothing' 64 'has no section [key ID]'
echo '# a comment' >"$dir/bad" && bad 'a comment' 64 'has no section [key ID]'
head -c 17825792 /dev/zero >"$dir/bad" && bad '17 MiB' 78 'larger than 16777216 bytes'
rm "$dir/bad" && bad 'no such file' 64 'cannot be opened'
from_nowhere() { policy add <&-; }
run from_nowhere
refused_saying 'add: standard input closed' 64 'standard input has no section'
edit 's/^users.*/users = root/'
run policy add --replace "$dir/bad"
check 'add --replace: a key for root' succeeded
site
cp "$dir/several" "$site/unsafe" && mkdir -m 755 "$site/keys.d" && chmod 777 "$site/keys.d"
before=$(tree)
run policy add "$dir/section"
refused_saying 'add: a folder that others can write to' 78 'keys.d is writable'
check 'add: a folder that others can write to: all is as before' unchanged

# What does not keep a key from being added.
site
sed 's/^services.*/services = sshd nothing/' "$dir/section" >"$dir/in"
run policy add "$dir/in"
check 'add: a service without a section is added' [ "$status" = 0 ]
check 'add: and reported' err_has 'no section [service nothing]'
site
rm "$site/policy.conf"
run policy add "$dir/section"
check 'add: without a policy it is added' [ "$status" = 0 ]
check 'add: and that is reported' err_has 'no token is accepted yet'

# --- check

site
policy add "$dir/section" >/dev/null
run policy check
check 'check: all is right' succeeded
echo nonsense >>"$site/keys.d/$key_id.conf"
chmod 666 "$site/policy.conf"
run policy check
refused_saying 'check: an unsafe policy' 78 'policy.conf is writable'
chmod 644 "$site/policy.conf"
run policy check
refused_saying 'check: a mistake in keys.d' 78 "keys.d/$key_id.conf:"
run helper policy check "$site/keys.d/$key_id.conf"
refused_saying 'check: that file alone' 78 "keys.d/$key_id.conf:"
run helper policy check "$dir/section"
check 'check: a good file of keys' succeeded
run helper policy check "$site/policy.conf"
refused_saying 'check: a policy by its name' 78 "keys.d/$key_id.conf:"
sed 's/^scopes.*//' "$site/policy.conf" >"$dir/in"
run helper policy check "$dir/in"
refused_saying 'check: a policy with a mistake' 78 "$dir/in:2: [service sshd] needs a line"
sed "s,= MII.*,= $weak," "$dir/section" >"$site/keys.d/$key_id.conf"
run policy check
refused_saying 'check: a weak key' 78 'an RSA key of 1024 bits'
run helper policy check "$site/nowhere"
refused_saying 'check: no such file' 78 'cannot be opened'
unread() {
    what=$1
    part=$2
    rm -f "$site/keys.d/$key_id.conf"
    eval "$3"
    run policy check
    refused_saying "check: $what in keys.d" 78 "$part"
}
unread 'a FIFO' "$key_id.conf is not a regular file" 'mkfifo "$site/keys.d/$key_id.conf"'
unread 'a link to nowhere' 'nowhere does not exist' 'ln -s nowhere "$site/keys.d/$key_id.conf"'
unread '17 MiB' 'larger than 16777216 bytes' 'head -c 17825792 /dev/zero >"$site/keys.d/$key_id.conf"'
unread 'UTF-16' "keys.d/$key_id.conf:1:" 'iconv -t UTF-16 "$dir/section" >"$site/keys.d/$key_id.conf"'
unread 'a NUL' 'a NUL byte' '{ cat "$dir/section"; printf "#\0\n"; } >"$site/keys.d/$key_id.conf"'

# --- list

site
printf '# Laptop of Zoe, third floor\n' | cat - "$dir/section" >"$dir/in"
policy add "$dir/in" >/dev/null
sed "s/^\[key .*/[key weak]/; s,= MII.*,= $weak," "$dir/section" >"$site/keys.d/weak.conf"
sed 's/^\[key .*/[key broken]/' "$dir/section" >"$site/keys.d/broken.conf"
echo nonsense >>"$site/keys.d/broken.conf"
run policy list
check 'list succeeds' succeeded
check 'list: the comment' out_has 'comment   Laptop of Zoe, third floor'
check 'list: the services' out_has 'services  sshd sudo'
check 'list: the file' out_has "$site/keys.d/$key_id.conf:3"
check 'list: what is wrong with a file' grep -q 'WRONG  .*' "$dir/out"
check 'list: at most 80 columns' [ "$(sed '/[^ ]\{68\}/d' "$dir/out" | awk 'length > 80' | wc -l)" = 0 ]
run policy list --json
check 'list --json: each key' [ "$(jq -r '.keys[].id' "$dir/out" | sort | xargs)" = "$(printf '%s\n' "$key_id" broken weak | sort | xargs)" ]
check 'list --json: a good one' [ "$(jq -r ".keys[] | select(.id == \"$key_id\") | .problem" "$dir/out")" = null ]
check 'list --json: a weak one' [ "$(jq -r '.keys[] | select(.id == "weak") | .problem | test("1024 bits")' "$dir/out")" = true ]
check 'list --json: a broken one' [ "$(jq -r '.keys[] | select(.id == "broken") | .problem | test("broken.conf:[0-9]+: neither")' "$dir/out")" = true ]
check 'list --json: users and comment' [ "$(jq -r ".keys[] | select(.id == \"$key_id\") | .users[0] + \", \" + .comment" "$dir/out")" = "$me, Laptop of Zoe, third floor" ]

# --- remove

run policy remove "$key_id"
check 'remove: a file of its own' succeeded
check 'remove: it is gone' [ ! -e "$site/keys.d/$key_id.conf" ]
check 'remove: and not accepted' denies "$dir/token"
before=$(tree)
run policy remove "$key_id"
refused_saying 'remove: a key that is nowhere' 66 "no key $key_id"
check 'remove: a key that is nowhere changes nothing' unchanged
run policy remove 'a/b'
refused_saying 'remove: not an ID' 64 'not a key ID'
run policy remove
refused_saying 'remove: no ID' 64 "takes a key's ID"
run policy remove broken
check 'remove: from a file with a mistake' succeeded

# Every spelling that the reader takes, with comments around.
for head in "[key $key_id]" "[key  $key_id]" "[key $key_id] " "[key	$key_id ]" "[key $key_id]$(printf '\r')"; do
    site
    {
        printf '\n# before\n%s\n# inside\n' "$head"
        sed '/^#/d; /^\[/d' "$dir/section"
        printf '# after\n\n[key other]\n'
        sed '/^#/d; /^\[/d' "$dir/section"
    } >>"$site/policy.conf"
    chmod 640 "$site/policy.conf"
    check "remove: '$head' was accepted" accepts "$dir/token"
    run policy remove "$key_id"
    check "remove: '$head'" succeeded
    check "remove: '$head' is not accepted any more" denies "$dir/token"
    check "remove: '$head': comments stay" [ "$(grep -c '^# \(before\|after\|What\)' "$site/policy.conf")" = 3 ]
    check "remove: '$head': the rest stays" [ "$(grep -c '^\[' "$site/policy.conf")" = 3 ]
    check "remove: '$head': so does the mode" [ "$(stat -c %a "$site/policy.conf")" = 640 ]
    run policy check
    check "remove: '$head': what is left is right" succeeded
done

# In two places: in neither afterwards.
site
policy add "$dir/section" >/dev/null
cat "$dir/section" >>"$site/policy.conf"
check 'in two places it is not accepted' denies "$dir/token"
run policy remove "$key_id"
check 'remove: two places' [ "$(wc -l <"$dir/out")" = 2 ]
check 'remove: two places, and it is in neither' [ "$(grep -r "$key_id" "$site" | wc -l)" = 0 ]

# --- the disk is full: as root, who may mount one

if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
    full() {
        # shellcheck disable=SC2016 # The inner shell expands.
        unshare --mount --propagation private sh -c '
            site=$1 section=$2 folder=$3
            shift 3
            mount -t tmpfs -o size=64k none "$site" && cp "$folder/policy.conf.keep" "$site/policy.conf" && mkdir "$site/keys.d" &&
                cat /dev/zero >"$site/ballast" 2>/dev/null
            "$@" policy add --policy "$site/policy.conf" "$section"
            status=$?
            [ -z "$(ls -A "$site/keys.d")" ] || echo left >&2
            exit "$status"' sh "$site" "$dir/section" "$dir" "$@"
    }
    cp "$site/policy.conf" "$dir/policy.conf.keep"
    run full env -i PATH="$bin:/usr/bin:/bin" HOME="$home" LC_ALL=C ASAN_OPTIONS="${ASAN_OPTIONS-}" thrivestack-credential --config "$dir/conf"
    refused_saying 'add: a full disk, and nothing is left' 74 'cannot be written'
else
    skip 'add: a full disk' 'nothing can be mounted here'
fi

# Warnings of users and groups, where the databases can say so.
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
    printf 'passwd: files\ngroup: files\n' >"$dir/nsswitch.conf"
    with_files() {
        # shellcheck disable=SC2016 # The inner shell expands.
        unshare --mount --propagation private sh -c 'mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"' sh \
            "$dir/nsswitch.conf" env -i PATH="$bin:/usr/bin:/bin" HOME="$home" LC_ALL=C ASAN_OPTIONS="${ASAN_OPTIONS-}" \
            thrivestack-credential --config "$dir/conf" policy add --policy "$site/policy.conf" "$dir/in"
    }
    site
    sed "s/^users.*/users = $me nosuchuser @nosuchgroup/" "$dir/section" >"$dir/in"
    run with_files
    check 'add: unknown users do not keep it' [ "$status" = 0 ]
    check 'add: an unknown user is reported' err_has 'for user nosuchuser'
    check 'add: an unknown group is reported' err_has 'for group nosuchgroup'
    check 'add: nobody else is' [ "$(wc -l <"$dir/err")" = 2 ]
else
    skip 'add: unknown users' 'nothing can be mounted here'
fi
finish
